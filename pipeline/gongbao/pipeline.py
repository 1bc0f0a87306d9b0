"""The pipeline from article to records: the list of its components, and articles streamed through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gongbao.components import Component, Link, Matchers, Names, apply
from gongbao.document import Article, Document, Extraction, Failure
from gongbao.errors import ExtractError
from gongbao.linking.linker import Linker
from gongbao.names.model import NameModel, load_model
from gongbao.places.gazetteer import Gazetteer
from gongbao.record import Record
from gongbao.rulebook.ruleset import RuleSet

if TYPE_CHECKING:
    import pandas

BATCH = 64
"""Articles that go through the network together."""


class Records(tuple[Record, ...]):
    """The records of one or several articles."""

    __slots__ = ()

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame with one row a record, columns in the order of the schema."""
        from gongbao.frames import to_pandas

        return to_pandas(self)


class Pipeline:
    """Extracts records from articles. Load once, use for many articles.

    `components` are its steps by name, in order; a document with all layers up to one of them is what `document` gives.

    Args:
        rules: Folders of the user's own rules, over the shipped ones.
        ner: `tagger` (shipped), `lac`, a spaCy model's name (`zh_core_web_sm`), a model of one's own, or None for rules
            alone.

    Raises:
        RuleError: a rule file is wrong.
        ModelError: the named model is not installed.
    """

    def __init__(self, *, rules: Sequence[Path | str] = (), ner: str | NameModel | None = "tagger") -> None:
        self.rules = RuleSet.load(*rules)
        self.gazetteer = Gazetteer.load(self.rules)
        self.ner = ner if isinstance(ner, str | None) else type(ner).__name__
        self.matchers = Matchers.load(self.rules, self.gazetteer)
        model = load_model(ner) if isinstance(ner, str) else ner
        self.components: Mapping[str, Component] = {
            **self.matchers.components(),
            **({"names": Names(model)} if model is not None else {}),
            "link": Link(Linker(self.rules, self.gazetteer)),
        }

    def replacing(self, **components: Component) -> Pipeline:
        """The same pipeline with other components in the place of those of their names.

        Raises:
            ValueError: there is no component of a name.
        """
        unknown = components.keys() - self.components.keys()
        if unknown:
            raise ValueError(f"no component {min(unknown)!r}, there are {', '.join(self.components)}")
        other = copy(self)
        other.components = {**self.components, **components}
        return other

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
            GongbaoError: a component failed.
        """
        result = next(iter(self.pipe([self._article(text, pub_date, title, id)])))
        if isinstance(result, Failure):
            raise ExtractError(result.message, where=result.where, fix=result.fix, code=result.code)
        return Records(result.records)

    def pipe(self, articles: Iterable[Article], *, batch_size: int = BATCH) -> Iterator[Extraction | Failure]:
        """Stream articles through the pipeline in batches; memory does not grow with their number.

        Yields one result for each article, in order: its extraction, or a failure where a component could not go on.
        """
        stream: Iterator[Document | Failure] = map(Document.of, articles)
        for name, component in self.components.items():
            stream = apply(name, component, stream, batch_size)
        for result in stream:
            yield result if isinstance(result, Failure) else result.extraction()

    def document(self, article: Article) -> Document:
        """What the components that need only text and rules find in an article.

        Raises:
            GongbaoError: a component failed.
        """
        found = Document.of(article)
        for name in self.matchers.components():
            found = self.components[name](found)
        return found

    def versions(self) -> dict[str, Any]:
        """Versions for a run's manifest: of the rules, the model, and every single rule."""
        return {
            "versions": {"rules": self.rules.version, "model": self.ner},
            "rule_versions": {rule.id: rule.version for rules in self.rules.stages.values() for rule in rules},
        }

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
        found = self.document(Article("-", text, pub_date=pub_date))

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
