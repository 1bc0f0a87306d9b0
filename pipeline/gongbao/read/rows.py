"""A row as an article: its fields checked, its text kept as it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from numbers import Integral
from typing import Any

from gongbao.document import Article
from gongbao.errors import ReadError
from gongbao.read.article import article_from_text
from gongbao.read.dates import as_date
from gongbao.read.failing import too_long
from gongbao.read.limits import Limits
from gongbao.read.own_fields import LONGEST, own_fields
from gongbao.read.sources import Source


@dataclass(frozen=True, slots=True)
class Row:
    """Where a row stands: the code of its errors, the identifier if it names none, and the place for people."""

    code: str
    identifier: str
    where: str


def article_from_row(
    fields: Mapping[str, Any], row: Row, origin: str | None, limits: Limits, encoding: str | None
) -> Article:
    """The article that a row of a file is.

    Raises:
        ReadError: as `article_from_fields`; `read.empty`, `read.too_large`.

    """
    text = fields.get("text")
    if isinstance(text, str) and len(text) > limits.max_characters:
        raise too_long(row.where, limits.max_characters)
    if isinstance(text, str) and is_empty(text):
        raise ReadError("The text is empty", where=row.where, fix="Remove the row, or give its text", code="read.empty")
    return replace(article_from_fields(fields, row), encoding=encoding, origin=origin, row=row.where)


def article_from_fields(fields: Mapping[str, Any], row: Row) -> Article:
    """The article that named fields are. Its text is kept as it is, code point for code point.

    Fields of other names, and those of an object named `extra`, are the article's own: they come out with its records.

    Raises:
        ReadError: the row's code for a missing or wrong field.

    """
    identifier = _identifier(fields.get("id"), row)
    text = fields.get("text")
    if not isinstance(text, str):
        what = "has no text" if text is None else f"has a text that is {kind_of(text)}, not a string"
        raise ReadError(
            f"The row {what}", where=row.where, fix='Give it a field "text" with the article', code=row.code
        )
    for name in ("title", "source"):
        if not isinstance(fields.get(name), str | None):
            raise ReadError(
                f"The field {name} is {kind_of(fields[name])}, not a string",
                where=row.where,
                fix="Put it in quotes",
                code=row.code,
            )
    for name, value in (("id", identifier), ("title", fields.get("title")), ("source", fields.get("source"))):
        if value and len(value) > LONGEST:
            raise ReadError(
                f"The field {name} is beyond {LONGEST:,} characters",
                where=row.where,
                fix="Shorten it: every record of the article repeats it",
                code=row.code,
            )
    for value in (text, identifier, fields.get("title") or "", fields.get("source") or ""):
        _whole_characters(value, row)
    return article_from_text(
        text,
        id=identifier,
        pub_date=pub_date_of(fields.get("pub_date"), row),
        title=fields.get("title") or None,
        source=fields.get("source") or None,
        extra=own_fields(fields),
    )


def _whole_characters(text: str, row: Row) -> None:
    """JSON can escape half of a surrogate pair, which is no character and cannot be written again."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ord(text[error.start])
        raise ReadError(
            f"Half a surrogate pair (\\u{half:04x}) at character {error.start}",
            where=row.where,
            fix="Write the whole character, or leave the escape out",
            code=row.code,
        ) from None


def _identifier(value: Any, row: Row) -> str:
    if is_blank(value):
        return row.identifier
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | Integral):
        raise ReadError(
            f"The id is {kind_of(value)}, not a string or a whole number",
            where=row.where,
            fix="Put it in quotes",
            code=row.code,
        )
    return str(value).strip() or row.identifier


def pub_date_of(value: Any, row: Row) -> date | None:
    """The publication date that a value says: a date, a date with a time, or one as bulletins write it.

    Raises:
        ReadError: the row's code: it is none of these (NaT is none: leave out what is not known).

    """
    if is_blank(value):
        return None
    found = as_date(value)
    if found is None:
        raise ReadError(
            f"The pub_date {str(value)[:40]!r} is no date",
            where=row.where,
            fix="Write it as YYYY-MM-DD, or leave it out",
            code=row.code,
        )
    return found


def is_blank(value: Any) -> bool:
    """Whether a field says nothing. What it holds may be of any class: it is not asked whether it equals something."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_empty(text: str) -> bool:
    """Whether a text has nothing but blanks of any kind."""
    return all(character.isspace() or character in "\ufeff\u200b" for character in text)


def is_missing(value: Any) -> bool:
    """Whether a value is one of those by which tables say that there is none: None, NaN, NaT, pandas' NA."""
    return value is None or type(value).__name__ == "NAType" or (isinstance(value, float | date) and value != value)


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number" if not isinstance(value, float) or math.isfinite(value) else "no number"
    return {"str": "a string", "list": "a list", "dict": "an object", "NoneType": "null"}.get(
        type(value).__name__, "no text"
    )


def no_rows(source: Source) -> ReadError:
    """The error for a file of rows without any."""
    return ReadError(
        "The file is empty: it holds no article", where=str(source.path), fix="Remove it, or fill it", code="read.empty"
    )
