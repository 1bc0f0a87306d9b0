"""Which records a person found right: the decisions of reviews, as `gongbao export --reviewed-only` needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gongbao.diff.fields import content_key
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
        self._right = store.ledger.standing()
        store.close()

    def __call__(self, article: Mapping[str, Any], rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The reviewed records of an article, in text order; `rows` are what the run holds for it."""
        right = self._right.get(article["id"])
        if not right:
            return
        extracted: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            extracted.setdefault(content_key(None, row), []).append(row)
        text = article["text"]
        chosen: list[dict[str, Any]] = []
        for event in right:
            decided = event.outcome
            assert decided is not None, "what stands is a record"
            alike = extracted.get(content_key(None, decided))
            if alike:
                nearest = min(alike, key=lambda row: abs(row["start"] - decided["start"]))
                alike.remove(nearest)
                chosen.append(nearest)
            # The text may have changed since the decision: a span that no longer holds the words says nothing.
            elif text[decided["start"] : decided["end"]] == decided["raw"]:
                chosen.append(dict(decided))
        yield from sorted(chosen, key=lambda row: (row["start"], row["end"], row["kind"]))
