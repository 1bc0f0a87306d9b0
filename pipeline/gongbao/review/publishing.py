"""Publishing from the review page: what `gongbao export baseline --to xlsx` writes."""

from __future__ import annotations

from pathlib import Path

from gongbao.diff.sources import Places


def published_table(places: Places) -> Path:
    """Where the table of accepted records is, once it is published."""
    return places.outputs / "exports" / "baseline.xlsx"


def published(places: Places) -> tuple[Path, int]:
    """Write the accepted records to their table; where it is, and how many they are.

    Raises:
        GongbaoError: there are none, or the file cannot be written.
    """
    from gongbao.export.select import Data, Selection
    from gongbao.export.sources import open_named
    from gongbao.export.writing import export, target_of

    path = published_table(places)
    data = Data([open_named("baseline", places.outputs, places.baseline)], Selection())
    written = export(data, target_of("xlsx", str(path), lambda _: path))
    return path, written.rows
