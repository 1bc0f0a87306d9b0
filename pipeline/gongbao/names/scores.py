"""The field tagger's scores and spans: what the arrays of the heads make of the network's output, in numpy.

Everything is worked out per article, so that nothing depends on the articles that are read together, and in parts that
stay in the processor's cache, of a long article in blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gongbao.names.features import FEATURE_SIZES, LONGEST, Features, TextFeatures, WindowArrays

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

SPANS = 16
"""Spans a quantity and field that ranking starts from."""
_STARTS = 20  # beginnings that are followed up for one quantity; the rest has no share worth counting
_JOINED = ([0], [1, 3, 4], [2, 5])  # features whose tables are added up when loading
_ROWS = 1024  # positions scored at once
_ZERO, _ONE = np.float32(0), np.float32(1)
_LENGTHS = np.arange(LONGEST)
_GROUP = 4  # rows that are multiplied at once
_QUANTITIES = 64  # quantities whose spans are compared at once


@dataclass(frozen=True)
class Spans:
    """The likeliest spans of N quantities for one field, best first; `found` is False where there are fewer."""

    starts: Ints
    """[N, SPANS]"""
    ends: Ints
    """[N, SPANS]"""
    shares: npt.NDArray[np.float64]
    """[N, SPANS]"""
    found: npt.NDArray[np.bool_]
    """[N, SPANS]"""

    @staticmethod
    def joined(parts: Sequence[Spans]) -> Spans:
        """The rows of several, one after the other."""
        return Spans(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Spans)))


@dataclass(frozen=True)
class Rows:
    """Where the characters of some parts of a text stand in an array with a row each, in the order of the text.

    A row of zeros stands before and after each part: characters between two (ends of lines) have none of their own.
    """

    parts: Ints
    """[S, 2] start and end in the text."""

    @cached_property
    def firsts(self) -> Ints:
        """[S]: the row of the first character of each part."""
        lengths = self.parts[:, 1] - self.parts[:, 0] + 1
        found: Ints = np.cumsum(lengths) - lengths + 1
        return found

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int((self.parts[:, 1] - self.parts[:, 0] + 1).sum()) + 1

    def of(self, offsets: Ints) -> Ints:
        """The row of the character at each offset, which is also how many rows stand before it."""
        starts = np.append(-1, self.parts[:, 0])
        lengths = np.append(0, self.parts[:, 1] - self.parts[:, 0])
        number = np.searchsorted(starts, offsets, side="right") - 1
        found: Ints = np.append(0, self.firsts)[number] + np.minimum(offsets - starts[number], lengths[number])
        return found


@dataclass(frozen=True)
class Encoded:
    """What the network makes of the parts of a text that some quantities look at."""

    rows: Rows
    keys: FloatArray
    """[rows, hidden]"""
    states: FloatArray
    """[N, 512] of the quantities' first and last characters."""

    def mean(self, blocks: Ints) -> FloatArray:
        """[N, hidden]: the mean of what is positive of the keys, over windows of some blocks [N, blocks, 2] each."""
        sums = np.zeros((len(self.keys) + 1, self.keys.shape[1]))
        np.cumsum(np.maximum(self.keys, _ZERO), axis=0, dtype=np.float64, out=sums[1:])
        starts, ends = np.moveaxis(self.rows.of(blocks), -1, 0)
        lengths = np.maximum(1, (blocks[..., 1] - blocks[..., 0]).sum(axis=1, keepdims=True))
        found: FloatArray = ((sums[ends] - sums[starts]).sum(axis=1) / lengths).astype(np.float32)
        return found


NO_SPANS = Spans(
    np.zeros((0, SPANS), np.int64),
    np.zeros((0, SPANS), np.int64),
    np.zeros((0, SPANS), np.float64),
    np.zeros((0, SPANS), np.bool_),
)


