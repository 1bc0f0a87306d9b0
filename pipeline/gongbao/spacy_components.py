"""The pipeline as a spaCy component, and its matchers by themselves.

    import spacy
    nlp = spacy.blank("zh")
    nlp.add_pipe("gongbao")
    doc = nlp("2020年，广州市专利权质押融资额达54.14亿元。")
    doc._.records[0].place, doc._.records[0].value       # linked, as `Pipeline.extract` gives them
    [(span.text, span.label_) for span in doc.spans["amount"]]

`doc.spans` holds `amount` (labelled with the kind), `place`, `year`, `initiative` and `indicator`: where the fields
were read, each span with its record as `span.id_`. `doc.user_data` may say `pub_date`, `title`, `source` and `id`. All
of it is kept when a Doc is saved with its user data, and comes back from other processes.

The matchers by themselves, for any pipeline: quantities, periods and places on any `Doc`.

    nlp = spacy.blank("zh")
    nlp.add_pipe("gongbao_quantities")
    nlp.add_pipe("gongbao_periods", config={"pub_date": "2021-01-09"})
    nlp.add_pipe("gongbao_places")
    doc = nlp("广州市专利权质押融资额达54.14亿元")
    [(span.text, span.label_, span._.gongbao) for span in doc.spans["quantities"]]

Traditional, glossed or damaged text is understood: it is repaired and simplified for matching, and every span is one of
the Doc as it stands, widened to whole tokens. `span._.gongbao` holds what was read, as plain JSON, with the exact
characters (`start`, `end` in `doc.text`). A Doc's publication date may also stand in `doc.user_data["pub_date"]`.

spaCy finds the factories through the entry points of the installed package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import raise_error

from gongbao.canonical import plain_number
from gongbao.document import Extraction, Failure
from gongbao.errors import ExtractError
from gongbao.offsets import OffsetMap
from gongbao.read.dates import as_date
from gongbao.record import Record

if TYPE_CHECKING:
    from gongbao.pipeline import Pipeline, Records

EXTENSION = "gongbao"
"""`span._.gongbao`: what was read in the span."""
ErrorHandler = Callable[[str, Callable[[Doc], Doc], list[Doc], Exception], Any]

RECORDS, RECORDS_KEY = "records", "gongbao_records"
"""`doc._.records`, and where it is kept: lines of JSON in `doc.user_data`, which every Doc can be saved with."""
GROUPS = ("amount", "place", "year", "initiative", "indicator")
_SAID = ("pub_date", "title", "source", "id")

Match = Callable[[str, date | None], Iterable[Any]]


class SpanComponent:
    """Puts what one matcher finds into `doc.spans[spans_key]`.

    Args:
        match: Finds things with `start` and `end` in a simplified text.
        label: The attribute of a thing that becomes the span's label.
        fields: The attributes that go into `span._.gongbao`.
        spans_key: The span group.
        pub_date: Publication date of Docs that say none themselves.
    """

    def __init__(
        self, match: Match, label: str, fields: Sequence[str], spans_key: str, pub_date: date | None = None
    ) -> None:
        self._match = match
        self._label = label
        self._fields = tuple(fields)
        self._spans_key = spans_key
        self._pub_date = pub_date
        if not Span.has_extension(EXTENSION):
            Span.set_extension(EXTENSION, default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Match one Doc, in place."""
        published = as_date(doc.user_data.get("pub_date")) or self._pub_date
        text, offsets = _simplified(doc.text)
        spans = []
        for item in self._match(text, published):
            start, end = offsets.to_source(item.start, item.end)
            span = doc.char_span(start, end, label=getattr(item, self._label), alignment_mode="expand")
            if span is not None:
                known = {name: _plain(getattr(item, name)) for name in self._fields}
                span._.set(EXTENSION, {"start": start, "end": end, **known})
                spans.append(span)
        doc.spans[self._spans_key] = spans
        return doc


