"""CoNLL: one character a line with BIO tags in five columns (amount, place, year, initiative, indicator).

    # article_id = "a.txt"
    营    5    O    O    O    B-initiative    B-indicator

The second column is the character's offset in the article, in code points; characters that are blanks have no line,
and an empty line ends a sentence. A span that overlaps another one of its column, or begins or ends with a blank,
stands in a comment (`# span = place 12 15`). There are no links: on the way back, fields belong to the amounts they
belonged to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gongbao.chinese.clauses import STATEMENT_ENDS, sentences
from gongbao.errors import ExportError
from gongbao.export.annotations import FIELDS, LABELS, Annotated, Mark, annotated
from gongbao.export.formats import Style
from gongbao.export.select import Data

COLUMNS = ("amount", *FIELDS)
_SPAN = re.compile(r"# span = (\w+) (\d+) (\d+)")


def write(data: Data, path: Path, style: Style) -> int:
    """Write all articles into one file; returns their number."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for count, item in enumerate(annotated(data), 1):  # noqa: B007
            file.write(article(item))
    return count


def article(item: Annotated) -> str:
    """One article."""
    about = {"article_id": item.article_id, **item.about, "text": item.text}
    lines = [f"# {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in about.items()]
    tags: list[dict[int, str]] = [{} for _ in COLUMNS]
    for mark in item.marks:
        column = tags[0 if mark.is_amount else COLUMNS.index(mark.label)]
        if any(at in column for at in range(mark.start, mark.end)) or _has_blank_edge(item.text[mark.start : mark.end]):
            lines.append(f"# span = {mark.label} {mark.start} {mark.end}")
            continue
        column.update((at, f"{'B' if at == mark.start else 'I'}-{mark.label}") for at in range(mark.start, mark.end))
    ends = {end for _, end in sentences(item.text, ends=STATEMENT_ENDS)}
    for at, char in enumerate(item.text):
        if not char.isspace():
            lines.append("\t".join((char, str(at), *(column.get(at, "O") for column in tags))))
        if at + 1 in ends and lines[-1]:
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n\n"


def _has_blank_edge(words: str) -> bool:
    return words != words.strip()


def read(path: Path) -> Iterator[Annotated]:
    """Read a file of articles.

    Raises:
        ExportError: it is no such file (`import.format`), or a character is not at its offset (`import.offsets`).
    """
    about: dict[str, Any] = {}
    marks: list[Mark] = []
    open_marks: list[Mark | None] = [None] * len(COLUMNS)

    def done() -> Annotated:
        known = {name: about.get(name) for name in ("title", "pub_date", "source")}
        return Annotated(about.get("article_id"), about["text"], tuple(marks), None, known)

    with path.open(encoding="utf-8", newline="") as file:
        for number, raw in enumerate(file, 1):
            line, where = raw.rstrip("\r\n"), f"{path}:{number}"
            if line.startswith("# article_id = "):
                if about:
                    yield done()
                about, marks, open_marks = {}, [], [None] * len(COLUMNS)
            if line.startswith("# ") and " = " in line and "\t" not in line:
                _comment(line, about, marks, where)
            elif line:
                _character(line, about, marks, open_marks, where)
    if about:
        yield done()


def _comment(line: str, about: dict[str, Any], marks: list[Mark], where: str) -> None:
    span = _SPAN.fullmatch(line)
    if span is not None:
        if span[1] in LABELS:
            marks.append(Mark(int(span[2]), int(span[3]), span[1]))
        return
    name, _, value = line[2:].partition(" = ")
    try:
        about[name] = json.loads(value)
    except ValueError as error:
        fix = "Keep the comment lines that gongbao wrote"
        raise ExportError(f"cannot read {line[:40]!r}", where=where, fix=fix, code="import.format") from error


def _character(line: str, about: dict[str, Any], marks: list[Mark], open_marks: list[Mark | None], where: str) -> None:
    parts = line.split("\t")
    try:
        char, at, tags = parts[0], int(parts[1]), parts[2 : 2 + len(COLUMNS)]
        text = about["text"]
    except (IndexError, ValueError, KeyError) as error:
        fix = f"Each line is: character, offset, {', '.join(COLUMNS)}, with tabs between"
        raise ExportError(f"cannot read {line[:40]!r}", where=where, fix=fix, code="import.format") from error
    if text[at : at + 1] != char:
        fix = "Keep characters and offsets as gongbao wrote them; change only the tags"
        raise ExportError(f"{char!r} is not at {at}", where=where, fix=fix, code="import.offsets")
    for column, tag in enumerate(tags):
        before = open_marks[column]
        prefix, _, label = tag.partition("-")
        if prefix not in ("B", "I") or label not in LABELS:
            open_marks[column] = None
            continue
        if prefix == "I" and before is not None and before.label == label:
            marks[marks.index(before)] = mark = Mark(before.start, at + 1, label)
        else:
            mark = Mark(at, at + 1, label)
            marks.append(mark)
        open_marks[column] = mark
