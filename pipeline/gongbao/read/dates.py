"""Dates as bulletins print them: 2021-01-09, 2021年1月9日, 二〇二一年一月九日, 民國110年1月9日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

EARLIEST, LATEST = 1900, 2100

_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0", "Ｏ": "0"}
_MONTH = r"\d{1,2}|[一二三四五六七八九十]{1,2}"
_OF_MONTH = r"\d{1,2}|[一二三四五六七八九十廿]{1,3}"
_CHINESE = "〇○零Ｏ一二三四五六七八九"
_WEEKDAY = r"(?:\s*[(（]?\s*(?:星期|周|週|礼拜|禮拜)?[一二三四五六日天]\s*[)）]|\s*(?:星期|周|週)[一二三四五六日天])?"
_CLOCK = r"""(?:[\sT]*(?:上午|下午|凌晨|晚上|AM|PM)?\s*\d{1,2}\s*
       (?:[:：]\s*\d{2}(?:\s*[:：]\s*\d{2}(?:\.\d{1,6})?)?|[时時点點]\s*(?:\d{1,2}\s*分)?)\s*(?:Z|[+-]\d{2}:?\d{2})?)?"""
_DATE = rf"""
    (?:(?P<roc>中華民國|中华民国|民國|民国)\s*(?P<roc_year>\d{{1,3}}|[{_CHINESE}十百]{{1,5}})\s*年\s*
       (?P<roc_month>{_MONTH})\s*月\s*(?P<roc_day>{_OF_MONTH})\s*[日号號]
     |(?<![\d.])(?P<year>\d{{4}}|[{_CHINESE}]{{4}})\s*年\s*
       (?P<month>{_MONTH})\s*月\s*(?P<day>{_OF_MONTH})\s*[日号號]
     |(?<![\d.-])(?P<iso_year>\d{{4}})\s*(?P<mark>[-/.])\s*(?P<iso_month>\d{{1,2}})\s*
       (?P=mark)\s*(?P<iso_day>\d{{1,2}})(?!\d)
     |(?<![\d.-])(?P<bare_year>1[0-4]\d)\s*(?:年\s*(?P<bare_month>\d{{1,2}})\s*月\s*(?P<bare_day>\d{{1,2}})\s*日
       |(?P<bare_mark>[-/.])(?P<bare_month2>\d{{1,2}})(?P=bare_mark)
        (?P<bare_day2>\d{{1,2}})(?![\d.]))
    )(?P<rest>{_WEEKDAY}{_CLOCK})"""
DATE = re.compile(_DATE.replace("[\\s", "[ \\t\\u3000\\xa0").replace("\\s", "[ \\t\\u3000\\xa0]"), re.VERBOSE)


_HINT = re.compile(r"[日号號]|\d\s?[-/.]\s?\d{1,2}\s?[-/.]")


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
    if _HINT.search(line) is None:
        return found
    for match in DATE.finditer(line):
        day = _day(match)
        if day is not None:
            found.append(FoundDate(day, match.start(), match.end(), match["bare_year"] is not None))
    return found


def parse_date(text: str) -> date | None:
    """The date that a text is, with or without a clock time; None if it is anything else."""
    stripped = text.strip()
    if len(stripped) > 60:
        return None
    match = DATE.match(stripped)
    if match is None or match.end() != len(stripped):
        return None
    return _day(match)


def as_date(value: object) -> date | None:
    """The date that a value says: a `date`, a `datetime` (also of pandas or NumPy) or a text; None if it is none."""
    if isinstance(value, str):
        return parse_date(value)
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


def _day(match: re.Match[str]) -> date | None:
    if match["roc"]:
        year = _number(match["roc_year"])
        return _valid(year + 1911, _number(match["roc_month"]), _number(match["roc_day"]))
    if match["year"]:
        return _valid(_year(match["year"]), _number(match["month"]), _number(match["day"]))
    if match["iso_year"]:
        return _valid(int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"]))
    month, day = match["bare_month"] or match["bare_month2"], match["bare_day"] or match["bare_day2"]
    return _valid(int(match["bare_year"]) + 1911, int(month), int(day))


def _year(written: str) -> int:
    return int("".join(_DIGITS.get(char, char) for char in written))


def _number(written: str) -> int:
    """Arabic digits, or Chinese numerals up to 199 (二十七, 廿七, 一百一十, 一一〇)."""
    if written.isdigit() and written.isascii():
        return int(written)
    if not any(char in "十百廿" for char in written):
        return _year(written)
    total = 0
    rest = written.replace("廿", "二十")
    if "百" in rest:
        head, rest = rest.split("百", 1)
        total += 100 * (_year(head) if head else 1)
    if "十" in rest:
        head, rest = rest.split("十", 1)
        head = head.lstrip("零〇○")
        total += 10 * (_year(head) if head else 1)
    rest = rest.strip("零〇○十百")
    return total + (_year(rest) if rest else 0)


def _valid(year: int, month: int, day: int) -> date | None:
    if not EARLIEST <= year <= LATEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
