"""XLSX for people: 记录 (records), 待核对 (to be checked), 汇总 (totals), 说明 (what it all means).

Codes are text, amounts numbers, dates dates. 金额(亿元) and 金额(万元) stand beside the value for money in 元.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from gongbao.canonical import dump_json
from gongbao.errors import ExportError
from gongbao.export.cells import number_text
from gongbao.export.columns import Column, Row, record_columns
from gongbao.export.formats import Style
from gongbao.export.rows import exact
from gongbao.export.select import Data, Table
from gongbao.export.summary import Summary
from gongbao.export.titles import FLAG_TITLES, STATUS_MEANINGS, STATUS_TITLES

LOW_CONFIDENCE = 0.6
"""Records below it are to be checked, as in the terminal."""
MAX_ROWS = 1_048_575
MAX_COLUMNS = 16_384
_LONGEST = 32_767
_DIGITS = 15  # what a spreadsheet's numbers hold
_FIRST = (
    "place", "initiative", "indicator", "amount", "value", "value_max", "unit", "bound", "status", "kind", "year",
    "period", "sentence", "confidence", "flags",
)  # fmt: skip
_LAST = (
    "field_confidence",
    "alternatives",
    "evidence",
    "record_id",
    "article_id",
    "start",
    "end",
    "sentence_start",
    "sentence_end",
)
_WIDTHS = {"place": 30, "initiative": 26, "indicator": 22, "amount": 15, "value": 17, "sentence": 60, "title": 32}
_WIDTHS |= {
    "record_id": 18,
    "article_id": 22,
    "evidence": 30,
    "field_confidence": 30,
    "alternatives": 30,
    "status": 9,
    "flags": 22,
    "raw": 15,
    "period": 15,
    "unit": 8,
    "bound": 6,
}
_WIDTHS |= {"kind": 9, "year": 7, "value_max": 14, "金额(亿元)": 14, "金额(万元)": 15, "confidence": 8, "conflicts": 24}

Cell = Callable[[Worksheet, int, int, Any], None]


def write(data: Data, path: Path, style: Style) -> int:
    """Write the workbook; returns the number of records on the first sheet.

    Raises:
        ExportError: more rows or columns than a sheet holds (`export.too_many`).
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    try:
        with _Archive(path, "w+") as file, xlsxwriter.Workbook(file, options) as book:
            # A fixed date: the same records give the same bytes.
            book.set_properties({"title": "公报数据", "created": datetime(2000, 1, 1)})
            return _fill(book, data)
    except FileCreateError as error:
        raise error.args[0] from None  # the OSError inside
    except UnicodeDecodeError as error:  # a temporary file that ends in the middle of a character
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


class _Archive(io.FileIO):
    """A file that fails once: a half-written archive writes on when it is thrown away, and would print a traceback."""

    _failed = False

    def _gone(self) -> bool:
        return self._failed or self.closed

    def write(self, data: Any, /) -> int:
        rest = memoryview(data).cast("B")
        size = rest.nbytes
        try:
            while rest and not self._gone():
                rest = rest[super().write(rest) :]
        except OSError:
            self._failed = True
            raise
        return size

    def seek(self, position: int, whence: int = 0, /) -> int:
        return 0 if self._gone() else super().seek(position, whence)

    def tell(self) -> int:
        return 0 if self._gone() else super().tell()

    def flush(self) -> None:
        if not self._gone():
            super().flush()


def _fill(book: xlsxwriter.Workbook, data: Data) -> int:
    table = _arranged(data.table())
    writer = _Sheets(book)
    summary = Summary()
    count = writer.add("记录", table.columns, _money(_counted(table.rows, summary, data.selection.wide)))
    if not data.selection.wide:
        doubtful = (row for row in data.rows() if row["flags"] or row["confidence"] < LOW_CONFIDENCE)
        writer.add("待核对", table.columns, _money(doubtful))
        _recount(data, summary)
        writer.add("汇总", summary.columns(), summary.rows())
    writer.notes("说明", list(_notes(table, data.facts())))
    return count


def _recount(data: Data, summary: Summary) -> None:
    """The totals need columns that the table may lack."""
    if data.selection.columns:
        for row in data.rows():
            summary.add(row)


