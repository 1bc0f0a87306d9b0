"""Records into any database that SQLAlchemy knows, in one transaction: all of it or nothing.

Rows are put in by key and only touched where they differ, so that exporting the same again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError

from pipeline.errors import ExportError
from pipeline.export.columns import Row, record_columns
from pipeline.export.formats import Style
from pipeline.export.rows import Source, exact
from pipeline.export.select import Data
from pipeline.export.tables import FORMAT, Tables, make_tables, wide_table_of

BATCH = 2000
Values = Mapping[str, Any]


def write_url(data: Data, url: str, style: Style) -> int:
    """Export into the database of an SQLAlchemy URL; returns the number of records.

    Raises:
        ExportError: the URL is none (`export.url`), its driver missing (`export.extra`), the server does not answer or
            refuses (`export.connection`), the tables there are of another version (`export.table`), the database broke
            off or refused a row (`export.database`). Nothing is changed then.
    """
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        fix = "Write dialect://user:password@host:port/database"
        raise ExportError("not a database URL", where=_bare(url), fix=fix, code="export.url") from error
    if parsed.get_backend_name() == "sqlite":
        from pathlib import Path

        from pipeline.export.sqlite import write

        if not parsed.database or parsed.database == ":memory:":
            fix = "Name a file: sqlite:///facts.db"
            raise ExportError("a database in memory would be lost", where=url, fix=fix, code="export.url")
        return write(data, Path(parsed.database), style)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    where = parsed.render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(parsed)
    except (NoSuchModuleError, ImportError) as error:
        fix = "Install its driver, for PostgreSQL: pip install 'gongbao[postgresql]'"
        raise ExportError(f"no driver for {parsed.drivername}", where=where, fix=fix, code="export.extra") from error
    try:
        return write_engine(lambda connection: fill(data, connection, style, where), engine, where)
    finally:
        engine.dispose()


def write_engine(run: Callable[[Connection], int], engine: Engine, where: str) -> int:
    """Run something through an engine in one transaction, with what the database refuses as errors with a fix."""
    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise (_refused if isinstance(error, OperationalError) else _failed)(error, where) from error
    try:
        with connection, connection.begin():
            return run(connection)
    except SQLAlchemyError as error:
        raise _failed(error, where) from error


def fill(
    data: Data, connection: Connection, style: Style, where: str, numbered: Callable[[Row], Values] | None = None
) -> int:
    """Make the tables if they are missing, put in articles, records and evidence; returns the number of records.

    `numbered` gives the further columns that one dialect's `records` have.
    """
    if data.selection.wide:
        return _fill_wide(data, connection)
    tables = make_tables(_chosen(data), sqlite=connection.dialect.name == "sqlite")
    _prepare(tables, connection, where)
    Upsert(tables.about, connection)([{"key": k, "value": v} for k, v in _about(data).items()])
    articles = Upsert(tables.articles, connection)
    for batch in _batches(_articles(data, tables)):
        articles(batch)
    count = _fill_records(data, connection, tables, numbered, prune=style.prune)
    for index in sorted(tables.records.indexes, key=lambda index: str(index.name)):
        index.create(connection, checkfirst=True)
    return count


def _fill_records(
    data: Data, connection: Connection, tables: Tables, numbered: Callable[[Row], Values] | None, *, prune: bool
) -> int:
    records = Upsert(tables.records, connection, keep=("seq",))
    evidence = Upsert(tables.evidence, connection) if tables.evidence is not None else None
    seen = _Seen(connection) if prune else None
    to_values = _record_values(data, tables, connection.dialect.name)
    count = 0
    for batch in _batches(data.rows()):
        count += len(batch)
        rows = [to_values(row) for row in batch]
        if numbered is not None:
            for row in rows:
                row.update(numbered(row))
        records(rows)
        if evidence is not None:
            evidence([{"record_id": r["record_id"], "field": f, **e} for r in batch for f, e in r["evidence"].items()])
        if seen is not None:
            seen.add([row["record_id"] for row in batch])
    if seen is not None:
        seen.prune(tables, [article["id"] for _, article in data.articles()])
    return count


class Upsert:
    """Puts rows into a table by its primary key, touching only rows that differ.

    `keep` names columns that an existing row keeps. The statement is compiled once and rows go straight to the driver.
    """

    def __init__(self, table: sa.Table, connection: Connection, *, keep: Sequence[str] = ()) -> None:
        self._connection = connection
        statement = _upsert(table, connection.dialect.name, keep)
        compiled = statement.compile(dialect=connection.dialect, column_keys=[c.name for c in table.columns])
        self._sql = str(compiled)
        # Of a row, what the driver wants: a tuple in its order, or a dict.
        self._pick = itemgetter(*compiled.positiontup) if compiled.positional and compiled.positiontup else None
        self._names = [column.name for column in table.columns]
        processors = compiled._bind_processors
        self._processors = {name: processors[name] for name in self._names if name in processors}
        if connection.dialect.name == "sqlite":  # ISO dates and numbers go in as they are
            lists = [name for name in self._names if isinstance(table.c[name].type, sa.JSON)]
            self._processors = dict.fromkeys(lists, _json)

    def __call__(self, rows: Sequence[Values]) -> None:
        if not rows:
            return
        for name, process in self._processors.items():
            rows = [row if row[name] is None else {**row, name: process(row[name])} for row in rows]
        if self._pick is not None:
            self._connection.exec_driver_sql(self._sql, list(map(self._pick, rows)))
        else:
            self._connection.exec_driver_sql(self._sql, [{name: row[name] for name in self._names} for row in rows])


def _json(value: Any) -> str:
    return orjson.dumps(value).decode("utf-8")


def _upsert(table: sa.Table, dialect: str, keep: Sequence[str]) -> Any:
    keys = [column.name for column in table.primary_key]
    rest = [c.name for c in table.columns if c.name not in keys and c.name not in keep]
    if dialect in ("postgresql", "sqlite"):
        module: Any = postgresql if dialect == "postgresql" else sqlite
        statement = module.insert(table)
        new = statement.excluded
        differs = sa.or_(*(table.c[name].is_distinct_from(new[name]) for name in rest))
        return statement.on_conflict_do_update(
            index_elements=keys, set_={name: new[name] for name in rest}, where=differs
        )
    if dialect in ("mysql", "mariadb"):
        merged = mysql.insert(table)
        return merged.on_duplicate_key_update({name: merged.inserted[name] for name in rest})
    fix = "Use PostgreSQL, MySQL, MariaDB or SQLite"
    raise ExportError(f"no way to update rows by key in {dialect}", where="--to", fix=fix, code="export.url")


class _Seen:
    """The records of this export, for deleting the ones that it no longer holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        meta = sa.MetaData()
        self._records = sa.Table("gongbao_seen", meta, sa.Column("id", sa.String(64)), prefixes=["TEMPORARY"])
        self._articles = sa.Table("gongbao_done", meta, sa.Column("id", sa.String(2000)), prefixes=["TEMPORARY"])
        meta.drop_all(connection)
        meta.create_all(connection, checkfirst=False)

    def add(self, ids: Iterable[str]) -> None:
        self._connection.execute(self._records.insert(), [{"id": one} for one in ids])

    def prune(self, tables: Tables, articles: Sequence[str]) -> None:
        if articles:
            self._connection.execute(self._articles.insert(), [{"id": one} for one in articles])
        records = tables.records
        gone = sa.select(records.c.record_id).where(
            records.c.article_id.in_(sa.select(self._articles.c.id)),
            records.c.record_id.not_in(sa.select(self._records.c.id)),
        )
        if tables.evidence is not None:
            self._connection.execute(tables.evidence.delete().where(tables.evidence.c.record_id.in_(gone)))
        self._connection.execute(records.delete().where(records.c.record_id.in_(gone)))
        self._records.drop(self._connection)
        self._articles.drop(self._connection)


