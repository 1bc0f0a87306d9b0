"""Totals by place and year: how many records of each kind, the largest amount of money, how many to check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, get_args

from gongbao.export.columns import Column, Row, record_columns
from gongbao.export.rows import exact, is_level
from gongbao.export.titles import KIND_TITLES, STATUS_TITLES
from gongbao.record import Kind


@dataclass
class _Total:
    kinds: dict[str, int] = field(default_factory=dict)
    largest: Decimal | None = None
    largest_of: str | None = None
    planned: int = 0
    flagged: int = 0
    confidence: float = 0.0


class Summary:
    """Counts records as they pass. Amounts are not added up: records may hold parts of each other.

    The largest amount is one that is or was so: no plan, change, earlier value or norm.
    """

    def __init__(self) -> None:
        self._totals: dict[tuple[str, str, int], _Total] = {}

    def add(self, row: Row) -> None:
        """Count one record."""
        key = (row["place_code"] or "~", row["place"] or "", row["year"] or 0)
        total = self._totals.setdefault(key, _Total())
        total.kinds[row["kind"]] = total.kinds.get(row["kind"], 0) + 1
        total.flagged += bool(row["flags"])
        total.confidence += row["confidence"]
        total.planned += row["status"] == "planned"
        if row["kind"] == "money" and row["unit"] == "元" and is_level(row):
            value = exact(row["value"])
            if value is not None and (total.largest is None or value > total.largest):
                total.largest, total.largest_of = value, row["indicator"] or row["initiative"]

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each counted as it passes."""
        for row in rows:
            self.add(row)
            yield row

    def columns(self) -> tuple[Column, ...]:
        """The columns of the totals."""
        known = {column.name: column for column in record_columns()}
        kinds = [
            Column(kind, f"{KIND_TITLES.get(kind, kind)} {kind}", "Records", "条数", "integer")
            for kind in get_args(Kind)
        ]
        return (
            known["place"],
            known["place_code"],
            known["year"],
            Column("records", "记录数", "Records", "条数", "integer"),
            *kinds,
            Column("planned", f"{STATUS_TITLES['planned']} planned", "Records of plans", "其中计划的条数", "integer"),
            Column(
                "largest",
                "最大金额(亿元)",
                "The largest amount of money in 元 that is or was so",
                "已实现的人民币金额中最大的一条",
                "decimal",
            ),
            Column("largest_of", "最大金额的指标", "What the largest amount measures", "最大金额的指标", "string"),
            Column("flagged", "有提示", "Records with flags", "有提示的条数", "integer"),
            Column("mean_confidence", "平均可信度", "Mean confidence", "平均可信度", "number"),
        )

    def rows(self) -> Iterator[Row]:
        """The totals, by place code and year; records without a place last."""
        for (code, place, year), total in sorted(self._totals.items()):
            records = sum(total.kinds.values())
            row: dict[str, Any] = {"place": place or None, "place_code": None if code == "~" else code}
            row |= {"year": year or None, "records": records, "largest_of": total.largest_of, "flagged": total.flagged}
            row |= {"planned": total.planned or None}
            row |= {kind: total.kinds.get(kind) for kind in get_args(Kind)}
            row["largest"] = None if total.largest is None else total.largest.scaleb(-8)
            row["mean_confidence"] = total.confidence / records
            yield row
