"""Tables of records for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from rich.table import Table
from rich.text import Text

from gongbao.cli.terminal import said, word
from gongbao.context import in_context
from gongbao.export.rows import LOW_CONFIDENCE
from gongbao.record import Record

_COLUMNS = ("place", "year", "initiative", "indicator", "amount", "confidence")
_WITH_SENTENCE = 130
"""From this width on the sentence stands beside the record."""


def record_table(
    records: Iterable[Record], *, limit: int | None = None, total: int | None = None, width: int = 80
) -> Table:
    """A table of records: who, when, what, how much. With `limit`, the first so many and a line that says so.

    An amount that is no level (a plan, a change, ...) has its status beside it. Where `width`, that of the terminal,
    has room, the sentence stands there too.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in _COLUMNS:
        right = name in ("year", "amount", "confidence")
        table.add_column(said(name), justify="right" if right else "left", overflow="fold")
    room = width * 2 // 5 if width >= _WITH_SENTENCE else 0
    if room:
        table.add_column(said("sentence"), no_wrap=True, width=room)
    for record in islice(records, limit):
        bound = "" if record.bound == "=" else record.bound
        sign = "-" if record.kind == "growth" and record.value < 0 else ""
        status = "" if record.status in ("actual", None) else f" {word('status', record.status)}"
        row = [
            Text(record.place or "–"),
            Text(str(record.year or "–")),
            Text(record.initiative or "–"),
            Text(record.indicator or "–"),
            Text(f"{bound}{sign}{record.amount}{status}"),
            Text(f"{record.confidence:.2f}", style="" if record.confidence >= LOW_CONFIDENCE else "yellow"),
        ]
        table.add_row(*row, *([in_context(record.to_dict(), room)] if room else []))
    if limit is not None and total is not None and total > limit:
        table.caption = said(f"the first {limit} of {total} records")
    return table
