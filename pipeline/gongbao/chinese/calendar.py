"""Calendar arithmetic for time expressions: pure functions over years, windows of a year, and dates."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from gongbao.document import PeriodAnchor, PeriodRole

REPORT_MONTHS = 3
"""Until March bulletins report on the year that has ended: 过去五年 and 一年来 then end with last December."""


class Window(NamedTuple):
    """A part of a year. Months above 12 lie in the year after; a day past the month's end means its last day.

    `first_month` 0 stands for a day whose month is that of the expression before it (12日至*18日*).
    """

    first_month: int
    first_day: int
    last_month: int
    last_day: int


WHOLE_YEAR = Window(1, 1, 12, 31)


class Time(NamedTuple):
    """What an expression says, before it is tied to the words around it.

    Either `dates` (first and last day, None where open or unknown) or `years` (first and last) with an optional
    `window` of them; `years` is None where the year comes from the context, or from a publication date that is not
    known. `lead`: see `context_year`. `now` marks expressions of the present, which may end a range (2019年至今).
    """

    anchor: PeriodAnchor
    role: PeriodRole = "time"
    years: tuple[int, int] | None = None
    window: Window | None = None
    dates: tuple[date | None, date | None] | None = None
    lead: int = 7
    now: bool = False

    def bounds(self) -> tuple[date | None, date | None]:
        """First and last day."""
        if self.dates is not None:
            return self.dates
        if self.years is None:
            return None, None
        return year_dates(self.years, self.window or WHOLE_YEAR)


def year_dates(years: tuple[int, int], window: Window) -> tuple[date, date]:
    """First day of the window in the first year, last day of it in the last year."""
    first = clamped(years[0], window.first_month, window.first_day)
    last = clamped(years[1], window.last_month, window.last_day)
    return first, last


def clamped(year: int, month: int, day: int) -> date:
    """The date, months counted on over the year's end, a day past the month's end cut back to its last."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def shift_months(day: date, months: int) -> date:
    """The same day so many months later (negative: earlier), cut back to the month's end."""
    return clamped(day.year, day.month + months, day.day)


def context_year(window: Window, lead: int, published: date) -> int:
    """The year of a part of a year that is named alone (12月, 上半年, 年底), counted from the publication date.

    It is the year of publication, but the year before where the part would then end `lead` months or more after the
    month of publication: 12月 read in January is last December, 上半年 read in January the half-year that has ended.
    """
    return published.year - (window.last_month - published.month >= lead)


def full_year(written: int, published: date | None) -> int:
    """The year that two digits stand for: the last one that is not more than 20 years after publication."""
    if published is None:
        return written + (2000 if written < 50 else 1900)
    return written + (2000 if 2000 + written <= published.year + 20 else 1900)


def five_year_plan(number: int) -> tuple[int, int]:
    """First and last year of a five-year plan: 一五 is 1953-1957, 三五 1966-1970, 十四五 2021-2025."""
    if number <= 2:
        return 1948 + 5 * number, 1952 + 5 * number
    return 1951 + 5 * number, 1955 + 5 * number


def quarter_window(first: int, last: int, edge: str | None = None) -> Window:
    """The months of quarters `first` to `last`, or only the first or last of them."""
    months = 3 * first - 2, 3 * last
    if edge == "初":
        months = months[0], months[0]
    elif edge:
        months = months[1], months[1]
    return Window(months[0], 1, months[1], 31)


_MONTH_EDGES = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31), "底": (21, 31), "末": (21, 31)}


def month_window(first: int, last: int, edge: str | None = None) -> Window:
    """Whole months, or of the last of them its beginning, middle or end."""
    if not edge:
        return Window(first, 1, last, 31)
    days = _MONTH_EDGES[edge]
    return Window(last, days[0], last, days[1])


_DECADE_EDGES = {"初": (0, 2), "前": (0, 2), "中后": (3, 9), "中": (3, 6), "末": (7, 9), "后": (7, 9)}


def decade_years(first: int, edge: str | None) -> tuple[int, int]:
    """Years of the decade that begins with `first`, or of its beginning (初 0-2), middle (3-6) or end (末 7-9)."""
    low, high = next((years for key, years in _DECADE_EDGES.items() if (edge or "").startswith(key)), (0, 9))
    return first + low, first + high


def report_end(published: date) -> date:
    """Where a span that runs up to the present ends: last December for a report of the first months of a year."""
    return date(published.year - 1, 12, 31) if published.month <= REPORT_MONTHS else published


def week_of(day: date, weeks: int) -> tuple[date, date]:
    """Monday and Sunday of the week so many weeks later."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=weeks)
    return monday, monday + timedelta(days=6)


def last_such_day(day: int, published: date) -> date | None:
    """The last date up to the publication that falls on this day of a month."""
    for back in range(3):
        month = shift_months(published.replace(day=1), -back)
        if day <= monthrange(month.year, month.month)[1] and month.replace(day=day) <= published:
            return month.replace(day=day)
    return None
