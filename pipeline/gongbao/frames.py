"""Records as pandas data frames, and the `gongbao` accessor on them.

frame = Pipeline().extract(text).to_pandas()      # or read_records("outputs/latest")
frame.gongbao.display()   # amounts in 亿元 and 万元 as people read them
frame.gongbao.pivot()     # one row a place, initiative and indicator, one column a year
frame.gongbao.money()     # money in 元 as 亿元
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pandas

from gongbao.canonical import as_decimal
from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.read.failing import failure
from gongbao.read.limits import Limits
from gongbao.read.own_fields import OWN
from gongbao.read.rows import Row, article_from_row
from gongbao.record import Bound, Kind, Record, Status

_DTYPES = {
    "value": "float64",
    "value_max": "float64",
    "year": "Int64",
    "start": "int64",
    "end": "int64",
    "sentence_start": "int64",
    "sentence_end": "int64",
    "confidence": "float64",
    # All there are, in every frame: frames of several articles can be put together and keep the type.
    "kind": pandas.CategoricalDtype(list(get_args(Kind))),
    "bound": pandas.CategoricalDtype(list(get_args(Bound))),
    "status": pandas.CategoricalDtype(list(get_args(Status))),
}
_DATES = ("pub_date", "period_start", "period_end")
_OBJECTS = ("evidence", "field_confidence", "alternatives", "extra")
_YI, _WAN = Decimal(10) ** 8, Decimal(10) ** 4
_SIZES = {"元": Decimal(1), "万元": _WAN, "亿元": _YI}
_BOUNDS = {"~": "约", ">": "超", "<": "不足"}


def to_pandas(records: Iterable[Record], *, exact: bool = False) -> pandas.DataFrame:
    """A data frame with one row a record and the schema's columns in order.

    Args:
        records: The records.
        exact: Keep `value` and `value_max` as `decimal.Decimal` instead of float64.

    Dates are datetime64, years Int64 with missing values, codes and names strings, `flags` lists; `evidence`,
    `field_confidence` and `alternatives` are dicts as JSON has them, `extra` one or None.
    """
    columns = list(Record.model_fields)
    chosen = list(records)
    frame = pandas.DataFrame([[getattr(record, name) for name in columns] for record in chosen], columns=columns)
    said = [record.to_dict() for record in chosen]
    for name in _OBJECTS:
        frame[name] = pandas.Series([row.get(name) for row in said], dtype="object")
    for name, dtype in _DTYPES.items():
        if not (exact and name in {"value", "value_max"}):
            frame[name] = frame[name].astype(dtype)  # type: ignore[call-overload]
    for name in _DATES:
        # Microseconds hold every date there is, and empty columns get the same type as full ones.
        frame[name] = pandas.to_datetime(frame[name]).astype("datetime64[us]")
    strings = [n for n in columns if n not in _DTYPES and n not in _DATES and n not in {*_OBJECTS, "flags"}]
    return frame.astype(dict.fromkeys(strings, "string"))


def articles_of(frame: pandas.DataFrame, named: Mapping[str, str | None]) -> Iterator[Article | Failure]:
    """The rows of a data frame as articles, as `Pipeline.extract_frame` says; `named` gives the columns of fields.

    Raises:
        ReadError: it is no frame of pandas, there is no such column, or two of that name (`read.column`).
    """
    _check(frame)
    chosen = {field: field if name is None else name for field, name in named.items()}
    columns = {f: name for f, name in chosen.items() if named[f] is not None or name in frame.columns}
    for field, name in columns.items():
        if name not in frame.columns:
            known = ", ".join(map(str, frame.columns))[:200]
            raise ReadError(
                f"no column {name!r} for {field}", where="the frame", fix=f"Its columns: {known}", code="read.column"
            )
    own = [name for name in frame.columns if name not in columns.values()]
    labels = frame.index if frame.index.is_unique else range(len(frame))
    cells = {name: frame[name].tolist() for name in (*columns.values(), *own)}
    seen: set[str] = set()
    for at, label in enumerate(labels):
        values = {field: cells[name][at] for field, name in columns.items()}
        fields = {field: None if _is_missing(value) else value for field, value in values.items()}
        row = Row("read.row", str(label), f"row {label}")
        try:
            article = article_from_row(
                {**fields, OWN: {str(name): cells[name][at] for name in own}}, row, None, Limits(), None
            )
            if article.id in seen:
                raise ReadError(
                    f"Another row has the id {article.id!r}, too",
                    where=row.where,
                    fix="Give each row an id of its own",
                    code="read.duplicate_id",
                )
            seen.add(article.id)
            yield article
        except ReadError as error:
            yield failure(error, row.identifier)


def _check(frame: object) -> None:
    if not isinstance(frame, pandas.DataFrame):
        fix = "Turn it into one (polars and Arrow: .to_pandas()), or give its rows as dicts to pipe"
        raise ReadError(f"a {type(frame).__name__}, not a pandas frame", where="the frame", fix=fix, code="read.column")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        fix = "Rename one, or leave it out"
        raise ReadError(f"two columns are called {twice[0]!r}", where="the frame", fix=fix, code="read.column")


def _is_missing(value: Any) -> bool:
    return value is None or bool(pandas.api.types.is_scalar(value) and pandas.isna(value))


def with_failures(frame: pandas.DataFrame, failures: Sequence[Failure]) -> pandas.DataFrame:
    """A frame that says which articles gave no records: `attrs["failures"]`, and a warning."""
    frame.attrs["failures"] = [asdict(failure) for failure in failures]
    if failures:
        first = failures[0]
        warnings.warn(
            f"{len(failures)} rows gave no records, see .attrs['failures']; the first, {first.where}: {first.message}",
            stacklevel=3,
        )
    return frame


def read_records(
    path: str | Path = "latest",
    *,
    where: str | None = None,
    exact: bool = False,
    outputs: str | Path = "outputs",
    baseline: str | Path = "corpus/baseline",
) -> pandas.DataFrame:
    """The records of a run folder or records file as a data frame.

    Args:
        path: A run folder, a records.jsonl file, `latest`, `previous`, or `baseline` (what was accepted or edited).
        where: A filter as of `gongbao export --where`.
        exact: As of `to_pandas`.
        outputs: Where the named runs are.
        baseline: Where the accepted records are.

    Raises:
        GongbaoError: there are no records (`export.missing`), or the filter does not parse (`export.where`).
    """
    from gongbao.export.rows import to_record
    from gongbao.export.select import Data, Selection
    from gongbao.export.sources import open_named

    data = Data([open_named(str(path), Path(outputs), Path(baseline))], Selection(where))
    return to_pandas((to_record(row) for row in data.rows()), exact=exact)


def display_amount(value: Decimal | float, unit: str) -> str:
    """A value as people read it: in 亿 or 万 where it is that large, without trailing zeros."""
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
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
        """Who, what, how much, when, and whether it is so.

        Amounts are in 亿 and 万, ranges with both ends, 约 超 不足 before them.
        """
        names = ["place", "initiative", "indicator", "year", "kind", "status"]
        shown = self._frame[names].copy()
        columns = (self._frame[name] for name in ("value", "value_max", "unit", "bound"))
        shown.insert(3, "amount", [_shown(*cells) for cells in zip(*columns, strict=True)])
        return shown

    def pivot(self, *, kind: str = "money", values: str = "value") -> pandas.DataFrame:
        """One row a place, initiative, indicator and unit, one column a year; `kind` chooses the quantities.

        Levels that were so count alone: plans, changes, earlier values and norms are left out (`status`).
        Where several records fall on one cell, the one of the highest confidence counts: amounts of one cell may hold
        parts of each other and are never added up. Missing names are empty strings.
        """
        chosen = self._frame[(self._frame["kind"] == kind) & self._frame["year"].notna()]
        if "status" in chosen.columns:
            chosen = chosen[chosen["status"].isna() | (chosen["status"] == "actual")]
        if "confidence" in chosen.columns:
            chosen = chosen.sort_values("confidence", ascending=False, kind="stable")
        chosen = chosen.copy()
        index = ["place", "initiative", "indicator", "unit"]
        chosen[index] = chosen[index].fillna("")
        return chosen.pivot_table(index=index, columns="year", values=values, aggfunc="first", observed=True)

    def money(self, unit: str = "亿元") -> pandas.Series[Any]:
        """Money in 元 as 亿元, 万元 or 元; missing for anything else."""
        if unit not in _SIZES:
            raise ValueError(f"no unit {unit!r}: choose one of {' '.join(_SIZES)}")
        yuan = (self._frame["kind"] == "money") & (self._frame["unit"] == "元")
        size = _SIZES[unit]
        values = [value if isinstance(value, Decimal) else float(value) for value in self._frame["value"]]
        exact = [as_decimal(value) / size if is_yuan else None for value, is_yuan in zip(values, yuan, strict=True)]
        numbers = [None if number is None else float(number) for number in exact]
        return pandas.Series(numbers, index=self._frame.index, name=unit, dtype="float64")


def _shown(value: Any, value_max: Any, unit: str, bound: str) -> str:
    sign = _BOUNDS.get(bound, "")
    if value_max is None or pandas.isna(value_max):
        return sign + display_amount(value, unit)
    return f"{sign}{display_amount(value, '')}–{display_amount(value_max, unit)}"
