"""What a quantity says of the world: what is or was so, the value before, a change, a plan, a rule.

A classifier over the words around the quantity, the year that it was tied to, and the network's opinion. Which words
count was learned: they stand beside the weights.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import get_args

import numpy as np
import numpy.typing as npt
from ahocorasick_rs import AhoCorasick

from gongbao.linking.surroundings import QUANTITY, Surroundings
from gongbao.ranker import Trees, calibrated
from gongbao.record import Status
from gongbao.rulebook.match import searchable

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
STATUSES: tuple[Status, ...] = get_args(Status)
NEAR, BEHIND = 20, 12
"""Characters before and after a quantity whose words are learned; those before count in all its sentence."""
_CLAUSE = 8
"""Characters that a clause in between counts for."""
FEATURES = (
    *(f"network_{status}" for status in STATUSES), "year_after_published", "has_year", "has_published",
    "month_published", "quantities_before_in_clause", "from_before", "to_after", *QUANTITY,
)  # fmt: skip
"""Before the words; each word is one more feature."""


class StatusWords:
    """Words that count before a quantity, the nearer the more, and behind it; found in one go over a text."""

    def __init__(self, before: Sequence[str], behind: Sequence[str]) -> None:
        self.before, self.behind = tuple(before), tuple(behind)
        numbers = {word: number for number, word in enumerate(dict.fromkeys((*before, *behind)))}
        self._of_before, self._of_behind = ([numbers[word] for word in words] for words in (before, behind))
        self._sizes = np.array([len(word) for word in numbers], np.int64)
        self._automaton = AhoCorasick(list(numbers), store_patterns=False)

    def rows(self, around: Surroundings, spans: Ints) -> npt.NDArray[np.float64]:
        """[N, words before and behind]: how near to each of N quantities each word stands; -1 if it does not.

        Args:
            around: The article's surroundings.
            spans: [N, 4] start of a quantity's sentence, start and end of the quantity, end of the sentence.
        """
        base, text = int(spans[:, 0].min()), around.text[spans[:, 0].min() : spans[:, 3].max()]
        found = self._automaton.find_matches_as_indexes(searchable(text), overlapping=True)
        size = len(text) + 1
        # A word's beginnings stand together, in order: those of word w are w * size and more.
        begins = np.sort(np.array([word * size + start for word, start, _ in found], np.int64))
        starts, lows, highs, ends = (spans - base).T[:, :, None]
        before = self._last(begins, size, self._of_before, starts, lows)
        clauses = around.clauses_before(lows + base) - around.clauses_before(before + base)
        gap = np.maximum(0, lows - before - self._sizes[self._of_before])
        near = 1 / (1 + gap + _CLAUSE * np.maximum(0, clauses))
        behind = self._first(begins, size, self._of_behind, highs, np.minimum(ends, highs + BEHIND))
        return np.concatenate(
            [np.where(before < 0, -1.0, near), np.where(behind < 0, -1.0, BEHIND - (behind - highs))], axis=1
        )

    def _last(self, begins: Ints, size: int, words: Sequence[int], starts: Ints, ends: Ints) -> Ints:
        """[N, words]: where each word begins last in each stretch [N, 1] of a text, -1 if it is not in it."""
        offset = np.array(words, np.int64) * size
        at = np.searchsorted(begins, offset + np.maximum(-1, ends - self._sizes[words]), side="right") - 1
        found: Ints = np.append(begins, -1)[at] - offset
        return np.where(found >= starts, found, -1)

    def _first(self, begins: Ints, size: int, words: Sequence[int], starts: Ints, ends: Ints) -> Ints:
        """[N, words]: where each word begins first in each stretch [N, 1] of a text, -1 if it is not in it."""
        offset = np.array(words, np.int64) * size
        at = np.searchsorted(begins, offset + starts)
        found: Ints = np.append(begins, np.iinfo(np.int64).max)[at] - offset
        return np.where(found + self._sizes[words] <= ends, found, -1)


def features(
    around: Surroundings,
    numbers: Sequence[int],
    network: FloatArray | None,
    years: Sequence[int | None],
    tables: Collection[int],
    words: StatusWords,
) -> FloatArray:
    """[N, features] of N quantities: `FEATURES`, then one for each word before and each behind.

    Args:
        around: The article's surroundings.
        numbers: The quantities' numbers; each stands in a sentence.
        network: [all quantities, 5] the network's shares of `STATUSES`, None without a network.
        years: The year that each was tied to.
        tables: The quantities that stand in tables.
        words: The words that count.
    """
    if not numbers:
        return np.zeros((0, len(FEATURES) + len(words.before) + len(words.behind)), np.float32)
    text, published = around.text, around.document.article.pub_date
    rows, spans = [], []
    for number, year in zip(numbers, years, strict=True):
        quantity, index = around.document.quantities[number], around.sentence_of[number]
        assert index is not None, "each quantity stands in a sentence"
        start, end = around.sentences[index].start, around.sentences[index].end
        head = max(start, around.clause_head(quantity.start))
        near = text[max(start, quantity.start - NEAR) : quantity.start]
        behind = text[quantity.end : min(end, quantity.end + BEHIND)]
        spans.append((start, quantity.start, quantity.end, end))
        rows.append(
            (
                *(network[number].tolist() if network is not None else [-1.0] * len(STATUSES)),
                float(max(-12, min(30, year - published.year)))
                if year is not None and published is not None
                else -99.0,
                float(year is not None),
                float(published is not None),
                float(published.month) if published is not None else 0.0,
                float(around.quantities_between(head, quantity.start)),
                float(around.cues["from_word"].search(near) is not None),
                float(around.cues["to_word"].search(behind) is not None),
                *around.of_quantity(number, number in tables),
            )
        )
    by_word = words.rows(around, np.array(spans, np.int64))
    return np.concatenate([np.array(rows, np.float32), by_word.astype(np.float32)], axis=1)


class StatusClassifier:
    """Tells what quantities say of the world."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self.words = StatusWords(*trees.metadata["words"])

    @classmethod
    def load(cls) -> StatusClassifier:
        """The classifier of this installation.

        Raises:
            ModelError: the weights are missing or broken.
        """
        return cls(Trees.load("gongbao.linking", "status"))

    def classify(self, rows: FloatArray) -> list[tuple[Status, float]]:
        """For each row of features the status and its confidence."""
        if not len(rows):
            return []
        scores = self._trees.scores(rows)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        best = scores.argmax(axis=1)
        chances = shares[np.arange(len(best)), best].tolist()
        return [
            (STATUSES[n], calibrated(chance, *self._trees.metadata["calibration"]))
            for n, chance in zip(best.tolist(), chances, strict=True)
        ]
