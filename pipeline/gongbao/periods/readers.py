"""From the named groups of a matched period rule to the `Time` that it states.

A rule names its reader in `gives: {read: …}`. A group that has a table of its own name under `gives`
(`word: {去: -1, 今: 0}`) stands for the value of its text there. Readers and the groups they read:

    years            y (year), y2 (last year) or next (the year after); gives: era, window, consecutive
    relative_year    word -> years from publication, one or [first, last]; gives: anchor
    plan, decade     n edge word part count; century decade edge
    months, days     m m2 edge; m d d2
    first_months     n, or first (首月)
    quarters         q q2 edge, or count (前三季度), or first (首季)
    window           word -> [first, last] as MM-DD, months above 12 in the year after
    same             none: 同期, 当月
    date, year_month y m d
    now, none        none
    shift_days, shift_weeks   word -> days or weeks from publication
    shift_months     word -> steps, unit -> months in a step; d or edge
    span_back, span_ahead, ago   n half, unit -> months; ago: gives sign, anchor
    years_before     n;  next_months: word n;  day_alone: d
    season_word      shift -> years, word -> window;  event: event -> date
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from gongbao.chinese.calendar import (
    Time,
    Window,
    clamped,
    context_year,
    decade_years,
    five_year_plan,
    full_year,
    last_such_day,
    month_window,
    quarter_window,
    report_end,
    shift_months,
    week_of,
)
from gongbao.chinese.numbers import parse_number
from gongbao.errors import RuleError
from gongbao.rulebook.gives import PieceGives, TimeReader
from gongbao.rulebook.load import Rule


class Groups:
    """The named groups of one match, with the tables of its rule."""

    __slots__ = ("_groups", "gives", "rule")

    def __init__(self, groups: Mapping[str, str | None], rule: Rule) -> None:
        self._groups = groups
        self.rule = rule
        self.gives: PieceGives = rule.gives

    def text(self, name: str) -> str | None:
        """The text of a group, None if the rule has no such group or it took no part."""
        return self._groups.get(name)

    def number(self, name: str) -> int | None:
        """The number of a group, None if it took no part or is none."""
        written = self._groups.get(name)
        if not written:
            return None
        if written.isdecimal():
            return int(written)
        value = parse_number("1" if written == "元" else written)
        return int(value) if value is not None else None

    def value(self, name: str) -> Any:
        """What the rule's table of that name holds for the group's text."""
        written = self._groups.get(name)
        table = getattr(self.gives, name)
        if table is None or (written is not None and written not in table):
            raise RuleError(
                f"rule {self.rule.id} gives no {name} for {written!r}",
                where=self.rule.where,
                fix=f"Add it under gives: {name}:",
                code="rules.gives",
            )
        return table[written] if written is not None else None


Reader = Callable[[Groups, "date | None"], "Time | None"]


def read_time(rule: Rule, groups: Mapping[str, str | None], published: date | None) -> Time | None:
    """What a match of a rule says; None where its numbers are no date (13月, 2月30日 of a written year).

    Raises:
        RuleError: a table of the rule has a hole.

    """
    gives: PieceGives = rule.gives
    try:
        return READERS[gives.read](Groups(groups, rule), published)
    except (ValueError, OverflowError):  # no such date: 2月30日, year 10000
        return None


_LONGEST = (31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month; of a month not named, 0."""


def _window(pair: tuple[str, str]) -> Window:
    first, last = pair
    return Window(int(first[:2]), int(first[3:]), int(last[:2]), int(last[3:]))


def _years(groups: Groups, published: date | None) -> Time | None:
    """Written years. `era` is added (民国: 1911); `next` must be the year after `y` and only names its end."""
    gives = groups.gives
    first, last, following = groups.number("y"), groups.number("y2"), groups.number("next")
    if first is None:
        return None
    era = gives.era
    if era:
        first, last = first + era, last + era if last is not None else None
    elif first < 100:
        first = full_year(first, published)
    window = _window(gives.window) if gives.window else None
    if following is not None and following % 100 != (first + 1) % 100:
        if gives.consecutive:
            return None
        first, last, window = first, following, None
    if last is None:
        last = first
    elif last < 100:
        last += first - first % 100
    return Time("absolute", years=(first, last), window=window) if 1800 <= first <= last < 2200 else None


