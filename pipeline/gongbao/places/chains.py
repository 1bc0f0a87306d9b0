"""Names that stand together and lie in one another (江苏苏州昆山), and which places of a name fit the year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from gongbao.places.gazetteer import PlaceEntry
from gongbao.places.names import Hit, Trust, is_everyday
from gongbao.places.paths import lies_in, nested, province_of

_CLOSED = regex.compile(r"(?=[的等在为和与及以有]|[^\u4e00-\u9fff])|$")


@dataclass(frozen=True, slots=True)
class Chain:
    """Hits that stand together, each within the one before, and what the last of them may be."""

    hits: tuple[Hit, ...]
    senses: tuple[PlaceEntry, ...]

    @property
    def start(self) -> int:
        return self.hits[0].start

    @property
    def end(self) -> int:
        return self.hits[-1].end

    @property
    def last(self) -> Hit:
        return self.hits[-1]


def _timely(senses: Sequence[PlaceEntry], full: bool, year: int | None) -> tuple[PlaceEntry, ...]:
    """The senses that fit the year: a full name is read by the year, a short one is today's place."""
    if len(senses) == 1:
        return tuple(senses)
    if full and year is not None:
        valid = tuple(sense for sense in senses if sense.valid(year) and not _replaced(sense, senses, year))
        if valid:
            return valid
    today = tuple(sense for sense in senses if sense.current)
    if today:
        return today
    latest = max(sense.valid_to or 0 for sense in senses)
    return tuple(sense for sense in senses if sense.valid_to == latest)


def _replaced(sense: PlaceEntry, senses: Sequence[PlaceEntry], year: int) -> bool:
    """Whether the place got a new parent in this very year: 灵川县 went from 桂林地区 to 桂林市 in 1998."""
    if sense.valid_to != year:
        return False
    province = province_of(sense.path)
    return any(
        other.valid_from == year and other.name == sense.name and lies_in(other.path, province) for other in senses
    )


def _senses(hit: Hit, year: int | None) -> tuple[PlaceEntry, ...]:
    surface = hit.surface
    if surface.zone and not any(sense.valid(year) for sense in surface.senses if year is not None):
        return ()  # 两江新区 was a zone long before it became a division
    return _timely(surface.senses, surface.full, year) if surface.senses else ()


def build_chains(text: str, hits: Sequence[Hit], predicates: tuple[str, ...], year: int | None) -> list[Chain]:
    """The hits of a text, those that lie in the one right before them joined to it.

    Args:
        text: The text.
        hits: What was found, in order.
        predicates: What shows a name that is a word too to be the place's (甘肃白银推进).
        year: The year whose names full names are read by; today's if None.
    """
    chains: list[Chain] = []
    for hit in hits:
        previous = chains[-1] if chains and _touch(text, chains[-1].end, hit) else None
        joined = _join(text, previous, hit, predicates, year) if previous else None
        if joined is None:
            chains.append(Chain((hit,), _senses(hit, year)))
        else:
            chains[-1] = joined
    return chains


def _touch(text: str, end: int, hit: Hit) -> bool:
    """Whether a hit follows right behind what ends at `end`, or in brackets of its own or after a dot: 江苏（江阴）."""
    gap = text[end : hit.start]
    bracketed = gap in {"(", "（"} and text[hit.end : hit.end + 1] in {")", "）"}
    return not gap or gap == "·" or (bracketed and hit.surface.zone is None)


def _join(text: str, chain: Chain, hit: Hit, predicates: tuple[str, ...], year: int | None) -> Chain | None:
    """The chain with the hit at its end, None if the hit is no place within it."""
    surface, last = hit.surface, chain.last.surface
    if not chain.senses or (last.zone and len(chain.hits) > 1):
        return None
    outer = [sense.path for sense in chain.senses]
    inner = tuple(sense for sense in surface.senses if any(lies_in(sense.path, path) for path in outer))
    if inner and (not surface.zone or _senses(hit, year)):
        if surface.trust is Trust.COMMON and not surface.full:
            closed = _CLOSED.match(text, hit.end) or text.startswith(predicates, hit.end)
            if not closed or is_everyday(surface.text):
                return None
        return Chain((*chain.hits, hit), _timely(inner, surface.full, year))
    if surface.zone is None:
        return None
    # 海淀中关村 and 上海张江 are one mention; of 浙江东部沿海 the first part counts.
    place = surface.zone.place
    fits = surface.zone.kind == "macro" or any(nested((place, path)) for path in outer)
    return Chain((*chain.hits, hit), chain.senses) if fits else None
