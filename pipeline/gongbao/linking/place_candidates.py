"""The places that may be a quantity's, and how each stands to it.

Candidates are the mentions around the quantity, what the relative ones (全市, 我省) mean there, its headings, the
title, what the article speaks of most, what these lie in, the nation, none, and what the heuristics of `places` choose.
A value may have several candidates: each is one way by which it could be the quantity's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
import numpy.typing as npt

from gongbao.chinese.clauses import between
from gongbao.document import PLACE_RANKS, Place, Sentence
from gongbao.linking.respectively import name_runs
from gongbao.linking.scope import TextChoice, stated_in
from gongbao.linking.surroundings import Surroundings, after, before
from gongbao.places.paths import (
    COUNTRY,
    ancestor,
    ancestors,
    common_ancestor,
    depth,
    lies_in,
    lineage,
    narrowest,
    place_rank,
    province_of,
    rank_of,
)
from gongbao.record import How
from gongbao.relations import Relation

_FORMS = ("name", "zone", "organisation", "embedded", "relative", "adjective")
_RANKS = {"country": 0.0, "province": 1.0, "city": 2.0, "district": 3.0}
_RELATIONS = (
    "before", "after", "earlier", "paragraph_before", "heading", "title", "main", "holder", "relative", "nation",
    "none", "heuristic", "dateline", "title_outside",
)  # fmt: skip
_HOWS = ("stated", "heading", "carried", "title", "published", "default")

FEATURES = (
    "relation", "form", "rank", "is_topic", "ambiguous", "distance", "sentences_back", "clauses", "semicolons",
    "amounts_between", "mentions_between", "opens_sentence", "opens_clause", "in_brackets", "run_size", "run_place",
    "says", "value_rank", "depth", "share", "share_inside", "count", "in_title", "in_own_heading", "in_headings",
    "is_main", "inside_main", "holds_main", "is_heuristic", "heuristic_how", "heuristic_score", "inside_heuristic",
    "holds_heuristic", "relative_rank", "sentence_mentions", "sentence_before_mentions", "foreign", "provinces",
    "values", "nearest_relative", "nation_share", "same_value_nearer", "is_title_narrowest", "is_common", "no_titles",
    "after_amount_clause", "paragraph_first", "before_char", "after_char", "network_share",
    *(f"network_{rank}" for rank in PLACE_RANKS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way in which a value could be a quantity's, with where it was read."""

    value: str | None
    how: How
    rule: str
    start: int | None
    end: int | None
    features: list[float]


@dataclass(slots=True)
class _Slot:
    relation: str
    value: str | None
    how: How
    rule: str
    mention: Place | None = None
    start: int | None = None
    end: int | None = None
    back: int = 0


@dataclass(frozen=True, slots=True)
class _OfSentence:
    """What the sentence of a quantity says of places: those of its headings, how many stand before the quantity and how
    many different ones, the rank of the nearest relative one (-1 without), and whether it opens its paragraph.
    """

    sentence: Sentence | None
    headings: frozenset[str]
    mentions: int
    values: int
    relative_rank: float
    opens_paragraph: bool


def value_of(place: Place) -> str | None:
    """The path of a place, its country's usual name abroad; None for a relative one."""
    if place.place is not None:
        return place.place
    return place.country if place.form in ("name", "embedded") else None


