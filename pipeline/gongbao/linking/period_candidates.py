"""The years that may be a quantity's, and how each stands to it.

Candidates are the periods around the quantity, read in the years that their context allows, those of headings and
title, the year that the article reports on, that of publication and the one before, or, of an article without a date,
years named elsewhere in it, none, and what the heuristics of `periods` choose. A year may have several candidates: each
is one way by which it could be the quantity's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log1p
from operator import itemgetter

import numpy as np

from gongbao.chinese.clauses import clause_end
from gongbao.document import Period
from gongbao.linking.periods import is_start
from gongbao.linking.scope import PeriodChoice, stated_in
from gongbao.linking.surroundings import QUANTITY, Surroundings, after, before
from gongbao.record import How
from gongbao.relations import Relation

_RELATIONS = (
    "before", "after", "earlier", "paragraph_before", "heading", "title", "reported", "published", "year_before",
    "none", "heuristic", "elsewhere",
)  # fmt: skip
_ROLES = ("time", "comparison", "since", "vague")
_ANCHORS = ("absolute", "published", "context")
_HOWS = ("stated", "heading", "carried", "title", "published", "default")
_READ_IN = ("as_read", "reported", "published", "stated_before")
_CUES = {
    c: float(n)
    for n, c in enumerate("到至于在自从由比较为达约超的，、。；（）“”年月日底末初内前后起以来今去将同增长累计截全上下")
}

_OWN_YEARS = 6
"""Years that an article without a date may tell of, at most; those that it names most often."""

FEATURES = (
    "relation", "role", "anchor", "read_in", "is_day", "has_month", "months", "size", "distance", "sentences_back",
    "clauses", "semicolons", "amounts_between", "periods_between", "opens_sentence", "opens_clause", "in_brackets",
    "after_published", "has_published", "is_reported", "is_lasting", "is_work_report", "month_published",
    "is_heuristic", "heuristic_how", "heuristic_score", "heuristic_after_published", "share", "count", "before_char",
    "after_char", "end_char", "plan_in_clause", "plan_in_sentence", "plan_before_period", "plan_in_paragraph",
    "firm_plan_in_sentence", "same_year_nearer", "sentence_periods", "values", "years_before_share",
    "published_share", "planned", "previous", "rule_status", "change", "in_title", "from_before", "milestone", "began",
    "founding_between", "founding_in_sentence", "is_start", "clause_has_amount", *QUANTITY,
)  # fmt: skip
_OF_PAIR = (
    "relation", "read_in", "distance", "sentences_back", "clauses", "semicolons", "amounts_between", "periods_between",
    "opens_sentence", "in_brackets", "is_heuristic", "same_year_nearer", "founding_between",
)  # fmt: skip
_OF_PERIOD = (
    "role", "anchor", "is_day", "has_month", "months", "size", "opens_clause", "after_published", "is_reported",
    "is_lasting", "share", "count", "before_char", "after_char", "end_char", "plan_before_period", "in_title",
    "from_before", "milestone", "began", "clause_has_amount",
)  # fmt: skip
_OF_QUANTITY = (
    "has_published", "is_work_report", "month_published", "heuristic_how", "heuristic_score",
    "heuristic_after_published", "plan_in_clause", "plan_in_sentence", "firm_plan_in_sentence", "plan_in_paragraph",
    "sentence_periods", "founding_in_sentence", "is_start", "values", "years_before_share", "published_share",
    "previous", "change", "planned", "rule_status",
)  # fmt: skip
_IN_ORDER = itemgetter(*map((*_OF_PAIR, *_OF_PERIOD, *_OF_QUANTITY, *QUANTITY).index, FEATURES))
_REMEMBERED = 1024
"""Periods whose features are kept: those around a quantity are also around the next."""


@dataclass(frozen=True, slots=True)
class PeriodCandidate:
    """One way in which a period could be a quantity's, with where it was read; `value` None: nobody can tell."""

    value: Period | None
    how: How
    rule: str
    start: int | None
    end: int | None
    features: list[float]

    @property
    def year(self) -> int | None:
        """The year of the period."""
        return self.value.year if self.value is not None else None


@dataclass(slots=True)
class _Slot:
    relation: str
    value: Period | None
    how: How
    rule: str
    in_text: bool = False
    back: int = 0
    read_in: str = "as_read"


