"""The outline of an article: title, headings and what they govern, paragraphs, sentences.

Headings are short lines without end punctuation, numbered lines (一、 （一） 1.), bracketed or bulleted place names
(【苏州】 ▲合肥) and run-in heads before a colon (南京：…). The level of a heading comes from the way it is written: a
style that is open closes everything inside it, a new style opens below the style before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence

import regex

from gongbao.chinese.clauses import CLAUSE_ENDS, SENTENCE_ENDS, pieces, sentences
from gongbao.document import Outline, Place, Quantity, Section, Sentence, Table

MAX_TITLE = 100
"""Characters of a first line that may be the title; a longer one is an article without line ends."""
MAX_HEADING = 36
"""Longest line, in characters, that may be an unnumbered heading."""
MAX_RUN_IN = 24
"""Longest head before a colon or full stop that may open a paragraph."""

_LINE = regex.compile(r"[^\n]+")
_NUMBERING = (
    ("第", regex.compile(r"第[一二三四五六七八九十百\d]+[章节编部][分]?[\s、：:]?")),
    ("一、", regex.compile(r"[一二三四五六七八九十]{1,3}、")),
    ("（一）", regex.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]、?")),
    ("1.", regex.compile(r"\d{1,2}(?:[．、]|\.(?!\d))")),
    ("（1）", regex.compile(r"[（(]\d{1,2}[）)]、?")),
)
_BULLET = regex.compile(r"(?:[▲△■□●○◆◇★☆◎►▶➤▪•·※]|——|--|[-*#]+(?=\s))\s*")
_BRACKETED = regex.compile(r"[【〖\[［](?P<head>[^】〗\]］\n]{1,30})[】〗\]］]")
_RUN_IN = regex.compile(rf"[^。！？；，,;!?\n：:]{{1,{MAX_RUN_IN}}}(?P<end>[：:]|[。])")
_END = regex.compile(rf"[{CLAUSE_ENDS}、…]$")
_FULL_STOP = regex.compile(f"[{SENTENCE_ENDS}]")
_SPACE = " \t\u3000\xa0"


def outline(
    text: str,
    *,
    title: str | None = None,
    content_start: int = 0,
    boilerplate: Sequence[tuple[int, int]] = (),
    places: Sequence[Place] = (),
    quantities: Sequence[Quantity] = (),
    tables: Sequence[Table] = (),
    tails: Collection[str] = (),
) -> Outline:
    """Divide an article into sections, paragraphs and sentences; a sentence has `LONGEST` characters at most.

    Args:
        text: The simplified text of the article.
        title: Its title, simplified, if known.
        content_start: Where the metadata lines at its top end.
        boilerplate: Spans of page boilerplate, in order, that are no content.
        places: Place mentions in the text, in order.
        quantities: Quantities in the text, in order: a short line that states one is no heading.
        tables: Tables in the text: each line of one is a sentence, and none is a heading.
        tails: What may follow a place in the heading of its section (苏州篇).
    """
    builder = _Builder(text, quantities)
    place_starts = [place.start for place in places]
    quantity_starts = [quantity.start for quantity in quantities]
    rows = sorted(line for table in tables for line in table.lines)
    title_seen = False
    lines = list(_content_lines(text, boilerplate))
    last_body = max((a for a, b in lines if b - a > MAX_HEADING or _FULL_STOP.search(text, b - 2, b)), default=-1)
    for number, (start, end) in enumerate(lines):
        line = text[start:end]
        if not title_seen and number <= 2 and (title is None or _same_title(line, title)):
            title_seen = True
            head = start + _title_end(line, title) if title is not None else end
            if title is not None or not (_END.search(line) or len(line) > MAX_TITLE):
                builder.sentence_line(start, head, "title")
                if head < end:
                    builder.paragraph(head, end)
                continue
        if start < content_start:
            continue
        row = bisect_right(rows, (start, len(text))) - 1
        if rows and row >= 0 and end <= rows[row][1]:
            builder.sentence_line(start, end, "body")
            continue
        inside = places[bisect_right(place_starts, start - 1) : bisect_right(place_starts, end - 1)]
        states = bisect_right(quantity_starts, end - 1) > bisect_right(quantity_starts, start - 1)
        style, head_end = _heading(line, inside, start, states, start < last_body, tails)
        if style is None:
            builder.paragraph(start, end)
        else:
            builder.heading(start, start + head_end, style)
            rest = start + head_end
            while rest < end and text[rest] in _SPACE + "：:。":
                rest += 1
            if rest < end:
                builder.paragraph(rest, end)
    return builder.build()


def _content_lines(text: str, boilerplate: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    left_out = 0
    for match in _LINE.finditer(text):
        start, end = match.span()
        while start < end and text[start] in _SPACE:
            start += 1
        while end > start and text[end - 1] in _SPACE:
            end -= 1
        while left_out < len(boilerplate) and boilerplate[left_out][1] <= start:
            left_out += 1
        low, high = boilerplate[left_out] if left_out < len(boilerplate) else (end, end)
        if start < end and not (low <= start and end <= high):
            yield start, end


def _same_title(line: str, title: str) -> bool:
    def squeeze(value: str) -> str:
        return str(regex.sub(r"[\W_]+", "", value))

    a, b = squeeze(line), squeeze(title)
    return bool(a) and (a == b or a in b or b in a)


def _title_end(line: str, title: str) -> int:
    """Where the title ends in the line that holds it: some pages run it into the first paragraph."""
    if len(line) <= len(title) + MAX_HEADING:
        return len(line)
    at = line.find(title)
    return at + len(title) if 0 <= at <= MAX_RUN_IN else len(line)


def _heading(
    line: str, places: Sequence[Place], offset: int, states: bool, body_follows: bool, tails: Collection[str]
) -> tuple[str | None, int]:
    """The style of the heading that a line is or opens with, and the heading's length; (None, 0) for plain text."""
    bracketed = _BRACKETED.match(line)
    if bracketed and _is_place_head(bracketed["head"], places, offset + bracketed.start("head"), tails):
        return "place", bracketed.end()
    lead, style = 0, "line"
    for name, pattern in _NUMBERING:
        match = pattern.match(line)
        if match:
            lead, style = match.end(), name
            break
    else:
        bullet = _BULLET.match(line)
        if bullet:
            lead, style = bullet.end(), "bullet"
    body = line[lead:].strip(_SPACE)
    if not body:
        return None, 0
    is_place = _is_place_head(body, places, offset + line.find(body), tails)
    short = len(line) <= MAX_HEADING and not _END.search(line.rstrip("：:")) and "。" not in line
    if short and body_follows and not states and (style != "bullet" or is_place):
        return ("place" if style in {"line", "bullet"} and is_place else style), len(line)
    run_in = _RUN_IN.match(line, lead)
    if run_in:
        head = line[lead : run_in.start("end")]
        if style in {"line", "bullet"}:
            if run_in["end"] in "：:" and _is_place_head(head, places, offset + lead, tails):
                return "place", run_in.start("end")
        elif run_in["end"] in "：:" or not regex.search(r"\d", head):
            return style, run_in.start("end")
    return None, 0


