"""The years that may be a quantity's, and how each stands to it.

Candidates are the periods around the quantity, read in the years that their context allows, those of headings and
title, the year that the article reports on, that of publication and the one before, or, of an article without a date,
years named elsewhere in it, none, and what the heuristics of `periods` choose. A year may have several candidates: each
is one way by which it could be the quantity's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from math import log1p
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gongbao.chinese.clauses import clause_end
from gongbao.document import Period
from gongbao.linking.periods import is_start
from gongbao.linking.scope import PeriodChoice, stated_in
from gongbao.linking.surroundings import BETWEEN, QUANTITY, InOrder, Surroundings, numbered, repeated
from gongbao.record import How
from gongbao.relations import Relation

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

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
    *BETWEEN, "periods_between", "opens_sentence", "relation", "read_in", "sentences_back", "is_heuristic",
    "founding_between", "same_year_nearer",
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
_IN_ORDER = [*map((*_OF_PAIR, *_OF_PERIOD, *_OF_QUANTITY, *QUANTITY).index, FEATURES)]
_REMEMBERED = 1024
"""Sentences and readings of which is kept what was found: the next quantity asks for it again."""


class PeriodCandidate(NamedTuple):
    """One way in which a period could be a quantity's, with where it was read: `back` sentences before the quantity's;
    `value` None: nobody can tell.
    """

    relation: str
    value: Period | None
    how: How
    rule: str
    start: int | None = None
    end: int | None = None
    back: int = 0
    read_in: str = "as_read"

    @property
    def year(self) -> int | None:
        """The year of the period."""
        return self.value.year if self.value is not None else None


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
        self._in_order = InOrder(self._periods)
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
        self._reread: dict[tuple[int, int], Period] = {}
        self._of_sentence = lru_cache(_REMEMBERED)(self._sentence_candidates)

    def of(self, numbers: Sequence[int]) -> tuple[list[list[PeriodCandidate]], FloatArray]:
        """The candidates of some quantities, each's in the order in which they were looked up, and the features of all,
        [candidates, FEATURES].
        """
        if not numbers:
            return [], np.zeros((0, len(_IN_ORDER)), np.float32)
        found = [self._candidates(number) for number in numbers]
        flat = [candidate for own in found for candidate in own]
        question = np.repeat(np.arange(len(found)), [len(own) for own in found])
        of_quantity = np.array(
            [
                (*self._of_quantity(number), *self._around.of_quantity(number, number in self._cells))
                for number in numbers
            ]
        )
        period, periods = numbered((id(c.value), c.start is not None) for c in flat)
        kept = {id(c.value): c.value for c in flat}
        of_period = np.array([self._period_features(kept[each], in_text) for each, in_text in periods])
        year, _ = numbered(c.year for c in flat)
        pairs = [*self._between(np.array(numbers)[question], flat), repeated(question, year)]
        rows = np.concatenate([np.stack(pairs, axis=1), of_period[period], of_quantity[question]], axis=1)
        return found, rows[:, _IN_ORDER].astype(np.float32)

    def _candidates(self, number: int) -> list[PeriodCandidate]:
        around, document = self._around, self._document
        quantity = document.quantities[number]
        index = around.sentence_of[number]
        found: list[PeriodCandidate] = []
        if index is not None:
            sentence = around.sentences[index]
            how = stated_in(sentence)
            for relation, periods in (
                ("before", self._in_order.before(sentence.start, quantity.start, 4)),
                ("after", self._in_order.after(quantity.end, sentence.end, 2)),
            ):
                found += self._readings(relation, [(period, 0, True) for period in periods], how)
            found += self._of_sentence(index)
        found += self._of_title
        said = [(_nearest(each, quantity.start), 0, True) for each in self._own_years.values()]
        found += self._readings("elsewhere", said, "carried")
        found += self._of_date
        found.append(PeriodCandidate("none", None, "default", Relation.PERIOD_NONE))
        chosen = self._heuristic[number]
        found.append(_read("heuristic", chosen.value, chosen.how, chosen.rule, chosen.start is not None))
        distinct: dict[tuple[str, int | None, int | None], PeriodCandidate] = {}
        for candidate in found:
            distinct.setdefault((candidate.relation, candidate.year, candidate.start), candidate)
        return list(distinct.values())

    def _readings(self, relation: str, periods: Iterable[tuple[Period, int, bool]], how: How) -> list[PeriodCandidate]:
        """Periods, each with how many sentences back it is and whether it stands in the text. One that leans on its
        context is also read in the years that this allows: the one that the article reports on, and that of the first.
        """
        found: list[PeriodCandidate] = []
        for period, back, in_text in periods:
            stated = found[0].year if found else None
            found.append(_read(relation, period, how, period.rule, in_text, back))
            if period.anchor == "context":
                own = next(iter(self._own_years), self._report_year.year)
                for read_in, year in (("reported", own), ("stated_before", stated)):
                    if year is not None and year != period.year:
                        found.append(
                            _read(relation, self._in_year(period, year), how, period.rule, in_text, back, read_in)
                        )
        return found

    def _in_year(self, period: Period, year: int) -> Period:
        """A period read in a year; that of the same period and year is the same."""
        if (id(period), year) not in self._reread:
            self._reread[id(period), year] = period.in_year(year)
        return self._reread[id(period), year]

    def _sentence_candidates(self, index: int) -> list[PeriodCandidate]:
        """Those that all quantities of a sentence have: of the sentences before it, and of its headings."""
        around, outline = self._around, self._document.outline
        sentence = around.sentences[index]
        earlier = list(around.earlier(index, self._in_order))
        found: list[PeriodCandidate] = []
        for relation in dict.fromkeys(relation for relation, _, _ in earlier):
            found += self._readings(
                relation, [(p, back, True) for said, back, p in earlier if said == relation], "carried"
            )
        headings = [outline.sections[section] for section in outline.path(sentence.section)]
        named = [
            (period, 0, True)
            for heading in headings
            for period in self._in_order.before(heading.heading_start, heading.heading_end, 2)
            if not sentence.start <= period.start < sentence.end
        ]
        return found + self._readings("heading", named, "heading")

    @cached_property
    def _of_title(self) -> list[PeriodCandidate]:
        """Those of the title, which may stand outside the text."""
        titles = [(self._title, True), (self._outside, False)]
        return self._readings("title", [(p, 0, in_text) for periods, in_text in titles for p in periods], "title")

    @cached_property
    def _of_date(self) -> list[PeriodCandidate]:
        """Those that the date of publication gives."""
        if self._published is None:
            return []
        year, rule, said = self._published.year, str(Relation.PERIOD_PUBLISHED), self._report_year
        given = [("published", year, rule), ("year_before", year - 1, rule)]
        if said.year is not None:
            given.insert(0, ("reported", said.year, said.rule))
        return [PeriodCandidate(name, _bare(when, by), "published", by) for name, when, by in given]

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
                float(len(self._in_order.before(sentence.start, quantity.start, 6))),
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

    def _between(self, numbers: Ints, candidates: Sequence[PeriodCandidate]) -> list[npt.NDArray[Any]]:
        """`_OF_PAIR` but for its last, of candidates and the quantities of the same place."""
        around = self._around
        gaps = around.gaps(numbers, ((c.start, c.end) for c in candidates))
        gaps = gaps._replace(highs=np.maximum(gaps.lows, gaps.highs))  # what overlaps has nothing in between
        back = np.array([c.back for c in candidates])
        chosen = [choice.value.year if choice.value is not None else None for choice in self._heuristic]
        return [
            *around.between(gaps, self._in_order, back == 0),
            np.array([_RELATIONS.index(c.relation) for c in candidates]),
            np.array([_READ_IN.index(c.read_in) for c in candidates]),
            back,
            np.array([c.year == chosen[n] for c, n in zip(candidates, numbers.tolist(), strict=True)]),
            around.says("founding", gaps.lows, gaps.highs),
        ]


def _nearest(periods: Sequence[Period], offset: int) -> Period:
    """The period that begins nearest to an offset, the first of those as near; periods are in text order."""
    at = bisect_left(periods, offset, key=lambda period: period.start)
    return min(periods[max(0, at - 1) : at + 1], key=lambda period: abs(period.start - offset))


def _read(
    relation: str, value: Period | None, how: How, rule: str, in_text: bool, back: int = 0, read_in: str = "as_read"
) -> PeriodCandidate:
    start, end = (value.start, value.end) if in_text and value is not None else (None, None)
    return PeriodCandidate(relation, value, how, rule, start, end, back, read_in)


def _bare(year: int, rule: str) -> Period:
    return Period(0, 0, "", year, None, None, "published", "vague", rule)


def _cue(character: str) -> float:
    return _CUES.get(character, -1.0)
