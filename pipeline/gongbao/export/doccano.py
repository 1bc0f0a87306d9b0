"""doccano: JSONL with entities and relations (project type Sequence Labeling, relations on), offsets in UTF-16.

doccano counts as JavaScript does unless a project counts grapheme clusters (doccano/doccano#2290): leave that off.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from gongbao.errors import ExportError
from gongbao.export.annotations import LABELS, Annotated, FieldLink, Mark, Utf16, annotated
from gongbao.export.formats import Style
from gongbao.export.select import Data


def write(data: Data, path: Path, style: Style) -> int:
    """Write one line an article; returns the number of articles."""
    count = 0
    with path.open("wb") as file:
        for count, item in enumerate(annotated(data), 1):
            file.write(orjson.dumps(line(item, count)) + b"\n")
    return count


def line(item: Annotated, number: int) -> dict[str, Any]:
    """One article as doccano imports it; what it does not know becomes its metadata."""
    units = Utf16(item.text)
    entities = [
        {
            "id": at,
            "label": mark.label,
            "start_offset": units.from_points(mark.start),
            "end_offset": units.from_points(mark.end),
        }
        for at, mark in enumerate(item.marks)
    ]
    relations = [
        {"id": at, "from_id": link.amount, "to_id": link.field, "type": item.marks[link.field].label}
        for at, link in enumerate(item.links or ())
    ]
    about = {"article_id": item.article_id, **item.about}
    return {"id": number, "text": item.text, "entities": entities, "relations": relations, **about}


def read(path: Path) -> Iterator[Annotated]:
    """Read a JSONL export, with relations or without (`label: [[start, end, name], ...]`).

    Raises:
        ExportError: it is no such export (`import.format`).
    """
    with path.open("rb") as file:
        for number, one in enumerate(file, 1):
            if not one.strip():
                continue
            try:
                yield _article(orjson.loads(one))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                fix = "Export from doccano as JSONL or JSONL(relation)"
                raise ExportError(
                    f"no article: {error!r}", where=f"{path}:{number}", fix=fix, code="import.format"
                ) from error


def _article(row: dict[str, Any]) -> Annotated:
    text = row["text"]
    units = Utf16(text)
    linked = "entities" in row
    if linked:
        found = [(e["id"], e["start_offset"], e["end_offset"], e["label"]) for e in row["entities"]]
    else:
        # None of the three: a file of something else, in which nothing would seem to be marked.
        labels = row["label"] if "label" in row else row["labels"]
        found = [(at, *entity[:3]) for at, entity in enumerate(labels or ())]
    found = [entity for entity in found if entity[3] in LABELS]
    marks = tuple(Mark(units.to_points(start), units.to_points(end), label) for _, start, end, label in found)
    at = {entity[0]: number for number, entity in enumerate(found)}
    links = [
        FieldLink(at[r["from_id"]], at[r["to_id"]])
        for r in row.get("relations") or ()
        if r["from_id"] in at and r["to_id"] in at
    ]
    links = [link if marks[link.amount].is_amount else FieldLink(link.field, link.amount) for link in links]
    about = {name: row.get(name) for name in ("title", "pub_date", "source")}
    return Annotated(row.get("article_id"), text, marks, tuple(links) if linked else None, about)
