"""Articles in tables, .csv and .xlsx: the first row names the columns, every other row is an article."""

from __future__ import annotations

import csv
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gongbao.chinese.script import lexicon
from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.read.archive import BoundedZip, check_archive
from gongbao.read.encoding import SAMPLE
from gongbao.read.failing import failure, too_large
from gongbao.read.json_lines import codec_of, decoded, row_encoding, stored_lines
from gongbao.read.limits import Limits
from gongbao.read.rows import Row, article_from_row, no_rows
from gongbao.read.sources import Source
from gongbao.read.streams import broken, open_bytes

MAX_ROWS = 1_048_576
"""Rows of a sheet, as Excel has it; a file may claim more."""


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a table's columns, English where a Chinese one stands for it and the English one is not there."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, cells: Sequence[Any], where: str, code: str) -> Header:
        """Read a header row; one without a column for the text is an error that names what is there."""
        names = ["" if cell is None else str(cell).strip().lstrip("\ufeff") for cell in cells]
        for other, field in map(str.split, lexicon("table_headers")):
            if field not in names and other in names:
                names[names.index(other)] = field
        if "text" not in names:
            found = ", ".join(name for name in names if name) or "nothing"
            raise ReadError(
                f"No column is named text; found: {found[:200]}",
                where=where,
                fix="Name the columns in the first row: id, text, title, pub_date, source",
                code=code,
            )
        return cls(tuple(names))

    def fields(self, cells: Sequence[Any], row: Row) -> dict[str, Any]:
        """The row by column; more cells than columns means that a text was cut at its commas."""
        if any(cell not in ("", None) for cell in cells[len(self.names) :]):
            raise ReadError(
                f"The row has {len(cells)} cells, the header {len(self.names)}",
                where=row.where,
                fix="Put texts that hold the separator in quotes",
                code=row.code,
            )
        return {name: cell for name, cell in zip(self.names, cells, strict=False) if name and cell not in ("", None)}


def read_csv(source: Source, limits: Limits) -> Iterator[Article | Failure]:
    """The articles of a .csv file; separators are comma, semicolon or tab, whichever the header has most of."""
    where = str(source.path)
    with open_bytes(source.path, source.packing, limits) as stream:
        head = stream.read(SAMPLE)
    if not head.strip():
        raise no_rows(source)
    encoding, skip = row_encoding(head, where=where)
    first = next((line for line in head[skip:].decode(encoding, "replace").splitlines() if line.strip()), None)
    if first is None:
        raise no_rows(source)
    separator = max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
    header: Header | None = None
    number = 0
    for at, cells in _csv_rows(source, encoding, skip, separator, limits):
        if header is None:
            if isinstance(cells, ReadError):
                raise cells
            header = Header.of(cells, where, "read.csv")
            continue
        number += 1
        row = Row("read.csv", f"{source.id}:{number}", f"{where}:{at}")
        try:
            if isinstance(cells, ReadError):
                raise cells
            yield article_from_row(header.fields(cells, row), row, str(source.path), limits, encoding)
        except ReadError as error:
            yield failure(error, row.identifier)
    if number == 0:
        raise no_rows(source)


def _csv_rows(
    source: Source, encoding: str, skip: int, separator: str, limits: Limits
) -> Iterator[tuple[int, list[str] | ReadError]]:
    """The rows that are not blank, each with the number of its first line; an error stands for a row it spoiled."""
    where = str(source.path)
    problems: list[ReadError] = []

    def lines() -> Iterator[str]:
        for number, offset, line in stored_lines(source, encoding, skip, limits):
            if line is None:
                problems.append(too_large("The line", f"{where}:{number}", limit=f"{limits.max_bytes:,} bytes"))
                return  # it may have held any number of quotes: nothing behind it can be trusted
            try:
                yield decoded(line, encoding, offset, f"{where}:{number}")
            except ReadError as error:
                problems.append(error)
                yield line.decode(codec_of(encoding), "replace")

    # The module's limit is one for the whole process; raising it changes nothing for anybody else.
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_characters))
    reader = csv.reader(lines(), delimiter=separator, strict=True)
    while True:
        at = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            problems.append(
                ReadError(
                    f"The row is no CSV ({error}), and what follows it may be lost with it",
                    where=f"{where}:{at}",
                    fix='Put cells that hold quotes or separators in quotes, and double the quotes inside ("")',
                    code="read.csv",
                )
            )
            cells = []
        if problems:
            yield at, problems[0]
            problems.clear()
        elif cells is None:
            return
        elif any(cell.strip() for cell in cells):
            yield at, cells


def read_xlsx(source: Source, limits: Limits) -> Iterator[Article | Failure]:
    """The articles of an .xlsx file: the rows of every sheet that has a column named text.

    Raises:
        ReadError: `read.xlsx` if no sheet has one, `read.broken`, `read.hostile` or `read.too_large` for the file.

    """
    where = str(source.path)
    with open_bytes(source.path) as stream:
        check_archive(stream, where, limits)
        stream.seek(0)
        from openpyxl.reader.excel import ExcelReader

        try:
            with warnings.catch_warnings():  # of features that a table of texts does not need
                warnings.simplefilter("ignore")
                reader = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
                reader.archive = BoundedZip(stream, where, limits)
                reader.read()
                book = reader.wb
        except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, SyntaxError) as error:
            raise broken(f"The .xlsx file is damaged ({type(error).__name__}: {error})", where) from error
        headers: list[ReadError] = []
        number = failed = 0
        for index, sheet in enumerate(book.worksheets):
            if not hasattr(sheet, "reset_dimensions"):
                continue  # a sheet of charts
            sheet.reset_dimensions()  # some programs write a size that leaves rows out
            prefix = f"{source.id}:" if not number else f"{source.id}:{index + 1}:"
            try:
                for item in _sheet(sheet, prefix, f"{where}[{sheet.title}]", source, limits):
                    number += 1
                    yield item
            except ReadError as error:
                if error.code == "read.xlsx":
                    headers.append(error)  # a sheet of something else, if another one holds articles
                    continue
                failed += 1
                yield failure(error, source.id)
        if number + failed == 0:
            raise headers[0] if headers else no_rows(source)


def _sheet(sheet: Any, prefix: str, where: str, source: Source, limits: Limits) -> Iterator[Article | Failure]:
    from openpyxl.utils.escape import unescape

    header: Header | None = None
    number = filled = 0
    for at, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        filled += len(cells)
        if at > MAX_ROWS:
            raise too_large("The sheet", where, limit=f"{MAX_ROWS:,} rows")
        if filled > limits.max_cells:
            raise too_large("The sheet", where, limit=f"{limits.max_cells:,} cells")
        values = [unescape(cell) if isinstance(cell, str) and "_x" in cell else cell for cell in cells]
        if not any(value not in (None, "") for value in values):
            continue
        if header is None:
            header = Header.of(values, where, "read.xlsx")
            continue
        number += 1
        row = Row("read.xlsx", f"{prefix}{number}", f"{where}:{at}")
        try:
            yield article_from_row(header.fields(values, row), row, str(source.path), limits, None)
        except ReadError as error:
            yield failure(error, row.identifier)
