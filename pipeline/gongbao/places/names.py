"""Finding names of places in a text: one automaton over the gazetteer, and whether a name stands on word borders.

What is found is only a candidate. 国 of 宁国 and 家 are one word in 江宁国家, so the candidate 宁国 there is dropped:
where words of jieba's dictionary cross its border, a candidate must be part of the likelier reading.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from gongbao.document import Rank
from gongbao.errors import RuleError
from gongbao.places.gazetteer import Abbreviation, Gazetteer, PlaceEntry, Zone
from gongbao.rulebook.load import RuleSet
from gongbao.rulebook.match import searchable

_WORDS = Path(__file__).with_name("words.txt")
"""Counts, and the words of jieba's dictionary that have them; training/build_words.py makes it."""
_REACH = 3
"""Characters beyond a candidate that a crossing word may reach."""
_EVERYDAY = 1500
_RARE = -math.log(60_101_967)
"""Log probability of a word counted once: the sum of all counts in jieba's dictionary is 60,101,967."""
_FLOOR = {"division": 300, "short": 30, "zone": 30, "foreign": 60}
"""Counts, on the scale of jieba's dictionary, that names get at least: many places are rare or missing there."""


class Trust(IntEnum):
    """How far a name alone is a place."""

    NEVER = 0
    """No place, but holds the name of one (三明治)."""
    GENERIC = 1
    """An everyday word (老城区): only right after its parent."""
    COMMON = 2
    """A word or other name as well (日照): needs its parent beside it, a list, a heading or its full name."""
    WEAK = 3
    """A short name that few know (南山): needs its parent in the article."""
    STRONG = 4
    """A full name, or a short one that everybody knows."""


@dataclass(frozen=True, slots=True)
class Surface:
    """One way of writing one or several places."""

    text: str
    trust: Trust
    senses: tuple[PlaceEntry, ...] = ()
    zone: Zone | None = None
    abroad: Rank | None = None
    full: bool = False
    """Whether the text is the full name of all its senses."""
    abbreviation: Abbreviation | None = None


@dataclass(frozen=True, slots=True)
class SurfaceMatch:
    """A surface found at `[start, end)`."""

    start: int
    end: int
    surface: Surface


def surfaces(gazetteer: Gazetteer, rules: RuleSet) -> dict[str, Surface]:
    """Every writing that may be a place, with how far it is one by itself."""
    generic = frozenset(rules.lexicon("place_generic"))
    common = frozenset(rules.lexicon("place_common"))
    known = frozenset(rules.lexicon("place_known"))
    found = {word: Surface(word, Trust.NEVER) for word in rules.lexicon("place_not")}
    for name, rank in gazetteer.foreign.items():
        found[name] = Surface(name, Trust.STRONG, abroad=rank)
    zones = {zone.name: zone for zone in gazetteer.zones}
    for name, senses in gazetteer.names.items():
        if senses[0].rank == "country" or name in found:
            continue
        full = all(sense.name == name for sense in senses)
        if name in generic:
            trust = Trust.GENERIC
        elif name in common:
            trust = Trust.COMMON
        elif (
            full
            or name in known
            or _keeps_rank(name, senses)
            or any(sense.current and sense.rank != "district" for sense in senses)
        ):
            trust = Trust.STRONG
        else:
            trust = Trust.WEAK
        found[name] = Surface(name, trust, senses, zones.get(name), None, full)
    for name, zone in zones.items():
        # 金桥 is many places, 武汉东湖高新区 is one.
        sure = len(name) > 3 or zone.kind != "zone" or name in known
        found.setdefault(name, Surface(name, Trust.STRONG if sure else Trust.WEAK, (), zone))
    for name, abbreviation in gazetteer.abbreviations.items():
        if abbreviation.kind != "single":
            found.setdefault(name, Surface(name, Trust.STRONG, abbreviation=abbreviation))
    return found


def _keeps_rank(name: str, senses: Sequence[PlaceEntry]) -> bool:
    """Whether a short name still ends in its rank (石柱县, 恩施州), which makes it as clear as the full one."""
    return len(name) > 2 and name[-1] in "县州旗" and all(sense.name[-1] == name[-1] for sense in senses)


