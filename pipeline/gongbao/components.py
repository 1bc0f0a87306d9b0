"""The components of the pipeline: each takes a document and gives it back with a layer more.

    Document.of(article) ▶ repair ▶ simplify ▶ quantities ▶ periods ▶ places ▶ tables ▶ outline ▶ title ▶ names ▶ link
                         ▶ known

What a layer holds says `Document`; what finds it stands in the package of its name. Here is only what each component
takes from the layers before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gongbao.chinese.script import convert
from gongbao.document import Document, Failure, Period, Quantity
from gongbao.errors import GongbaoError
from gongbao.layout.outline import outline
from gongbao.layout.tables import find_tables
from gongbao.names.known import KnownNames
from gongbao.periods.match import PeriodMatcher
from gongbao.places.gazetteer import Gazetteer
from gongbao.places.match import PlaceMatcher
from gongbao.quantities.match import QuantityMatcher
from gongbao.quantities.tables import TableReader, table_years
from gongbao.record import Record
from gongbao.relations import Relation
from gongbao.repair.text import repair
from gongbao.rulebook.load import RuleSet

if TYPE_CHECKING:
    from gongbao.linking.linker import Linker
    from gongbao.names.model import NameModel

Component = Callable[[Document], Document]
"""One step: a document in, the same document with a layer more out."""


@runtime_checkable
class BatchComponent(Protocol):
    """A component that is faster with many documents at once."""

    def __call__(self, document: Document) -> Document:
        """The document with the layer."""

    def batch(self, documents: Sequence[Document]) -> Sequence[Document]:
        """Each of the documents with the layer, the same as one by one."""


@dataclass(frozen=True, slots=True)
class Matchers:
    """What the rules find in a text, compiled once and shared by all articles."""

    quantities: QuantityMatcher
    periods: PeriodMatcher
    places: PlaceMatcher
    tables: TableReader
    heading_tails: frozenset[str]

    @classmethod
    def load(cls, rules: RuleSet, gazetteer: Gazetteer) -> Matchers:
        """Compile the matchers of a rule set."""
        quantities = QuantityMatcher(rules)
        places, tables = PlaceMatcher(gazetteer, rules), TableReader(rules, quantities)
        tails = frozenset(rules.lexicon("place_heading_tails"))
        return cls(quantities, PeriodMatcher(rules), places, tables, tails)

    def components(self) -> Mapping[str, Component]:
        """The steps from an article to its outline, in order: all that need only text and rules."""
        return {
            "repair": repaired,
            "simplify": simplified,
            "quantities": self._quantities,
            "periods": self._periods,
            "places": self._places,
            "tables": self._tables,
            "outline": self._outline,
            "title": self._title,
        }

    def _quantities(self, document: Document) -> Document:
        return replace(document, quantities=self.quantities.match(document.text))

    def _periods(self, document: Document) -> Document:
        periods = self.periods.match(document.text, document.article.pub_date)
        return replace(document, periods=periods, quantities=without_years(document.quantities, periods))

    def _places(self, document: Document) -> Document:
        return replace(document, places=self.places.match(document.text, title=document.title, year=_year(document)))

    def _tables(self, document: Document) -> Document:
        tables = find_tables(document.text)
        if not tables:
            return document
        quantities, left = self.tables.read(document.text, tables, document.quantities)
        periods = table_years(document.text, tables, document.periods)
        return replace(document, tables=tables, quantities=quantities, periods=periods, numbers_left=left)

    def _outline(self, document: Document) -> Document:
        """The document divided into sections and sentences."""
        article, offsets = document.article, document.offsets
        layout = outline(
            _without_false_ends(document),
            title=document.title,
            content_start=offsets.to_target(article.content_start),
            boilerplate=[(offsets.to_target(start), offsets.to_target(end)) for start, end in article.boilerplate],
            places=document.places,
            quantities=document.quantities,
            tables=document.tables,
            tails=self.heading_tails,
        )
        return replace(document, outline=layout)

    def _title(self, document: Document) -> Document:
        """Places and periods of a title that stands outside the text; those of one inside it are found already."""
        if document.title is None or any(sentence.role == "title" for sentence in document.outline.sentences):
            return document
        return replace(
            document,
            title_places=self.places.match(document.title, year=_year(document)),
            title_periods=self.periods.match(document.title, document.article.pub_date),
        )


def repaired(document: Document) -> Document:
    """The document with the text that its damage had hidden."""
    revision = repair(document.text)
    title = repair(document.title).text if document.title else None
    offsets = document.offsets.then(revision.offsets)
    return replace(
        document,
        text=revision.text,
        title=title,
        offsets=offsets,
        repairs=revision.repairs,
        residues=revision.residues,
    )


def simplified(document: Document) -> Document:
    """The document in simplified characters: what every component after this one counts in."""
    revision = convert(document.text)
    title = convert(document.title).text if document.title else None
    return replace(document, text=revision.text, title=title, offsets=document.offsets.then(revision.offsets))


def without_years(quantities: Sequence[Quantity], periods: Sequence[Period]) -> tuple[Quantity, ...]:
    """The quantities but for lengths of time that are the year of a date: 115年 where the article counts from 1912.

    A word before the year may be the date's, too (自110年起).
    """
    dates = [period for period in periods if period.anchor == "absolute" and period.role != "vague"]
    years = {start for period in dates for start in range(period.start, min(period.start + 3, period.end))}
    return tuple(q for q in quantities if not (q.kind == "duration" and q.unit == "年" and q.start in years))


def _without_false_ends(document: Document) -> str:
    """The text, in which what damage left of a passage ends no sentence."""
    text = document.text
    for residue in document.residues:
        start, end = (document.offsets.to_target(at) for at in (residue.start, residue.end))
        text = text[:start] + text[start:end].translate(_FALSE_ENDS) + text[end:]
    return text


_FALSE_ENDS = str.maketrans("?？!！", "\ufffd" * 4)


@dataclass(frozen=True, slots=True)
class Names:
    """Entities and, for every quantity, the names that a trained model proposes."""

    model: NameModel

    def __call__(self, document: Document) -> Document:
        """The document with what the model says of it."""
        return self.batch([document])[0]

    def batch(self, documents: Sequence[Document]) -> Sequence[Document]:
        """The documents with what the model says of them: they go through the network together."""
        entities = self.model.entities(documents)
        names = self.model.predictions(documents)
        return [
            replace(document, entities=entities[n], names=tuple(names[n]) if names is not None else None)
            for n, document in enumerate(documents)
        ]


@dataclass(frozen=True, slots=True)
class Link:
    """The records: every quantity tied to place, initiative, indicator and year."""

    linker: Linker

    def __call__(self, document: Document) -> Document:
        """The document with its records."""
        return replace(document, records=self.linker.link(document, document.names))


@dataclass(frozen=True, slots=True)
class Known:
    """Initiatives called as the user calls them; the wording stays in the evidence."""

    names: KnownNames

    def __call__(self, document: Document) -> Document:
        """The document with known names in its records."""
        return replace(document, records=tuple(map(self._named, document.records)))

    def _named(self, record: Record) -> Record:
        name = self.names.name_of(record.initiative) if record.initiative else None
        others = record.alternatives.get("initiative", ())
        called = [
            replace(other, value=self.names.name_of(str(other.value)) or other.value) if other.value else other
            for other in others
        ]
        if name is None and called == list(others):
            return record
        first = name or record.initiative
        distinct = tuple({other.value: other for other in reversed(called) if other.value != first}.values())[::-1]
        alternatives = {key: found for key, found in record.alternatives.items() if key != "initiative"}
        evidence = dict(record.evidence)
        if name != record.initiative and name is not None:
            evidence["initiative"] = replace(evidence["initiative"], rule=Relation.NAME_KNOWN)
        changed = {
            "initiative": first,
            "evidence": evidence,
            "alternatives": alternatives | ({"initiative": distinct} if distinct else {}),
        }
        return record.model_copy(update=changed)


def apply(
    name: str, component: Component, stream: Iterator[Document | Failure], batch_size: int
) -> Iterator[Document | Failure]:
    """Stream documents through a component, in order. One that it fails on becomes a failure; failures pass through."""
    if not isinstance(component, BatchComponent):
        for item in stream:
            yield item if isinstance(item, Failure) else _guarded(name, component, item)
        return
    while items := list(islice(stream, batch_size)):
        documents = [item for item in items if isinstance(item, Document)]
        done: Iterator[Document | Failure]
        try:
            done = iter(component.batch(documents) if documents else ())
        except Exception:  # find out which one it was
            done = iter([_guarded(name, component, document) for document in documents])
        for item in items:
            yield item if isinstance(item, Failure) else next(done)


def _guarded(name: str, component: Component, document: Document) -> Document | Failure:
    """The document with the component's layer, or the failure: one bad article never stops a run."""
    article = document.article
    try:
        return component(document)
    except GongbaoError as error:
        return Failure(article.id, name, error.code, error.message, error.where or article.origin, error.fix)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return Failure(article.id, name, f"{name}.crash", message, article.origin, "Report this article as a bug")


def _year(document: Document) -> int | None:
    return document.article.pub_date.year if document.article.pub_date else None
