"""Cells of text files and spreadsheets: numbers digit for digit, text that no spreadsheet runs as a formula.

A text that a spreadsheet would run (`=`, `+`, `-`, `@`, tab or carriage return in front) gets one `'` in front, and so
does one that begins with such quotes already, so that taking one `'` away again is exact: `unguard`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from gongbao.export.columns import Column

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
# What a spreadsheet would turn into another number: codes with leading zeros, 12e8, more than 15 digits.
_NUMBER_LIKE = re.compile(r"'*(0\d+|\d+[eE]\d+|\d{16,})")


def guard(text: str, *, numbers: bool = False) -> str:
    """The text made harmless; with `numbers` also texts that a spreadsheet would read as another number."""
    if not text or text[0] not in "=+-@\t\r'0123456789＝＋－＠":
        return text
    return "'" + text if _FORMULA.match(text) or (numbers and _NUMBER_LIKE.fullmatch(text)) else text


def unguard(text: str, *, numbers: bool = False) -> str:
    """What `guard` was given."""
    if text.startswith("'") and (_FORMULA.match(text) or (numbers and _NUMBER_LIKE.fullmatch(text))):
        return text[1:]
    return text


def number_text(value: int | float | Decimal) -> str:
    """The number digit for digit, without exponent."""
    text = repr(value) if isinstance(value, float) else str(value)
    return format(Decimal(text), "f") if "e" in text or "E" in text else text


def cell_text(column: Column, *, excel: bool = False) -> Callable[[Any], str]:
    """A function that writes a column's values as cells; null is the empty cell."""
    if column.choices:  # a lone = or > is no formula
        return lambda value: value or ""
    if column.type == "string":
        return lambda value: guard(value, numbers=excel) if value is not None else ""
    if column.type == "list":
        return lambda value: guard(";".join(map(str, value)), numbers=excel)
    if column.type == "object":
        return lambda value: orjson.dumps(value).decode("utf-8")
    if column.type == "date":
        return lambda value: str(value or "")
    return lambda value: number_text(value) if value is not None else ""
