"""Putting matched pieces together: a year and its part, ranges, lists, and the words around them.

A piece is what one rule matched. `compose` joins pieces that belong to one expression (2020年 + 前三季度;
2018年 至 2020年), `framed` reads the cues around it (自…以来, 截至…, 比…), `to_period` gives the result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from gongbao.chinese.calendar import WHOLE_YEAR, Time, Window, context_year
from gongbao.document import Period
from gongbao.rulebook.cues import Cue
from gongbao.rulebook.gives import FrameGives
from gongbao.rulebook.load import Rule
from gongbao.rulebook.match import Matcher

FRAME_OPEN, FRAME_CLOSE = "\ue000", "\ue001"
"""What stands around the expression while frame rules look at it: `{period}` in rules/periods/frames.yaml."""
FRAME_BEFORE, FRAME_AFTER = 8, 24
"""How many characters around an expression frame rules see, at most up to the next expression."""
_DIRECT = frozenset(["", " ", "\u00a0", "\u3000", "的"])
_MAX_GAP = 12
_LONGEST = 100
"""Characters of an expression at most: 2020年至2020年至… is none, and would stand in each record that it dates."""
_FROM, _TILL = frozenset("自从"), frozenset("至到迄")
_MILESTONE = re.compile(r"[^\W\d_]{1,12}")
"""What may stand between the ends of 自2015年*启动*至今."""


class Expression(NamedTuple):
    """A time expression in the making, at first what one rule matched.

    `kind` is the kind of its first piece's rule, `main` the rule that gives the year, `rules` all that took part.
    """

    start: int
    end: int
    kind: str
    time: Time
    main: Rule
    rules: tuple[str, ...]
    open_start: bool = False


def compose(text: str, pieces: Sequence[Expression], joints: Cue) -> list[Expression]:
    """Join the pieces that belong together; drop those that only mean something beside another (年*底*, 至*22日*)."""
    out: list[Expression] = []
    index = 0
    while index < len(pieces):
        current, index = _with_parts(text, pieces, index)
        if out and current.start - out[-1].end <= _MAX_GAP:
            ranged = _joined(text, out[-1], current, joints)
            if ranged:
                out[-1] = ranged
                continue
        if current.kind not in ("tail", "suffix"):
            out.append(current)
    return out


def _with_parts(text: str, pieces: Sequence[Expression], index: int) -> tuple[Expression, int]:
    """The piece at `index` with the parts of a year that follow directly, and the index of the next piece."""
    current = pieces[index]
    index += 1
    while index < len(pieces) and pieces[index].kind in ("part", "suffix") and current.kind in ("year", "part"):
        part = pieces[index]
        if text[current.end : part.start] not in _DIRECT or part.end - current.start > _LONGEST:
            break
        time = current.time
        if part.time.window is None:  # 同期: the same part of that year, whichever it is
            time = time if time.window else time._replace(dates=(None, None))
        else:
            if current.kind == "part" or time.window is not None:
                break
            window = part.time.window
            if time.years and time.years[0] != time.years[1]:  # 1985到89年9月: the part is that of the last year
                window = Window(1, 1, *window[2:])
            time = time._replace(window=window)
        current = current._replace(end=part.end, time=time, rules=current.rules + part.rules)
        index += 1
    return current, index


def _joined(text: str, first: Expression, last: Expression, joints: Cue) -> Expression | None:
    """The range from one expression to the next, None where they are none."""
    if first.time.role != "time" or last.end - first.start > _LONGEST:
        return None
    gap = text[first.end : last.start]
    rules = (*first.rules, *joints.ids[:1], *last.rules)
    if last.time.now:
        # 2019年至今, 去年9月到现在, 自2015年启动至今: the joining word may be part of 至今 itself.
        named = _MILESTONE.fullmatch(gap) and text[first.start - 1 : first.start] in _FROM and text[last.start] in _TILL
        if not joints.fullmatch(gap) and not named and not (gap in _DIRECT and text[last.start] in _TILL):
            return None
        return first._replace(end=last.end, time=_since(first.time), rules=rules)
    if last.time.role != "time" or not joints.fullmatch(gap):
        return None
    time = _range(first.time, last.time)
    if time is None:
        return None
    main = first.main if last.kind in ("part", "tail") else last.main
    return first._replace(end=last.end, time=time, main=main, rules=rules)


def _since(time: Time) -> Time:
    """From the beginning of that time on."""
    return time._replace(role="since", dates=time.dates and (time.dates[0], None))


def _in_years(time: Time) -> tuple[tuple[int, int] | None, Window]:
    """Years and window, dates said the same way."""
    if time.dates is None:
        return time.years, time.window or WHOLE_YEAR
    first, last = time.dates
    if first is None or last is None:
        return None, WHOLE_YEAR
    return (first.year, last.year), Window(first.month, first.day, last.month, last.day)


def _range(first: Time, last: Time) -> Time | None:
    """From the beginning of one time to the end of the other; either may owe its year to the other."""
    (from_years, from_window), (to_years, to_window) = _in_years(first), _in_years(last)
    if to_window.first_month == 0:
        to_window = Window(from_window.last_month, 1, from_window.last_month, to_window.last_day)
    window = Window(*from_window[:2], *to_window[2:])
    turns = window[2:] < window[:2]
    unknown = (first, from_years), (last, to_years)
    if any(years is None and time.anchor != "context" for time, years in unknown):
        return Time("published", dates=(None, None))
    if from_years is None and to_years is None:
        if turns:
            window = window._replace(last_month=window.last_month + 12)
        return Time("context", window=window, lead=max(first.lead, last.lead))
    if to_years is None and from_years is not None:
        years = from_years[0], from_years[1] + (turns and from_years[0] == from_years[1])
        return Time(first.anchor, years=years, window=window)
    if to_years is None:
        return None
    years = (from_years[0] if from_years else to_years[0] - turns), to_years[1]
    if years[0] > years[1] or (years[0] == years[1] and turns):
        return None
    return Time(last.anchor, years=years, window=window)


def framed(text: str, expression: Expression, left: int, right: int, frames: Matcher) -> Expression:
    """The expression with what the words around it say, looking no further than `left` and `right`.

    The first frame that gives a role decides it; every frame may widen the span (截至2020年底, 2017年以来).
    """
    start, end = expression.start, expression.end
    low, high = max(left, start - FRAME_BEFORE), min(right, end + FRAME_AFTER)
    low = max(low, text.rfind("\n", low, start) + 1)
    newline = text.find("\n", end, high)
    high = newline if newline >= 0 else high
    window = f"{text[low:start]}{FRAME_OPEN}{text[start:end]}{FRAME_CLOSE}{text[end:high]}"
    out = expression
    for match in frames.firsts(window):
        gives: FrameGives = match.gives
        role = gives.role
        if role and out.time.role == "time":
            out = out._replace(time=_since(out.time) if role == "since" else out.time._replace(role=role))
        if gives.widens:
            # The two marks stand before the end of what a frame takes in.
            out = out._replace(start=min(out.start, low + match.start), end=max(out.end, low + match.end - 2))
        open_start = out.open_start or gives.open == "start"
        out = out._replace(rules=(*out.rules, match.rule.id), open_start=open_start)
    return out


def share_comparison(text: str, found: Sequence[Expression], lists: Cue) -> list[Expression]:
    """Let a comparison reach all members of a list: 比2018年、2019年分别增长."""
    out = list(found)
    for order in (range(1, len(out)), range(len(out) - 2, -1, -1)):
        for index in order:
            other = out[index - 1 if order.step > 0 else index + 1]
            one = out[index]
            if one.time.role != "time" or other.time.role != "comparison" or other.kind == "whole":
                continue
            first, last = sorted((one, other), key=lambda e: e.start)
            if last.start - first.end <= _MAX_GAP and lists.fullmatch(text[first.end : last.start]):
                rules = (*one.rules, *lists.ids[:1])
                out[index] = one._replace(time=one.time._replace(role="comparison"), rules=rules)
    return out


def to_period(text: str, expression: Expression, published: date | None) -> Period:
    """The finished period. Of a range the year is that of its end; what began and goes on has that of publication."""
    time = expression.time
    if time.years is None and time.window is not None and time.anchor == "context" and published:
        year = context_year(time.window, time.lead, published)
        time = time._replace(years=(year, year))
    start, end = time.bounds()
    if time.role == "since" and (time.dates is None or end is None):
        end = published if published and start and published >= start else None
    if expression.open_start:
        start = None
    last = end or start
    return Period(
        start=expression.start,
        end=expression.end,
        text=text[expression.start : expression.end],
        year=last.year if last else time.years[1] if time.years else None,
        period_start=start,
        period_end=end,
        anchor=time.anchor,
        role=time.role,
        rule=expression.main.id,
        shift_from=expression.main.gives.shift_from,
    )
