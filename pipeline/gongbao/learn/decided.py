"""What a user decided, as articles with what is right of their amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongbao.diff.reading import Side
from gongbao.diff.sources import Places, open_side
from gongbao.document import Article
from gongbao.errors import CompareError
from gongbao.evaluate.gold import read_gold
from gongbao.read import article_from_text
from gongbao.read.rows import Row, pub_date_of
from gongbao.review.ledger import Event
from gongbao.review.store import Store

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Decided:
    """An article, and what is right of the amounts that were decided on, by their spans in its text; as gold has it."""

    article: Article
    facts: Mapping[Span, Mapping[str, Any]]


def from_reviews(places: Places) -> list[Decided]:
    """The decisions of reviews: accepted, edited and added records, and old ones that were kept.

    Raises:
        CompareError: there is no database of decisions (`learn.nothing`), or it cannot be read.
    """
    if not places.reviews.exists():
        fix = "Decide first: gongbao review; or name annotated articles with --gold"
        raise CompareError("nothing has been decided yet", where=str(places.reviews), fix=fix, code="learn.nothing")
    store = Store(places.reviews, read_only=True)
    try:
        return list(_of_events(store.ledger.standing(), _sides(places)))
    finally:
        store.close()


def from_gold(paths: Iterable[Path]) -> list[Decided]:
    """Annotated articles.

    Raises:
        ReadError: a file is missing or no gold.
    """
    return [
        Decided(_article(gold.id, gold.text, gold.data), {(fact.start, fact.end): fact.data for fact in gold.facts})
        for gold in read_gold([*paths])
    ]


def _sides(places: Places) -> list[Side]:
    """Where texts are: the latest run, and the baseline."""
    found = []
    for name in ("latest", "baseline"):
        try:
            found.append(open_side(name, places))
        except CompareError:  # there is none yet
            continue
    return found


def _of_events(standing: Mapping[str, Iterable[Event]], sides: Iterable[Side]) -> Iterator[Decided]:
    for article_id, events in standing.items():
        rows = [event.outcome for event in events if event.outcome is not None]
        for side in sides:
            known = side.article(article_id)
            if known is None or known.text is None:
                continue
            text = known.text
            facts = {
                (row["start"], row["end"]): _fact(row) for row in rows if text[row["start"] : row["end"]] == row["raw"]
            }
            if facts:  # decided on this text, and no other version of it
                about = {"title": known.title, "pub_date": known.pub_date}
                yield Decided(_article(article_id, text, about), facts)
                break


def _fact(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "place": row.get("place"),
        "year": [row["year"]] if row.get("year") is not None else None,
        "initiative": [row["initiative"]] if row.get("initiative") else None,
    }


def _article(article_id: str, text: str, about: Mapping[str, Any]) -> Article:
    published = pub_date_of(about.get("pub_date"), Row("read.item", article_id, "pub_date"))
    return article_from_text(text, id=article_id, title=about.get("title"), pub_date=published)
