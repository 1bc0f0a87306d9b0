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

    An existing row keeps its `seq`, and its `run_id` where nothing else differs: that says which run changed it last.
    The statement is compiled once and rows go straight to the driver.
    """

    def __init__(self, table: sa.Table, connection: Connection) -> None:
        self._connection = connection
        statement = _upsert(table, connection.dialect.name)
        compiled = statement.compile(dialect=connection.dialect, column_keys=table.columns.keys())
        self._sql = str(compiled)
        # Of a row, what the driver wants: a tuple in its order, or a dict.
        self._pick = itemgetter(*compiled.positiontup) if compiled.positional and compiled.positiontup else None
        self._names = table.columns.keys()
        processors = compiled._bind_processors
        self._processors = {name: processors[name] for name in self._names if name in processors}
        if connection.dialect.name == "sqlite":  # ISO dates and numbers go in as they are
            lists = [name for name in self._names if isinstance(table.c[name].type, sa.JSON)]
            self._processors = dict.fromkeys(lists, json_text)

    def __call__(self, rows: Sequence[Values]) -> int:
        """Put the rows in; returns how many were new or differed."""
        if not rows:
            return 0
        if self._connection.dialect.name == "postgresql":
            rows = [_without_nul(row) for row in rows]
        for name, process in self._processors.items():
            rows = [row if row[name] is None else {**row, name: process(row[name])} for row in rows]
        values: list[Any]
        if self._pick is not None:
            values = list(map(self._pick, rows))
        else:
            values = [{name: row[name] for name in self._names} for row in rows]
        touched = self._connection.exec_driver_sql(self._sql, values).rowcount
        # MySQL counts a row once if it is new or as it was, and twice if it differed.
        return touched - len(rows) if self._connection.dialect.name in ("mysql", "mariadb") else touched


def _without_nul(row: Values) -> Values:
    """PostgreSQL's text holds no NUL; its picture is as long, so that offsets stay right."""
    return {name: _pictured(value) for name, value in row.items()}


def _pictured(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "␀") if "\x00" in value else value
    if isinstance(value, dict):
        return {_pictured(name): _pictured(item) for name, item in value.items()}
    return [_pictured(item) for item in value] if isinstance(value, list) else value


_KEPT, _FOLLOWS = "seq", "run_id"


def _upsert(table: sa.Table, dialect: str) -> Any:
    keys = [column.name for column in table.primary_key if column.name != _KEPT] or ["record_id"]
    rest = [name for name in table.columns.keys() if name not in (*keys, _KEPT)]  # noqa: SIM118
    said = [name for name in rest if name != _FOLLOWS]
    if dialect in ("postgresql", "sqlite"):
        module: Any = postgresql if dialect == "postgresql" else sqlite
        statement = module.insert(table)
        new = statement.excluded
        differs = sa.or_(*(table.c[name].is_distinct_from(new[name]) for name in said))
        return statement.on_conflict_do_update(
            index_elements=keys, set_={name: new[name] for name in rest}, where=differs
        )
    if dialect in ("mysql", "mariadb"):
        merged = mysql.insert(table)
        new = merged.inserted
        changes: list[tuple[str, Any]] = [(name, new[name]) for name in said]
        if _FOLLOWS in rest:  # set first: what is set before it would be compared with itself
            differs = sa.or_(*(table.c[name].is_distinct_from(new[name]) for name in said))
            changes.insert(0, (_FOLLOWS, sa.case((differs, new[_FOLLOWS]), else_=table.c[_FOLLOWS])))
        return merged.on_duplicate_key_update(changes)
    fix = "Use PostgreSQL, MySQL, MariaDB or SQLite"
    raise ExportError(f"no way to update rows by key in {dialect}", where="--to", fix=fix, code="export.url")
