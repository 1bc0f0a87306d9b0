"""What a program hands over as an article: a text, a mapping of fields, an `Article`, or a text with its fields.

All of them are read as a row of a file is: metadata lines, dates and title are found in the text, own fields are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import date
from typing import Any

from gongbao.document import Article
from gongbao.errors import ReadError
from gongbao.read.own_fields import FIELDS
from gongbao.read.rows import Row, article_from_fields, is_blank, is_missing, kind_of, pub_date_of

Given = str | Mapping[str, Any] | Article | tuple[str, Mapping[str, Any]]
"""What is taken as an article. A mapping has the fields of a row: `text` and, if known, `id`, `title`, `pub_date`,
`source`; others are its own. So has the mapping beside a text."""

_CODE = "read.item"
_READ = tuple(field.name for field in fields_of(Article) if field.name not in FIELDS)


def article_of(item: object, identifier: str, *, where: str, arguments: Mapping[str, Any] | None = None) -> Article:
    """The article that a program hands over.

    Args:
        item: See `Given`; anything else is an error.
        identifier: The article's identifier if it names none itself.
        where: What the item is called in errors.
        arguments: Fields given beside it; they must not contradict what it says of itself. What its text's own
            metadata lines say counts less than either.

    Raises:
        ReadError: it is no article, a field is wrong (`read.item`), or an argument contradicts it
            (`read.contradiction`).
    """
    row = Row(_CODE, identifier, where)
    try:
        return _article(item, arguments or {}, row)
    except ReadError:
        raise
    except Exception as error:  # objects of any class may be handed over, and what those raise is theirs
        raise ReadError(
            f"This cannot be read as an article: {type(error).__name__}: {error}",
            where=where,
            fix="Give its text and fields as plain str, int, float, date and dict",
            code=_CODE,
        ) from error


def _article(item: object, arguments: Mapping[str, Any], row: Row) -> Article:
    fields = _fields(item, row)
    for name, value in arguments.items():
        if value is not None:
            _check(name, value, fields.get(name), row)
            fields[name] = value
    article = article_from_fields(fields, row)
    if not isinstance(item, Article):
        return article
    # What a reader of files found stays; what nobody looked for yet is found now.
    known = {name: value for name in _READ if (value := getattr(item, name))}
    return replace(article, **{**known, "metadata": {**article.metadata, **item.metadata}})


def _fields(item: object, row: Row) -> dict[str, Any]:
    if isinstance(item, str):
        return {"text": item}
    if isinstance(item, Article):
        return {name: getattr(item, name) for name in FIELDS}
    if isinstance(item, Mapping):
        return dict(item)
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
        text, context = item
        if not isinstance(context, Mapping):
            raise ReadError(
                f"What stands beside the text is {_called(context)}, not its fields",
                where=row.where,
                fix="Give a dict of fields there, or as_tuples=True to get back what stands there",
                code=_CODE,
            )
        if "text" in context:
            raise ReadError(
                "There are two texts", where=row.where, fix="Leave text out of the fields", code="read.contradiction"
            )
        return {**context, "text": text}
    raise ReadError(
        f"This is {_called(item)}, not an article",
        where=row.where,
        fix='Give a str, a dict with "text", an Article, or a pair of a text and a dict of fields',
        code=_CODE,
    )


def _called(value: object) -> str:
    if is_missing(value):
        return f"missing ({value})"
    known = kind_of(value)
    return f"a {type(value).__name__}" if known == "no text" else known


def _check(name: str, given: Any, said: Any, row: Row) -> None:
    """Refuse an argument against which the item itself speaks."""
    if is_blank(said):
        return
    read: Callable[[Any], date | str | None] = (
        (lambda value: pub_date_of(value, row)) if name == "pub_date" else lambda value: str(value).strip()
    )
    if read(given) != read(said):
        raise ReadError(
            f"The argument {name} is {str(given)[:40]!r}, the article itself says {str(said)[:40]!r}",
            where=row.where,
            fix="Leave the argument out, or change the article (dataclasses.replace)",
            code="read.contradiction",
        )
