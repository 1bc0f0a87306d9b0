"""Corrected annotations as records again.

What a person left as it was keeps the record's values; what was moved, drawn or linked anew is read from the text, by
the same rules as an extraction reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, get_args

from gongbao.canonical import record_id
from gongbao.chinese.clauses import SENTENCE_ENDS, statement_around
from gongbao.document import Article, Document
from gongbao.export.annotations import FIELDS, Annotated, Mark
from gongbao.export.columns import Row
from gongbao.pipeline import Pipeline
from gongbao.record import JudgedField, Record

RULE = "annotator"
"""What stands as the rule in the evidence of a field that a person marked."""
_FLOW = {
    "place": ("place", "place_code", "province", "city", "district"),
    "year": ("year", "period", "period_start", "period_end"),
    "initiative": ("initiative",),
    "indicator": ("indicator",),
}
_CERTAIN: Row = {"confidence": 1.0, "field_confidence": dict.fromkeys(get_args(JudgedField), 1.0), "alternatives": {}}
_CERTAIN |= {"flags": []}
"""What is said of a record that a person went through."""
T = TypeVar("T")


@dataclass
class Corrected:
    """The records of one article after correction, and how they differ from what was exported.

    `unread` holds amounts that were marked but in which no quantity could be read, and fields that were marked but say
    nothing that could be read as such: nothing was made up for them.
    """

    article_id: str
    rows: list[Row] = field(default_factory=list)
    kept: int = 0
    changed: int = 0
    added: int = 0
    removed: int = 0
    unread: list[str] = field(default_factory=list)


class Corrector:
    """Turns annotated articles back into records; loads the extraction's rules when something has to be read anew."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def correct(self, item: Annotated, article: Row, rows: Sequence[Row]) -> Corrected:
        """The records of an article as annotated; `rows` are those that were exported, `article` the run's."""
        reader = _Reader(self._pipeline, article)
        done = Corrected(article["id"])
        by_id = {row["record_id"]: row for row in rows}
        by_span = {(row["start"], row["end"], row["kind"]): row for row in rows}
        fields = _fields(item, rows)
        used: set[str] = set()
        for number, mark in enumerate(item.marks):
            if not mark.is_amount:
                continue
            before = by_span.get((mark.start, mark.end, mark.label)) or by_id.get(mark.id or "")
            if before is None:
                before = _overlapped(mark, rows, used)
            if before is not None and before["record_id"] in used:
                before = None
            row = self._row(mark, before, fields[number], reader, done)
            if row is None:
                continue
            done.rows.append(row)
            if before is None:
                done.added += 1
            else:
                used.add(before["record_id"])
                done.changed += row != before
                done.kept += row == before
        done.removed = len(by_id.keys() - used)
        done.rows.sort(key=lambda row: (row["start"], row["end"], row["kind"]))
        return done

    def _row(
        self, mark: Mark, before: Row | None, found: dict[str, Mark], reader: _Reader, done: Corrected
    ) -> Row | None:
        text = reader.text[mark.start : mark.end]
        if before is not None and (before["start"], before["end"], before["kind"]) == (
            mark.start,
            mark.end,
            mark.label,
        ):
            row = dict(before) | {"evidence": dict(before["evidence"])}
        else:
            quantity = reader.quantity(mark)
            if quantity is None:
                done.unread.append(f"{text} ({mark.label})")
                return None
            row = (
                reader.empty() | {"evidence": {}}
                if before is None
                else dict(before) | {"evidence": dict(before["evidence"])}
            )
            row |= quantity | {"raw": text, "start": mark.start, "end": mark.end, "kind": mark.label}
            row |= reader.sentence(mark)
            row["evidence"]["amount"] = {"how": "stated", "rule": RULE, "start": mark.start, "end": mark.end}
            row["record_id"] = record_id(row["article_id"], mark.start, mark.end, mark.label)
        for name in FIELDS:
            self._field(row, name, found.get(name), before, reader, done)
        return row if row == before else row | _CERTAIN

    def _field(
        self, row: Row, name: str, mark: Mark | None, before: Row | None, reader: _Reader, done: Corrected
    ) -> None:
        old = (before or {}).get("evidence", {}).get(name)
        there = old is not None and old["start"] is not None
        if mark is not None and there and (old["start"], old["end"]) == (mark.start, mark.end):
            return
        if mark is None and before is not None and not there:
            return  # it was read nowhere and nobody marked it: the year of publication stays
        values = dict.fromkeys(_FLOW[name])
        if mark is not None:
            read = reader.field(name, mark)
            if read is None:
                done.unread.append(f"{reader.text[mark.start : mark.end]} ({name})")
            else:
                values |= read
        row |= values
        span = {"start": mark.start, "end": mark.end} if mark is not None else {"start": None, "end": None}
        row["evidence"][name] = {"how": "stated" if mark is not None else "default", "rule": RULE, **span}


def _fields(item: Annotated, rows: Sequence[Row]) -> dict[int, dict[str, Mark]]:
    """The fields of each amount: by its links, else where they were, else the nearest of their sentence."""
    found: dict[int, dict[str, Mark]] = {n: {} for n, mark in enumerate(item.marks) if mark.is_amount}
    if item.links is not None:
        for link in item.links:
            linked = item.marks[link.field]
            found[link.amount][linked.label] = linked
        return found
    there = {(mark.start, mark.end, mark.label): mark for mark in item.marks if not mark.is_amount}
    by_span = {(row["start"], row["end"]): row for row in rows}
    known = {
        (e["start"], e["end"], name) for row in rows for name, e in row["evidence"].items() if e["start"] is not None
    }
    for number, fields in found.items():
        amount = item.marks[number]
        row = by_span.get((amount.start, amount.end))
        for name in FIELDS:
            old = row["evidence"].get(name) if row is not None else None
            mark = there.get((old["start"], old["end"], name)) if old is not None else None
            # A mark that some other record already had is only taken where this amount has none of its own.
            if mark is None and (row is None or (old is not None and old["start"] is not None)):
                free = [m for m in there.values() if m.label == name and (m.start, m.end, name) not in known]
                mark = _nearest(item.text, amount, free or [m for m in there.values() if m.label == name])
            if mark is not None:
                fields[name] = mark
    return found


