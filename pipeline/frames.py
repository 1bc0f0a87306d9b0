"""Records as pandas data frames, and the `gongbao` accessor on them.

    frame = Pipeline().extract(text).to_pandas()
    frame.gongbao.display()   # amounts in 亿元 and 万元 as people read them
    frame.gongbao.pivot()     # one row a place and initiative, one column a year
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pandas

from pipeline.models import Record

_DTYPES = {
    "value": "float64",
    "value_max": "float64",
    "year": "Int64",
    "start": "int64",
    "end": "int64",
    "sentence_start": "int64",
    "sentence_end": "int64",
    "confidence": "float64",
    "kind": "category",
    "bound": "category",
}
_DATES = ("pub_date", "period_start", "period_end")
_YI, _WAN = Decimal(10) ** 8, Decimal(10) ** 4


def to_pandas(records: Iterable[Record], *, exact: bool = False) -> pandas.DataFrame:
    """A data frame with one row a record and the schema's columns in order.

    Args:
        records: The records.
        exact: Keep `value` and `value_max` as `decimal.Decimal` instead of float64.

    Dates are datetime64, years Int64 with missing values, codes and names strings, `evidence` dicts, `flags` lists.
    """
    columns = list(Record.model_fields)
    rows = [[getattr(record, name) for name in columns] for record in records]
    frame = pandas.DataFrame(rows, columns=columns)
    evidence = columns.index("evidence")
    frame["evidence"] = pandas.Series(
        [{key: item.model_dump() for key, item in row[evidence].items()} for row in rows], dtype=object
    )
    for name, dtype in _DTYPES.items():
        if not (exact and name in {"value", "value_max"}):
            frame[name] = frame[name].astype(dtype)  # type: ignore[call-overload]
    for name in _DATES:
        frame[name] = pandas.to_datetime(frame[name])
    strings = [n for n in columns if n not in _DTYPES and n not in _DATES and n not in {"evidence", "flags"}]
    return frame.astype(dict.fromkeys(strings, "string"))


def display_amount(value: Decimal | float, unit: str) -> str:
    """A value as people read it: money in 亿元 or 万元, other units as they are, no trailing zeros."""
    number = Decimal(repr(value)) if isinstance(value, float) else value
    for size, prefix in ((_YI, "亿"), (_WAN, "万")):
        if abs(number) >= size:
            return f"{_plain(number / size)}{prefix}{unit}"
    return f"{_plain(number)}{unit}"


def _plain(number: Decimal) -> str:
    text = format(number.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@pandas.api.extensions.register_dataframe_accessor("gongbao")
class GongbaoAccessor:
    """Views of a frame of records."""

    def __init__(self, frame: pandas.DataFrame) -> None:
        missing = {"place", "year", "value", "unit", "indicator"} - set(frame.columns)
        if missing:
            raise AttributeError(f"not a frame of records: no column {sorted(missing)[0]}")
        self._frame = frame

    def display(self) -> pandas.DataFrame:
        """Who, what, how much and when, amounts written in 亿 and 万."""
        frame = self._frame[["place", "initiative", "indicator", "year", "kind", "bound"]].copy()
        amounts = [display_amount(v, u) for v, u in zip(self._frame["value"], self._frame["unit"], strict=True)]
        frame.insert(3, "amount", amounts)
        return frame

    def pivot(self, *, kind: str = "money", values: str = "value", aggregate: Any = "max") -> pandas.DataFrame:
        """One row a place, initiative and indicator, one column a year; `kind` chooses the quantities."""
        chosen = self._frame[self._frame["kind"] == kind].copy()
        index = ["place", "initiative", "indicator", "unit"]
        chosen[index] = chosen[index].fillna("")
        return chosen.pivot_table(index=index, columns="year", values=values, aggfunc=aggregate, observed=True)
