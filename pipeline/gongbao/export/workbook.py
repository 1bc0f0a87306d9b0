"""XLSX for people: 记录 (records), 待核对 (to be checked), 汇总 (totals), 说明 (what it all means); or 宽表 and 说明.

Codes are text, amounts numbers, dates dates; the rest is as `gongbao.export.people` has it.
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
from gongbao.export.columns import Column, Row, RowTable
from gongbao.export.formats import Style
from gongbao.export.people import WAN, YI, for_people
from gongbao.export.rows import LOW_CONFIDENCE, exact
from gongbao.export.select import Data
from gongbao.export.summary import Summary
from gongbao.export.titles import LEFT_OUT_TITLES, STATUS_MEANINGS, STATUS_TITLES, WORDS

_FIXED = 3
"""How many columns of the wide table stay in sight: where, when, what."""
MAX_ROWS = 1_048_575
MAX_COLUMNS = 16_384
_LONGEST = 32_767
_DIGITS = 15  # what a spreadsheet's numbers hold
_WIDTHS = {"place": 26, "initiative": 22, "indicator": 20, "amount": 14, "value": 17, "sentence": 60, "title": 32}
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
_WIDTHS |= {
    "kind": 8,
    "year": 7,
    "min_confidence": 9,
    "value_max": 14,
    YI: 12,
    WAN: 14,
    "confidence": 8,
    "conflicts": 16,
}

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
    writer = _Sheets(book)
    if data.selection.wide:
        shown = for_people(data.table())
        count = writer.add("宽表", shown.columns, shown.rows, fixed=0 if data.selection.columns else _FIXED)
    else:
        summary = Summary()
        table = data.table()
        if not data.selection.columns:  # the totals need columns that a narrower table lacks
            table = replace(table, rows=summary.counting(table.rows))
        shown = for_people(table)
        count = writer.add("记录", shown.columns, shown.rows)
        writer.add("待核对", shown.columns, for_people(data.table(data.doubtful())).rows)
        if data.selection.columns:
            for _ in summary.counting(data.rows()):
                pass
        writer.add("汇总", summary.columns(), summary.rows())
    writer.notes("说明", list(_notes(shown, data.facts())))
    return count


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

    def add(self, name: str, columns: Sequence[Column], rows: Iterable[Row], *, fixed: int = 0) -> int:
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
        sheet.freeze_panes(1, fixed)
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
            return lambda sheet, r, c, v: self._text(sheet, r, c, "；".join(v))
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
    ("待核对", f"可信度低于 {LOW_CONFIDENCE} 的记录，请人工核对；接受过的记录不在其中"),
    ("汇总", "按地点和年份统计各类记录的条数；金额不相加（各条口径不同），给出其中最大的一条"),
)

_WIDE_SHEETS = (
    (
        "宽表",
        "每行一个地点、年份和事项，每列一个指标；计划数另列“计划”列；金额按各列大小以 亿元、万元 或 元 计，见表头",
    ),
    (
        "取舍",
        "只列实际数和计划数；同一格有几个时段的，取文中写明的、最新的、最长的时段；同一时段数值不同的，取可信度最高者，并在“数值不一”中列出",
    ),
)


def _notes(table: RowTable, facts: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield ("公报数据：从公报文章中提取的事实",)
    yield from _WIDE_SHEETS if facts["selection"]["wide"] else _SHEETS
    if not facts["selection"]["wide"]:
        yield (
            "金额",
            "数值以 元 等基本单位计；人民币金额另列 亿元、万元。超过 15 位有效数字的数值以文本保存，以免被舍入",
        )
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
        yield ("未列入宽表", "；".join(f"{LEFT_OUT_TITLES[why]} {count} 条" for why, count in left.items()))
    yield ("状态",)
    yield from ((STATUS_TITLES[status], meaning) for status, meaning in STATUS_MEANINGS.items())
    yield ("字段",)
    yield ("列 / column", "字段 / field", "类型 / type", "说明", "description", "取值 / values")
    for column in table.columns[:200]:
        values = "、".join(WORDS.get(column.name, {}).values()) or " ".join(column.choices)
        yield (column.title, column.name, _TYPES[column.type], column.description_zh, column.description, values)
