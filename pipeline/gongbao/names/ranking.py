"""Choosing among the names that the network proposes for a quantity.

The network scores spans; the same name often stands at several places, longer and shorter forms compete, and the facts
of one article tend to share their initiative. Indicators have the network's probability, initiatives the share that a
ranker gives them for what the article and the neighbouring quantities say. Of both the one comes first with which most
of the probability agrees: of 成交额, 合同成交额 and 技术合同成交额 the middle one is the safest guess. Forms of a name
would else lose to another one, and a name would seem as doubtful as its edges are. The next is the one with which most
of what is left agrees, so that no two are forms of one name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from gongbao.chinese.clauses import Span
from gongbao.names.candidates import (
    NONE,
    Floats,
    Ints,
    Likeness,
    ProposedNames,
    SpanIndex,
    agreeing,
    key,
    merged,
    paired,
)
from gongbao.names.features import LONGEST, SENTENCE_ENDS
from gongbao.names.scores import Spans
from gongbao.ranker import Ranker, Reason

FloatArray = npt.NDArray[np.float32]

NAMES = 12
"""Names that compete for one quantity."""
OWN = 0.3
"""What a name's own probability counts beside that of all names that agree with it."""
KNOWN = 2.0
"""Head start in score of a known name that stands before an amount."""
FEATURES = (
    "log_probability", "support", "log_support", "support_elsewhere", "support_before", "support_behind",
    "support_before_that", "share_of_support", "order", "as_indicator", "is_indicator", "in_indicator",
    "holds_indicator", "begins_indicator", "in_sentence_before", "in_sentence_behind", "earlier_sentence",
    "from_sentence", "distance", "characters_between", "marks_between", "quantities_between", "other_clause",
    "other_paragraph", "size", "short", "middling", "long", "in_title", "log_count", "repeated", "after_quote",
    "with_quote", "with_rank", "in_place", "from_clause", "cue_before", "cue_behind", "to_next_quantity", "quantities",
)  # fmt: skip
"""What speaks for or against a name, in the order of the trees' columns."""
_IN_TEXT = FEATURES[FEATURES.index("size") : FEATURES.index("to_next_quantity")]
_LEADING = 6  # names of the article as a whole that compete for each of its quantities
_QUANTITIES = 64  # quantities that are compared at once
_SAID_IN = 1 << 16  # characters that names are counted in
_TAIL = regex.compile(
    r"(?:总?[额量值数]|金额|总值|增加值|收入|比例|比重|率|规模|面积|总量|产量|产值|水平|人数|数量|占比|销售额|成交额|进出口额)$"
)
_PLACE = regex.compile(r"[省市县区]")
_MARK = regex.compile(r"[，,；;：:（(。！？!?\n]")
_CUES = {c: float(n) for n, c in enumerate("的，。、；：“”（）()和与及为达是有在对由等了\n共已新将个家项人增", 1)}
_CLAUSE_END = regex.compile(r"[，；]")
_SENTENCE_END = regex.compile(f"[{SENTENCE_ENDS}]")


@dataclass(frozen=True, slots=True)
class Name:
    """A name for a field, with the probability to be right as far as ranking knows it."""

    start: int
    end: int
    text: str
    probability: float


@dataclass(frozen=True)
class Candidates:
    """The initiatives that compete for each of N quantities, strongest first, and what speaks for each."""

    spans: Ints
    """[N, NAMES], NONE where there are fewer."""
    features: FloatArray
    """[N, NAMES, FEATURES]"""
    known: npt.NDArray[np.bool_]
    """[N, NAMES]: which are names that the user knows and that stand near."""


