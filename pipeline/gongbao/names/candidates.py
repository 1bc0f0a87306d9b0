"""From the spans that the network proposes to names: what reads the same is one name, what is alike agrees.

Spans and keys (what a span reads without its marks) are numbered for each article, so that all its quantities are
compared at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gongbao.names.scores import Spans

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NONE = -1
"""Stands where there is no span or key."""
_MARK_CHARACTERS = frozenset(" \t\n\u3000\xa0“”\"'‘’《》〈〉「」『』（）()·、,，。")
_PAIRS = tuple(zip("“‘《〈「『（(", "”’》〉」』）)", strict=True))
_MARKS = dict.fromkeys(map(ord, _MARK_CHARACTERS))


def key(text: str) -> str:
    """The text without marks: what makes two names the same."""
    return text.translate(_MARKS)


def alike(one: str, other: str) -> bool:
    """Whether two names may stand for each other: the shorter is part of the longer, at least half of it and more than
    a character; marks do not count. `Likeness` says the same of many at once.
    """
    short, long = sorted((key(one), key(other)), key=len)
    return len(short) >= 2 and 2 * len(short) >= len(long) and short in long


def paired(text: str, start: int, end: int) -> tuple[int, int]:
    """`text[start:end]` so that no quotation mark or bracket at its edges stands alone: with the one that closes it
    behind the span, or that opens it before, else without a mark that is its first or last character.
    """
    for opening, closing in _PAIRS:
        excess = text.count(opening, start, end) - text.count(closing, start, end)
        if excess > 0:
            if text.startswith(closing, end):
                end += 1
            elif text.startswith(opening, start):
                start += 1
        elif excess < 0:
            if start and text.startswith(opening, start - 1):
                start -= 1
            elif text.endswith(closing, start, end):
                end -= 1
    return start, end


def unmarked(text: str) -> tuple[str, list[int]]:
    """The text without marks, and where each of its characters stands in the text."""
    places = [at for at, character in enumerate(text) if character not in _MARK_CHARACTERS]
    return "".join(text[at] for at in places), places


class SpanIndex:
    """Spans of one text, numbered, and their distinct keys, numbered as well.

    Attributes:
        spans: [spans, 2] start and end of every span.
        key_of: [spans] the key of every span, NONE if nothing is left of it without marks.
        keys: The distinct keys.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = key(text)
        is_mark = np.array([character in _MARK_CHARACTERS for character in text], bool)
        self._place = np.concatenate([[0], np.cumsum(~is_mark)])  # of every offset in the text without marks
        self._numbers: dict[str, int] = {}
        self.keys: list[str] = []
        self.spans = np.zeros((0, 2), np.int64)
        self.key_of = np.zeros(0, np.int64)

    def add(self, starts: Ints, ends: Ints) -> Ints:
        """Note spans; gives the number of each."""
        size = len(self._text) + 1
        codes, which = np.unique(starts * size + ends, return_inverse=True)
        spans: Ints = np.stack(np.divmod(codes, size), axis=1)
        numbers, plain = self._numbers, self._plain
        found = [plain[start:end] for start, end in self._place[spans].tolist()]
        keys = [numbers.setdefault(reads, len(numbers)) if reads else NONE for reads in found]
        self.keys = [*numbers]
        added: Ints = len(self.key_of) + which
        self.spans = np.concatenate([self.spans, spans])
        self.key_of = np.concatenate([self.key_of, np.array(keys, np.int64)])
        return added

    def read(self, span: int) -> str:
        """The text of the span of a number."""
        start, end = self.spans[span].tolist()
        return self._text[start:end]


@dataclass(frozen=True)
class ProposedNames:
    """The distinct names proposed for each of N quantities, likeliest first, padded to C."""

    spans: Ints
    """[N, C]: of each the likeliest span that reads so, NONE at padding."""
    keys: Ints
    """[N, C]"""
    probability: Floats
    """[N, C]: of all spans that read so; 0 at padding."""

    def __getitem__(self, part: slice | Ints) -> ProposedNames:
        """The names of some of the quantities."""
        return ProposedNames(self.spans[part], self.keys[part], self.probability[part])

    def taken(self, columns: Ints) -> ProposedNames:
        """For each quantity the names of some columns [N, D], in that order."""
        rows = np.arange(len(columns))[:, None]
        return ProposedNames(self.spans[rows, columns], self.keys[rows, columns], self.probability[rows, columns])


