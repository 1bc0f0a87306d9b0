"""Levels of an earlier time, stated only to compare: 收入135亿元，上年同期120亿元，增长12.5%，其中税收100亿元.

The time written before such a level is its alone. What follows, the growth from it and whatever the sentence goes on
to tell, is of the time that the level before it had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from gongbao.chinese.clauses import between
from gongbao.document import Document, Period, Quantity
from gongbao.linking.scope import PeriodChoice
from gongbao.rulebook.cues import LinkingCues


class EarlierLevel(NamedTuple):
    """A level of an earlier time, with the number of its quantity and of the one whose level it is compared with.

    Attributes:
        number: The earlier level (120亿元).
        period: Its time.
        level: The level before it (135亿元).
        followers: What follows in the sentence up to the next time that it names.
    """

    number: int
    period: Period
    level: int
    followers: tuple[int, ...]


def earlier_levels(
    cues: LinkingCues,
    document: Document,
    numbers: Sequence[int],
    resolved: Sequence[Period],
    chosen: Sequence[PeriodChoice],
) -> Iterator[EarlierLevel]:
    """The earlier levels of a sentence.

    Args:
        cues: The words that linking asks for.
        document: With its quantities.
        numbers: The quantities of the sentence, in order.
        resolved: Its periods, in order.
        chosen: The period of each quantity of the document, as far as rules can tell.
    """
    text, quantities = document.text, [document.quantities[number] for number in numbers]
    for n in range(1, len(numbers)):
        level, earlier, after = quantities[n - 1], quantities[n], quantities[n + 1 : n + 2]
        if (level.kind, level.unit) != (earlier.kind, earlier.unit):
            continue
        of_level = chosen[numbers[n - 1]].value
        period = _compared(cues, text, level, earlier, resolved)
        if of_level is None or of_level.year is None or period is None:
            continue
        period = _counted_from(period, of_level.year, document.article.pub_date)
        if period.year is None or period.year >= of_level.year or not _is_left(cues, text, earlier, after):
            continue
        anew = next((p.start for p in resolved if p.start >= earlier.end and p.role != "comparison"), len(text))
        followers = [number for number in numbers[n + 1 :] if document.quantities[number].end <= anew]
        yield EarlierLevel(numbers[n], period, numbers[n - 1], tuple(followers))


def _compared(
    cues: LinkingCues, text: str, level: Quantity, earlier: Quantity, resolved: Sequence[Period]
) -> Period | None:
    """The time between two levels where nothing else stands but words that compare."""
    within = between(resolved, level.end, earlier.start)
    if len(within) != 1:
        return None
    (period,) = within
    alone = cues["compared_time"].fullmatch(text, level.end, period.start) and cues["level_of_time"].fullmatch(
        text, period.end, earlier.start
    )
    return period if alone else None


def _counted_from(period: Period, year: int, published: date | None) -> Period:
    """上年 beside a level of 2021 is 2020, whenever that was published."""
    if period.shift_from != "context" or period.year is None or published is None or period.role != "comparison":
        return period
    return period.in_year(year + period.year - published.year)


def _is_left(cues: LinkingCues, text: str, earlier: Quantity, after: Sequence[Quantity]) -> bool:
    """True where the words behind an earlier level go back to the level before it: its bracket closes, or a growth."""
    if text[earlier.end : earlier.end + 1] in ("）", ")"):
        return True
    return any(cues["growth_from_it"].fullmatch(text, earlier.end, growth.start) for growth in after)