def _relative_year(groups: Groups, published: date | None) -> Time | None:
    anchor = groups.gives.anchor or "published"
    if published is None:
        return Time(anchor)
    shift = groups.value("word")
    first, last = (shift, shift) if isinstance(shift, int) else shift
    return Time(anchor, years=(published.year + first, published.year + last))


def _plan(groups: Groups, published: date | None) -> Time | None:
    number = groups.number("n")
    if number is None or not 1 <= number <= 20:
        return None
    years = five_year_plan(number)
    mark = (groups.text("edge") or "") + (groups.text("word") or "")
    if mark.startswith(("初", "开局")):
        years = years[0], years[0]
    elif mark:
        years = years[1], years[1]
    part, count = groups.text("part"), groups.number("count")
    if part and count:
        years = (years[1] - count + 1, years[1]) if part == "后" else (years[0], years[0] + count - 1)
    return Time("absolute", years=years)


def _decade(groups: Groups, published: date | None) -> Time | None:
    decade = groups.number("decade")
    if decade is None:
        return None
    century = groups.text("century")
    if decade < 100:
        if not century:
            decade = full_year(decade, published)
        else:
            number = parse_number(century)
            hundreds = 2000 if century == "本" else 1900 if number is None else 100 * (int(number) - 1)
            decade += hundreds
    return Time("absolute", years=decade_years(decade, groups.text("edge")))


def _months(groups: Groups, published: date | None) -> Time | None:
    first, last = groups.number("m"), groups.number("m2")
    if first is None or not 1 <= first <= 12 or not 1 <= (last or first) <= 12:
        return None
    if last is None:
        return Time("context", window=month_window(first, first, groups.text("edge")))
    lead = 2 if first == 1 else 7
    last += 12 * (last < first)
    return Time("context", window=month_window(first, last), lead=lead)


def _days(groups: Groups, published: date | None) -> Time | None:
    month, day, last = groups.number("m") or 0, groups.number("d"), groups.number("d2")
    if day is None or not 0 <= month <= 12 or not 1 <= day <= (last or day) <= _LONGEST[month]:
        return None
    return Time("context", window=Window(month, day, month, last or day))


def _first_months(groups: Groups, published: date | None) -> Time | None:
    last = 1 if groups.text("first") else groups.number("n")
    if last is None or not 1 <= last <= 12:
        return None
    return Time("context", window=month_window(1, last), lead=groups.gives.lead)


def _quarters(groups: Groups, published: date | None) -> Time | None:
    """One quarter, 一至三季度, or with `count` the first ones: 前三季度."""
    count = groups.number("count")
    first = 1 if count or groups.text("first") else groups.number("q")
    last = count or groups.number("q2") or first
    if first is None or last is None or not 1 <= first <= last <= 4:
        return None
    return Time("context", window=quarter_window(first, last, groups.text("edge")), lead=groups.gives.lead)


def _window_word(groups: Groups, published: date | None) -> Time | None:
    return Time("context", window=_window(groups.value("word")), lead=groups.gives.lead)


def _same(groups: Groups, published: date | None) -> Time | None:
    """同期, 当月: the part of the year that the text before it names; its own dates are not known."""
    return Time("context", years=(published.year, published.year) if published else None, dates=(None, None))


def _date(groups: Groups, published: date | None) -> Time | None:
    year, month, day = groups.number("y"), groups.number("m"), groups.number("d")
    when = date(year or 0, month or 0, day or 0)
    return Time("absolute", dates=(when, when))


def _year_month(groups: Groups, published: date | None) -> Time | None:
    year, month = groups.number("y"), groups.number("m")
    if year is None or month is None:
        return None
    return Time("absolute", years=(year, year), window=month_window(month, month))


def _now(groups: Groups, published: date | None) -> Time | None:
    return Time("published", role="vague", dates=(None, published), now=True)


def _shift_days(groups: Groups, published: date | None) -> Time | None:
    if published is None:
        return Time("published", dates=(None, None))
    month, day = groups.number("m"), groups.number("d")
    when = published + timedelta(days=groups.value("word"))
    if month and day:
        when = date(context_year(Window(month, day, month, day), 7, published), month, day)
    return Time("published", dates=(when, when), now=when == published)


def _day_alone(groups: Groups, published: date | None) -> Time | None:
    day = groups.number("d")
    when = last_such_day(day, published) if day and published else None
    return Time("published", dates=(when, when))


