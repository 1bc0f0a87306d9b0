"""Tables as people read them, in Excel, WPS or on paper: who, when, what and how much first, words instead of codes,
money in 亿元 and 万元. Tables for programs hold the same in the schema's order, with codes and base units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from gongbao.export.columns import Column, Row, RowTable, record_columns
from gongbao.export.rows import exact
from gongbao.export.titles import WORDS

YI, WAN = "金额(亿元)", "金额(万元)"
FIRST = (
    *("place", "year", "initiative", "indicator", "value", "unit", "amount", "status", "kind", "value_max", "bound"),
    *("period", "sentence", "confidence", "flags"),
)
"""The columns that come first; those of `LAST` are the program's."""
LAST = (
    *("field_confidence", "alternatives", "evidence", "record_id", "article_id", "start", "end"),
    *("sentence_start", "sentence_end"),
)
_WIDE_FIRST = ("place", "year", "initiative", "min_confidence", "conflicts")
_WIDE_LAST = ("records", "place_code")


def for_people(table: RowTable) -> RowTable:
    """The table for people; an order that was asked for is kept."""
    names = {column.name for column in table.columns}
    if names == {column.name for column in record_columns()}:
        columns = _sorted(table.columns, FIRST, LAST)
    elif table.name == "wide":
        columns = _sorted(table.columns, _WIDE_FIRST, _WIDE_LAST)
    else:
        columns = list(table.columns)
    with_money = "value" in names and {"kind", "unit"} <= names
    shown = tuple(_shown(columns, with_money=with_money))
    return replace(table, columns=shown, rows=_rows(table, shown, with_money=with_money))


def _sorted(columns: Iterable[Column], first: tuple[str, ...], last: tuple[str, ...]) -> list[Column]:
    known = {column.name: column for column in columns}
    middle = [column for name, column in known.items() if name not in first and name not in last]
    return [*(known[n] for n in first if n in known), *middle, *(known[n] for n in last if n in known)]


def _shown(columns: Iterable[Column], *, with_money: bool) -> Iterator[Column]:
    for column in columns:
        if column.scale:
            yield replace(column, title=column.scaled_title)
        elif column.name in WORDS and column.type == "string":
            yield replace(column, choices=())
        else:
            yield column
        if column.name == "unit" and with_money:
            said = "人民币金额，以{}计；其他为空"
            yield Column(YI, YI, "Money in 元, in hundred millions", said.format("亿元"), "decimal")
            yield Column(WAN, WAN, "Money in 元, in ten thousands", said.format("万元"), "decimal")


def _rows(table: RowTable, columns: Iterable[Column], *, with_money: bool) -> Iterator[Row]:
    scaled = [(column.name, -column.scale) for column in columns if column.scale]
    worded: list[tuple[str, Callable[[Any], Any]]] = [
        (column.name, _words(WORDS[column.name])) for column in columns if column.name in WORDS
    ]
    for row in table.rows:
        shown = dict(row)
        for name, size in scaled:
            shown[name] = _sized(exact(row[name]), size)
        for name, words in worded:
            shown[name] = words(row[name])
        if with_money:
            yuan = exact(row["value"]) if row["kind"] == "money" and row["unit"] == "元" else None
            shown[YI], shown[WAN] = _sized(yuan, -8), _sized(yuan, -4)
        yield shown


def _sized(value: Decimal | None, size: int) -> Decimal | None:
    return None if value is None else value.scaleb(size).normalize()


def _words(words: Mapping[str, str]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        if isinstance(value, list):
            return [words.get(item, item) for item in value]
        return words.get(value, value)

    return run
