"""The wide table: one row a place, initiative and year, one column an indicator.

Only what is or was so goes in: earlier values, changes, plans and rules are left out, and counted (`Data.left_out`).
Where several records of one row speak of the same indicator, the cell holds the one of the highest confidence (of
equals, the first), and `conflicts` names the indicator if the records do not agree on the number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from gongbao.export.columns import Column, Row, record_columns
from gongbao.export.rows import exact
from gongbao.export.select import Table, is_level

KEY = ("place", "place_code", "initiative", "year")
_GROWTH = "增长"


class _Cell(NamedTuple):
    confidence: float
    value: Any
    value_max: Any


def wide_table(rows: Iterable[Row], facts: Mapping[str, Any]) -> Table:
    """Pivot rows to the wide table; holds one cell a (row, indicator) in memory.

    The columns are the key, `records` (how many went in), `min_confidence` of the cells shown, `conflicts`, then the
    indicators by how often they occur: `专利权质押融资额（元）`, growth of it `专利权质押融资额 增长（%）`.
    """
    cells: dict[tuple[Any, ...], dict[str, _Cell]] = {}
    counts: Counter[tuple[Any, ...]] = Counter()
    conflicts: dict[tuple[Any, ...], dict[str, None]] = {}
    indicators: Counter[str] = Counter()
    for row in filter(is_level, rows):
        key = tuple(row[name] for name in KEY)
        name = _indicator(row)
        cell = _Cell(row["confidence"], exact(row["value"]), exact(row["value_max"]))
        there = cells.setdefault(key, {})
        counts[key] += 1
        indicators[name] += 1
        before = there.get(name)
        if before is not None and before[1:] != cell[1:]:
            conflicts.setdefault(key, {})[name] = None
        if before is None or cell.confidence > before.confidence:
            there[name] = cell
    names = [name for name, _ in sorted(indicators.items(), key=lambda item: (-item[1], item[0]))]
    columns = tuple(_columns(names))

    def stream() -> Iterator[Row]:
        for key in sorted(
            cells, key=lambda k: [(part is not None, part or "") for part in (k[1], k[0], k[2])] + [k[3] or 0]
        ):
            found = cells[key]
            head = dict(zip(KEY, key, strict=True))
            head |= {"records": counts[key], "min_confidence": min(cell.confidence for cell in found.values())}
            head["conflicts"] = list(conflicts.get(key, ()))
            yield head | {name: found[name].value if name in found else None for name in names}

    return Table("wide", columns, stream(), (), facts)


def _indicator(row: Row) -> str:
    name = row["indicator"] or row["initiative"] or "–"
    growth = f" {_GROWTH}" if row["kind"] == "growth" and _GROWTH not in name else ""
    return f"{name}{growth}（{row['unit']}）"


def _columns(indicators: Iterable[str]) -> Iterator[Column]:
    known = {column.name: column for column in record_columns()}
    yield from (known[name] for name in KEY)
    yield Column("records", "记录数", "How many records the row holds", "合并了多少条记录", "integer", nullable=False)
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
        "Indicators on whose number the records do not agree",
        "记录之间数值不同的指标",
        "list",
        nullable=False,
    )
    for name in indicators:
        yield Column(
            name, name, "The number of the record of the highest confidence", "可信度最高的记录的数值", "decimal"
        )
