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
from exporting import code_of, export_to, free_port, hard_extractions, records_of, write_run

from pipeline.errors import ExportError
from pipeline.export.columns import record_columns
from pipeline.export.formats import PLAIN, Style
from pipeline.export.rows import Source, open_source
from pipeline.export.select import Data, Selection
from pipeline.export.sqlite import is_ours
from pipeline.export.tables import make_tables
from pipeline.export.words import index_text, query_text
from pipeline.export.writing import export, target_of

Row = dict[str, Any]


def to_url(folder: Path, url: str, style: Style = PLAIN, **selection: Any) -> int:
    return export(Data([open_source(folder)], Selection(**selection)), target_of(url, None, lambda f: Path()), style)


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
        assert db.execute(search, ["initiative: 养老"]).fetchall() == [(changed.record_id,)]
        assert db.execute(search, ["initiative: 新店"]).fetchall() == []
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
        assert db.execute(search, ["indicator: 客流"]).fetchall() == [("-3%",)]


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_prune_deletes_what_an_article_no_longer_gives(
    tmp_path: Path, target: str, request: pytest.FixtureRequest
) -> None:
    first = hard_extractions()
    fewer = [replace(first[0], records=first[0].records[:1]), first[1]]
    url = f"sqlite:///{tmp_path}/a.db" if target == "sqlite" else request.getfixturevalue("database")
    assert to_url(write_run(tmp_path, "one", first), url) == 6
    to_url(write_run(tmp_path, "two", fewer), url)
    assert _count(url) == 6, "without --prune nothing is deleted"
    to_url(write_run(tmp_path, "three", fewer), url, Style(prune=True))
    # The article that this run does not hold keeps its three records.
    assert _count(url) == 4


def _count(url: str) -> int:
    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        number = connection.execute(sa.text("SELECT count(*) FROM records")).scalar_one()
        assert connection.execute(sa.text("SELECT count(*) FROM evidence")).scalar_one() == 5 * number
    engine.dispose()
    return int(number)


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


def test_two_exports_that_make_one_database_both_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.db"
    extractions = hard_extractions()
    runs = [write_run(tmp_path, name, [one]) for name, one in zip("ab", extractions, strict=False)]
    from pipeline.export import sqlite as module

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
    monkeypatch.setattr("pipeline.export.sqlite.BUSY", 0.1)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ExportError) as error:
            export_to(hard_run, "sqlite", path)
        other.execute("ROLLBACK")
    assert code_of(error) == "export.database" and "locked" in error.value.message


