"""Readings of a shifted passage, and the best of many."""

from __future__ import annotations

from functools import partial
from heapq import heappush, heapreplace, nlargest
from math import inf
from typing import NamedTuple

from gongbao.chinese.language_model import Reading


class Path(NamedTuple):
    """A reading of the bytes so far, `at` being the next token. (A tuple: thousands are made for one seam.)

    `pending` is the byte that waits for its partner. Where it is lost with its pair, `pending` is the first byte of
    that pair, negative.
    """

    at: int
    pending: int
    reading: Reading
    penalty: float
    out: str
    guessed: tuple[int, ...]
    """Places in `out` that rest on a lost byte."""
    agreed: tuple[int, ...] = ()
    """Places in `out` that a gloss confirms."""

    @property
    def score(self) -> float:
        return self.reading.score + self.penalty

    @property
    def rests_on_something(self) -> bool:
        """Whether at least one character is read from bytes that are there, or agrees with its gloss."""
        return len(self.guessed) < len(self.out) or bool(self.agreed)


class Best:
    """The best readings of those offered, by their values; where values are equal, by their text.

    A reading may be offered as a function that makes it, called if it is among the best in the end.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._offered: list[tuple[float, Path | partial[Path]]] = []
        self._values: list[float] = []
        self.most = -inf
        """The highest value offered."""
        self.floor = -inf
        """No reading of a lower value is among the best."""

    def offer(self, value: float, path: Path | partial[Path]) -> None:
        """Take a reading into account."""
        if value < self.floor:
            return
        self._offered.append((value, path))
        if value > self.most:
            self.most = value
        if self.floor > -inf:
            heapreplace(self._values, value)
        else:
            heappush(self._values, value)
            if len(self._values) < self._size:
                return
        self.floor = self._values[0]

    def taken(self) -> list[Path]:
        """The best, best first."""
        made = [
            (value, path() if isinstance(path, partial) else path)
            for value, path in self._offered
            if value >= self.floor
        ]
        return [path for _, path in nlargest(self._size, made, key=lambda item: (item[0], item[1].out))]
