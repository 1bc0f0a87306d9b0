"""The places that may be a quantity's, and how each stands to it.

Candidates are the mentions around the quantity, what the relative ones (全市, 我省) mean there, its headings, the
title, what the article speaks of most, what these lie in, the nation, none, and what the heuristics of `places` choose.
A value may have several candidates: each is one way by which it could be the quantity's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log1p
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from gongbao.chinese.clauses import between
from gongbao.document import PLACE_RANKS, Place
from gongbao.linking.respectively import name_runs
from gongbao.linking.scope import TextChoice, stated_in
from gongbao.linking.surroundings import QUANTITY, Surroundings, after, before
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
_OF_PAIR = (
    "relation", "distance", "sentences_back", "clauses", "semicolons", "amounts_between", "mentions_between",
    "opens_sentence", "in_brackets", "in_own_heading", "is_heuristic", "inside_heuristic", "holds_heuristic",
    "same_value_nearer", "after_amount_clause",
)  # fmt: skip
_OF_VALUE = (
    "value_rank", "depth", "share", "share_inside", "count", "in_title", "in_headings", "is_main", "inside_main",
    "holds_main", "foreign", "is_title_narrowest", "is_common",
)  # fmt: skip
_OF_MENTION = (
    "form", "rank", "is_topic", "ambiguous", "opens_clause", "run_size", "run_place", "says", "relative_rank",
    "before_char", "after_char",
)  # fmt: skip
_OF_QUANTITY = (
    "heuristic_how", "heuristic_score", "sentence_mentions", "sentence_before_mentions", "nearest_relative",
    "paragraph_first", "provinces", "values", "nation_share", "no_titles",
)  # fmt: skip
_IN_ROW = (
    *_OF_PAIR, *_OF_VALUE, *_OF_MENTION, "network_share", *_OF_QUANTITY, *(f"network_{rank}" for rank in PLACE_RANKS),
    *QUANTITY,
)  # fmt: skip
_IN_ORDER = itemgetter(*map(_IN_ROW.index, (*FEATURES, *QUANTITY)))
_REMEMBERED = 1024
"""Mentions and values whose features are kept: those around a quantity are also around the next."""


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
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
        self._of_value = lru_cache(_REMEMBERED)(self._value_features)
        self._of_mention = lru_cache(_REMEMBERED)(self._mention_features)

    def _most_named(self, named: Sequence[Place]) -> str | None:
        """The smallest place that at least half of the names lie in."""
        if not named:
            return None
        counts = Counter(part for p in named for part in lineage(str(p.place)))
        half = [path for path, count in counts.items() if count * 2 >= len(named)]
        return max(half, key=lambda path: (depth(path), counts[path], path)) if half else None

    def of(self, number: int) -> list[PlaceCandidate]:
        """The candidates of one quantity, in the order in which they were looked up."""
        slots = self._slots(number)
        headings = self._own_headings(number)
        ranks = self._ranks[number].tolist() if self._ranks is not None else [-1.0] * len(PLACE_RANKS)
        own = (*self._of_quantity(number), *ranks, *self._around.of_quantity(number, number in self._cells))
        nearer: set[str | None] = set()
        found = []
        for slot in slots:
            value, place = slot.value, slot.mention
            pair = self._of_pair(number, slot, value in nearer, headings)
            of_place = (*self._of_value(value), *self._of_mention(place, slot.relation != "title_outside"))
            share = ranks[PLACE_RANKS.index(place_rank(value))]
            row = list(_IN_ORDER((*pair, *of_place, share, *own)))
            nearer.add(value)
            found.append(PlaceCandidate(value, slot.how, slot.rule, slot.start, slot.end, row))
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

    def _of_quantity(self, number: int) -> tuple[float, ...]:
        """`_OF_QUANTITY`: what is the same for all candidates."""
        around, index, heuristic = self._around, self._around.sentence_of[number], self._heuristic[number]
        in_sentence: tuple[float, ...] = (0.0, 0.0, -1.0, 0.0)
        if index is not None:
            sentence, start = around.sentences[index], self._document.quantities[number].start
            named = before(self._mentions, sentence.start, start, 8)
            relative = before(self._relative, sentence.start, start, 1)
            in_sentence = (
                float(len(named)),
                float(len({value_of(p) for p in named})),
                _RANKS[relative[0].rank] if relative else -1.0,
                float(around.paragraph_start[sentence.paragraph] == sentence.start),
            )
        return (
            float(_HOWS.index(heuristic.how)),
            1.0 - heuristic.score,
            *in_sentence,
            float(self._provinces),
            float(min(30, len(self._values))),
            self._values[COUNTRY] / self._total,
            float(not self._title_values),
        )

    def _value_features(self, value: str | None) -> tuple[float, ...]:
        """`_OF_VALUE`: what a value is in the article."""
        path = value or ""
        is_path = value in self._paths or value == COUNTRY
        return (
            _RANKS[rank_of(path)] if is_path else -1.0,
            float(depth(path)) if value else -1.0,
            self._values[path] / self._total,
            self._inside[path] / self._total,
            log1p(self._values[path]),
            float(path in self._title_values),
            float(path in self._heading_values),
            float(value == self._main),
            float(lies_in(value, self._main)),
            float(lies_in(self._main, value)),
            float(value is not None and not is_path),
            float(value is not None and value == self._narrowest),
            float(value is not None and value == self._common),
        )

    def _mention_features(self, place: Place | None, inside: bool) -> tuple[float, ...]:
        """`_OF_MENTION`: what is the same for all quantities; `inside`: it stands in the text."""
        if place is None:
            return (-1.0, -1.0, -1.0, 0.0, -1.0, 1.0, 0.0, 0.0, -1.0, -1.0, -1.0)
        around, text = self._around, self._around.text
        run = self._runs.get(place, (0, 1))
        return (
            float(_FORMS.index(place.form)),
            _RANKS[place.rank],
            float(place in self._topics),
            float(place.ambiguous),
            float(min(12, place.start - around.clause_head(place.start))) if inside else -1.0,
            float(run[1]),
            float(run[0]),
            float(inside and around.cues["announces"].match(text, place.end) is not None),
            _RANKS[place.rank] if place.form == "relative" else -1.0,
            _cue(text[place.start - 1 : place.start]) if inside and place.start else -1.0,
            _cue(text[place.end : place.end + 1]) if inside else -1.0,
        )

    def _of_pair(self, number: int, slot: _Slot, nearer: bool, headings: Collection[str]) -> tuple[float, ...]:
        """`_OF_PAIR`: what lies between the two; `headings` are the places of those that the quantity stands under."""
        around, text = self._around, self._around.text
        quantity, index = self._document.quantities[number], around.sentence_of[number]
        value, heuristic = slot.value, self._heuristic[number]
        place = slot.mention if slot.relation != "title_outside" else None
        low, high = (0, 0)
        if place is not None:
            low, high = (place.end, quantity.start) if place.end <= quantity.start else (quantity.end, place.start)
        chosen = str(heuristic.value) if heuristic.value is not None else None
        gap = text[low:high] if place is not None and high - low < 80 else ""
        sentence_start = around.sentences[index].start if index is not None else 0
        return (
            float(_RELATIONS.index(slot.relation)),
            log1p(max(0, high - low)),
            float(slot.back),
            float(min(9, around.clauses_between(low, high))),
            float(min(5, around.semicolons_between(low, high))),
            float(min(6, around.quantities_between(low, high))) if place is not None else -1.0,
            float(len(before(self._mentions, low, high, 6))) if place is not None and high - low < 400 else -1.0,
            float(min(20, place.start - sentence_start)) if place is not None and slot.back == 0 else -1.0,
            float(gap.count("）") + gap.count(")") - gap.count("（") - gap.count("(")),
            float((value or "") in headings),
            float(value == chosen),
            float(lies_in(value, chosen)),
            float(lies_in(chosen, value)),
            float(nearer),
            float(text.find("，", quantity.end, low) >= 0) if slot.relation == "after" else -1.0,
        )

    def _own_headings(self, number: int) -> frozenset[str]:
        """The places of the headings that a quantity stands under."""
        index, outline = self._around.sentence_of[number], self._document.outline
        path = outline.path(self._around.sentences[index].section) if index is not None else ()
        return frozenset(str(value_of(p)) for section in path for p in self._headings[section])


_CUES = {
    c: float(n)
    for n, c in enumerate("在与和同对向从到至往由较比占于是为的、，。；：“”（）《》市省县区等将已有共成全各以及\n")
}


def _cue(character: str) -> float:
    """The number of a character that tells how a name is used, -1 for all others."""
    return _CUES.get(character, -1.0)
