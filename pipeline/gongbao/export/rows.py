"""Rows: the lines of records.jsonl and articles.jsonl as what they hold, with exact numbers, checked for their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from decimal import Decimal
from functools import lru_cache
from operator import contains
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from gongbao.canonical import as_decimal, plain_number
from gongbao.errors import ExportError
from gongbao.export.columns import Row, alternative_columns, evidence_columns, record_columns
from gongbao.record import Record
from gongbao.stored import object_of

# A number of 15 characters or fewer is given back digit for digit by a binary double; a longer one may not be, and is
# read as a decimal. The key cannot match inside a string: there its quotes would be escaped.
# What a row's own fields hold is given back as it came, however long.
_LONG_NUMBER = re.compile(rb'"value(?:_max)?"\s*:\s*-?[0-9.]{16,}|"extra"\s*:\s*\{')


LOW_CONFIDENCE = 0.6
"""Records below it are to be looked at, in workbooks, reports and the terminal alike."""


def is_doubtful(row: Row) -> bool:
    """Whether a person should look at a record: by its confidence, in which what the flags say is weighed."""
    return bool(row["confidence"] < LOW_CONFIDENCE)


def is_level(row: Row) -> bool:
    """Whether a record says what is or was so; old records, which have no status, are taken for such."""
    return row["status"] in ("actual", None)


def parse_row(line: bytes, path: Path, number: int) -> Row:
    """A line of records.jsonl with exact numbers, checked for its form."""
    row = _object(line, path, number)
    row.setdefault("extra", None)
    return row if _is_plain(row) else _complete(row, path, number)


def parse_article(line: bytes, path: Path, number: int) -> Row:
    """A line of articles.jsonl."""
    row = _object(line, path, number)
    if not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str):
        raise _broken(path, number, "an article without id or text")
    return row


def _is_plain(row: Row) -> bool:
    """Whether a row is as a run writes it; anything else goes the slow way, through the schema, which tells it apart.

    A million rows pass here: the comparing is left to C.
    """
    names, types, parts, other = _types()
    if row.keys() != names or not all(map(contains, types, map(type, map(row.__getitem__, names)))):
        return False
    if not all(type(item) is dict and item.keys() == parts for item in row["evidence"].values()):
        return False
    if not all(type(share) is float for share in row["field_confidence"].values()):
        return False
    others = (item for found in row["alternatives"].values() for item in found)
    return all(item.keys() == other and type(item["confidence"]) is float for item in others)


@lru_cache(maxsize=1)
def _types() -> tuple[Set[str], tuple[frozenset[type], ...], Set[str], Set[str]]:
    """The names of the columns, what JSON gives for each, the names in each field's evidence and in an alternative."""
    known: dict[str, set[type]] = {"string": {str}, "date": {str}, "integer": {int}, "list": {list}, "object": {dict}}
    known["number"] = {float}
    numbers: set[type] = {int, float, Decimal}
    names = dict.fromkeys(column.name for column in record_columns())
    types = tuple(
        frozenset(known.get(column.type, numbers) | ({type(None)} if column.nullable else set()))
        for column in record_columns()
    )
    parts, other = (frozenset(column.name for column in of()) for of in (evidence_columns, alternative_columns))
    return names.keys(), types, parts, other


def _complete(row: Row, path: Path, number: int) -> Row:
    """A row of another field order, or without the fields that may be left out, as the schema has it."""
    try:
        return {"extra": None} | Record.model_validate(row).to_dict()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise _broken(path, number, f"no record: {name}: {first['msg']}") from error


def to_record(row: Row) -> Record:
    """A row as a `Record`."""
    return Record.model_validate({**row, **{n: exact(row[n]) for n in ("value", "value_max")}})


def exact(value: Any) -> Decimal | None:
    """The exact decimal that a JSON number was written as; None for none."""
    return None if value is None else as_decimal(value)


def _object(line: bytes, path: Path, number: int) -> Row:
    try:
        row = orjson.loads(line) if not _LONG_NUMBER.search(line) else object_of(line, parse_float=_number)
    except ValueError as error:
        raise _broken(path, number, "not JSON") from error
    if not isinstance(row, dict):
        raise _broken(path, number, "not a JSON object")
    return row


def _number(digits: str) -> int | float | Decimal:
    return plain_number(Decimal(digits))


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line that is not blank."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        fix = "Check the path and its permissions"
        raise ExportError(f"cannot be read: {error.strerror}", where=str(path), fix=fix, code="export.read") from error


def _broken(path: Path, number: int, why: str) -> ExportError:
    return ExportError(
        why, where=f"{path}:{number}", fix="The file is cut off or damaged: run again", code="export.broken"
    )
