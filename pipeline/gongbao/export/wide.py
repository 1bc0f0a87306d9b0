"""The wide table: one row a place, year and initiative, one column an indicator, plans in columns of their own.

What is or was so goes in, and what is planned beside it; earlier values, changes and norms are left out. Of several
records of one cell those of one period speak: one that the text states before one guessed from the publication, then
the newest, then the longest (of a year and its first half, the year). Among these the surest is shown (of equals, the
first); `conflicts` names the indicator where they do not agree on the number. What is left out is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple, get_args

from gongbao.export.columns import Column, Row, RowTable, record_columns
from gongbao.export.rows import exact, is_level
from gongbao.export.titles import STATUS_TITLES
from gongbao.record import Status

KEY = ("place", "place_code", "year", "initiative")
OTHER_PERIOD, OTHER_VALUE, REPEATED = "other_period", "other_value", "repeated"
LEFT_OUT = (*get_args(Status), OTHER_PERIOD, OTHER_VALUE, REPEATED)
"""Why a record is left out: its status, or what stands in its cell."""
_GROWTH = "增长"
_GUESSED = ("published", "default")
_SIZES = ((8, "亿"), (4, "万"))


class _Cell(NamedTuple):
    confidence: float
    value: Decimal | None
    value_max: Decimal | None


class _Measure(NamedTuple):
    """What a column measures: the indicator, its unit, and whether that is money."""

    name: str
    unit: str
    money: bool


class _Period(NamedTuple):
    """Of periods the greatest speaks."""

    stated: bool
    end: str
    days: int


@dataclass
class _Said:
    """The records of one cell that are of the period that speaks."""

    period: _Period
    cells: list[_Cell]

    @property
    def best(self) -> _Cell:
        return max(self.cells, key=lambda cell: cell.confidence)  # of equals the first


class Wide:
    """Rows pivoted to the wide table; holds what each cell's records say in memory."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[tuple[Any, ...], dict[_Measure, _Said]] = {}
        self._counts: Counter[tuple[Any, ...]] = Counter()
        self._measures: Counter[_Measure] = Counter()
        out: Counter[str] = Counter()
        for row in rows:
            if is_level(row) or row["status"] == "planned":
                out[OTHER_PERIOD] += self._add(row)
            else:
                out[row["status"]] += 1
        for said in (said for cells in self._rows.values() for said in cells.values()):
            shown = said.best
            same = sum(cell[1:] == shown[1:] for cell in said.cells)
            out[REPEATED] += same - 1
            out[OTHER_VALUE] += len(said.cells) - same
        self.left_out: Mapping[str, int] = {reason: out[reason] for reason in LEFT_OUT if out[reason]}
        """How many records are not shown, by why."""

    def table(self, facts: Mapping[str, Any]) -> RowTable:
        """The table.

        The columns are the key, `records` (how many the row holds), `min_confidence` of the cells shown, `conflicts`,
        then the indicators by how often they occur: `质押融资额（元）`, growth of it `质押融资额 增长（%）`, plans
        `质押融资额 计划（元）`.
        """
        measures = [measure for measure, _ in sorted(self._measures.items(), key=lambda item: (-item[1], item[0]))]
        return RowTable("wide", tuple(self._columns(measures)), self._stream(measures), (), facts)

    def _add(self, row: Row) -> int:
        """Put a record into its cell; how many fall out for being of another period."""
        key = tuple(row[name] for name in KEY)
        measure = _measure(row)
        cell = _Cell(row["confidence"], exact(row["value"]), exact(row["value_max"]))
        period = _period(row)
        said = self._rows.setdefault(key, {}).setdefault(measure, _Said(period, []))
        if period < said.period:
            return 1
        if said.period < period:
            gone = len(said.cells)
            self._counts[key] -= gone
            self._measures[measure] -= gone
            said.period, said.cells = period, []
        else:
            gone = 0
        said.cells.append(cell)
        self._counts[key] += 1
        self._measures[measure] += 1
        return gone

    def _stream(self, measures: list[_Measure]) -> Iterator[Row]:
        for key in sorted(self._rows, key=_order):
            said = self._rows[key]
            shown = {measure: found.best for measure, found in said.items()}
            head = dict(zip(KEY, key, strict=True))
            head |= {"records": self._counts[key]}
            head |= {"min_confidence": min(cell.confidence for cell in shown.values())}
            head["conflicts"] = [
                _title(measure)
                for measure, found in said.items()
                if any(cell[1:] != shown[measure][1:] for cell in found.cells)
            ]
            yield head | {_title(m): shown[m].value if m in shown else None for m in measures}

    def _columns(self, measures: Iterable[_Measure]) -> Iterator[Column]:
        known = {column.name: column for column in record_columns()}
        yield from (known[name] for name in KEY)
        yield Column(
            "records", "记录数", "How many records the row holds", "合并了多少条记录", "integer", nullable=False
        )
        yield replace(
            known["confidence"],
            name="min_confidence",
            title="最低可信度",
            description="Of the cells shown",
            description_zh="所示各值中最低的可信度",
        )
        yield Column(
            "conflicts",
            "数值不一",
            "Indicators on whose number the records of one period do not agree",
            "同一时段的记录数值不同的指标",
            "list",
            nullable=False,
        )
        for measure in measures:
            size, prefix = self._size(measure)
            yield Column(
                _title(measure),
                _title(measure),
                "The number of the newest period, of the record of the highest confidence",
                "最新时段中可信度最高的记录的数值",
                "decimal",
                scale=size,
                scaled_title=_title(measure._replace(unit=prefix + measure.unit)) if size else "",
            )

    def _size(self, measure: _Measure) -> tuple[int, str]:
        """The size that readers expect of money: the largest in which half of the column's numbers are 1 or more."""
        if not measure.money:
            return 0, ""
        found = [said[measure].best.value for said in self._rows.values() if measure in said]
        numbers = sorted(abs(value) for value in found if value is not None)
        middle = numbers[len(numbers) // 2] if numbers else Decimal(0)
        return next(((size, prefix) for size, prefix in _SIZES if middle >= Decimal(10) ** size), (0, ""))


def _order(key: tuple[Any, ...]) -> list[Any]:
    place, code, year, initiative = key
    return [(part is not None, part or "") for part in (code, place, initiative)] + [year or 0]


def _period(row: Row) -> _Period:
    item = row["evidence"].get("year")
    stated = item is not None and item["how"] not in _GUESSED
    start, end = row["period_start"] or "", row["period_end"] or ""
    return _Period(stated, end, -int(start.replace("-", "")) if start else 0)


def _measure(row: Row) -> _Measure:
    name = row["indicator"] or row["initiative"] or "–"
    if row["kind"] == "growth" and _GROWTH not in name:
        name += f" {_GROWTH}"
    if row["status"] == "planned":
        name += f" {STATUS_TITLES['planned']}"
    return _Measure(name, row["unit"], row["kind"] == "money")


def _title(measure: _Measure) -> str:
    return f"{measure.name}（{measure.unit}）"
