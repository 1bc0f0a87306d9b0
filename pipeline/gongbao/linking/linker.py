"""From a document to its records: place, period, indicator and initiative of every quantity, with evidence.

The order of the work: what rules say of places and periods, then the choice among all candidates (`choose`), names by
the trained tagger or, where it sees none, by rules, then confidence and flags.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate

from gongbao.canonical import record_id
from gongbao.document import Document, Entity, NamePrediction, Quantity
from gongbao.linking.choose import Chooser, Heuristics
from gongbao.linking.confidence import Confidence
from gongbao.linking.currency import Currencies
from gongbao.linking.linked import AnyChoice, Linked
from gongbao.linking.names import NO_NAME, NameLinker, rates_alone
from gongbao.linking.periods import PeriodLinker
from gongbao.linking.places import PlaceLinker
from gongbao.linking.respectively import (
    Member,
    behind_listed_places,
    listed_names,
    name_runs,
    named_in_step,
    rates_in_step,
)
from gongbao.linking.scope import Choice, TextChoice, sentence_index
from gongbao.linking.surroundings import Surroundings
from gongbao.linking.tables import TableLinker
from gongbao.linking.topics import TopicRules
from gongbao.places.gazetteer import Gazetteer
from gongbao.ranker import Learned, Reason
from gongbao.record import Evidence, How, LinkedField, Record
from gongbao.relations import Relation
from gongbao.rulebook.cues import LinkingCues, linking_cues
from gongbao.rulebook.load import RuleSet

_DOUBTFUL = {"digits_apart": 0.3, "currency_guessed": 0.5}
_SHARED_OUT = {"indicator": 0.9, "initiative": 0.8}
"""How sure the name of a list's member is: of 130 that were shared out in annotated articles 0.93 were right."""
_BLANKS = 3
_DOUBTFUL_REPAIRS = frozenset({"shifted", "decimal"})
GUESSED = 0.7
"""Score up to which a place or year is flagged as guessed."""
DAMAGE_REACH = 6
"""Characters around an amount within which a repair makes its record worth a look."""


Names = tuple[TextChoice, ...]
"""The names that one quantity may have for a field, best first, at least one."""