def _nearest(text: str, amount: Mark, marks: Iterable[Mark]) -> Mark | None:
    """The nearest mark of the amount's sentence, what stands before it first."""
    start, end = statement_around(text, amount.start, amount.end, ends=SENTENCE_ENDS)
    near = [mark for mark in marks if start <= mark.start and mark.end <= end]
    return min(near, key=lambda m: (m.start > amount.start, abs(m.start - amount.start)), default=None)


def _overlapped(mark: Mark, rows: Sequence[Row], used: set[str]) -> Row | None:
    """The exported record that the mark covers most of: a tool that keeps no ids gives moved marks back without."""
    shared = [(min(mark.end, r["end"]) - max(mark.start, r["start"]), r) for r in rows if r["record_id"] not in used]
    most = max(shared, key=lambda pair: pair[0], default=(0, None))
    return most[1] if most[0] > 0 else None


class _Reader:
    """Reads marked stretches of one article as an extraction would."""

    def __init__(self, pipeline: Pipeline, article: Row) -> None:
        self.text: str = article["text"]
        self._pipeline = pipeline
        self._about = article
        self._document: Document | None = None

    @property
    def document(self) -> Document:
        if self._document is None:
            self._document = self._pipeline.document(_article(self._about))
        return self._document

    def empty(self) -> Row:
        """A record of the article of which nothing is known."""
        row: Row = dict.fromkeys(Record.model_fields)
        about = {
            "article_id": self._about["id"],
            "title": self._about.get("title"),
            "pub_date": self._about.get("pub_date"),
        }
        return row | about | {"status": "actual"}

    def quantity(self, mark: Mark) -> Row | None:
        """Value, unit and bound of the quantity that the mark covers most of."""
        found = self._best(mark, self.document.quantities)
        if found is None:
            return None
        return {
            "amount": self.simplified(mark),
            "value": found.value,
            "value_max": found.value_max,
            "unit": found.unit,
            "bound": found.bound,
        }

    def field(self, name: str, mark: Mark) -> Row | None:
        """The values of a field from what is marked, None where it cannot be read as such."""
        if name in ("initiative", "indicator"):
            return {name: self.simplified(mark)}
        if name == "year":
            period = self._best(mark, [p for p in self.document.periods if p.year is not None])
            if period is None:
                return None
            first, last = (day.isoformat() if day else None for day in (period.period_start, period.period_end))
            return {"year": period.year, "period": period.text, "period_start": first, "period_end": last}
        place = self._best(mark, [p for p in self.document.places if p.place is not None])
        if place is None:
            return None
        province, city, district = self._pipeline.gazetteer.split(place.place)
        parts = {"province": province, "city": city, "district": district}
        return {"place": place.place, "place_code": place.place_code, **parts}

    def sentence(self, mark: Mark) -> Row:
        """The sentence around a mark."""
        at = self.document.offsets.to_target(mark.start)
        for one in self.document.outline.sentences:
            if one.start <= at < one.end:
                start, end = self.document.offsets.to_source(one.start, one.end)
                words = self.document.text[one.start : one.end]
                return {"sentence": words, "sentence_start": start, "sentence_end": end}
        return {"sentence": self.simplified(mark), "sentence_start": mark.start, "sentence_end": mark.end}

    def simplified(self, mark: Mark) -> str:
        """The marked text, repaired and simplified."""
        offsets = self.document.offsets
        return self.document.text[offsets.to_target(mark.start) : offsets.to_target(mark.end)]

    def _best(self, mark: Mark, items: Iterable[T]) -> T | None:
        best, most = None, 0
        for item in items:
            start, end = self.document.offsets.to_source(item.start, item.end)  # type: ignore[attr-defined]
            shared = min(end, mark.end) - max(start, mark.start)
            if shared > most:
                best, most = item, shared
        return best


def _article(row: Row) -> Article:
    from datetime import date

    published = date.fromisoformat(row["pub_date"]) if row.get("pub_date") else None
    return Article(row["id"], row["text"], title=row.get("title"), pub_date=published, source=row.get("source"))


def pair_up(
    items: Iterable[Annotated], articles: Iterable[tuple[Row, list[Row]]]
) -> Iterator[tuple[Annotated, Row, list[Row]]]:
    """Each annotated article with the run's article and records; by id where the tool kept it, else by text.

    Raises:
        ExportError: an article is not in the run, or its text is another (`import.article`).
    """
    from gongbao.errors import ExportError

    by_id: dict[str, tuple[Row, list[Row]]] = {}
    by_text: dict[str, tuple[Row, list[Row]]] = {}
    for article, rows in articles:
        by_id[article["id"]] = by_text[article["text"]] = (article, rows)
    for item in items:
        found = by_id.get(item.article_id or "") or by_text.get(item.text)
        fix = "Name the run that was exported with --run"
        if found is None:
            name = item.article_id or f"{item.text[:30]}…"
            raise ExportError("an article that the run does not have", where=name, fix=fix, code="import.article")
        if found[0]["text"] != item.text:
            raise ExportError("its text is not the run's", where=found[0]["id"], fix=fix, code="import.article")
        yield item, *found