def _counted(rows: Iterable[Row], summary: Summary, wide: bool) -> Iterator[Row]:
    for row in rows:
        if not wide and "confidence" in row and len(row) == len(record_columns()):
            summary.add(row)
        yield row


def _arranged(table: Table) -> Table:
    """People's order: who, what, how much and when first, machine's columns last; a chosen order is kept."""
    names = {column.name for column in table.columns}
    if names == {column.name for column in record_columns()}:
        known = {column.name: column for column in table.columns}
        middle = [c for c in table.columns if c.name not in _FIRST and c.name not in _LAST]
        columns: Iterable[Column] = (*(known[n] for n in _FIRST), *middle, *(known[n] for n in _LAST))
    else:
        columns = table.columns
    return replace(table, columns=tuple(_with_money(columns, names)))


def _with_money(columns: Iterable[Column], names: set[str]) -> Iterator[Column]:
    for column in columns:
        yield column
        if column.name == "value" and {"kind", "unit"} <= names:
            yield Column(
                "金额(亿元)",
                "金额(亿元)",
                "Money in 元, in hundred millions",
                "人民币金额，以亿元计；其他为空",
                "decimal",
            )
            yield Column(
                "金额(万元)", "金额(万元)", "Money in 元, in ten thousands", "人民币金额，以万元计；其他为空", "decimal"
            )


