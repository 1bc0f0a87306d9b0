"""Parquet: typed columns (exact decimals, dates, lists), and the run, versions and schema in the file's metadata.

`evidence` is a map from field to how, rule and span: `evidence['place'].rule` in DuckDB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.export.columns import Column, Row, evidence_columns
from pipeline.export.formats import Style
from pipeline.export.rows import exact
from pipeline.export.schema import record_schema
from pipeline.export.select import Data, Table
from pipeline.models import dump_json

BATCH = 20_000
DECIMAL = pa.decimal128(38, 12)
"""26 digits before the point and 12 behind it."""
WIDE_DECIMAL = pa.decimal256(76, 30)
"""For exports that hold a number which `DECIMAL` cannot."""


def write(data: Data, path: Path, style: Style) -> int:
    """Write the selected records as Parquet; returns the number of rows."""
    try:
        return _write(data, path, DECIMAL)
    except pa.ArrowInvalid as error:
        if "ecimal" not in str(error) and "rescal" not in str(error):
            raise
        return _write(data, path, WIDE_DECIMAL)


def _write(data: Data, path: Path, decimal: pa.DataType) -> int:
    table = data.table()
    schema = arrow_schema(table.columns, decimal).with_metadata(_metadata(data, table))
    makers = [(column.name, _values(column)) for column in table.columns]
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(table.rows):
            count += len(batch)
            arrays = [
                pa.array(make([row[name] for row in batch]), field.type)
                for (name, make), field in zip(makers, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return count


def arrow_schema(columns: Sequence[Column], decimal: pa.DataType = DECIMAL) -> pa.Schema:
    """The Arrow schema of columns; each field's metadata holds its title and descriptions."""
    types = {"string": pa.string(), "integer": pa.int64(), "decimal": decimal, "number": pa.float64()}
    types |= {"date": pa.date32(), "list": pa.list_(pa.string())}
    part = pa.struct([pa.field(c.name, types[c.type]) for c in evidence_columns()])
    types["object"] = pa.map_(pa.string(), part)
    return pa.schema(
        pa.field(
            c.name,
            types[c.type],
            c.nullable,
            {"title": c.title, "description": c.description, "description_zh": c.description_zh},
        )
        for c in columns
    )


def _metadata(data: Data, table: Table) -> dict[str, str]:
    facts = data.facts()
    known = {f"gongbao.{name}": v if isinstance(v, str) else dump_json(v) for name, v in facts.items()}
    known["gongbao.run_id"] = ",".join(source.run_id for source in data.sources)
    return known | {"gongbao.schema": dump_json(record_schema())}


def _values(column: Column) -> Callable[[list[Any]], list[Any]]:
    if column.type == "decimal":
        return lambda values: [_decimal(value) for value in values]
    if column.type == "date":
        return lambda values: [None if value is None else date.fromisoformat(value) for value in values]
    if column.type == "object":
        return lambda values: [list(value.items()) for value in values]
    return lambda values: values


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) if type(value) is int else exact(value)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        yield batch
