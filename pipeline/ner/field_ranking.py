"""Choosing among the names that the network proposes for a quantity.

The network scores spans; the same name often stands at several places, longer and shorter forms compete, and the facts
of one article tend to share their initiative. Here spans become names with their joint probability, and initiatives are
chosen with a linear model over what the article and the neighbouring quantities say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
import numpy.typing as npt
import regex

FloatArray = npt.NDArray[np.float32]

NAMES = 8
"""Names that compete for one quantity."""
OWN = 0.3
"""What a name's own probability counts beside that of all names that agree with it."""
_MARKS = dict.fromkeys(map(ord, " \t\n\u3000\xa0“”\"'‘’《》〈〉「」『』（）()·、,，。"))
_TAIL = regex.compile(
    r"(?:总?[额量值数]|金额|总值|增加值|收入|比例|比重|率|规模|面积|总量|产量|产值|水平|人数|数量|占比|销售额|成交额|进出口额)$"
)
_PLACE = regex.compile(r"[省市县区]")
_CLAUSE_END = regex.compile(r"[，；]")
_DIGIT = regex.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Name:
    """A name proposed for a field: its likeliest span, and the probability of all spans that read the same."""

    start: int
    end: int
    text: str
    probability: float
    key: str
    """The text without marks: what makes two names the same."""


def merged(spans: Sequence[tuple[int, int, float]], text: str) -> list[Name]:
    """Spans (start, end, probability), likeliest first, as distinct names, likeliest first."""
    found: dict[str, Name] = {}
    for start, end, probability in spans:
        key = _key(text[start:end])
        known = found.get(key)
        if known is not None:
            start, end, probability = known.start, known.end, known.probability + probability
        if key:
            found[key] = Name(start, end, text[start:end], probability, key)
    return sorted(found.values(), key=lambda name: (-name.probability, name.start, name.end))


def _key(text: str) -> str:
    return text.translate(_MARKS)