def test_words_of_the_index_and_of_a_query() -> None:
    assert set(index_text("知识产权示范城市").split()) >= {"知识产权", "知识", "产权", "城市"}
    assert query_text('专利权质押 "OR" 贷款*').split() == ['"专利权"', '"质押"', '"OR"', '"贷款"']
    assert query_text("，。") == '""'


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
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/versions.json", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, server.stderr and server.stderr.read()
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def ask(url: str, **query: str) -> Any:
    with urllib.request.urlopen(
        f"{url}.json?{urllib.parse.urlencode({'_shape': 'objects', **query})}", timeout=30
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
    words = query_text(typed).replace('"', "").split()
    searched = ("title", "place", "initiative", "indicator", "sentence")
    expected = {
        row["record_id"]
        for row in records_of(corpus_run)
        if all(any(word in index_text(row[name]).split() for name in searched) for word in words)
    }
    assert expected
    found = ask(datasette, _search=typed, _size="max")
    assert {row["record_id"] for row in found["rows"]} == expected


def test_datasette_describes_columns_in_chinese(datasette: str) -> None:
    page = urllib.request.urlopen(datasette, timeout=30).read().decode()
    assert "地点：自省级起的全称路径" in page and "行政区划代码" in page
    assert (
        "records_fts"
        not in urllib.request.urlopen(datasette.rpartition("/")[0], timeout=30).read().decode().split("hidden")[0]
    )


@pytest.mark.postgresql
def test_postgresql_holds_the_same_records(any_run: Path, database: str) -> None:
    import psycopg

    number = to_url(any_run, database)
    with psycopg.connect(database) as connection:
        rows = _postgresql_records(connection)
    truth = records_of(any_run)
    assert number == len(truth)
    order = {row["record_id"]: at for at, row in enumerate(truth)}
    assert sorted(rows, key=lambda row: order[row["record_id"]]) == truth


def _postgresql_records(connection: Any) -> list[Row]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        evidence: dict[str, Row] = {}
        for item in cursor.execute("SELECT * FROM evidence").fetchall():
            record, name = item.pop("record_id"), item.pop("field")
            evidence.setdefault(record, {})[name] = item
        rows = cursor.execute("SELECT * FROM records").fetchall()
    for row in rows:
        del row["run_id"]
        row["evidence"] = evidence[row["record_id"]]
        for name in ("pub_date", "period_start", "period_end"):
            row[name] = row[name].isoformat() if row[name] else None
    return list(rows)


@pytest.mark.postgresql
def test_postgresql_again_touches_no_row(hard_run: Path, database: str) -> None:
    import psycopg

    to_url(hard_run, database)
    with psycopg.connect(database) as connection:
        before = connection.execute("SELECT record_id, xmin::text FROM records ORDER BY 1").fetchall()
    to_url(hard_run, database)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT record_id, xmin::text FROM records ORDER BY 1").fetchall() == before
        comment = connection.execute("SELECT col_description('records'::regclass, 5)").fetchone()
        assert comment is not None and comment[0].startswith("地点：")


@pytest.mark.postgresql
def test_a_nul_in_a_text_keeps_its_length(tmp_path: Path, database: str) -> None:
    import psycopg

    first, *rest = hard_extractions()
    article = replace(first.article, text=first.article.text + "\x00完", title="甲\x00乙")
    to_url(write_run(tmp_path, "nul", [replace(first, article=article), *rest]), database)
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT text, title FROM articles WHERE id = %s", [article.id]).fetchone()
    assert found == (article.text.replace("\x00", "␀"), "甲␀乙")


class Cut(Source):
    """A source during whose reading the server throws the exporter out."""

    url = ""

    def rows(self) -> Iterator[Row]:
        import psycopg

        for number, row in enumerate(super().rows()):
            if number == 4:
                with psycopg.connect(self.url, autocommit=True) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    )
            yield {**row, "value": 99}


@pytest.mark.postgresql
def test_a_broken_connection_leaves_the_old_rows(
    hard_run: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("pipeline.export.database.BATCH", 2)
    to_url(hard_run, database)
    source = open_source(hard_run)
    cut = Cut(source.path, source.records, source.articles, source.manifest)
    monkeypatch.setattr(Cut, "url", database)
    with pytest.raises(ExportError) as error:
        export(Data([cut]), target_of(database, None, lambda f: Path()))
    assert code_of(error) == "export.connection"
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM records WHERE value = 99").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (6,)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("gongbao:geheim%20%E5%AF%86", "gongbao:falsch"), "password"),
        (("/t", "/nowhere"), "does not exist"),
        (("127.0.0.1:", "127.0.0.1:1"), ""),
    ],
)
def test_connections_that_fail(hard_run: Path, database: str, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ExportError) as error:
        to_url(hard_run, database.replace(*change))
    assert code_of(error) == "export.connection"
    assert said in error.value.message
    assert "falsch" not in str(error.value) and "geheim" not in str(error.value)


@pytest.mark.postgresql
def test_wide_and_columns_in_postgresql(hard_run: Path, database: str) -> None:
    import psycopg

    to_url(hard_run, database, wide=True)
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT \"贷款（元）\" FROM wide WHERE year = 2020 AND place_code = '440100'"
        ).fetchone() == (350000000,)
    to_url(hard_run, database, columns=("place", "value"))
    with psycopg.connect(database) as connection:
        cursor = connection.execute("SELECT * FROM records")
        assert [c.name for c in cursor.description or ()] == ["record_id", "article_id", "place", "value", "run_id"]


