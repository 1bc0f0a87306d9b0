"""Records into any database that SQLAlchemy knows, in one transaction: all of it or nothing.

What the database holds of each exported article becomes what is exported of it: rows are put in by key and touched
where they differ, records and evidence that are gone are deleted. Exporting the same again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError

from gongbao.errors import ExportError, install
from gongbao.export.columns import Row, record_columns
from gongbao.export.formats import Changes, Style, Written
from gongbao.export.gone import Gone
from gongbao.export.rows import exact
from gongbao.export.select import Data
from gongbao.export.sources import RecordSource
from gongbao.export.tables import (
    ADDED,
    BEFORE,
    FORMAT,
    DatabaseTables,
    about_table,
    create_view,
    make_tables,
    wide_table_of,
)
from gongbao.export.upsert import Upsert, Values
from gongbao.read.ids import as_text, is_text

BATCH = 2000
_DRIVERS = {
    "postgresql": install("postgresql"),
    "mysql": "Install a driver (pip install pymysql) and name it: mysql+pymysql://user:password@host/database",
    "mariadb": "Install a driver (pip install pymysql) and name it: mariadb+pymysql://user:password@host/database",
}
_LOCK = 0x676F6E6762616F
_WIDEST = {"sqlite": 1900, "mysql": 240, "mariadb": 240}
"""Columns that a table holds; 1500 elsewhere."""


def write_url(data: Data, url: str, style: Style) -> Written:
    """Export into the database of an SQLAlchemy URL.

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

        from gongbao.export.sqlite import write

        if not parsed.database or parsed.database == ":memory:":
            fix = "Name a file: sqlite:///facts.db"
            raise ExportError("a database in memory would be lost", where=url, fix=fix, code="export.url")
        return write(data, Path(parsed.database), style)
    if not is_text(url):
        fix = "Write what is no ASCII as %XX, in UTF-8"
        raise ExportError("not a database URL", where=_bare(as_text(url)), fix=fix, code="export.url")
    if "@" in (parsed.host or ""):  # a bare @ in the password: what follows it would be shown as the host
        fix = "Write @ in user and password as %40, : as %3A, / as %2F"
        raise ExportError("not a database URL", where=_bare(url), fix=fix, code="export.url")
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    where = parsed.render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(parsed)
    except (NoSuchModuleError, ImportError) as error:
        hint = _DRIVERS.get(parsed.get_backend_name(), "Use PostgreSQL, MySQL, MariaDB or SQLite")
        raise ExportError(f"no driver for {parsed.drivername}", where=where, fix=hint, code="export.extra") from error
    try:
        return write_engine(lambda connection: fill(data, connection, style, where), engine, where)
    finally:
        engine.dispose()


def write_engine(run: Callable[[Connection], Written], engine: Engine, where: str) -> Written:
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
) -> Written:
    """Make the tables if they are missing, and bring articles, records and evidence up to what is exported.

    `numbered` gives the further columns that one dialect's `records` have.
    """
    if connection.dialect.name == "postgresql":
        # One export at a time: two that make the same tables, or touch the same rows in another order, would fail.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    if data.selection.wide:
        return Written(_fill_wide(data, connection, where))
    tables = make_tables(_chosen(data), sqlite=connection.dialect.name == "sqlite")
    _prepare(tables, connection, where)
    Upsert(tables.about, connection)([{"key": k, "value": v} for k, v in _about(data).items()])
    articles = Upsert(tables.articles, connection)
    present = connection.execute(sa.select(sa.exists().select_from(tables.articles))).scalar()
    gone = Gone(tables, connection) if present else None
    for batch in _batches(_articles(data, tables)):
        articles(batch)
        if gone is not None:
            gone.holds_articles([article["id"] for article in batch])
    written = _fill_records(data, connection, tables, numbered, gone, prune=style.prune)
    for index in sorted(tables.records.indexes, key=lambda index: str(index.name)):
        index.create(connection, checkfirst=True)
    return written


