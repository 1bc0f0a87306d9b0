"""GBK as the repair of shifted text needs it: characters by either of their bytes, and pairs that stand for none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nlargest
from typing import NamedTuple

from pipeline.stages.convert import script
from pipeline.stages.plausibility import Choices, best_word, commonness, simplified

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


@dataclass(frozen=True, slots=True)
class Tables:
    """The characters of GBK by their bytes. All but `entries` hold only common ones, which may be guessed."""

    entries: dict[int, Entry]
    """All characters, by first byte << 8 | second byte."""
    by_lead: dict[int, Group]
    by_trail: dict[int, Group]
    frequent_by_trail: dict[int, Group]
    unassigned: dict[int, frozenset[int]]
    """Second bytes of pairs without a character, by the first. Decoders drop such a pair or write one `?` for it."""
    before_unassigned: dict[int, Group]
    """Characters whose second byte, given with them, can begin such a pair, by their first byte."""
    between_unassigned: Group
    """The most frequent of them: both bytes of a character between two such pairs are lost."""


@cache
def tables() -> Tables:
    """The tables, made at first use from Python's gb18030 codec and the frequencies of jieba's dictionary."""
    entries, unassigned = _assigned()
    common: list[tuple[float, int, Entry]] = []
    for both, entry in entries.items():
        frequency = _STOP if entry.character in STOPS else commonness(entry.simplified)
        if frequency >= _COMMON and _is_standard(entry.character):
            common.append((frequency, both, entry))
    between = [(frequency, entry, both & 0xFF) for frequency, both, entry in common if unassigned.get(both & 0xFF)]
    between = nlargest(_BETWEEN, between, key=lambda item: (item[0], item[1].character))
    return Tables(
        entries=entries,
        by_lead=_groups((both >> 8, entry, None) for _, both, entry in common),
        by_trail=_groups((both & 0xFF, entry, None) for _, both, entry in common),
        frequent_by_trail=_groups((both & 0xFF, entry, None) for rate, both, entry in common if rate > _FREQUENT),
        unassigned=unassigned,
        before_unassigned=_groups(
            (both >> 8, entry, both & 0xFF) for _, both, entry in common if unassigned.get(both & 0xFF)
        ),
        between_unassigned=Group.of((entry for _, entry, _ in between), (trail for _, _, trail in between)),
    )


def _assigned() -> tuple[dict[int, Entry], dict[int, frozenset[int]]]:
    """All characters by their bytes, and the second bytes of pairs without one by the first."""
    codes: list[int] = []
    unassigned: dict[int, frozenset[int]] = {}
    characters: list[str] = []
    for lead in _LEADS:
        row = bytes(byte for trail in _TRAILS for byte in (lead, trail)).decode("gb18030")
        pairs = list(zip(_TRAILS, row, strict=True))
        codes += (lead << 8 | trail for trail, character in pairs if not _is_private(character))
        characters += (character for character in row if not _is_private(character))
        unassigned[lead] = frozenset(trail for trail, one in pairs if _is_private(one) and trail > 0x80)
    compared = simplified(characters)
    entries = {
        code: Entry(character, one, code >> 8, script(character))
        for code, character, one in zip(codes, characters, compared, strict=True)
    }
    return entries, unassigned


def _is_private(character: str) -> bool:
    return "\ue000" <= character <= "\uf8ff"


def _groups(items: Iterable[tuple[int, Entry, int | None]]) -> dict[int, Group]:
    """Groups by the byte that comes first in each item; the second byte that comes last is lost too, or None."""
    found: dict[int, tuple[list[Entry], list[int]]] = {}
    for byte, entry, partner in items:
        entries, partners = found.setdefault(byte, ([], []))
        entries.append(entry)
        if partner is not None:
            partners.append(partner)
    return {byte: Group.of(*both) for byte, both in found.items()}


@lru_cache(maxsize=1024)
def after_lost(first: int, trail: int, *, frequent: bool) -> Group:
    """Characters that end in `trail` and begin with a second byte of the pair that was lost with its first byte."""
    made = tables()
    group = (made.frequent_by_trail if frequent else made.by_trail).get(trail)
    return Group.of(entry for entry in group.entries if entry.lead in made.unassigned[first]) if group else Group.of(())


@lru_cache(maxsize=256)
def between_lost(first: int) -> Group:
    """Characters between a pair that was lost, by its first byte, and another that was lost."""
    made = tables()
    group = made.between_unassigned
    kept = [
        (entry, partner)
        for entry, partner in zip(group.entries, group.partners, strict=True)
        if entry.lead in made.unassigned[first]
    ]
    return Group.of((entry for entry, _ in kept), (partner for _, partner in kept))


@lru_cache(maxsize=512)
def over_dropped(lead: int, trail: int, *, frequent: bool) -> tuple[tuple[Group, float], ...]:
    """What may follow each character of `before_unassigned[lead]`, the pair between the two being dropped.

    Args:
        lead: The first byte of the characters.
        trail: The second byte of what follows.
        frequent: Whether that must be frequent.

    Returns:
        For each of the characters what may follow it, with the log-probability of the likeliest word that they make.

    """
    group = tables().before_unassigned[lead]
    following = [after_lost(partner, trail, frequent=frequent) for partner in group.partners]
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
