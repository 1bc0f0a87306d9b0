"""An article from its text: the text untouched, its own metadata lines found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from gongbao.document import Article
from gongbao.read.metadata import find_metadata


def article_from_text(
    text: str,
    *,
    id: str,
    pub_date: date | None = None,
    title: str | None = None,
    source: str | None = None,
    metadata: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
    encoding: str | None = None,
    origin: str | None = None,
) -> Article:
    """Make an article of a text.

    Args:
        text: The article; what every offset counts in. It is kept as it is.
        id: The article's identifier.
        pub_date: Publication date; what is given wins over what the text says of itself, here and below.
        title: Title.
        source: Who published it.
        metadata: Further fields that the file gave (author, editor, ...).
        extra: A row's own fields, as JSON has them: they come out again with each record.
        encoding: How bytes became text.
        origin: The file it came from.

    """
    found = find_metadata(text, pub_date=pub_date)
    return Article(
        id=id,
        text=text,
        title=title or found.title,
        pub_date=pub_date or found.pub_date,
        source=source or found.source,
        metadata={**found.fields, **(metadata or {})},
        extra=extra or {},
        encoding=encoding,
        origin=origin,
        content_start=found.content_start,
        boilerplate=found.boilerplate,
    )
