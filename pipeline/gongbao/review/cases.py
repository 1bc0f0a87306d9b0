"""Test cases made of decisions: what a reviewer found right, kept as data that tests run.

A case is one line of tests/cases/reviewed.jsonl:

    {"id": …, "article": …, "text": …, "pub_date": …, "found": {"raw": "8000万元", "nth": 0},
     "want": {"value": 80000000, "year": 2020} or null, "got": {…} or null, "status": "todo", "reviewer": …}

`text` is the title and the lines that the record rests on. `want` null means that no record may be found there.
`status` is `todo` until the extraction is right (a strict expected failure), then `yes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gongbao.canonical import as_decimal, dump_json
from gongbao.diff.fields import FIELDS, RecordRow, changed_fields
from gongbao.diff.reading import read_rows
from gongbao.review.ledger import Event
from gongbao.review.texts import MarkedSpan, lines_around, marks_of
from gongbao.stored import write_whole


def case_of(event: Event, text: str | None) -> dict[str, Any] | None:
    """The test case of a decision; None for what was accepted, and where the words are gone from the text."""
    if event.action == "accept":
        return None
    right, wrong = event.outcome, event.new
    shown = right if right is not None else wrong
    if shown is None:
        return None
    excerpt, nth = _excerpt(shown, wrong, text)
    if excerpt is None:
        return None
    fields = tuple(FIELDS) if right is None or wrong is None else changed_fields(wrong, right)
    return {
        "id": event.key,
        "article": event.article_id,
        "text": excerpt,
        "pub_date": shown.get("pub_date"),
        "found": {"raw": shown["raw"], "nth": nth},
        "want": _columns(right, fields),
        "got": _columns(wrong, fields),
        "status": "todo",
        "reviewer": event.reviewer,
    }


def merge_cases(path: Path, decided: Iterable[tuple[Event, str | None]], *, dry_run: bool = False) -> int:
    """Add the cases of decisions to a file, by id; those that are there already keep their status. Returns how many
    were added or changed.
    """
    before = _read(path)
    after = dict(before)
    for event, text in decided:
        case = case_of(event, text)
        if case is None:
            continue
        known = before.get(event.key)
        if known is None or known.get("want") != json.loads(dump_json(case["want"])):
            after[event.key] = case
    changed = sum(1 for key, case in after.items() if before.get(key) is not case)
    if changed and not dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = sorted(after.values(), key=lambda case: (case["article"], case["id"]))
        write_whole(path, "".join(dump_json(row) + "\n" for row in rows).encode())
    return changed


def check_case(case: Mapping[str, Any], records: Sequence[RecordRow]) -> list[str]:
    """What is wrong with the records of a case's text; empty if they are as wanted."""
    raw, nth = case["found"]["raw"], case["found"]["nth"]
    start = -1
    for _ in range(nth + 1):
        start = case["text"].find(raw, start + 1)
    end = start + len(raw)
    hits = [r for r in records if r["start"] < end and r["end"] > start]
    want = case["want"]
    if want is None:
        return [f"{raw}: must give no record, gives {hit['raw']!r}" for hit in hits]
    if not hits:
        return [f"{raw}: no record found"]
    best = max(hits, key=lambda r: min(r["end"], end) - max(r["start"], start))
    wrong = [name for name, value in want.items() if not _equal(best.get(name), value)]
    return [f"{raw}: {name} should be {want[name]!r}, is {best.get(name)!r}" for name in wrong]


def _excerpt(shown: RecordRow, other: RecordRow | None, text: str | None) -> tuple[str | None, int]:
    """Title and the lines that the records rest on, and which of the equal words in them is meant."""
    raw = str(shown["raw"])
    if text is None or text[shown["start"] : shown["end"]] != raw:
        sentence = str(shown.get("sentence") or "")
        return (sentence, 0) if raw in sentence else (None, 0)
    spans = [*marks_of(shown), *(marks_of(other) if other is not None else ())]
    title = str(shown.get("title") or "")
    head = text.find(title) if title else -1
    if head >= 0:
        spans.append(MarkedSpan(head, head + len(title), "title"))
    lines = lines_around(text, spans, shown["start"], shown["end"], around=0)
    if not lines:
        return None, 0
    kept = "\n".join(text[low:high] for low, high in lines)
    before = "\n".join(text[low : min(high, shown["start"])] for low, high in lines if low <= shown["start"])
    return kept, sum(1 for i in range(len(before)) if kept.startswith(raw, i))


def _columns(record: RecordRow | None, fields: Sequence[str]) -> dict[str, Any] | None:
    if record is None:
        return None
    columns = [FIELDS[name][0] for name in fields]
    columns += ["value_max"] if "value" in fields and record.get("value_max") is not None else []
    return {column: record.get(column) for column in columns if column not in ("period_start",)}


def _equal(got: Any, want: Any) -> bool:
    if isinstance(want, int | float) and not isinstance(want, bool) and got is not None:
        return as_decimal(got) == as_decimal(want)
    return bool(got == want)


def _row(**fields: Any) -> dict[str, Any]:
    if not {"id", "article"} <= fields.keys():
        raise TypeError("a case without id or article")
    return fields


def _read(path: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in read_rows(path, _row)}
