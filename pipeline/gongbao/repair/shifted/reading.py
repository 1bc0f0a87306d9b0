"""How sure the likeliest reading of a shifted passage is, place by place.

Most characters of a reading have both of their bytes; in doubt are those that rest on a lost byte, and those for which
another reading is nearly as likely. Each such gap has a probability of its own, so that one pair that nobody can tell
does not spoil a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log1p, prod
from typing import NamedTuple

from gongbao.chinese.language_model import ORDER, UNITS, symbols
from gongbao.chinese.script import simplify_characters
from gongbao.repair.shifted import gbk
from gongbao.repair.shifted.search import FAR, Candidate, Path, Search, beaten
from gongbao.repair.shifted.tokens import MARKERS

TOLD = 0.05
"""The probability from which on a passage counts as damaged."""
RARE = 216
"""The cost, without context, of a character that is a sign of damage."""
_NUMERALS = frozenset("〇零一二三四五六七八九十百千萬万億亿兩两几幾半廿壹贰叁肆伍陆柒捌玖拾０１２３４５６７８９")
_NO_NUMBERS = re.compile(
    "进一步|统一|[一唯]一|一(?:些|定|直|般|样|起|旦|致|体|切|路|线|流|律|向|贯|味|边|带|系列|方面|揽子)"
    "|百(?:姓|货|度)|万(?:科|达|众)|十分|三(?:农|峡|亚)|四(?:川|季)|五粮液|六安|[九八]江|八达岭|两(?:会|岸|国)|半(?:导体|岛)"
)
"""Words in which a numeral counts nothing. Simplified."""
_PLAN, _DIGITS = re.compile("十[一二三四五]五"), "一二三四五六七八九十"
"""The name of a five-year plan, and what it is made of."""
_BEHIND = 3
"""Characters after a gap that tell whether it was filled in rightly."""


class Gap(NamedTuple):
    """A place in doubt, characters `[start, end)` of a reading, and the probability that they stood there."""

    start: int
    end: int
    probability: float
    is_number: bool = False
    """A number would rest on lost bytes: it is never guessed, nor told as a guess."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The likeliest reading of a passage."""

    search: Search
    path: Path
    gain: float
    """Over the passage as it stands, in nats."""
    kept: int
    """Markers at the front that it leaves as they are."""
    gaps: tuple[Gap, ...]
    """In order, none touching another."""

    @property
    def probability(self) -> float:
        """That all of it stood there."""
        return chance(self.gaps)

    def gaps_in(self, start: int, end: int) -> list[Gap]:
        """Those of characters `[start, end)`."""
        return [gap for gap in self.gaps if start <= gap.start < end]


def chance(gaps: Iterable[Gap]) -> float:
    """That all of several places were filled in rightly."""
    return prod((gap.probability for gap in gaps), start=1.0)


def reading(search: Search, candidates: Sequence[Candidate]) -> Reading:
    """The first of the candidates, with its places in doubt."""
    gain, path = candidates[0]
    for other in candidates[1:]:
        path = beaten(path, other.path, round((gain - other.gain) * UNITS))
    kept = 0
    while kept not in path.guessed and path.out[kept : kept + 1] and path.out[kept] in MARKERS:
        kept += 1
    costs = _costs(search, path)
    gaps = tuple(_gap(search, path, gain, costs, start, end) for start, end in _in_doubt(search, path, kept))
    return Reading(search, path, gain, kept, gaps)


def _in_doubt(search: Search, path: Path, kept: int) -> list[tuple[int, int]]:
    spans = [(at, at + 1) for at in path.guessed]
    spans += ((rival.start - (rival.start == rival.end), max(rival.end, rival.start + 1)) for rival in path.rivals)
    spans += ((at, at + 1) for at, symbol in enumerate(symbols(path.out)) if search.model.cost((), symbol) > RARE)
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(start, kept), min(end, len(path.out))) for start, end in spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return joined


def _costs(search: Search, path: Path) -> list[float]:
    """What each character of a reading, and of what stands behind it, costs, in nats."""
    costs: list[float] = []
    context = search.context
    for symbol in (*symbols(path.out), *search.symbols[path.at : path.at + _BEHIND]):
        costs.append(search.model.cost(context, symbol) / UNITS)
        context = (*context, symbol)[1 - ORDER :]
    return costs


def features(search: Search, path: Path, gain: float, costs: list[float], start: int, end: int) -> tuple[float, ...]:
    """What tells how sure a place in doubt is.

    How far the next reading is behind there, what the reading gains over the passage as it stands, the costs of the
    place (on average, and of its worst three characters in a row) and of the whole, how many characters rest on lost
    bytes, whether a pair was lost there, and how many were in all.
    """
    rivals = (one.behind for one in path.rivals if one.start < max(end, start + 1) and one.end >= start)
    near = costs[start : end + _BEHIND]
    guessed = sum(start <= at < end for at in path.guessed)
    return (
        min(rivals, default=FAR) / UNITS,
        log1p(max(gain, 0.0)),
        sum(near) / len(near),
        max(sum(near[at : at + 3]) for at in range(max(1, len(near) - 2))),
        sum(costs) / len(costs),
        float(guessed),
        float(path.dropped > 0 and guessed > 1),
        float(path.dropped),
    )


def _is_number(search: Search, path: Path, at: int) -> bool:
    """Whether a character of a reading counts something."""
    if path.out[at] not in _NUMERALS:
        return False
    around = simplify_characters(path.out + "".join(search.shown[path.at : path.at + _BEHIND]))
    if any(word.start() <= at < word.end() for word in _PLAN.finditer(around)):
        return not _is_told(search, path, at)
    return not any(word.start() <= at < word.end() for word in _NO_NUMBERS.finditer(around))


def _is_told(search: Search, path: Path, at: int) -> bool:
    """Whether the byte that is left of a digit tells it from all others."""
    lead, trail = gbk.pair(path.out[at]) or (0, 0)
    digits = [gbk.pair(digit) or (0, 0) for digit in _DIGITS]
    if at and any(pending == lead for _, pending in search.bytes_of(path.reached[at - 1] - 1)):
        return [one for one, _ in digits].count(lead) == 1
    read = any(second == trail for second, _ in search.bytes_of(path.reached[at] - 1))
    return read and [other for _, other in digits].count(trail) == 1


def _gap(search: Search, path: Path, gain: float, costs: list[float], start: int, end: int) -> Gap:
    if any(_is_number(search, path, at) for at in path.guessed if start <= at < end):
        return Gap(start, end, TOLD, is_number=True)
    if any(search.model.cost((), symbol) > RARE for symbol in symbols(path.out[start:end])):
        return Gap(start, end, TOLD)  # a character so rare is rather a sign of more damage
    found = features(search, path, gain, costs, start, end)
    odds = _BIAS + sum(weight * feature for weight, feature in zip(_WEIGHTS, found, strict=True))
    return Gap(start, end, 1 / (1 + exp(-odds)))


_BIAS = 1.98
_WEIGHTS = (0.71, 0.256, -0.321, -0.082, 0.073, -0.44, -0.637, -0.021)
"""Of the features, fitted on runs made on purpose."""
