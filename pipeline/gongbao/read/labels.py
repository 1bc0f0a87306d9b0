"""Metadata lines: 来源：… 发布时间：… 责编：…, in both scripts, with glosses, spaces and page decoration in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, cast

from gongbao.chinese.clauses import STATEMENT_ENDS
from gongbao.chinese.script import lexicon
from gongbao.read.dates import find_dates, parse_date
from gongbao.rulebook.cues import reading_cues

Field = Literal[
    "title", "original_title", "author", "source", "published", "modified", "editor", "abstract", "views", "page",
    "other",
]  # fmt: skip
TITLES: tuple[Field, ...] = ("title", "original_title")

_GLOSS = re.compile(r"(?<=[\u3400-\u9fff])[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿɡ ]{1,7}[)）] ?")
_BULLET = re.compile(r"(?:[-*•·●■◆◇□>#|—_~=▪►▶]+\s*|[\[【(]\s*(?=[\u4e00-\u9fff ]{1,8}[:\]】]))+")

_SENTENCE = re.compile(rf"[{STATEMENT_ENDS}]|[，,].*[，,]")
_NAME = re.compile(r"[《“]?[\u4e00-\u9fff·]{2,14}[》”]?")
_EDGES = "\"' -—–_|丨/\\·,;>【[("

MAX_LINE = 200
"""Longer lines are prose, never metadata."""


@cache
def _folding() -> dict[int, str]:
    """Characters as they are compared: simplified where labels need it, half-width."""
    simplified = {pair[0]: pair[1] for pair in lexicon("label_characters")}
    half_width = {chr(0xFF01 + offset): chr(0x21 + offset) for offset in range(94)}
    marks = {"\u3000": " ", "\xa0": " ", "\t": " ", "∶": ":", "︰": ":", "〔": "[", "〕": "]"}
    return str.maketrans(simplified | half_width | marks)


@cache
def _labels() -> tuple[dict[str, Field], re.Pattern[str]]:
    """The field of each label, and the pattern that finds them all (作 者： with a blank too)."""
    fields = {label: cast(Field, field) for label, field in map(str.split, lexicon("metadata_labels"))}
    alternatives = "|".join(r"\s?\s?".join(label) for label in sorted(fields, key=lambda label: (-len(label), label)))
    before = r"(?:^|(?<=[\s|/\[【(（,;·】\]）)>丨\d]))"
    return fields, re.compile(rf"{before}(?P<label>{alternatives})\s*(?::|[】\]]\s*:?)\s*")


@dataclass(frozen=True, slots=True)
class Value:
    """One labelled value of a metadata line; `text` is empty where the value stands on the next line."""

    field: Field
    label: str
    text: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line as labels are compared in (`folded`: half-width, simplified where labels need it, no bullets).

    `text` is the same line as found, without glosses, character for character beside `folded`.
    """

    folded: str
    text: str


def fold(line: str) -> Line:
    """Prepare one line for comparison."""
    text = _GLOSS.sub("", line) if "(" in line or "（" in line else line
    folded = text.translate(_folding())
    start = len(folded) - len(folded.lstrip())
    bullet = _BULLET.match(folded, start)
    start = bullet.end() if bullet else start
    end = len(folded.rstrip())
    start = min(start, end)
    return Line(folded[start:end], text[start:end])


def is_prose(folded: str) -> bool:
    """Whether a line is a sentence of the article rather than a title, a name or a label."""
    return len(folded) > 60 or _SENTENCE.search(folded) is not None or folded.endswith((":", "："))


def metadata_of(line: Line, *, below_title: bool = False) -> list[Value] | None:
    """The labelled values and dates of a line, or None if it is no metadata line.

    Args:
        line: The line.
        below_title: Whether it stands right below the title, where any short name beside a date is the source.

    """
    folded = line.folded
    if not folded or len(folded) > MAX_LINE:
        return None
    fields, pattern = _labels()
    matches = list(pattern.finditer(folded)) if any(mark in folded for mark in ":]】") else []
    if not matches:
        return _unlabelled(line, below_title=below_title)
    values = _before_labels(line, matches[0].start())
    if values is None:
        return None
    for match, after in zip(matches, [*matches[1:], None], strict=True):
        label = re.sub(r"\s", "", match["label"])
        found = _labelled(line, fields[label], label, match.end(), after.start() if after else len(folded))
        if found is None:
            return None
        values += found
    return values


def continuation(line: Line, field: Field) -> Value | None:
    """The value that a line gives to the label without a value on the line before, or None if it gives none."""
    start, end = _trim(line.folded, 0, len(line.folded))
    text = line.folded[start:end]
    if not text or len(text) > 60 or _labels()[1].search(line.folded):
        return None
    if field in ("published", "modified"):
        day, rest = _dated(text)
        return Value(field, "", line.text[start:end], day) if day is not None and rest is None else None
    cues = reading_cues()
    if field == "views":
        fits = cues["views"].fullmatch(text) is not None
    elif field == "page":
        fits = cues["sizes"].fullmatch(text) is not None
    else:
        named = field in ("author", "source", "editor") and not is_prose(text)
        fits = named and not cues["numbered"].match(text)
    return Value(field, "", line.text[start:end]) if fits else None