def _money(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yuan = (
            exact(row["value"]) if row.get("kind") == "money" and row.get("unit") == "元" and "value" in row else None
        )
        yield row | {
            "金额(亿元)": None if yuan is None else yuan.scaleb(-8),
            "金额(万元)": None if yuan is None else yuan.scaleb(-4),
        }


class _Sheets:
    """Writes tables as sheets of one book, row after row."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        font = {"font_name": "Noto Sans CJK SC", "font_size": 10, "valign": "vcenter"}
        self._plain = book.add_format(font | {"indent": 1})
        self._whole = book.add_format(font | {"num_format": "#,##0"})
        self._broken = book.add_format(font | {"num_format": "#,##0.0#########"})
        self._bare = book.add_format(font | {"num_format": "0"})
        self._share = book.add_format(font | {"num_format": "0.00"})
        self._date = book.add_format(font | {"num_format": "yyyy-mm-dd", "align": "left"})
        head = font | {"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True}
        self._head = book.add_format(head | {"indent": 1})
        self._head_of_numbers = book.add_format(head | {"align": "right"})
        self._wrapped = book.add_format(font | {"text_wrap": True, "valign": "top"})
        self._bold = book.add_format(font | {"bold": True, "font_size": 11, "valign": "top"})

    def add(self, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> int:
        if len(columns) > MAX_COLUMNS:
            raise _too_many(f"{len(columns)} columns; a sheet holds {MAX_COLUMNS}")
        sheet = self._book.add_worksheet(name)
        for at, column in enumerate(columns):
            sheet.set_column(
                at,
                at,
                _WIDTHS.get(column.name, min(max(10, len(column.title.encode("gb18030", "replace")) + 3), 24)),
                self._plain,
            )
            sheet.write_string(0, at, column.title, self._head if column.is_text else self._head_of_numbers)
        sheet.set_row(0, 30)
        sheet.freeze_panes(1, 0)
        writers = [(column.name, self._cell(column)) for column in columns]
        count = 0
        for count, row in enumerate(rows, 1):
            if count > MAX_ROWS:
                raise _too_many(f"more than {MAX_ROWS:,} rows, which is what a sheet holds")
            for at, (key, cell) in enumerate(writers):
                value = row[key]
                if value is not None:
                    cell(sheet, count, at, value)
        sheet.autofilter(0, 0, max(count, 1), len(columns) - 1)
        sheet.repeat_rows(0)
        # What people print: the facts and their sentences, without the machine's columns.
        names = [column.name for column in columns]
        printed = names.index("flags") if "flags" in names[:20] else min(len(names), 16) - 1
        sheet.print_area(0, 0, max(count, 1), printed)
        self._page(sheet)
        return count

    def notes(self, name: str, lines: Sequence[tuple[str, ...]]) -> None:
        sheet = self._book.add_worksheet(name)
        for at, width in enumerate((20, 18, 12, 60, 56, 40)):
            sheet.set_column(at, at, width, self._wrapped)
        for number, line in enumerate(lines):
            # A line of two is a name and a long text, which may run over the empty cells to its right.
            form = {1: self._bold, 2: self._plain}.get(len(line), self._wrapped)
            for at, text in enumerate(line):
                sheet.write_string(number, at, text, form)
        self._page(sheet)

    def _page(self, sheet: Worksheet) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(0.4, 0.4, 0.5, 0.5)
        sheet.set_footer("&L&A&R&P / &N")
        sheet.fit_to_pages(1, 0)

    def _cell(self, column: Column) -> Cell:
        if column.type == "date":
            return lambda sheet, r, c, v: _ok(sheet.write_datetime(r, c, date.fromisoformat(v), self._date))
        if column.name in ("confidence", "min_confidence", "mean_confidence"):
            return lambda sheet, r, c, v: _ok(sheet.write_number(r, c, v, self._share))
        if column.type in ("integer", "decimal", "number"):
            return self._number(self._bare if column.name == "year" else self._whole)
        if column.type == "list":
            return lambda sheet, r, c, v: self._text(sheet, r, c, ";".join(v))
        if column.type == "object":
            return lambda sheet, r, c, v: self._text(sheet, r, c, dump_json(v) if v is not None else "")
        return self._text

    def _text(self, sheet: Worksheet, row: int, at: int, value: Any) -> None:
        text = str(value)
        _ok(
            sheet.write_string(
                row, at, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 5]}…（截断）", self._plain
            )
        )

    def _number(self, whole: Any) -> Cell:
        def run(sheet: Worksheet, row: int, at: int, value: Any) -> None:
            number: int | Decimal = value if isinstance(value, int) else exact(value) or Decimal(0)
            if isinstance(number, Decimal) and number == number.to_integral_value():
                number = int(number)
            if len(number_text(number).strip("-0").replace(".", "")) > _DIGITS:
                self._text(sheet, row, at, number_text(number))  # a spreadsheet would round it
            else:
                _ok(sheet.write_number(row, at, number, whole if isinstance(number, int) else self._broken))

        return run


def _ok(status: int) -> None:
    if status < -1:  # -1 is a cell outside the sheet, kept off above
        raise ExportError("a cell does not fit its sheet", code="export.too_many")


def _too_many(why: str) -> ExportError:
    fix = "Narrow it with --where or --columns, or export to csv or parquet"
    return ExportError(why, where="xlsx", fix=fix, code="export.too_many")


_TYPES = {
    "string": "文本",
    "integer": "整数",
    "decimal": "数（精确）",
    "number": "数",
    "date": "日期",
    "list": "列表",
    "object": "JSON",
}
_SHEETS = (
    ("记录", "每行一条事实：地点、事项、指标、数量、年份，及其在原文中的依据"),
    ("待核对", f"有提示或可信度低于 {LOW_CONFIDENCE} 的记录，请人工核对"),
    ("汇总", "按地点和年份统计各类记录的条数；金额不相加（各条口径不同），给出其中最大的一条"),
)


def _notes(table: Table, facts: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield ("公报数据：从公报文章中提取的事实",)
    yield from ((name, text) for name, text in _SHEETS)
    yield ("金额", "数值以 元 等基本单位计；人民币金额另列 亿元、万元。超过 15 位有效数字的数值以文本保存，以免被舍入")
    yield ("来源",)
    yield ("gongbao", str(facts["gongbao"]))
    yield ("schema_version", str(facts["schema_version"]))
    for run in facts["runs"]:
        counts = run["counts"]
        yield ("run", f"{run['run_id']}  {run['started'] or ''}  {dump_json(run['versions'])}  {dump_json(counts)}")
    chosen = {name: value for name, value in facts["selection"].items() if value}
    yield ("selection", dump_json(chosen))
    left = facts.get("left_out")
    if left:
        yield ("未列入宽表", "；".join(f"{STATUS_TITLES[status]} {count} 条" for status, count in left.items()))
    yield ("状态",)
    yield from ((status, f"{STATUS_TITLES[status]}：{meaning}") for status, meaning in STATUS_MEANINGS.items())
    yield ("提示",)
    yield from FLAG_TITLES.items()
    yield ("字段",)
    yield ("列 / column", "字段 / field", "类型 / type", "说明", "description", "取值 / values")
    for column in table.columns[:200]:
        values = " ".join(column.choices)
        yield (column.title, column.name, _TYPES[column.type], column.description_zh, column.description, values)