class PlaceCandidates:
    """The candidates of all quantities of one article.

    Args:
        around: The article's surroundings.
        topics: Those of its mentions that a sentence may be about.
        heuristic: What the heuristics chose for each quantity.
        cells: The quantities that stand in tables.
        ranks: [N, 6] the network's shares of `PLACE_RANKS` for each quantity, None without a network.
    """

    def __init__(
        self,
        around: Surroundings,
        topics: Collection[Place],
        heuristic: Sequence[TextChoice],
        cells: Mapping[int, object],
        ranks: npt.NDArray[np.float32] | None,
    ) -> None:
        self._around, self._heuristic, self._cells, self._ranks = around, heuristic, cells, ranks
        document = self._document = around.document
        self._topics = set(topics)
        self._mentions = [p for p in document.places if value_of(p) is not None]
        self._relative = [p for p in document.places if p.place is None and p.form == "relative"]
        self._values = Counter(str(value_of(p)) for p in self._mentions)
        self._inside = Counter(part for p in self._mentions for part in lineage(str(value_of(p))))
        self._total = max(1, len(self._mentions))
        named = [p for p in self._mentions if p.place and p.rank != "country" and p.form not in ("adjective",)]
        self._title_end = next((s.end for s in around.sentences if s.role == "title"), 0)
        self._title = [p for p in named if p.end <= self._title_end]
        self._outside = [p for p in document.title_places if value_of(p) is not None]
        self._title_values = {str(value_of(p)) for p in (*self._title, *self._outside)}
        paths = [str(p.place) for p in (*self._title, *self._outside) if p.place and p.rank != "country"]
        self._narrowest = narrowest(paths) if paths else None
        known = (p.place for p in (*self._mentions, *self._outside) if p.place is not None)
        self._paths = {part for path in known for part in lineage(path)}
        self._main = self._most_named(named)
        self._common = common_ancestor([str(p.place) for p in named]) if named else None
        self._provinces = len({province_of(str(p.place)) for p in named})
        self._runs: dict[Place, tuple[int, int]] = {}
        for run in name_runs(around.cues, around.text, self._mentions):
            for number, place in enumerate(run):
                self._runs[place] = (number, len(run))
        sections = document.outline.sections
        self._headings = [between(self._mentions, s.heading_start, s.heading_end) for s in sections]
        self._heading_values = {str(value_of(p)) for places in self._headings for p in places}

    def _most_named(self, named: Sequence[Place]) -> str | None:
        """The smallest place that at least half of the names lie in."""
        if not named:
            return None
        counts = Counter(part for p in named for part in lineage(str(p.place)))
        half = [path for path, count in counts.items() if count * 2 >= len(named)]
        return max(half, key=lambda path: (depth(path), counts[path], path)) if half else None

    def of(self, number: int) -> list[Candidate]:
        """The candidates of one quantity, in the order in which they were looked up."""
        slots = self._slots(number)
        common = self._around.of_quantity(number, number in self._cells)
        of_sentence = self._sentence_features(number)
        ranks = self._ranks[number].tolist() if self._ranks is not None else [-1.0] * len(PLACE_RANKS)
        nearer: set[str | None] = set()
        found = []
        for slot in slots:
            share = ranks[PLACE_RANKS.index(place_rank(slot.value))]
            row = [*self._features(number, slot, slot.value in nearer, of_sentence), share, *ranks, *common]
            nearer.add(slot.value)
            found.append(Candidate(slot.value, slot.how, slot.rule, slot.start, slot.end, row))
        return found

    # -- slots -----------------------------------------------------------------------------------------------

    def _slots(self, number: int) -> list[_Slot]:
        around, document = self._around, self._document
        quantity = document.quantities[number]
        index = around.sentence_of[number]
        slots: list[_Slot] = []

        def add(relation: str, place: Place, how: How, back: int = 0) -> None:
            slots.append(_Slot(relation, value_of(place), how, place.rule, place, place.start, place.end, back))

        if index is not None:
            sentence = around.sentences[index]
            how = stated_in(sentence)
            own = before(self._mentions, sentence.start, quantity.start, 6)
            for place in own:
                add("before", place, how)
            for place in after(self._mentions, quantity.end, sentence.end, 2):
                add("after", place, how)
            for relation, back, place in around.earlier(index, self._mentions):
                add(relation, place, "carried", back)
            for section in document.outline.path(sentence.section):
                for place in self._headings[section][:2]:
                    if not sentence.start <= place.start < sentence.end:
                        add("heading", place, "heading")
            for place in before(self._relative, sentence.start, quantity.start, 2):
                bases = [s.value for s in slots if s.value and s.relation in ("before", "earlier", "heading")]
                for base in dict.fromkeys([*bases[:4], self._narrowest, self._main]):
                    path = ancestor(base, place.rank) if base and base in self._paths else None
                    if path is not None:
                        slots.append(_Slot("relative", path, how, place.rule, place, place.start, place.end))
        for place in self._title[:3]:
            add("title", place, "title")
        for place in self._outside[:3]:
            slots.append(_Slot("title_outside", value_of(place), "title", place.rule, place))
        if self._narrowest:
            slots.append(_Slot("title", self._narrowest, "title", Relation.PLACE_TITLE))
        if self._main:
            slots.append(_Slot("main", self._main, "carried", Relation.PLACE_ARTICLE))
        if self._common and self._common != COUNTRY:
            slots.append(_Slot("main", self._common, "carried", Relation.PLACE_ARTICLE))
        for path in dict.fromkeys(part for s in slots if s.value in self._paths for part in ancestors(str(s.value))):
            slots.append(_Slot("holder", path, "carried", Relation.PLACE_HOLDER))
        if self._paths or not any(place.rank != "country" for place in self._relative):
            # 我市 without a name is some city, not the nation.
            slots.append(_Slot("nation", COUNTRY, "default", Relation.PLACE_COUNTRY))
        slots.append(_Slot("none", None, "default", Relation.PLACE_NONE))
        chosen = self._heuristic[number]
        value = str(chosen.value) if chosen.value is not None else None
        slots.append(_Slot("heuristic", value, chosen.how, chosen.rule, None, chosen.start, chosen.end))
        distinct: dict[tuple[str, str | None], _Slot] = {}
        for slot in slots:
            distinct.setdefault((slot.relation, slot.value), slot)
        return list(distinct.values())

    # -- relations -------------------------------------------------------------------------------------------

    def _sentence_features(self, number: int) -> _OfSentence:
        """What is the same for all candidates of a quantity."""
        index = self._around.sentence_of[number]
        if index is None:
            return _OfSentence(None, frozenset(), 0, 0, -1.0, False)
        sentence, start = self._around.sentences[index], self._document.quantities[number].start
        path = self._document.outline.path(sentence.section)
        named = before(self._mentions, sentence.start, start, 8)
        relative = before(self._relative, sentence.start, start, 1)
        return _OfSentence(
            sentence,
            frozenset(str(value_of(p)) for section in path for p in self._headings[section]),
            len(named),
            len({value_of(p) for p in named}),
            _RANKS[relative[0].rank] if relative else -1.0,
            self._around.paragraph_start[sentence.paragraph] == sentence.start,
        )

    def _features(self, number: int, slot: _Slot, nearer: bool, own: _OfSentence) -> list[float]:
        around, text = self._around, self._around.text
        quantity = self._document.quantities[number]
        place, value = slot.mention, slot.value
        inside = slot.relation != "title_outside" and place is not None
        low, high = (0, 0)
        if inside and place is not None:
            low, high = (place.end, quantity.start) if place.end <= quantity.start else (quantity.end, place.start)
        heuristic = self._heuristic[number]
        chosen = str(heuristic.value) if heuristic.value is not None else None
        path = value or ""
        run = self._runs.get(place, (0, 1)) if place is not None else (0, 1)
        gap = text[low:high] if inside and high - low < 80 else ""
        sentence_start = own.sentence.start if own.sentence is not None else 0
        return [
            float(_RELATIONS.index(slot.relation)),
            float(_FORMS.index(place.form)) if place is not None else -1.0,
            _RANKS[place.rank] if place is not None else -1.0,
            float(place in self._topics) if place is not None else -1.0,
            float(place.ambiguous) if place is not None else 0.0,
            log1p(max(0, high - low)),
            float(slot.back),
            float(min(9, around.clauses_between(low, high))),
            float(min(5, around.semicolons_between(low, high))),
            float(min(6, around.quantities_between(low, high))) if inside else -1.0,
            float(len(before(self._mentions, low, high, 6))) if inside and high - low < 400 else -1.0,
            float(min(20, place.start - sentence_start)) if inside and place is not None and slot.back == 0 else -1.0,
            float(min(12, place.start - around.clause_head(place.start))) if inside and place is not None else -1.0,
            float(gap.count("）") + gap.count(")") - gap.count("（") - gap.count("(")),
            float(run[1]),
            float(run[0]),
            float(around.cues["announces"].match(text, place.end) is not None) if inside and place is not None else 0.0,
            _RANKS[rank_of(path)] if value in self._paths or value == COUNTRY else -1.0,
            float(depth(path)) if value else -1.0,
            self._values[path] / self._total,
            self._inside[path] / self._total,
            log1p(self._values[path]),
            float(path in self._title_values),
            float(path in own.headings),
            float(path in self._heading_values),
            float(value == self._main),
            float(lies_in(value, self._main)),
            float(lies_in(self._main, value)),
            float(value == chosen),
            float(_HOWS.index(heuristic.how)),
            1.0 - heuristic.score,
            float(lies_in(value, chosen)),
            float(lies_in(chosen, value)),
            _RANKS[place.rank] if place is not None and place.form == "relative" else -1.0,
            float(own.mentions),
            float(own.values),
            float(value is not None and value not in self._paths and value != COUNTRY),
            float(self._provinces),
            float(min(30, len(self._values))),
            own.relative_rank,
            self._values[COUNTRY] / self._total,
            float(nearer),
            float(value is not None and value == self._narrowest),
            float(value is not None and value == self._common),
            float(not self._title_values),
            float(text.find("，", quantity.end, low) >= 0) if slot.relation == "after" else -1.0,
            float(own.opens_paragraph),
            _cue(text[place.start - 1 : place.start]) if inside and place is not None and place.start else -1.0,
            _cue(text[place.end : place.end + 1]) if inside and place is not None else -1.0,
        ]


_CUES = {
    c: float(n)
    for n, c in enumerate("在与和同对向从到至往由较比占于是为的、，。；：“”（）《》市省县区等将已有共成全各以及\n")
}


def _cue(character: str) -> float:
    """The number of a character that tells how a name is used, -1 for all others."""
    return _CUES.get(character, -1.0)