class FieldHeads:
    """The heads of the field tagger.

    Args:
        arrays: The arrays of `field_heads.npz` in float32.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._arrays = arrays
        self._tables = [_joined_table(arrays, columns) for columns in _JOINED]
        self._first = np.ascontiguousarray(arrays["output"][:, :3])  # the others were for the loss alone
        self._second = np.ascontiguousarray(arrays["output_initiative"])

    def scores(self, around: WindowArrays, encoded: Encoded) -> FloatArray:
        """Begin, end and inside of the indicator, then of the initiative: [6, N, W], 0 at padding.

        Args:
            around: The windows of N quantities.
            encoded: What the network makes of them.
        """
        arrays, keys = self._arrays, encoded.keys
        asked = product(encoded.states, arrays["query"]) + (arrays["query_bias"] + arrays["kinds"][around.kinds])
        count, width = around.present.shape
        places = np.flatnonzero(around.present)
        number = places // width
        limits = np.searchsorted(number, np.arange(count + 1))
        joined = [_joined_values(around.features, columns) for columns in _JOINED]
        tables = [keys, asked, *self._tables]
        indices = [
            encoded.rows.of(around.positions.ravel()[places]),
            number,
            *(values.ravel()[places] for values in joined),
        ]
        results = np.empty((6, len(places)), np.float32)
        parts = list(in_parts(np.diff(limits).tolist(), _ROWS))
        most = max((int(limits[part.stop] - limits[part.start]) for part in parts), default=0)
        buffers = np.empty((2, most, keys.shape[1]), np.float32)
        for part in parts:
            rows = slice(limits[part.start], limits[part.stop])
            hidden, spare = buffers[:, : rows.stop - rows.start]
            np.take(tables[0], indices[0][rows], axis=0, out=hidden, mode="clip")
            for table, index in zip(tables[1:], indices[1:], strict=True):
                hidden += np.take(table, index[rows], axis=0, out=spare, mode="clip")
            first = np.maximum(hidden, _ZERO, out=spare) @ self._first + arrays["output_bias"][:3]
            local = places[rows] - part.start * width
            edges = np.full((2, (part.stop - part.start) * width), -np.inf, np.float32)
            edges[0, local], edges[1, local] = first[:, 0], first[:, 1]
            begins, lasts = softmax(edges.reshape(2, -1, width))
            covered = np.cumsum(begins, axis=1) - np.cumsum(lasts, axis=1)
            covered = np.minimum(np.maximum(covered + lasts, _ZERO), _ONE)
            seen = np.stack([share.ravel()[local] for share in (begins, lasts, covered)], axis=1)
            hidden += np.matmul(seen, arrays["indicator_seen"], out=spare)
            second = np.maximum(hidden, _ZERO, out=spare) @ self._second + arrays["output_initiative_bias"]
            results[:3, rows], results[3:, rows] = first.T, second.T
        scores = np.zeros((6, count * width), np.float32)
        for filled, values in zip(scores, results, strict=True):
            filled[places] = values
        return scores.reshape(6, count, width)

    def statuses(self, states: FloatArray) -> FloatArray:
        """[N, 5]: shares of actual, previous, change, planned and rule, from the quantities' states [N, 512]."""
        arrays = self._arrays
        hidden = np.maximum(product(states, arrays["status_hidden"]) + arrays["status_hidden_bias"], _ZERO)
        return softmax(product(hidden, arrays["status"]) + arrays["status_bias"])

    def ranks(self, states: FloatArray, windows: FloatArray) -> FloatArray:
        """[N, 6]: shares of `gongbao.document.PLACE_RANKS` for all quantities of an article.

        Args:
            states: [N, 512] of the quantities' first and last characters.
            windows: [N, hidden] the means of `Encoded.mean`: what counts are a quantity's own and that of all.
        """
        arrays = self._arrays
        hidden = product(states, arrays["rank_hidden"]) + product(windows, arrays["rank_window"])
        hidden += product(windows.mean(axis=0, keepdims=True), arrays["rank_article"]) + arrays["rank_hidden_bias"]
        return softmax(product(np.maximum(hidden, _ZERO), arrays["rank"]) + arrays["rank_bias"])


