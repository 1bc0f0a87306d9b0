"""The pipeline from article to records: the list of its components, and articles streamed through them."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeVar, overload

from gongbao.components import Component, Known, Link, Matchers, Names, apply
from gongbao.document import Article, Document, Extraction, Failure
from gongbao.errors import ExtractError, ReadError, RuleError
from gongbao.linking.linker import Linker
from gongbao.names.known import KnownNames
from gongbao.names.model import NameModel, load_model
from gongbao.places.gazetteer import Gazetteer
from gongbao.ranker import Learned
from gongbao.read.failing import failure
from gongbao.read.given import Given, article_of
from gongbao.read.rows import Row, pub_date_of
from gongbao.record import Record
from gongbao.rulebook.load import RuleSet

if TYPE_CHECKING:
    import pandas

Context = TypeVar("Context")
BATCH = 64
"""Articles that go through the network together."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is collected meanwhile: what is loaded stays, and each collection would look through all of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Records(tuple[Record, ...]):
    """The records of one or several articles: a tuple of them, and so are slices and sums. A notebook shows a table."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Records: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Record | Records:
        found = super().__getitem__(index)
        return Records(found) if isinstance(found, tuple) else found

    def __add__(self, other: tuple[Record, ...]) -> Records:  # type: ignore[override]
        return Records((*self, *other))

    def _repr_html_(self) -> str:
        from gongbao.html import records_html

        return records_html(self)

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame with one row a record, columns in the order of the schema."""
        from gongbao.frames import to_pandas

        return to_pandas(self)


