"""JSON lines: the master copy, byte for byte as a run writes it."""

from __future__ import annotations

from pathlib import Path

from gongbao.canonical import dump_json
from gongbao.export.formats import Style, open_text
from gongbao.export.select import Data


def write(data: Data, path: Path | int, style: Style) -> int:
    """Write one JSON object a row; returns the number of rows."""
    table = data.table()
    names = [column.name for column in table.columns]
    count = 0
    with open_text(path) as file:
        for count, row in enumerate(table.rows, 1):  # noqa: B007
            file.write(dump_json({n: row[n] for n in names if n != "extra" or row[n] is not None}))
            file.write("\n")
    return count