class Gongbao:
    """Puts the linked records of a Doc into `doc._.records`, and where their fields were read into `doc.spans`.

    Args:
        pipeline: Extracts.
        name: Of the component.
        pub_date: Publication date of Docs that say none themselves.
    """

    def __init__(self, pipeline: Pipeline, name: str, pub_date: str | None = None) -> None:
        self._pipeline = pipeline
        self._name = name
        self._pub_date = pub_date
        self._on_error: ErrorHandler = raise_error

    def set_error_handler(self, handler: ErrorHandler) -> None:
        """What is done with Docs that fail in `pipe` (`nlp.set_error_handler`)."""
        self._on_error = handler

    def get_error_handler(self) -> ErrorHandler:
        """What is done with Docs that fail in `pipe`."""
        return self._on_error

    def __call__(self, doc: Doc) -> Doc:
        """Extract from one Doc, in place.

        Raises:
            ExtractError: the pipeline could not go on.
        """
        (result,) = self._pipeline.pipe([self._article(doc)])
        return self._annotated(doc, result)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Extract from Docs as they come; `batch_size` of them go through the network together."""
        pairs = ((self._article(doc), doc) for doc in stream)
        for result, doc in self._pipeline.pipe(pairs, as_tuples=True, batch_size=batch_size):
            try:
                yield self._annotated(doc, result)
            except ExtractError as error:
                self._on_error(self._name, self, [doc], error)

    def _article(self, doc: Doc) -> dict[str, Any]:
        said = {name: doc.user_data[name] for name in _SAID if doc.user_data.get(name) is not None}
        return {"id": "-", "pub_date": self._pub_date, **said, "text": doc.text}

    def _annotated(self, doc: Doc, result: Extraction | Failure) -> Doc:
        if isinstance(result, Failure):
            raise ExtractError(result.message, where=result.where, fix=result.fix, code=result.code)
        doc.user_data[RECORDS_KEY] = [record.to_json() for record in result.records]
        spans: dict[str, list[Span]] = {group: [] for group in GROUPS}
        for record in result.records:
            for group in GROUPS:
                at = record.evidence.get(group)
                if at is None or at.start is None or at.end is None:
                    continue
                label = record.kind if group == "amount" else group
                span = doc.char_span(at.start, at.end, label=label, span_id=record.record_id, alignment_mode="expand")
                if span is not None:
                    spans[group].append(span)
        for group, found in spans.items():
            doc.spans[group] = found
        return doc


def _records(doc: Doc) -> Records:
    from gongbao.pipeline import Records

    rows = (json.loads(line, parse_float=Decimal) for line in doc.user_data.get(RECORDS_KEY, ()))
    return Records(Record.model_validate(row) for row in rows)


def make_gongbao(nlp: Language, name: str, ner: str | None, rules: list[str], pub_date: str | None) -> Gongbao:
    """The factory of `gongbao`: the whole pipeline, with a model for names (`ner`) or rules alone."""
    from gongbao.pipeline import Pipeline

    return Gongbao(Pipeline(rules=rules, ner=ner), name, pub_date)


def make_quantities(nlp: Language, name: str, spans_key: str, rules: list[str]) -> SpanComponent:
    """The factory of `gongbao_quantities`: labels are kinds (`money`, `count`, ...)."""
    from gongbao.quantities.match import QuantityMatcher

    matcher = QuantityMatcher(_rules(tuple(rules)))
    fields = ("text", "kind", "value", "value_max", "unit", "bound", "rule")
    return SpanComponent(lambda text, published: matcher.match(text), "kind", fields, spans_key)


def make_periods(nlp: Language, name: str, spans_key: str, rules: list[str], pub_date: str | None) -> SpanComponent:
    """The factory of `gongbao_periods`: labels are roles (`time`, `comparison`, `since`, `vague`)."""
    from gongbao.periods.match import PeriodMatcher

    matcher = PeriodMatcher(_rules(tuple(rules)))
    published = date.fromisoformat(pub_date) if pub_date else None
    fields = ("text", "year", "period_start", "period_end", "anchor", "rule")
    return SpanComponent(matcher.match, "role", fields, spans_key, published)


def make_places(nlp: Language, name: str, spans_key: str, rules: list[str]) -> SpanComponent:
    """The factory of `gongbao_places`: labels are forms (`name`, `zone`, `organisation`, ...)."""
    from gongbao.places.gazetteer import Gazetteer
    from gongbao.places.match import PlaceMatcher

    loaded = _rules(tuple(rules))
    matcher = PlaceMatcher(Gazetteer.load(loaded), loaded)
    fields = ("text", "place", "place_code", "rank", "ambiguous", "rule")

    def match(text: str, published: date | None) -> Iterable[Any]:
        return matcher.match(text, year=published.year if published else None)

    return SpanComponent(match, "form", fields, spans_key)


@lru_cache(maxsize=4)
def _rules(folders: tuple[str, ...]) -> Any:
    from gongbao.rulebook.load import RuleSet

    return RuleSet.load(*folders)


@lru_cache(maxsize=4)
def _simplified(text: str) -> tuple[str, OffsetMap]:
    """The text repaired and simplified; the components of one pipeline ask for the same one."""
    from gongbao.chinese.script import convert
    from gongbao.repair.text import repair

    repaired = repair(text)
    converted = convert(repaired.text)
    return converted.text, repaired.offsets.then(converted.offsets)


def _plain(value: Any) -> Any:
    """As JSON, which is what a Doc's user data can be saved as."""
    if isinstance(value, Decimal):
        number = plain_number(value)
        return str(number) if isinstance(number, Decimal) else number
    return value.isoformat() if isinstance(value, date) else value


if not Doc.has_extension(RECORDS):
    Doc.set_extension(RECORDS, getter=_records)
Language.factory(
    "gongbao",
    assigns=[f"doc._.{RECORDS}", "doc.spans"],
    default_config={"ner": "tagger", "rules": [], "pub_date": None},
    func=make_gongbao,
)
for _name, _make, _key, _more in (
    ("gongbao_quantities", make_quantities, "quantities", {}),
    ("gongbao_periods", make_periods, "periods", {"pub_date": None}),
    ("gongbao_places", make_places, "places", {}),
):
    _config: dict[str, Any] = {"spans_key": _key, "rules": [], **_more}
    Language.factory(_name, assigns=["doc.spans"], default_config=_config, func=_make)
