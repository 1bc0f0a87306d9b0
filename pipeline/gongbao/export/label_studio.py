"""Label Studio: tasks with predictions to import, and its JSON export to read back.

The labels are set up with `gongbao schema --as label-studio`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from gongbao.errors import ExportError
from gongbao.export.annotations import FIELDS, KINDS, LABELS, Annotated, FieldLink, Mark, Utf16, annotated
from gongbao.export.formats import Style
from gongbao.export.select import Data

_COLOURS = {"place": "#2e8b57", "year": "#1e90ff", "initiative": "#9932cc", "indicator": "#b8860b"}


def write(data: Data, path: Path, style: Style) -> int:
    """Write one task an article; returns the number of articles."""
    count = 0
    version = "gongbao " + ",".join(source.run_id for source in data.sources)
    with path.open("wb") as file:
        file.write(b"[")
        for count, item in enumerate(annotated(data), 1):
            file.write(b",\n" if count > 1 else b"\n")
            file.write(orjson.dumps(task(item, version)))
        file.write(b"\n]\n")
    return count


def task(item: Annotated, version: str) -> dict[str, Any]:
    """One article as a task; offsets in UTF-16 code units."""
    units = Utf16(item.text)
    result: list[dict[str, Any]] = []
    for mark in item.marks:
        value: dict[str, Any] = {"start": units.from_points(mark.start), "end": units.from_points(mark.end)}
        value |= {"text": item.text[mark.start : mark.end], "labels": [mark.label]}
        result.append({"id": mark.id, "from_name": "label", "to_name": "text", "type": "labels", "value": value})
    for link in item.links or ():
        amount, field = item.marks[link.amount], item.marks[link.field]
        ends = {"from_id": amount.id, "to_id": field.id, "type": "relation", "direction": "right"}
        result.append({**ends, "labels": [field.label]})
    data = {"text": item.text, "article_id": item.article_id, **item.about}
    return {"data": data, "predictions": [{"model_version": version, "result": result}]}


def read(path: Path) -> Iterator[Annotated]:
    """Read a JSON export: the newest annotation of each task, else its prediction.

    Raises:
        ExportError: it is no such export (`import.format`), or a region is not where its text is (`import.offsets`).
    """
    try:
        tasks = orjson.loads(path.read_bytes())
    except ValueError as error:
        fix = "Export from Label Studio as JSON"
        raise ExportError("not JSON", where=str(path), fix=fix, code="import.format") from error
    for number, one in enumerate(tasks if isinstance(tasks, list) else [tasks], 1):
        where = f"{path}: task {number}"
        try:
            yield _task(one, where)
        except (KeyError, TypeError, AttributeError) as error:
            fix = "Export from Label Studio as JSON (not JSON-MIN or CSV)"
            raise ExportError(f"no task: {error!r}", where=where, fix=fix, code="import.format") from error


def _task(one: dict[str, Any], where: str) -> Annotated:
    data = one["data"]
    text = data["text"]
    done = [a for a in one.get("annotations") or () if not a.get("was_cancelled")] or one.get("predictions") or ()
    chosen: dict[str, Any] = max(done, key=lambda a: str(a.get("updated_at") or ""), default={"result": []})
    units = Utf16(text)
    marks, ids, links = [], [], []
    for item in chosen["result"]:
        labels = item.get("value", {}).get("labels") or ()
        if item["type"] == "labels" and labels and labels[0] in LABELS:
            start, end = _span(item["value"], text, units, where)
            marks.append(Mark(start, end, labels[0], item["id"]))
            ids.append(item["id"])
    at = {one_id: number for number, one_id in enumerate(ids)}
    for item in chosen["result"]:
        if item["type"] == "relation" and item["from_id"] in at and item["to_id"] in at:
            ends = (at[item["from_id"]], at[item["to_id"]])
            amount, field = ends if marks[ends[0]].is_amount else ends[::-1]
            if marks[amount].is_amount and not marks[field].is_amount:
                links.append(FieldLink(amount, field))
    about = {name: data.get(name) for name in ("title", "pub_date", "source")}
    return Annotated(data.get("article_id"), text, tuple(marks), tuple(links), about)


def _span(value: dict[str, Any], text: str, units: Utf16, where: str) -> tuple[int, int]:
    """The region in code points. Versions differ in their unit: the text that a region carries tells which it was."""
    wanted = (value.get("text") or "").replace("\\n", "\n")
    raw = (value["start"], value["end"])
    converted = (units.to_points(raw[0]), units.to_points(raw[1]))
    if not wanted:
        return converted
    for start, end in (converted, raw):
        if text[start:end] == wanted:
            return start, end
    raise ExportError(
        f"region {wanted!r} is not at {raw[0]}-{raw[1]}",
        where=where,
        fix="Export as JSON from the project that gongbao's tasks were imported into, texts unchanged",
        code="import.offsets",
    )


def labelling_config() -> str:
    """The labelling interface: paste it into Settings, Labeling Interface, Code."""
    lines = ["<View>", "  <Relations>"]
    lines += [f'    <Relation value="{name}"/>' for name in FIELDS]
    lines += ["  </Relations>", '  <Labels name="label" toName="text">']
    lines += [f'    <Label value="{name}" background="#d9480f"/>' for name in KINDS]
    lines += [f'    <Label value="{name}" background="{_COLOURS[name]}"/>' for name in FIELDS]
    return "\n".join([*lines, "  </Labels>", '  <Text name="text" value="$text"/>', "</View>", ""])
