"""GBK as the repair of shifted text needs it: characters by either of their bytes, and pairs that stand for none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nlargest

from pipeline.stages.convert import script
from pipeline.stages.plausibility import commonness, simplified

STOPS = frozenset("，。、；：？！“”‘’《》（）—…·")
"""Marks that a lost byte may have belonged to."""
_COMMON, _FREQUENT = -14.5, -11.5
"""Log-probability of the rarest character that is guessed; of one that is, where its neighbour is lost as well."""
_STOP = -8.0
_BETWEEN = 60
_LEADS = range(0x81, 0xFF)
_TRAILS = (*range(0x40, 0x7F), *range(0x80, 0xFF))


@dataclass(frozen=True, slots=True)
class Entry:
    """A character of GBK, the form in which it is scored, and its first byte."""

    character: str
    simplified: str
    lead: int
    script: int = 0
    """1 for a traditional character, -1 for a simplified one, 0 for one of both scripts."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The characters of GBK by their bytes. All but `entries` hold only common ones, which may be guessed."""

    entries: dict[int, Entry]
    """All characters, by first byte << 8 | second byte."""
    by_lead: dict[int, list[Entry]]
    by_trail: dict[int, list[Entry]]
    frequent_by_trail: dict[int, list[Entry]]
    unassigned: dict[int, frozenset[int]]
    """Second bytes of pairs without a character, by the first. Decoders drop such a pair or write one `?` for it."""
    before_unassigned: dict[int, list[tuple[Entry, int]]]
    """Characters whose second byte, given with them, can begin such a pair, by their first byte."""
    between_unassigned: list[tuple[Entry, int]]
    """The most frequent of them: both bytes of a character between two such pairs are lost."""


@cache
def tables() -> Tables:
    """The tables, made at first use from Python's gb18030 codec and the frequencies of jieba's dictionary."""
    made = Tables({}, {}, {}, {}, {}, {}, [])
    for lead in _LEADS:
        unassigned = set()
        for trail in _TRAILS:
            character = bytes((lead, trail)).decode("gb18030")
            if "\ue000" <= character <= "\uf8ff":
                unassigned.add(trail)
            else:
                made.entries[lead << 8 | trail] = Entry(character, simplified(character), lead, script(character))
        made.unassigned[lead] = frozenset(trail for trail in unassigned if trail > 0x80)
    common = []
    for both, entry in made.entries.items():
        frequency = _STOP if entry.character in STOPS else commonness(entry.simplified)
        if frequency < _COMMON or not _is_standard(entry.character):
            continue
        lead, trail = both >> 8, both & 0xFF
        common.append((frequency, entry, trail))
        made.by_trail.setdefault(trail, []).append(entry)
        made.by_lead.setdefault(lead, []).append(entry)
        if frequency > _FREQUENT:
            made.frequent_by_trail.setdefault(trail, []).append(entry)
        if made.unassigned.get(trail):
            made.before_unassigned.setdefault(lead, []).append((entry, trail))
    between = (item for item in common if made.unassigned.get(item[2]))
    frequent = nlargest(_BETWEEN, between, key=lambda item: (item[0], item[1].character))
    made.between_unassigned.extend((entry, trail) for _, entry, trail in frequent)
    return made


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
