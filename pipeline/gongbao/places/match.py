"""Places: mentions of administrative places, zones, offices and relative expressions in an article.

The matcher sees the whole article, since what a name means is told by what else the article names: 鼓楼 after 南京
is not 鼓楼 after 福州. Names come from the gazetteer (`places.names`, `places.disambiguation`), how they are carried
from rules/place_forms (`places.forms`), expressions without a name (全市, 我省, 在沪, 财政部) from rules/places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from gongbao.document import Place, PlaceForm, Rank
from gongbao.errors import RuleError
from gongbao.places.disambiguation import Disambiguator, Mention
from gongbao.places.forms import FormReader
from gongbao.places.gazetteer import Gazetteer
from gongbao.places.names import NameFinder, SurfaceMatch, surfaces
from gongbao.places.paths import COUNTRY, lineage
from gongbao.relations import Relation
from gongbao.rulebook.gives import ExpressionGives
from gongbao.rulebook.load import Rule, RuleSet
from gongbao.rulebook.match import Match, Matcher

_BLOCK = 50_000


class PlaceMatcher:
    """Finds places. Build once, use for many articles; safe to share between threads.

    Args:
        gazetteer: The places.
        rules: Supplies the stages `place_forms` and `places`, and the lexicons of names and disambiguation.

    Raises:
        RuleError: a rule of these stages gives an unknown form, rank or place.
    """

    def __init__(self, gazetteer: Gazetteer, rules: RuleSet) -> None:
        self._gazetteer = gazetteer
        self._finder = NameFinder(surfaces(gazetteer, rules), rules)
        self._forms = FormReader(rules)
        self._disambiguator = Disambiguator(gazetteer, rules)
        self._expressions = rules.stage("places")
        self._matcher = Matcher(self._expressions)
        for rule in self._expressions:
            _check(rule, gazetteer)

    def match(self, text: str, *, title: str | None = None, year: int | None = None) -> tuple[Place, ...]:
        """All mentions in a simplified text, in order, none overlapping.

        Args:
            text: The whole article, one line a paragraph.
            title: The article's title, where it is known apart from the text; evidence for ambiguous names.
            year: The year of the article: full names are read as they were then (巢湖市 in 2009). Today's if None.
        """
        before = self._mentions(title, self._finder.find(title), (), year) if title else []
        candidates = self._finder.find(text)
        mentions = self._mentions(text, candidates, [path for m in before for path in _chain(m)], year)
        limits = [*(mention.start for mention in mentions[1:]), len(text)]
        places = [self._place(text, mention, limit) for mention, limit in zip(mentions, limits, strict=False)]
        abbreviated = [candidate for candidate in candidates if candidate.surface.abbreviation is not None]
        named = {path for mention in (*before, *mentions) for path in _chain(mention)} if abbreviated else set()
        for candidate in abbreviated:
            places += self._abbreviated(text, candidate, named)
        places += self._expressed(text, places)
        return tuple(sorted(places, key=lambda place: (place.start, place.end)))

    def _mentions(
        self, text: str, candidates: Sequence[SurfaceMatch], before: Sequence[str], year: int | None
    ) -> list[Mention]:
        names = [
            self._finder.area(candidate, year) for candidate in candidates if candidate.surface.abbreviation is None
        ]
        return self._disambiguator.disambiguate(text, names, partial(self._forms.backs, text), before=before, year=year)

    def _place(self, text: str, mention: Mention, limit: int) -> Place:
        """A mention with its form."""
        start, end, rule, dateline = mention.start, mention.end, mention.rule, False
        form: PlaceForm = "zone" if mention.zone in {"zone", "region"} else "name"
        found = self._forms.name(text, start, end, limit) if mention.zone != "macro" else None
        if found is not None and not (form == "zone" and found.form == "name"):
            start, end, form, rule, dateline = found.start, found.end, found.form, found.rule, found.dateline
        path = mention.entry.path if mention.entry else None
        code = mention.entry.code if mention.entry else None
        return Place(
            start,
            end,
            text[start:end],
            path,
            code,
            mention.rank,
            form,
            rule,
            mention.ambiguous,
            dateline=dateline,
            country=mention.country,
        )

    def _abbreviated(self, text: str, candidate: SurfaceMatch, named: Iterable[str]) -> list[Place]:
        """A place for each character of a run (川渝), one for a by-name of a place that the article names."""
        abbreviation = candidate.surface.abbreviation
        if abbreviation is None or abbreviation.kind == "single":
            return []
        if abbreviation.kind == "epithet":
            if abbreviation.places[0] not in named:
                return []
            carried = self._forms.name(text, candidate.start, candidate.end)
            epithet: PlaceForm = "embedded" if carried is not None and carried.form == "embedded" else "adjective"
            path, span = abbreviation.places[0], (candidate.start, candidate.end)
            return [self._adjective(text, *span, path, epithet, Relation.PLACE_EPITHET)]
        found = self._forms.run(text, candidate.start, candidate.end)
        form: PlaceForm = found.form if found else "adjective"
        rule = found.rule if found else Relation.PLACE_ABBREVIATION_RUN
        return [
            self._adjective(text, candidate.start + i, candidate.start + i + 1, path, form, rule)
            for i, path in enumerate(abbreviation.places)
        ]

    def _adjective(self, text: str, start: int, end: int, path: str, form: PlaceForm, rule: str) -> Place:
        entry = self._gazetteer.by_path(path)
        rank: Rank = entry.rank if entry else "province"
        return Place(start, end, text[start:end], path, self._gazetteer.code_of(path), rank, form, rule)

    def _expressed(self, text: str, places: Sequence[Place]) -> list[Place]:
        """Matches of the expression rules where no name stands; of two that meet, the rule of higher priority."""
        taken = bytearray(len(text))
        for place in places:
            taken[place.start : place.end] = b"\1" * (place.end - place.start)
        found: list[Place] = []
        for low, high in _blocks(text):
            for match in self._matcher.every(text, low, high):
                start, end = match.start, match.end
                if start == end or any(taken[start:end]):
                    continue
                taken[start:end] = b"\1" * (end - start)
                found.append(self._expression(text, match))
        return found

    def _expression(self, text: str, match: Match) -> Place:
        start, end, rule, _ = match
        gives: ExpressionGives = match.gives
        form: PlaceForm = gives.form
        path, name = gives.place, rule.id
        single = self._gazetteer.abbreviations.get(text[start:end])
        if path is None and form == "adjective" and single is not None:
            return self._adjective(text, start, end, single.places[0], form, name)
        if path == COUNTRY and form == "name" and gives.named:
            carried = self._forms.name(text, start, end)
            if carried is not None and carried.form != "name" and not carried.dateline:
                form, name = carried.form, carried.rule
        code = self._gazetteer.code_of(path)
        return Place(start, end, text[start:end], path, code, gives.rank, form, name, authority=gives.authority)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of the text, cut behind line or sentence ends: a rule's time limit must not depend on the length."""
    low = 0
    while len(text) - low > _BLOCK:
        high = max(text.rfind("\n", low, low + _BLOCK), text.rfind("。", low, low + _BLOCK)) + 1
        high = high if high > low else low + _BLOCK
        yield low, high
        low = high
    yield low, len(text)


def _chain(mention: Mention) -> tuple[str, ...]:
    """The paths of a mention's place and of all that it lies in."""
    path = mention.entry.path if mention.entry else None
    return lineage(path) if path else ()


def _check(rule: Rule, gazetteer: Gazetteer) -> None:
    place = rule.gives.place
    if place is not None and gazetteer.by_path(place) is None:
        fix = f"Not {place!r}: use a path of places/divisions.csv"
        raise RuleError(f"{rule.id} gives an unknown place", where=rule.where, fix=fix, code="places.rule")
