"""The bare numbers of tables: what unit the header, the row or the caption gives them, and where that is said.

A number becomes a quantity only where its unit is written in so many words: in the header of its column
(投资额（万元）), in its row (生产总值（亿元）, or a column of units), or once for the table (单位：亿元). What is said
for the table does not hold for columns of rates, serial numbers and years, nor a unit of money for columns that count
heads or measure land.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import regex

from gongbao.chinese.clauses import between
from gongbao.chinese.numbers import times
from gongbao.document import CellSpan, Period, Quantity, Table
from gongbao.layout.tables import is_number, label_column, labelled, numeric_columns
from gongbao.quantities.match import QuantityMatcher
from gongbao.relations import Relation
from gongbao.rulebook.load import RuleSet

_UNIT_IN_NAME = (
    regex.compile(r"[（(\[【]\s*(?:计量|金额)?(?:单位\s*[:：]?)?\s*(?P<unit>[^（）()\[\]【】\d]{1,14}?)\s*[）)\]】]"),
    regex.compile(r"[/／,，:： ]\s*(?P<unit>[^/／,，:： \d]{1,8})$"),
    regex.compile(r"(?P<unit>[%％‰])$"),
)
_BETWEEN_UNITS = regex.compile(r"[、,，;；\s和及]+")
_SCALE = regex.compile(r"[十百千万亿兆]+")
_YEAR = regex.compile(r"(?:19[4-9]|20[0-4])\d")
_WIDE = str.maketrans({"－": "-", "−": "-", "＋": "+", ",": None})


class Unit(NamedTuple):
    """A unit that a table says: what one of it is, and where it is said."""

    one: Quantity
    span: CellSpan

    @property
    def is_rate(self) -> bool:
        return self.one.kind in {"percent", "growth"}


class HeaderLabel(NamedTuple):
    """A header or label without its unit."""

    span: CellSpan
    unit: Unit | None


class TableReader:
    """Reads the numbers of tables.

    Args:
        rules: Supplies the lexicons `table_rates`, `table_growth`, `table_index`, `table_no_money` and
            `table_unit_columns`.
        quantities: Knows the units.
    """

    def __init__(self, rules: RuleSet, quantities: QuantityMatcher) -> None:
        def any_of(name: str) -> regex.Pattern[str]:
            return regex.compile(r"\L<words>" if rules.lexicon(name) else "(?!)", words=list(rules.lexicon(name)))

        self._rates, self._growth = any_of("table_rates"), any_of("table_growth")
        self._index, self._no_money = index_pattern(rules), any_of("table_no_money")
        self._unit_columns = frozenset(rules.lexicon("table_unit_columns"))
        self._quantities = quantities
        self._ones: dict[tuple[str, str], Quantity | None] = {}

    def read(
        self, text: str, tables: Sequence[Table], quantities: Sequence[Quantity]
    ) -> tuple[tuple[Quantity, ...], int]:
        """The quantities of a text with those of its tables, in order, and how many bare numbers are left.

        Args:
            text: The simplified text.
            tables: Its tables.
            quantities: What the text says outside of tables, and in cells that write their units.
        """
        if not tables:
            return tuple(quantities), 0
        found: list[Quantity] = []
        left = 0
        home = self._quantities.currency(text)
        for table in tables:
            cells, unread = self._cells(text, table, quantities)
            found += cells
            left += unread
            quantities = self._grown(text, table, quantities)
        if home is not None:
            found = [
                replace(q, unit=home + q.unit[1:]) if q.kind == "money" and q.unit[0] == "元" else q for q in found
            ]
        return tuple(sorted([*quantities, *found], key=lambda quantity: quantity.start)), left

    def name(self, text: str, span: CellSpan) -> HeaderLabel:
        """A header or label, and the unit that it says."""
        for pattern in _UNIT_IN_NAME:
            for match in pattern.finditer(text, *span):
                before = text[span[0] : match.start()]
                one = self._one(match["unit"].lstrip("±"), before) if before.strip() else None
                if one is not None:
                    return HeaderLabel((span[0], match.start()), Unit(one, match.span("unit")))
        return HeaderLabel(span, None)

    def is_rate(self, name: str) -> bool:
        """True for names of rates and changes."""
        return self._rates.search(name) is not None

    # -- one table -------------------------------------------------------------------------------------------

    def _cells(self, text: str, table: Table, taken: Sequence[Quantity]) -> tuple[list[Quantity], int]:
        free = [
            [(n, c) for n, c in enumerate(row) if n and is_number(text, c) and not _covered(taken, c)]
            for row in table.rows
        ]
        if not table.columns:
            return [], sum(map(len, free)) if len(table.rows) > 1 else 0
        columns = [self._column(text, column) for column in table.columns]
        heads = ["".join(text[slice(*cell)] for cell in column) for column in table.columns]
        label = label_column(text, table, self._index)
        units = next((n for n, head in enumerate(heads) if head in self._unit_columns), None)
        shared = self._shared(text, table)
        numeric = numeric_columns(text, table.rows, len(columns))
        found: list[Quantity] = []
        left = 0
        for written, numbers in zip(table.rows, free, strict=True):
            row = labelled(text, written, label)
            if len(row) != len(columns) or not _is_label(text, row[label]):
                left += len(numbers)
                continue
            own = self.name(text, row[label])
            if units is not None and own.unit is None:
                one = self._one(text[slice(*row[units])], text[slice(*own.span)])
                own = HeaderLabel(own.span, Unit(one, row[units]) if one is not None else None)
            for n, cell in numbers:
                if (
                    n <= label
                    or self._index.search(heads[n])
                    or (shared and columns[n].unit is None and _are_years(text, table, n))
                ):
                    continue
                unit = self._unit(text, columns[n], own, shared, heads[n]) if n in numeric else None
                if unit is None:
                    left += 1
                else:
                    found.append(_quantity(text, cell, unit))
        return found, left

    def _grown(self, text: str, table: Table, taken: Sequence[Quantity]) -> Sequence[Quantity]:
        """The quantities with the percentages in columns of rates of change read as changes."""
        grown: set[int] = set()
        for n, column in enumerate(table.columns):
            if any(self._growth.search(text, *cell) for cell in column):
                grown.update(row[n][0] for row in table.rows if n < len(row))
        return [replace(q, kind="growth") if q.kind == "percent" and q.start in grown else q for q in taken]

    def _column(self, text: str, cells: Sequence[CellSpan]) -> HeaderLabel:
        names = [self.name(text, cell) for cell in cells]
        return next(
            (name for name in reversed(names) if name.unit is not None),
            names[-1] if names else HeaderLabel((0, 0), None),
        )

    def _shared(self, text: str, table: Table) -> list[Unit]:
        """The units said once for the whole table: above it, or in its first cell."""
        spans = [table.unit] if table.unit is not None else []
        if not spans and table.columns[0]:
            corner = regex.search(
                r"单位\s*[:：]\s*(?P<unit>[^）)\s]{1,12})",
                text,
                pos=table.columns[0][0][0],
                endpos=table.columns[0][-1][1],
            )
            spans += [corner.span("unit")] if corner is not None else []
        if not spans and table.caption is not None:
            name = self.name(text, table.caption)
            return [name.unit] if name.unit is not None else []
        for start, end in spans:
            one = self._one(text[start:end], "")
            if one is not None:
                return [Unit(one, (start, end))]
            parts: list[CellSpan] = []
            low = start
            for gap in _BETWEEN_UNITS.finditer(text, start, end):
                parts.append((low, gap.start()))
                low = gap.end()
            parts.append((low, end))
            ones = [(self._one(text[a:b], ""), (a, b)) for a, b in parts]
            return [Unit(one, span) for one, span in ones if one is not None] if all(one for one, _ in ones) else []
        return []

    def _unit(self, text: str, column: HeaderLabel, row: HeaderLabel, shared: Sequence[Unit], head: str) -> Unit | None:
        """The unit of a number, None where nothing says it or two units contradict one another."""
        if column.unit is not None:
            agree = row.unit is None or column.unit.is_rate or row.unit.one.unit == column.unit.one.unit
            return column.unit if agree else None
        if row.unit is not None:
            return None if self.is_rate(head) and not row.unit.is_rate else row.unit
        label = text[slice(*row.span)]
        rates = [unit for unit in shared if unit.is_rate]
        if self.is_rate(head) or self.is_rate(label):
            return self._as_rate(rates[0], head + label) if len(rates) == 1 else None
        others = [unit for unit in shared if not unit.is_rate]
        if len(shared) == len(rates) == 1:
            return rates[0]
        if len(others) != 1:
            return None
        counts = self._no_money.search(head) or self._no_money.search(label)
        return None if others[0].one.kind == "money" and counts else others[0]

    def _as_rate(self, unit: Unit, name: str) -> Unit:
        return Unit(replace(unit.one, kind="growth"), unit.span) if self._growth.search(name) else unit

    def _one(self, unit: str, name: str) -> Quantity | None:
        """One of a unit, as the quantity that a name with it states; None for words that are no unit."""
        key = (unit, name)
        if key not in self._ones:
            if len(self._ones) > 4096:
                self._ones.clear()
            self._ones[key] = self._read_one(unit, name)
        return self._ones[key]

    def _read_one(self, unit: str, name: str) -> Quantity | None:
        if not unit or _SCALE.fullmatch(unit):
            return None
        alone = self._quantities.match(f"1{unit}")
        if len(alone) != 1 or (alone[0].start, alone[0].end) != (0, len(unit) + 1) or not alone[0].unit:
            return None
        one = alone[0]
        if one.kind == "percent" and self._growth.search(name):
            return replace(one, kind="growth")
        if one.kind in {"percent", "growth"} and name:
            said = self._quantities.match(f"{name}1{unit}")
            return replace(one, kind=said[-1].kind, value=said[-1].value) if said and said[-1].unit == one.unit else one
        return one


def index_pattern(rules: RuleSet) -> regex.Pattern[str]:
    """The headers of columns of serial numbers, ranks, years and codes; one with a number in it is a year itself."""
    words = list(rules.lexicon("table_index"))
    return regex.compile(r"^\D*(?:\L<words>)$" if words else r"(?!)", words=words)


def table_years(text: str, tables: Sequence[Table], periods: Sequence[Period]) -> tuple[Period, ...]:
    """The periods of a text with the bare years that stand as headers or labels of tables (2021 | 2022)."""
    if not tables:
        return tuple(periods)
    cells = [cell for table in tables for column in table.columns for cell in column]
    cells += [row[0] for table in tables if table.columns for row in table.rows if row]
    years = [
        Period(
            a, b, text[a:b], year, date(year, 1, 1), date(year, 12, 31), "absolute", "time", Relation.PERIOD_TABLE_YEAR
        )
        for a, b in cells
        if _YEAR.fullmatch(text, a, b) and not between(periods, a, b)
        for year in [int(text[a:b])]
    ]
    return tuple(sorted([*periods, *years], key=lambda period: period.start))


def _quantity(text: str, cell: CellSpan, unit: Unit) -> Quantity:
    value = times(Decimal(text[slice(*cell)].translate(_WIDE)), unit.one.value)
    kind, name = unit.one.kind, unit.one.unit
    return Quantity(*cell, text[slice(*cell)], kind, value, None, name, "=", Relation.TABLE_CELL, None, unit.span)


def _covered(taken: Sequence[Quantity], cell: CellSpan) -> bool:
    near = between(taken, cell[0] - 24, cell[1] + 24)
    return any(quantity.start < cell[1] and cell[0] < quantity.end for quantity in near)


def _is_label(text: str, cell: CellSpan) -> bool:
    return cell[0] < cell[1] and (not is_number(text, cell) or _YEAR.fullmatch(text, *cell) is not None)


def _are_years(text: str, table: Table, column: int) -> bool:
    """True for a column of bare numbers that are all years."""
    numbers = [row[column] for row in table.rows if column < len(row) and is_number(text, row[column])]
    return all(_YEAR.fullmatch(text, *cell) for cell in numbers)
