"""Edits become annotated facts, in the format of the annotation guide.

An article that has annotations already gets the fact put into them, if they do not contradict it. Any other article is
annotated in `reviewed.jsonl` from its accepted records: those that a person decided on as facts, the rest as optional
ones, which count neither for nor against an extraction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongbao.canonical import dump_json
from gongbao.diff.fields import RecordRow, content_key
from gongbao.diff.pairing import in_text_order
from gongbao.diff.reading import read_rows
from gongbao.review.ledger import Event
from gongbao.stored import write_whole

REVIEWED = "reviewed.jsonl"
_NAMES = ("initiative", "indicator")


@dataclass(frozen=True, slots=True)
class GoldResult:
    """Facts written, and edits that existing annotations contradict (`article: amount`)."""

    written: int
    contradicts: tuple[str, ...]


def merge_gold(
    folder: Path,
    edits: Mapping[str, tuple[Mapping[str, Any], Sequence[Event]]],
    accepted: Mapping[str, Sequence[RecordRow]],
    reviewed: set[str],
    *,
    dry_run: bool = False,
) -> GoldResult:
    """Write edits to the gold files of `folder`.

    Args:
        folder: `corpus/gold`.
        edits: Edits and added records by article, with the article (`id`, `title`, `pub_date`, `source`, `text`).
        accepted: The baseline's records by article.
        reviewed: Content keys of the records that a person found right.
        dry_run: Only count.
    """
    written, contradicts = 0, []
    files = {path: _read(path) for path in sorted(folder.glob("*.jsonl"))}
    changed: set[Path] = set()
    for article_id, (article, events) in sorted(edits.items()):
        home = next((p for p, rows in files.items() if article_id in rows and p.name != REVIEWED), None)
        facts = [fact for event in events if event.edited and (fact := fact_of(event.edited, article["text"]))]
        if home is not None:
            added, against = _put_in(files[home][article_id], facts)
            contradicts += [f"{article_id}: {amount}" for amount in against]
        else:
            home = folder / REVIEWED
            row = _article(article, accepted.get(article_id, ()), facts, reviewed)
            rows = files.setdefault(home, {})
            before = {_content(fact) for fact in rows.get(article_id, {}).get("facts", ()) if not fact.get("optional")}
            added = sum(1 for fact in facts if _content(fact) not in before)
            added = added if rows.get(article_id) != row else 0
            rows[article_id] = row
        written += added
        if added:
            changed.add(home)
    if not dry_run:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, "".join(dump_json(row) + "\n" for row in files[path].values()).encode())
    return GoldResult(written, tuple(contradicts))


def fact_of(record: RecordRow, text: str, *, optional: bool = False) -> dict[str, Any] | None:
    """The annotated fact of a record; None where its words are not in the text or cannot be told apart."""
    if text[record["start"] : record["end"]] != record["raw"]:
        return None
    context = _context(text, record["start"], record["end"])
    if context is None:
        return None
    fact: dict[str, Any] = {
        "ctx": context,
        "amount": record["raw"],
        "kind": record["kind"],
        "value": record["value"],
        "unit": record["unit"],
        "bound": record["bound"],
        **({"status": record["status"]} if record.get("status") else {}),
        "place": record.get("place"),
        "year": [record["year"]] if record.get("year") is not None else None,
    }
    if record.get("value_max") is not None:
        fact["value_max"] = record["value_max"]
    fact |= {name: [record[name]] if record.get(name) else None for name in _NAMES}
    return fact | ({"optional": True} if optional else {})


def _context(text: str, start: int, end: int) -> str | None:
    """The shortest stretch around the amount that stands once in the text, and in which the amount stands first."""
    low, high = start, end
    while True:
        context = text[low:high]
        if text.count(context) == 1 and context.find(text[start:end]) == start - low and len(context) >= 10:
            return context
        if (low == 0 and high == len(text)) or high - low > 400:
            return None
        if high < len(text):
            high += 1
        if low > 0 and text.find(text[start:end], low - 1) == start:
            low -= 1
        elif high == len(text):
            return context if text.count(context) == 1 and context.find(text[start:end]) == start - low else None


def _put_in(row: dict[str, Any], facts: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    added, against = 0, []
    for fact in facts:
        span = _span(row["text"], fact)
        there = [f for f in row["facts"] if (s := _span(row["text"], f)) and span and s[0] < span[1] and s[1] > span[0]]
        if not there:
            row["facts"].append(fact)
            row["facts"].sort(key=lambda f: _span(row["text"], f) or (0, 0))
            added += 1
        elif any(_differs(f, fact) for f in there):
            against.append(str(fact["amount"]))
    return added, against


def _differs(fact: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    from gongbao.evaluate.judge import judge

    record = {**mine, "year": (mine.get("year") or [None])[0], **{n: (mine.get(n) or [None])[0] for n in _NAMES}}
    return False in judge(record, fact).values()


def _article(
    article: Mapping[str, Any], accepted: Sequence[RecordRow], facts: Sequence[dict[str, Any]], reviewed: set[str]
) -> dict[str, Any]:
    text = str(article["text"])
    mine = {_span(text, fact) for fact in facts}
    rest = []
    for record in in_text_order(accepted):
        if (record["start"], record["end"]) not in mine:
            optional = content_key(None, record) not in reviewed
            rest.append(fact_of(record, text, optional=optional))
    every = [*facts, *(fact for fact in rest if fact is not None)]
    about = {name: article.get(name) for name in ("id", "title", "pub_date", "source")}
    return {**about, "text": text, "facts": sorted(every, key=lambda f: _span(text, f) or (0, 0))}


def _span(text: str, fact: Mapping[str, Any]) -> tuple[int, int] | None:
    context, inside = text.find(fact["ctx"]), str(fact["ctx"]).find(fact["amount"])
    if context < 0 or inside < 0:
        return None
    return context + inside, context + inside + len(fact["amount"])


def _content(fact: Mapping[str, Any]) -> str:
    return dump_json(dict(fact))


def _row(**fields: Any) -> dict[str, Any]:
    if not {"id", "text", "facts"} <= fields.keys():
        raise TypeError("an article without id, text or facts")
    return fields


def _read(path: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in read_rows(path, _row)}
