"""The places that may be a quantity's, and how each stands to it.

Candidates are the mentions around the quantity, what the relative ones (全市, 我省) mean there, its headings, the
title, what the article speaks of most, what these lie in, the nation, none, and what the heuristics of `places` choose.
A value may have several candidates: each is one way by which it could be the quantity's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from math import log1p
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gongbao.chinese.clauses import between
from gongbao.document import PLACE_RANKS, Place
from gongbao.linking.respectively import name_runs
from gongbao.linking.scope import TextChoice, stated_in
from gongbao.linking.surroundings import BETWEEN, QUANTITY, InOrder, Surroundings, numbered, repeated
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

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_FORMS = ("name", "zone", "organisation", "embedded", "relative", "adjective")
_RANKS = {"country": 0.0, "province": 1.0, "city": 2.0, "district": 3.0}
_RELATIONS = (
    "before", "after", "earlier", "paragraph_before", "heading", "title", "main", "holder", "relative", "nation",
    "none", "heuristic", "dateline", "title_outside",
)  # fmt: skip
_NUMBERS = {relation: float(number) for number, relation in enumerate(_RELATIONS)}
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
    *BETWEEN, "mentions_between", "opens_sentence", "after_amount_clause", "relation", "sentences_back",
    "in_own_heading", "is_heuristic", "inside_heuristic", "holds_heuristic", "same_value_nearer", "network_share",
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
    *_OF_PAIR, *_OF_VALUE, *_OF_MENTION, *_OF_QUANTITY, *(f"network_{rank}" for rank in PLACE_RANKS), *QUANTITY,
)  # fmt: skip
_IN_ORDER = [*map(_IN_ROW.index, (*FEATURES, *QUANTITY))]
_REMEMBERED = 1024
"""Sentences, sections and pairs of values of which is kept what was found: the next quantity asks for it again."""


class PlaceCandidate(NamedTuple):
    """One way in which a value could be a quantity's, with where it was read: `back` sentences before that of the
    quantity.
    """

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
        self._in_order = InOrder(self._mentions)
        self._relative = InOrder([p for p in document.places if p.place is None and p.form == "relative"])
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
        self._of_sentence = lru_cache(_REMEMBERED)(self._sentence_candidates)
        self._of_section = lru_cache(_REMEMBERED)(self._section_places)

    def _most_named(self, named: Sequence[Place]) -> str | None:
        """The smallest place that at least half of the names lie in."""
        if not named:
            return None
        counts = Counter(part for p in named for part in lineage(str(p.place)))
        half = [path for path, count in counts.items() if count * 2 >= len(named)]
        return max(half, key=lambda path: (depth(path), counts[path], path)) if half else None

    def of(self, numbers: Sequence[int]) -> tuple[list[list[PlaceCandidate]], FloatArray]:
        """The candidates of some quantities, each's in the order in which they were looked up, and the features of all,
        [candidates, FEATURES and QUANTITY].
        """
        if not numbers:
            return [], np.zeros((0, len(_IN_ORDER)), np.float32)
        found = [self._candidates(number) for number in numbers]
        flat = [candidate for own in found for candidate in own]
        question = np.repeat(np.arange(len(found)), [len(own) for own in found])
        ranks = self._ranks[list(numbers)] if self._ranks is not None else np.full((len(found), len(PLACE_RANKS)), -1.0)
        of_quantity = np.array(
            [
                (
                    *self._of_quantity(number),
                    *ranks[n].tolist(),
                    *self._around.of_quantity(number, number in self._cells),
                )
                for n, number in enumerate(numbers)
            ]
        )
        value, values = numbered(candidate.value for candidate in flat)
        of_value = np.array([self._value_features(each) for each in values])
        mention, mentions = numbered((id(c.mention), c.start is not None) for c in flat)
        kept = {id(c.mention): c.mention for c in flat}
        of_mention = np.array([self._mention_features(kept[each], inside) for each, inside in mentions])
        rank = np.array([PLACE_RANKS.index(place_rank(each)) for each in values])[value]
        pairs = [
            *self._between(np.array(numbers)[question], flat),
            *np.array([self._of_pair(numbers[n], c) for n, c in zip(question.tolist(), flat, strict=True)]).T,
            repeated(question, value),
            ranks[question, rank],
        ]
        rows = np.concatenate(
            [np.stack(pairs, axis=1), of_value[value], of_mention[mention], of_quantity[question]], axis=1
        )
        return found, rows[:, _IN_ORDER].astype(np.float32)

    # -- candidates ------------------------------------------------------------------------------------------

    def _candidates(self, number: int) -> list[PlaceCandidate]:
        around, document = self._around, self._document
        quantity = document.quantities[number]
        index = around.sentence_of[number]
        found: list[PlaceCandidate] = []
        if index is not None:
            sentence = around.sentences[index]
            how = stated_in(sentence)
            found += (_read("before", p, how) for p in self._in_order.before(sentence.start, quantity.start, 6))
            found += (_read("after", p, how) for p in self._in_order.after(quantity.end, sentence.end, 2))
            found += self._of_sentence(index)
            for place in self._relative.before(sentence.start, quantity.start, 2):
                bases = [c.value for c in found if c.value and c.relation in ("before", "earlier", "heading")]
                for base in dict.fromkeys([*bases[:4], self._narrowest, self._main]):
                    path = ancestor(base, place.rank) if base and base in self._paths else None
                    if path is not None:
                        found.append(PlaceCandidate("relative", path, how, place.rule, place, place.start, place.end))
        found += self._of_article
        for path in dict.fromkeys(part for c in found if c.value in self._paths for part in ancestors(str(c.value))):
            found.append(PlaceCandidate("holder", path, "carried", Relation.PLACE_HOLDER))
        if self._paths or not any(place.rank != "country" for place in self._relative.spans):
            # 我市 without a name is some city, not the nation.
            found.append(PlaceCandidate("nation", COUNTRY, "default", Relation.PLACE_COUNTRY))
        found.append(PlaceCandidate("none", None, "default", Relation.PLACE_NONE))
        chosen = self._heuristic[number]
        value = str(chosen.value) if chosen.value is not None else None
        found.append(PlaceCandidate("heuristic", value, chosen.how, chosen.rule, None, chosen.start, chosen.end))
        distinct: dict[tuple[str, str | None], PlaceCandidate] = {}
        for candidate in found:
            distinct.setdefault((candidate.relation, candidate.value), candidate)
        return list(distinct.values())

    def _sentence_candidates(self, index: int) -> list[PlaceCandidate]:
        """Those that all quantities of a sentence have: of the sentences before it, and of its headings."""
        around, outline = self._around, self._document.outline
        sentence = around.sentences[index]
        found = [
            _read(relation, place, "carried", back) for relation, back, place in around.earlier(index, self._in_order)
        ]
        found += (
            _read("heading", place, "heading")
            for section in outline.path(sentence.section)
            for place in self._headings[section][:2]
            if not sentence.start <= place.start < sentence.end
        )
        return found

    @cached_property
    def _of_article(self) -> list[PlaceCandidate]:
        """Those that all quantities have: of the title, and of what the article speaks of most."""
        found = [_read("title", place, "title") for place in self._title[:3]]
        found += (
            PlaceCandidate("title_outside", value_of(place), "title", place.rule, place) for place in self._outside[:3]
        )
        if self._narrowest:
            found.append(PlaceCandidate("title", self._narrowest, "title", Relation.PLACE_TITLE))
        if self._main:
            found.append(PlaceCandidate("main", self._main, "carried", Relation.PLACE_ARTICLE))
        if self._common and self._common != COUNTRY:
            found.append(PlaceCandidate("main", self._common, "carried", Relation.PLACE_ARTICLE))
        return found

    # -- relations -------------------------------------------------------------------------------------------

    def _of_quantity(self, number: int) -> tuple[float, ...]:
        """`_OF_QUANTITY`: what is the same for all candidates."""
        around, index, heuristic = self._around, self._around.sentence_of[number], self._heuristic[number]
        in_sentence: tuple[float, ...] = (0.0, 0.0, -1.0, 0.0)
        if index is not None:
            sentence, start = around.sentences[index], self._document.quantities[number].start
            named = self._in_order.before(sentence.start, start, 8)
            relative = self._relative.before(sentence.start, start, 1)
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

    def _between(self, numbers: Ints, candidates: Sequence[PlaceCandidate]) -> list[npt.NDArray[np.float64]]:
        """`BETWEEN` and the three features behind it, of candidates and the quantities of the same place."""
        gaps = self._around.gaps(numbers, ((c.start, c.end) if c.mention else (None, None) for c in candidates))
        return [
            *self._around.between(gaps, self._in_order, np.array([c.back == 0 for c in candidates])),
            np.array([0.0 if c.relation == "after" else -1.0 for c in candidates]),  # no clause begins in between
        ]

    def _of_pair(self, number: int, candidate: PlaceCandidate) -> tuple[float, ...]:
        """The further features of `_OF_PAIR`, but for the last two."""
        value = candidate.value
        chosen = self._heuristic[number].value
        return (
            _NUMBERS[candidate.relation],
            candidate.back,
            (value or "") in self._own_headings(number),
            *_beside(value, str(chosen) if chosen is not None else None),
        )

    def _own_headings(self, number: int) -> frozenset[str]:
        """The places of the headings that a quantity stands under."""
        index = self._around.sentence_of[number]
        return self._of_section(self._around.sentences[index].section) if index is not None else frozenset()

    def _section_places(self, section: int) -> frozenset[str]:
        path = self._document.outline.path(section)
        return frozenset(str(value_of(place)) for number in path for place in self._headings[number])


def _read(relation: str, place: Place, how: How, back: int = 0) -> PlaceCandidate:
    return PlaceCandidate(relation, value_of(place), how, place.rule, place, place.start, place.end, back)


@lru_cache(_REMEMBERED)
def _beside(value: str | None, chosen: str | None) -> tuple[float, float, float]:
    """Whether a value is the heuristics' choice, lies in it, holds it."""
    return float(value == chosen), float(lies_in(value, chosen)), float(lies_in(chosen, value))


_CUES = {
    c: float(n)
    for n, c in enumerate("在与和同对向从到至往由较比占于是为的、，。；：“”（）《》市省县区等将已有共成全各以及\n")
}


def _cue(character: str) -> float:
    """The number of a character that tells how a name is used, -1 for all others."""
    return _CUES.get(character, -1.0)
