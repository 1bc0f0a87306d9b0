"""Cells of text files and spreadsheets: numbers digit for digit, text that no spreadsheet runs as a formula."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from gongbao.canonical import dump_json
from gongbao.export.columns import Column
from gongbao.formulas import guard


def number_text(value: int | float | Decimal) -> str:
    """The number digit for digit, without exponent."""
    text = repr(value) if isinstance(value, float) else str(value)
    return format(Decimal(text), "f") if "e" in text or "E" in text else text


def json_text(value: Any) -> str:
    """A value as compact JSON, its numbers digit for digit."""
    try:
        return orjson.dumps(value).decode("utf-8")
    except TypeError:  # a decimal, or a whole number of more than 64 bits
        return dump_json(value)


def cell_text(column: Column, *, excel: bool = False) -> Callable[[Any], str]:
    """A function that writes a column's values as cells; null is the empty cell.

    For Excel a code of digits is written as `="330100"`, the one form that a CSV has for text that looks like a number.
    """
    if excel and column.name == "place_code":
        return lambda value: f'="{value}"' if value else ""
    if column.choices:  # a lone = or > is no formula
        return lambda value: value or ""
    if column.type == "string":
        return lambda value: guard(value, numbers=excel) if value is not None else ""
    if column.type == "list":
        between = "；" if excel else ";"
        return lambda value: guard(between.join(map(str, value)), numbers=excel)
    if column.type == "object":
        return lambda value: json_text(value) if value is not None else ""
    if column.type == "date":
        return lambda value: str(value or "")
    return lambda value: number_text(value) if value is not None else ""