def delivered(line: Line) -> date | None:
    """The date of a subtitle such as ——2026年1月27日在…会议上."""
    match = reading_cues()["delivered"].match(line.folded)
    return parse_date(match["date"]) if match else None


def _labelled(line: Line, field: Field, label: str, start: int, end: int) -> list[Value] | None:
    """What stands between one label and the next; None if the whole line is a sentence after all."""
    start, end = _trim(line.folded, start, end)
    text = line.folded[start:end]
    if field in ("published", "modified"):
        day, rest = _dated(text)
        if text and day is None:
            return None  # 时间：全天, 时间：3月1日至5日: the article speaks of an event
        source = [] if not rest else [Value("source", "", line.text[start + rest[0] : start + rest[1]])]
        return [*source, Value(field, label, line.text[start:end], day)]
    if field == "abstract" and text:
        return None
    if field not in (*TITLES, "other") and len(text) > 60:
        return None
    if field not in (*TITLES, "other", "page") and _SENTENCE.search(text):
        return None
    if field == "source":
        return _source_and_date(line, label, start, end)
    return [Value(field, label, line.text[start:end])]


def _source_and_date(line: Line, label: str, start: int, end: int) -> list[Value]:
    """来源：某某报 2021-01-09: a date without a label of its own stands behind the source."""
    dates = find_dates(line.folded[start:end])
    if len(dates) != 1 or dates[0].bare_roc:
        return [Value("source", label, line.text[start:end])]
    found = dates[0]
    values = [Value("published", "", line.text[start + found.start : start + found.end].strip(), found.day)]
    for low, high in (_trim(line.folded, start, start + found.start), _trim(line.folded, start + found.end, end)):
        if low < high:
            values.insert(0, Value("source", label, line.text[low:high]))
    return values


def _before_labels(line: Line, end: int) -> list[Value] | None:
    """What stands before the first label of a line: nothing, a date, a date and a source; else it is no such line."""
    start, end = _trim(line.folded, 0, end)
    if start == end:
        return []
    text = line.folded[start:end]
    if len(text) > 60 or _SENTENCE.search(text):
        return None
    found = _unlabelled(Line(text, line.text[start:end]))
    if found is None and len(text) <= 16 and reading_cues()["source_word"].search(text):
        return [Value("source", "", line.text[start:end])]
    return found


def _unlabelled(line: Line, *, below_title: bool = False) -> list[Value] | None:
    """Values of a line without labels: a date, a date and a source, 原标题 …, 本报记者 ….

    Only a line that is nothing else counts; a sentence that begins with a date is content.
    """
    folded = line.folded
    if len(folded) > 80:
        return None
    opening = reading_cues()["bare_label"].match(folded)
    if opening:
        label = opening.group().strip()
        field = _labels()[0][label]
        if field not in TITLES and is_prose(folded[opening.end() :]):
            return None
        return _labelled(line, field, label, opening.end(), len(folded))
    credit = reading_cues()["byline"].match(folded)
    if credit:
        return [Value("author", "", line.text[slice(*credit.span("name"))].strip())]
    if _SENTENCE.search(folded):
        return None
    dates = [found for found in find_dates(folded) if not found.bare_roc]
    if len(dates) != 1:
        return None
    found = dates[0]
    spans = [_trim(folded, 0, found.start), _trim(folded, found.end, len(folded))]
    names = [(start, end) for start, end in spans if start < end]
    if len(names) > 1:
        return None
    for start, end in names:
        if not (_is_source(folded[start:end]) or (below_title and _NAME.fullmatch(folded[start:end]))):
            return None
    values = [Value("published", "", line.text[found.start : found.end].strip(), found.day)]
    return values + [Value("source", "", line.text[start:end]) for start, end in names]


def _dated(text: str) -> tuple[date | None, tuple[int, int] | None]:
    """The date that a value begins with, and the span of a source's name behind it; a range of days gives none."""
    dates = find_dates(text)
    if len(dates) != 1 or dates[0].start > 0:
        return None, None
    start, end = _trim(text, dates[0].end, len(text))
    if start == end:
        return dates[0].day, None
    if _is_source(text[start:end]):
        return dates[0].day, (start, end)
    decoration = reading_cues()["decoration"].match(text, dates[0].end)  # 2021-01-09 11:36 (点击 25 次), [打印]
    return (dates[0].day if decoration else None), None


def _is_source(text: str) -> bool:
    return len(text) <= 20 and ":" not in text and reading_cues()["source_word"].search(text) is not None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks and separators at its ends; closing brackets go where none was opened inside."""
    while start < end and text[start] in _EDGES:
        start += 1
    edges = _EDGES if any(mark in text[start:end] for mark in "([【") else _EDGES + ")]】"
    while start < end and text[end - 1] in edges:
        end -= 1
    return start, end
