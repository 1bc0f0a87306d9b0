"""Canonical forms: the same record has the same identifier and the same bytes everywhere."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from secrets import token_hex
from typing import Any


def record_id(article_id: str, start: int, end: int, kind: str) -> str:
    """The stable identifier of a record: 16 hex digits of SHA-256 over article, span and kind."""
    return hashlib.sha256(f"{article_id}\n{start}\n{end}\n{kind}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def plain_number(value: Decimal) -> int | float | Decimal:
    """The JSON number for an exact decimal: int if whole, float if its repr is exactly the decimal, else itself."""
    if value == value.to_integral_value():
        return int(value)
    as_float = float(value)
    return as_float if Decimal(repr(as_float)) == value else value


def as_decimal(value: int | float | Decimal) -> Decimal:
    """The exact decimal that a JSON number was written as: `plain_number` the other way round."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def dump_json(value: Any) -> str:
    """Compact JSON in given key order, Chinese unescaped, decimals written out digit for digit."""
    long_decimals: dict[str, str] = {}

    def default(item: Any) -> Any:
        if isinstance(item, Decimal):
            stand_in = token_hex(16)  # no text of the value can be the same
            long_decimals[stand_in] = format(item, "f")
            return stand_in
        if isinstance(item, date):
            return item.isoformat()
        raise TypeError(f"not JSON: {type(item).__name__}")

    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=default)
    for stand_in, digits in long_decimals.items():
        text = text.replace(f'"{stand_in}"', digits)
    # A lone surrogate cannot be written as UTF-8; the escape says the same and can.
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(json.loads(text))
    return text
