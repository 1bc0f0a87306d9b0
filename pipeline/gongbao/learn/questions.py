"""The questions that rankers answer: the candidates of a field for each quantity, and how right each of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq
from typing import Any

import numpy as np
import numpy.typing as npt

from gongbao.document import Document
from gongbao.evaluate.judge import same_name
from gongbao.linking.choose import Heuristics
from gongbao.linking.period_candidates import PeriodCandidates
from gongbao.linking.place_candidates import PlaceCandidates
from gongbao.names.candidates import NONE, alike, key
from gongbao.names.ranking import OWN, Proposals
from gongbao.names.tagger import FieldProposals

OPTIONAL_WEIGHT = 0.3
SECOND_YEAR = 0.5
"""How right a year is that stands after the first of the right ones."""
OTHER_FORM = 0.5
"""How right a name is that only resembles a right one: it may be cut at a wrong edge."""


@dataclass(slots=True)
class Questions:
    """All questions of one field: the candidates of each with features, and how right each is.

    Attributes:
        alike: Whether two values speak for each other.
        own: What a candidate's own share counts beside that of all that speak for it.
    """

    alike: Callable[[Any, Any], bool] = eq
    own: float = 0.0
    rows: list[npt.NDArray[np.float32]] = field(default_factory=list)
    right: list[list[float]] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    facts: list[tuple[int, int]] = field(default_factory=list)

    def add(
        self, article: int, number: int, rows: Sequence[Sequence[float]], values: Sequence[Any],
        right: Sequence[float], optional: bool,
    ) -> None:  # fmt: skip
        """Note one question."""
        self.rows.append(np.array(rows, np.float32))
        self.values.append(list(values))
        self.right.append(list(right))
        self.articles.append(article)
        self.weights.append(OPTIONAL_WEIGHT if optional else 1.0)
        self.facts.append((article, number))

    def chosen(self, values: Sequence[Any], shares: npt.NDArray[np.float64]) -> tuple[int, npt.NDArray[np.float64]]:
        """The candidate of one question that is chosen, and for each candidate the share of all that agrees with it."""
        agreeing = np.array([[self.alike(one, other) for other in values] for one in values], bool) @ shares
        agreeing = np.minimum(1.0, np.maximum(agreeing, shares))
        return int(np.argmax((agreeing + self.own * shares).round(6))), agreeing


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one article.

    Attributes:
        number: Of the article.
        document: With all layers below the names.
        heuristics: What the linkers by rule say of it.
        facts: What is right, by the number of the quantity, as gold has it: `place` and `place_also`, `year` and
            `initiative` (lists of what is right, the best first), `optional`.
        proposals: What the network proposes; None where it may not be asked.
        silent: Leave the network out of what is asked of places and years.
    """

    number: int
    document: Document
    heuristics: Heuristics
    facts: Mapping[int, Mapping[str, Any]]
    proposals: FieldProposals | None
    silent: bool = False

    @property
    def _numbers(self) -> list[tuple[int, Mapping[str, Any]]]:
        around = self.heuristics.around
        return [(n, fact) for n, fact in self.facts.items() if around.sentence_of[n] is not None]

    def names(self) -> Proposals | None:
        """The names that compete, None where there are none."""
        if self.proposals is None or not self.document.quantities:
            return None
        starts = np.array([quantity.start for quantity in self.document.quantities])
        found = self.proposals
        return Proposals(self.document.text, starts, found.indicators, found.initiatives, self.document.places)

    def ask_places(self, into: Questions) -> None:
        """Which place each amount has."""
        heuristics = self.heuristics
        heard = self.proposals.ranks if self.proposals is not None and not self.silent else None
        places = PlaceCandidates(heuristics.around, heuristics.topics, heuristics.places, heuristics.cells, heard)
        for n, fact in self._numbers:
            (row,), features = places.of([n])
            right = [fact.get("place") or None, *(fact.get("place_also") or [])]
            values = [c.value for c in row]
            good = [float(value in right) for value in values]
            into.add(self.number, n, features.tolist(), values, good, bool(fact.get("optional")))

    def ask_years(self, into: Questions) -> None:
        """Which year each amount has."""
        heuristics = self.heuristics
        heard = self.proposals.statuses if self.proposals is not None and not self.silent else None
        periods = PeriodCandidates(heuristics.around, heuristics.times.choices, heard, heuristics.cells)
        for n, fact in self._numbers:
            years = fact.get("year") or []
            # Without the shares of statuses the trees would learn to give no year.
            if years and self.proposals is not None:
                (timed,), features = periods.of([n])
                good = [1.0 if c.year == years[0] else SECOND_YEAR * (c.year in years) for c in timed]
                values = [c.year for c in timed]
                into.add(self.number, n, features.tolist(), values, good, bool(fact.get("optional")))

    def ask_initiatives(self, into: Questions, names: Proposals | None) -> None:
        """Which of the names that compete is each amount's initiative."""
        if names is None:
            return
        ranked = names.candidates()
        for n, fact in self._numbers:
            spans = [span for span in ranked.spans[n].tolist() if span != NONE]
            if fact.get("initiative") and spans:
                texts = [names.name(span, 0.0).text for span in spans]
                good = [_how_right(text, fact["initiative"]) for text in texts]
                rows = ranked.features[n, : len(spans)].tolist()
                into.add(self.number, n, rows, texts, good, bool(fact.get("optional")))


def of_initiatives() -> Questions:
    """No questions of initiatives yet; of these names speak for each other."""
    return Questions(alike, OWN)


def _how_right(name: str, accepted: Sequence[str]) -> float:
    if key(name) in map(key, accepted):
        return 1.0
    return OTHER_FORM if same_name(name, accepted) else 0.0
