"""Dates as bulletins print them: 2021-01-09, 2021年1月9日, 二〇二一年一月九日, 民國110年1月9日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gongbao.chinese.numbers import parse_number
from gongbao.rulebook.cues import reading_cues

EARLIEST, LATEST = 1900, 2100
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
"""A date of ISO 8601 without its dashes: what a field holds may be one, digits in a line are anything."""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a line: the day, and the span of the date with its weekday and clock time."""

    day: date
    start: int
    end: int
    bare_roc: bool = False
    """True for 110-03-05 without 民國: a date only where a label says so."""


def find_dates(line: str) -> list[FoundDate]:
    """All full dates (year, month, day) of one line, in order; impossible ones (30 February) are left out."""
    found: list[FoundDate] = []
    cues = reading_cues()
    if cues["date_hint"].search(line) is None:
        return found
    for match in cues["date"].finditer(line):
        day = _day(match)
        if day is not None:
            found.append(FoundDate(day, match.start(), match.end(), match["bare_year"] is not None))
    return found


def parse_date(text: str) -> date | None:
    """The date that a text is, with or without a clock time; None if it is anything else."""
    stripped = text.strip()
    if len(stripped) > 60:
        return None
    match = reading_cues()["date"].match(stripped)
    if match is None or match.end() != len(stripped):
        return None
    return _day(match)


def as_date(value: object) -> date | None:
    """The date that a value says: a `date`, a `datetime` (also of pandas or NumPy) or a text; None if it is none."""
    if isinstance(value, str):
        compact = _COMPACT.fullmatch(value.strip())
        return _valid(*map(int, compact.groups())) if compact else parse_date(value)
    if not isinstance(value, date) and type(value).__name__ == "datetime64":
        value = value.astype("datetime64[D]").tolist()  # type: ignore[attr-defined]
    if not isinstance(value, date) or value != value:  # NaT is a date that does not equal itself
        return None
    return value.date() if isinstance(value, datetime) else value


def complete(month: int | None, day: int, published: date) -> date | None:
    """The date before or on `published` (two days of grace) that a month and day, or a day alone, mean."""
    limit = published + timedelta(days=2)
    for back in range(14):
        serial = published.year * 12 + published.month - back
        year, index = divmod(serial, 12)  # from one month after publication backwards
        if month is not None and index + 1 != month:
            continue
        candidate = _valid(year, index + 1, day)
        if candidate is not None and candidate <= limit:
            return candidate
    return None


def _day(match: Any) -> date | None:
    if match["roc"]:
        year = _number(match["roc_year"])
        return _valid(year + 1911, _number(match["roc_month"]), _number(match["roc_day"]))
    if match["year"]:
        return _valid(_number(match["year"]), _number(match["month"]), _number(match["day"]))
    if match["iso_year"]:
        return _valid(int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"]))
    month, day = match["bare_month"] or match["bare_month2"], match["bare_day"] or match["bare_day2"]
    return _valid(int(match["bare_year"]) + 1911, int(month), int(day))


def _number(written: str) -> int:
    """Arabic digits, or Chinese numerals (二十七, 廿七, 一百一十, 一一〇), in which some write the letter O for 〇."""
    return int(parse_number(written.replace("Ｏ", "〇")) or 0)


def _valid(year: int, month: int, day: int) -> date | None:
    if not EARLIEST <= year <= LATEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
