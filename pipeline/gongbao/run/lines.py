"""What one article's result is in the files of a run folder: bytes, the same wherever it was extracted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from json.encoder import encode_basestring
from operator import add, attrgetter
from typing import Any

from gongbao.canonical import dump_json, plain_number
from gongbao.document import Extraction, Failure
from gongbao.formulas import guard
from gongbao.record import Alternative, Evidence, Record
from gongbao.stored import lines_of

_fields = attrgetter(*Record.model_fields)
_KEYS = tuple(f'"{name}": ' for name in Record.model_fields)
_at = list(Record.model_fields).index
_FLAGS, _EXTRA, _BOUND, *_NUMBERS = map(_at, ("flags", "extra", "bound", "value", "value_max"))
_QUOTE, _SPECIAL = '"', re.compile('[",\r\n]')
FILES = ("records.jsonl", "records.csv", "articles.jsonl", "errors.jsonl")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many articles gave a result, how many records they gave, and the articles that failed.

    `table_numbers_left` counts numbers in tables that gave no record because nothing says their unit.
    """

    articles: int = 0
    records: int = 0
    failures: tuple[Failure, ...] = ()
    table_numbers_left: int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines that a series of results adds to each of `FILES`, in that order."""

    sections: tuple[bytes, ...]
    counts: Counts


def to_lines(results: Iterable[tuple[Extraction | Failure, float]]) -> Lines:
    """Write results as lines.

    Args:
        results: What each article gave, with the seconds it took.
    """
    records: list[str] = []
    rows: list[str] = []
    articles: list[str] = []
    failed: list[Failure] = []
    left = 0
    for result, seconds in results:
        if isinstance(result, Failure):
            failed.append(result)
            continue
        articles.append(_article_line(result, seconds))
        left += result.counts.get("table_numbers_left", 0)
        for record in result.records:
            line, row = _record_lines(record)
            records.append(line)
            rows.append(row)
    sections = ("".join(records), _encodable("".join(rows)), "".join(articles), "".join(map(failure_line, failed)))
    counts = Counts(len(articles), len(records), tuple(failed), left)
    return Lines(tuple(section.encode() for section in sections), counts)


def failures(section: bytes) -> tuple[Failure, ...]:
    """Read lines of errors.jsonl back."""
    return tuple(Failure(**json.loads(line)) for line in lines_of(section))


def csv_header() -> bytes:
    """The first line of records.csv."""
    return (",".join(Record.model_fields) + "\n").encode()


def _record_lines(record: Record) -> tuple[str, str]:
    """The line of records.jsonl, which is `Record.to_json()`, and that of records.csv.

    A run writes nothing as often as records: what they hold is written here without the detours of a general writer.
    """
    cells = list(_fields(record))
    for at in _NUMBERS:
        if cells[at] is not None:
            cells[at] = plain_number(cells[at])
    texts = [_WRITERS.get(type(cell), dump_json)(cell) for cell in cells]
    for at, write in _OBJECTS:
        cells[at] = texts[at] = write(cells[at])
    cells[_FLAGS] = ";".join(cells[_FLAGS])
    if record.extra is None:  # the last of the fields, absent where there is nothing in it
        del texts[_EXTRA]
        cells[_EXTRA] = None
    line = "{" + ", ".join(map(add, _KEYS, texts)) + "}\n"
    try:
        line.encode()
    except UnicodeEncodeError:
        line = record.to_json() + "\n"
    row = list(map(_cell, cells))
    row[_BOUND] = record.bound  # a lone = or > is no formula
    return line, ",".join(row) + "\n"


def _cell(value: object) -> str:
    """A cell of RFC 4180 that no spreadsheet runs; the csv module leaves a lone carriage return bare."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if value.isalnum():
        return value
    value = guard(value)
    if not _SPECIAL.search(value):
        return value
    return f'"{value.replace(_QUOTE, _QUOTE * 2)}"'


def _evidence(items: Mapping[str, Evidence]) -> str:
    return "{" + ", ".join([f'"{name}": {_one_evidence(item)}' for name, item in items.items()]) + "}"


def _one_evidence(item: Evidence) -> str:
    start = "null" if item.start is None else item.start
    end = "null" if item.end is None else item.end
    return f'{{"how": "{item.how}", "rule": {encode_basestring(item.rule)}, "start": {start}, "end": {end}}}'


def _shares(items: Mapping[str, float]) -> str:
    return "{" + ", ".join([f'"{name}": {share!r}' for name, share in items.items()]) + "}"


def _alternatives(items: Mapping[str, Sequence[Alternative]]) -> str:
    if not items:
        return "{}"
    return dump_json({name: [item.to_dict() for item in found] for name, found in items.items()})


_OBJECTS: Sequence[tuple[int, Callable[[Any], str]]] = (
    (_at("evidence"), _evidence),
    (_at("field_confidence"), _shares),
    (_at("alternatives"), _alternatives),
    (_at("extra"), dump_json),
)
_WRITERS: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    float: repr,
    type(None): lambda _: "null",
    date: lambda day: f'"{day.isoformat()}"',
    dict: lambda _: "",  # each kind of object has a writer of its own: `_OBJECTS`
    list: lambda flags: "[" + ", ".join(map(encode_basestring, flags)) + "]",
}


def _line(value: Any) -> str:
    return dump_json(value) + "\n"


def _article_line(extraction: Extraction, seconds: float) -> str:
    article = extraction.article
    return _line(
        {
            "id": article.id,
            "title": article.title,
            "pub_date": article.pub_date,
            "source": article.source,
            "text": article.text,
            "simplified": extraction.simplified,
            "repairs": [asdict(repair) for repair in extraction.repairs],
            "residues": [asdict(residue) for residue in extraction.residues],
            "encoding": article.encoding,
            "counts": dict(extraction.counts),
            "seconds": round(seconds, 4),
        }
    )


def failure_line(failure: Failure) -> str:
    """The line of errors.jsonl that a failure is."""
    return _line(
        {
            "id": failure.id,
            "stage": failure.stage,
            "code": failure.code,
            "message": failure.message,
            "where": failure.where,
            "fix": failure.fix,
        }
    )


def _encodable(text: str) -> str:
    """Lone surrogates, which UTF-8 cannot hold, as escapes."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
