"""What a quantity says of the world: what is or was so, the value before, a change, a plan, a rule.

A classifier over the words around the quantity, the year that it was tied to, and the network's opinion. Which words
count was learned: they stand beside the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import numpy.typing as npt

from gongbao.linking.surroundings import QUANTITY, Surroundings
from gongbao.ranker import Trees, calibrated
from gongbao.record import Status

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


def features(
    around: Surroundings,
    number: int,
    network: Sequence[float] | None,
    year: int | None,
    in_table: bool,
    words: tuple[Sequence[str], Sequence[str]],
) -> list[float]:
    """The features of one quantity: `FEATURES`, then one for each word before and each behind.

    Args:
        around: The article's surroundings.
        number: The quantity's number.
        network: The network's shares of `STATUSES`, None without a network.
        year: The year that the quantity was tied to.
        in_table: True for a number of a table.
        words: Words that count before a quantity, the nearer the more (`_nearness`), and behind it.
    """
    text, quantity = around.text, around.document.quantities[number]
    published = around.document.article.pub_date
    index = around.sentence_of[number]
    start, end = (around.sentences[index].start, around.sentences[index].end) if index is not None else (0, 0)
    head = max(start, around.clause_head(quantity.start))
    near = text[max(start, quantity.start - NEAR) : quantity.start]
    behind = text[quantity.end : min(end, quantity.end + BEHIND)]
    before, after = words
    return [
        *(network if network is not None else [-1.0] * len(STATUSES)),
        float(max(-12, min(30, year - published.year))) if year is not None and published is not None else -99.0,
        float(year is not None),
        float(published is not None),
        float(published.month) if published is not None else 0.0,
        float(around.quantities_between(head, quantity.start)),
        float(around.cues["from_word"].search(near) is not None),
        float(around.cues["to_word"].search(behind) is not None),
        *around.of_quantity(number, in_table),
        *(_nearness(around, word, start, quantity.start) for word in before),
        *(float(BEHIND - at if (at := behind.find(word)) >= 0 else -1) for word in after),
    ]


def _nearness(around: Surroundings, word: str, start: int, end: int) -> float:
    """How near to `end` a word stands last in the text from `start`, 1 at most; a clause counts as characters do; -1 if
    it does not.
    """
    at = around.text.rfind(word, start, end)
    if at < 0:
        return -1.0
    return 1 / (1 + end - at - len(word) + _CLAUSE * around.clauses_between(at, end))


class StatusClassifier:
    """Tells what quantities say of the world."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        before, after = trees.metadata["words"]
        self.words: tuple[Sequence[str], Sequence[str]] = (tuple(before), tuple(after))

    @classmethod
    def load(cls) -> StatusClassifier:
        """The classifier of this installation.

        Raises:
            ModelError: the weights are missing or broken.
        """
        return cls(Trees.load("gongbao.linking", "status"))

    def classify(self, rows: npt.NDArray[np.float32]) -> list[tuple[Status, float]]:
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
