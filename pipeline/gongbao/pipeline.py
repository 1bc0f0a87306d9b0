"""The pipeline from article to records, top to bottom.

    read ▶ repair ▶ convert ▶ match ▶ outline ▶ segment ▶ ner ▶ link ▶ records

`document` holds the stages that need only text and rules; `Pipeline` adds segmentation, the trained models and
linking as a spaCy pipeline and streams articles through all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gongbao.chinese.script import convert
from gongbao.document import Article, Document, Extraction, Failure, NamePrediction, Period, Quantity
from gongbao.errors import ExtractError, GongbaoError
from gongbao.layout.outline import outline
from gongbao.layout.tables import find_tables
from gongbao.linking.linker import Linker
from gongbao.names.model import load_model
from gongbao.periods.match import PeriodMatcher
from gongbao.places.gazetteer import Gazetteer
from gongbao.places.match import PlaceMatcher
from gongbao.quantities.match import QuantityMatcher
from gongbao.quantities.tables import TableReader, table_years
from gongbao.record import Record
from gongbao.repair.text import repair
from gongbao.rulebook.ruleset import RuleSet

if TYPE_CHECKING:
    import pandas

BATCH = 64
"""Articles that go through the network together."""


@dataclass(frozen=True, slots=True)
class Matchers:
    """The compiled rules of the matching stages, made once and shared by all articles."""

    quantities: QuantityMatcher
    periods: PeriodMatcher
    places: PlaceMatcher
    tables: TableReader

    @classmethod
    def load(cls, rules: RuleSet, gazetteer: Gazetteer) -> Matchers:
        """Compile the matchers of a rule set."""
        quantities = QuantityMatcher(rules)
        return cls(quantities, PeriodMatcher(rules), PlaceMatcher(gazetteer, rules), TableReader(rules, quantities))


def document(article: Article, matchers: Matchers) -> Document:
    """Repair, convert, match and outline one article."""
    repaired = repair(article.text)
    converted = convert(repaired.text)
    text = converted.text
    offsets = repaired.offsets.then(converted.offsets)
    title = convert(repair(article.title).text).text if article.title else None
    tables = find_tables(text)
    quantities, left = matchers.tables.read(text, tables, matchers.quantities.match(text))
    periods = table_years(text, tables, matchers.periods.match(text, article.pub_date))
    year = article.pub_date.year if article.pub_date else None
    places = matchers.places.match(text, title=title, year=year)
    quantities = without_years(quantities, periods)
    layout = outline(
        text,
        title=title,
        content_start=offsets.to_target(article.content_start),
        furniture=[(offsets.to_target(start), offsets.to_target(end)) for start, end in article.furniture],
        places=places,
        quantities=quantities,
        tables=tables,
    )
    outside = title if title is not None and not any(s.role == "title" for s in layout.sentences) else None
    return Document(
        article,
        text,
        offsets,
        repaired.repairs,
        layout,
        quantities,
        periods,
        places,
        title_places=matchers.places.match(outside, year=year) if outside else (),
        title_periods=matchers.periods.match(outside, article.pub_date) if outside else (),
        tables=tables,
        numbers_left=left,
    )


def without_years(quantities: Sequence[Quantity], periods: Sequence[Period]) -> tuple[Quantity, ...]:
    """The quantities but for lengths of time that are the year of a date: 115年 where the article counts from 1912.

    A word before the year may be the date's, too (自110年起).
    """
    dates = [period for period in periods if period.anchor == "absolute" and period.role != "vague"]
    years = {start for period in dates for start in range(period.start, min(period.start + 3, period.end))}
    return tuple(q for q in quantities if not (q.kind == "duration" and q.unit == "年" and q.start in years))


ResultT = TypeVar("ResultT")
Named = tuple[Document, Sequence[NamePrediction] | None]


def _guarded(article: Article, stage: str, work: Callable[..., ResultT], *inputs: Any) -> ResultT | Failure:
    """The result of a stage, or the failure of its article: one bad article never stops a run."""
    try:
        return work(*inputs)
    except GongbaoError as error:
        return Failure(article.id, stage, error.code, error.message, error.where or article.origin, error.fix)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return Failure(article.id, stage, f"{stage}.crash", message, article.origin, "Report this article as a bug")


class Records(tuple[Record, ...]):
    """The records of one or several articles."""

    __slots__ = ()

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame with one row a record, columns in the order of the schema."""
        from gongbao.frames import to_pandas

        return to_pandas(self)


