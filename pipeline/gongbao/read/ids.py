"""Names and identifiers: as valid text, and in sets that may be larger than memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from gongbao.errors import ReadError

IN_MEMORY = 50_000
"""Names kept in memory; further ones go into a temporary database file that SQLite removes by itself."""


def _database() -> sqlite3.Connection:
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -8000")
    return database


@contextmanager
def _room() -> Iterator[None]:
    """The database is a file of the system's folder for temporary ones, and that may be full."""
    try:
        yield
    except sqlite3.Error as error:
        raise ReadError(
            f"the list of names read so far has no room ({error})",
            where="temporary files",
            fix="Free some space there, or name another folder: SQLITE_TMPDIR=/large gongbao run …",
            code="read.scratch",
        ) from error


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")  # places may be paths of bytes that are no characters


def as_text(name: str) -> str:
    """A file's name as valid text: one of bytes that are no UTF-8 as GB18030, or with those bytes as escapes.

    Archives packed on Chinese Windows unpack to names in GBK. Such a name, as Python gives it, holds lone surrogates
    that no file of results could hold.
    """
    return "/".join(part if is_text(part) else _decoded(part) for part in name.split("/"))


def _decoded(name: str) -> str:
    data = name.encode("utf-8", "surrogateescape")
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace")


def is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8: it holds no lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class SeenIds:
    """The identifiers of a run, each with the place where it came first."""

    def __init__(self) -> None:
        self._recent: dict[str, str] = {}
        self._older: sqlite3.Connection | None = None

    def first(self, identifier: str, where: str) -> str | None:
        """Where the identifier came before; None, and remembered, if it is new."""
        earlier = self._recent.get(identifier)
        if earlier is None and self._older is not None:
            with _room():
                row = self._older.execute("SELECT place FROM seen WHERE id = ?", (_bytes(identifier),)).fetchone()
            earlier = str(row[0], "utf-8", "surrogatepass") if row else None
        if earlier is not None:
            return earlier
        self._recent[identifier] = where
        if len(self._recent) >= IN_MEMORY:
            with _room():
                self._spill()
        return None

    def _spill(self) -> None:
        if self._older is None:
            self._older = _database()
            self._older.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, place BLOB) WITHOUT ROWID")
        rows = sorted((_bytes(key), _bytes(place)) for key, place in self._recent.items())
        self._older.execute("BEGIN")
        self._older.executemany("INSERT INTO seen VALUES (?, ?)", rows)
        self._older.execute("COMMIT")
        self._recent.clear()

    def close(self) -> None:
        """Remove the temporary database."""
        if self._older is not None:
            self._older.close()


def in_order(names: Iterable[bytes]) -> Iterator[bytes]:
    """The names sorted by bytes, with bounded memory however many they are."""
    remaining = iter(names)
    batch = sorted(islice(remaining, IN_MEMORY))
    if len(batch) < IN_MEMORY:
        yield from batch
        return
    database = _database()
    try:
        database.execute("CREATE TABLE names (name BLOB PRIMARY KEY) WITHOUT ROWID")
        while batch:
            with _room():
                database.execute("BEGIN")
                database.executemany("INSERT INTO names VALUES (?)", ((name,) for name in batch))
                database.execute("COMMIT")
            batch = sorted(islice(remaining, IN_MEMORY))
        for (name,) in database.execute("SELECT name FROM names ORDER BY name"):
            yield name
    finally:
        database.close()