@pytest.mark.postgresql
def test_names_of_wide_columns_that_postgresql_would_cut_stay_apart(tmp_path: Path, database: str) -> None:
    import psycopg

    long = "农村集体经营性建设用地入市试点改革配套基础设施建设专项资金"
    first, *rest = hard_extractions()
    amount = first.records[0]
    named = [
        amount.model_copy(update={"indicator": f"{long}{end}", "record_id": f"{at:016x}"})
        for at, end in enumerate(("甲", "乙", "丙"))
    ]
    folder = write_run(tmp_path, "long", [replace(first, records=tuple(named)), *rest])
    assert to_url(folder, database, wide=True) == to_url(folder, database, wide=True)
    with psycopg.connect(database) as connection:
        cursor = connection.execute("SELECT * FROM wide")
        cut = [c.name for c in cursor.description or () if c.name.startswith("农村集体")]
        comments = connection.execute(
            "SELECT col_description('wide'::regclass, attnum) FROM pg_attribute"
            " WHERE attrelid = 'wide'::regclass AND attname = ANY(%s)", [cut]
        ).fetchall()  # fmt: skip
    assert len(cut) == 3
    assert {str(comment)[: len(long) + 1] for (comment,) in comments} == {f"{long}{end}" for end in "甲乙丙"}


@pytest.mark.postgresql
def test_exports_into_one_postgresql_wait_for_each_other(tmp_path: Path, database: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    runs = [write_run(tmp_path, f"r{n}", hard_extractions()) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda run: to_url(run, database), runs)) == [6] * 4
    assert _count(database) == 6


@pytest.mark.postgresql
def test_the_short_name_of_postgresql(hard_run: Path, database: str) -> None:
    assert to_url(hard_run, database.replace("postgresql://", "postgres://")) == 6


def test_a_bare_at_sign_in_a_password_is_not_shown(hard_run: Path) -> None:
    with pytest.raises(ExportError) as error:
        to_url(hard_run, "postgresql://me:geh@eim@127.0.0.1:1/facts")
    assert code_of(error) == "export.url"
    assert "geh" not in str(error.value) and "eim" not in str(error.value) and "%40" in str(error.value)


@pytest.mark.parametrize(("url", "said"), [("mysql://u:p@h/d", "pymysql"), ("mssql://u:p@h/d", "Use PostgreSQL")])
def test_a_driver_that_is_missing_is_named(hard_run: Path, url: str, said: str) -> None:
    with pytest.raises(ExportError) as error:
        to_url(hard_run, url)
    assert code_of(error) == "export.extra" and said in str(error.value.fix)


@pytest.mark.parametrize("name", ["mysql", "mariadb"])
def test_the_tables_in_the_words_of_mysql(name: str) -> None:
    """Without a server: keys need a length and a collation of their own there, and decimals lose digits by default."""
    import sqlalchemy as sa

    dialect = sa.make_url(f"{name}+pymysql://").get_dialect()()
    metadata = make_tables(record_columns(), sqlite=False).records.metadata
    made = {table.name: str(sa.schema.CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables}
    assert set(made) == {"gongbao", "articles", "records", "evidence"}
    assert all("InnoDB" in text and "utf8mb4" in text for text in made.values())
    assert "record_id VARCHAR(64) COLLATE utf8mb4_bin NOT NULL" in made["evidence"].replace(
        "CHARACTER SET utf8mb4 ", ""
    )
    assert "value DECIMAL(65, 20)" in made["records"]
    keys = {"key": 64, "record_id": 64, "field": 64, "id": 700, "article_id": 700}
    for table in metadata.sorted_tables:
        assert sum(4 * keys[column.name] for column in table.primary_key) <= 3072
        for index in table.indexes:
            assert "(100)" in (text := str(sa.schema.CreateIndex(index).compile(dialect=dialect))) or (
                set(index.columns.keys()) <= {"article_id", "year"}
            ), text


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://", "export.connection"),
        ("nosuch://host/db", "export.extra"),
        ("sqlite:///:memory:", "export.url"),
        ("://", "export.url"),
    ],
)
def test_urls_that_are_none(hard_run: Path, url: str, code: str) -> None:
    with pytest.raises(ExportError) as error:
        to_url(hard_run, url)
    assert code_of(error) == code


@pytest.mark.parametrize("existing", [False, True])
def test_records_of_an_article_that_is_not_there(tmp_path: Path, existing: bool) -> None:
    folder = write_run(tmp_path, "one", hard_extractions())
    path = tmp_path / "facts.db"
    if existing:
        export_to(write_run(tmp_path, "empty", hard_extractions()[1:2]), "sqlite", path)
    lines = (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "articles.jsonl").write_text("".join(lines[:2]), encoding="utf-8")
    with pytest.raises(ExportError) as error:
        export_to(folder, "sqlite", path)
    assert code_of(error) == ("export.database" if existing else "export.broken")
    assert path.exists() is existing