def merged(spans: Spans, index: SpanIndex) -> ProposedNames:
    """Spans, likeliest first, as distinct names."""
    rows, _ = np.nonzero(spans.found)
    numbers = index.add(spans.starts[spans.found], spans.ends[spans.found])
    shares = spans.shares[spans.found]
    keys = index.key_of[numbers] if len(numbers) else numbers
    reads = keys != NONE
    rows, numbers, shares, keys = rows[reads], numbers[reads], shares[reads], keys[reads]
    _, first, which = np.unique(rows * len(index.keys) + keys, return_index=True, return_inverse=True)
    probability = np.bincount(which, shares, len(first))
    rows, numbers, keys = rows[first], numbers[first], keys[first]
    starts, ends = index.spans[numbers].T
    order = np.lexsort((ends, starts, -probability, rows))
    rows = rows[order]
    columns = np.arange(len(rows)) - np.searchsorted(rows, rows)
    shape = spans.found.shape
    names = ProposedNames(np.full(shape, NONE), np.full(shape, NONE), np.zeros(shape))
    names.spans[rows, columns] = numbers[order]
    names.keys[rows, columns] = keys[order]
    names.probability[rows, columns] = probability[order]
    return names


class Likeness:
    """Which of some keys of an index are part of which, and which are alike.

    What is alike is said by `alike`.

    Args:
        index: Where the keys are from.
        used: Numbers of keys, in any shape and order; only these may be asked for. NONE counts as no key.
    """

    def __init__(self, index: SpanIndex, used: Sequence[Ints]) -> None:
        self._used = np.unique(np.concatenate([[NONE], *(numbers.ravel() for numbers in used)]))  # NONE is its first
        keys = ["\0", *map(index.keys.__getitem__, self._used[1:].tolist())]
        sizes = np.array([len(text) for text in keys])
        self._part, self._beginning = _parts(keys, sizes)
        close = self._part & (sizes[:, None] >= 2) & (2 * sizes[:, None] >= sizes)
        self._alike = close | close.T

    def _place(self, keys: Ints) -> Ints:
        place: Ints = np.searchsorted(self._used, keys)
        return place

    def is_part(self, keys: Ints, others: Ints) -> Bools:
        """Whether each key is in the other of the same place."""
        found: Bools = self._part[self._place(keys), self._place(others)]
        return found

    def is_beginning(self, keys: Ints, others: Ints) -> Bools:
        """Whether each other begins with the key of the same place."""
        found: Bools = self._beginning[self._place(keys), self._place(others)]
        return found

    def are_alike(self, keys: Ints, others: Ints) -> Bools:
        """Whether each key is alike to the other of the same place."""
        found: Bools = self._alike[self._place(keys), self._place(others)]
        return found

    def support(self, keys: Ints, names: ProposedNames) -> Floats:
        """[N, C]: for keys [N, C] the probability of all those of N quantities' names that are alike."""
        return agreeing(self.are_alike(keys[:, :, None], names.keys[:, None]), names.probability)


def agreeing(alike: Bools, probability: Floats) -> Floats:
    """[N, C]: the probability [N, D] of all names that are alike [N, C, D] to each of C."""
    # Added up in order, not in numpy's pairs: equal sums must not differ in their last bits.
    total: Floats = np.cumsum(np.where(alike, probability[:, None], 0.0), axis=-1)[..., -1]
    return total


def _parts(keys: Sequence[str], sizes: Ints) -> tuple[Bools, Bools]:
    """[K, K] twice: the row's key is in the column's; the column's begins with it."""
    order = np.argsort(sizes, kind="stable")
    begins = np.cumsum(sizes[order] + 1) - sizes[order] - 1
    ordered = [keys[number] for number in order.tolist()]
    joined = "\n".join(ordered)
    inner, places = [], []
    for number, (text, own) in enumerate(zip(ordered, begins.tolist(), strict=True)):
        at = joined.find(text, own + 1)  # what a key is part of comes after it
        while at >= 0:
            inner.append(number)
            places.append(at)
            at = joined.find(text, at + 1)
    part = np.eye(len(keys), dtype=bool)
    beginning = part.copy()
    inside = order[np.array(inner, np.int64)]
    outer = np.searchsorted(begins, places, side="right") - 1
    part[inside, order[outer]] = True
    first = begins[outer] == places
    beginning[inside[first], order[outer[first]]] = True
    return part, beginning
