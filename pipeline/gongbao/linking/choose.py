"""Choosing place, year and status of every quantity: candidates, their relations, a ranker for each field.

What the heuristics of `places` and `periods` choose is one candidate among the others and a relation of all. Names are
ranked where they are proposed (`gongbao.names.ranking`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from gongbao.document import NamePrediction, Place
from gongbao.linking.period_candidates import PeriodCandidates
from gongbao.linking.periods import LinkedPeriods
from gongbao.linking.place_candidates import PlaceCandidates
from gongbao.linking.scope import Choice, PeriodChoice, TextChoice
from gongbao.linking.status import StatusClassifier, features
from gongbao.linking.surroundings import Surroundings
from gongbao.linking.tables import Cell
from gongbao.ranker import Answer, Learned, Ranker, Reason
from gongbao.record import How, LinkedField, Status
from gongbao.relations import Relation

ValueT = TypeVar("ValueT", covariant=True)


class _Candidate(Protocol[ValueT]):
    """What a candidate for a place and one for a period have alike."""

    @property
    def value(self) -> ValueT | None: ...
    @property
    def how(self) -> How: ...
    @property
    def rule(self) -> str: ...
    @property
    def start(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Heuristics:
    """What the linkers by rule say of the quantities of one document.

    Attributes:
        around: The article's surroundings.
        places: One choice for each quantity.
        times: What they say of times.
        topics: The place mentions that sentences may be about.
        cells: The quantities that stand in tables, by their number.
        listed_names: Where each name of a list in step with amounts stands, by the number of the first amount.
    """

    around: Surroundings
    places: Sequence[TextChoice]
    times: LinkedPeriods
    topics: Sequence[Place]
    cells: Mapping[int, Cell]
    listed_names: Mapping[int, Sequence[tuple[int, int]]]

    def place_is_said(self, number: int) -> bool:
        """True where a table (header, row, caption) or a list in step (甲、乙分别…) says the place of a quantity, which
        relations to words cannot tell better.
        """
        return number in self.cells or self.places[number].rule == Relation.PLACE_RESPECTIVELY

    def time_is_said(self, number: int) -> bool:
        """True where a table, a list in step (2021年、2022年分别…) or a comparison (上年同期…) says its time."""
        rule = self.times.choices[number].rule
        is_told = rule == Relation.PERIOD_RESPECTIVELY or rule == Relation.PERIOD_EARLIER_LEVEL
        return number in self.cells or is_told


@dataclass(frozen=True, slots=True)
class Chosen:
    """Place, year and status of one quantity; `score` of a choice is its calibrated confidence.

    The other choices of a field follow the first, likeliest first.
    """

    places: tuple[TextChoice, ...]
    years: tuple[PeriodChoice, ...]
    status: Status
    status_confidence: float


_PREVIOUS: tuple[Status, float] = ("previous", 0.95)
"""What an earlier level says of the world, and how sure that is."""
BLOCK = 256
"""Quantities whose candidates are held at once: those of one take 40 KB."""


class Chooser:
    """Chooses among candidates with the weights of this installation, or with those learned over them.

    Raises:
        ModelError: the weights are missing or broken.
    """

    def __init__(self, learned: Learned | None = None) -> None:
        self._places = Ranker.load("gongbao.linking", "place", learned)
        self._years = Ranker.load("gongbao.linking", "year", learned)
        self._statuses = StatusClassifier.load()

    def choose(self, heuristics: Heuristics, predictions: Sequence[NamePrediction] | None) -> dict[int, Chosen]:
        """For every quantity that stands in the article's content, by its number, what was chosen."""
        around = heuristics.around
        numbers = [n for n, index in enumerate(around.sentence_of) if index is not None]
        if not numbers:
            return {}
        shares = _shares("statuses", predictions)
        of_place, of_year = _candidates(heuristics, predictions)
        chosen: dict[int, Chosen] = {}
        told: dict[int, tuple[PeriodChoice, ...]] = {}
        for first in range(0, len(numbers), BLOCK):
            block = numbers[first : first + BLOCK]
            places, years = self._ranked(block, of_place, of_year, heuristics)
            told |= zip(block, years, strict=True)
            years = [_timed(number, told, heuristics) for number in block]
            tied = [own[0].value.year if own[0].value is not None else None for own in years]
            rows = features(around, block, shares, tied, heuristics.cells, self._statuses.words)
            classified = zip(block, self._statuses.classify(rows), strict=True)
            statuses = [
                _PREVIOUS if number in heuristics.times.earlier_levels else status for number, status in classified
            ]
            found = zip(block, places, years, statuses, strict=True)
            chosen |= {number: Chosen(place, year, *status) for number, place, year, status in found}
        return chosen

    def _ranked(
        self, numbers: Sequence[int], of_place: PlaceCandidates, of_year: PeriodCandidates, heuristics: Heuristics
    ) -> tuple[list[tuple[TextChoice, ...]], list[tuple[PeriodChoice, ...]]]:
        """The places and the years of some quantities, each best first; what a table or a list says is not asked."""
        asked = [number for number in numbers if not heuristics.place_is_said(number)]
        places, rows = of_place.of(asked)
        answers = self._places.answers([[c.value for c in row] for row in places], rows)
        place_of = dict(zip(asked, map(_choices, answers, places), strict=True))
        asked = [number for number in numbers if not heuristics.time_is_said(number)]
        periods, rows = of_year.of(asked)
        times = self._years.answers([[c.year for c in row] for row in periods], rows)
        year_of = dict(zip(asked, map(_choices, times, periods), strict=True))
        return (
            [place_of.get(number) or (heuristics.places[number],) for number in numbers],
            [year_of.get(number) or (heuristics.times.choices[number],) for number in numbers],
        )

    def reasons(
        self, heuristics: Heuristics, predictions: Sequence[NamePrediction] | None
    ) -> list[Mapping[LinkedField, list[Reason]]]:
        """What speaks for the first and for the second answer to place and year of each quantity; nothing where a table
        or a list says it.
        """
        of_place, of_year = _candidates(heuristics, predictions)
        found: list[Mapping[LinkedField, list[Reason]]] = []
        for number, index in enumerate(heuristics.around.sentence_of):
            reasons: dict[LinkedField, list[Reason]] = {}
            if index is not None and not heuristics.place_is_said(number):
                (row,), features = of_place.of([number])
                reasons["place"] = _reasons(self._places, [c.value for c in row], features)
            same = heuristics.times.time_of.get(number)
            asked = same.number if same else number
            if index is not None and not heuristics.time_is_said(asked):
                (times,), features = of_year.of([asked])
                reasons["year"] = _reasons(self._years, [c.year for c in times], features)
            found.append(reasons)
        return found


