"""SQLite with Datasette, and a real PostgreSQL server: same tables, upsert, all or nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from gongbao.document import Extraction
from gongbao.errors import ExportError
from gongbao.export.formats import PLAIN, Changes, Style
from gongbao.export.search import query
from gongbao.export.sqlite import is_ours

from tests.export.exporting import (
    code_of,
    count_of,
    export_to,
    free_port,
    hard_extractions,
    make_record,
    records_of,
    sync,
    to_url,
    write_run,
)

Row = dict[str, Any]


def counts(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as db:
        tables = ("articles", "records", "evidence", "records_fts")
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def test_exporting_again_changes_nothing(corpus_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    number = export_to(corpus_run, "sqlite", path)
    before, size = path.read_bytes(), counts(path)
    assert size["records"] == size["records_fts"] == number and size["evidence"] == 5 * number
    assert export_to(corpus_run, "sqlite", path) == number
    assert path.read_bytes() == before


def test_a_changed_record_is_updated_in_table_and_index(tmp_path: Path) -> None:
    first = hard_extractions()
    path = tmp_path / "facts.db"
    export_to(write_run(tmp_path, "one", first), "sqlite", path)
    changed = first[0].records[0].model_copy(update={"value": Decimal(7), "initiative": "养老服务"})
    second = [replace(first[0], records=(changed, *first[0].records[1:])), *first[1:]]
    export_to(write_run(tmp_path, "two", second), "sqlite", path)
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT value, initiative FROM records WHERE record_id = ?", [changed.record_id]).fetchall()
        assert found == [(7, "养老服务")]
        search = "SELECT r.record_id FROM records_fts f JOIN records r ON r.seq = f.rowid WHERE records_fts MATCH ?"
        assert db.execute(search, ["initiative: 养老服务"]).fetchall() == [(changed.record_id,)]
        assert db.execute(search, ["initiative: 新店贷"]).fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_vacuum_does_not_loosen_the_index(hard_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    export_to(hard_run, "sqlite", path)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM evidence")
        db.execute("DELETE FROM records WHERE seq = 1")
        db.commit()
        db.execute("VACUUM")
        search = "SELECT r.raw FROM records_fts f JOIN records r ON r.seq = f.rowid WHERE records_fts MATCH ?"
        assert db.execute(search, ["客流增长"]).fetchall() == [("-3%",), ("1元",)]


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_database_comes_to_hold_of_each_article_what_is_exported(
    tmp_path: Path, target: str, request: pytest.FixtureRequest
) -> None:
    first, empty, numbers = hard_extractions()
    url = f"sqlite:///{tmp_path}/a.db" if target == "sqlite" else request.getfixturevalue("database")

    def exported(name: str, *extractions: Extraction, style: Style = PLAIN, **selection: Any) -> Changes:
        changes = sync(write_run(tmp_path, name, list(extractions)), url, style, **selection).changes
        assert changes is not None
        return changes

    assert exported("one", first, empty, numbers) == Changes(inserted=6)
    assert exported("again", first, empty, numbers) == Changes(), "from another run, but the same"
    # A corrected figure stands in the place of the old one, an amount that moved leaves nothing behind.
    corrected = first.records[0].model_copy(update={"value": Decimal(7)})
    unit = {**numbers.records[0].evidence, "unit": first.records[0].evidence["amount"]}
    moved = make_record(first.article, "减免", kind="count")
    with_unit = replace(
        numbers, records=(numbers.records[0].model_copy(update={"evidence": unit}), *numbers.records[1:])
    )
    changes = exported("two", replace(first, records=(corrected, moved)), with_unit)
    assert changes == Changes(inserted=1, updated=1, deleted=2)
    assert count_of(url, evidence=26) == 5, "and the unit's evidence came"
    assert exported("three", numbers) == Changes(), "and is gone; the other article is left alone"
    assert count_of(url) == 5
    assert exported("four", numbers, where="kind=count") == Changes(deleted=2)
    assert exported("five", empty, style=Style(prune=True)) == Changes(deleted=3, articles_deleted=2)
    assert count_of(url) == 0


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE gongbao SET value = '0' WHERE key = 'format'", "export.table"),
        ("ALTER TABLE records ADD COLUMN mine TEXT", "export.table"),
        ("DROP TABLE gongbao", "export.table"),
    ],
)
def test_tables_of_another_version_are_left_alone(hard_run: Path, tmp_path: Path, statement: str, code: str) -> None:
    path = tmp_path / "facts.db"
    export_to(hard_run, "sqlite", path)
    with sqlite3.connect(path) as db:
        db.execute(statement)
    before = path.read_bytes()
    with pytest.raises(ExportError) as error:
        export_to(hard_run, "sqlite", path)
    assert code_of(error) == code
    assert path.read_bytes() == before


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_tables_of_versions_before_get_what_is_new(tmp_path: Path, target: str, request: pytest.FixtureRequest) -> None:
    import sqlalchemy as sa

    url = f"sqlite:///{tmp_path}/a.db" if target == "sqlite" else request.getfixturevalue("database")
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    extractions = hard_extractions()
    to_url(write_run(tmp_path, "old", extractions), url)
    with engine.begin() as db:
        for table in ("records", "evidence"):
            db.execute(sa.text(f"DROP VIEW {table}_old_names"))
            for name in ("start", "end"):
                db.execute(sa.text(f'ALTER TABLE {table} RENAME COLUMN span_{name} TO "{name}"'))
        for name in ("status", "field_confidence", "alternatives"):
            db.execute(sa.text(f"ALTER TABLE records DROP COLUMN {name}"))
        db.execute(sa.text("UPDATE gongbao SET value = '1' WHERE key = 'format'"))
    to_url(write_run(tmp_path, "new", extractions[:1]), url)
    with engine.connect() as db:
        rows = db.execute(sa.text("SELECT article_id, status FROM records ORDER BY article_id, span_start")).fetchall()
        assert db.execute(sa.text("SELECT value FROM gongbao WHERE key = 'format'")).scalar() == "3"
        places = db.execute(sa.text('SELECT count(*) FROM records_old_names WHERE "end" > start')).scalar()
        assert places == len(rows), "and the names"
    engine.dispose()
    said = {str(article): {status for other, status in rows if other == article} for article, _ in rows}
    assert said == {"numbers": {None}, extractions[0].article.id: {"actual"}}, "what is not exported again says nothing"


def test_two_exports_that_make_one_database_both_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.db"
    extractions = hard_extractions()
    runs = [write_run(tmp_path, name, [one]) for name, one in zip("ab", extractions, strict=False)]
    from gongbao.export import sqlite as module

    placed = module._placed

    def overtaken(new: Path, where: Path) -> bool:
        monkeypatch.setattr(module, "_placed", placed)
        export_to(runs[1], "sqlite", path)
        return placed(new, where)

    monkeypatch.setattr(module, "_placed", overtaken)
    export_to(runs[0], "sqlite", path)
    assert counts(path)["articles"] == 2
    assert counts(path)["records"] == sum(len(one.records) for one in extractions[:2])
    assert sorted(item.name for item in tmp_path.iterdir() if item.name.startswith("facts")) == [
        "facts.db", "facts.metadata.json",
    ]  # fmt: skip


def test_an_empty_file_becomes_a_database(hard_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    path.touch()
    assert export_to(hard_run, "sqlite", path) == counts(path)["records"] == 6
    with sqlite3.connect(path) as db:
        assert is_ours(db)
    assert not [item for item in tmp_path.iterdir() if item.name.startswith(".")]


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_table_wide_of_someone_else_is_left_alone(
    hard_run: Path, tmp_path: Path, target: str, request: pytest.FixtureRequest
) -> None:
    import sqlalchemy as sa

    url = f"sqlite:///{tmp_path}/a.db" if target == "sqlite" else request.getfixturevalue("database")
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE wide (mine INTEGER)"))
        connection.execute(sa.text("INSERT INTO wide VALUES (7)"))
    with pytest.raises(ExportError) as error:
        to_url(hard_run, url, wide=True)
    assert code_of(error) == "export.table"
    with engine.begin() as connection:
        assert connection.execute(sa.text("SELECT mine FROM wide")).scalar_one() == 7
        connection.execute(sa.text("DROP TABLE wide"))
    first = to_url(hard_run, url, wide=True)
    assert to_url(hard_run, url, wide=True, where="kind=money") < first, "gongbao's own is replaced"
    assert to_url(hard_run, url) == 6, "and stands beside the other tables"
    engine.dispose()


def test_a_file_that_is_no_database(hard_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    path.write_text("no database at all, only words " * 100)
    with pytest.raises(ExportError) as error:
        export_to(hard_run, "sqlite", path)
    assert code_of(error) == "export.database"
    assert path.read_text().startswith("no database")


def test_a_locked_database(hard_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.db"
    export_to(hard_run, "sqlite", path)
    monkeypatch.setattr("gongbao.export.sqlite.BUSY", 0.1)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ExportError) as error:
            export_to(hard_run, "sqlite", path)
        other.execute("ROLLBACK")
    assert code_of(error) == "export.database" and "locked" in error.value.message


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("新店贷款", 3),
        ("新店 客流", 3),  # in any order, and short ones
        ("客流", 3),
        ("减免", 3),
        ("贷款元", 0),
        ('"OR" 贷款*', 0),
        ("，", 3),
        ("", 0),
    ],
)
def test_a_query_finds_what_is_typed(hard_run: Path, tmp_path: Path, typed: str, found: int) -> None:
    export_to(hard_run, "sqlite", tmp_path / "a.db", where="article_id^=𠮷")
    with sqlite3.connect(tmp_path / "a.db") as db:
        search = "SELECT count(*) FROM records_fts WHERE records_fts MATCH ?"
        assert db.execute(search, [query(db, typed)]).fetchone() == (found,)


def test_sqlite_and_sqlite_utils_find_what_is_typed(hard_run: Path, tmp_path: Path) -> None:
    import sqlite_utils

    export_to(hard_run, "sqlite", tmp_path / "a.db")
    table = sqlite_utils.Database(tmp_path / "a.db")["records"]
    assert table.detect_fts() == "records_fts"
    assert [row["raw"] for row in table.search("新店贷款", order_by="seq")] == ["3.5亿元", "-3%", "1元"]
    assert [row["raw"] for row in table.search("乙项目贷款")] == []
    table.db.execute("UPDATE records SET sentence = '质押融资额' WHERE raw = '1元'")
    assert [row["raw"] for row in table.search("质押融资")] == ["1元"], "whoever changes a record"


@pytest.fixture(scope="module")
def datasette(corpus_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Datasette over an export of the corpus, as a user would start it."""
    folder = tmp_path_factory.mktemp("datasette")
    export_to(corpus_run, "sqlite", folder / "facts.db")
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", folder / "facts.db", "-m", folder / "facts.metadata.json"]
    server = subprocess.Popen([*command, "-h", "127.0.0.1", "-p", str(port)], stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}/facts/records"
    try:
        for _ in range(6000):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/versions.json", timeout=600).close()
                break
            except OSError:
                assert server.poll() is None, server.stderr and server.stderr.read()
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(600)


