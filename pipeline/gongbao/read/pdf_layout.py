"""From the lines that stand on a PDF's pages to the paragraphs that were written.

A PDF knows where characters stand and nothing else. A line that reaches the right edge goes on in the next one, unless
that is indented or set apart; lines that return on page after page, and page numbers, belong to the paper.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gongbao.rulebook.cues import reading_cues

_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻥⻦⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车长门青页风飞食马鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
NARROW = 10
"""Characters in a line; no column of text is narrower."""
EDGE = 0.12
"""Share of a page's height, at the top and at the bottom, in which running heads and page numbers stand."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line on a page: text, box in points (y grows upwards), size of its type, and whether it is a row of cells."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    page: int
    row: bool = False


@dataclass(frozen=True, slots=True)
class PageSize:
    """Height of a page and its number."""

    page: int
    height: float
    bottom: float = 0.0


def characters(text: str) -> str:
    """Characters as written: fonts of PDFs often call 人 a radical (⼈) or 羅 a compatibility form."""
    if text.isascii():
        return text
    return "".join(_character(char) for char in text)


def _character(char: str) -> str:
    if "\u2e80" <= char <= "\u2eff":
        return _RADICALS.get(char, char)
    if "\u2f00" <= char <= "\u2fdf" or "\uf900" <= char <= "\ufaff":
        return unicodedata.normalize("NFKC", char)
    return char


def paragraphs(lines: Sequence[PageLine], sizes: Sequence[PageSize]) -> list[str]:
    """The paragraphs, headings and table rows of a document, in order, without what belongs to the paper."""
    kept = without_running(lines, sizes)
    out: list[str] = []
    edges = _Edges(kept)
    previous: PageLine | None = None
    for line in kept:
        if previous is not None and edges.goes_on(previous, line):
            out[-1] = _join(out[-1], line.text)
        else:
            out.append(line.text)
        previous = line
    return out


def without_running(lines: Sequence[PageLine], sizes: Sequence[PageSize]) -> list[PageLine]:
    """The lines without running heads, running feet and page numbers."""
    pages = {size.page: size for size in sizes}
    edge: dict[int, str] = {}
    for index, line in enumerate(lines):
        size = pages[line.page]
        middle = (line.bottom + line.top) / 2 - size.bottom
        if middle > size.height * (1 - EDGE) or middle < size.height * EDGE:
            edge[index] = "top" if middle > size.height / 2 else "bottom"
    counts: Counter[tuple[str, str]] = Counter()
    for key in {(lines[index].page, place, _likeness(lines[index].text)) for index, place in edge.items()}:
        counts[key[1:]] += 1
    needed = max(2, -(-2 * len(sizes) // 5)) if len(sizes) > 2 else 2
    kept = []
    for index, line in enumerate(lines):
        place = edge.get(index)
        if place is not None and (
            reading_cues()["page_number"].fullmatch(line.text.strip())
            or (counts[place, _likeness(line.text)] >= needed and len(line.text) <= 60 and not line.text.endswith("。"))
        ):
            continue
        kept.append(line)
    return kept


def _likeness(text: str) -> str:
    return re.sub(r"\d+", "0", "".join(text.split()))


class _Edges:
    """The left and right edges of the type area around each line."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self._areas: dict[int, tuple[float, float]] = {}
        by_page: dict[int, list[PageLine]] = {}
        for line in lines:
            by_page.setdefault(line.page, []).append(line)
        self._pages = by_page
        leading = sorted(gap for page in by_page.values() for gap in _leadings(page))
        self._leading = leading[len(leading) // 2] if leading else 0.0

    def goes_on(self, line: PageLine, following: PageLine) -> bool:
        """Whether the sentence of a line goes on in the one below it."""
        em = max(line.size, 1.0)
        if line.row or following.row or abs(line.size - following.size) > 0.12 * em:
            return False
        left, right = self._area(line)
        if line.right < right - 2.2 * em or line.right - line.left < NARROW * em:
            return False  # the line ended before the edge: its paragraph ended
        if line.page == following.page:
            fall = line.bottom - following.bottom
            if fall < 0.3 * em or fall > max(1.45 * (self._leading or 1.5 * em), 1.6 * em):
                return False  # beside it, or set apart
            left = min(left, following.left)
        else:
            left = self._area(following)[0]
        if following.left > left + 1.0 * em:
            return False  # indented: a new paragraph, or a centred heading
        if reading_cues()["list_mark"].match(following.text) and re.search(r"[。！？：；]$", line.text):
            return False
        # Figures are never pulled together: what stands at a line's end may be a whole number
        return not (line.text[-1:].isdigit() and following.text[:1].isdigit())

    def _area(self, line: PageLine) -> tuple[float, float]:
        """Left and right edge of the column that a line stands in."""
        key = id(line)
        if key not in self._areas:
            page = self._pages[line.page][:2000]
            column = [other for other in page if min(other.right, line.right) - max(other.left, line.left) > 0]
            wide = [other for other in column if not other.row] or [line]
            self._areas[key] = (min(other.left for other in wide), max(other.right for other in wide))
        return self._areas[key]


def _leadings(page: Sequence[PageLine]) -> Iterable[float]:
    for line, following in pairwise(page):
        fall = line.bottom - following.bottom
        if 0.8 * line.size < fall < 4 * line.size:
            yield fall


def _join(before: str, after: str) -> str:
    """Two lines as one: nothing between Chinese characters, a blank between words; a hyphen at the end goes."""
    if before.endswith(("\xad", "\ufffe", "\x02")):
        return before[:-1] + after
    word = before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalnum()
    return f"{before} {after}" if word else before + after