def _fill_records(
    data: Data,
    connection: Connection,
    tables: DatabaseTables,
    numbered: Callable[[Row], Values] | None,
    gone: Gone | None,
    *,
    prune: bool,
) -> Written:
    records = Upsert(tables.records, connection)
    evidence = Upsert(tables.evidence, connection) if tables.evidence is not None else None
    before, touched = _number(tables.records, connection), 0
    to_values = _record_values(data, tables, connection.dialect.name)
    count = 0
    for batch in _batches(data.rows()):
        count += len(batch)
        rows = [to_values(row) for row in batch]
        if numbered is not None:
            for row in rows:
                row.update(numbered(row))
        touched += records(rows)
        if gone is not None:
            gone.holds_records(batch)
        if evidence is not None:
            evidence([{"record_id": r["record_id"], "field": f, **e} for r in batch for f, e in r["evidence"].items()])
    inserted = _number(tables.records, connection) - before
    deleted, articles_deleted = gone.delete(prune=prune) if gone is not None else (0, 0)
    return Written(count, Changes(inserted, touched - inserted, deleted, articles_deleted))


def _number(table: sa.Table, connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _prepare(tables: DatabaseTables, connection: Connection, where: str) -> None:
    present = set(sa.inspect(connection).get_table_names())
    mine = [t for t in (tables.about, tables.articles, tables.records, tables.evidence) if t is not None]
    if present & {table.name for table in mine}:
        _check_version(tables.about, connection, present, where)
    for table in mine:
        if table.name in present:
            _rename_columns(table, connection)
            there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
            expected = {column.name for column in table.columns}
            if table is tables.records and there < expected and expected - there <= set(ADDED):
                for name in ADDED:
                    if name in expected - there:
                        _add_column(table.c[name], connection)
                there = expected
            if there != expected:
                odd = ", ".join(sorted(there ^ expected)[:5])
                raise _other_table(f"table {table.name} has other columns ({odd})", where)
        elif table is tables.about:
            _create_about(table, connection)
        else:
            connection.execute(sa.schema.CreateTable(table))
            _comment(table, connection)
    there = set(sa.inspect(connection).get_view_names())
    for name, view in tables.views.items():
        if name not in there:
            connection.exec_driver_sql(create_view(name, view, connection.dialect))


def _create_about(about: sa.Table, connection: Connection) -> None:
    """The first table, with its version at once: MySQL keeps what was made before an export that failed."""
    connection.execute(sa.schema.CreateTable(about))
    Upsert(about, connection)([{"key": "format", "value": FORMAT}])


def _comment(table: sa.Table, connection: Connection) -> None:
    """Say in the database what the columns mean, where it can hold that and did not take it with the table."""
    dialect = connection.dialect
    if dialect.supports_comments and not dialect.inline_comments:
        for column in table.columns:
            connection.execute(sa.schema.SetColumnComment(column))


def _add_column(column: sa.Column[Any], connection: Connection) -> None:
    """Add a column to a table that has rows: they hold nothing there until they are exported again."""
    dialect = connection.dialect
    names = dialect.identifier_preparer
    kind = column.type.compile(dialect=dialect)
    table = names.format_table(column.table)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {names.format_column(column)} {kind}")
    if dialect.supports_comments and not dialect.inline_comments:
        connection.execute(sa.schema.SetColumnComment(column))


def _rename_columns(table: sa.Table, connection: Connection) -> None:
    """Give the columns of an earlier version's table the names that they have now."""
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    names = connection.dialect.identifier_preparer
    for column in table.columns:
        if column.key != column.name and column.key in there and column.name not in there:
            before = names.quote(column.key)
            connection.exec_driver_sql(
                f"ALTER TABLE {names.format_table(table)} RENAME COLUMN {before} TO {names.format_column(column)}"
            )


def _check_version(about: sa.Table, connection: Connection, present: set[str], where: str) -> None:
    """Refuse tables that are there of another version than `FORMAT` and `BEFORE`."""
    found = None
    if about.name in present:
        found = connection.execute(sa.select(about.c.value).where(about.c.key == "format")).scalar()
    if found not in (FORMAT, *BEFORE):
        version = f"version {found}" if found else "no version of gongbao"
        raise _other_table(f"its tables are of {version}; this gongbao writes version {FORMAT}", where)


def _other_table(why: str, where: str) -> ExportError:
    fix = "Export into a new database, or drop the tables articles, records, evidence and gongbao with their views"
    return ExportError(why, where=where, fix=fix, code="export.table")


def _fill_wide(data: Data, connection: Connection, where: str) -> int:
    table = data.table()
    limit = _WIDEST.get(connection.dialect.name, 1500)
    if len(table.columns) > limit:
        fix = "Narrow it with --where or --columns"
        why = f"{len(table.columns)} columns; a table holds {limit}"
        raise ExportError(why, where="--wide", fix=fix, code="export.too_many")
    made, about = wide_table_of(table.columns, connection.dialect.name), about_table()
    _prepare_wide(made, about, connection, where)
    names = [column.name for column in made.columns]
    made.create(connection)
    Upsert(about, connection)([{"key": "wide", "value": json.dumps(names, ensure_ascii=False)}])
    pairs = [(name, column.name) for name, column in zip(names, table.columns, strict=True)]
    count = 0
    for batch in _batches({name: row[key] for name, key in pairs} for row in table.rows):
        count += len(batch)
        connection.execute(made.insert(), batch)
    return count


def _prepare_wide(made: sa.Table, about: sa.Table, connection: Connection, where: str) -> None:
    """Take the table of an earlier wide export away; one that gongbao did not make is left alone."""
    present = set(sa.inspect(connection).get_table_names())
    if about.name in present:
        _check_version(about, connection, present, where)
    else:
        _create_about(about, connection)
    if made.name not in present:
        return
    names = connection.execute(sa.select(about.c.value).where(about.c.key == "wide")).scalar()
    if json.loads(names or "[]") != [column["name"] for column in sa.inspect(connection).get_columns(made.name)]:
        fix = "Rename it, or export into another database"
        raise ExportError("its table wide is not from gongbao", where=where, fix=fix, code="export.table")
    made.drop(connection)


def _chosen(data: Data) -> Any:
    from gongbao.export.columns import choose

    return choose(record_columns(), data.selection.columns) if data.selection.columns else record_columns()


def _about(data: Data) -> dict[str, str]:
    facts = data.facts()
    return {
        "format": FORMAT,
        "schema_version": str(facts["schema_version"]),
        "gongbao": str(facts["gongbao"]),
        "runs": json.dumps(facts["runs"], ensure_ascii=False),
    }


def _articles(data: Data, tables: DatabaseTables) -> Iterator[Values]:
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


def _record_values(data: Data, tables: DatabaseTables, dialect: str) -> Callable[[Row], Row]:
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
        return made

    return values


def _run_of(data: Data) -> Callable[[Row], str]:
    if len(data.sources) == 1:
        only = data.sources[0].run_id
        return lambda row: only
    owner: Mapping[str, RecordSource] = data.owners()
    return lambda row: owner[row["article_id"]].run_id


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    stream = iter(items)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _refused(error: DBAPIError, where: str) -> ExportError:
    text = _first_line(error)
    fix = "Check host, port, database, user and password, and that the server runs"
    if "does not exist" in text or "to database" in text or "Unknown database" in text:
        fix = "Create the database first, or check its name"
    elif "password" in text or "authentication" in text:
        fix = "Check user and password in the URL; special characters in it are written as %xx"
    return ExportError(f"cannot connect: {text}", where=where, fix=fix, code="export.connection")


def _failed(error: SQLAlchemyError, where: str) -> ExportError:
    text = _first_line(error)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        fix = "Export again when the server is back; what was there before is unchanged"
        return ExportError(f"the connection broke: {text}", where=where, fix=fix, code="export.connection")
    if any(words in text for words in ("full", "No space", "disk I/O error")):
        fix = "Free some space and try again; nothing was changed"
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