def ask(url: str, **query: str) -> Any:
    with urllib.request.urlopen(
        f"{url}.json?{urllib.parse.urlencode({'_shape': 'objects', **query})}", timeout=600
    ) as answer:
        return json.load(answer)


def test_datasette_shows_the_records(datasette: str, corpus_run: Path) -> None:
    truth = {row["record_id"]: row for row in records_of(corpus_run)}
    found = ask(datasette, _size="max")
    assert found["filtered_table_rows_count"] == len(truth)
    assert len(found["rows"]) > 500
    for row in found["rows"]:
        assert Decimal(str(row["value"])) == truth[row["record_id"]]["value"]
        assert row["place"] == truth[row["record_id"]]["place"]
    assert set(found["suggested_facets"] and found["facet_results"]) >= {"province", "kind", "year", "flags"}
    assert sum(f["count"] for f in ask(datasette, _facet_size="max")["facet_results"]["kind"]["results"]) == len(truth)


@pytest.mark.parametrize("typed", ["技术合同成交额", "技术合同 成交额", "旅游"])
def test_datasette_searches_chinese_without_blanks(datasette: str, corpus_run: Path, typed: str) -> None:
    searched = ("title", "place", "initiative", "indicator", "sentence")
    expected = {
        row["record_id"]
        for row in records_of(corpus_run)
        if all(any(word in (row[name] or "") for name in searched) for word in typed.split())
    }
    assert expected
    found = ask(datasette, _search=typed, _size="max")
    assert {row["record_id"] for row in found["rows"]} == expected


def test_datasette_describes_columns_in_chinese(datasette: str) -> None:
    page = urllib.request.urlopen(datasette, timeout=600).read().decode()
    assert "地点：自省级起的全称路径" in page and "行政区划代码" in page
    assert (
        "records_fts"
        not in urllib.request.urlopen(datasette.rpartition("/")[0], timeout=600).read().decode().split("hidden")[0]
    )


def test_no_column_is_a_reserved_word() -> None:
    import duckdb
    from gongbao.export.columns import record_columns
    from gongbao.export.parquet import arrow_schema
    from gongbao.export.tables import make_tables
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    reserved = {
        word.lower()
        for dialect in (mysql, postgresql, sqlite)
        for word in dialect.dialect().identifier_preparer.reserved_words
    }
    reserved |= {
        word
        for word, category in duckdb.execute("SELECT keyword_name, keyword_category FROM duckdb_keywords()").fetchall()
        if category == "reserved"
    }
    assert {"end", "select"} <= reserved
    tables = make_tables(record_columns(), sqlite=True)
    assert tables.evidence is not None
    names = [column.name for table in (tables.articles, tables.records, tables.evidence) for column in table.columns]
    assert reserved & {*names, *arrow_schema(record_columns()).names} == set()
