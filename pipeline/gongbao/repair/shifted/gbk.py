"""GBK as the repair of shifted text needs it: characters by either of their bytes, and pairs that stand for none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from gongbao.chinese.language_model import LanguageModel, Symbols, symbols
from gongbao.chinese.script import scripts

STOPS = frozenset("，。、；：？！“”《》（）—…·")
"""Marks that a lost byte may have belonged to."""
_RAREST = 208
"""The cost, without context, of the rarest character that is guessed: one in half a million."""
_LEADS = range(0x81, 0xFF)
_TRAILS = (*range(0x40, 0x7F), *range(0x80, 0xFF))
_NO_LEAD = 0x80
"""A second byte (of 線, 兩) that no pair begins with; decoders take it and the next for a pair without a character."""


class Entry(NamedTuple):
    """A character of GBK, its symbol in the language model, and its script."""

    character: str
    symbol: int
    script: int = 0
    """1 for a traditional character, -1 for a simplified one, 0 for one of both scripts."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Characters that one byte leaves to choose from."""

    entries: tuple[Entry, ...]
    partners: tuple[int, ...]
    """The other byte of each."""
    symbols: Symbols
    scripts: Symbols

    @classmethod
    def of(cls, found: Iterable[tuple[Entry, int]]) -> Group:
        """Prepare characters, each with its other byte, for being weighed together."""
        pairs = tuple(found)
        entries = tuple(entry for entry, _ in pairs)
        return cls(
            entries,
            tuple(partner for _, partner in pairs),
            np.array([entry.symbol for entry in entries], np.int64),
            np.array([entry.script for entry in entries], np.int64),
        )

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class Tables:
    """The characters of GBK by their bytes."""

    entries: dict[int, Entry]
    """All characters, by first byte << 8 | second byte."""
    common: dict[int, Entry]
    """Those that are common enough to be guessed."""
    unassigned: dict[int, frozenset[int]]
    """Second bytes of pairs without a character, by the first. Decoders drop such a pair or write one `?` for it."""


@cache
def tables() -> Tables:
    """The tables, made at first use from Python's gb18030 codec and the language model."""
    codes: list[int] = []
    unassigned: dict[int, frozenset[int]] = {}
    characters = ""
    for lead in _LEADS:
        row = bytes(byte for trail in _TRAILS for byte in (lead, trail)).decode("gb18030")
        free = [trail for trail, character in zip(_TRAILS, row, strict=True) if "\ue000" <= character <= "\uf8ff"]
        codes += (lead << 8 | trail for trail in _TRAILS if trail not in free)
        characters += "".join(character for character in row if not "\ue000" <= character <= "\uf8ff")
        unassigned[lead] = frozenset(trail for trail in free if trail > 0x80)
    unassigned[_NO_LEAD] = frozenset(trail for trail in _TRAILS if trail > 0x80)
    known = symbols(characters)
    found = zip(characters, known, scripts(characters), strict=True)
    entries = {code: Entry(*entry) for code, entry in zip(codes, found, strict=True)}
    costs = LanguageModel().costs((), np.array(known)).tolist()
    common = {
        code: entry
        for (code, entry), cost in zip(entries.items(), costs, strict=True)
        if entry.character in STOPS or (cost <= _RAREST and _is_standard(entry.character))
    }
    return Tables(entries, common, unassigned)


@cache
def with_lead(lead: int) -> Group:
    """Common characters by their first byte."""
    return Group.of((entry, code & 0xFF) for code, entry in tables().common.items() if code >> 8 == lead)


@cache
def with_trail(trail: int) -> Group:
    """Common characters by their second byte."""
    return Group.of((entry, code >> 8) for code, entry in tables().common.items() if code & 0xFF == trail)


@cache
def before_unassigned(lead: int) -> Group:
    """Common characters by their first byte, whose second byte can begin a pair without a character."""
    free, group = tables().unassigned, with_lead(lead)
    return Group.of(pair for pair in zip(group.entries, group.partners, strict=True) if free.get(pair[1]))


@lru_cache(maxsize=2048)
def after_unassigned(first: int, trail: int) -> Group:
    """Common characters that end in `trail` and begin with a second byte of a pair that begins with `first`."""
    leads, group = tables().unassigned[first], with_trail(trail)
    return Group.of(pair for pair in zip(group.entries, group.partners, strict=True) if pair[1] in leads)


@cache
def between_unassigned(first: int) -> Group:
    """Common characters between a pair without a character, by its first byte, and another such pair."""
    made = tables()
    leads = made.unassigned[first]
    found = ((code, entry) for code, entry in made.common.items() if code >> 8 in leads)
    return Group.of((entry, code & 0xFF) for code, entry in found if made.unassigned.get(code & 0xFF))


@cache
def any_after_unassigned(first: int) -> Group:
    """Common characters that begin with a second byte of a pair without a character that begins with `first`."""
    leads = tables().unassigned[first]
    return Group.of((entry, code & 0xFF) for code, entry in tables().common.items() if code >> 8 in leads)


def _is_standard(character: str) -> bool:
    """Whether it is a character of one of the national standards; converters do not write variants (説, 録)."""
    return "\u4e00" <= character <= "\u9fff" and any(character.encode(code, "ignore") for code in ("gb2312", "big5"))


@lru_cache(maxsize=32768)
def pair(character: str) -> tuple[int, int] | None:
    """The two bytes of a character, those for private use included; None for one that has not two."""
    try:
        data = character.encode("gb18030")
    except UnicodeEncodeError:
        return None
    return (data[0], data[1]) if len(data) == 2 else None