class Proposals:
    """The names proposed for all quantities of an article.

    Args:
        text: The article's simplified text.
        starts: [N] where its quantities begin, in order.
        indicators: The spans proposed for each as indicator.
        initiatives: The spans proposed for each as initiative.
        places: The places that it names.
        known: Where it says names that the user knows, in order.
    """

    def __init__(
        self,
        text: str,
        starts: Ints,
        indicators: Spans,
        initiatives: Spans,
        places: Sequence[Span] = (),
        known: Sequence[Span] = (),
    ) -> None:
        self._text, self._starts = text, starts
        in_place = np.zeros(len(text) + 1, np.int64)
        for place in places:
            in_place[place.start + 1 : place.end + 1] = 1
        self._in_place = np.cumsum(in_place)
        self._counts: dict[tuple[int, str], int] = {}
        self._read_as: dict[int, tuple[int, int, str]] = {}
        self._last: tuple[slice, Likeness] | None = None
        self._index = SpanIndex(text)
        names = merged(Spans.joined([indicators, initiatives]), self._index)
        self._indicators, self._initiatives = names[: len(starts)], names[len(starts) :]
        self._near = self._known_near(known)
        self._rivals = self._competing()
        self._spans = np.concatenate([self._index.spans, [[0, 0]]])  # NONE is its last item

    def name(self, span: int, probability: float) -> Name:
        """The span with a number of `Candidates` as a name, with the quotation marks that pair with those in it."""
        if span not in self._read_as:
            start, end = paired(self._text, *self._spans[span].tolist())
            self._read_as[span] = (start, end, self._text[start:end])
        return Name(*self._read_as[span], probability)

    def indicators(self, best: int = NAMES) -> Iterator[list[Name]]:
        """For each quantity the best indicators, each with the probability that agrees with it."""
        for part in self._parts:
            names = self._indicators[part]
            yield from self._named(names, *_agreed(names, self._likeness(part), best))

    def initiatives(self, ranker: Ranker, best: int = NAMES) -> Iterator[list[Name]]:
        """For each quantity the best initiatives, each with the share that a ranker gives to all that agrees."""
        for part in self._parts:
            _, names, ahead = self._ranked(part, ranker)
            yield from self._named(names, *_agreed(names, self._likeness(part), best, ahead))

    def _ranked(self, part: slice, ranker: Ranker) -> tuple[Candidates, ProposedNames, npt.NDArray[np.bool_]]:
        """The candidates of a part, as names whose probability is their share, and which of them are known names that
        go ahead.
        """
        candidates = self._candidates(part)
        present = candidates.spans != NONE
        sizes, rows = present.sum(axis=1), candidates.features[present]
        keys = np.full(present.shape, NONE)
        keys[present] = self._index.key_of[candidates.spans[present]]
        names = ProposedNames(candidates.spans, keys, np.zeros(present.shape))
        names.probability[present] = ranker.shares(sizes, rows)
        ahead = candidates.known
        if ahead.any():
            ahead = ahead & ~self._goes_on(candidates, names, self._likeness(part))
            names.probability[present] = ranker.shares(sizes, rows, np.where(ahead, KNOWN, 0.0)[present])
        return candidates, names, ahead

    def _goes_on(self, candidates: Candidates, names: ProposedNames, likeness: Likeness) -> npt.NDArray[np.bool_]:
        """[N, NAMES]: known names that the best name begins with or holds, and goes on behind: 专利质押融资 in
        专利质押融资风险补偿基金, which is another thing.
        """
        _, best = _agreed(names, likeness, 1)
        held = np.zeros(candidates.known.shape, bool)
        for n, column in np.argwhere(candidates.known).tolist():
            first = key(self._read(candidates.spans[n, int(best[n, 0])]))
            name = key(self._read(candidates.spans[n, column]))
            held[n, column] = name in first and not first.endswith(name)
        return held

    def _read(self, span: int) -> str:
        start, end = self._spans[span].tolist()
        return self._text[start:end]

    def reasons(self, ranker: Ranker) -> list[list[Reason]]:
        """What speaks for the first and for the second of the initiatives of each quantity."""
        found: list[list[Reason]] = []
        for part in self._parts:
            candidates, names, ahead = self._ranked(part, ranker)
            _, order = _agreed(names, self._likeness(part), 2, ahead)
            for features, known, columns in zip(candidates.features, ahead, order.tolist(), strict=True):
                found.append(_reasons(ranker, features[columns], known[columns]) if NONE not in columns else [])
        return found

    def _named(self, names: ProposedNames, chance: Floats, order: Ints) -> list[list[Name]]:
        """The names of each quantity that have a place in an order, as `_agreed` gives it."""
        spans = names.taken(order).spans.tolist()
        rows = zip(spans, chance.tolist(), order.tolist(), strict=True)
        return [
            [self.name(span, share) for span, share, column in zip(*row, strict=True) if column != NONE] for row in rows
        ]

    def _competing(self) -> ProposedNames:
        """Names [N, C] for the initiative: those proposed, the indicators and what is inside them, the leading ones."""
        own, index = self._initiatives, self._index
        whole = self._indicators.spans[:, :3]
        distinct = np.unique(whole[whole != NONE])
        cut = np.full(len(index.spans) + 1, NONE)  # NONE is its last item
        starts = index.spans[distinct, 0]
        kept = [len(_TAIL.sub("", index.read(span))) for span in distinct.tolist()]
        cut[distinct] = index.add(starts, starts + np.array(kept, np.int64))
        inside = np.stack([whole, cut[whole]], axis=-1).reshape(len(whole), 2 * whole.shape[1])
        leading = self._leading()
        spans = np.concatenate([own.spans, inside, np.tile(leading, (len(whole), 1)), self._near], axis=1)
        keys = np.where(spans == NONE, NONE, index.key_of[spans] if len(index.spans) else NONE)
        sizes = np.array([*map(len, index.keys), 0])[keys]
        width = own.spans.shape[1]
        borrowed = slice(width, width + inside.shape[1])
        keys[:, borrowed][sizes[:, borrowed] < 2] = NONE
        earlier = np.tri(keys.shape[1], k=-1, dtype=bool)
        keys[((keys[:, :, None] == keys[:, None]) & earlier).any(axis=2)] = NONE
        probability = np.pad(own.probability, ((0, 0), (0, keys.shape[1] - width)))
        return ProposedNames(np.where(keys == NONE, NONE, spans), keys, probability)

    def _leading(self) -> Ints:
        """[at most 6]: the likeliest span of each of the names that have the greatest part in the whole article."""
        found = self._initiatives.spans != NONE
        spans, keys, shares = (
            values[found] for values in (self._initiatives.spans, self._initiatives.keys, self._initiatives.probability)
        )
        self._total: Floats = self._totals(self._initiatives)
        order = np.lexsort((-shares, keys))  # stable: of equal shares the first in the article
        _, firsts = np.unique(keys[order], return_index=True)
        best = order[firsts]
        _, seen = np.unique(keys, return_index=True)
        ranked = np.lexsort((seen, self._index.spans[spans[best], 0], -self._total[keys[best]]))
        leading: Ints = spans[best[ranked[:_LEADING]]]
        return leading

    def _totals(self, names: ProposedNames) -> Floats:
        """For each key the probability that the quantities of the article give it, added up."""
        found = names.spans != NONE
        return np.bincount(names.keys[found], names.probability[found], len(self._index.keys) + 1).astype(np.float64)

    @property
    def _parts(self) -> list[slice]:
        """The quantities in parts that are worked on at one time."""
        starts = range(0, len(self._starts), _QUANTITIES)
        return [slice(start, start + _QUANTITIES) for start in starts]

    def _likeness(self, part: slice) -> Likeness:
        """How the names that a part needs are alike: the last one is kept, since both fields ask for it."""
        if self._last is None or self._last[0] != part:
            near = slice(max(0, part.start - 2), part.stop + 1)
            used = [self._indicators.keys[near], self._rivals.keys[part], self._initiatives.keys[near]]
            self._last = (part, Likeness(self._index, used))
        return self._last[1]

    def candidates(self) -> Candidates:
        """The strongest competitors for the initiative of each quantity."""
        parts = [self._candidates(part) for part in self._parts]
        none = np.zeros((0, NAMES))
        return Candidates(
            np.concatenate([none.astype(np.int64), *(part.spans for part in parts)]),
            np.concatenate([np.zeros((0, NAMES, len(FEATURES)), np.float32), *(part.features for part in parts)]),
            np.concatenate([none.astype(bool), *(part.known for part in parts)]),
        )

    def _candidates(self, part: slice) -> Candidates:
        """Those of a part of the quantities."""
        rivals, likeness = self._rivals[part], self._likeness(part)
        mass = likeness.support(rivals.keys, self._initiatives[part])
        known = self._is_known(part, rivals.keys)
        strength = np.where(rivals.keys == NONE, -np.inf, mass + OWN * rivals.probability + known)
        order = np.lexsort((self._spans[rivals.spans, 0], -rivals.probability, -strength))[:, :NAMES]
        chosen = rivals.taken(order)
        rows = np.arange(len(order))[:, None]
        features = self._features(part, likeness, chosen, mass[rows, order])
        return Candidates(chosen.spans, features, known[rows, order])

    def _known_near(self, known: Sequence[Span]) -> Ints:
        """[N, at most 1]: the known name that stands before each quantity in its sentence, with no other quantity
        between the two. (Of those with one between, half belong to that one.)
        """
        near = np.full((len(self._starts), 1 if known else 0), NONE)
        if not known:
            return near
        starts, ends = np.array([(mention.start, mention.end) for mention in known]).T
        numbers = self._index.add(starts, ends)
        lows, _ = self._sentence(self._starts)
        lows[1:] = np.maximum(lows[1:], self._starts[:-1])
        nearest = np.searchsorted(ends, self._starts, side="right") - 1
        stands = (nearest >= 0) & (starts[nearest] >= lows)
        near[stands, 0] = numbers[nearest[stands]]
        return near

    def _is_known(self, part: slice, keys: Ints) -> npt.NDArray[np.bool_]:
        """[N, C]: which names are known ones near the quantity, wherever they were read."""
        near = np.where(self._near[part] == NONE, NONE, self._index.key_of[self._near[part]])
        found: npt.NDArray[np.bool_] = (keys != NONE) & (keys[:, :, None] == near[:, None, :]).any(axis=2)
        return found

    def _features(self, part: slice, likeness: Likeness, names: ProposedNames, mass: Floats) -> FloatArray:
        """[N, NAMES, FEATURES]"""
        keys, exact = names.keys, names.probability
        at = self._starts[part][:, None]
        start, end = np.moveaxis(self._spans[names.spans], -1, 0)
        low, high = self._sentence(at)
        first = np.broadcast_to(self._indicators.keys[part, :1], keys.shape)
        other = keys != first
        total = self._total[keys]
        in_text = self._text_features(names.spans)
        near, far = np.where(end <= at, end, at), np.where(end <= at, at, np.maximum(start, at))
        own_indicator = self._indicators.keys[part, None] == keys[:, :, None]
        as_indicator = np.where(own_indicator, self._indicators.probability[part, None], 0.0)
        columns = {
            "log_probability": np.log(exact + 1e-3),
            "support": mass,
            "log_support": np.log(mass + 1e-3),
            "support_elsewhere": (total - exact) / max(1, len(self._starts) - 1),
            "support_before": self._support_at(part, likeness, keys, -1),
            "support_behind": self._support_at(part, likeness, keys, 1),
            "support_before_that": self._support_at(part, likeness, keys, -2),
            "share_of_support": mass / np.maximum(mass.max(axis=1, keepdims=True), 1e-6),
            "order": np.broadcast_to(np.arange(keys.shape[1]), keys.shape),
            "as_indicator": np.cumsum(as_indicator, axis=2)[..., -1],
            "is_indicator": ~other,
            "in_indicator": other & likeness.is_part(keys, first),
            "holds_indicator": (first == NONE) | (other & likeness.is_part(first, keys)),
            "begins_indicator": other & likeness.is_beginning(keys, first),
            "in_sentence_before": (low <= start) & (end <= at),
            "in_sentence_behind": (at <= start) & (start < high),
            "earlier_sentence": start < low,
            "from_sentence": np.where((low <= start) & (start < high), start - low, -1),
            "distance": np.log(1 + np.abs(at - start)) / 5,
            "characters_between": np.minimum(far - near, 60),
            "marks_between": _between(self._marks, near, far, 12),
            "quantities_between": _between(self._starts, near, far, 9),
            "other_clause": (end <= at) & (_between(self._clause_ends, end, at, 1) > 0),
            "other_paragraph": _between(self._line_ends, near, far, 1),
            **{name: in_text[name] for name in _IN_TEXT},
            "to_next_quantity": np.broadcast_to(
                np.minimum(np.diff(self._starts, append=self._starts[-1:]), 200)[part, None], keys.shape
            ),
            "quantities": np.full(keys.shape, np.log1p(len(self._starts))),
        }
        rows = np.stack([np.asarray(columns[name], np.float32) for name in FEATURES], axis=-1)
        rows[names.spans == NONE] = 0
        return rows

    def _support_at(self, part: slice, likeness: Likeness, keys: Ints, shift: int) -> Floats:
        """[N, C]: support among the names of the quantity so many places after; 0 beyond the article's ends."""
        there = np.arange(part.start, part.start + len(keys)) + shift
        within = (there >= 0) & (there < len(self._starts))
        total = np.zeros(keys.shape)
        total[within] = likeness.support(keys[within], self._initiatives[there[within]])
        return total

    def _text_features(self, spans: Ints) -> dict[str, npt.NDArray[Any]]:
        """What the text of each span says for itself, by name, each [N, C]."""
        distinct, which = np.unique(spans, return_inverse=True)
        rows = [self._of_text(*self._spans[span].tolist()) for span in distinct.tolist()]
        return {name: column[which] for name, column in zip(_IN_TEXT, np.array(rows).T, strict=True)}

    def _of_text(self, start: int, end: int) -> tuple[float, ...]:
        """The values of `_IN_TEXT`."""
        text = self._text
        name = text[start:end]
        reads = key(name)
        size, count = len(reads), self._count(name, start)
        clause = bisect_left(self._mark_list, start)
        return (
            size / 10,
            size <= 2,
            4 <= size <= 8,
            size > 12,
            reads in self._title,
            log(1 + count),
            count > 1,
            start > 0 and text[start - 1] in "“《",
            "“" in name or "《" in name,
            _PLACE.search(reads, 0, 5) is not None,
            float(self._in_place[end] - self._in_place[start]) / max(1, end - start),
            min(20, start - (self._mark_list[clause - 1] + 1 if clause else 0)),
            _cue(text[start - 1 : start]) if start else -1.0,
            _cue(text[end : end + 1]),
        )

    def _count(self, name: str, start: int) -> int:
        """How often the text says a name, a long text the part of it that the name stands in.

        Looked up once a name and part, since it takes as long as the part.
        """
        part = start // _SAID_IN
        if (part, name) not in self._counts:
            low, high = part * _SAID_IN - LONGEST, (part + 1) * _SAID_IN + LONGEST
            self._counts[part, name] = self._text.count(name, max(0, low), high)
        return self._counts[part, name]

    @cached_property
    def _title(self) -> str:
        return key(self._text.split("\n", 1)[0][:60])

    @cached_property
    def _clause_ends(self) -> Ints:
        return np.array([match.start() for match in _CLAUSE_END.finditer(self._text)], np.int64)

    @cached_property
    def _mark_list(self) -> list[int]:
        return [match.start() for match in _MARK.finditer(self._text)]

    @cached_property
    def _marks(self) -> Ints:
        return np.array(self._mark_list, np.int64)

    @cached_property
    def _line_ends(self) -> Ints:
        return np.array([at for at, character in enumerate(self._text) if character == "\n"], np.int64)

    @cached_property
    def _sentence_ends(self) -> Ints:
        ends = [match.start() for match in _SENTENCE_END.finditer(self._text)]
        return np.array([-1, *ends, len(self._text)], np.int64)

    def _sentence(self, offsets: Ints) -> tuple[Ints, Ints]:
        """Start and end of the sentences that offsets lie in."""
        after = np.searchsorted(self._sentence_ends[1:-1], offsets) + 1
        return self._sentence_ends[after - 1] + 1, self._sentence_ends[after]


