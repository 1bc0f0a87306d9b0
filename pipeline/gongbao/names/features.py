"""What the field tagger knows of a quantity's surroundings besides the characters: distances, borders, repeated words.

All is computed from the text and the quantities alone, the same way at training time and at run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
import regex

from gongbao.chinese.clauses import sentences

Ints = npt.NDArray[np.int64]
Features = npt.NDArray[np.int16]
Bools = npt.NDArray[np.bool_]

KINDS = ("money", "count", "percent", "growth", "multiple", "duration", "measure")
LONGEST = 28
"""Longest name, in characters."""
BACK, AHEAD, SENTENCES_BACK = 260, 60, 4
FEATURE_SIZES = (32, 6, 25, 4, 5, 8)
"""How many values each feature has: distance, sentence, clause, quantities between, zone, repetition."""

_SEQUENCE, _LONGEST_SEQUENCE = 128, 256
_DISTANCES = np.array([1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30, 40, 55, 80, 120, 200])
_FARTHEST = int(_DISTANCES[-1])
SENTENCE_ENDS, _CLOSING = "。！？；!?\n", "”’"
"""As the network has learned them."""
_LINE = regex.compile(r"[^\n]+")
_NO_HEADING = regex.compile(r"发布|来源|作者|时间|http")
_EDGES = ' \u3000、，。；：！？\n,;!?（）()“”"《》‘’—…·-+.%％'
_CLASSES = {
    "border": "，。；：！？\n,;!?",
    "clause": "，,；;：:",
    "listed": "，,；;：:、",
    "no_start": set(_EDGES) - set("“《（"),
    "no_end": set(_EDGES) - set("”》）"),
    "word": [*map(chr, range(0x4E00, 0xA000)), *"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"],
}
"""What characters can be: an end of any span, of a clause, of a member of a list; not the first or last of a name."""


class QuantitySpan(Protocol):
    """What is needed of a quantity (`gongbao.document.Quantity` is one): its span and kind."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class WindowArrays:
    """The windows of N quantities, padded to W positions: title, heading, then the text around the quantity."""

    positions: Ints
    """[N, W] offsets into the text (0 at padding)."""
    present: Bools
    """[N, W]: not padding."""
    features: Features
    """[len(FEATURE_SIZES), N, W], small integers: a long article has many millions."""
    ends: Ints
    """[N, W]: where the block ends that the position belongs to."""
    kinds: Ints
    """[N] numbers of KINDS."""
    blocks: Ints
    """[N, 3, 2] start and end of title, heading and text around the quantity; empty where one is not shown."""