class Linker:
    """Ties every quantity of a document to place, initiative, indicator and year."""

    def __init__(
        self,
        rules: RuleSet,
        gazetteer: Gazetteer,
        *,
        confidence: Confidence | None = None,
        learned: Learned | None = None,
    ) -> None:
        self._gazetteer = gazetteer
        self._cues = linking_cues(rules)
        self._names = NameLinker(rules, self._cues)
        self._tables = TableLinker(rules, self._names, self._cues)
        self._topics = TopicRules(rules, self._cues)
        self._places = PlaceLinker(self._topics, self._tables)
        self._periods = PeriodLinker(self._tables)
        self._currencies = Currencies(rules, self._cues)
        self._chooser = Chooser(learned)
        self._confidence = confidence or Confidence.load()

    def heuristics(self, document: Document) -> Heuristics:
        """What the linkers by rule say of places and periods."""
        around = Surroundings(document, self._cues)
        cells = self._tables.cells(document)
        topics = self._topics.of(document)
        places = self._places.link(around, topics, cells)
        listed = dict(listed_names(self._cues, document, around.series, self._names.before_verbs))
        periods = self._periods.link(around, cells, listed)
        return Heuristics(around, places, periods, topics, cells, listed)

    def link(self, document: Document, predictions: Sequence[NamePrediction] | None = None) -> tuple[Record, ...]:
        """The records of a document in the order of its text.

        Args:
            document: What the matchers found.
            predictions: One for each quantity, or None to go by rules alone.
        """
        heuristics = self.heuristics(document)
        chosen = self._chooser.choose(heuristics, predictions)
        indicators, initiatives = self._named(document, predictions)
        self._share_out(document, heuristics.listed_names, indicators, initiatives)
        for number, level in rates_alone(self._cues, document):
            indicators[number] = indicators[level]
        for number, model in rates_in_step(self._cues, document, heuristics.around.series):
            indicators[number], initiatives[number] = indicators[model], initiatives[model]
        self._without_listed_places(heuristics, indicators, initiatives)
        for number, cell in heuristics.cells.items():
            indicator = self._tables.indicator(document, cell)
            indicators[number] = (indicator,)
            initiatives[number] = (self._tables.initiative(document, cell, indicator),)
        records, damage = [], _Damage(document)
        for number, own in chosen.items():
            linked = Linked(
                own.places, own.years, initiatives[number], indicators[number], own.status, own.status_confidence
            )
            quantity = document.quantities[number]
            place = linked.place[0].value
            quantity = self._currencies.judged(document.text, quantity, place)
            apart = number not in heuristics.cells and _digits_apart(self._cues, document.text, quantity.start)
            index = sentence_index(document.outline, quantity.start)
            assert index is not None, "only quantities of the content are chosen for"
            doubts = ("digits_apart",) if apart else ()
            records.append(self._record(document, index, quantity, linked, damage, doubts))
        return tuple(records)

    def reasons(
        self, document: Document, predictions: Sequence[NamePrediction] | None
    ) -> list[Mapping[LinkedField, list[Reason]]]:
        """What speaks for the first and for the second answer to place and year of each quantity."""
        return self._chooser.reasons(self.heuristics(document), predictions)

    def _named(
        self, document: Document, predictions: Sequence[NamePrediction] | None
    ) -> tuple[list[Names], list[Names]]:
        """Indicators and initiatives, best first: the model's within reach; where there is none, that of the rules."""
        if predictions is None:
            indicators = self._names.indicators(document)
            initiatives = self._names.initiatives(document, indicators)
            return [(choice,) for choice in indicators], [(choice,) for choice in initiatives]
        reach = _Reach(document)
        pairs = list(zip(document.quantities, predictions, strict=True))
        seen = [(reach.choices(q.start, p.indicators), reach.choices(q.start, p.initiatives)) for q, p in pairs]
        # The rules take as long as all else here, and are seldom asked.
        needed = any(() in choices for choices in seen)
        none: list[Names] = [(NO_NAME,)] * len(seen)
        ruled = self._named(document, None) if needed else (none, none)
        return (
            [choices or own for (choices, _), own in zip(seen, ruled[0], strict=True)],
            [choices or own for (_, choices), own in zip(seen, ruled[1], strict=True)],
        )

    def _share_out(
        self,
        document: Document,
        lists: Mapping[int, Sequence[tuple[int, int]]],
        indicators: list[Names],
        initiatives: list[Names],
    ) -> None:
        """Give the amounts of a list that runs in step the names of its members."""
        text = document.text
        for first, listed in lists.items():
            start, end = listed[0]
            members = [(self._names.behind_openers(text, start, end), end), *listed[1:]]
            for place, bounds in enumerate(members):
                member, number = Member(text, members, place), first + place
                measured = Choice(
                    member.measured, "stated", Relation.INDICATOR_RESPECTIVELY, *bounds, _SHARED_OUT["indicator"]
                )
                about = measured._replace(
                    value=self._names.activity_of(member.measured),
                    rule=Relation.INITIATIVE_RESPECTIVELY,
                    score=_SHARED_OUT["initiative"],
                )
                initiatives[number] = named_in_step(initiatives[number], member, about)
                indicators[number] = named_in_step(indicators[number], member, measured)

    def _without_listed_places(self, heuristics: Heuristics, indicators: list[Names], initiatives: list[Names]) -> None:
        """Take the place that a name begins with from it where the amounts are those of several places in a list."""
        document = heuristics.around.document
        in_step = {
            n: choice.start for n, choice in enumerate(heuristics.places) if choice.rule == Relation.PLACE_RESPECTIVELY
        }
        runs = name_runs(self._cues, document.text, document.places) if in_step else []
        starts = {place.start for run in runs if len(run) > 1 for place in run}.intersection(in_step.values())
        for number in in_step:
            for of in (indicators, initiatives):
                of[number] = tuple(behind_listed_places(self._cues, document, starts, name) for name in of[number])

    def _record(
        self,
        document: Document,
        index: int,
        quantity: Quantity,
        linked: Linked,
        damage: _Damage,
        doubts: tuple[str, ...],
    ) -> Record:
        article, fields = document.article, linked.first
        sentence = document.outline.sentences[index]
        start, end = document.offsets.to_source(quantity.start, quantity.end)
        sentence_start, sentence_end = document.offsets.to_source(sentence.start, sentence.end)
        place = linked.place[0].value
        province, city, district = self._gazetteer.split(place)
        period = linked.year[0].value
        evidence: dict[str, Evidence] = {name: choice.evidence(document) for name, choice in fields.items()}
        evidence["amount"] = Evidence(how="stated", rule=quantity.rule, start=start, end=end)
        flags = _flags(damage.is_near(start, end), fields)
        doubts += quantity.flags
        flags += doubts
        if quantity.unit_span is not None:
            in_row = sentence.start <= quantity.unit_span[0] < sentence.end
            said = Choice(quantity.unit, "stated" if in_row else "heading", Relation.TABLE_UNIT, *quantity.unit_span)
            evidence["unit"] = said.evidence(document)
            flags.append("unit_from_table")
        return Record(
            record_id=record_id(article.id, start, end, quantity.kind),
            article_id=article.id,
            title=article.title,
            pub_date=article.pub_date,
            place=place,
            place_code=self._gazetteer.code_of(place),
            province=province,
            city=city,
            district=district,
            initiative=linked.initiative[0].value,
            indicator=linked.indicator[0].value,
            amount=quantity.text,
            kind=quantity.kind,
            value=quantity.value,
            value_max=quantity.value_max,
            unit=quantity.unit,
            bound=quantity.bound,
            status=linked.status,
            year=period.year if period else None,
            period=(period.text or None) if period else None,
            period_start=period.period_start if period else None,
            period_end=period.period_end if period else None,
            start=start,
            end=end,
            raw=article.text[start:end],
            sentence=document.text[sentence.start : sentence.end],
            sentence_start=sentence_start,
            sentence_end=sentence_end,
            evidence=evidence,
            confidence=min(self._confidence.of(fields, damaged="damaged" in flags), _ceiling(doubts)),
            field_confidence=linked.field_confidence,
            alternatives=linked.runners_up(document),
            flags=flags,
            extra=dict(article.extra) or None,
        )


