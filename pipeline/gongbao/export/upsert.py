"""Rows put into a table by key: an existing one is touched only where it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Connection

from gongbao.errors import ExportError
from gongbao.export.cells import json_text

Values = Mapping[str, Any]


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
            self._processors = dict.fromkeys(lists, json_text)

    def __call__(self, rows: Sequence[Values]) -> None:
        if not rows:
            return
        if self._connection.dialect.name == "postgresql":
            rows = [_without_nul(row) for row in rows]
        for name, process in self._processors.items():
            rows = [row if row[name] is None else {**row, name: process(row[name])} for row in rows]
        if self._pick is not None:
            self._connection.exec_driver_sql(self._sql, list(map(self._pick, rows)))
        else:
            self._connection.exec_driver_sql(self._sql, [{name: row[name] for name in self._names} for row in rows])


def _without_nul(row: Values) -> Values:
    """PostgreSQL's text holds no NUL; its picture is as long, so that offsets stay right."""
    return {name: _pictured(value) for name, value in row.items()}


def _pictured(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "␀") if "\x00" in value else value
    if isinstance(value, dict):
        return {_pictured(name): _pictured(item) for name, item in value.items()}
    return [_pictured(item) for item in value] if isinstance(value, list) else value


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
