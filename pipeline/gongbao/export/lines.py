"""JSON: as lines, the master copy, byte for byte as a run writes it; and as one list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gongbao.canonical import dump_json
from gongbao.export.formats import Style, open_text
from gongbao.export.select import Data


def write(data: Data, path: Path | int, style: Style) -> int:
    """Write one JSON object a row; returns the number of rows."""
    count = 0
    with open_text(path) as file:
        for count, line in enumerate(_objects(data), 1):  # noqa: B007
            file.write(line)
            file.write("\n")
    return count


def write_list(data: Data, path: Path | int, style: Style) -> int:
    """Write one JSON list of the rows, each on a line of its own; returns their number."""
    count = 0
    with open_text(path) as file:
        for count, line in enumerate(_objects(data), 1):
            file.write("[\n" if count == 1 else ",\n")
            file.write(line)
        file.write("\n]\n" if count else "[]\n")
    return count


def _objects(data: Data) -> Iterator[str]:
    table = data.table()
    names = [column.name for column in table.columns]
    for row in table.rows:
        yield dump_json({n: row[n] for n in names if n != "extra" or row[n] is not None})
