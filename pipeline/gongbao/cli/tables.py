"""Tables of records for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from rich.table import Table
from rich.text import Text

from gongbao.export.titles import STATUS_TITLES
from gongbao.record import Record

COLUMNS = ("place", "initiative", "indicator", "amount", "year", "confidence")


def record_table(records: Iterable[Record], *, limit: int | None = None, total: int | None = None) -> Table:
    """A table of records: who, what, how much, when. With `limit`, the first so many and a line that says so.

    An amount that is no level (a plan, a change, ...) has its status beside it.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("地点 place", overflow="fold", max_width=22)
    table.add_column("事项 initiative", overflow="fold", max_width=24)
    table.add_column("指标 indicator", overflow="fold", max_width=24)
    table.add_column("数量 amount", justify="right", overflow="fold")
    table.add_column("年份 year", justify="right")
    table.add_column("可信度", justify="right")
    for record in islice(records, limit):
        bound = "" if record.bound == "=" else record.bound
        sign = "-" if record.kind == "growth" and record.value < 0 else ""
        said = f" {STATUS_TITLES[record.status]}" if record.status not in ("actual", None) else ""
        table.add_row(
            Text(record.place or "–"),
            Text(record.initiative or "–"),
            Text(record.indicator or "–"),
            Text(f"{bound}{sign}{record.amount}{said}"),
            str(record.year or "–"),
            Text(f"{record.confidence:.2f}", style="" if record.confidence >= 0.6 else "yellow"),
        )
    if limit is not None and total is not None and total > limit:
        table.caption = f"the first {limit} of {total} records"
    return table
