"""CSV: `data` for programs (UTF-8, English headers), `excel` for people (byte order mark, `gongbao.export.people`)."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

from gongbao.errors import ExportError
from gongbao.export.cells import cell_text
from gongbao.export.columns import RowTable
from gongbao.export.formats import Style, open_text
from gongbao.export.people import for_people
from gongbao.export.select import Data
from gongbao.formulas import guard


def write(data: Data, path: Path | int, style: Style) -> int:
    """Write the selected records as CSV; returns the number of rows.

    Raises:
        ExportError: the encoding is unknown or cannot hold a character (`export.encoding`).
    """
    return write_table(data.table(), path, style)


def write_tabs(data: Data, path: Path | int, style: Style) -> int:
    """The same with tabs between the cells; one that holds a tab, a quote or a line end stands in quotes."""
    return write_table(data.table(), path, style, separator="\t")


def write_table(table: RowTable, path: Path | int, style: Style, *, separator: str = ",") -> int:
    """Write any table as CSV."""
    excel = style.audience == "excel"
    table = for_people(table) if excel else table
    encoding = style.encoding or ("utf-8-sig" if excel else "utf-8")
    check_encoding(encoding)
    cells = [(column.name, cell_text(column, excel=excel)) for column in table.columns]
    count = 0
    # Excel reads CR LF most reliably; programs want LF.
    try:
        with open_text(path, encoding) as file:
            out = csv.writer(file, delimiter=separator, lineterminator="\r\n" if excel else "\n")
            out.writerow([guard(column.title if excel else column.name) for column in table.columns])
            for count, row in enumerate(table.rows, 1):  # noqa: B007
                out.writerow([cell(row[name]) for name, cell in cells])
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise ExportError(
            f"{encoding} has no {character!r} (U+{ord(character):04X})",
            where="--encoding",
            fix="Use utf-8 or gb18030, which hold every character",
            code="export.encoding",
        ) from error
    return count


def check_encoding(encoding: str) -> None:
    """Refuse an encoding that Python does not know as one for text."""
    try:
        text = codecs.lookup(encoding)._is_text_encoding
    except (LookupError, UnicodeError, ValueError):  # no name at all: bytes that are no UTF-8, a NUL
        text = False
    if not text:
        fix = "Use utf-8, gb18030 or gbk"
        raise ExportError(f"no encoding {encoding!r}", where="--encoding", fix=fix, code="export.encoding")
