"""Word files (.docx): paragraphs, tables and text boxes in their order, then the notes.

The XML is read as a stream and by its own names rather than through python-docx, whose paragraphs leave out tracked
insertions, content controls and text boxes: figures would be lost. What a reader does not see is left out: deleted and
hidden text, field codes, the table of contents, pinyin above characters, headers and footers.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO

from gongbao.errors import ReadError
from gongbao.read.archive import BoundedZip, check_archive
from gongbao.read.blocks import lines_of, row_lines
from gongbao.read.failing import too_long
from gongbao.read.limits import Limits
from gongbao.read.streams import broken
from gongbao.read.word_numbering import Numbering, read_numbering

_UNSEEN = frozenset(
    (
        "del",
        "moveFrom",
        "instrText",
        "delInstrText",
        "delText",
        "Fallback",
        "rt",
        "pPrChange",
        "rPrChange",
        "tblPrChange",
    )
)
"""Elements that are not on the page: deletions, field codes, the second copy of a text box, pinyin, former styles."""
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
MOST_SPAN = 64
"""Columns that a cell may stretch over."""
_WHOLE = frozenset(("p", "tr"))
"""Elements whose parts are needed until they end."""
_STYLES = ("word/numbering.xml", "word/styles.xml")
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")


def read_docx(stream: BinaryIO, where: str, limits: Limits) -> str:
    """The text of a .docx file: one line a paragraph or table row.

    Raises:
        ReadError: `read.broken`, `read.hostile`, `read.encrypted`, `read.too_large` or `read.timeout`.

    """
    check_archive(stream, where, limits)
    from lxml import etree

    stream.seek(0)
    lines: list[str] = []
    size = 0
    try:
        with BoundedZip(stream, where, limits) as archive:
            names = set(archive.namelist())
            numbering = read_numbering(*(_tree(archive, names, part) for part in _STYLES))
            for part in (_main_part(archive, names, where), *(name for name in _NOTES if name in names)):
                with archive.open(part) as file:
                    for line in _in_time(_part_lines(file, numbering), where, limits):
                        if line is None:
                            continue
                        lines.append(line)
                        size += len(line) + 1
                        if size > limits.max_characters:
                            raise too_long(where, limits.max_characters)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise broken(f"The .docx file is damaged ({error})", where) from error
    except etree.XMLSyntaxError as error:
        raise broken(f"The .docx file is damaged: its XML does not parse ({error.msg})", where) from error
    return "\n".join(lines)


def _main_part(archive: zipfile.ZipFile, names: set[str], where: str) -> str:
    """The path of the document inside the archive, as its relations name it."""
    if "word/document.xml" in names:
        return "word/document.xml"
    if "_rels/.rels" in names:
        root = _tree(archive, names, "_rels/.rels")
        for relation in root.iter("{*}Relationship"):
            target = relation.get("Target", "").lstrip("/")
            if relation.get("Type", "").endswith("/officeDocument") and target in names:
                return str(target)
    raise ReadError(
        "This is no Word file: it has no document inside",
        where=where,
        fix="Open it in its program and save it as .docx",
        code="read.broken",
    )


def _tree(archive: zipfile.ZipFile, names: set[str], part: str) -> Any:
    from lxml import etree

    if part not in names:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(archive.read(part), parser)


def _in_time(lines: Iterator[str | None], where: str, limits: Limits) -> Iterator[str | None]:
    """The same, until the time that a file may take is up."""
    deadline = time.process_time() + limits.max_seconds
    for number, line in enumerate(lines):
        if number % 1024 == 1023 and time.process_time() > deadline:
            raise ReadError(
                f"The file was not read within {limits.max_seconds:g} s",
                where=where,
                fix="Save it anew from its program, or raise max_seconds (Limits)",
                code="read.timeout",
            )
        yield line


def _part_lines(file: IO[bytes], numbering: Numbering) -> Iterator[str | None]:
    """The lines of one part, and None after each element; the tree is thrown away as it is read."""
    from lxml import etree

    builder = _Builder(numbering)
    kept = 0
    events = etree.iterparse(
        file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    for event, element in events:
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2]
        if event == "start":
            builder.start(name, element)
            kept += name in _WHOLE
            continue
        builder.end(name, element)
        yield None
        if name in _WHOLE:
            kept -= 1
        if name in _WHOLE or not kept:
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        yield from builder.lines
        builder.lines.clear()


class _Builder:
    """Turns the events of WordprocessingML into lines."""

    def __init__(self, numbering: Numbering) -> None:
        self.lines: list[str] = []
        self._numbering = numbering
        self._numbers: list[dict[str, str]] = []
        self._unseen = 0
        self._paragraphs: list[list[str]] = []
        self._left_out: list[bool] = []
        self._tables: list[list[list[list[str]]]] = []
        self._above: list[list[list[str]]] = []
        """Of each open table the row before."""
        self._spans: list[tuple[int, bool]] = []
        """Of each open cell the columns that it stretches over, and whether it goes on from the row before."""
        self._runs: list[int] = []

    def start(self, name: str, element: Any) -> None:
        if self._unseen or name in _UNSEEN:
            self._unseen += 1
        elif name == "p":
            self._paragraphs.append([])
            self._numbers.append({})
            self._runs.append(0)
            self._left_out.append(False)
        elif name == "tbl":
            self._tables.append([])
            self._above.append([])
        elif name == "tr" and self._tables:
            self._tables[-1].append([])
        elif name == "tc" and self._tables and self._tables[-1]:
            self._tables[-1][-1].append([])
            self._spans.append((1, False))
        elif name == "r" and self._paragraphs:
            self._runs[-1] = len(self._paragraphs[-1])

    def end(self, name: str, element: Any) -> None:
        if self._unseen:
            self._unseen -= 1
        elif name == "t" and self._paragraphs:
            self._paragraphs[-1].append(element.text or "")
        elif name in _CHARACTERS and self._paragraphs and _in_run(element):
            self._paragraphs[-1].append(_CHARACTERS[name])
        elif name == "vanish" and self._paragraphs and _value(element) not in ("0", "false", "off"):
            self._paragraphs[-1].append("\0")
        elif name == "r" and self._paragraphs:
            if "\0" in self._paragraphs[-1][self._runs[-1] :]:
                del self._paragraphs[-1][self._runs[-1] :]
        elif name in ("pStyle", "numId", "ilvl") and self._numbers:
            self._numbers[-1][name] = _value(element)
            self._left_out[-1] |= name == "pStyle" and _value(element).upper().startswith("TOC")
        elif name == "p" and self._paragraphs:
            text = "".join(self._paragraphs.pop()).replace("\0", "")
            number = self._number(self._numbers.pop())
            self._runs.pop()
            if not self._left_out.pop():
                self._emit(lines_of(number + text if text.strip() else ""))
        elif name == "gridSpan" and self._spans:
            columns = _value(element)
            self._spans[-1] = min(int(columns), MOST_SPAN) if columns.isdigit() else 1, self._spans[-1][1]
        elif name == "vMerge" and self._spans:
            self._spans[-1] = self._spans[-1][0], _value(element) in ("", "continue")
        elif name == "tc" and self._spans and self._tables and self._tables[-1]:
            self._end_cell(self._tables[-1][-1], *self._spans.pop())
        elif name == "tr" and self._tables and self._tables[-1]:
            row = self._tables[-1].pop()
            self._above[-1] = row
            table = self._tables.pop()  # what a row makes belongs to the cell around the table, if any
            self._emit(row_lines(row))
            self._tables.append(table)
        elif name == "tbl" and self._tables:
            self._tables.pop()
            self._above.pop()

    def _end_cell(self, row: list[list[str]], columns: int, goes_on: bool) -> None:
        """Say the words of a cell again in each row that it stretches over, and leave the columns that it does blank.

        A figure is not said again: it stands once on the page.
        """
        above = self._above[-1]
        if goes_on and not row[-1] and len(row) <= len(above):
            row[-1] = [line for line in above[len(row) - 1] if not any(map(str.isdigit, line))]
        row += [[] for _ in range(columns - 1)]

    def _number(self, properties: dict[str, str]) -> str:
        """The number in front of a paragraph, by its own list or its style's."""
        styled = self._numbering.styles.get(properties.get("pStyle", ""), ("", 0))
        depth = properties.get("ilvl", "")
        return self._numbering.next(properties.get("numId", styled[0]), int(depth) if depth.isdigit() else styled[1])

    def _emit(self, lines: list[str]) -> None:
        if self._tables and self._tables[-1] and self._tables[-1][-1]:
            self._tables[-1][-1][-1] += lines
        else:
            self.lines += lines


def _in_run(element: Any) -> bool:
    """A tab of a run, not the tab stop of a paragraph's style."""
    parent = element.getparent()
    return parent is not None and parent.tag.endswith("}r")


def _value(element: Any) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.endswith("val")), "")
