"""Exports into database servers: a real PostgreSQL; what is said of addresses and drivers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gongbao.errors import ExportError
from gongbao.export.columns import record_columns
from gongbao.export.select import Data
from gongbao.export.sources import RecordSource, open_source
from gongbao.export.tables import make_tables
from gongbao.export.writing import export, target_of

from tests.export.exporting import code_of, count_of, export_to, hard_extractions, records_of, to_url, write_run

Row = dict[str, Any]


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
        for item in cursor.execute("SELECT * FROM evidence_old_names").fetchall():
            record, name = item.pop("record_id"), item.pop("field")
            evidence.setdefault(record, {})[name] = item
        rows = cursor.execute("SELECT * FROM records_old_names").fetchall()
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
    records = tuple(record.model_copy(update={"extra": {"甲\x00": ["\x00"]}}) for record in first.records)
    to_url(write_run(tmp_path, "nul", [replace(first, article=article, records=records), *rest]), database)
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT text, title FROM articles WHERE id = %s", [article.id]).fetchone()
    assert found == (article.text.replace("\x00", "␀"), "甲␀乙")


class Cut(RecordSource):
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

    monkeypatch.setattr("gongbao.export.database.BATCH", 2)
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
    assert count_of(database) == 6


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
