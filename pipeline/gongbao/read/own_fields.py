"""A row's own fields, which come out again with its records: as JSON has them, and small enough to stand in each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from itertools import islice
from typing import Any

from gongbao.canonical import plain_number

FIELDS = ("id", "text", "title", "pub_date", "source")
"""The fields that say something of an article; all others are its own."""
OWN = "extra"
"""The field of a row that holds own fields by itself."""
LONGEST = 1_000
"""Characters of a field's value as JSON. A longer one (the page that a text was taken from) would be written again
with each record: it is left out."""
MOST = 10_000
"""Characters of all of them together, names counted: what goes beyond is left out, as each record repeats them."""
DEEPEST = 20


def own_fields(fields: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields of a row that are its own, those in `extra` among them; what is missing or too long is left out."""
    own: dict[str, Any] = {}
    left = MOST
    for key, item in islice(_items(fields), MOST):  # more cannot fit: there is no need to look at a million
        plain = _plain(item, DEEPEST)
        if plain is not None and (length := _length(plain)) <= LONGEST and length + len(str(key)) <= left:
            own[_text(str(key))] = plain
            left -= length + len(str(key))
    return own


def _items(fields: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    for name, value in fields.items():
        if name == OWN and isinstance(value, Mapping):
            yield from value.items()
        elif name not in FIELDS:
            yield name, value


def _length(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str))


def _plain(value: Any, depth: int) -> Any:
    """A value as JSON has it; None for what is missing (null, NaN, NaT) or nested too deeply to be handed on."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return plain_number(value) if value.is_finite() else None
    if isinstance(value, date | time):
        return value.isoformat() if value == value else None  # NaT is a date that does not equal itself
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        return {_text(str(name)): _plain(item, depth - 1) for name, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [_plain(item, depth - 1) for item in value]
    if hasattr(value, "tolist"):  # numbers and arrays of numpy
        return _plain(value.tolist(), depth - 1)
    return None if str(value) == "<NA>" else _text(str(value))


def _text(value: str) -> str:
    """Text that can be written: half a surrogate pair as an escape."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode()
    return value