class _Reach:
    """Which names may belong to which amounts: none from under another place's heading."""

    def __init__(self, document: Document) -> None:
        self._outline = document.outline
        sections = document.outline.sections
        self._place_of = [
            next((n for n in document.outline.path(number) if sections[n].style == "place"), None)
            for number in range(len(sections))
        ]

    def choices(self, amount: int, names: Sequence[Entity]) -> tuple[TextChoice, ...]:
        """A model's names as an amount's choices, but for those under another place's heading."""
        return tuple(choice for name in names if (choice := self._choice(amount, name)) is not None)

    def _choice(self, amount: int, name: Entity) -> TextChoice | None:
        how: How = "stated"
        here, there = sentence_index(self._outline, amount), sentence_index(self._outline, name.start)
        if there is not None and here != there:
            sentence = self._outline.sentences[there]
            place = self._place_of[sentence.section]
            if here is not None and place not in (None, self._place_of[self._outline.sentences[here].section]):
                return None
            how = "carried" if sentence.role == "body" else sentence.role
        return Choice(name.text, how, name.rule, name.start, name.end, name.score)


def _ceiling(doubts: Sequence[str]) -> float:
    """The confidence that a record can have at most where its amount itself is in doubt."""
    return min((_DOUBTFUL[flag] for flag in doubts), default=1.0)


def _digits_apart(cues: LinkingCues, text: str, start: int) -> bool:
    """True for an amount behind a number with nothing but a blank between: 5 40亿元 may have been 540亿元.

    The number of a list at the head of a line (1 40家) or of a figure (图3 20家) is no such number.
    """
    at = start
    while at > 0 and start - at < _BLANKS and text[at - 1] in " \u3000\xa0":
        at -= 1
    if at == start or not text[start : start + 1].isdigit():
        return False
    head = at
    while head > 0 and (text[head - 1] in ",.万亿" or text[head - 1].isdigit()):
        head -= 1
    before = text[head - 1 : head]
    is_number = before not in ("", "\n") and not cues["number_label"].match(before)
    return is_number and text[head:at].rstrip("万亿")[-1:].isdigit()


class _Damage:
    """Where an article was repaired in doubt, or could not be: looked up, for each amount asks."""

    def __init__(self, document: Document) -> None:
        spans = [(repair.start, repair.end) for repair in document.repairs if repair.kind in _DOUBTFUL_REPAIRS]
        spans += ((residue.start, residue.end) for residue in document.residues)
        spans.sort()
        self._starts = [start for start, _ in spans]
        self._ends = list(accumulate((end for _, end in spans), max))

    def is_near(self, start: int, end: int) -> bool:
        """Whether any lies within reach of an amount."""
        count = bisect_left(self._starts, end + DAMAGE_REACH)
        return count > 0 and self._ends[count - 1] > start - DAMAGE_REACH


def _flags(is_damaged: bool, fields: Mapping[LinkedField, AnyChoice]) -> list[str]:
    flags = []
    if is_damaged:
        flags.append("damaged")
    if fields["place"].value is None:
        flags.append("no_place")
    elif fields["place"].score <= GUESSED:
        flags.append("place_guessed")
    if fields["year"].value is None:
        flags.append("no_year")
    elif fields["year"].score <= GUESSED:
        flags.append("year_guessed")
    if fields["initiative"].value is None:
        flags.append("no_initiative")
    if fields["indicator"].value is None:
        flags.append("no_indicator")
    return flags
