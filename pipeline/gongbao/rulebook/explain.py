"""Why an article gave the records it gave: what matched, what nearly did and what beat it.

For each field of a record it also says which answers competed, with their probabilities, and what spoke for the first
two and against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from gongbao.components import Link, Names
from gongbao.document import Article, Document
from gongbao.names.model import TaggerNames
from gongbao.pipeline import Pipeline
from gongbao.ranker import Reason
from gongbao.record import LinkedField, Record

_STAGES = ("quantities", "periods", "places", "not_facts")


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule whose pattern matched but that gave nothing: `reason` says what stood in its way."""

    start: int
    end: int
    text: str
    rule: str
    where: str
    reason: str


def explain(pipeline: Pipeline, article: Article, at: int | None = None) -> Iterator[str]:
    """Lines that explain an article, or only what touches offset `at` of its text as read."""
    document = pipeline.document(article)

    def touches(item: Any) -> bool:
        start, end = document.offsets.to_source(item.start, item.end)
        return at is None or start <= at < max(end, start + 1)

    where = {rule.id: rule.where for stage in pipeline.rules.stages.values() for rule in stage}
    yield "matched"
    for stage in ("quantities", "periods", "places"):
        for item in filter(touches, getattr(document, stage)):
            start, end = document.offsets.to_source(item.start, item.end)
            yield f"  {stage[:-1] if stage != 'quantities' else 'quantity'} {item.text!r} @{start}-{end} {_gist(item)}"
            yield f"    rule {item.rule} ({where.get(item.rule, 'built in')})"
    misses = [miss for miss in near_misses(pipeline, document) if touches(miss)]
    if misses:
        yield "nearly matched"
    for miss in misses:
        start, end = document.offsets.to_source(miss.start, miss.end)
        yield f"  {miss.text!r} @{start}-{end} {miss.rule} ({miss.where}): {miss.reason}"
    repairs = [r for r in document.repairs if at is None or r.start <= at < max(r.end, r.start + 1)]
    if repairs:
        yield "repaired"
    for repair in repairs:
        yield f"  {repair.kind} @{repair.start}-{repair.end} {repair.before!r} -> {repair.after!r}"
    yield "records"
    for name, component in pipeline.components.items():
        if name not in pipeline.matchers.components():
            document = component(document)
    reasons = _reasons(pipeline, document)
    for number, record in enumerate(document.records, 1):
        if at is None or record.sentence_start <= at < record.sentence_end:
            yield from _record(number, record, where, reasons[record.start, record.end])


def near_misses(pipeline: Pipeline, document: Document) -> list[NearMiss]:
    """Matches of single rules that are in no result, with what won over them."""
    results: Sequence[Any] = sorted(
        (*document.quantities, *document.periods, *document.places), key=lambda item: (item.start, item.end)
    )
    vetoes = [
        (m.start(), m.end(), rule) for rule in pipeline.rules.stage("not_facts") for m in rule.finditer(document.text)
    ]
    misses = []
    for stage in _STAGES[:3]:
        for rule in pipeline.rules.stage(stage):
            for match in rule.finditer(document.text):
                if match.start() == match.end():
                    continue
                over = [item for item in results if item.start < match.end() and match.start() < item.end]
                if any(item.rule == rule.id for item in over):
                    continue
                veto = next((v for v in vetoes if v[0] < match.end() and match.start() < v[1]), None)
                if over:
                    reason = f"{over[0].rule} took {over[0].text!r}"
                elif veto is not None:
                    reason = f"{veto[2].id} says it is no fact ({veto[2].where})"
                else:
                    reason = "its parts give no value here"
                misses.append(NearMiss(match.start(), match.end(), match.group(), rule.id, rule.where, reason))
    return sorted(misses, key=lambda miss: (miss.start, miss.end, miss.rule))


def _gist(item: Any) -> str:
    names = ("kind", "value", "value_max", "unit", "bound", "year", "anchor", "role", "place", "form")
    return " ".join(f"{n}={getattr(item, n)}" for n in names if getattr(item, n, None) is not None)


def _reasons(
    pipeline: Pipeline, document: Document
) -> Mapping[tuple[int, int], Mapping[LinkedField, Sequence[Reason]]]:
    """By the span of each amount, what spoke for and against the first two answers to its fields."""
    spans = [document.offsets.to_source(q.start, q.end) for q in document.quantities]
    link, names = pipeline.components["link"], pipeline.components.get("names")
    reasons: dict[tuple[int, int], dict[LinkedField, Sequence[Reason]]] = {span: {} for span in spans}
    if isinstance(link, Link):
        for span, linked in zip(spans, link.linker.reasons(document, document.names), strict=True):
            reasons[span].update(linked)
    if isinstance(names, Names) and isinstance(names.model, TaggerNames):
        for span, named in zip(spans, names.model.reasons(document), strict=True):
            reasons[span]["initiative"] = named
    return reasons


def _record(
    number: int, record: Record, where: dict[str, str], reasons: Mapping[LinkedField, Sequence[Reason]]
) -> Iterator[str]:
    """A record under its number in the article, as `gongbao show` counts."""
    doubt = f"confidence {record.confidence:.2f} {' '.join(record.flags)}".rstrip()
    yield f"  {number}. {record.amount} @{record.start}-{record.end} {doubt}"
    names: tuple[LinkedField, ...] = get_args(LinkedField)
    for name in names:
        evidence = record.evidence[name]
        span = f" @{evidence.start}-{evidence.end}" if evidence.start is not None else ""
        source = f" ({where[evidence.rule]})" if evidence.rule in where else ""
        sure = record.field_confidence[name]
        yield f"    {name} = {getattr(record, name)} {sure:.2f} [{evidence.how}{span}, {evidence.rule}{source}]"
        others = record.alternatives.get(name, ())
        if others:
            yield "      or " + ", ".join(f"{other.value} {other.confidence:.2f}" for other in others)
        for reason in reasons.get(name, ()):
            side = "for the first" if reason.score > 0 else "for the second"
            yield f"      {side}: {reason.feature} {reason.first:g} against {reason.second:g} ({reason.score:+.2f})"
    yield f"    status = {record.status} {record.field_confidence['status']:.2f}"
