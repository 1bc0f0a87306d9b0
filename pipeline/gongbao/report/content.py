"""Records and articles as the page's script reads them: compact JSON, offsets in the script's own units.

JavaScript counts UTF-16 code units where records count code points; a 𠮷 or an emoji is one of these and two of those.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from gongbao.canonical import dump_json
from gongbao.export.columns import Row
from gongbao.export.rows import is_doubtful

MARKS = ("amount", "place", "year", "initiative", "indicator")
"""The parts of a record that are marked in its article."""


class Units:
    """From code points to UTF-16 code units in one text."""

    def __init__(self, text: str) -> None:
        self._wide = [] if text.isascii() else [at for at, char in enumerate(text) if char > "\uffff"]

    def __call__(self, at: int) -> int:
        return at + bisect_left(self._wide, at)


def article_data(article: Row) -> dict[str, Any]:
    """An article as the page needs it."""
    return {name: article.get(name) for name in ("id", "title", "pub_date", "source", "text")}


def record_data(row: Row, article: int, units: Units, *, look: bool) -> dict[str, Any]:
    """A record as the page needs it; `article` is its article's place in the list, `look` whether it is doubtful."""
    spans = {"amount": (units(row["start"]), units(row["end"]))}
    why = {}
    for name in MARKS:
        item = row["evidence"].get(name)
        if item is None:
            continue
        why[name] = (item["how"], item["rule"])
        if name != "amount" and item["start"] is not None:
            spans[name] = (units(item["start"]), units(item["end"]))
    return {
        "id": row["record_id"],
        "a": article,
        **{
            name: row[name]
            for name in (
                "place",
                "initiative",
                "indicator",
                "amount",
                "kind",
                "unit",
                "bound",
                "status",
                "year",
                "period",
            )
        },
        "value": float(row["value"]),
        "confidence": row["confidence"],
        "look": look,
        "flags": row["flags"],
        "sentence": row["sentence"],
        "at": (units(row["sentence_start"]), units(row["sentence_end"])),
        "spans": spans,
        "why": why,
    }


def embedded(value: Any) -> str:
    """JSON for a script element: nothing in it can end the element or begin a comment there."""
    text = dump_json(value)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def collect(articles: Sequence[tuple[Row, Sequence[Row]]], look: Callable[[Row], bool] = is_doubtful) -> dict[str, Any]:
    """All that the page's script needs; articles without records are left out. `look` says what is doubtful."""
    texts: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for article, rows in articles:
        if rows:
            units = Units(article["text"])
            records.extend(record_data(row, len(texts), units, look=look(row)) for row in rows)
            texts.append(article_data(article))
    return {"articles": texts, "records": records}
