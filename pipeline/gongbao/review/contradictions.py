"""Records that contradict each other: the same place, name, indicator, period and status, and another value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from gongbao.canonical import as_decimal
from gongbao.diff.fields import RecordRow

SAME = ("place", "initiative", "indicator", "period_start", "period_end", "status", "kind", "unit")
"""What two records have in common that say one thing; without a place, an indicator or a period they say too little."""
MOST = 4
"""Others named of each record."""
_ABOUT = Decimal("0.05")
_WRITTEN = re.compile(r"\d[\d,，]*(?:\.(\d+))?")

RecordKey = tuple[str, str]
"""Article and record_id."""


def key_of(record: RecordRow) -> RecordKey:
    """What a record is found under."""
    return str(record.get("article_id")), str(record.get("record_id"))


def contradictions(records: Iterable[RecordRow]) -> Mapping[RecordKey, tuple[RecordRow, ...]]:
    """Of each record that others contradict, at most `MOST` of those others, the same article's first.

    Values agree where one is the other rounded as it is written (4.98亿 and 5亿), where 约 allows it, and where a bound
    leaves room for the other. Records whose words overlap are two readings of one amount, not two amounts.
    """
    alike: dict[tuple[object, ...], list[RecordRow]] = {}
    for record in records:
        if record.get("place") and record.get("indicator") and record.get("period_start"):
            alike.setdefault(tuple(record.get(name) for name in SAME), []).append(record)
    found: dict[RecordKey, tuple[RecordRow, ...]] = {}
    for group in alike.values():
        spans = [(record, _span_of(record)) for record in group] if len(group) > 1 else []
        for record, span in spans:
            against: list[RecordRow] = []
            for other, other_span in spans:
                if other is not record and not span.agrees(other_span) and not _overlap(record, other):
                    against.append(other)
                    if len(against) >= MOST:
                        break
            if against:
                near = sorted(against, key=lambda other: other.get("article_id") != record.get("article_id"))
                found[key_of(record)] = tuple(near)
    return found


@dataclass(frozen=True, slots=True)
class _Values:
    """The values that a record allows; None where it is open."""

    low: Decimal | None
    high: Decimal | None

    def agrees(self, other: _Values) -> bool:
        lowest = [end for end in (self.low, other.low) if end is not None]
        highest = [end for end in (self.high, other.high) if end is not None]
        return not lowest or not highest or max(lowest) <= min(highest)


def _span_of(record: RecordRow) -> _Values:
    value = as_decimal(record["value"])
    most = as_decimal(record["value_max"]) if record.get("value_max") is not None else value
    room = _rounding(value, str(record.get("amount") or ""))
    bound = record.get("bound")
    if bound == "~":
        room = max(room, abs(value) * _ABOUT)
    low, high = value - room, most + room
    return _Values(None if bound == "<" else low, None if bound == ">" else high)


def _rounding(value: Decimal, written: str) -> Decimal:
    """Half of the last place that is written: 5亿 may be 4.5亿 to 5.5亿; a whole number below 万 is exact."""
    found = _WRITTEN.search(written)
    number = Decimal(re.sub("[,，]", "", found.group())) if found else Decimal(0)
    if not found or not number:
        return Decimal(0)
    scale = abs(value / number)
    decimals = len(found.group(1) or "")
    if scale <= 1 and not decimals:
        return Decimal(0)
    return scale * Decimal(10) ** -decimals / 2


def _overlap(one: RecordRow, other: RecordRow) -> bool:
    same = one.get("article_id") == other.get("article_id")
    return same and one["start"] < other["end"] and other["start"] < one["end"]