def _prepare(tables: Tables, connection: Connection, where: str) -> None:
    present = set(sa.inspect(connection).get_table_names())
    mine = [t for t in (tables.about, tables.articles, tables.records, tables.evidence) if t is not None]
    if present & {table.name for table in mine}:
        _check_version(tables, connection, present, where)
    for table in mine:
        if table.name in present:
            there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
            expected = {column.name for column in table.columns}
            if there != expected:
                odd = ", ".join(sorted(there ^ expected)[:5])
                raise _other_table(f"table {table.name} has other columns ({odd})", where)
        else:
            connection.execute(sa.schema.CreateTable(table))
            _comment(table, connection)


def _comment(table: sa.Table, connection: Connection) -> None:
    """Say in the database what the columns mean, where it can hold that and did not take it with the table."""
    dialect = connection.dialect
    if dialect.supports_comments and not dialect.inline_comments:
        for column in table.columns:
            connection.execute(sa.schema.SetColumnComment(column))


def _check_version(tables: Tables, connection: Connection, present: set[str], where: str) -> None:
    found = None
    if "gongbao" in present:
        found = connection.execute(sa.select(tables.about.c.value).where(tables.about.c.key == "format")).scalar()
    if found != FORMAT:
        version = f"version {found}" if found else "no version of gongbao"
        raise _other_table(f"its tables are of {version}; this gongbao writes version {FORMAT}", where)


