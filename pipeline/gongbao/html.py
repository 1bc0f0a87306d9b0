"""Records as a notebook shows them: a table, and each sentence with its evidence marked, as spaCy's displaCy does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice, pairwise

from gongbao.context import nearest
from gongbao.record import Record

SHOWN = 50
"""Records of a table."""
COLOURS: Mapping[str, str] = {
    "place": "#b7e1cd",
    "year": "#c9daf8",
    "initiative": "#e6cff2",
    "indicator": "#ffe8a3",
    "amount": "#f9c6c0",
}
COLUMNS = ("place", "initiative", "indicator", "amount", "year", "status", "confidence")
_LABEL = "font-size:.7em;font-weight:bold;margin-left:.3em;vertical-align:middle;opacity:.7"
_CELL = "text-align:left;vertical-align:top;white-space:normal"

Span = tuple[int, int, str]


def records_html(records: Sequence[Record]) -> str:
    """A table of records, each with its sentence."""
    head = "".join(f"<th style='{_CELL}'>{name}</th>" for name in (*COLUMNS, "sentence"))
    rows = "".join(_row(record) for record in islice(records, SHOWN))
    more = f"<p>{len(records):,} records, of which {SHOWN} are shown</p>" if len(records) > SHOWN else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def record_html(record: Record) -> str:
    """One record: what it says, field by field, how each was found, and the sentence."""
    rows = "".join(
        f"<tr><th style='{_CELL}'>{name}</th><td style='{_CELL}'>{_value(record, name)}</td>"
        f"<td style='{_CELL}'>{_found(record, name)}</td></tr>"
        for name in (*COLUMNS, "flags")
    )
    return f"<table><tbody>{rows}</tbody></table><p style='line-height:2'>{sentence_html(record)}</p>"


def sentence_html(record: Record) -> str:
    """The sentence of a record with the words marked in which its fields were read."""
    spans = list(evidence_spans(record))
    edges = sorted({0, len(record.sentence), *(edge for start, end, _ in spans for edge in (start, end))})
    return "".join(_piece(record.sentence, start, end, spans) for start, end in pairwise(edges))


def evidence_spans(record: Record) -> Iterator[Span]:
    """Where in its sentence each field of a record was read: start, end and the field."""
    for field in COLOURS:
        evidence = record.evidence.get(field)
        if evidence is None or evidence.start is None or evidence.end is None:
            continue
        if not record.sentence_start <= evidence.start < evidence.end <= record.sentence_end:
            continue
        start, end = evidence.start - record.sentence_start, evidence.end - record.sentence_start
        if len(record.sentence) == record.sentence_end - record.sentence_start:
            yield start, end, field
        elif (at := nearest(record.sentence, words := _words(record, field), start)) is not None:
            yield at, at + len(words), field  # repair has moved the characters: the words are looked for


def _words(record: Record, field: str) -> str:
    names = {"year": record.period, "place": record.district or record.city or record.province}
    return names[field] or "" if field in names else getattr(record, field) or ""


def _piece(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    covering = [span for span in spans if span[0] <= start and end <= span[1]]
    words = escape(text[start:end])
    if not covering:
        return words
    innermost = min(covering, key=lambda span: span[1] - span[0])
    ending = "".join(f"<span style='{_LABEL}'>{field}</span>" for _, last, field in covering if last == end)
    colour = COLOURS[innermost[2]]
    return f"<mark style='background:{colour};color:#222;padding:.15em .25em;border-radius:.3em'>{words}{ending}</mark>"


def _row(record: Record) -> str:
    cells = (*(_value(record, name) for name in COLUMNS), sentence_html(record))
    return f"<tr>{''.join(f'<td style={_CELL!r}>{cell}</td>' for cell in cells)}</tr>"


def _value(record: Record, name: str) -> str:
    value = getattr(record, name)
    if name == "flags":
        return escape(" ".join(value))
    return "–" if value is None else escape(f"{value:.2f}" if name == "confidence" else str(value))


def _found(record: Record, name: str) -> str:
    evidence = record.evidence.get(name)
    return f"<small>{escape(evidence.how)} · {escape(evidence.rule)}</small>" if evidence is not None else ""
