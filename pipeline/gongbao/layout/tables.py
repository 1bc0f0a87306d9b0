"""Tables in text: lines of cells apart by tabs, bars or spaces, under a line that names the columns.

Only shapes are found here. A table has a header, a line of as many cells as its rows that holds no figures but years,
and at most a second header line above it; each of its rows has a label and at least one number. Rows without such a
header are kept as well: nobody can say what their numbers mean, and the count of them is told to the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import regex

from gongbao.chinese.clauses import STATEMENT_ENDS
from gongbao.document import CellSpan, Table

_MARKS = "\t|｜"
_BAR = regex.compile(r"[|｜]")
_BLANKS = regex.compile(r"[ \u3000\xa0]+")
_RULE = regex.compile(r"[\s|｜:+=_-]*-{2,}[\s|｜:+=_-]*")
"""The line under the header of a Markdown table, and lines drawn with dashes."""
_NUMBER = regex.compile(r"[-−－+＋]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_FIGURE = regex.compile(r"[-−－+＋]?\d[\d,.]*\s*[^\P{Han}年月季]{0,3}\s*[%％‰]?")
_AMOUNT = regex.compile(r"[约超近逾达]?[-−－+＋]?\d[\d,.]*\s*[^\s\d，、。；：（(]{0,5}")
"""A cell of figures with or without a unit of their own."""
_YEAR = regex.compile(r"(?:19|20)\d{2}")
_UNIT_LINE = regex.compile(r"[（(\[【]?(?:计量|金额|数量)?单位\s*[:：]\s*(?P<unit>[^\n]{1,40}?)\s*[）)\]】]?$")
_ANY = regex.compile(r"[\t|｜ \u3000][-−－+＋]?\d")
_SENTENCE = regex.compile(f"[{STATEMENT_ENDS}]")
_BRACKET = regex.compile(r"[（(]\p{Han}{1,6}[）)]|[%％]")
_REMARK = regex.compile(r"备\s*[注考]|说\s*明")
_WORD = regex.compile(r"\p{Han}|[A-Za-z]")
MOST_CELL = 40
"""Characters of the longest cell of a table whose cells are parted by spaces; longer ones are prose."""
MOST_LINE = 400
_CAPTION_REACH = 3
"""Lines above the header that may say the unit."""


class _Line(NamedTuple):
    start: int
    end: int
    mark: str
    """What parts its cells: a tab, a bar or a space; empty for a line of one cell."""
    cells: tuple[CellSpan, ...]
    numbers: int
    """How many of its cells, the first left out, are figures and no years; apart by spaces only bare numbers count."""


def is_number(text: str, cell: CellSpan) -> bool:
    """True for a cell that is a bare number."""
    return _NUMBER.fullmatch(text, *cell) is not None


def find_tables(text: str) -> tuple[Table, ...]:
    """The tables of a simplified text, in order.

    Args:
        text: A whole article, a table's row a line; cells may be empty between two tabs or bars.

    Returns:
        Tables with a header, and (`header` empty) runs of rows of numbers without one.
    """
    if not _ANY.search(text):
        return ()
    lines = [line for line in map(_split, *_bounds(text), [text] * (text.count("\n") + 1)) if line is not None]
    found: list[Table] = []
    at = free = 0
    while at < len(lines):
        if not _is_row(lines[at]):
            at += 1
            continue
        end = _last_row(text, lines, at)
        table = _table(text, lines, free, at, end)
        if table is not None:
            found.append(table)
            free = end
        at = end
    return tuple(found)


def label_column(text: str, table: Table, index: regex.Pattern[str]) -> int:
    """The column that says what a row is about: the first, but for serial numbers and the like (`index`)."""
    if any(_is_year(text, row[0]) for row in table.rows if row):
        return 0
    heads = ["".join(text[slice(*cell)] for cell in column) for column in table.columns]
    return next((n for n, head in enumerate(heads) if index.search(head) is None), 0)


def labelled(text: str, row: tuple[CellSpan, ...], label: int) -> tuple[CellSpan, ...]:
    """A row whose label stretches over the columns before (合计 from the column of numbers on), put in its place."""
    if label >= len(row) or row[label][0] < row[label][1]:
        return row
    at = next((n for n in range(label - 1, -1, -1) if row[n][0] < row[n][1]), None)
    if at is None or is_number(text, row[at]):
        return row
    start = row[at][0]
    return (*[(start, start)] * label, row[at], *row[label + 1 :])


def _bounds(text: str) -> tuple[list[int], list[int]]:
    starts = [0]
    while (at := text.find("\n", starts[-1])) >= 0:
        starts.append(at + 1)
    return starts, [start - 1 for start in starts[1:]] + [len(text)]


def _split(start: int, end: int, text: str) -> _Line | None:
    """A line with its cells; None for blank ones."""
    while start < end and text[start].isspace() and text[start] != "\t":
        start += 1
    while end > start and text[end - 1].isspace() and text[end - 1] != "\t":
        end -= 1
    line = text[start:end]
    if not line or line.isspace():
        return None
    if len(line) > MOST_LINE * 5 or not any(mark in line for mark in _MARKS + " \u3000"):
        return _Line(start, end, "", ((start, end),), 0)
    if "\t" in line:
        mark, cells = "\t", _parted(text, start, end, "\t")
    elif _BAR.search(line):
        mark, cells = "|", _parted(text, start, end, "|｜")
        if cells and cells[0][0] == cells[0][1]:
            cells = cells[1:]
        if cells and line[-1] in "|｜":
            cells = cells[:-1]
    else:
        mark, cells = " ", []
        low = start
        for gap in _BLANKS.finditer(text, start, end):
            cells.append((low, gap.start()))
            low = gap.end()
        cells.append((low, end))
        if _SENTENCE.search(line) or len(line) > MOST_LINE or any(b - a > MOST_CELL for a, b in cells):
            mark, cells = "", [(start, end)]
    figure = _NUMBER if mark == " " else _AMOUNT
    numbers = sum(bool(figure.fullmatch(text, *cell)) and not _is_year(text, cell) for cell in cells[1:])
    return _Line(start, end, mark if len(cells) > 1 else "", tuple(cells), numbers)


def _parted(text: str, start: int, end: int, marks: str) -> list[CellSpan]:
    cells: list[CellSpan] = []
    low = start
    for at in range(start, end + 1):
        if at == end or text[at] in marks:
            high = at
            while low < high and text[low].isspace():
                low += 1
            while high > low and text[high - 1].isspace():
                high -= 1
            cells.append((low, high))
            low = at + 1
    return cells


def _is_row(line: _Line) -> bool:
    return bool(line.mark) and line.numbers > 0


def _last_row(text: str, lines: Sequence[_Line], at: int) -> int:
    """Where the run of lines of cells that begins with a row of numbers ends; the header of a next table ends it."""
    mark, width = lines[at].mark, len(lines[at].cells)
    numeric = [n for n, cell in enumerate(lines[at].cells) if n and _is_amount(text, cell)]
    end = at + 1
    while end < len(lines) and lines[end].mark == mark and (mark != " " or len(lines[end].cells) == width):
        cells = lines[end].cells
        if len(cells) == width and all(_WORD.match(text, *cells[n]) for n in numeric):
            break
        end += 1
    while mark == " " and not _is_row(lines[end - 1]):
        end -= 1
    return end


def _table(text: str, lines: Sequence[_Line], free: int, at: int, end: int) -> Table | None:
    """The table whose first row is `lines[at]`, None where the lines are none; `lines[free:at]` may be its header."""
    mark, width = lines[at].mark, max(len(line.cells) for line in lines[at:end])
    head = at
    while head > free and _RULE.fullmatch(text, lines[head - 1].start, lines[head - 1].end):
        head -= 1
    columns: tuple[tuple[CellSpan, ...], ...] = ()
    first = at
    if head > free and _is_header(text, lines[head - 1], mark, width):
        first = head - 1
        width = len(lines[first].cells)
        if mark == " " and end - at < 2 and not _BRACKET.search(text, lines[first].start, lines[first].end):
            return None
        columns = tuple((cell,) for cell in lines[first].cells)
        upper = lines[first - 1] if first > free else None
        if mark != " " and upper is not None and _is_upper(text, upper, mark, width):
            first -= 1
            columns = tuple(_stacked(text, _upper(upper.cells, n), *column) for n, column in enumerate(columns))
    elif mark != "\t" and (end - at < 2 or (mark == " " and not _looks_drawn(text, lines[at:end]))):
        return None
    rows = [line.cells for line in lines[at:end] if not _RULE.fullmatch(text, line.start, line.end)]
    if columns:
        numeric = numeric_columns(text, rows, len(columns))
        rows = [_filled(text, row, len(columns), numeric) for row in rows]
    units = []
    for line in reversed(lines[max(free, first - _CAPTION_REACH) : first]):
        said = _UNIT_LINE.search(text, line.start, line.end)
        if said is not None:
            units.append((said.start("unit"), said.end("unit")))
            first -= said.start() == line.start and line == lines[first - 1]
            break
    caption = lines[first - 1] if first > free and _is_caption(text, lines[first - 1]) else None
    spans = [(line.start, line.end) for line in lines[first:end]]
    return Table(
        tuple(spans),
        columns,
        tuple(rows),
        units[0] if units else None,
        (caption.start, caption.end) if caption is not None else None,
    )


def numeric_columns(text: str, rows: Sequence[Sequence[CellSpan]], width: int) -> frozenset[int]:
    """The columns that mostly hold numbers, by the longest rows."""
    longest = max((len(row) for row in rows if len(row) <= width), default=0)
    whole = [row for row in rows if len(row) == longest]
    shares = ((n, [_is_amount(text, row[n]) for row in whole if not _is_void(text, row[n])]) for n in range(longest))
    return frozenset(n for n, hits in shares if 2 * sum(hits) >= len(hits) > 0)


def _is_amount(text: str, cell: CellSpan) -> bool:
    return _AMOUNT.fullmatch(text, *cell) is not None


def _is_void(text: str, cell: CellSpan) -> bool:
    return not text[slice(*cell)].strip("—-–…/* \u3000")


def _filled(text: str, row: tuple[CellSpan, ...], width: int, numeric: frozenset[int]) -> tuple[CellSpan, ...]:
    """A row whose last cells were left out, as it should be; one that lost a cell elsewhere stays as it is."""
    if len(row) >= width or any(
        _is_amount(text, cell) != (n in numeric) for n, cell in enumerate(row) if n and not _is_void(text, cell)
    ):
        return row
    end = row[-1][1]
    return (*row, *[(end, end)] * (width - len(row)))


def _is_caption(text: str, line: _Line) -> bool:
    short = line.end - line.start <= MOST_CELL and len(line.cells) <= 3 and line.mark in ("", " ")
    return short and _SENTENCE.search(text, line.start, line.end) is None


def _is_upper(text: str, line: _Line, mark: str, width: int) -> bool:
    """A header line over the header: as wide, or shorter where blank cells show which it stretches over."""
    cells = len(line.cells)
    if cells == width:
        return _is_header(text, line, mark, width)
    return 1 < cells < width and any(a == b for a, b in line.cells) and _is_header(text, line, mark, cells)


def _stacked(text: str, upper: tuple[CellSpan, ...], lower: CellSpan) -> tuple[CellSpan, ...]:
    """The header cells of a column; one that stretches over both lines may be written in both."""
    if lower[0] == lower[1]:
        return upper or (lower,)
    return (lower,) if any(text[slice(*cell)] == text[slice(*lower)] for cell in upper) else (*upper, lower)


def _upper(cells: Sequence[CellSpan], number: int) -> tuple[CellSpan, ...]:
    """The cell of an upper header line over a column: its own, else the one that stretches over it from the left."""
    number = min(number, len(cells) - 1)
    while number > 0 and cells[number][0] == cells[number][1]:
        number -= 1
    return (cells[number],) if cells[number][0] < cells[number][1] else ()


def _is_header(text: str, line: _Line, mark: str, width: int) -> bool:
    """True for a line that names columns: as many as the rows have, but for remarks that none of them holds."""
    if line.mark != mark or any(not _REMARK.fullmatch(text, *cell) for cell in line.cells[width:]):
        return False
    named = [cell for cell in line.cells if cell[0] < cell[1]]
    figures = [cell for cell in named if _FIGURE.fullmatch(text, *cell) and not _is_year(text, cell)]
    wide = len(line.cells) >= width and 2 * len(named) >= width
    return wide and not figures and any(_WORD.search(text, *cell) for cell in named)


def _is_year(text: str, cell: CellSpan) -> bool:
    return _YEAR.match(text, *cell) is not None and not _NUMBER.fullmatch(text, cell[0] + 4, cell[1])


def _looks_drawn(text: str, lines: Sequence[_Line]) -> bool:
    """Rows apart by spaces and without a header: a label, then nothing but numbers."""
    return all(
        len(line.cells) >= 3 and line.numbers == len(line.cells) - 1 and _WORD.search(text, *line.cells[0]) is not None
        for line in lines
    )
