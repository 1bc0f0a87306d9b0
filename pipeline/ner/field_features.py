"""What the field tagger knows of a quantity's surroundings besides the characters: distances, borders, repeated words.

All is computed from the text and the quantities alone, the same way at training time and at run time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import Protocol

import numpy as np
import numpy.typing as npt
import regex

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

KINDS = ("money", "count", "percent", "growth", "multiple", "duration", "measure")
LONGEST = 28
"""Longest name, in characters."""
BACK, AHEAD, SENTENCES_BACK = 260, 60, 4
FEATURE_SIZES = (32, 6, 25, 4, 5, 8)
"""How many values each feature has: distance, sentence, clause, quantities between, zone, repetition."""

_SEQUENCE, _LONGEST_SEQUENCE = 128, 256
_DISTANCES = np.array([1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30, 40, 55, 80, 120, 200])
_SENTENCE = regex.compile(r"[^。！？；!?\n]+[。！？；!?\n”’]*")
_LINE = regex.compile(r"[^\n]+")
_WORD = regex.compile(r"[\u4e00-\u9fffA-Za-z]{2}")
_NO_HEADING = regex.compile(r"发布|来源|作者|时间|http")
_BORDERS = frozenset("，。；：！？\n,;!?")
_EDGES = frozenset(' \u3000、，。；：！？\n,;!?（）()“”"《》‘’—…·-+.%％')
_CLAUSES, _LISTED = frozenset("，,；;：:"), frozenset("，,；;：:、")
_OPENING, _CLOSING = frozenset("“《（"), frozenset("”》）")


class Amount(Protocol):
    """What is needed of a quantity (`pipeline.models.Quantity` is one): its span and kind."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Surroundings:
    """The windows of N quantities, padded to W positions: title, heading, then the text around the quantity."""

    positions: Ints
    """[N, W] offsets into the text (0 at padding)."""
    present: Bools
    """[N, W]: not padding."""
    features: Ints
    """[N, W, len(FEATURE_SIZES)]."""
    kinds: Ints
    """[N] numbers of KINDS."""


