"""Full-text search over Chinese in SQLite: what is typed is found wherever it stands, without words being cut.

`records_fts` indexes every three characters on end (FTS5's trigrams) of the columns `SEARCHED`. SQLite by itself
finds what has three characters or more: `… WHERE records_fts MATCH '质押融资'`. Shorter words need the trigrams that
hold them: `query` looks them up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

SEARCHED = ("title", "place", "initiative", "indicator", "sentence")
"""The columns that the index covers."""
TABLE, VOCABULARY = "records_fts", "records_fts_terms"
_GRAM = 3
_MOST = 2000
"""Trigrams of one short word that are looked for."""


def statements(names: Iterable[str]) -> Iterator[str]:
    """The SQL that makes the index over some of the columns, fills it, and keeps it true with every change."""
    columns = ", ".join(names)
    old, new = (", ".join(f"{side}.{name}" for name in columns.split(", ")) for side in ("old", "new"))
    take = f"INSERT INTO {TABLE} ({TABLE}, rowid, {columns}) VALUES ('delete', old.seq, {old});"
    put = f"INSERT INTO {TABLE} (rowid, {columns}) VALUES (new.seq, {new});"
    # Written as sqlite-utils and Datasette look for it.
    yield (
        f"CREATE VIRTUAL TABLE {TABLE} USING fts5({columns}, content=\"records\", content_rowid='seq',"
        " tokenize='trigram')"
    )
    yield f"CREATE VIRTUAL TABLE {VOCABULARY} USING fts5vocab({TABLE}, row)"
    yield f"CREATE TRIGGER {TABLE}_insert AFTER INSERT ON records BEGIN {put} END"
    yield f"CREATE TRIGGER {TABLE}_delete AFTER DELETE ON records BEGIN {take} END"
    yield f"CREATE TRIGGER {TABLE}_update AFTER UPDATE OF {columns} ON records BEGIN {take} {put} END"
    yield f"INSERT INTO {TABLE} ({TABLE}) VALUES ('rebuild')"


def query(connection: sqlite3.Connection, typed: str) -> str:
    """What a person typed as a query of the index: all of its parts between blanks must occur.

    Each part is quoted, so that nothing in it is read as an operator.
    """
    parts = [_quoted(part) if len(part) >= _GRAM else _short(connection, part) for part in typed.split()]
    return " AND ".join(parts) or '""'


def _short(connection: sqlite3.Connection, part: str) -> str:
    """A part of one or two characters: any of the trigrams that it begins, or that it ends at the end of a value."""
    bounds = (part, part + "\U0010ffff", _MOST)
    grams = [
        row[0]
        for row in connection.execute(f"SELECT term FROM {VOCABULARY} WHERE term >= ? AND term < ? LIMIT ?", bounds)
    ]
    present = {row[1] for row in connection.execute("PRAGMA table_info(records)")}
    for name in (name for name in SEARCHED if name in present):
        ending = f"SELECT DISTINCT substr({name}, -{_GRAM}) FROM records WHERE substr({name}, -{len(part)}) = ? LIMIT ?"
        grams += [row[0] for row in connection.execute(ending, (part, _MOST)) if len(row[0]) == _GRAM]
    return f"({' OR '.join(map(_quoted, dict.fromkeys(grams)))})" if grams else _quoted(part)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
