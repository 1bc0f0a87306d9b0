"""Parquet: typed columns (exact decimals, dates, lists), and the run, versions and schema in the file's metadata.

`evidence`, `field_confidence` and `alternatives` are structs of fields, which every reader of Parquet knows:
`evidence.place.rule` in DuckDB. Of an alternative the value is text. `extra` is JSON: articles may have any fields.
Columns have names that SQL does not reserve (`span_end`); each field's metadata says which one of the record it is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from gongbao.canonical import dump_json
from gongbao.export.cells import json_text
from gongbao.export.columns import Column, Row, RowTable, alternative_columns, evidence_columns, record_columns
from gongbao.export.formats import Style
from gongbao.export.rows import exact
from gongbao.export.schema import record_schema
from gongbao.export.select import Data
from gongbao.export.sources import RecordSource
from gongbao.record import EVIDENCE_FIELDS, SCHEMA_VERSION, JudgedField, LinkedField

PARTS = {
    "evidence": EVIDENCE_FIELDS,
    "field_confidence": get_args(JudgedField),
    "alternatives": get_args(LinkedField),
}
"""The fields of each struct."""
BATCH = 20_000
PART = 500_000
"""Rows of one file of a folder of them."""
DECIMAL = pa.decimal128(38, 12)
"""26 digits before the point and 12 behind it."""
WIDE_DECIMAL = pa.decimal256(76, 30)
"""For exports that hold a number which `DECIMAL` cannot."""


def write(data: Data, path: Path, style: Style) -> int:
    """Write the selected records as Parquet; returns the number of rows."""

    def attempt(decimal: pa.DataType) -> int:
        table = data.table()
        schema = arrow_schema(table.columns, decimal).with_metadata(_metadata(data, table))
        return _write(table.rows, table.columns, schema, path)

    return _exactly(attempt)


def write_parts(records: Path, folder: Path, *, rows: int = PART) -> int:
    """Write a file of records as a new folder of Parquet files, `part-00000.parquet` and so on; returns their number.

    The same records give the same bytes. A file without records gives one part without rows, which says the columns.
    """
    facts = {"gongbao.schema_version": SCHEMA_VERSION, "gongbao.schema": dump_json(record_schema())}

    def attempt(decimal: pa.DataType) -> int:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        columns = record_columns()
        schema = arrow_schema(columns, decimal).with_metadata(facts)
        stream = RecordSource(records, records).rows()
        for number in count():
            first = list(islice(stream, 1))
            if not first and number:
                return number
            path = folder / f"part-{number:05d}.parquet"
            _write(chain(first, islice(stream, rows - 1)), columns, schema, path)
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        raise AssertionError

    return _exactly(attempt)


def _exactly(attempt: Callable[[pa.DataType], int]) -> int:
    """Write with decimals as they are common, and again with wide ones where a number does not fit."""
    try:
        return attempt(DECIMAL)
    except pa.ArrowInvalid as error:
        if "ecimal" not in str(error) and "rescal" not in str(error):
            raise
        return attempt(WIDE_DECIMAL)


def _write(rows: Iterable[Row], columns: Sequence[Column], schema: pa.Schema, path: Path) -> int:
    makers = [(column.name, _values(column)) for column in columns]
    written = 0
    # A name in bytes that are no UTF-8 is nothing that Arrow could open.
    with path.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            written += len(batch)
            arrays = [
                pa.array(make([row[name] for row in batch]), field.type)
                for (name, make), field in zip(makers, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return written


def arrow_schema(columns: Sequence[Column], decimal: pa.DataType = DECIMAL) -> pa.Schema:
    """The Arrow schema of columns; each field's metadata holds the record's name for it, its title and descriptions."""
    types = {"string": pa.string(), "integer": pa.int64(), "decimal": decimal, "number": pa.float64()}
    types |= {"date": pa.date32(), "list": pa.list_(pa.string())}
    evidence, other = (
        pa.struct([pa.field(c.name, types[c.type]) for c in columns])
        for columns in (evidence_columns(), alternative_columns())
    )
    parts = {"evidence": evidence, "field_confidence": pa.float64(), "alternatives": pa.list_(other)}
    each = {name: pa.struct([pa.field(key, parts[name]) for key in keys]) for name, keys in PARTS.items()}
    each["extra"] = pa.string()
    return pa.schema(
        pa.field(
            c.sql_name,
            each[c.name] if c.type == "object" else types[c.type],
            c.nullable,
            {"name": c.name, "title": c.title, "description": c.description, "description_zh": c.description_zh},
        )
        for c in columns
    )


def _metadata(data: Data, table: RowTable) -> dict[str, str]:
    facts = data.facts()
    known = {f"gongbao.{name}": v if isinstance(v, str) else dump_json(v) for name, v in facts.items()}
    known["gongbao.run_id"] = ",".join(source.run_id for source in data.sources)
    return known | {"gongbao.schema": dump_json(record_schema())}


def _values(column: Column) -> Callable[[list[Any]], list[Any]]:
    if column.type == "decimal":
        return lambda values: [_decimal(value) for value in values]
    if column.type == "date":
        return lambda values: [None if value is None else date.fromisoformat(value) for value in values]
    if column.name == "alternatives":
        return lambda values: [_as_text(value) for value in values]
    if column.name == "extra":
        return lambda values: [None if value is None else json_text(value) for value in values]
    return lambda values: values


def _as_text(others: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Alternatives with the years among them as text: a column of Parquet has one type."""
    return {
        name: [{**item, "value": None if item["value"] is None else str(item["value"])} for item in found]
        for name, found in others.items()
    }


def _decimal(value: Any) -> Decimal | None:
    return Decimal(value) if type(value) is int else exact(value)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        yield batch
