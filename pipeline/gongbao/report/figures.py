"""The numbers behind the page.

Amounts are never added up. The figures of a bulletin are parts of one another (a year and its first half, a total and
what of it), and are told more than once: a sum would be a number that nobody ever reported. What stands for a place or
an initiative is its largest single amount, with its record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from gongbao.export.columns import Row
from gongbao.export.rows import exact, is_doubtful, is_level

FIELDS = ("place", "year", "initiative", "indicator")
"""The fields whose coverage is told."""


@dataclass(frozen=True, slots=True)
class ChartedAmount:
    """One record of money in 元, as the charts show it."""

    record: str
    place: str
    code: str
    year: int | None
    initiative: str | None
    value: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class PlaceYear:
    """What stands for the money of one place in one year: its largest amount, and how many there are."""

    largest: ChartedAmount
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is counted.

    Args:
        articles: Articles extracted; `failed` could not be.
        records: Records on the page.
        to_check: Records that a person should look at, by their confidence.
        confidence: Mean confidence, None without records.
        places: Different places, 全国 among them; `years` and `initiatives` likewise.
        kinds: For each kind records that need no look and records that do.
        coverage: For each of `FIELDS` records by how the field was read; `missing` where it is not known.
        histogram: Records by tenths of confidence, 0.0 first.
        amounts: Money in 元 that is or was so, in the order of the records.
        plans: Money in 元 that is planned; what else is no level (changes, earlier values, norms) is in no chart.
        foreign: Records of money in other currencies.
    """

    articles: int
    failed: int
    records: int
    to_check: int
    confidence: float | None
    places: int
    years: tuple[int, ...]
    initiatives: int
    kinds: dict[str, tuple[int, int]]
    coverage: dict[str, Counter[str]]
    histogram: tuple[int, ...]
    amounts: tuple[ChartedAmount, ...]
    plans: tuple[ChartedAmount, ...]
    foreign: int


def figures(rows: Sequence[Row], *, articles: int, failed: int, look: Callable[[Row], bool] = is_doubtful) -> Figures:
    """Count records; `look` says which a person should look at."""
    kinds: dict[str, list[int]] = {}
    coverage: dict[str, Counter[str]] = {name: Counter() for name in FIELDS}
    histogram = [0] * 10
    for row in rows:
        kinds.setdefault(row["kind"], [0, 0])[look(row)] += 1
        histogram[min(int(row["confidence"] * 10 + 1e-9), 9)] += 1
        for name in FIELDS:
            how = (row["evidence"].get(name) or {}).get("how", "default")
            coverage[name][how if row[name] is not None else "missing"] += 1
    money = [row for row in rows if row["kind"] == "money"]
    yuan = [row for row in money if row["unit"] == "元"]
    return Figures(
        articles=articles,
        failed=failed,
        records=len(rows),
        to_check=sum(look(row) for row in rows),
        confidence=sum(row["confidence"] for row in rows) / len(rows) if rows else None,
        places=len({row["place"] for row in rows} - {None}),
        years=tuple(sorted({row["year"] for row in rows} - {None})),
        initiatives=len({row["initiative"] for row in rows} - {None}),
        kinds={kind: (sure, look) for kind, (sure, look) in sorted(kinds.items(), key=lambda item: -sum(item[1]))},
        coverage=coverage,
        histogram=tuple(histogram),
        amounts=tuple(_amount(row) for row in yuan if is_level(row)),
        plans=tuple(_amount(row) for row in yuan if row["status"] == "planned"),
        foreign=sum(row["unit"] != "元" for row in money),
    )


def by_place_and_year(amounts: Sequence[ChartedAmount], *, places: int) -> dict[tuple[str, int], PlaceYear]:
    """The money of each place and year, of the places with the most amounts; amounts without a year are left out."""
    dated = [amount for amount in amounts if amount.place and amount.year is not None]
    most = [name for name, _ in Counter(amount.place for amount in dated).most_common(places)]
    cells: dict[tuple[str, int], PlaceYear] = {}
    for amount in dated:
        if amount.place in most and amount.year is not None:
            known = cells.get((amount.place, amount.year))
            largest = amount if known is None or amount.value > known.largest.value else known.largest
            cells[amount.place, amount.year] = PlaceYear(largest, 1 + (known.count if known else 0))
    return cells


def ranked(
    amounts: Sequence[ChartedAmount], by: Literal["initiative", "place"], *, most: int
) -> list[tuple[str, PlaceYear]]:
    """Initiatives or places by their largest single amount, largest first."""
    cells: dict[str, PlaceYear] = {}
    for amount in amounts:
        name = amount.initiative if by == "initiative" else amount.place
        if name:
            known = cells.get(name)
            largest = amount if known is None or amount.value > known.largest.value else known.largest
            cells[name] = PlaceYear(largest, 1 + (known.count if known else 0))
    return sorted(cells.items(), key=lambda item: (-item[1].largest.value, item[0]))[:most]


def _amount(row: dict[str, Any]) -> ChartedAmount:
    value = exact(row["value"]) or Decimal(0)
    return ChartedAmount(
        row["record_id"],
        row["place"] or "",
        row["place_code"] or "",
        row["year"],
        row["initiative"],
        value,
        row["amount"],
    )
