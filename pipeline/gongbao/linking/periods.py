"""Which period a quantity belongs to.

The period written right before the amount (到2025年的5万家); else the nearest period before it in its sentence that is
no comparison; else the period that the paragraph, then the section, was speaking of; else the publication date. A
period that leans on its context (上半年, 9月, 年底) takes the year of the period before it.

Three things that readers know of the language stand behind the rest. In 由A增加到B the time before A is A's alone, and
over a span of years (“十四五”期间) A is the level before it began. A time still to come (预计2026年通车) is left again
with its sentence, unless the next speaks of plans too. A government's work report, given at the start of a year, tells
of the year before wherever it does not speak of plans.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from itertools import takewhile
from typing import NamedTuple

from gongbao.chinese.clauses import between, clause_end, clause_start
from gongbao.chinese.numbers import parse_number
from gongbao.document import Period, Quantity, Sentence
from gongbao.linking.earlier_levels import EarlierLevel, earlier_levels
from gongbao.linking.report_year import holds, is_day
from gongbao.linking.respectively import times_in_step
from gongbao.linking.scope import Choice, PeriodChoice, stated_in
from gongbao.linking.surroundings import Step, Surroundings
from gongbao.linking.tables import Cell, TableLinker
from gongbao.relations import Relation
from gongbao.rulebook.cues import LinkingCues

_RECENT_DAYS = 45
"""A day so shortly before publication is news of that very year, whatever year was spoken of before."""
_NEWS_DAYS = 75
"""A month, quarter or half year so shortly over is told as news."""
_OWNED_KINDS = ("money", "count", "measure", "duration")


class TimeOf(NamedTuple):
    """The time of another quantity, by its number, or so many years off it."""

    number: int
    years: int = 0


class LinkedPeriods(NamedTuple):
    """What rules say of the time of each quantity of a document.

    Attributes:
        choices: One for each, in order; `value` is a `Period`, or None where nobody could tell.
        time_of: The quantities whose time hangs on that of one before them, whatever that is.
        earlier_levels: Those of a time gone by that only say what a level is compared with (上年同期为5亿元).
    """

    choices: Sequence[PeriodChoice]
    time_of: Mapping[int, TimeOf]
    earlier_levels: Set[int]


class PeriodLinker:
    """Resolves the period of every quantity of a document.

    Args:
        tables: Reads the cells of tables.
    """

    def __init__(self, tables: TableLinker) -> None:
        self._tables = tables

    def link(self, around: Surroundings, cells: Mapping[int, Cell], named: Collection[int]) -> LinkedPeriods:
        """The time of each quantity.

        Args:
            around: The article's surroundings.
            cells: The quantities that stand in tables, by their number.
            named: The first quantities of lists that names run in step with.
        """
        periods = _Periods(self._tables, around, cells, named)
        return LinkedPeriods(periods.choices(), periods.time_of, periods.earlier_levels)


def is_start(cues: LinkingCues, text: str, quantity: Quantity, sentence: Sentence, later: Sequence[Quantity]) -> bool:
    """True for A in 由A增加到B."""
    if not later or not cues["change_from"].search(text[max(sentence.start, quantity.start - 30) : quantity.start]):
        return False
    return any(
        other.kind == quantity.kind
        and cues["change_to"].search(text[quantity.end : other.start])
        and other.start - quantity.end < 40
        for other in later[:6]
    )


def _names_its_first_year(period: Period, year: int) -> bool:
    """True for 2019年到2022年, 19年至22年, 二〇一九年至二〇二二年, not for “十三五”期间 and 五年来."""
    if period.anchor != "absolute":
        return False
    head = period.text.partition("年")[0][:4]
    return parse_number(head) in (year, year % 100) or parse_number(head[:2]) == year % 100


class _Periods:
    """The periods of one document."""

    def __init__(
        self, tables: TableLinker, around: Surroundings, cells: Mapping[int, Cell], named: Collection[int]
    ) -> None:
        self._tables = tables
        self._cells = cells
        self._named = named
        self._levels_before: set[int] = set()  # A of 由A增加到B, earlier levels: their time is no other amount's
        self.time_of: dict[int, TimeOf] = {}
        self.earlier_levels: set[int] = set()
        self._around = around
        self._cues = around.cues
        self._document = around.document
        self._text = around.text
        self._pub = around.document.article.pub_date
        self._report_year = around.report_year

    def choices(self) -> list[PeriodChoice]:
        """One choice for each quantity."""
        document = self._document
        choices: list[PeriodChoice] = [self._default()] * len(document.quantities)
        scope: PeriodChoice | None = None
        source: Sentence | None = None  # the sentence that left the scope
        section_scope: dict[int, PeriodChoice | None] = {}
        in_title = [p for p in document.title_periods if p.role == "time" and p.year is not None]
        title_scope = Choice(in_title[0], "title", in_title[0].rule, score=0.7) if in_title else None
        tabled: list[Period] = []
        for step in self._around.steps():
            sentence, numbers, runs, table, opens_section, opens_paragraph = step
            if opens_section:
                scope, source = self._inherited(sentence, section_scope), None
            if opens_paragraph and self._is_start_only(scope):
                scope = None
            lasts = scope if scope is not None and self._holds(scope, source, sentence) else None
            resolved = self._resolve(sentence, lasts)
            fallback = (
                lasts or (title_scope if not self._report_year.is_work_report else None) or self._default(sentence)
            )
            self._link_sentence(step, resolved, fallback, choices)
            if table is not None:  # its times are those of cells and leave nothing behind
                tabled += resolved
                for number in numbers:
                    if number in self._cells:
                        choices[number] = self._tables.period(document, self._cells[number], tabled) or fallback
                continue
            for own in earlier_levels(self._cues, document, step, resolved, choices):
                self._compare(own, sentence, choices)
            after = [choices[number] for number in numbers if number not in self._levels_before]
            left = self._leaves(sentence, resolved, after)
            # Shared out behind that: what a sentence leaves behind is the last time of its list.
            for number, period in times_in_step(self._cues, document, runs, resolved, self._named):
                choices[number] = self._in_step(period, sentence)
                self.time_of.pop(number, None)
            if left and not numbers and self._cues["founding"].search(self._text, sentence.start, sentence.end):
                left = None
            if sentence.role == "title":
                title_scope = left and left._replace(how="title", score=0.7)
            elif sentence.role == "heading":
                section_scope[sentence.section] = left and left._replace(how="heading", score=0.9)
                if section_scope[sentence.section]:
                    scope, source = section_scope[sentence.section], None
            elif left is not None:
                scope, source = left, sentence
        return choices

    # -- scope -----------------------------------------------------------------------------------------------

    def _default(self, sentence: Sentence | None = None) -> PeriodChoice:
        """What holds where the text gives no time: the publication's year, or the year that a work report reviews."""
        if self._pub is None:
            return Choice(None, "default", Relation.PERIOD_NONE, score=0.0)
        year, rule = self._pub.year, str(Relation.PERIOD_PUBLISHED)
        if self._report_year.year is not None and not (sentence is not None and self._plans_paragraph(sentence)):
            year, rule = self._report_year.year, self._report_year.rule
        period = Period(0, 0, "", year, None, None, "published", "vague", rule)
        return Choice(period, "published", rule, score=0.6)

    def _plans_paragraph(self, sentence: Sentence) -> bool:
        return self._around.said_in_paragraph("plan_paragraph", sentence, sentence.end)

    def _inherited(self, sentence: Sentence, section_scope: dict[int, PeriodChoice | None]) -> PeriodChoice | None:
        for section in self._document.outline.path(sentence.section):
            if section_scope.get(section):
                return section_scope[section]
        return None

    @staticmethod
    def _is_start_only(scope: PeriodChoice | None) -> bool:
        """True for 自2021年起: where it began does not say what the next paragraph speaks of."""
        period = scope.value if scope is not None else None
        return isinstance(period, Period) and period.role == "since" and period.text.endswith("起")

    def _holds(self, scope: PeriodChoice, source: Sentence | None, sentence: Sentence) -> bool:
        """Whether the year of an earlier sentence is still that of this one."""
        period = scope.value
        if source is None or not isinstance(period, Period):
            return True
        return holds(self._cues, self._text, self._report_year, period, source, sentence)

    def _is_telling(self, period: Period) -> bool:
        """True for a day on which something was told, not done."""
        return period.role == "time" and is_day(period) and self._cues["told"].match(self._text, period.end) is not None

    def _leaves(
        self, sentence: Sentence, resolved: Sequence[Period], chosen: Sequence[PeriodChoice]
    ) -> PeriodChoice | None:
        """The period that a sentence leaves behind for those after it: that of its first amount, else its first."""
        for choice in chosen:
            period = choice.value
            if choice.how == "stated" and isinstance(period, Period) and not self._is_start(period, sentence):
                return choice._replace(how="carried", score=0.8)
        lasting = [
            p
            for p in resolved
            if p.role in {"time", "vague", "since"}
            and not self._cues["plan_name"].match(self._text, p.end)
            and not self._is_telling(p)
            and not self._is_start(p, sentence)
        ]
        if not lasting:
            return None
        period = lasting[0]
        return Choice(period, "carried", period.rule, period.start, period.end, 0.8)

    def _is_start(self, period: Period, sentence: Sentence) -> bool:
        """True for the time of A in 由A增加到B."""
        return self._cues["change_from"].search(self._text[sentence.start : period.start][-3:]) is not None

    # -- within a sentence -----------------------------------------------------------------------------------

    def _resolve(self, sentence: Sentence, scope: PeriodChoice | None) -> list[Period]:
        """The periods of a sentence in order, `context` ones read in the year before them."""
        resolved: list[Period] = []
        for period in between(self._document.periods, sentence.start, sentence.end):
            if period.anchor == "context" and period.role != "comparison":
                times = [p for p in reversed(resolved) if p.year and p.role == "time" and not self._is_telling(p)]
                # 上年 beside another 上年 does not count from that, nor does 3月 where another time stands.
                firm = [p for p in times if p.shift_from != "context"]
                leaning = times if period.shift_from != "context" else []
                base = next((p.year for p in (*firm, *leaning)), None)
                if base is None and scope is not None and scope.value is not None and scope.value.role == "time":
                    base = None if self._is_news(period, scope.value, sentence) else scope.value.year
                if base is None:
                    base = self._reviewed_base(period, sentence)
                period = self._in_mood(period, base, sentence)
            period = self._reviewed(period)
            if period.year is not None:
                resolved.append(period)
        return resolved

    def _is_news(self, period: Period, before: Period, sentence: Sentence) -> bool:
        """True for a part of the year of publication just over that opens a sentence after one on the year before:
        2021年…。1—3月，…, written in April 2022.
        """
        report, end = self._report_year, period.period_end
        if self._pub is None or end is None or period.shift_from is not None or period.year != self._pub.year:
            return False
        is_past_year = before.year == self._pub.year - 1 and before.period_end == date(self._pub.year - 1, 12, 31)
        is_review = report.year == before.year and report.rule != Relation.PERIOD_COUNTED_YEAR
        opens = self._cues["opening"].fullmatch(self._text, sentence.start, period.start) is not None
        if not (is_past_year and not is_review and opens and 0 <= (self._pub - end).days <= _NEWS_DAYS):
            return False
        # 一季度…。二季度…: where a part that is not over follows before the next year, all are of the year before.
        periods = self._document.periods
        first = bisect_left(periods, period.end, key=lambda other: other.start)
        rest = (periods[n] for n in range(first, len(periods)) if periods[n].role != "comparison")
        told = takewhile(lambda other: other.anchor == "context", rest)
        parts = (p for p in told if p.shift_from is None)
        return all(p.year == self._pub.year and p.period_end and p.period_end <= self._pub for p in parts)

    def _in_mood(self, period: Period, base: int | None, sentence: Sentence) -> Period:
        """A part of a year in its context's year; a plan is none of a year gone by, nor a deed of one to come."""
        if self._pub is None or period.shift_from is not None:
            return self._reread(period, base) if base is not None else period
        year = self._pub.year
        end = clause_end(self._text, sentence, period.end)
        plans = (
            self._cues["firm_plan"].search(self._text, clause_start(self._text, sentence, period.start), end)
            is not None
        )
        if plans and (base or period.year or year) < year and period.role == "time":
            return period.in_year(year)
        if base is None or (base > year and not plans and period.start - sentence.start > 8):
            return period
        return self._reread(period, base)

    def _reviewed_base(self, period: Period, sentence: Sentence) -> int | None:
        """The year of a part of a year (全年, 年末) in a review that says itself which year it reviews."""
        report = self._report_year
        if report.is_work_report and period.shift_from != "context":
            return None
        if report.rule == Relation.PERIOD_COUNTED_YEAR or self._cues["plan"].search(
            self._text, sentence.start, sentence.end
        ):
            return None
        return report.year

    def _reviewed(self, period: Period) -> Period:
        """In a work report a span up to now (五年来) ends with the year that the report reviews."""
        if not self._report_year.is_work_report or self._pub is None or period.role not in {"since", "vague"}:
            return period
        start, year = period.period_start, self._pub.year
        if period.year != year or start is None or start.year >= year:
            return period
        return replace(period, year=year - 1, period_end=date(year - 1, 12, 31))

    def _reread(self, period: Period, base: int) -> Period:
        """A `context` period in the year that its context speaks of."""
        if self._pub is None or period.year is None:
            return period.in_year(base)
        if period.shift_from == "context":  # 上年, 次年: so many years off the context's
            return period.in_year(base + period.year - self._pub.year)
        day = period.period_end
        if is_day(period) and day is not None and 0 <= (self._pub - day).days <= _RECENT_DAYS:
            return period
        return period.in_year(base)

    def _link_sentence(
        self, step: Step, resolved: Sequence[Period], fallback: PeriodChoice, choices: list[PeriodChoice]
    ) -> None:
        sentence, numbers, quantities = step.sentence, step.numbers, self._document.quantities
        first_of = {number: first for first, last in step.runs for number in range(first + 1, last + 1)}
        taken: set[int] = set()  # starts of periods that belong to the A of a pair alone
        start_choice: PeriodChoice | None = None
        for number in numbers:
            quantity = quantities[number]
            if number in first_of:
                choices[number] = choices[first_of[number]]
                if first_of[number] in self._levels_before:
                    self._levels_before.add(number)
                continue
            own = self._own(quantity, resolved)
            is_from = is_start(self._cues, self._text, quantity, sentence, quantities[number + 1 : numbers[-1] + 1])
            if is_from:
                self._levels_before.add(number)
            if own is not None:
                choice = self._stated(own, sentence, 0.95)
                if is_from:
                    taken.add(own.start)
                    start_choice = choice
            else:
                usable = [p for p in resolved if p.role != "comparison" and p.start not in taken]
                choice = self._nearest(quantity, sentence, usable, fallback)
                if is_from:
                    choice = start_choice or self._before_span(self._before_plan(quantity, sentence, usable, choice))
            choices[number] = choice

    def _own(self, quantity: Quantity, resolved: Sequence[Period]) -> Period | None:
        """The period written right before an amount, even if it is the base of a comparison (较上年的5亿元)."""
        for period in resolved:
            if period.end <= quantity.start and self._cues["right_before"].fullmatch(
                self._text, period.end, quantity.start
            ):
                if quantity.kind in _OWNED_KINDS or self._cues["change_from"].search(
                    self._text[max(0, period.start - 3) : period.start]
                ):
                    return period
                if (
                    quantity.kind == "percent"
                    and period.role != "comparison"
                    and self._text[period.start - 1 : period.start] in tuple("为到至")
                ):
                    return period
        return None

    def _before_plan(
        self, quantity: Quantity, sentence: Sentence, usable: Sequence[Period], choice: PeriodChoice
    ) -> PeriodChoice:
        """到2026年由A提高到B, written in 2024: A is how it stands now."""
        period = choice.value
        if self._pub is None or not isinstance(period, Period) or (period.year or 0) <= self._pub.year:
            return choice
        known = [p for p in usable if p.year is not None and p.year <= self._pub.year]
        now = self._nearest(quantity, sentence, known, self._default(sentence))
        return now._replace(score=min(now.score, 0.8))

    def _before_span(self, choice: PeriodChoice) -> PeriodChoice:
        period = choice.value
        if not isinstance(period, Period) or not period.period_start or not period.period_end:
            return choice
        if period.period_end.year == period.period_start.year:
            return choice
        # 2019年以来由A增加到B, 2019年到2022年由A增加到B: A is of 2019 itself; over whole years (五年来, “十三五”期间)
        # it is of the year before.
        first = period.period_start
        within = _names_its_first_year(period, first.year) or (
            period.role == "since" and (period.anchor == "absolute" or (first.month, first.day) != (1, 1))
        )
        level = replace(period, year=first.year - (not within), period_start=None, period_end=None)
        return choice._replace(value=level, score=min(choice.score, 0.8))

    def _is_milestone(self, period: Period, quantity: Quantity, sentence: Sentence) -> bool:
        """True for the year of a clause that only says when something began (2010年启动，累计投资5亿元)."""
        if self._pub is None or period.role != "time" or period.year is None:
            return False
        if period.year in (self._pub.year, self._report_year.year, self._report_year.lasting):
            return False
        end = clause_end(self._text, sentence, period.end)
        if end >= quantity.start or between(self._document.quantities, period.end, end):
            return False
        start = clause_start(self._text, sentence, period.start)
        if self._cues["milestone"].fullmatch(self._text, period.end, end) is None and not self._cues["began"].search(
            self._text[start : period.start]
        ):
            return False
        head = sentence.start if period.year > self._pub.year else end
        return self._cues["still_plans"].search(self._text, head, quantity.start) is None and (
            self._cues["plan"].search(self._text, head, quantity.start) is None
        )

    def _stated(self, period: Period, sentence: Sentence, score: float) -> PeriodChoice:
        how = stated_in(sentence)
        return Choice(period, how, period.rule, period.start, period.end, score)

    def _compare(self, own: EarlierLevel, sentence: Sentence, choices: list[PeriodChoice]) -> None:
        """An earlier level has its time alone; what follows is of the time of the level before it."""
        level = choices[own.level]
        period = own.period
        if own.years is not None and level.value is not None and level.value.year is not None:
            period = period.in_year(level.value.year + own.years)
            self.time_of[own.number] = TimeOf(own.level, own.years)
        self._levels_before.add(own.number)
        if period.year is not None and (self._pub is None or period.year <= self._pub.year):
            self.earlier_levels.add(own.number)
        choices[own.number] = self._stated(period, sentence, 0.95)._replace(rule=Relation.PERIOD_EARLIER_LEVEL)
        for number in own.followers:
            choices[number] = level
            self.time_of[number] = TimeOf(own.level)

    def _in_step(self, period: Period, sentence: Sentence) -> PeriodChoice:
        """A time of a list, or a year of a span: of 近三年 nobody says with which year it ends."""
        is_told = period.anchor == "absolute" or period.role == "time"
        return self._stated(period, sentence, 0.9 if is_told else 0.7)._replace(rule=Relation.PERIOD_RESPECTIVELY)

    @staticmethod
    def _sureness(period: Period) -> float:
        """How sure a stated period's year is; of 自2018年起 nobody says up to when."""
        if period.role == "time":
            return 0.95
        began = period.period_start if period.role == "since" and period.text.endswith("起") else None
        return 0.65 if began is not None and began.year != period.year else 0.8

    def _is_in_brackets(self, period: Period, quantity: Quantity, sentence: Sentence) -> bool:
        """True for 12亿元（2020年）, not for 12亿元（2019年为10亿元）: that is of the amount in the brackets."""
        if period.start - quantity.end > 2 or self._text[period.start - 1] not in "（(":
            return False
        end = next((at for at in range(period.end, sentence.end) if self._text[at] in "）)"), sentence.end)
        return not between(self._document.quantities, period.end, end)

    def _nearest(
        self, quantity: Quantity, sentence: Sentence, usable: Sequence[Period], fallback: PeriodChoice
    ) -> PeriodChoice:
        after = [p for p in usable if p.start >= quantity.end]
        if after and self._is_in_brackets(after[0], quantity, sentence):
            return self._stated(after[0], sentence, 0.9)
        before = [p for p in usable if p.end <= quantity.start and not self._is_milestone(p, quantity, sentence)]
        if before and before[-1].role == "since":
            # 2019年…，2017年以来年均增长…: a start alone, where the sentence has said up to when.
            before = [p for p in before if p.role == "time"] or before
        if before:
            return self._stated(before[-1], sentence, self._sureness(before[-1]))
        if after and fallback.how in {"published", "default"}:
            head = clause_start(self._text, sentence, quantity.start)
            tail = clause_end(self._text, sentence, quantity.end)
            near = [p for p in after if head <= p.start < tail]
            if near:
                return self._stated(near[0], sentence, 0.6)
        return fallback
