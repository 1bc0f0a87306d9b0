"""Other answers for a field of a record, as a reviewer takes them with one key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from gongbao.diff.fields import RecordRow
from gongbao.record import Bound, Kind, LinkedField, Status
from gongbao.review.session import Session

MOST = 5
"""One for each digit."""
_CHOICES: dict[str, tuple[str, ...]] = {"kind": get_args(Kind), "bound": get_args(Bound), "status": get_args(Status)}


@dataclass(frozen=True, slots=True)
class Option:
    """An answer as the form writes it, and its confidence where the extraction weighed it."""

    value: str
    confidence: float | None = None


def options_of(record: RecordRow, field: str, near: Sequence[RecordRow]) -> list[Option]:
    """The answers offered for a field: its runners-up, best first, then what the records around have.

    Args:
        record: The record.
        field: One of `diff.fields.FIELDS`.
        near: Other records of the article, the nearest first.
    """
    return list(_first(_offered(record, field, near), str(record.get(field) or "")))


def neighbours(session: Session, record: RecordRow) -> list[RecordRow]:
    """The other records of a record's article, the nearest first."""
    article_id = str(record["article_id"])
    rows = session.comparison.new.rows(article_id) or session.comparison.old.rows(article_id)
    others = (row for row in rows if row.get("record_id") != record.get("record_id"))
    return sorted(others, key=lambda row: abs(row["start"] - record["start"]))


def _offered(record: RecordRow, field: str, near: Sequence[RecordRow]) -> Iterator[Option]:
    if field in _CHOICES:
        yield from map(Option, _CHOICES[field])
    elif field in get_args(LinkedField):
        for item in (record.get("alternatives") or {}).get(field, ()):
            if item["value"] is not None:
                yield Option(str(item["value"]), float(item["confidence"]))
        yield from (Option(str(row[field])) for row in near if row.get(field) is not None)


def _first(offered: Iterable[Option], own: str) -> Iterator[Option]:
    seen = {own}
    for option in offered:
        if option.value not in seen:
            seen.add(option.value)
            yield option
        if len(seen) > MOST:
            return