def best_spans(
    article: TextFeatures, around: WindowArrays, scores: FloatArray, by_length: FloatArray
) -> tuple[Spans, Spans]:
    """The likeliest spans of each quantity for indicator and initiative.

    Args:
        article: The article.
        around: The windows of its N quantities.
        scores: [6, N, W] as :meth:`FieldHeads.scores` gives them.
        by_length: [2, LONGEST] what is added for each length.
    """
    size = len(article.borders)
    may_end = np.zeros(size + LONGEST, bool)
    may_end[:size] = article.may_end
    next_border = np.searchsorted(article.borders, article.borders, side="right") - 1
    length = np.minimum(next_border[around.positions], around.ends) - around.positions
    length[~(around.present & article.may_start[around.positions])] = 0
    count, width = length.shape
    both = scores.reshape(2, 3, count, width)
    parts = []
    for part in in_parts([1] * count, _QUANTITIES):
        at, longest = (np.concatenate([array[part]] * 2) for array in (around.positions, length))
        stacked = both[:, :, part].swapaxes(0, 1).reshape(3, -1, width)
        parts.append(_best_spans(stacked, at, longest, may_end, np.repeat(by_length, len(at) // 2, axis=0)))
    found = []
    for field in (0, 1):
        halves = ([array.reshape(2, -1, SPANS)[field] for array in arrays] for arrays in zip(*parts, strict=True))
        found.append(Spans(*map(np.concatenate, halves)))
    return found[0], found[1]


def _best_spans(
    scores: FloatArray, at: Ints, longest: Ints, may_end: npt.NDArray[np.bool_], by_length: FloatArray
) -> tuple[Ints, Ints, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The arrays of `Spans` for scores [3, N, W] at positions [N, W], where spans may be so long (0: none begins).

    `by_length` [N, LONGEST] is added for each length. Both fields are worked out at once, one after the other.
    """
    count, width = at.shape
    rows = np.arange(count)[:, None]
    begin = np.where(longest > 0, scores[0], -np.inf)
    kept = np.sort(_largest(begin, min(_STARTS, width)), axis=1)
    first_at = at[rows, kept]
    allowed = may_end[first_at[..., None] + _LENGTHS] & (longest[rows, kept][..., None] > _LENGTHS)
    padded = np.zeros((2, count, width + LONGEST), np.float32)  # at the end of a name, and inside up to there
    padded[0, :, :width] = scores[1]
    np.cumsum(scores[2], axis=1, out=padded[1, :, 1 : width + 1])
    ahead = (rows * (width + LONGEST) + kept)[..., None] + _LENGTHS
    ends, inside = padded.reshape(2, -1)
    total = scores[0][rows, kept][..., None] + ends[ahead]
    total += inside[ahead + 1]
    total -= inside[ahead[..., :1]]
    total += by_length[:, None]
    shares = softmax(np.where(allowed, total, np.float32(-1e4)).reshape(count, -1))
    top = _largest(shares, SPANS)
    starts = first_at[rows, top // LONGEST]
    return (
        starts,
        starts + top % LONGEST + 1,
        shares[rows, top].astype(np.float64),
        allowed.reshape(count, -1)[rows, top],
    )


def _largest(values: FloatArray, count: int) -> Ints:
    """[N, M] -> [N, count]: places of the largest values, largest first, of equal ones the first."""
    # One whole number each, in the order of value and place, so that no two are equal and any way to sort will do.
    bits = values.view(np.int32).astype(np.int64)
    bits ^= (bits >> 63) & 0x7FFFFFFF
    ranks = (bits << 32) | np.arange(values.shape[1], 0, -1)
    if count < values.shape[1]:
        ranks = np.partition(ranks, -count, axis=1)[:, -count:]
    ordered: Ints = values.shape[1] - (np.sort(ranks, axis=1)[:, ::-1] & 0xFFFFFFFF)
    return ordered


def in_parts(sizes: Sequence[int], most: int) -> Iterator[slice]:
    """Cut a row of items into slices whose sizes add up to at most so much, or of one item."""
    start = total = 0
    for number, size in enumerate(sizes):
        if number > start and total + size > most:
            yield slice(start, number)
            start, total = number, 0
        total += size
    if start < len(sizes):
        yield slice(start, len(sizes))


def product(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """`rows @ matrix` on one core, the same to the bit for a row however many there are.

    numpy's OpenBLAS puts larger products on all cores, and its threads then wait busily for 30 ms for the next one.
    """
    groups = np.zeros((-(-len(rows) // _GROUP), _GROUP, rows.shape[1]), np.float32)
    groups.reshape(-1, rows.shape[1])[: len(rows)] = rows
    found: FloatArray = np.matmul(groups, matrix).reshape(-1, matrix.shape[1])[: len(rows)]
    return found


def softmax(scores: FloatArray) -> FloatArray:
    """Shares along the last axis."""
    powers: FloatArray = np.exp(scores - scores.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _joined_table(arrays: Mapping[str, npt.NDArray[Any]], columns: Sequence[int]) -> FloatArray:
    """One table for several features: the sum of their rows for every combination of values."""
    table = np.zeros((1, arrays["output"].shape[0]), np.float32)
    for column in columns:
        table = (table[:, None] + arrays[f"feature_{column}"][None]).reshape(-1, table.shape[1])
    return table


def _joined_values(features: Features, columns: Sequence[int]) -> Features:
    """[N, W]: the row of the joined table for the features' values."""
    values: Features = features[columns[0]]
    for column in columns[1:]:
        values = values * FEATURE_SIZES[column] + features[column]
    return values