def _is_place_head(head: str, places: Sequence[Place], offset: int, tails: Collection[str]) -> bool:
    """True where a head is a place name, alone or followed by a slogan after a space, dash or colon."""
    head = head.strip(_SPACE + "：:")
    for place in places:
        if place.start == offset and place.form in {"name", "zone"} and place.place is not None:
            rest = head[place.end - place.start :]
            return not rest or rest[0] in _SPACE + "：:—-·|｜" or rest in tails
    return False


class _Builder:
    """Collects sections and sentences in text order."""

    def __init__(self, text: str, quantities: Sequence[Quantity]) -> None:
        self._text = text
        self._quantities = quantities
        self._sections: list[list[int | str | None]] = [[0, 0, 0, len(text), None, "top"]]
        self._open: list[tuple[str, int]] = []
        self._sentences: list[Sentence] = []
        self._paragraphs = 0

    @property
    def _current(self) -> int:
        return self._open[-1][1] if self._open else 0

    def heading(self, start: int, end: int, style: str) -> None:
        styles = [name for name, _ in self._open]
        if style in styles:
            self._close(styles.index(style), start)
        elif style == "place":
            # A place outranks an unnumbered line: 编者按 or 各地经验 before the first city does not enclose the cities.
            while self._open and self._open[-1][0] == "line":
                self._close(len(self._open) - 1, start)
        parent = self._open[-1][1] if self._open else None
        self._open.append((style, len(self._sections)))
        self._sections.append([start, end, start, len(self._text), parent, style])
        self.sentence_line(start, end, "heading")

    def _close(self, depth: int, at: int) -> None:
        for _, index in self._open[depth:]:
            self._sections[index][3] = at
        del self._open[depth:]

    def sentence_line(self, start: int, end: int, role: str) -> None:
        self._sentence(start, end, role)
        self._paragraphs += 1

    def paragraph(self, start: int, end: int) -> None:
        for low, high in sentences(self._text, start, end):
            while low < high and self._text[low] in _SPACE:
                low += 1
            if low < high:
                self._sentence(low, high, "body")
        self._paragraphs += 1

    def _sentence(self, start: int, end: int, role: str) -> None:
        for low, high in pieces(self._text, start, end, self._quantities):
            self._sentences.append(Sentence(low, high, self._paragraphs, self._current, role))  # type: ignore[arg-type]

    def build(self) -> Outline:
        return Outline(tuple(Section(*fields) for fields in self._sections), tuple(self._sentences))  # type: ignore[arg-type]