class NameFinder:
    """Finds the surfaces in a text. Build once; safe to share between threads."""

    def __init__(self, names: Mapping[str, Surface], rules: RuleSet) -> None:
        from ahocorasick_rs import AhoCorasick, MatchKind

        self._surnames = frozenset(rules.lexicon("place_surnames"))
        self._before_persons = frozenset(rules.lexicon("place_before_persons"))
        self._numerals = frozenset(rules.lexicon("numerals"))
        self._counters = frozenset(rules.lexicon("place_counters"))
        self._rank_words = frozenset(rules.lexicon("place_rank_words"))
        self._surfaces = tuple(names.values())
        self._by_text = dict(names)
        self._longest = max(map(len, names), default=0)
        self._automaton = AhoCorasick(list(names), matchkind=MatchKind.LeftmostLongest, store_patterns=False)

    def find(self, text: str) -> list[SurfaceMatch]:
        """Candidates on word borders, leftmost and longest first, none overlapping, none of `place_not`."""
        candidates: list[SurfaceMatch] = []
        free = 0
        for number, start, end in self._automaton.find_matches_as_indexes(searchable(text)):
            if start < free:
                continue
            candidate = self._bounded(text, SurfaceMatch(start, end, self._surfaces[number]), candidates)
            if candidate is None:
                candidate = next(self._inside(text, start + 1, end, candidates), None)
            if candidate is not None and candidate.surface.trust is not Trust.NEVER:
                candidates.append(candidate)
            free = candidate.end if candidate is not None else free
        return candidates

    def area(self, candidate: SurfaceMatch, year: int | None) -> SurfaceMatch:
        """The city of a candidate where its 地区 is the area and no division any more: 苏州地区 in 2013."""
        surface = candidate.surface
        if year is None or not surface.full or not surface.text.endswith("地区"):
            return candidate
        city = self._by_text.get(surface.text[:-2])
        gone = all(sense.valid_to is not None and sense.valid_to < year - 1 for sense in surface.senses)
        return (
            SurfaceMatch(candidate.start, candidate.end - 2, city)
            if city is not None and city.senses and gone
            else candidate
        )

    def _bounded(self, text: str, candidate: SurfaceMatch, before: list[SurfaceMatch]) -> SurfaceMatch | None:
        """The candidate, cut by a rank that belongs to the next word; None where it does not stand on word borders."""
        surface = candidate.surface
        if surface.trust is Trust.NEVER:
            return candidate
        if candidate.start > 0 and (self._is_person(text, candidate) or self._is_counted(text, candidate.start)):
            return None
        if text[candidate.end - 1 : candidate.end + 1] in self._rank_words:  # 北京市场 is 北京 + 市场
            shorter = self._by_text.get(surface.text[:-1])
            if shorter is None:
                return None
            candidate = SurfaceMatch(candidate.start, candidate.end - 1, shorter)
        if candidate.end - candidate.start > _REACH:
            return candidate
        joined = bool(before) and before[-1].end == candidate.start
        floor = _floor(candidate.surface)
        if on_borders(text, candidate.start, candidate.end, floor, left_fixed=joined):
            return candidate
        # The rank may be the next word's as well: 无锡市委 is 无锡 + 市委.
        if candidate.surface.full and candidate.end - candidate.start > 2:
            return candidate if on_borders(text, candidate.start, candidate.end - 1, floor, left_fixed=joined) else None
        return None

    def _is_person(self, text: str, candidate: SurfaceMatch) -> bool:
        """Whether a surname before a short name makes a person of it (李长春), or a dot a foreigner (达利·萨尔瓦多)."""
        surface, before = candidate.surface, text[candidate.start - 1]
        if surface.abroad and (before == "·" or text.startswith("·", candidate.end)):
            return True
        if surface.full or candidate.end - candidate.start > 2 or before not in self._surnames:
            return False
        return (
            candidate.start == 1
            or not is_hanzi(text[candidate.start - 2])
            or text[candidate.start - 2] in self._before_persons
        )

    def _is_counted(self, text: str, start: int) -> bool:
        """Whether the name's first character counts what stands before it: 254万山区人民, 1500台中有20台."""
        before = text[start - 1]
        return text[start] in self._counters and (before.isdigit() or before in self._numerals)

    def _inside(self, text: str, start: int, end: int, before: list[SurfaceMatch]) -> Iterator[SurfaceMatch]:
        """Candidates that begin within a dropped one."""
        for at in range(start, end):
            for length in range(min(self._longest, len(text) - at), 1, -1):
                surface = self._by_text.get(text[at : at + length])
                if surface is not None and (
                    candidate := self._bounded(text, SurfaceMatch(at, at + length, surface), before)
                ):
                    yield candidate