def _timed(
    number: int, told: Mapping[int, tuple[PeriodChoice, ...]], heuristics: Heuristics
) -> tuple[PeriodChoice, ...]:
    """The answers for the time of a quantity, from those for the one whose time it hangs on, if on any."""
    same, own = heuristics.times.time_of.get(number), heuristics.times.choices[number]
    if same is None or not same.years:
        return told[same.number if same else number]
    return tuple(
        own._replace(value=own.value.in_year(choice.value.year + same.years), score=choice.score)
        for choice in told[same.number]
        if own.value is not None and choice.value is not None and choice.value.year is not None
    ) or (own,)


def _candidates(
    heuristics: Heuristics, predictions: Sequence[NamePrediction] | None
) -> tuple[PlaceCandidates, PeriodCandidates]:
    """The candidates for place and year of a document."""
    shares, ranks = _shares("statuses", predictions), _shares("ranks", predictions)
    around, cells = heuristics.around, heuristics.cells
    places = PlaceCandidates(around, heuristics.topics, heuristics.places, cells, ranks)
    return places, PeriodCandidates(around, heuristics.times.choices, shares, cells)


def _reasons(ranker: Ranker, values: Sequence[Hashable], rows: npt.NDArray[np.float32]) -> list[Reason]:
    (answer,) = ranker.answers([values], rows)
    return ranker.reasons(rows[answer.candidate], rows[answer.others[0][1]]) if answer.others else []


def _shares(
    name: Literal["statuses", "ranks"], predictions: Sequence[NamePrediction] | None
) -> npt.NDArray[np.float32] | None:
    """[N, shares] what the network says of each quantity, None where it says nothing."""
    if not predictions or not getattr(predictions[0], name):
        return None
    return np.array([getattr(prediction, name) for prediction in predictions], np.float32)


def _choices(answer: Answer[Any], candidates: Sequence[_Candidate[ValueT]]) -> tuple[Choice[ValueT], ...]:
    ranked = [(answer.candidate, answer.confidence), *((number, chance) for _, number, chance in answer.others)]
    return tuple(
        Choice(c.value, c.how, c.rule, c.start, c.end, score)
        for c, score in ((candidates[number], score) for number, score in ranked)
    )
