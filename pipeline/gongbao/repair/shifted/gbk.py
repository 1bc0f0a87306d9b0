"""GBK as the repair of shifted text needs it: characters by either of their bytes, and pairs that stand for none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nlargest
from typing import NamedTuple

from gongbao.chinese.language_model import Choices, best_word, simplified
from gongbao.chinese.script import scripts
from gongbao.chinese.words import dictionary

STOPS = frozenset("，。、；：？！“”‘’《》（）—…·")
"""Marks that a lost byte may have belonged to."""
_COMMON, _FREQUENT = -14.5, -11.5
"""Log-probability of the rarest character that is guessed; of one that is, where its neighbour is lost as well."""
_STOP = -8.0
_BETWEEN = 60
_LEADS = range(0x81, 0xFF)
_TRAILS = (*range(0x40, 0x7F), *range(0x80, 0xFF))


class Entry(NamedTuple):
    """A character of GBK, the form in which it is scored, and its first byte."""

    character: str
    simplified: str
    lead: int
    script: int = 0
    """1 for a traditional character, -1 for a simplified one, 0 for one of both scripts."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Characters that one byte leaves to choose from."""

    entries: tuple[Entry, ...]
    choices: Choices
    """The same in the form in which they are scored."""
    foreign: dict[int, tuple[int, ...]]
    """Places of the entries that do not belong to traditional text (1) and to simplified text (-1)."""
    partners: tuple[int, ...]
    """The second byte of each, where it is lost with its pair as well; empty where it is not."""

    @classmethod
    def of(cls, entries: Iterable[Entry], partners: Iterable[int] = ()) -> Group:
        """Prepare entries for being scored."""
        entries = tuple(entries)
        foreign = {
            writing: tuple(place for place, entry in enumerate(entries) if entry.script * writing < 0)
            for writing in (1, -1)
        }
        return cls(entries, Choices.of([entry.simplified for entry in entries]), foreign, tuple(partners))

    def __len__(self) -> int:
        return len(self.entries)


class Common(NamedTuple):
    """A character that is common enough to be guessed, its second byte and its log-probability."""

    entry: Entry
    trail: int
    frequency: float


@dataclass(frozen=True, slots=True)
class Tables:
    """The characters of GBK by their bytes."""

    entries: dict[int, Entry]
    """All characters, by first byte << 8 | second byte."""
    by_lead: dict[int, list[Common]]
    by_trail: dict[int, list[Common]]
    unassigned: dict[int, frozenset[int]]
    """Second bytes of pairs without a character, by the first. Decoders drop such a pair or write one `?` for it."""
    between_unassigned: tuple[Common, ...]
    """The most frequent characters whose second byte can begin such a pair."""


@cache
def tables() -> Tables:
    """The tables, made at first use from Python's gb18030 codec and the frequencies of jieba's dictionary."""
    entries, unassigned = _assigned()
    cost = dictionary().cost
    by_lead: dict[int, list[Common]] = {}
    by_trail: dict[int, list[Common]] = {}
    between = []
    for both, entry in entries.items():
        frequency = _STOP if entry.character in STOPS else cost(entry.simplified)
        if frequency is not None and frequency >= _COMMON and _is_standard(entry.character):
            common = Common(entry, both & 0xFF, frequency)
            by_lead.setdefault(both >> 8, []).append(common)
            by_trail.setdefault(both & 0xFF, []).append(common)
            if unassigned.get(common.trail):
                between.append(common)
    between = nlargest(_BETWEEN, between, key=lambda common: (common.frequency, common.entry.character))
    return Tables(entries, by_lead, by_trail, unassigned, tuple(between))


def _assigned() -> tuple[dict[int, Entry], dict[int, frozenset[int]]]:
    """All characters by their bytes, and the second bytes of pairs without one by the first."""
    codes: list[int] = []
    unassigned: dict[int, frozenset[int]] = {}
    characters = ""
    for lead in _LEADS:
        row = bytes(byte for trail in _TRAILS for byte in (lead, trail)).decode("gb18030")
        free = [trail for trail, character in zip(_TRAILS, row, strict=True) if "\ue000" <= character <= "\uf8ff"]
        codes += (lead << 8 | trail for trail in _TRAILS if trail not in free)
        characters += "".join(character for character in row if not "\ue000" <= character <= "\uf8ff")
        unassigned[lead] = frozenset(trail for trail in free if trail > 0x80)
    compared, writings = simplified(characters), scripts(characters)
    found = zip(codes, characters, compared, writings, strict=True)
    return {code: Entry(character, one, code >> 8, writing) for code, character, one, writing in found}, unassigned


@cache
def with_lead(lead: int) -> Group:
    """Common characters by their first byte."""
    return Group.of(common.entry for common in tables().by_lead.get(lead, ()))


@cache
def with_trail(trail: int) -> Group:
    """Common characters by their second byte."""
    return Group.of(common.entry for common in tables().by_trail.get(trail, ()))


@cache
def before_unassigned(lead: int) -> Group:
    """Common characters by their first byte, whose second byte can begin a pair without a character."""
    made = tables()
    kept = [common for common in made.by_lead.get(lead, ()) if made.unassigned.get(common.trail)]
    return Group.of((common.entry for common in kept), (common.trail for common in kept))


@lru_cache(maxsize=1024)
def after_unassigned(first: int, trail: int, *, frequent: bool) -> Group:
    """Common characters that end in `trail` and begin with a second byte of a pair without a character.

    Args:
        first: The first byte of that pair.
        trail: The second byte of the characters.
        frequent: Whether they must be frequent.

    """
    made = tables()
    leads, least = made.unassigned[first], _FREQUENT if frequent else _COMMON - 1
    found = (common.entry for common in made.by_trail.get(trail, ()) if common.frequency > least)
    return Group.of(entry for entry in found if entry.lead in leads)


@cache
def between_unassigned(first: int) -> Group:
    """Frequent characters between a pair without a character, by its first byte, and another such pair."""
    made = tables()
    kept = [common for common in made.between_unassigned if common.entry.lead in made.unassigned[first]]
    return Group.of((common.entry for common in kept), (common.trail for common in kept))


@lru_cache(maxsize=512)
def over_dropped(lead: int, trail: int, *, frequent: bool) -> tuple[tuple[Group, float], ...]:
    """What may follow each character of `before_unassigned(lead)`, the pair between the two being dropped.

    Args:
        lead: The first byte of the characters.
        trail: The second byte of what follows.
        frequent: Whether that must be frequent.

    Returns:
        For each of the characters what may follow it, with the log-probability of the likeliest word that they make.

    """
    group = before_unassigned(lead)
    following = [after_unassigned(partner, trail, frequent=frequent) for partner in group.partners]
    words = (best_word(entry.simplified, after.choices) for entry, after in zip(group.entries, following, strict=True))
    return tuple(zip(following, words, strict=True))


def _is_standard(character: str) -> bool:
    """Variants (説, 録) are in neither national standard; converters of pages do not write them."""
    return any(character.encode(code, "ignore") for code in ("gb2312", "big5"))


@lru_cache(maxsize=32768)
def pair(character: str) -> tuple[int, int] | None:
    """The two bytes of a character, those for private use included; None for one that has not two."""
    try:
        data = character.encode("gb18030")
    except UnicodeEncodeError:
        return None
    return (data[0], data[1]) if len(data) == 2 else None
