"""What must hold for any input: no crash, an end, true offsets. Each check returns the processor seconds taken."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import category

from gongbao.chinese.script import convert
from gongbao.document import Article, Extraction, Failure, Revision
from gongbao.errors import ExportError, RuleError
from gongbao.export.where import compile_where, not_found
from gongbao.layout.outline import outline
from gongbao.pipeline import Pipeline
from gongbao.record import Record
from gongbao.repair.text import repair
from gongbao.review.editing import FieldErrors, edit
from gongbao.review.texts import TextPair
from gongbao.rulebook.load import RuleSet

LONGEST = 600
"""Characters of what a record says of its text, at most: results grow in proportion to it."""
TRIAL = "2021年，绍兴市完成投资3.5亿元，同比增长12.3%；" + "tx0年亿" * 12


@dataclass(slots=True)
class Taken:
    """Processor seconds, once known."""

    seconds: float = 0.0


@contextmanager
def clocked() -> Iterator[Taken]:
    """The processor seconds of what runs within: a figure to report, not to judge by."""
    taken = Taken()
    clock = time.process_time()
    yield taken
    taken.seconds = time.process_time() - clock


def check_repair(text: str) -> float:
    with clocked() as taken:
        revision = repair(text)
    check_revision(text, revision)
    return taken.seconds


def check_convert(text: str) -> float:
    with clocked() as taken:
        revision = convert(text)
    check_revision(text, revision)
    assert convert(revision.text).text == revision.text, "converting twice is converting once"
    return taken.seconds


def check_quantities(pipeline: Pipeline, text: str) -> float:
    with clocked() as taken:
        found = pipeline.matchers.quantities.match(text)
    check_spans(text, found)
    for quantity in found:
        assert isinstance(quantity.value, Decimal)
        assert quantity.value.is_finite()
        assert quantity.bound in "=~><"
        if quantity.value_max is not None and quantity.kind in ("growth", "percent"):
            assert quantity.value_max != quantity.value, quantity  # a change may run downwards: 下降8%至10%
        elif quantity.value_max is not None:
            falls = quantity.value_max < quantity.value < 0
            assert falls or quantity.value_max > quantity.value, quantity
    return taken.seconds


def check_periods(pipeline: Pipeline, text: str, published: date | None) -> float:
    with clocked() as taken:
        found = pipeline.matchers.periods.match(text, published)
    check_spans(text, found)
    for period in found:
        assert period.period_start is None or period.period_end is None or period.period_start <= period.period_end
    return taken.seconds


def check_places(pipeline: Pipeline, text: str) -> float:
    with clocked() as taken:
        found = pipeline.matchers.places.match(text, title=None, year=2021)
    check_spans(text, found)
    for place in found:
        assert place.place_code is None or (len(place.place_code) == 6 and place.place_code.isdigit())
    return taken.seconds


def check_outline(pipeline: Pipeline, text: str) -> float:
    places = pipeline.matchers.places.match(text, title=None, year=None)
    quantities = pipeline.matchers.quantities.match(text)
    with clocked() as taken:
        layout = outline(text, title=None, content_start=0, boilerplate=[], places=places, quantities=quantities)
    last = 0
    for sentence in layout.sentences:
        assert last <= sentence.start < sentence.end <= len(text)
        last = sentence.end
    return taken.seconds


def check_records(pipeline: Pipeline, text: str, published: date | None) -> float:
    article = Article("fuzz", text, pub_date=published)
    with clocked() as taken:
        [result] = pipeline.pipe([article])
    if any(category(char) == "Cs" for char in text):  # half a pair is no character: refused, and said so
        assert isinstance(result, Failure) and result.code == "read.item", result
        return taken.seconds
    assert isinstance(result, Extraction), result
    for record in result.records:
        check_contract(record)
        assert record.raw == text[record.start : record.end] != ""
        assert 0 <= record.sentence_start <= record.start < record.end <= record.sentence_end <= len(text)
        for evidence in record.evidence.values():
            assert (evidence.start is None) == (evidence.end is None)
            if evidence.start is not None and evidence.end is not None:
                assert 0 <= evidence.start <= evidence.end <= len(text)
    order = [(record.start, record.end) for record in result.records]
    assert order == sorted(order)
    [again] = pipeline.pipe([article])
    assert isinstance(again, Extraction), again
    assert [record.to_json() for record in again.records] == [record.to_json() for record in result.records]
    return taken.seconds


def check_contract(record: Record) -> None:
    """What a record promises, whatever its text."""
    assert Record.model_validate(json.loads(record.to_json(), parse_float=Decimal)) == record
    assert record.value.is_finite() and record.amount.strip()
    said = (
        record.raw,
        record.amount,
        record.sentence,
        record.place,
        record.initiative,
        record.indicator,
        record.period,
    )
    assert all(words is None or (0 < len(words) <= LONGEST) for words in said)
    assert record.place is not None or record.place_code is None
    if record.period_end is not None:
        assert record.year == record.period_end.year
        assert record.period_start is None or record.period_start <= record.period_end
    for name in ("place", "year", "initiative", "indicator"):
        assert getattr(record, name) is None or name in record.evidence


def check_where(text: str, rows: Sequence[Mapping[str, Any]]) -> float:
    """A filter says of each record yes or no, or is refused with its place."""
    with clocked() as taken:
        try:
            test = compile_where(text)
            assert all(test(dict(row)) in (True, False) for row in rows)
            not_found(text, map(dict, rows))
        except ExportError as error:
            assert error.where
            assert error.fix
    return taken.seconds


def check_form(pipeline: Pipeline, record: Mapping[str, Any], texts: TextPair, form: Mapping[str, str]) -> float:
    """What a reviewer writes makes a record of the schema, or is refused by field."""
    with clocked() as taken:
        try:
            edited = edit(record, form, texts, pipeline.gazetteer)
        except FieldErrors as error:
            assert error.errors
        else:
            assert Record.model_validate(edited).to_dict() == edited
            assert edited["raw"] == texts.raw[edited["start"] : edited["end"]] != ""
    return taken.seconds


def check_articles(items: Iterable[Article | Failure], data: bytes, *, foreign: bool = False) -> float:
    """Reading gives articles, or failures that say what to do.

    A parser that is not ours (`foreign`) may fail in ways that nobody has listed; our own may not.
    """
    with clocked() as taken:
        found = list(items)
    for item in found:
        if isinstance(item, Failure):
            assert item.code.startswith("read.")
            assert item.fix
            assert foreign or not item.message.startswith("The file could not be read"), item.message
            assert all(char.isprintable() or category(char) == "Zs" for char in item.message + (item.where or ""))
        else:
            assert isinstance(item, Article)
            assert item.text.strip()
            assert 0 <= item.content_start <= len(item.text)
            for start, end in item.boilerplate:
                assert 0 <= start <= end <= len(item.text)
    return taken.seconds


def check_rules(folder: Path, text: str) -> float:
    """A rules folder with one file of this text loads and its rules end in time, or they are refused by name."""
    (folder / "quantities").mkdir(parents=True, exist_ok=True)
    (folder / "quantities" / "fuzz.yaml").write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    with clocked() as taken:
        try:
            for rule in RuleSet.load(shipped=folder).stage("quantities"):
                list(rule.finditer(TRIAL, limit=0.2))
        except RuleError as error:  # a RuleTimeout is one, too
            assert error.where
            assert error.fix
    return taken.seconds


def check_revision(source: str, revision: Revision) -> None:
    """Every character of the result lies in the source where its map says; what was not changed is the same."""
    last = 0
    for at in range(len(revision.text)):
        start, end = revision.offsets.to_source(at, at + 1)
        assert 0 <= start <= end <= len(source)
        assert start >= last, "offsets run backwards"
        last = start
    assert revision.offsets.to_source(0, len(revision.text))[1] <= len(source)
    for repaired in revision.repairs:
        assert source[repaired.start : repaired.end] == repaired.before


def check_spans(text: str, found: Any) -> None:
    """Spans hold what they say they hold, in order, none overlapping."""
    last = 0
    for item in found:
        assert last <= item.start < item.end <= len(text)
        assert item.text == text[item.start : item.end]
        last = item.end
