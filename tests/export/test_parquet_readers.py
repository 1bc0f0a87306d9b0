"""Parquet with structs, as pandas, DuckDB, polars and Hugging Face's datasets load it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.export.exporting import export_to

PLACE = {"how": "stated", "rule": "place.test", "start": 5, "end": 8}


@pytest.fixture(scope="module")
def exported(hard_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet") / "facts.parquet"
    export_to(hard_run, "parquet", path)
    return path


def first_by_pandas(path: Path) -> dict[str, Any]:
    import pandas

    row: dict[str, Any] = pandas.read_parquet(path).iloc[0].to_dict()
    return row


def first_by_duckdb(path: Path) -> dict[str, Any]:
    import duckdb

    (values,) = duckdb.execute(
        "SELECT evidence, alternatives, field_confidence, extra FROM read_parquet(?) LIMIT 1", [str(path)]
    ).fetchall()
    return dict(zip(("evidence", "alternatives", "field_confidence", "extra"), values, strict=True))


def first_by_polars(path: Path) -> dict[str, Any]:
    import polars

    return polars.read_parquet(path).row(0, named=True)


def first_by_datasets(path: Path) -> dict[str, Any]:
    import datasets

    loaded = datasets.load_dataset("parquet", data_files=str(path), cache_dir=str(path.parent / "cache"))
    row: dict[str, Any] = loaded["train"][0]
    return row


@pytest.mark.parametrize("first", [first_by_pandas, first_by_duckdb, first_by_polars, first_by_datasets])
def test_structs_are_loaded(exported: Path, first: Any) -> None:
    row = first(exported)
    assert row["evidence"]["place"] == PLACE and row["evidence"]["unit"] is None
    assert row["alternatives"]["year"][0]["value"] == "2021" and row["alternatives"]["indicator"] is None
    assert row["field_confidence"]["place"] == 0.98
    assert '"外部编号":' in row["extra"].replace('": ', '":')


def test_duckdb_asks_by_name(exported: Path) -> None:
    import duckdb

    asked = (
        f"SELECT evidence.place.rule, extra->>'外部编号' FROM '{exported}' WHERE field_confidence.place > 0.9 LIMIT 1"
    )
    assert duckdb.sql(asked).fetchall() == [("place.test", "330100202101090001234")]


def test_names_need_no_quotes_and_a_view_has_the_old_ones(exported: Path) -> None:
    import duckdb

    db = duckdb.connect()
    ours = db.execute(f"SELECT span_start, span_end, evidence.place.end FROM '{exported}' LIMIT 1").fetchone()
    renamed = 'SELECT * RENAME (span_start AS "start", span_end AS "end")'
    db.execute(f"CREATE VIEW facts AS {renamed} FROM '{exported}'")
    assert db.execute('SELECT "start", "end", evidence.place.end FROM facts LIMIT 1').fetchone() == ours
    assert ours is not None and ours[0] < ours[1] and ours[2] == PLACE["end"]