def _reasons(ranker: Ranker, features: FloatArray, ahead: npt.NDArray[np.bool_]) -> list[Reason]:
    """What speaks for the first of two names, of which those that go ahead are known."""
    first, second = map(float, ahead)
    known = [Reason("is_known", first, second, KNOWN * (first - second))] if first != second else []
    return [*known, *ranker.reasons(*features.tolist())]


def _agreed(
    names: ProposedNames, likeness: Likeness, best: int, ahead: npt.NDArray[np.bool_] | None = None
) -> tuple[Floats, Ints]:
    """Names that are not alike, in the order of how much of the probability agrees with them.

    Args:
        names: Those of N quantities.
        likeness: Which are alike.
        best: How many to take for each.
        ahead: Which of them are known names, whose own probability counts whole.

    Returns:
        For each name taken, [N, best], the probability that agrees with it and with none before, but no more than of
        that before it, and its column; NONE where there are no more.
    """
    quantities = np.arange(len(names.keys))
    own = OWN if ahead is None else np.where(ahead, 1.0, OWN)
    left, free = names.probability.copy(), names.keys != NONE
    alike = likeness.are_alike(names.keys[:, :, None], names.keys[:, None])
    chance, order = np.zeros((len(quantities), best)), np.full((len(quantities), best), NONE)
    for place in range(best):
        if not free.any():
            break
        mass = np.minimum(1.0, np.maximum(agreeing(alike, left), left))  # a single character is alike to nothing
        # Rounded, as shares are sums of powers, whose last bits are not the same on every processor.
        column = np.where(free, (mass + own * left).round(6), -1.0).argmax(axis=1)
        found = free[quantities, column]
        order[found, place] = column[found]
        chance[found, place] = mass[quantities, column][found]
        free &= ~alike[quantities, column]
        free[quantities, column] = False
        left[~free] = 0.0
    return np.minimum.accumulate(chance, axis=1), order


def _between(places: Ints, start: Ints, end: Ints, most: int) -> Ints:
    """How many of the places, which are in order, lie in `[start, end)`, at most so many."""
    found: Ints = np.searchsorted(places, end) - np.searchsorted(places, start)
    return np.clip(found, 0, most)


def _cue(character: str) -> float:
    """The number of a character that tells where a name ends, 0 for all others."""
    return _CUES.get(character, 0.0)
