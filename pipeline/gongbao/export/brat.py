"""brat: a collection of .txt and .ann files with annotation.conf; offsets in code points, as its server counts."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from gongbao.errors import ExportError
from gongbao.export.annotations import FIELDS, KINDS, LABELS, Annotated, FieldLink, Mark, annotated
from gongbao.export.formats import Style
from gongbao.export.select import Data

INDEX = "articles.tsv"
"""Which document is which article: document, article_id, title, pub_date, source."""
_ABOUT = ("title", "pub_date", "source")
_UNSAFE = re.compile(r"[^\w.-]+")


def write(data: Data, path: Path, style: Style) -> int:
    """Write the collection into the folder; returns the number of articles."""
    names: set[str] = set()
    with (path / INDEX).open("w", encoding="utf-8", newline="") as file:
        index = csv.writer(file, delimiter="\t", lineterminator="\n")
        index.writerow(("document", "article_id", *_ABOUT))
        for item in annotated(data):
            name = _name(str(item.article_id), names)
            names.add(name)
            with (path / f"{name}.txt").open("w", encoding="utf-8", newline="") as text:
                text.write(item.text)
            (path / f"{name}.ann").write_text(standoff(item), encoding="utf-8")
            index.writerow((name, item.article_id, *(item.about.get(key) or "" for key in _ABOUT)))
    (path / "annotation.conf").write_text(_configuration(), encoding="utf-8")
    return len(names)


def standoff(item: Annotated) -> str:
    """The .ann file of an article: spans (T), relations (R) and, as notes (#), the records' ids."""
    lines: list[str] = []
    notes: list[str] = []
    for number, mark in enumerate(item.marks, 1):
        spans, words = _fragments(item.text, mark)
        lines.append(f"T{number}\t{mark.label} {spans}\t{words}")
        if mark.is_amount:
            notes.append(f"#{len(notes) + 1}\tAnnotatorNotes T{number}\t{mark.id}")
    for number, link in enumerate(item.links or (), 1):
        label = item.marks[link.field].label
        lines.append(f"R{number}\t{label} Arg1:T{link.amount + 1} Arg2:T{link.field + 1}")
    return "".join(f"{line}\n" for line in [*lines, *notes])


def _fragments(text: str, mark: Mark) -> tuple[str, str]:
    """Brat's spans end at line ends: one that runs over a line end is written in fragments."""
    spans, words, at = [], [], mark.start
    for piece in text[mark.start : mark.end].split("\n"):
        if piece:
            spans.append(f"{at} {at + len(piece)}")
            words.append(piece)
        at += len(piece) + 1
    return ";".join(spans), " ".join(words)


def read(path: Path) -> Iterator[Annotated]:
    """Read a collection.

    Raises:
        ExportError: it is none (`import.format`), or a span is not where its text is (`import.offsets`).
    """
    known = {}
    if (path / INDEX).is_file():
        with (path / INDEX).open(encoding="utf-8", newline="") as table:
            known = {row["document"]: row for row in csv.DictReader(table, delimiter="\t")}
    files = sorted(path.glob("*.ann"))
    if not files:
        raise ExportError("no .ann files", where=str(path), fix="Name brat's folder", code="import.format")
    for file in files:
        with file.with_suffix(".txt").open(encoding="utf-8", newline="") as lines:
            text = lines.read()
        row = known.get(file.stem, {})
        about = {name: row.get(name) or None for name in _ABOUT}
        marks, links = _parse(file, text)
        yield Annotated(row.get("article_id"), text, marks, links, about)


def _parse(path: Path, text: str) -> tuple[tuple[Mark, ...], tuple[FieldLink, ...]]:
    marks: dict[str, Mark] = {}
    relations: list[tuple[str, str]] = []
    ids: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        parts = line.split("\t")
        try:
            if line.startswith("T"):
                label, _, spans = parts[1].partition(" ")
                numbers = [int(one) for one in re.findall(r"\d+", spans)]
                if label in LABELS:
                    _check(text, spans, parts[2], f"{path}:{number}")
                    marks[parts[0]] = Mark(min(numbers), max(numbers), label)
            elif line.startswith("R"):
                _, first, second = parts[1].split(" ")
                relations.append((first.partition(":")[2], second.partition(":")[2]))
            elif line.startswith("#") and parts[1].startswith("AnnotatorNotes"):
                ids[parts[1].split(" ")[1]] = parts[2]
        except (IndexError, ValueError) as error:
            fix = "Mend the line, or export again"
            raise ExportError(
                f"not brat's standoff: {line!r}", where=f"{path}:{number}", fix=fix, code="import.format"
            ) from error
    at = {name: number for number, name in enumerate(marks)}
    links = []
    for pair in relations:
        if pair[0] in at and pair[1] in at:
            amount, field = pair if marks[pair[0]].is_amount else pair[::-1]
            if marks[amount].is_amount and not marks[field].is_amount:
                links.append(FieldLink(at[amount], at[field]))
    return tuple(Mark(m.start, m.end, m.label, ids.get(name)) for name, m in marks.items()), tuple(links)


def _check(text: str, spans: str, words: str, where: str) -> None:
    there = " ".join(text[int(a) : int(b)] for a, b in (one.split(" ") for one in spans.split(";")))
    if there != words:
        fix = "The .txt file was changed after it was annotated: take the .txt that gongbao wrote"
        raise ExportError(f"{words!r} is not at {spans}", where=where, fix=fix, code="import.offsets")


def _name(article_id: str, taken: set[str]) -> str:
    stem = _UNSAFE.sub("_", article_id).strip("._")[:80] or "article"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def _configuration() -> str:
    relations = "\n".join(f"{name}\tArg1:{'|'.join(KINDS)}, Arg2:{name}" for name in FIELDS)
    return f"[entities]\n{chr(10).join(LABELS)}\n\n[relations]\n{relations}\n\n[events]\n\n[attributes]\n"
