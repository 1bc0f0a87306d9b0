"""Disambiguation: which place a name means, by parents named in the text, lists, headings.

Names that stand together and lie in one another (江苏苏州昆山) are one chain. A name of several places, or one that is
a word as well, is resolved by what the article names with certainty: the parent nearest before it, the full name
elsewhere, its neighbours in a list. What cannot be resolved is left open rather than guessed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import regex

from gongbao.document import Rank
from gongbao.places.gazetteer import Gazetteer, PlaceEntry, ZoneKind
from gongbao.places.names import SurfaceMatch, Trust, is_everyday, is_hanzi
from gongbao.places.paths import ancestors, is_or_lies_in, is_urban, lies_in, nested, province_of
from gongbao.relations import Relation
from gongbao.rulebook.load import RuleSet

_ORDER: dict[Rank, int] = {"country": 0, "province": 1, "city": 2, "district": 3}
_ZONES: dict[ZoneKind, Relation] = {
    "zone": Relation.PLACE_ZONE,
    "region": Relation.PLACE_REGION,
    "macro": Relation.PLACE_MACRO,
}
_REGIONS_APART = frozenset({"71", "81", "82"})
_MARKS_BETWEEN = ("、", "，", ",", "；", ";", " ", "\u3000", "／", "/", "-", "—")
"""What may stand between the members of a list, beside words."""
_HEADING = regex.compile(
    r"""
    [ \u3000\t]*+
    (?: [（(]?[一二三四五六七八九十\d]{1,3}[)）、.．] | [■●◆▲★□◎·>*\#-]++ )?+
    [ \u3000\t【\[《「“]*+ (?P<name>[^\n]*?) [ \u3000\t】\]》」”：:]*+ $
    """,
    flags=regex.MULTILINE | regex.VERBOSE,
)
"""A line that is all heading: a number or mark, a name, closing marks."""


_FAR = 1_000_000_000
"""Added to the distance of what stands after a name: what stands before it comes first."""
_NEAREST = 3
"""Supports of one kind that are looked at; further ones only break ties that hardly ever occur."""
_MANY_PROVINCES = 5
"""From more provinces than this on, a short name needs its province as the one named last before it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention. `entry` is None abroad and where nothing tells which place it is; `zone` is the kind of a zone,
    `country` that of a place abroad.
    """

    start: int
    end: int
    entry: PlaceEntry | None
    rank: Rank
    rule: str
    ambiguous: bool = False
    zone: ZoneKind | None = None
    country: str | None = None


class Disambiguator:
    """Resolves the candidates of one article at a time.

    Args:
        gazetteer: Knows the places.
        rules: Supplies the lexicons `place_part_tails`, `place_predicates`, `place_closing` and `list_words`.
    """

    def __init__(self, gazetteer: Gazetteer, rules: RuleSet) -> None:
        self._gazetteer = gazetteer
        self._parts = rules.lexicon("place_part_tails")
        """What shows, behind a county's short name, that a town, hill or street is meant (镇, 山, 路)."""
        self._closing = (*rules.lexicon("place_closing"), *rules.lexicon("place_predicates"))
        """What shows a name that is a word too to be the place's (甘肃白银推进)."""
        self._between = frozenset((*_MARKS_BETWEEN, *rules.lexicon("list_words")))

    def disambiguate(
        self,
        text: str,
        candidates: Sequence[SurfaceMatch],
        backs: Callable[[int], bool],
        *,
        before: Sequence[str] = (),
        year: int | None = None,
    ) -> list[Mention]:
        """The mentions of a text.

        Args:
            text: The text.
            candidates: What `NameFinder.find` gave for it.
            backs: Tells whether what follows a name that ends at an offset shows that it is a place's (开发区, 区委).
            before: Paths of places known beforehand, those of the title.
            year: The year whose names full names are read by; today's if None.
        """
        kept = [
            candidate
            for candidate in candidates
            if not (_is_minor(candidate) and text.startswith(self._parts, candidate.end))
        ]
        chains = build_chains(text, kept, self._closing, year)
        return _Article(self._gazetteer, backs, text, chains, before, self._between).mentions()


def _is_minor(candidate: SurfaceMatch) -> bool:
    """Whether the candidate is a county's short name."""
    surface = candidate.surface
    return bool(surface.senses) and not surface.full and all(sense.rank == "district" for sense in surface.senses)


class _Article:
    """The chains of one article while they are resolved."""

    def __init__(
        self,
        gazetteer: Gazetteer,
        backs: Callable[[int], bool],
        text: str,
        chains: Sequence[Chain],
        before: Sequence[str],
        between: frozenset[str],
    ) -> None:
        self._gazetteer = gazetteer
        self._backs = backs
        self._between = between
        self._text = text
        self._chains = chains
        self._mentions: list[Mention | None] = [None] * len(chains)
        self._given = tuple(before)
        self._known_places = KnownPlaces(given=self._given)

    def mentions(self) -> list[Mention]:
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
        # What a first round resolves is evidence for a second: 日照、威海 in a list, then 日照港.
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
            country = self._gazetteer.countries.get(surface.text)
            return Mention(chain.start, chain.end, None, surface.abroad, Relation.PLACE_ABROAD, country=country)
        trusted = surface.trust is Trust.STRONG or len(chain.candidates) > 1
        if surface.zone and (not chain.senses or len(chain.candidates) > 1):
            return self._zone(chain) if trusted else None
        if not trusted:
            return None
        senses = chain.senses
        if len(senses) > 1:
            if surface.full and len(chain.candidates) == 1:
                return None
            senses = self._beside(index, chain) or _top(senses)
        if len(senses) != 1:
            return None
        relation = Relation.PLACE_CHAIN if len(chain.candidates) > 1 else Relation.PLACE_NAME
        return self._mention(chain, senses[0], relation)

    def _zone(self, chain: Chain) -> Mention | None:
        zone = chain.last.surface.zone
        if zone is None:
            return None
        path = zone.place
        if len(chain.candidates) > 1:
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
                outer = (sense.path for candidate in chain.candidates[:-1] for sense in candidate.surface.senses)
                known += [(mention.start, path) for path in outer if entry.within(path) and path != entry.path]
                known.append((mention.start, entry.path))
        self._known_places = KnownPlaces(known, self._given)

    def _by_parent(self, chain: Chain) -> Mention | None:
        """A full name of several places, or one that is a word too."""
        surface = chain.last.surface
        if surface.trust is Trust.GENERIC:
            return None
        chosen = _top(self._known_places.near(chain.senses, chain.start))
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
            return self._zone(chain) if province_of(surface.zone.place) in self._known_places.provinces else None
        single = len(chain.senses) == 1
        everyday = surface.trust is Trust.COMMON
        written = tuple(sense for sense in chain.senses if sense.path in self._known_places.paths)
        if written and not (everyday and is_everyday(surface.text)):
            chosen = self._known_places.near(written, chain.start) or written
            return self._mention(chain, chosen[0], Relation.PLACE_WRITTEN_OUT)
        beside = self._beside(index, chain)
        if len(beside) == 1:
            return self._mention(chain, beside[0], Relation.PLACE_LIST)
        alone = self._alone(chain)
        near = _top(self._known_places.near(chain.senses, chain.start)) if alone or not everyday else ()
        if len(near) == 1 and (alone or self._known_places.in_reach(near[0], chain.start)):
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
            if self._text[first.end : second.start] not in self._between:
                continue
            mention = self._mentions[other]
            resolved = mention is not None and mention.entry is not None
            senses = (mention.entry,) if mention is not None and mention.entry is not None else neighbour.senses
            shared = [s for s in chain.senses if any(s.rank == n.rank and s.parent == n.parent for n in senses)]
            if not resolved and _is_common(neighbour) and _is_common(chain):
                shared = [sense for sense in shared if sense.parent in self._known_places.paths]
            found += shared
        return tuple(dict.fromkeys(found))

    def _alone(self, chain: Chain) -> bool:
        """Whether the mention is all there is in its line, but for a number or marks around it."""
        near = max(0, chain.start - 9)
        low = self._text.rfind("\n", near, chain.start) + 1
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


# -- chains ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chain:
    """Candidates that stand together, each within the one before, and what the last of them may be."""

    candidates: tuple[SurfaceMatch, ...]
    senses: tuple[PlaceEntry, ...]

    @property
    def start(self) -> int:
        return self.candidates[0].start

    @property
    def end(self) -> int:
        return self.candidates[-1].end

    @property
    def last(self) -> SurfaceMatch:
        return self.candidates[-1]


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


def _senses(candidate: SurfaceMatch, year: int | None) -> tuple[PlaceEntry, ...]:
    surface = candidate.surface
    if surface.zone and not any(sense.valid(year) for sense in surface.senses if year is not None):
        return ()  # 两江新区 was a zone long before it became a division
    return _timely(surface.senses, surface.full, year) if surface.senses else ()


def build_chains(
    text: str, candidates: Sequence[SurfaceMatch], closing: tuple[str, ...], year: int | None
) -> list[Chain]:
    """The candidates of a text, those that lie in the one right before them joined to it.

    Args:
        text: The text.
        candidates: What was found, in order.
        closing: What shows a name that is a word too to be the place's (甘肃白银推进).
        year: The year whose names full names are read by; today's if None.
    """
    chains: list[Chain] = []
    for candidate in candidates:
        previous = chains[-1] if chains and _touch(text, chains[-1].end, candidate) else None
        joined = _join(text, previous, candidate, closing, year) if previous else None
        if joined is None:
            chains.append(Chain((candidate,), _senses(candidate, year)))
        else:
            chains[-1] = joined
    return chains


def _touch(text: str, end: int, candidate: SurfaceMatch) -> bool:
    """Whether a name follows right behind what ends at `end`, in brackets of its own or after a dot: 江苏（江阴）."""
    gap = text[end : candidate.start]
    bracketed = gap in {"(", "（"} and text[candidate.end : candidate.end + 1] in {")", "）"}
    return not gap or gap == "·" or (bracketed and candidate.surface.zone is None)


def _join(text: str, chain: Chain, candidate: SurfaceMatch, closing: tuple[str, ...], year: int | None) -> Chain | None:
    """The chain with the candidate at its end, None if the candidate is no place within it."""
    surface, last = candidate.surface, chain.last.surface
    if not chain.senses or (last.zone and len(chain.candidates) > 1):
        return None
    outer = [sense.path for sense in chain.senses]
    inner = tuple(sense for sense in surface.senses if any(lies_in(sense.path, path) for path in outer))
    if inner and (not surface.zone or _senses(candidate, year)):
        if surface.trust is Trust.COMMON and not surface.full:
            closed = not is_hanzi(text[candidate.end : candidate.end + 1]) or text.startswith(closing, candidate.end)
            if not closed or is_everyday(surface.text):
                return None
        return Chain((*chain.candidates, candidate), _timely(inner, surface.full, year))
    if surface.zone is None:
        return None
    # 海淀中关村 and 上海张江 are one mention; of 浙江东部沿海 the first part counts.
    place = surface.zone.place
    fits = surface.zone.kind == "macro" or any(nested((place, path)) for path in outer)
    return Chain((*chain.candidates, candidate), chain.senses) if fits else None


# -- known places ---------------------------------------------------------------------------------------------


class KnownPlaces:
    """Places known in an article, with their positions.

    Args:
        known: `(start, path)` of the mentions resolved so far, in order.
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
        if parent is not None and is_urban(parent) and parent in self._within:
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
    return lies_in(sense.path, path) or (parent is not None and is_urban(parent) and lies_in(path, parent))
