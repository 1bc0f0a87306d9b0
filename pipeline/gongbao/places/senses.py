"""Which place a name means: parents named in the text, lists, headings.

A name of several places, or one that is a word as well, is settled by what the article names with certainty: the
parent nearest before it, the full name elsewhere, its neighbours in a list. What cannot be settled is left open rather
than guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import regex

from gongbao.document import Rank
from gongbao.places.chains import Chain, build_chains
from gongbao.places.evidence import Evidence
from gongbao.places.gazetteer import Gazetteer, PlaceEntry, ZoneKind
from gongbao.places.names import Hit, Trust, is_everyday
from gongbao.places.paths import is_or_lies_in, province_of
from gongbao.relations import Relation

_ORDER: dict[Rank, int] = {"country": 0, "province": 1, "city": 2, "district": 3}
_ZONES: dict[ZoneKind, Relation] = {
    "zone": Relation.PLACE_ZONE,
    "region": Relation.PLACE_REGION,
    "macro": Relation.PLACE_MACRO,
}
_REGIONS_APART = frozenset({"71", "81", "82"})
_BETWEEN = frozenset({"、", "，", ",", "和", "与", "及", "以及", "；", ";", " ", "\u3000", "／", "/", "-", "—"})
_HEADING = regex.compile(
    r"""
    [ \u3000\t]*+
    (?: [（(]?[一二三四五六七八九十\d]{1,3}[)）、.．] | [■●◆▲★□◎·>*\#-]++ )?+
    [ \u3000\t【\[《「“]*+ (?P<name>[^\n]*?) [ \u3000\t】\]》」”：:]*+ $
    """,
    flags=regex.MULTILINE | regex.VERBOSE,
)
"""A line that is all heading: a number or mark, a name, closing marks."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention. `entry` is None abroad and where nothing tells which place it is; `zone` is the kind of a zone."""

    start: int
    end: int
    entry: PlaceEntry | None
    rank: Rank
    rule: str
    ambiguous: bool = False
    zone: ZoneKind | None = None


class SenseSettler:
    """Settles the hits of one article at a time.

    Args:
        gazetteer: Knows the places.
        parts: What shows, behind a county's short name, that a town, hill or street is meant (镇, 山, 路).
        predicates: What a place does, right behind its name (推进, 获批).
    """

    def __init__(self, gazetteer: Gazetteer, parts: Sequence[str] = (), predicates: Sequence[str] = ()) -> None:
        self._gazetteer = gazetteer
        self._parts = tuple(parts)
        self._predicates = tuple(predicates)

    def settle(
        self,
        text: str,
        hits: Sequence[Hit],
        backs: Callable[[int], bool],
        *,
        before: Sequence[str] = (),
        year: int | None = None,
    ) -> list[Mention]:
        """The mentions of a text.

        Args:
            text: The text.
            hits: What `NameFinder.find` gave for it.
            backs: Tells whether what follows a name that ends at an offset shows that it is a place's (开发区, 区委).
            before: Paths of places known beforehand, those of the title.
            year: The year whose names full names are read by; today's if None.
        """
        kept = [hit for hit in hits if not (_is_minor(hit) and text.startswith(self._parts, hit.end))]
        chains = build_chains(text, kept, self._predicates, year)
        return _Article(self._gazetteer, backs, text, chains, before).settle()


def _is_minor(hit: Hit) -> bool:
    """Whether the hit is a county's short name."""
    surface = hit.surface
    return bool(surface.senses) and not surface.full and all(sense.rank == "district" for sense in surface.senses)


class _Article:
    """The chains of one article while they are settled."""

    def __init__(
        self,
        gazetteer: Gazetteer,
        backs: Callable[[int], bool],
        text: str,
        chains: Sequence[Chain],
        before: Sequence[str],
    ) -> None:
        self._gazetteer = gazetteer
        self._backs = backs
        self._text = text
        self._chains = chains
        self._mentions: list[Mention | None] = [None] * len(chains)
        self._given = tuple(before)
        self._evidence = Evidence(given=self._given)

    def settle(self) -> list[Mention]:
        open_full: list[int] = []
        open_short: list[int] = []
        for index, chain in enumerate(self._chains):
            mention = self._certain(index, chain)
            if mention is not None:
                self._mentions[index] = mention
            elif chain.last.surface.full:
                open_full.append(index)
            else:
                open_short.append(index)
        if open_full or open_short:
            self._gather()
        for index in open_full:
            self._mentions[index] = self._by_parent(self._chains[index])
        if open_full and open_short:
            self._gather()
        # What a first round settles is evidence for a second: 日照、威海 in a list, then 日照港.
        for _ in range(2):
            for index in open_short:
                self._mentions[index] = self._short(index, self._chains[index])
            left = [index for index in open_short if self._mentions[index] is None]
            if not left or len(left) == len(open_short):
                break
            open_short = left
            self._gather()
        self._keep_former_names()
        return [mention for mention in self._mentions if mention is not None]

    def _keep_former_names(self) -> None:
        """A short name means the division whose full name the article writes: 监利 beside 监利县 is no city yet."""
        pairs = [(c, m) for c, m in zip(self._chains, self._mentions, strict=True) if m is not None and m.entry]
        written = {m.entry.path for c, m in pairs if m.entry and c.last.surface.full}
        for index, (chain, mention) in enumerate(zip(self._chains, self._mentions, strict=True)):
            entry = mention.entry if mention is not None else None
            if mention is None or entry is None or chain.last.surface.full or entry.path in written:
                continue
            former = [s for s in chain.last.surface.senses if s.path in written and s.parent == entry.parent]
            if len(former) == 1 and former[0].name[:-1] == entry.name[:-1]:
                self._mentions[index] = replace(mention, entry=former[0], rank=former[0].rank)

    # -- what is certain by itself ---------------------------------------------------------------------------

    def _certain(self, index: int, chain: Chain) -> Mention | None:
        surface = chain.last.surface
        if surface.abroad:
            return Mention(chain.start, chain.end, None, surface.abroad, Relation.PLACE_ABROAD)
        trusted = surface.trust is Trust.STRONG or len(chain.hits) > 1
        if surface.zone and (not chain.senses or len(chain.hits) > 1):
            return self._zone(chain) if trusted else None
        if not trusted:
            return None
        senses = chain.senses
        if len(senses) > 1:
            if surface.full and len(chain.hits) == 1:
                return None
            senses = self._beside(index, chain) or _top(senses)
        if len(senses) != 1:
            return None
        return self._mention(chain, senses[0], Relation.PLACE_CHAIN if len(chain.hits) > 1 else Relation.PLACE_NAME)

    def _zone(self, chain: Chain) -> Mention | None:
        zone = chain.last.surface.zone
        if zone is None:
            return None
        path = zone.place
        if len(chain.hits) > 1:
            outer = chain.senses[0].path
            # 海淀中关村 is in 海淀; a zone elsewhere of the same name is not the listed one.
            path = path if is_or_lies_in(path, outer) else outer
        entry = self._gazetteer.by_path(path)
        return replace(self._mention(chain, entry, _ZONES[zone.kind]), zone=zone.kind) if entry else None

    @staticmethod
    def _mention(chain: Chain, entry: PlaceEntry, rule: str) -> Mention:
        # A lower place of the same name (长沙县 for 长沙, 吉林市 for 吉林) does not make a name doubtful.
        level = _ORDER[entry.rank]
        senses = chain.senses
        rivals = len(senses) > 1 and any(_ORDER[s.rank] <= level and not s.within(entry.path) for s in senses)
        return Mention(chain.start, chain.end, entry, entry.rank, rule, rivals)

    # -- what the article says -------------------------------------------------------------------------------

    def _gather(self) -> None:
        """Sort out the places known so far, as evidence for the rest."""
        known: list[tuple[int, str]] = []
        for chain, mention in zip(self._chains, self._mentions, strict=True):
            if mention is not None and mention.entry is not None:
                entry = mention.entry
                outer = (sense.path for hit in chain.hits[:-1] for sense in hit.surface.senses)
                known += [(mention.start, path) for path in outer if entry.within(path) and path != entry.path]
                known.append((mention.start, entry.path))
        self._evidence = Evidence(known, self._given)

    def _by_parent(self, chain: Chain) -> Mention | None:
        """A full name of several places, or one that is a word too."""
        surface = chain.last.surface
        if surface.trust is Trust.GENERIC:
            return None
        chosen = _top(self._evidence.near(chain.senses, chain.start))
        if not chosen and surface.trust is Trust.STRONG:
            # Taiwan's districts share names with the mainland's; an article on Taiwan names it.
            chosen = tuple(sense for sense in chain.senses if sense.code[:2] not in _REGIONS_APART)
        if len(chosen) == 1:
            return self._mention(chain, chosen[0], Relation.PLACE_PARENT)
        if surface.trust is Trust.COMMON:
            return None
        return Mention(chain.start, chain.end, None, chain.senses[0].rank, Relation.PLACE_UNRESOLVED, True)

    def _short(self, index: int, chain: Chain) -> Mention | None:
        surface = chain.last.surface
        if surface.trust is Trust.GENERIC:
            return None
        if surface.zone and not chain.senses:
            return self._zone(chain) if province_of(surface.zone.place) in self._evidence.provinces else None
        single = len(chain.senses) == 1
        everyday = surface.trust is Trust.COMMON
        written = tuple(sense for sense in chain.senses if sense.path in self._evidence.paths)
        if written and not (everyday and is_everyday(surface.text)):
            chosen = self._evidence.near(written, chain.start) or written
            return self._mention(chain, chosen[0], Relation.PLACE_WRITTEN_OUT)
        beside = self._beside(index, chain)
        if len(beside) == 1:
            return self._mention(chain, beside[0], Relation.PLACE_LIST)
        alone = self._alone(chain)
        near = _top(self._evidence.near(chain.senses, chain.start)) if alone or not everyday else ()
        if len(near) == 1 and (alone or self._evidence.in_reach(near[0], chain.start)):
            return self._mention(chain, near[0], Relation.PLACE_HEADING if alone else Relation.PLACE_PARENT)
        only = _top(chain.senses)
        if len(only) == 1 and not everyday and (alone or (single and self._backs(chain.end))):
            return self._mention(chain, only[0], Relation.PLACE_HEADING if alone else Relation.PLACE_BACKED)
        return None

    def _beside(self, index: int, chain: Chain) -> tuple[PlaceEntry, ...]:
        """The senses that have a place of their rank and parent next to them in a list."""
        found: list[PlaceEntry] = []
        for other in (index - 1, index + 1):
            if not 0 <= other < len(self._chains):
                continue
            neighbour = self._chains[other]
            first, second = sorted((chain, neighbour), key=lambda c: c.start)
            if self._text[first.end : second.start] not in _BETWEEN:
                continue
            mention = self._mentions[other]
            settled = mention is not None and mention.entry is not None
            senses = (mention.entry,) if mention is not None and mention.entry is not None else neighbour.senses
            shared = [s for s in chain.senses if any(s.rank == n.rank and s.parent == n.parent for n in senses)]
            if not settled and _is_common(neighbour) and _is_common(chain):
                shared = [sense for sense in shared if sense.parent in self._evidence.paths]
            found += shared
        return tuple(dict.fromkeys(found))

    def _alone(self, chain: Chain) -> bool:
        """Whether the mention is all there is in its line, but for a number or marks around it."""
        low = self._text.rfind("\n", 0, chain.start) + 1
        if chain.start - low > 8:
            return False
        match = _HEADING.match(self._text, low)
        return match is not None and match.span("name") == (chain.start, chain.end)


def _is_common(chain: Chain) -> bool:
    return chain.last.surface.trust is Trust.COMMON


def _top(senses: Sequence[PlaceEntry]) -> tuple[PlaceEntry, ...]:
    """The one sense of the highest rank, or all of that rank."""
    if len(senses) < 2:
        return tuple(senses)
    highest = min(_ORDER[sense.rank] for sense in senses)
    return tuple(sense for sense in senses if _ORDER[sense.rank] == highest)