class Pipeline:
    """Extracts records from articles. Load once, use for many articles.

    Args:
        rules: Folders of the user's own rules, over the shipped ones.
        ner: `tagger` (shipped), `lac`, a spaCy model's name (`zh_core_web_sm`), or None for rules alone.

    Raises:
        RuleError: a rule file is wrong.
        ModelError: the named model is not installed.
    """

    def __init__(self, *, rules: Sequence[Path | str] = (), ner: str | None = "tagger") -> None:
        self.rules = RuleSet.load(*rules)
        self.gazetteer = Gazetteer.load(self.rules)
        self.ner = ner
        self._matchers = Matchers.load(self.rules, self.gazetteer)
        self._linker = Linker(self.rules, self.gazetteer)
        self._model = load_model(ner) if ner is not None else None

    def extract(
        self,
        text: str | Article,
        *,
        pub_date: date | str | None = None,
        title: str | None = None,
        id: str = "-",
    ) -> Records:
        """The records of one article.

        Args:
            text: The article's text, or an `Article`; every offset of the records counts in it.
            pub_date: Publication date (`YYYY-MM-DD`), if the text's own metadata lines do not give it.
            title: The title, if it is not the first line.
            id: The article's identifier.

        Raises:
            GongbaoError: a stage failed.
        """
        result = next(iter(self.pipe([self._article(text, pub_date, title, id)])))
        if isinstance(result, Failure):
            raise ExtractError(result.message, where=result.where, fix=result.fix, code=result.code)
        return Records(result.records)

    def pipe(self, articles: Iterable[Article], *, batch_size: int = BATCH) -> Iterator[Extraction | Failure]:
        """Stream articles through the pipeline in batches; memory does not grow with their number.

        Yields one result for each article, in order: its extraction, or a failure where a stage could not go on.
        """
        stream = iter(articles)
        while batch := list(islice(stream, batch_size)):
            yield from self._extract(batch)

    def document(self, article: Article) -> Document:
        """What the stages before linking find in an article."""
        return document(article, self._matchers)

    def versions(self) -> dict[str, Any]:
        """Versions for a run's manifest: of the rules, the model, and every single rule."""
        return {
            "versions": {"rules": self.rules.version, "model": self.ner},
            "rule_versions": {rule.id: rule.version for rules in self.rules.stages.values() for rule in rules},
        }

    def _extract(self, articles: Sequence[Article]) -> Iterator[Extraction | Failure]:
        """Match each article, name things in all of them together, link each; a failing article stands for itself."""
        found = [_guarded(article, "match", document, article, self._matchers) for article in articles]
        whole = [item for item in found if isinstance(item, Document)]
        named: list[Named | Failure]
        try:
            named = list(self._name(whole))
        except Exception:  # find out which one it was
            named = [_guarded(item.article, "ner", self._name_one, item) for item in whole]
        names = iter(named)
        for article, item in zip(articles, found, strict=True):
            known = next(names) if isinstance(item, Document) else item
            yield known if isinstance(known, Failure) else _guarded(article, "link", self._link, *known)

    def _name_one(self, found: Document) -> Named:
        return self._name([found])[0]

    def _name(self, documents: Sequence[Document]) -> list[Named]:
        if self._model is None or not documents:
            return [(found, None) for found in documents]
        entities = self._model.entities(documents)
        predictions = self._model.predictions(documents)
        return [
            (replace(found, entities=entities[n]) if entities[n] else found, predictions[n] if predictions else None)
            for n, found in enumerate(documents)
        ]

    def _link(self, found: Document, predictions: Sequence[NamePrediction] | None) -> Extraction:
        records = self._linker.link(found, predictions)
        counts = {
            "records": len(records),
            "quantities": len(found.quantities),
            "periods": len(found.periods),
            "places": len(found.places),
            "repairs": len(found.repairs),
            "table_numbers_left": found.numbers_left,
        }
        return Extraction(found.article, found.text, found.repairs, records, counts)

    @staticmethod
    def _article(text: str | Article, pub_date: date | str | None, title: str | None, identifier: str) -> Article:
        if isinstance(text, Article):
            return text
        from gongbao.read import article_from_text

        if isinstance(pub_date, str):
            pub_date = date.fromisoformat(pub_date)
        return article_from_text(text, id=identifier, pub_date=pub_date, title=title)

    def parse(self, text: str, pub_date: date | None = None) -> dict[str, Any]:
        """What the parts find in a text by themselves, as `gongbao parse` gives it; offsets into `text`."""
        found = document(Article("-", text, pub_date=pub_date), self._matchers)

        def span(item: Any, *fields: str) -> dict[str, Any]:
            start, end = found.offsets.to_source(item.start, item.end)
            return {"start": start, "end": end, "text": item.text, **{name: getattr(item, name) for name in fields}}

        return {
            "quantities": [span(q, "kind", "value", "value_max", "unit", "bound") for q in found.quantities],
            "periods": [span(p, "year", "period_start", "period_end") for p in found.periods if p.year is not None],
            "places": [span(p, "place", "place_code") for p in found.places if p.place is not None],
            "simplified": found.text,
            "repairs": [
                {"start": r.start, "end": r.end, "before": r.before, "after": r.after, "kind": r.kind}
                for r in found.repairs
            ],
        }