def _shift_months(groups: Groups, published: date | None) -> Time | None:
    if published is None:
        return Time("published")
    step = groups.value("unit")
    base = published.month if step == 1 else published.month - (published.month - 1) % 3
    first = base + step * groups.value("word")
    day, edge = groups.number("d"), groups.text("edge")
    if day:
        window = Window(first, day, first, day)
    elif step == 1:
        window = month_window(first, first, edge)
    else:
        window = Window(first + (2 if edge in ("末", "底") else 0), 1, first + (0 if edge == "初" else 2), 31)
    return Time("published", years=(published.year, published.year), window=window)


def _shift_weeks(groups: Groups, published: date | None) -> Time | None:
    if published is None:
        return Time("published", dates=(None, None))
    return Time("published", dates=week_of(published, groups.value("word")))


def _length(groups: Groups) -> int | None:
    """Months in 三年半, 18个月, 三个季度."""
    count = groups.number("n")
    if count is None or not 0 < count <= 200:
        return None
    unit = int(groups.value("unit"))
    return count * unit + (unit // 2 if groups.text("half") else 0)


def _span_back(groups: Groups, published: date | None) -> Time | None:
    months = _length(groups)
    if months is None:
        return None
    if published is None:
        return Time("published", role="since", dates=(None, None))
    end = report_end(published) if groups.text("unit") == "年" else published
    first = shift_months(end, -months)
    if end != published:
        first = date(first.year + 1, 1, 1) if first.month == 12 else first
    return Time("published", role="since", dates=(first, end))


def _span_ahead(groups: Groups, published: date | None) -> Time | None:
    months = _length(groups)
    if months is None:
        return None
    return Time("published", dates=(published, shift_months(published, months)) if published else (None, None))


def _ago(groups: Groups, published: date | None) -> Time | None:
    months, gives = _length(groups), groups.gives
    if months is None:
        return None
    anchor = gives.anchor or "published"
    if published is None:
        return Time(anchor, dates=(None, None))
    when = shift_months(published, gives.sign * months)
    if groups.text("unit") == "年" and not groups.text("half"):
        return Time(anchor, years=(when.year, when.year))
    return Time(anchor, years=(when.year, when.year), window=month_window(when.month, when.month))


def _years_before(groups: Groups, published: date | None) -> Time | None:
    count = 2 if groups.text("n") == "几" else groups.number("n")
    if not count:
        return None
    return Time("published", years=(published.year - count, published.year - 1) if published else None)


def _next_months(groups: Groups, published: date | None) -> Time | None:
    count = groups.number("n")
    if not count or count > 60:
        return None
    if published is None:
        return Time("published")
    months = (1, count) if groups.value("word") > 0 else (-count, -1)
    first, last = (shift_months(published.replace(day=1), step) for step in months)
    return Time("published", dates=(first, clamped(last.year, last.month, 31)))


def _season_word(groups: Groups, published: date | None) -> Time | None:
    year = published.year + groups.value("shift") if published else None
    return Time("published", years=(year, year) if year else None, window=_window(groups.value("word")))


def _event(groups: Groups, published: date | None) -> Time | None:
    when = date.fromisoformat(groups.value("event"))
    if groups.gives.role == "since":
        return Time("absolute", role="since", dates=(when, published if published and published >= when else None))
    return Time("absolute", years=(when.year, when.year))


def _none(groups: Groups, published: date | None) -> Time | None:
    return Time("context", role=groups.gives.role or "time", dates=(None, None))


READERS: Mapping[TimeReader, Reader] = {
    "years": _years,
    "relative_year": _relative_year,
    "plan": _plan,
    "decade": _decade,
    "months": _months,
    "days": _days,
    "first_months": _first_months,
    "quarters": _quarters,
    "window": _window_word,
    "same": _same,
    "date": _date,
    "year_month": _year_month,
    "now": _now,
    "shift_days": _shift_days,
    "day_alone": _day_alone,
    "shift_months": _shift_months,
    "shift_weeks": _shift_weeks,
    "span_back": _span_back,
    "span_ahead": _span_ahead,
    "ago": _ago,
    "years_before": _years_before,
    "next_months": _next_months,
    "season_word": _season_word,
    "event": _event,
    "none": _none,
}
"""Readers that a rule may name."""
