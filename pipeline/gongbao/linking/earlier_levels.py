"""Levels of an earlier time, stated only to compare: 收入135亿元，上年同期120亿元，增长12.5%，其中税收100亿元.

The time written before such a level is its alone. What follows, the growth from it and whatever the sentence goes on
to tell, is of the time that the level before it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gongbao.chinese.clauses import between
from gongbao.document import Document, Period, Quantity
from gongbao.linking.scope import PeriodChoice
from gongbao.linking.surroundings import Step
from gongbao.rulebook.cues import LinkingCues


class EarlierLevel(NamedTuple):
    """A level of an earlier time, with the number of its quantity and of the one whose level it is compared with.

    Attributes:
        number: The earlier level (120亿元).
        period: Its time.
        level: What has the time that it is earlier than: the level before it (135亿元), or what that has its own from.
        years: By how many years it is earlier, negative, where that is all that is said of it (上年同期, 去年); None
            where it names its year.
        followers: What has the time of the level before it: what follows in the sentence up to the next time that it
            names, but for amounts with a time of their own right before them (比2019年的98亿元).
    """

    number: int
    period: Period
    level: int
    years: int | None
    followers: tuple[int, ...]


def earlier_levels(
    cues: LinkingCues,
    document: Document,
    step: Step,
    resolved: Sequence[Period],
    chosen: Sequence[PeriodChoice],
) -> list[EarlierLevel]:
    """The earlier levels of a sentence.

    Args:
        cues: The words that linking asks for.
        document: With its quantities.
        step: The sentence, with its quantities and their runs.
        resolved: Its periods, in order.
        chosen: The period of each quantity of the document, as far as rules can tell.
    """
    text, quantities, numbers = document.text, document.quantities, step.numbers
    listed = {first for first, _ in step.runs}
    time_from: dict[int, int] = {}  # whose time a follower has, and an earlier level is earlier than
    found: list[EarlierLevel] = []
    for before, number, after in zip(numbers, numbers[1:], [*numbers[2:], None], strict=False):
        earlier, root = quantities[number], time_from.get(before, before)
        period = _compared(cues, text, quantities[before], earlier, resolved)
        of_level = chosen[root].value
        if period is None or number in listed or of_level is None or of_level.year is None:
            continue
        years = _years_before(document, period, of_level.year)
        if years is None and (period.year is None or period.year >= of_level.year):
            continue
        time_from[number] = root
        if years is None and not _is_left(cues, text, earlier, None if after is None else quantities[after]):
            continue
        end = _end_of_bracket(text, quantities[before].end, earlier.end, step.sentence.end)
        named = (p.start for p in resolved if p.start >= earlier.end and p.role != "comparison")
        end = min(end, next(named, end))
        behind = (n for n in numbers if n > number and quantities[n].end <= end)
        followers = [n for n in behind if not _has_its_own(cues, text, quantities[n], resolved)]
        time_from.update(dict.fromkeys(followers, root))
        found.append(EarlierLevel(number, period, root, years, tuple(followers)))
    return found


def _compared(
    cues: LinkingCues, text: str, level: Quantity, earlier: Quantity, resolved: Sequence[Period]
) -> Period | None:
    """The time between two levels of one unit where nothing else stands but words that compare."""
    if (level.kind, level.unit) != (earlier.kind, earlier.unit):
        return None
    within = between(resolved, level.end, earlier.start)
    if len(within) != 1 or not cues["compared_time"].fullmatch(text, level.end, within[0].start):
        return None
    return within[0] if cues["level_of_time"].fullmatch(text, within[0].end, earlier.start) else None


def _years_before(document: Document, period: Period, of_level: int) -> int | None:
    """How many years off it is, -1 for 上年同期, whenever that was published; for 去年 beside a level of that very year
    too. None for a time that names its year, and where nobody knows when the article was published.
    """
    published = document.article.pub_date
    (read,) = between(document.periods, period.start, period.end)
    if published is None or read.year is None or read.year >= published.year or read.role not in ("time", "comparison"):
        return None
    is_same = read.anchor == "published" and read.year == of_level and "年" in read.text
    return read.year - published.year if read.shift_from == "context" or is_same else None


def _has_its_own(cues: LinkingCues, text: str, quantity: Quantity, resolved: Sequence[Period]) -> bool:
    """True for an amount with a time right before it."""
    before = [p for p in resolved if p.end <= quantity.start]
    return bool(before) and cues["level_of_time"].fullmatch(text, before[-1].end, quantity.start) is not None


def _is_left(cues: LinkingCues, text: str, earlier: Quantity, after: Quantity | None) -> bool:
    """True where the words behind an earlier level go back to the level before it: a bracket or a semicolon ends
    what is said of it, or a growth follows.
    """
    if text[earlier.end : earlier.end + 1] in tuple("）);；"):
        return True
    return after is not None and cues["growth_from_it"].fullmatch(text, earlier.end, after.start) is not None


def _end_of_bracket(text: str, level_end: int, earlier_end: int, end: int) -> int:
    """Where the bracket closes that holds a level and the earlier one, `end` where there is none."""
    depth = sum((mark in "（(") - (mark in "）)") for mark in text[level_end:earlier_end])
    for at in range(earlier_end, end):
        depth += (text[at] in "（(") - (text[at] in "）)")
        if depth < 0:
            return at
    return end
