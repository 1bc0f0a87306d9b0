"""Title, dates, source and credits out of a text's own lines, and what of the text is no content.

The text itself is never changed: the spans say what later stages leave out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gongbao.read.boilerplate import credit_at_end, is_boilerplate, is_footer, links_from
from gongbao.read.datelines import Dateline, find_dateline
from gongbao.read.dates import complete, find_dates
from gongbao.read.labels import TITLES, Field, Line, Value, continuation, delivered, fold, is_prose, metadata_of
from gongbao.rulebook.cues import reading_cues

HEAD, TAIL = 40, 40
"""Lines at the top and at the end in which metadata is looked for."""
BELOW_TITLE = 3
"""Lines below the title in which a name beside a date is taken for the source."""
PASSED = 6
"""Title, subtitles, speaker: lines at the top that may stand between metadata lines."""
SCANNED = 200
"""Longer lines are paragraphs: neither metadata nor boilerplate."""

SHORT = 60
"""Lines between this and `SCANNED` are metadata or boilerplate only if they hold one of these marks."""
_MARKS = frozenset(":：©|丨>》]】/")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a text says of itself.

    `fields` holds the rest by name (author, editor, modified, agency, dateline_place, dateline_date, ...) or, for
    other labels, by the label in simplified characters. `content_start` is where the metadata lines at the top end;
    `boilerplate` are the spans further down that belong to the page.
    """

    title: str | None = None
    pub_date: date | None = None
    source: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    content_start: int = 0
    boilerplate: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _TextLine:
    start: int
    end: int
    raw: str
    line: Line


def find_metadata(text: str, *, pub_date: date | None = None) -> Metadata:
    """Find the metadata lines, the dateline and the page boilerplate of a text.

    Args:
        text: The article as read; lines end in a line feed.
        pub_date: The publication date where it is known already; it completes a dateline without a year.

    Returns:
        What was found; spans in code points of `text`.

    """
    lines = _lines(text)
    values, title, content = _head(lines)
    bottom, credits, signed = _tail(lines, content)
    values += credits
    spans = bottom + [
        (entry.start, entry.end) for entry in lines if len(entry.raw) <= SCANNED and is_boilerplate(entry.line)
    ]
    dateline = next(
        (found for entry in lines[content : content + 4] if (found := find_dateline(entry.raw)) is not None), None
    )
    published = _published(values, lines[:HEAD], dateline, signed)
    return Metadata(
        title=title,
        pub_date=published,
        source=_first(values, "source") or _agency(dateline),
        fields=_fields(values, dateline, pub_date or published),
        content_start=lines[content].start if 0 < content < len(lines) else (len(text) if content else 0),
        boilerplate=_merge(spans),
    )


def _lines(text: str) -> list[_TextLine]:
    """The lines that are not blank."""
    lines = []
    start = 0
    for raw in text.split("\n"):
        if raw and not raw.isspace():
            plain = len(raw) > SCANNED or (len(raw) > SHORT and _MARKS.isdisjoint(raw))
            lines.append(_TextLine(start, start + len(raw), raw, Line(raw, raw) if plain else fold(raw)))
        start += len(raw) + 1
    return lines


def _head(lines: Sequence[_TextLine]) -> tuple[list[Value], str | None, int]:
    """The values of the metadata lines at the top, the title, and the index of the first line of content."""
    values: list[Value] = []
    title: str | None = None
    content = passed = 0
    open_field: Field | None = None
    for index, entry in enumerate(lines[:HEAD]):
        line = entry.line
        if open_field is not None:
            value = continuation(line, open_field)
            if value is not None:
                values.append(value)
                content = index + 1
                # 【字体： / 小 / 中 / 大 stand on a line each
                open_field = "page" if open_field == "page" else None
                continue
            open_field = None
        found = metadata_of(line, below_title=title is not None and index <= BELOW_TITLE)
        if found is not None:
            values += found
            content = index + 1
            open_field = found[-1].field if not found[-1].text and found[-1].field != "abstract" else None
        elif is_boilerplate(line):
            content = index + 1
        elif title is None and index + 1 < len(lines) and _is_title(line):
            title, passed = _title(entry.raw), passed + 1
        elif passed >= PASSED or _is_content(entry):
            break
        else:
            passed += 1
    title = next((value.text for value in values if value.field == "title"), title)
    return values, title or _first(values, *TITLES), content


def _is_content(entry: _TextLine) -> bool:
    folded = entry.line.folded
    numbered = reading_cues()["numbered"].match(folded)
    return bool(numbered) or is_prose(folded) or find_dateline(entry.raw) is not None