class TextFeatures:
    """The features of one article.

    Args:
        text: The simplified text.
        amounts: Its quantities in order.

    Attributes:
        marks: [len(text)] 0, or 1 + the kind of the quantity that the character belongs to.
        sequences: [S, 2] spans of the text that the encoder reads at once, in order.
        blocks: [N, 3, 2] start and end of what is shown of each quantity: the title, the heading, the text around it;
            empty where one is not.
        borders: [len(text) + 1] how many characters that no name crosses stand before each offset.
        may_start: [len(text) + 1] a name may begin there.
        may_end: [len(text) + 1] it may be a name's last character.
    """

    def __init__(self, text: str, amounts: Sequence[QuantitySpan]) -> None:
        size = len(text)
        self.text, self.amounts = text, amounts
        self.sequences = np.array(_sequences(text), np.int64).reshape(-1, 2)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        classes = _class_table()[np.minimum(codes, 0xFFFF)]
        is_in = {name: classes & (1 << bit) != 0 for bit, name in enumerate(_CLASSES)}
        self._listed, self._clauses = _counts(is_in["listed"]), _counts(is_in["clause"])
        self.borders = _counts(is_in["border"])
        self.may_start, self.may_end = (np.append(~is_in[name], False) for name in ("no_start", "no_end"))
        self._sentences = np.array(list(_sentences(text)) or [(0, size)])
        begun = np.zeros(size + 1, np.int64)
        begun[self._sentences[:, 0]] = 1
        self._sentence_of = np.maximum(np.cumsum(begun) - 1, 0)
        self.starts = np.array([amount.start for amount in amounts], np.int64)
        self._ends = np.array([amount.end for amount in amounts], np.int64)
        self._kinds = np.array([KINDS.index(amount.kind) for amount in amounts], np.int64)
        self.marks = np.zeros(size, np.int64)
        for start, end, kind in zip(self.starts.tolist(), self._ends.tolist(), self._kinds.tolist(), strict=True):
            self.marks[start:end] = 1 + kind
        self._amounts_before = np.cumsum(np.bincount(self._ends, minlength=size + 1))
        lines = [match.span() for match in _LINE.finditer(text)]
        self._title = lines[0] if lines and lines[0][1] - lines[0][0] < 60 else (0, 0)
        headings = [(0, 0), *((start, end) for start, end in lines[1:] if _is_heading(text[start:end]))]
        self._headings = np.array(headings)
        self._repetition = self._repeated(codes, is_in["word"])

    def _repeated(self, codes: npt.NDArray[np.uint32], in_word: Bools) -> Ints:
        """[len(text)]: how often the word pieces at a position come in the article (0-3), plus 4 if in the title."""
        if len(codes) < 2:
            return np.zeros(len(codes), np.int64)
        pairs = codes[:-1].astype(np.int64) << 32 | codes[1:]
        _, which, counts = np.unique(pairs, return_inverse=True, return_counts=True)
        is_word = in_word[:-1] & in_word[1:]
        level = (counts >= 2).astype(np.int64) + (counts >= 4) + (counts >= 8)
        start, end = self._title
        titled = np.zeros(len(counts), np.int64)
        titled[which[start : max(start, end - 1)]] = 4
        often, in_title = (np.append(np.where(is_word, values[which], 0), 0) for values in (level, titled))
        return _with_left_neighbour(often) + _with_left_neighbour(in_title)

    @cached_property
    def _own_headings(self) -> Ints:
        """[N, 2]: the last heading before each quantity."""
        found: Ints = self._headings[np.searchsorted(self._headings[:, 1], self.starts, side="right") - 1]
        return found

    @cached_property
    def blocks(self) -> Ints:
        starts, ends = self.starts, self._ends
        sentence = self._sentence_of[starts]
        low = np.maximum(self._sentences[np.maximum(sentence - SENTENCES_BACK, 0), 0], starts - BACK)
        high = np.minimum(np.maximum(self._sentences[sentence, 1], ends), ends + AHEAD)
        title = np.tile(np.array(self._title), (len(starts), 1))
        title[title[:, 1] > low] = 0
        heading = np.where((self._own_headings[:, 1] <= low)[:, None], self._own_headings, 0)
        return np.stack([title, heading, np.stack([low, high], axis=1)], axis=1)

    def surroundings(self, part: slice = slice(None)) -> WindowArrays:
        """The windows and features of all quantities, or of some of them: they take kilobytes each."""
        spans = self.blocks[part]
        starts, ends = self.starts[part, None], self._ends[part, None]
        blocks = [_block(*block.T) for block in spans.swapaxes(0, 1)]
        positions, present, block_ends = (np.concatenate(parts, axis=1) for parts in zip(*blocks, strict=True))
        features = self._features(positions, starts, ends, self._own_headings[part])
        return WindowArrays(positions, present, features, block_ends, self._kinds[part], spans)

    def _features(self, at: Ints, start: Ints, end: Ints, heading: Ints) -> Features:
        after, inside = at >= end, (at >= start) & (at < end)
        features = np.empty((len(FEATURE_SIZES), *at.shape), np.int16)
        distance, sentence, clauses, between, zone, repetition = features
        bucket = _distance_table()[np.clip(np.where(after, at - end + 1, start - at), 1, _FARTHEST)]
        distance[:] = np.where(after, 1 + len(_DISTANCES) + np.minimum(bucket, 11), bucket + 1)
        distance[inside] = 0
        sentence[:] = np.where(after, 5, np.clip(self._sentence_of[start] - self._sentence_of[at], 0, 4))
        clauses[:] = 0
        for counts, factor in ((self._listed, 1), (self._clauses, 5)):
            clauses += factor * np.minimum(np.abs(counts[at] - np.where(after, counts[end], counts[start])), 4)
        before = self._amounts_before
        between[:] = np.clip(np.where(after, before[at] - before[end], before[start] - before[at]), 0, 3)
        zone[:] = 0
        zone[(at >= heading[:, :1]) & (at < heading[:, 1:])] = 2
        zone[(at >= self._title[0]) & (at < self._title[1])] = 1
        zone[self.marks[at] > 0] = 3
        zone[inside] = 4
        repetition[:] = self._repetition[at]
        return features


@lru_cache(maxsize=1)
def _class_table() -> npt.NDArray[np.uint8]:
    """The classes of every character of the basic plane, one bit each; the last one stands for all beyond."""
    table = np.zeros(0x10000, np.uint8)
    for bit, characters in enumerate(_CLASSES.values()):
        table[[ord(character) for character in characters]] |= 1 << bit
    return table


@lru_cache(maxsize=1)
def _distance_table() -> Ints:
    """The number of the bucket of every distance up to the farthest told apart."""
    return np.searchsorted(_DISTANCES, np.arange(_FARTHEST + 1), side="right") - 1


def _sequences(text: str) -> list[tuple[int, int]]:
    """Lines, cut at ends of sentences into pieces of about 128 characters."""
    found: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        start, end = line.span()
        for low, high in _sentences(text, start, end):
            if high - start > _SEQUENCE and low > start:
                found.append((start, low))
                start = low
            while high - start > _LONGEST_SEQUENCE:
                found.append((start, start + 160))
                start += 160
        if end > start:
            found.append((start, end))
    return found


def _sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    return sentences(text, start, end, ends=SENTENCE_ENDS, closing=_CLOSING)


def _counts(is_one: Bools) -> Ints:
    """[len(text) + 1]: how many of these characters stand before each offset."""
    return np.concatenate([[0], np.cumsum(is_one, dtype=np.int64)])


def _with_left_neighbour(values: Ints) -> Ints:
    joined: Ints = np.maximum(values, np.concatenate([[0], values[:-1]])) if len(values) else values
    return joined


def _block(low: Ints, high: Ints) -> tuple[Ints, Bools, Ints]:
    """Positions, whether they are there, and the end of the block, of spans as rows."""
    width = int((high - low).max(initial=0))
    positions = low[:, None] + np.arange(width)
    present = positions < high[:, None]
    return np.where(present, positions, 0), present, np.broadcast_to(high[:, None], present.shape)


def _is_heading(line: str) -> bool:
    return len(line) <= 30 and line[-1] not in "。；！？，：" and not _NO_HEADING.search(line)
