"""What one article's result is in the files of a run folder: bytes, the same wherever it was extracted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.models import Extraction, Failure, Record, dump_json

_PLAIN = frozenset({str, int, float, type(None)})
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
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
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
            row = record.to_dict()
            records.append(_line(row))
            rows.writerow([value if type(value) in _PLAIN else _cell(value) for value in row.values()])
    sections = ("".join(records), _encodable(table.getvalue()), "".join(articles), "".join(map(_failure_line, failed)))
    counts = Counts(len(articles), len(records), tuple(failed), left)
    return Lines(tuple(section.encode() for section in sections), counts)


def failures(section: bytes) -> tuple[Failure, ...]:
    """Read lines of errors.jsonl back."""
    return tuple(Failure(**json.loads(line)) for line in section.splitlines())


def csv_header() -> bytes:
    """The first line of records.csv."""
    return (",".join(Record.model_fields) + "\n").encode()


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
            "repairs": [
                {"start": r.start, "end": r.end, "before": r.before, "after": r.after, "kind": r.kind}
                for r in extraction.repairs
            ],
            "encoding": article.encoding,
            "counts": dict(extraction.counts),
            "seconds": round(seconds, 4),
        }
    )


def _failure_line(failure: Failure) -> str:
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


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return dump_json(value)
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return value


def _encodable(text: str) -> str:
    """Lone surrogates, which UTF-8 cannot hold, as escapes."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text
