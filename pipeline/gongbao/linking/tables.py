"""What the cells of a table say of one another: the place, the time and the names of its numbers.

A number's row says the place or the project, its column the indicator and the time, or the other way round. Header and
label are evidence as a heading is; what they leave open is taken from the caption, then from the text around.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import regex

from gongbao.chinese.clauses import between
from gongbao.document import CellSpan, Document, Period, Place, Table
from gongbao.layout.tables import label_column, labelled
from gongbao.linking.names import NameLinker
from gongbao.linking.scope import Choice, PeriodChoice, TextChoice
from gongbao.places.paths import common_ancestor, deepest, nested
from gongbao.quantities.tables import index_pattern
from gongbao.record import How
from gongbao.relations import Relation
from gongbao.rulebook.cues import LinkingCues
from gongbao.rulebook.load import RuleSet

_EDGE = 2
"""Characters of a cell beside its amount (约, 余) that leave it a cell of figures."""
_UNIT_TAIL = regex.compile(r"\s*(?:[（(\[【][^（）()\[\]【】]{1,14}[）)\]】]|[%％‰])\s*$")


class Cell(NamedTuple):
    """Where a number stands in a table; `label` is the column that says what its row is about."""

    table: Table
    row: tuple[CellSpan, ...]
    column: int
    label: int

    @property
    def header(self) -> tuple[CellSpan, ...]:
        """The cells over the number, the upper one first."""
        return self.table.columns[self.column]


class TableLinker:
    """Links the numbers of tables.

    Args:
        rules: Supplies the lexicons `table_index`, `table_generic`, `table_rates` and `table_totals`.
        names: Knows the fields that indicators belong to.
        cues: The words that linking asks for.
    """

    def __init__(self, rules: RuleSet, names: NameLinker, cues: LinkingCues) -> None:
        self._cues = cues
        self._names = names
        self._generic = frozenset(rules.lexicon("table_generic"))
        self._totals = frozenset(rules.lexicon("table_totals"))
        self._index = index_pattern(rules)
        rates = sorted(rules.lexicon("table_rates"), key=len, reverse=True)
        self._rates = regex.compile("|".join(map(regex.escape, rates)) or "(?!)")

    def cells(self, document: Document) -> dict[int, Cell]:
        """The numbers of tables with a header, by the number of their quantity."""
        found: dict[int, Cell] = {}
        starts = {quantity.start: number for number, quantity in enumerate(document.quantities)}
        for table in document.tables:
            if not table.columns:
                continue
            label = label_column(document.text, table, self._index)
            for written in table.rows:
                if len(written) != len(table.columns):
                    continue
                row = labelled(document.text, written, label)
                for column in range(label + 1, len(row)):
                    low, high = row[column]
                    number = next((starts[at] for at in range(low, min(high, low + _EDGE + 1)) if at in starts), None)
                    if number is not None and document.quantities[number].end >= high - _EDGE:
                        found[number] = Cell(table, row, column, label)
        return found

    def is_total(self, text: str, cell: Cell) -> bool:
        """True for a row that sums up."""
        return "".join(text[slice(*cell.row[cell.label])].split()) in self._totals

    # -- places and periods ----------------------------------------------------------------------------------

    def place(
        self, document: Document, cells: Mapping[int, Cell], number: int, resolved: Sequence[Place], scope: TextChoice
    ) -> TextChoice:
        """The place of a number: that of a cell of its row, of its header, in its row's label, else the text's.

        Args:
            document: The document.
            cells: All numbers in tables.
            number: The quantity's number.
            resolved: The topics of the row, those that lean on their context resolved.
            scope: The place of the caption or of the text around.
        """
        cell = cells[number]
        own = self._filling(document, cell)
        if own is not None:
            return own
        if self.is_total(document.text, cell):
            rows = {other.row[0]: other for other in cells.values() if other.table is cell.table}
            named = {str(found.value) for other in rows.values() if (found := self._filling(document, other))}
            whole = common_ancestor(sorted(named)) if len(named) > 1 else scope.value
            return scope if whole == scope.value else Choice(whole, "heading", Relation.PLACE_TABLE, score=0.6)
        inside = between(resolved, *cell.row[cell.label])
        if inside:
            return Choice(inside[0].place, "stated", inside[0].rule, inside[0].start, inside[0].end, 0.9)
        if self.names_places(document.text, cell):  # a place that nobody knows
            return scope._replace(score=min(scope.score, 0.5))
        return scope

    @staticmethod
    def _filling(document: Document, cell: Cell) -> TextChoice | None:
        """The place that a cell of the row, else of the header is; None where none is one."""
        how: How = "stated"
        whole = [p for span in cell.row for p in _filling(document.places, span)]
        if not whole:
            whole = [p for span in cell.header for p in _filling(document.places, span)]
            how = "heading"
        if not whole:
            return None
        paths = [str(place.place) for place in whole]
        alike = nested(paths)
        chosen = whole[paths.index(deepest(paths))] if alike else whole[0]
        return Choice(chosen.place, how, chosen.rule, chosen.start, chosen.end, 0.95 if alike else 0.7)

    def names_places(self, text: str, cell: Cell) -> bool:
        """True where the rows of a table are places by its header, and this one is no total."""
        head = "".join(text[slice(*span)] for span in cell.table.columns[cell.label])
        return self._cues["place_header"].search(head) is not None and not self.is_total(text, cell)

    def period(self, document: Document, cell: Cell, resolved: Sequence[Period]) -> PeriodChoice | None:
        """The period of the column, else of the row's label or of a column of years.

        Args:
            document: The document.
            cell: The number's cell.
            resolved: The periods of the table's lines so far, those that lean on their context resolved.
        """
        text = document.text
        for column in self._columns_of_time(text, cell):
            times = [
                period
                for header in column
                for span in reversed(cell.table.columns[header])
                for period in between(resolved, *span)
                if period.role != "comparison" and period.year is not None
            ]
            if times:  # a rate beside two years (2022年 | 2021年 | 增速) is that of the later one
                latest = max(times, key=lambda period: period.year or 0)
                return Choice(latest, "heading", latest.rule, latest.start, latest.end, 0.95)
        for number, span in enumerate(cell.row):
            head = "".join(text[slice(*part)] for part in cell.table.columns[number])
            if number == cell.label or self._cues["time_header"].match(head):
                for period in between(resolved, *span):
                    if period.start == span[0] and period.year is not None and period.role != "comparison":
                        return Choice(period, "stated", period.rule, period.start, period.end, 0.95)
        if cell.table.caption is not None:
            for period in between(document.periods, *cell.table.caption):
                if period.role == "time" and period.anchor == "absolute" and period.year is not None:
                    return Choice(period, "heading", period.rule, period.start, period.end, 0.9)
        return None

    def _columns_of_time(self, text: str, cell: Cell) -> Iterator[range | tuple[int]]:
        """The columns whose headers may say a number's time: its own, of a rate also those up to the rate before."""
        yield (cell.column,)
        if self._is_rate(text, cell):
            low = cell.column
            while low - 1 > cell.label and not self._is_rate(text, cell._replace(column=low - 1)):
                low -= 1
            yield range(low, cell.column)

    # -- names -----------------------------------------------------------------------------------------------

    def indicator(self, document: Document, cell: Cell) -> TextChoice:
        """What a number measures: the header of its column, or the label of its row where that says more."""
        text = document.text
        own = self._header_name(document, cell)
        if own is not None:
            return own
        label = self._label(document, cell)
        if label is not None and self._says_little(text[slice(*label)]):  # what grew is the row before
            label = self._label_above(document, cell) or label
        if label is not None:
            return Choice(text[slice(*label)], "stated", Relation.TABLE_LABEL, *label, 0.9)
        if self._is_rate(text, cell):  # what grew is the column before
            for column in range(cell.column - 1, cell.label, -1):
                before = self._header_name(document, cell._replace(column=column))
                if before is not None:
                    return before
        return self._caption(document, cell) or Choice(None, "default", Relation.NAME_NONE, score=0.0)

    def initiative(self, document: Document, cell: Cell, indicator: TextChoice) -> TextChoice:
        """What a number is about: the project of its row, else the field of its indicator."""
        label = self._label(document, cell)
        if label is not None and indicator.rule != Relation.TABLE_LABEL:
            return Choice(document.text[slice(*label)], "stated", Relation.TABLE_LABEL, *label, 0.8)
        return self._names.field(indicator)

    def _label_above(self, document: Document, cell: Cell) -> CellSpan | None:
        for row in reversed([row for row in cell.table.rows if row[-1][1] < cell.row[0][0]]):
            label = self._label(document, cell._replace(row=row)) if len(row) == len(cell.row) else None
            if label is not None and not self._says_little(document.text[slice(*label)]):
                return label
        return None

    def _header_name(self, document: Document, cell: Cell) -> TextChoice | None:
        """What the header says beyond a time, a place, a unit, or that there are figures below."""
        text = document.text
        parts = [self._bare(document, span) for span in cell.header]
        telling = [
            p
            for p in parts
            if p[0] < p[1] and not self._says_little(text[slice(*p)]) and not _filling(document.places, p)
        ]
        if not telling:
            return None
        name = "".join(text[slice(*part)] for part in telling)
        return Choice(name, "heading", Relation.TABLE_HEADER, *telling[-1], 0.9)

    def _says_little(self, name: str) -> bool:
        rest = self._rates.sub("", name)
        return name in self._generic or rest in self._generic or not regex.search(r"\p{Han}{2}|[A-Za-z]{2}", rest)

    def _is_rate(self, text: str, cell: Cell) -> bool:
        return any(self._rates.search(text, *span) for span in cell.header)

    def _label(self, document: Document, cell: Cell) -> CellSpan | None:
        """The label of a row that is no place, no time and no total."""
        text, span = document.text, cell.row[cell.label]
        if self.is_total(text, cell) or any(True for _ in _filling(document.places, span, relative=True)):
            return None
        if self.names_places(text, cell) and not self._cues["subject_header"].search(
            "".join(text[slice(*part)] for part in cell.table.columns[cell.label])
        ):
            return None
        head = self._cues["row_head"].search(text[slice(*span)])
        low, high = self._bare(document, (span[0] + (head.end() if head else 0), span[1]))
        return (low, high) if high - low >= 2 and regex.search(r"\p{Han}|[A-Za-z]", text[low:high]) else None

    @staticmethod
    def _bare(document: Document, span: CellSpan) -> CellSpan:
        """A name without its unit and without periods at its ends."""
        text = document.text
        low, high = span
        tail = _UNIT_TAIL.search(text[low:high])
        if tail is not None:
            high = low + tail.start()
        for period in between(document.periods, low, high):
            if period.start == low:
                low = period.end
            elif period.end == high:
                high = period.start
        while low < high and text[low] in "的 末底":
            low += 1
        return low, high

    def _caption(self, document: Document, cell: Cell) -> TextChoice | None:
        """What the caption says that the table measures (表1 2022年各市专利权质押融资情况)."""
        if cell.table.caption is None:
            return None
        text = document.text
        low, high = cell.table.caption
        mark = self._cues["caption_head"].match(text, low, high)
        low = mark.end() if mark else low
        items: list[Place | Period] = [*between(document.periods, low, high), *between(document.places, low, high)]
        for item in sorted(items, key=lambda item: item.start):
            if item.start == low:
                low = item.end
        each = self._cues["each"].match(text, low, high)
        low = each.end() if each else low
        low, high = self._bare(document, (low, high))
        tail = self._cues["caption_tail"].search(text[low:high])
        high = low + tail.start() if tail else high
        if high - low < 2 or not regex.fullmatch(r"[\p{Han}A-Za-z0-9]+", text[low:high]):
            return None
        return Choice(text[low:high], "heading", Relation.TABLE_CAPTION, low, high, 0.7)


def _filling(places: Sequence[Place], span: CellSpan, *, relative: bool = False) -> list[Place]:
    """The place that a cell is; one that leans on its context (全市) only where asked for."""
    return [
        place
        for place in between(places, *span)
        if (place.start, place.end) == span
        and (place.place is not None or (relative and place.form == "relative" and place.authority != "office"))
    ]