class PeriodCandidates:
    """The candidates of all quantities of one article.

    Args:
        around: The article's surroundings.
        heuristic: What the heuristics chose for each quantity.
        statuses: [N, 5] the network's shares of what each quantity says of the world, None without a network.
        cells: The quantities that stand in tables.
    """

    def __init__(
        self,
        around: Surroundings,
        heuristic: Sequence[PeriodChoice],
        statuses: np.ndarray | None,
        cells: Mapping[int, object],
    ) -> None:
        self._around, self._heuristic, self._statuses, self._cells = around, heuristic, statuses, cells
        document = self._document = around.document
        self._published = document.article.pub_date
        self._report_year = around.report_year
        self._cues = around.cues
        self._periods = [p for p in document.periods if p.year is not None]
        self._years = Counter(p.year for p in self._periods if p.role != "comparison")
        self._total = max(1, sum(self._years.values()))
        title_end = next((s.end for s in around.sentences if s.role == "title"), 0)
        self._title = [p for p in self._periods if p.end <= title_end][:3]
        self._outside = [p for p in document.title_periods if p.year is not None][:3]
        self._title_years = {p.year for p in (*self._title, *self._outside)}
        # What an article without a date says of its own time may stand anywhere in it, at its end as well.
        own_years = self._years.most_common(_OWN_YEARS) if self._published is None else []
        self._own_years = {
            year: [p for p in self._periods if p.year == year and p.role != "comparison"] for year, _ in own_years
        }
        self._of_period = lru_cache(_REMEMBERED)(self._period_features)

    def of(self, number: int) -> list[PeriodCandidate]:
        """The candidates of one quantity, in the order in which they were looked up."""
        own = (*self._of_quantity(number), *self._around.of_quantity(number, number in self._cells))
        nearer: set[int | None] = set()
        found = []
        for slot in self._slots(number):
            year = slot.value.year if slot.value is not None else None
            pair = self._of_pair(number, slot, year in nearer)
            row = list(_IN_ORDER((*pair, *self._of_period(slot.value, slot.in_text), *own)))
            nearer.add(year)
            start, end = (slot.value.start, slot.value.end) if slot.in_text and slot.value is not None else (None, None)
            found.append(PeriodCandidate(slot.value, slot.how, slot.rule, start, end, row))
        return found

    def _slots(self, number: int) -> list[_Slot]:
        around, document = self._around, self._document
        quantity = document.quantities[number]
        index = around.sentence_of[number]
        slots: list[_Slot] = []

        def add(relation: str, period: Period, how: How, back: int = 0, in_text: bool = True) -> None:
            slots.append(_Slot(relation, period, how, period.rule, in_text, back))
            if period.anchor == "context":
                stated = next(
                    (s.value.year for s in slots[:-1] if s.value is not None and s.relation == relation), None
                )
                own = next(iter(self._own_years), self._report_year.year)
                for read_in, year in (("reported", own), ("stated_before", stated)):
                    if year is not None and year != period.year:
                        slots.append(_Slot(relation, period.in_year(year), how, period.rule, in_text, back, read_in))

        if index is not None:
            sentence = around.sentences[index]
            how = stated_in(sentence)
            for period in before(self._periods, sentence.start, quantity.start, 4):
                add("before", period, how)
            for period in after(self._periods, quantity.end, sentence.end, 2):
                add("after", period, how)
            for relation, back, period in around.earlier(index, self._periods):
                add(relation, period, "carried", back)
            for section in document.outline.path(sentence.section):
                heading = document.outline.sections[section]
                for period in before(self._periods, heading.heading_start, heading.heading_end, 2):
                    if not sentence.start <= period.start < sentence.end:
                        add("heading", period, "heading")
        for period in self._title:
            add("title", period, "title")
        for period in self._outside:
            add("title", period, "title", in_text=False)
        for said in self._own_years.values():
            add("elsewhere", _nearest(said, quantity.start), "carried")
        if self._published is not None:
            year = self._published.year
            if self._report_year.year is not None:
                slots.append(
                    _Slot(
                        "reported",
                        _bare(self._report_year.year, self._report_year.rule),
                        "published",
                        self._report_year.rule,
                    )
                )
            slots.append(
                _Slot("published", _bare(year, Relation.PERIOD_PUBLISHED), "published", Relation.PERIOD_PUBLISHED)
            )
            slots.append(
                _Slot("year_before", _bare(year - 1, Relation.PERIOD_PUBLISHED), "published", Relation.PERIOD_PUBLISHED)
            )
        slots.append(_Slot("none", None, "default", Relation.PERIOD_NONE))
        chosen = self._heuristic[number]
        value = chosen.value
        slots.append(_Slot("heuristic", value, chosen.how, chosen.rule, chosen.start is not None))
        distinct: dict[tuple[str, int | None, int | None], _Slot] = {}
        for slot in slots:
            key = slot.value.year if slot.value is not None else None
            distinct.setdefault((slot.relation, key, slot.value.start if slot.in_text and slot.value else None), slot)
        return list(distinct.values())

    def _of_quantity(self, number: int) -> tuple[float, ...]:
        """`_OF_QUANTITY`: what is the same for all candidates."""
        around, text, cues = self._around, self._around.text, self._cues
        quantity = self._document.quantities[number]
        index, heuristic = around.sentence_of[number], self._heuristic[number]
        published = self._published.year if self._published is not None else None
        chosen = heuristic.value.year if heuristic.value is not None else None
        statuses = self._statuses[number].tolist() if self._statuses is not None else [-1.0] * 5
        in_sentence: tuple[float, ...] = (0.0,) * 7
        if index is not None:
            sentence = around.sentences[index]
            head = max(sentence.start, around.clause_head(quantity.start))
            in_sentence = (
                float(cues["plan"].search(text, head, quantity.start) is not None),
                float(cues["plan"].search(text, sentence.start, sentence.end) is not None),
                float(cues["firm_plan"].search(text, sentence.start, sentence.end) is not None),
                float(around.said_in_paragraph("firm_plan", sentence, sentence.start)),
                float(len(before(self._periods, sentence.start, quantity.start, 6))),
                float(cues["founding"].search(text, sentence.start, quantity.start) is not None),
                float(is_start(cues, text, quantity, sentence, self._document.quantities[number + 1 : number + 7])),
            )
        return (
            float(published is not None),
            float(self._report_year.is_work_report),
            float(self._published.month) if self._published is not None else 0.0,
            float(_HOWS.index(heuristic.how)),
            1.0 - heuristic.score,
            float(max(-12, min(30, chosen - published))) if chosen is not None and published is not None else -99.0,
            *in_sentence,
            float(min(20, len(self._years))),
            self._years[published - 1] / self._total if published is not None else 0.0,
            self._years[published] / self._total if published is not None else 0.0,
            *statuses[1:],
        )

    def _period_features(self, period: Period | None, in_text: bool) -> tuple[float, ...]:
        """`_OF_PERIOD`: what is the same for all quantities."""
        around, text, cues = self._around, self._around.text, self._cues
        year = period.year if period is not None else None
        published = self._published.year if self._published is not None else None
        start, end = (period.period_start, period.period_end) if period is not None else (None, None)
        months = (end.year - start.year) * 12 + end.month - start.month + 1 if start and end else 0
        reads = period.text if period is not None else ""
        place = period if in_text else None
        ahead = text[max(0, place.start - 12) : place.start] if place is not None else ""
        rest = None
        if place is not None and (home := around.sentence_at(place.start)) is not None:
            rest = (place.end, clause_end(text, home, place.end))
        return (
            float(_ROLES.index(period.role)) if period is not None else -1.0,
            float(_ANCHORS.index(period.anchor)) if period is not None else -1.0,
            float(start is not None and start == end),
            float("月" in reads or "季" in reads or "半年" in reads),
            float(min(200, months)),
            float(len(reads)),
            float(min(12, place.start - around.clause_head(place.start))) if place is not None else -1.0,
            float(max(-12, min(30, year - published))) if year is not None and published is not None else -99.0,
            float(year is not None and year == self._report_year.year),
            float(year is not None and year == self._report_year.lasting),
            self._years[year] / self._total,
            log1p(self._years[year]),
            _cue(text[place.start - 1 : place.start]) if place is not None and place.start else -1.0,
            _cue(text[place.end : place.end + 1]) if place is not None else -1.0,
            _cue(reads[-1:]),
            float(cues["plan"].search(ahead) is not None),
            float(year in self._title_years),
            float(cues["change_from_period"].search(ahead) is not None),
            float(rest is not None and cues["milestone"].fullmatch(text, *rest) is not None),
            float(cues["began"].search(ahead) is not None),
            float(rest is not None and around.quantities_between(*rest) > 0),
        )

    def _of_pair(self, number: int, slot: _Slot, nearer: bool) -> tuple[float, ...]:
        """`_OF_PAIR`: what lies between the two."""
        around, text = self._around, self._around.text
        quantity, index = self._document.quantities[number], around.sentence_of[number]
        chosen = self._heuristic[number].value
        period = slot.value
        place = period if slot.in_text else None
        low = high = 0
        if place is not None:
            low, high = (place.end, quantity.start) if place.end <= quantity.start else (quantity.end, place.start)
        between = text[low:high] if high - low < 80 else ""
        own = around.sentences[index] if index is not None and slot.back == 0 else None
        last = max(low, high)
        return (
            float(_RELATIONS.index(slot.relation)),
            float(_READ_IN.index(slot.read_in)),
            log1p(max(0, high - low)),
            float(slot.back),
            float(min(9, around.clauses_between(low, last))),
            float(min(5, around.semicolons_between(low, last))),
            float(min(6, around.quantities_between(low, last))) if slot.in_text else -1.0,
            float(len(before(self._periods, low, high, 6))) if slot.in_text and high - low < 400 else -1.0,
            float(min(20, place.start - own.start)) if place is not None and own is not None else -1.0,
            float(between.count("）") + between.count(")") - between.count("（") - between.count("(")),
            float((period.year if period is not None else None) == (chosen.year if chosen is not None else None)),
            float(nearer),
            float(around.said_between("founding", low, high)),
        )


def _nearest(periods: Sequence[Period], offset: int) -> Period:
    """The period that begins nearest to an offset, the first of those as near; periods are in text order."""
    at = bisect_left(periods, offset, key=lambda period: period.start)
    return min(periods[max(0, at - 1) : at + 1], key=lambda period: abs(period.start - offset))


def _bare(year: int, rule: str) -> Period:
    return Period(0, 0, "", year, None, None, "published", "vague", rule)


def _cue(character: str) -> float:
    return _CUES.get(character, -1.0)