class TextFeatures:
    """The features of one article.

    Args:
        text: The simplified text.
        amounts: Its quantities in order.

    Attributes:
        marks: [len(text)] 0, or 1 + the kind of the quantity that the character belongs to.
        sequences: Spans of the text that the encoder reads at once.
    """

    def __init__(self, text: str, amounts: Sequence[Amount]) -> None:
        size = len(text)
        self.text, self.amounts = text, amounts
        self.sequences = list(_sequences(text))
        self._sentences = np.array([match.span() for match in _SENTENCE.finditer(text)] or [(0, size)])
        self._sentence_of = np.maximum(np.searchsorted(self._sentences[:, 0], np.arange(size + 1), side="right") - 1, 0)
        self._listed, self._clauses = _counts(text, _LISTED), _counts(text, _CLAUSES)
        self.borders = _counts(text, _BORDERS)
        self.may_start = np.array([c not in _EDGES or c in _OPENING for c in text] + [False])
        self.may_end = np.array([c not in _EDGES or c in _CLOSING for c in text] + [False])
        self.marks = np.zeros(size, np.int64)
        ends = np.zeros(size + 1, np.int64)
        for amount in amounts:
            self.marks[amount.start : amount.end] = 1 + KINDS.index(amount.kind)
            ends[amount.end] += 1
        self._amounts_before = np.cumsum(ends)
        lines = [match.span() for match in _LINE.finditer(text)]
        self._title = lines[0] if lines and lines[0][1] - lines[0][0] < 60 else (0, 0)
        self._headings = [(start, end) for start, end in lines[1:] if _is_heading(text[start:end])]
        self._repetition = self._repeated()

    def _repeated(self) -> Ints:
        """[len(text)]: how often the word pieces at a position come in the article (0-3), plus 4 if in the title."""
        text, (start, end) = self.text, self._title
        pairs = [text[i : i + 2] for i in range(len(text))]
        words = {pair: count for pair, count in Counter(pairs).items() if _WORD.fullmatch(pair)}
        level = {pair: min(3, int(log2(count))) for pair, count in words.items()}
        titled = set(pairs[start : max(start, end - 1)]) & words.keys()
        often = np.array([level.get(pair, 0) for pair in pairs], np.int64)
        in_title = np.array([pair in titled for pair in pairs], np.int64)
        return _with_left_neighbour(often) + 4 * _with_left_neighbour(in_title)

    def surroundings(self) -> Surroundings:
        """The windows and features of all quantities."""
        starts = np.array([amount.start for amount in self.amounts], np.int64)
        ends = np.array([amount.end for amount in self.amounts], np.int64)
        sentence = self._sentence_of[starts]
        low = np.maximum(self._sentences[np.maximum(sentence - SENTENCES_BACK, 0), 0], starts - BACK)
        high = np.minimum(np.maximum(self._sentences[sentence, 1], ends), ends + AHEAD)
        title = np.tile(np.array(self._title), (len(starts), 1))
        title[title[:, 1] > low] = 0
        own_heading = np.array([self._heading(start) for start in starts.tolist()]).reshape(-1, 2)
        heading = np.where((own_heading[:, 1] <= low)[:, None], own_heading, 0)
        blocks = [_block(title[:, 0], title[:, 1]), _block(heading[:, 0], heading[:, 1]), _block(low, high)]
        positions = np.concatenate([block[0] for block in blocks], axis=1)
        present = np.concatenate([block[1] for block in blocks], axis=1)
        features = self._features(positions, starts[:, None], ends[:, None], own_heading)
        kinds = np.array([KINDS.index(amount.kind) for amount in self.amounts], np.int64)
        return Surroundings(positions, present, features, kinds)

    def _heading(self, offset: int) -> tuple[int, int]:
        before = [span for span in self._headings if span[1] <= offset]
        return before[-1] if before else (0, 0)

    def _features(self, at: Ints, start: Ints, end: Ints, heading: Ints) -> Ints:
        after = at >= end
        edge = np.where(after, end, start)
        away = np.maximum(np.where(after, at - end + 1, start - at), 1)
        bucket = np.searchsorted(_DISTANCES, away, side="right") - 1
        distance = np.where(after, 1 + len(_DISTANCES) + np.minimum(bucket, 11), bucket + 1)
        distance[(at >= start) & (at < end)] = 0
        sentence = np.where(after, 5, np.clip(self._sentence_of[start] - self._sentence_of[at], 0, 4))
        listed = np.clip(np.abs(self._listed[at] - self._listed[edge]), 0, 4)
        clauses = np.clip(np.abs(self._clauses[at] - self._clauses[edge]), 0, 4)
        between = np.where(
            after,
            self._amounts_before[at] - self._amounts_before[end],
            self._amounts_before[start] - self._amounts_before[at],
        )
        zone = np.zeros_like(at)
        zone[(at >= heading[:, :1]) & (at < heading[:, 1:])] = 2
        zone[(at >= self._title[0]) & (at < self._title[1])] = 1
        zone[self.marks[at] > 0] = 3
        zone[(at >= start) & (at < end)] = 4
        return np.stack(
            [distance, sentence, listed + 5 * clauses, np.clip(between, 0, 3), zone, self._repetition[at]], axis=-1
        )


def _sequences(text: str) -> list[tuple[int, int]]:
    """Lines, cut at ends of sentences into pieces of about 128 characters."""
    found: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        start, end = line.span()
        for sentence in _SENTENCE.finditer(text, start, end):
            if sentence.end() - start > _SEQUENCE and sentence.start() > start:
                found.append((start, sentence.start()))
                start = sentence.start()
            while sentence.end() - start > _LONGEST_SEQUENCE:
                found.append((start, start + 160))
                start += 160
        if end > start:
            found.append((start, end))
    return found


def _counts(text: str, characters: frozenset[str]) -> Ints:
    """[len(text) + 1]: how many of these characters stand before each offset."""
    return np.concatenate([[0], np.cumsum([character in characters for character in text], dtype=np.int64)])


def _with_left_neighbour(values: Ints) -> Ints:
    joined: Ints = np.maximum(values, np.concatenate([[0], values[:-1]])) if len(values) else values
    return joined


def _block(low: Ints, high: Ints) -> tuple[Ints, Bools]:
    width = int((high - low).max(initial=0))
    positions = low[:, None] + np.arange(width)
    present = positions < high[:, None]
    return np.where(present, positions, 0), present


def _is_heading(line: str) -> bool:
    return len(line) <= 30 and line[-1] not in "。；！？，：" and not _NO_HEADING.search(line)