def alike(one: str, other: str) -> bool:
    """True if the shorter of two keys is at least half of the longer and part of it."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    return len(short) >= 2 and short in long and len(short) * 2 >= len(long)


def support(key: str, names: Mapping[str, float]) -> float:
    """The probability of all names that are alike."""
    size = len(key)
    total = 0.0
    # Written out: this is the innermost loop of ranking.
    for other, probability in names.items():
        length = len(other)
        if size <= length:
            if size >= 2 and length <= 2 * size and key in other:
                total += probability
        elif length >= 2 and size <= 2 * length and other in key:
            total += probability
    return total


def agreed(names: Sequence[Name], best: int = NAMES) -> list[Name]:
    """The best names by how much of the probability agrees with them, which becomes their probability.

    Of 成交额, 合同成交额 and 技术合同成交额 the middle one is the safest guess: it agrees with both others.
    """
    own = {name.key: name.probability for name in names}
    mass = {key: support(key, own) for key in own}
    order = sorted(names, key=lambda name: (-mass[name.key] - OWN * name.probability, name.start, name.end))
    return [_with(name, min(1.0, max(mass[name.key], name.probability))) for name in order[:best]]


def _with(name: Name, probability: float) -> Name:
    return Name(name.start, name.end, name.text, probability, name.key)


class InitiativeRanker:
    """A linear model over the initiatives proposed for the quantities of one article.

    Args:
        weights: One weight a feature, the order of :meth:`features`.
        center: What is subtracted from each feature before.
        scale: What each is divided by then.
    """

    def __init__(self, weights: FloatArray, center: FloatArray, scale: FloatArray) -> None:
        self._weights, self._center, self._scale = weights, center, scale

    def choose(
        self,
        article: Proposals,
        indicators: Sequence[Sequence[Name]],
    ) -> list[list[tuple[Name, float]]]:
        """For each quantity its names with the probability to be right, best first."""
        chosen: list[list[tuple[Name, float]]] = []
        for number in range(len(article.amounts)):
            names = article.candidates(number, indicators[number])
            if not names:
                chosen.append([])
                continue
            rows = article.features(number, names, indicators[number])
            scores = ((rows - self._center) / self._scale) @ self._weights
            shares = np.exp(scores - scores.max())
            shares = shares / shares.sum()
            order = np.argsort(-shares, kind="stable")
            chosen.append([(names[index], float(shares[index])) for index in order.tolist()])
        return chosen


class Proposals:
    """The initiatives proposed for all quantities of an article, and what speaks for each.

    Args:
        text: The article's simplified text.
        amounts: Spans of its quantities, in order.
        names: The names proposed for each quantity.
    """

    def __init__(self, text: str, amounts: Sequence[tuple[int, int]], names: Sequence[Sequence[Name]]) -> None:
        self.text, self.amounts, self.names = text, amounts, names
        self._maps = [{name.key: name.probability for name in row} for row in names]
        self._total: dict[str, float] = {}
        best: dict[str, Name] = {}
        for row in names:
            for name in row:
                key = name.key
                self._total[key] = self._total.get(key, 0.0) + name.probability
                if key not in best or best[key].probability < name.probability:
                    best[key] = name
        leading = sorted(self._total, key=lambda key: (-self._total[key], best[key].start))[:6]
        self._leading = [_with(best[key], 0.0) for key in leading]
        self._supports: list[dict[str, float]] = [{} for _ in self._maps]
        self._title = _key(text.split("\n", 1)[0][:60])

    def candidates(self, number: int, indicators: Sequence[Name]) -> list[Name]:
        """At most NAMES names: proposed here, the indicators and what is inside them, the article's leading ones."""
        found = {name.key: name for name in self.names[number]}
        for indicator in indicators[:3]:
            for text in (indicator.text, _TAIL.sub("", indicator.text)):
                name = Name(indicator.start, indicator.start + len(text), text, 0.0, _key(text))
                if len(name.key) >= 2:
                    found.setdefault(name.key, name)
        for name in self._leading:
            found.setdefault(name.key, name)
        here = self._maps[number]
        strength = {key: self._support(key, number) + OWN * here.get(key, 0.0) for key in found}
        order = sorted(found, key=lambda key: (-strength[key], -found[key].probability, found[key].start))
        return [found[key] for key in order[:NAMES]]

    def features(self, number: int, names: Sequence[Name], indicators: Sequence[Name]) -> FloatArray:
        """[len(names), features]."""
        here = self._maps[number]
        others = max(1, len(self.amounts) - 1)
        start = self.amounts[number][0]
        low, high = self._sentence(start)
        indicator = indicators[0].key if indicators else ""
        certainty = indicators[0].probability if indicators else 0.0
        rows = []
        for name in names:
            key, size = name.key, len(name.key)
            mass = self._support(key, number)
            exact = here.get(key, 0.0)
            count = self.text.count(name.text)
            before_clause = name.end <= start and bool(_CLAUSE_END.search(self.text, name.end, start))
            rows.append(
                [
                    log(exact + 1e-3),
                    mass,
                    log(mass + 1e-3),
                    (self._total.get(key, 0.0) - exact) / others,
                    self._support(key, number - 1),
                    self._support(key, number + 1),
                    self._support(key, number - 2),
                    size / 10,
                    size <= 2,
                    size == 3,
                    4 <= size <= 8,
                    size > 12,
                    key in self._title,
                    log(1 + count),
                    count > 1,
                    key == indicator,
                    key != indicator and key in indicator,
                    key != indicator and indicator in key,
                    certainty,
                    key != indicator and indicator.startswith(key),
                    low <= name.start and name.end <= start,
                    start <= name.start < high,
                    name.start < low,
                    log(1 + abs(start - name.start)) / 5,
                    before_clause,
                    name.start > 0 and self.text[name.start - 1] in "“《",
                    "“" in name.text or "《" in name.text,
                    bool(_PLACE.search(key, 0, 5)),
                    "的" in name.text,
                    bool(_DIGIT.search(name.text)),
                    "、" in name.text,
                ]
            )
        return np.array(rows, np.float32)

    def _support(self, key: str, number: int) -> float:
        """`support` among the names of one quantity, worked out once; 0 beyond the article's ends."""
        if not 0 <= number < len(self._maps):
            return 0.0
        known = self._supports[number]
        if key not in known:
            known[key] = support(key, self._maps[number])
        return known[key]

    def _sentence(self, offset: int) -> tuple[int, int]:
        low = max(self.text.rfind(mark, 0, offset) for mark in "。！？；!?\n") + 1
        ends = [at for at in (self.text.find(mark, offset) for mark in "。！？；!?\n") if at >= 0]
        return low, min(ends, default=len(self.text))


def calibrated(share: float, slope: float, offset: float) -> float:
    """Platt scaling: the probability that a name with this share is right."""
    bounded = min(max(share, 1e-4), 1 - 1e-4)
    return 1 / (1 + exp(-(slope * log(bounded / (1 - bounded)) + offset)))