def _floor(surface: Surface) -> int:
    if surface.abroad:
        return _FLOOR["foreign"]
    if surface.full and len(surface.text) == 2:
        return _FLOOR["short"]
    if surface.zone and not surface.senses:
        return _FLOOR["zone"]
    return _FLOOR["division" if surface.trust is Trust.STRONG else "short"]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, float]:
    """Word -> log of its probability, of the words of up to three characters in jieba's dictionary."""
    words: dict[str, float] = {}
    try:
        with _WORDS.open(encoding="utf-8") as lines:
            for line in lines:
                count, *counted = line.split()
                words.update(dict.fromkeys(counted, math.log(int(count)) + _RARE))
    except (OSError, ValueError) as error:
        raise RuleError("cannot be read", where=str(_WORDS), fix="Reinstall gongbao: the file is part of it") from error
    return words


def is_hanzi(char: str) -> bool:
    """Whether a character is a Chinese one; the empty text is none."""
    return "\u4e00" <= char <= "\u9fff"


def is_everyday(word: str) -> bool:
    """Whether a word is so common that even beside the full name it is rather the word (合作 beside 合作市)."""
    return _words().get(word, _RARE) > math.log(_EVERYDAY) + _RARE


def on_borders(text: str, start: int, end: int, floor: int, *, left_fixed: bool = False) -> bool:
    """Whether `text[start:end]` is a word of the likelier reading of its surroundings.

    Args:
        text: The text.
        start: Where the name begins.
        end: Where it ends.
        floor: Count that the name gets at least.
        left_fixed: True where a word is known to end at `start`.
    """
    low, high = start, end
    while not left_fixed and low > 0 and start - low < _REACH and is_hanzi(text[low - 1]):
        low -= 1
    while high < len(text) and high - end < _REACH and is_hanzi(text[high]):
        high += 1
    if low == start and high == end:
        return True
    words = _words()
    if not _crossed(words, text, low, start, end, high):
        return True
    name = max(words.get(text[start:end], _RARE), math.log(floor) + _RARE)
    whole = _best(words, text, low, high, (start, end), name)
    return _best(words, text, low, start) + name + _best(words, text, end, high) >= whole - 1e-9


def _crossed(words: Mapping[str, float], text: str, low: int, start: int, end: int, high: int) -> bool:
    for left in range(low, start):
        for right in range(start + 1, min(end, left + _REACH + 1)):
            if text[left:right] in words:
                return True
    for left in range(start + 1, end):
        for right in range(end + 1, min(high, left + _REACH) + 1):
            if text[left:right] in words:
                return True
    return False


def _best(
    words: Mapping[str, float],
    text: str,
    low: int,
    high: int,
    span: tuple[int, int] | None = None,
    name: float = 0.0,
) -> float:
    """Log probability of the best cut of `text[low:high]`; words that hold all of `span` and more are left out."""
    if low == high:
        return 0.0
    first, last = span or (-1, high + 1)
    best = [0.0] * (high - low + 1)
    for left in range(high - 1, low - 1, -1):
        top = words.get(text[left], _RARE) + best[left + 1 - low]
        for right in range(left + 2, min(high, left + _REACH) + 1):
            if left <= first and right >= last:
                score: float | None = name if left == first and right == last else None
            else:
                score = words.get(text[left:right])
            if score is not None and score + best[right - low] > top:
                top = score + best[right - low]
        best[left - low] = top
    return best[0]
