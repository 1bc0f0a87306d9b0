"""What the article says about where a name lies: the places known so far, and which senses of a name they speak for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from gongbao.places.gazetteer import PlaceEntry
from gongbao.places.paths import ancestors, depth, lies_in, province_of

_FAR = 1_000_000_000
"""Added to the distance of what stands after a name: what stands before it comes first."""
_NEAREST = 3
"""Supports of one kind that are looked at; further ones only break ties that hardly ever occur."""
_MANY_PROVINCES = 5
"""From more provinces than this on, a short name needs its province as the one named last before it."""


class Evidence:
    """Places known in an article, with their positions.

    Args:
        known: `(start, path)` of the mentions settled so far, in order.
        given: Paths known beforehand, those of the title.
    """

    def __init__(self, known: Sequence[tuple[int, str]] = (), given: Iterable[str] = ()) -> None:
        self._known = known
        self._starts = [start for start, _ in known]
        self._given = tuple(given)
        self.paths = frozenset((*self._given, *(path for _, path in known)))
        self.provinces = frozenset(map(province_of, self.paths))
        self._at: dict[str, list[int]] = {}
        self._within: dict[str, list[int]] = {}
        for start, path in known:
            self._at.setdefault(path, []).append(start)
            for outer in ancestors(path):
                self._within.setdefault(outer, []).append(start)

    def near(self, senses: Sequence[PlaceEntry], at: int) -> tuple[PlaceEntry, ...]:
        """The senses with the nearest support before `at`, else in the title, else after; empty if there is none."""
        if len(senses) == 1 and self._supported(senses[0]):
            return (senses[0],)
        found = [(distances, sense) for sense in senses if (distances := self._distances(sense, at))]
        if not found:
            return ()
        longest = max(len(distances) for distances, _ in found)
        padded = [((*distances, *[3 * _FAR] * (longest - len(distances))), sense) for distances, sense in found]
        nearest = min(distances for distances, _ in padded)
        return tuple(sense for distances, sense in padded if distances == nearest)

    def in_reach(self, sense: PlaceEntry, at: int) -> bool:
        """False where the article is on many provinces and the last place named before `at` is in another one."""
        if len(self.provinces) <= _MANY_PROVINCES:
            return True
        index = bisect_left(self._starts, at) - 1
        return index >= 0 and province_of(self._known[index][1]) == province_of(sense.path)

    def _lists(self, sense: PlaceEntry) -> list[list[int]]:
        """Positions of the places that hold `sense`, and of those that lie in its city."""
        lists = [self._at[path] for path in ancestors(sense.path) if path in self._at]
        parent = sense.parent
        if parent is not None and _is_city(parent) and parent in self._within:
            lists.append(self._within[parent])
        return lists

    def _supported(self, sense: PlaceEntry) -> bool:
        return bool(self._lists(sense)) or any(_speaks(path, sense) for path in self._given)

    def _distances(self, sense: PlaceEntry, at: int) -> list[int]:
        found: list[int] = []
        for starts in self._lists(sense):
            index = bisect_left(starts, at)
            found += [at - start for start in starts[max(0, index - _NEAREST) : index]]
            found += [_FAR + start - at for start in starts[index : index + _NEAREST]]
        found += [_FAR for path in self._given if _speaks(path, sense)]
        return sorted(found)[:_NEAREST]


def _speaks(path: str, sense: PlaceEntry) -> bool:
    """Whether a place holds `sense` or lies in the same city."""
    parent = sense.parent
    return lies_in(sense.path, path) or (parent is not None and _is_city(parent) and lies_in(path, parent))


def _is_city(path: str) -> bool:
    """True for a city or a municipality, or what lies in one."""
    return depth(path) > 0 or path.endswith("市")
