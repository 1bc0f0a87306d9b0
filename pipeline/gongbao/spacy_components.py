"""The matchers as spaCy components, for any pipeline: quantities, periods and places on any `Doc`.

    import spacy
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

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from gongbao.canonical import plain_number
from gongbao.offsets import OffsetMap

EXTENSION = "gongbao"
"""`span._.gongbao`: what was read in the span."""

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
        said = doc.user_data.get("pub_date")
        published = date.fromisoformat(said) if isinstance(said, str) else said or self._pub_date
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


for _name, _make, _key, _more in (
    ("gongbao_quantities", make_quantities, "quantities", {}),
    ("gongbao_periods", make_periods, "periods", {"pub_date": None}),
    ("gongbao_places", make_places, "places", {}),
):
    _config: dict[str, Any] = {"spans_key": _key, "rules": [], **_more}
    Language.factory(_name, assigns=["doc.spans"], default_config=_config, func=_make)