def _is_title(line: Line) -> bool:
    folded, cues = line.folded, reading_cues()
    if not 2 <= len(folded) <= 80 or folded.endswith(("。", "；", ";", ":", "，", ",", "、")):
        return False
    if cues["numbered"].match(folded) or cues["reporter"].match(folded) or find_dateline(folded) is not None:
        return False
    return len(re.findall("[。；]", folded)) == 0


def _title(raw: str) -> str:
    return re.sub(r"^#{1,6}\s+|\s+#*$", "", raw.strip()).strip()


def _tail(lines: Sequence[_TextLine], content: int) -> tuple[list[Span], list[Value], date | None]:
    """Footers, link lists and credits at the end: their spans, the credits' values, and the date of a signature."""
    spans: list[Span] = []
    values: list[Value] = []
    signed: date | None = None
    end = max(content, links_from([entry.line for entry in lines]))
    spans += [(entry.start, entry.end) for entry in lines[end:]]
    for entry in reversed(lines[max(content, end - TAIL) : end]):
        found = metadata_of(entry.line)
        if found is not None and any(value.field in ("editor", "source", "author", "views", "page") for value in found):
            # 记者 and 来源 in front of a sentence are no credit: metadata_of has seen to that
            values += [value for value in found if value.field in ("editor", "source", "author", "modified")]
            spans.append((entry.start, entry.end))
            continue
        if is_footer(entry.line):
            spans.append((entry.start, entry.end))
            continue
        inline = credit_at_end(entry.raw)
        if inline is not None:
            values += metadata_of(fold(entry.raw[slice(*inline)])) or []
            spans.append((entry.start + inline[0], entry.start + inline[1]))
        if len(entry.line.folded) <= 40 and not is_prose(entry.line.folded):
            dates = find_dates(entry.line.folded)
            if signed is None and len(dates) == 1 and dates[0].end == len(entry.line.folded):
                signed = dates[0].day
            continue
        break
    return spans, values, signed


def _published(
    values: Sequence[Value], head: Sequence[_TextLine], dateline: Dateline | None, signed: date | None
) -> date | None:
    """The publication date: as labelled, else of a bare date line, the last change, the dateline, the speech, the
    title (（2025年1月19日）), the signature.
    """
    for labelled in (True, False):
        for value in values:
            if value.field == "published" and value.day is not None and bool(value.label) == labelled:
                return value.day
    for value in values:
        if value.field == "modified" and value.day is not None:
            return value.day
    if dateline is not None and dateline.year and dateline.month and dateline.day:
        try:
            return date(dateline.year, dateline.month, dateline.day)
        except ValueError:
            pass
    for entry in head[:6]:
        spoken = delivered(entry.line)
        if spoken is not None:
            return spoken
    if head:
        bracketed = re.search(r"\(([^()]{6,40})\)$", head[0].line.folded)
        dates = find_dates(bracketed[1]) if bracketed else []
        if len(dates) == 1 and not dates[0].bare_roc:
            return dates[0].day
    return signed


def _fields(values: Sequence[Value], dateline: Dateline | None, published: date | None) -> dict[str, str]:
    fields: dict[str, str] = {}
    for value in values:
        name = value.label if value.field == "other" else value.field
        if name and value.text and value.field not in ("title", "source", "abstract", "page"):
            fields.setdefault(name, value.text)
    if dateline is None:
        return fields
    if dateline.agency:
        fields["agency"] = dateline.agency
    if dateline.place:
        fields["dateline_place"] = dateline.place
    day = _dateline_day(dateline, published)
    if day is not None:
        fields["dateline_date"] = day
    return fields


def _dateline_day(dateline: Dateline, published: date | None) -> str | None:
    """The dateline's day as YYYY-MM-DD; as --MM-DD where nothing tells the year."""
    if dateline.day is None:
        return None
    if dateline.year and dateline.month:
        return f"{dateline.year:04}-{dateline.month:02}-{dateline.day:02}"
    if published is not None:
        day = complete(dateline.month, dateline.day, published)
        return day.isoformat() if day else None
    return f"--{dateline.month:02}-{dateline.day:02}" if dateline.month else None


def _agency(dateline: Dateline | None) -> str | None:
    """The agency of a dateline as the source; 本报 and the like name nobody."""
    if dateline is None or dateline.agency is None or dateline.agency.startswith("本"):
        return None
    return dateline.agency


def _first(values: Sequence[Value], *wanted: Field) -> str | None:
    return next((value.text for value in values if value.field in wanted and value.text), None)


def _merge(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
