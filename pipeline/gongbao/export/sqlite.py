"""SQLite: the tables of `database`, full-text search over Chinese, and a metadata file for Datasette.

    gongbao export latest --to sqlite -o facts.db
    datasette facts.db --metadata facts.metadata.json

`records_fts` (`search`) finds what stands in title, place, initiative, indicator and sentence; its rowid is that of the
record, `seq`. sqlite-utils and Datasette see it by themselves.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gongbao.errors import ExportError
from gongbao.export.cells import number_text
from gongbao.export.columns import Row
from gongbao.export.database import fill, write_engine
from gongbao.export.formats import Style, Written
from gongbao.export.metadata import datasette_metadata
from gongbao.export.search import SEARCHED, TABLE, statements
from gongbao.export.select import Data
from gongbao.export.writing import scratch_beside
from gongbao.read.ids import as_text

BUSY = 10.0
"""Seconds to wait for another program that writes."""
_APPLICATION = 0x676F6E67
_LARGEST = 2**63 - 1


def write(data: Data, path: Path, style: Style) -> Written:
    """Bring a SQLite database, made if missing, up to the selected records.

    A new database is written beside its place and moved there; an existing one is changed in one transaction.

    Raises:
        ExportError: the file is no database (`export.database`), of another version (`export.table`), or locked.
    """
    metadata = orjson.dumps(datasette_metadata(as_text(path.stem), data, SEARCHED), option=orjson.OPT_INDENT_2) + b"\n"
    # Written first, so that a disk without room for it is told before the database is changed.
    with scratch_beside(path) as scratch:
        described = scratch / "metadata.json"
        described.write_bytes(metadata)
        done = _added(data, path, style)
        described.replace(path.with_suffix(".metadata.json"))
    return done


def _added(data: Data, path: Path, style: Style) -> Written:
    if not path.exists():
        with scratch_beside(path) as scratch:
            new = scratch / path.name
            done = _write(data, new, style, str(path), fresh=True)
            with new.open("rb+") as file:
                os.fsync(file.fileno())
            if _placed(new, path):
                return done
    # It was there, or another export has made it meanwhile; an empty file is an empty database.
    return _write(data, path, style, str(path), fresh=False)


def _placed(new: Path, path: Path) -> bool:
    """Put a new database in its place; false if there is one by now."""
    try:
        os.link(new, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        new.replace(path)
    return True


def _write(data: Data, path: Path, style: Style, where: str, *, fresh: bool) -> Written:
    engine = _engine(path, fresh=fresh)
    try:
        return _filled(data, engine, style, where)
    finally:
        engine.dispose()


def _filled(data: Data, engine: Engine, style: Style, where: str) -> Written:
    def run(connection: Connection) -> Written:
        if not sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION}")
        done = fill(data, connection, style, where, _numbering(connection) if not data.selection.wide else None)
        if not data.selection.wide:
            _check_articles(connection, where)
            _index(connection)
        return done

    return write_engine(run, engine, where)


def _engine(path: Path, *, fresh: bool) -> Engine:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        # SQLAlchemy's transaction is to hold the making of tables too, which the driver would leave out.
        connection.isolation_level = None
        if fresh:
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        # A new database is checked as a whole at the end, which is faster than row by row.
        connection.execute(f"PRAGMA foreign_keys = {'OFF' if fresh else 'ON'}")
        connection.execute("PRAGMA cache_size = -262144")  # 256 MiB: the indexes of a million records

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _numbering(connection: Connection) -> Callable[[Row], Mapping[str, Any]]:
    """What only SQLite's records have: the number for the search index, and numbers that a double cannot hold."""
    largest = 0
    if sa.inspect(connection).has_table("records"):
        try:
            largest = connection.exec_driver_sql("SELECT max(seq) FROM records").scalar() or 0
        except SQLAlchemyError:  # a table of someone else's: told apart by `fill`
            largest = 0
    numbers = count(largest + 1)

    def numbered(row: Row) -> Mapping[str, Any]:
        values: dict[str, Any] = {"seq": next(numbers), "exact": None}
        inexact = {n: row[n] for n in ("value", "value_max") if _is_inexact(row[n])}
        if inexact:
            values |= {name: float(value) for name, value in inexact.items()}
            values["exact"] = orjson.dumps({name: number_text(value) for name, value in inexact.items()}).decode()
        return values

    return numbered


def _is_inexact(value: int | float | Decimal | None) -> bool:
    return isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > _LARGEST)


def _check_articles(connection: Connection, where: str) -> None:
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check(records)").fetchone()
    if lost is not None:
        query = "SELECT article_id FROM records WHERE rowid = ?"
        article = connection.exec_driver_sql(query, (lost[1],)).scalar()
        fix = "The run folder was changed by hand: run again, or export its records.jsonl alone"
        raise ExportError(
            f"records of an article that is not there: {article}", where=where, fix=fix, code="export.broken"
        )


def _index(connection: Connection) -> None:
    """Make the search index where there is none, or one of an earlier version; triggers keep it true from then on."""
    there = sa.inspect(connection)
    made = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{TABLE}'").scalar()
    if made is not None and "trigram" in made:
        return
    if made is not None:
        for event in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {TABLE}_{event}")
        connection.exec_driver_sql(f"DROP TABLE {TABLE}")
    columns = {column["name"] for column in there.get_columns("records")}
    names = [name for name in SEARCHED if name in columns]
    for statement in statements(names) if names else ():
        connection.exec_driver_sql(statement)


def is_ours(connection: sqlite3.Connection) -> bool:
    """Whether gongbao made the database."""
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION)