class Pipeline:
    """Extracts records from articles. Load once, use for many articles.

    It can be pickled (joblib, multiprocessing, Spark): what is sent are the names of rules and model and the components
    put in by `replacing`. Who receives it loads them once in a process, and must have the same rules.

    `components` are its steps by name, in order; a document with all layers up to one of them is what `document` gives.

    Args:
        rules: Folders of the user's own rules, over the shipped ones.
        ner: `tagger` (shipped), the folder of a model that `gongbao learn` made (over `tagger`), `lac`, a spaCy model's
            name (`zh_core_web_sm`), a model of one's own, or None for rules alone.

    Raises:
        RuleError: a rule file is wrong.
        ModelError: the named model is not installed.
    """

    @_uncollected()
    def __init__(self, *, rules: Sequence[Path | str] = (), ner: str | NameModel | None = "tagger") -> None:
        learned = Learned.of(ner) if isinstance(ner, str) else None
        ner = str(learned.folder) if learned is not None else ner
        self._sent = (tuple(str(Path(folder).absolute()) for folder in rules), ner)
        self._replaced: Mapping[str, Component] = {}
        self.rules = RuleSet.load(*rules)
        self.gazetteer = Gazetteer.load(self.rules)
        self.ner = ner if isinstance(ner, str | None) else type(ner).__name__
        self.matchers = Matchers.load(self.rules, self.gazetteer)
        known = KnownNames.load(self.rules.folders)
        model = load_model(ner, known) if isinstance(ner, str) else ner
        self.components: Mapping[str, Component] = {
            **self.matchers.components(),
            **({"names": Names(model)} if model is not None else {}),
            "link": Link(Linker(self.rules, self.gazetteer, learned=learned)),
            **({"known": Known(known)} if known else {}),
        }

    def replacing(self, **components: Component) -> Pipeline:
        """The same pipeline with other components in the place of those of their names.

        Raises:
            ValueError: there is no component of a name.
        """
        unknown = components.keys() - self.components.keys()
        if unknown:
            raise ValueError(f"no component {min(unknown)!r}, there are {', '.join(self.components)}")
        other = object.__new__(type(self))
        replaced = {**self._replaced, **components}
        other.__dict__.update(self.__dict__, _replaced=replaced, components={**self.components, **components})
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (type(self), *self._sent, self.rules.version, dict(self._replaced))

    def extract(
        self,
        article: Given,
        *,
        pub_date: date | str | None = None,
        title: str | None = None,
        source: str | None = None,
        id: str | None = None,
    ) -> Records:
        """The records of one article.

        Args:
            article: Its text, or a dict of fields, an `Article`, a text with its fields, as `pipe` takes them; every
                offset of the records counts in the text.
            pub_date: Publication date, if the text's own metadata lines do not give it: a date, a datetime, or a text
                (`2021-01-09`, `2021/01/09`).
            title: The title, if it is not the first line.
            source: Who published it.
            id: The article's identifier; `-` if nothing says it.

        Raises:
            ReadError: it is no article, a field is wrong, or an argument contradicts what the article says.
            ExtractError: a component failed.
        """
        given = {"pub_date": pub_date, "title": title, "source": source, "id": id}
        result = next(self.stream([article_of(article, "-", where="the article", arguments=given)]))
        if isinstance(result, Failure):
            raise ExtractError(result.message, where=result.where, fix=result.fix, code=result.code)
        return Records(result.records)

    @overload
    def pipe(
        self, articles: Iterable[Given], *, as_tuples: Literal[False] = ..., batch_size: int = ...
    ) -> Iterator[Extraction | Failure]: ...

    @overload
    def pipe(
        self, articles: Iterable[tuple[Given, Context]], *, as_tuples: Literal[True], batch_size: int = ...
    ) -> Iterator[tuple[Extraction | Failure, Context]]: ...

    def pipe(self, articles: Iterable[Any], *, as_tuples: bool = False, batch_size: int = BATCH) -> Iterator[Any]:
        """Stream articles through the pipeline in batches; memory does not grow with their number.

        Args:
            articles: Texts, dicts with the fields of a row (`text`, and `id`, `title`, `pub_date`, `source` if known;
                others come out with the records as `extra`), `Article`s, and pairs of a text and such fields. What
                names no id is called by its number in the stream, from 1.
            as_tuples: The articles are pairs of one of these and anything; pairs of a result and that thing come out.
            batch_size: Articles that go through the network together.

        Yields:
            One result for each article, in order: its extraction, or a failure where it is no article or a component
            could not go on.

        Raises:
            ValueError: `batch_size` is less than 1, or `articles` is one article or a table and no series of articles.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}: it must be 1 or more")
        if isinstance(articles, str | bytes | Mapping | Article):
            raise ValueError("pipe takes a series of articles: for one article there is extract")
        if hasattr(articles, "columns"):  # going through a table gives the names of its columns, or the columns
            raise ValueError("pipe takes a series of articles: for a table there is extract_frame, or give its rows")
        if not as_tuples:
            return self.stream(map(_read, articles, count(1)), batch_size=batch_size)
        contexts: deque[Any] = deque()

        def items() -> Iterator[Any]:
            for item, context in articles:
                contexts.append(context)
                yield item

        results = self.stream(map(_read, items(), count(1)), batch_size=batch_size)
        return ((result, contexts.popleft()) for result in results)

    def stream(
        self, articles: Iterable[Article | Failure], *, batch_size: int = BATCH
    ) -> Iterator[Extraction | Failure]:
        """Stream what `gongbao.read` gave through the pipeline, as `pipe` does; nothing is read anew, failures pass."""
        documents: Iterator[Document | Failure] = (
            item if isinstance(item, Failure) else Document.of(item) for item in articles
        )
        for name, component in self.components.items():
            documents = apply(name, component, documents, batch_size)
        return (result if isinstance(result, Failure) else result.extraction() for result in documents)

    def extract_frame(
        self,
        frame: pandas.DataFrame,
        *,
        text: str = "text",
        date: str | None = None,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
    ) -> pandas.DataFrame:
        """The records of a data frame's rows, each row an article, as a data frame.

        Args:
            frame: The articles. Columns that are not named here are their own fields: they come out as `extra`.
            text: The column of the texts.
            date: That of the publication dates; `pub_date` if there is one. A missing date is one that nobody knows.
            id: That of the identifiers; `id` if there is one, else the index (or row numbers, if it repeats itself).
            title: That of the titles; `title` if there is one.
            source: That of the publishers; `source` if there is one.

        Returns:
            The records as `Records.to_pandas` gives them. `attrs["failures"]` holds what went wrong, one dict a row
            that gave no records, and a warning says how many there are.

        Raises:
            ReadError: there is no such column (`read.column`).
        """
        from gongbao.frames import articles_of, with_failures

        named = {"text": text, "pub_date": date, "id": id, "title": title, "source": source}
        results = list(self.stream(articles_of(frame, named)))
        records = Records(record for r in results if isinstance(r, Extraction) for record in r.records)
        return with_failures(records.to_pandas(), [r for r in results if isinstance(r, Failure)])

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

    def parse(self, text: str, pub_date: date | str | None = None) -> dict[str, Any]:
        """What the parts find in a text by themselves, as `gongbao parse` gives it; offsets into `text`.

        Raises:
            ReadError: the publication date is none; `extract` says what may be one.
        """
        found = self.document(Article("-", text, pub_date=pub_date_of(pub_date, Row("read.item", "-", "pub_date"))))

        def span(item: Any, *fields: str) -> dict[str, Any]:
            start, end = found.offsets.to_source(item.start, item.end)
            return {"start": start, "end": end, "text": item.text, **{name: getattr(item, name) for name in fields}}

        return {
            "quantities": [span(q, "kind", "value", "value_max", "unit", "bound") for q in found.quantities],
            "periods": [span(p, "year", "period_start", "period_end") for p in found.periods if p.year is not None],
            "places": [span(p, "place", "place_code") for p in found.places if p.place is not None],
            "simplified": found.text,
            "repairs": [asdict(repair) for repair in found.repairs],
            "residues": [asdict(residue) for residue in found.residues],
        }


def _received(
    kind: Callable[..., Pipeline],
    folders: tuple[str, ...],
    ner: str | NameModel | None,
    version: str,
    replaced: Mapping[str, Component],
) -> Pipeline:
    """A pipeline that was sent from another process."""
    pipeline = _loaded(kind, folders, ner) if isinstance(ner, str | None) else kind(rules=folders, ner=ner)
    if pipeline.rules.version != version:
        raise RuleError(
            "the rules here are not those that the pipeline was made with",
            where=", ".join(folders) or "the shipped rules",
            fix="Install the same gongbao and the same rules on every machine, and leave them alone while it works",
            code="rules.version",
        )
    return pipeline.replacing(**replaced) if replaced else pipeline


@lru_cache(maxsize=2)
def _loaded(kind: Callable[..., Pipeline], folders: tuple[str, ...], ner: str | None) -> Pipeline:
    # One message for each chunk of articles is common, and loading takes a second.
    return kind(rules=folders, ner=ner)


def _read(item: object, number: int) -> Article | Failure:
    """An item of a stream as an article; one that is none stands for itself."""
    try:
        return article_of(item, str(number), where=f"item {number}")
    except ReadError as error:
        return failure(error, str(number))