def _other_table(why: str, where: str) -> ExportError:
    fix = "Export into a new database, or rename or drop the tables articles, records, evidence and gongbao"
    return ExportError(why, where=where, fix=fix, code="export.table")


def _fill_wide(data: Data, connection: Connection) -> int:
    table = data.table()
    limit = 1900 if connection.dialect.name == "sqlite" else 1500
    if len(table.columns) > limit:
        fix = "Narrow it with --where or --columns"
        why = f"{len(table.columns)} columns; a table holds {limit}"
        raise ExportError(why, where="--wide", fix=fix, code="export.too_many")
    made = wide_table_of(table.columns)
    made.drop(connection, checkfirst=True)
    made.create(connection)
    count = 0
    for batch in _batches({c.name: row[c.name] for c in table.columns} for row in table.rows):
        count += len(batch)
        connection.execute(made.insert(), batch)
    return count


def _chosen(data: Data) -> Any:
    from pipeline.export.columns import choose

    return choose(record_columns(), data.selection.columns) if data.selection.columns else record_columns()


def _about(data: Data) -> dict[str, str]:
    facts = data.facts()
    return {
        "format": FORMAT,
        "schema_version": str(facts["schema_version"]),
        "gongbao": str(facts["gongbao"]),
        "runs": json.dumps(facts["runs"], ensure_ascii=False),
    }


def _articles(data: Data, tables: Tables) -> Iterator[Values]:
    """The articles; of a source without texts, what its records say of them."""
    names = [column.name for column in tables.articles.columns]
    for source, row in data.articles():
        yield {name: row.get(name) for name in names} | {"run_id": source.run_id}
    bare = [source for source in data.sources if source.articles is None]
    if bare:
        last = None
        for row in data.rows():
            if row["article_id"] != last:
                last = row["article_id"]
                known = {"id": last, "title": row["title"], "pub_date": row["pub_date"], "run_id": bare[0].run_id}
                yield dict.fromkeys(names) | known


def _record_values(data: Data, tables: Tables, dialect: str) -> Callable[[Row], Row]:
    names = [c.name for c in tables.columns["records"] if c.name not in ("run_id", "seq", "exact")]
    run_of = _run_of(data)
    decimals = [name for name in ("value", "value_max") if name in names]
    if dialect == "sqlite":
        # The driver picks what it wants from a row, and a million rows need no copies.
        return lambda row: row | {"run_id": run_of(row)}

    def values(row: Row) -> Row:
        made = {name: row[name] for name in names} | {"run_id": run_of(row)}
        for name in decimals:
            made[name] = exact(row[name])
        # PostgreSQL's text holds no NUL; its picture is as long, so that offsets stay right.
        return {n: v.replace("\x00", "␀") if isinstance(v, str) and "\x00" in v else v for n, v in made.items()}

    return values


def _run_of(data: Data) -> Callable[[Row], str]:
    if len(data.sources) == 1:
        only = data.sources[0].run_id
        return lambda row: only
    owner: Mapping[str, Source] = data.owners()
    return lambda row: owner[row["article_id"]].run_id


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    stream = iter(items)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _refused(error: DBAPIError, where: str) -> ExportError:
    text = _first_line(error)
    fix = "Check host, port, database, user and password, and that the server runs"
    if "password" in text or "authentication" in text:
        fix = "Check user and password in the URL; special characters in it are written as %xx"
    elif "does not exist" in text:
        fix = "Create the database first, or check its name"
    return ExportError(f"cannot connect: {text}", where=where, fix=fix, code="export.connection")


def _failed(error: SQLAlchemyError, where: str) -> ExportError:
    text = _first_line(error)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        fix = "Export again when the server is back; what was there before is unchanged"
        return ExportError(f"the connection broke: {text}", where=where, fix=fix, code="export.connection")
    if any(words in text for words in ("full", "No space", "disk I/O error")):
        fix = "Free some space and export again; nothing was changed"
        return ExportError(f"the disk is full or failing: {text}", where=where, fix=fix, code="export.disk_full")
    fix = "Nothing was changed. Check the rights of the user, and that no other program holds the tables"
    return ExportError(f"the database refused: {text}", where=where, fix=fix, code="export.database")


def _first_line(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    lines = [line for line in str(cause).strip().splitlines() if line.strip()]
    return lines[0].strip() if lines else type(cause).__name__


def _bare(url: str) -> str:
    """The URL without what may be a password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if "@" in rest else url
