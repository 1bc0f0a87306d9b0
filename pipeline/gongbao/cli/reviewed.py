"""Which records a person found right: the decisions of reviews, as `gongbao export --reviewed-only` needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gongbao.diff.fields import RecordRow, content_key
from gongbao.errors import ExportError
from gongbao.review.store import Store


class Reviewed:
    """The records that stand after all decisions, by article.

    A record counts as reviewed where somebody accepted it, kept it against another, wrote it anew or added it, and no
    later decision replaced it. It is exported as that person has it.

    Raises:
        ExportError: there is no database of decisions (`export.reviews`).
        CompareError: it cannot be read.
    """

    def __init__(self, database: Path) -> None:
        if not database.exists():
            fix = "Review first: gongbao review; or name the folder of reviews.db with --outputs"
            raise ExportError("no decisions yet", where=str(database), fix=fix, code="export.reviews")
        store = Store(database, read_only=True)
        self._right: dict[str, dict[str, RecordRow]] = {}
        for event in sorted(store.ledger.heads(), key=lambda event: event.id):
            here = self._right.setdefault(event.article_id, {})
            for row in (event.old, event.new):
                if row is not None:
                    here.pop(content_key(None, row), None)
            if event.outcome is not None:
                here[content_key(None, event.outcome)] = event.outcome
        store.close()

    def __call__(self, article: Mapping[str, Any], rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The reviewed records of an article, in text order; `rows` are what the run holds for it."""
        right = self._right.get(article["id"])
        if not right:
            return
        extracted: dict[str, dict[str, Any]] = {}
        for row in rows:
            extracted.setdefault(content_key(None, row), row)
        text = article["text"]
        chosen: list[dict[str, Any]] = []
        for key, decided in right.items():
            found = extracted.get(key)
            if found is not None:
                chosen.append(found)
            # The text may have changed since the decision: a span that no longer holds the words says nothing.
            elif text[decided["start"] : decided["end"]] == decided["raw"]:
                chosen.append(dict(decided))
        yield from sorted(chosen, key=lambda row: (row["start"], row["end"], row["kind"]))
