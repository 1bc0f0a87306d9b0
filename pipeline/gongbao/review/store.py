"""The database of decisions: an append-only table of events in SQLite, safe against kill -9 and several reviewers."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from gongbao.canonical import dump_json
from gongbao.diff.baseline import read_settled
from gongbao.diff.compare import Comparison
from gongbao.diff.fields import RecordRow
from gongbao.diff.sources import Places
from gongbao.errors import CompareError
from gongbao.read.ids import is_text
from gongbao.review.ledger import Action, Event, Ledger
from gongbao.review.sharing import Share

FORMAT = 1
_APPLICATION = 0x676F6E67
_HERE = "./"
"""What a side begins with that lies beside the database."""
_BUSY = 5.0
MOST_FILTERS = 100
"""That a reviewer keeps."""
_LATER = """
CREATE TABLE IF NOT EXISTS share (
    part TEXT NOT NULL,
    value TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    PRIMARY KEY (part, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS filter (
    reviewer TEXT NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    PRIMARY KEY (reviewer, name)
) WITHOUT ROWID;
"""
"""Tables that older databases get when they are opened; programs that do not know them are not disturbed."""
_SCHEMA = f"""
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('accept', 'reject', 'edit', 'add', 'undo')),
    batch TEXT NOT NULL,
    undoes INTEGER REFERENCES event (id),
    reviewer TEXT NOT NULL,
    at TEXT NOT NULL,
    article_id TEXT NOT NULL,
    occurrence INTEGER NOT NULL DEFAULT 0,
    old TEXT,
    new TEXT,
    edited TEXT,
    versions TEXT NOT NULL
);
CREATE INDEX event_key ON event (key);
CREATE TABLE position (
    comparison TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (comparison, reviewer)
) WITHOUT ROWID;
CREATE TABLE opened (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    old TEXT NOT NULL,
    new TEXT NOT NULL
);
{_LATER}
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {FORMAT};
"""


class NewDecision(NamedTuple):
    """A decision about to be written: see `Event`. `expected` is the version of the change that the reviewer saw."""

    key: str
    action: Action
    article_id: str
    expected: int | None = None
    occurrence: int = 0
    undoes: int | None = None
    old: RecordRow | None = None
    new: RecordRow | None = None
    edited: RecordRow | None = None


class Store:
    """An open database of decisions; may be used from several threads.

    Raises:
        CompareError: the database is locked by another program (`compare.locked`), damaged or no database of ours
            (`compare.corrupt`), or written by a newer version (`compare.schema`). It is left as it is.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.ledger = Ledger()
        self._lock = threading.RLock()
        with self._errors():
            if read_only:
                self._db = sqlite3.connect(
                    f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY, check_same_thread=False
                )
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._db = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(read_only)
                self.refresh()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def refresh(self) -> list[str]:
        """Take in what others wrote since; returns the keys concerned."""
        with self._lock, self._errors():
            return self.ledger.replay(self._events(self.ledger.last))

    def append(
        self,
        entries: Sequence[NewDecision],
        reviewer: str,
        batch: str,
        versions: Mapping[str, Any],
        *,
        now: datetime | None = None,
    ) -> list[Event]:
        """Write decisions; returns those that were not written because the change moved on since the reviewer saw it.

        All or none is not asked for: of a group, what nobody touched is written. The returned events are the ones
        that now hold or that undid what the reviewer saw.
        """
        at = (now or datetime.now(UTC)).isoformat(timespec="milliseconds")
        conflicts: list[Event] = []
        with self._lock, self._errors(), self._transaction():
            self.ledger.replay(self._events(self.ledger.last))
            rows = []
            for entry in entries:
                if entry.expected is not None and entry.expected != self.ledger.version(entry.key):
                    conflicts += self._events(self.ledger.version(entry.key) - 1, entry.key)
                    continue
                records = (_dump(entry.old), _dump(entry.new), _dump(entry.edited))
                fixed = (entry.key, entry.action, batch, entry.undoes, reviewer, at, entry.article_id, entry.occurrence)
                rows.append((*fixed, *records, dump_json(dict(versions))))
            self._db.executemany(
                "INSERT INTO event (key, action, batch, undoes, reviewer, at, article_id, occurrence, old, new, edited,"
                " versions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        self.refresh()
        return conflicts

    def position(self, comparison: str, reviewer: str) -> str | None:
        """The change that a reviewer last stood at."""
        with self._lock, self._errors():
            row = self._db.execute(
                "SELECT key FROM position WHERE comparison = ? AND reviewer = ?", (comparison, reviewer)
            ).fetchone()
        return str(row[0]) if row else None

    def set_position(self, comparison: str, reviewer: str, key: str) -> None:
        """Remember the change that a reviewer stands at."""
        with self._lock, self._errors(), self._transaction():
            self._db.execute("INSERT OR REPLACE INTO position VALUES (?, ?, ?)", (comparison, reviewer, key))

    def remember_sides(self, old: str, new: str) -> None:
        """Remember which two sides are reviewed, for `gongbao accept`."""
        with self._lock, self._errors(), self._transaction():
            self._db.execute("INSERT INTO opened (old, new) VALUES (?, ?)", [self._kept(old), self._kept(new)])

    def last_sides(self) -> tuple[str, str] | None:
        """The two sides that were reviewed last, None if none were."""
        with self._lock, self._errors():
            row = self._db.execute("SELECT old, new FROM opened ORDER BY id DESC LIMIT 1").fetchone()
        return (self._side(row[0]), self._side(row[1])) if row else None

    def _kept(self, side: str) -> str | bytes:
        """A side as it is kept: what lies beside the database by its way from there, for all may be moved or copied."""
        home, path = self.path.parent.resolve(), Path(side)
        kept = f"{_HERE}{path.relative_to(home)}" if path.is_absolute() and path.is_relative_to(home) else side
        return kept if is_text(kept) else os.fsencode(kept)  # a path may be of bytes that are no text

    def _side(self, kept: str | bytes) -> str:
        side, home = os.fsdecode(kept), self.path.parent.resolve()
        if side.startswith(_HERE):
            return str(home / side.removeprefix(_HERE))
        # Earlier versions kept whole paths, which lead nowhere once the folder was moved.
        moved = home / "runs" / Path(side).name
        return str(moved) if Path(side).is_absolute() and not Path(side).exists() and moved.is_dir() else side

    def shares(self) -> list[Share]:
        """Who has which part of the queue."""
        with self._lock, self._errors():
            return [Share(*row) for row in self._db.execute("SELECT part, value, reviewer FROM share ORDER BY value")]

    def set_shares(self, shares: Sequence[Share]) -> None:
        """Share the queue out anew."""
        with self._lock, self._errors(), self._transaction():
            self._db.execute("DELETE FROM share")
            self._db.executemany("INSERT INTO share VALUES (?, ?, ?)", shares)

    def filters(self, reviewer: str) -> list[tuple[str, Any]]:
        """The filters that a reviewer keeps, by name."""
        query = "SELECT name, filter FROM filter WHERE reviewer = ? ORDER BY name"
        with self._lock, self._errors():
            return [(name, json.loads(kept)) for name, kept in self._db.execute(query, (reviewer,))]

    def keep_filter(self, reviewer: str, name: str, kept: Mapping[str, Any]) -> None:
        """Keep a filter under a name; an empty one forgets it.

        Raises:
            CompareError: the reviewer keeps too many already (`compare.filters`).
        """
        with self._lock, self._errors(), self._transaction():
            self._db.execute("DELETE FROM filter WHERE reviewer = ? AND name = ?", (reviewer, name))
            if kept:
                query = "SELECT count(*) FROM filter WHERE reviewer = ?"
                if self._db.execute(query, (reviewer,)).fetchone()[0] >= MOST_FILTERS:
                    raise CompareError(
                        f"{MOST_FILTERS} filters are kept already", fix="Forget some of them", code="compare.filters"
                    )
                self._db.execute("INSERT INTO filter VALUES (?, ?, ?)", (reviewer, name, dump_json(dict(kept))))

    def _prepare(self, read_only: bool) -> None:
        found, version = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and found != _APPLICATION:
            raise _corrupt(self.path, "this is no database of decisions")
        if version > FORMAT:
            raise CompareError(
                f"written by a newer gongbao (format {version}; this one knows {FORMAT})",
                where=str(self.path),
                fix="Upgrade gongbao, or name another folder with --out",
                code="compare.schema",
            )
        if read_only:
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if tables:
            problem = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise _corrupt(self.path, str(problem))
            self._db.executescript(f"BEGIN IMMEDIATE; {_LATER} COMMIT;")
        else:
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _events(self, after: int, key: str | None = None) -> list[Event]:
        if after == 0 and not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return []
        query = "SELECT * FROM event WHERE id > ?" + (" AND key = ?" if key else "") + " ORDER BY id"
        cursor = self._db.execute(query, (after, key) if key else (after,))
        return [_event(row) for row in cursor]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            text = str(error)
            if "locked" in text or "busy" in text:
                raise CompareError(
                    "the database of decisions is locked by another program; nothing was written",
                    where=str(self.path),
                    fix="Close the program that holds it (a database browser, a backup), then try again",
                    code="compare.locked",
                ) from error
            if "malformed" in text or "no such" in text:
                raise _corrupt(self.path, text) from error
            raise CompareError(
                f"the database of decisions cannot be used: {text}",
                where=str(self.path),
                fix="Check the folder's permissions and free space",
                code="compare.database",
            ) from error
        except sqlite3.DatabaseError as error:
            raise _corrupt(self.path, str(error)) from error
        except OSError as error:
            raise CompareError(
                f"the database of decisions cannot be used: {error.strerror}",
                where=str(self.path),
                fix="Check the folder's permissions",
                code="compare.database",
            ) from error


def decided_changes(comparison: Comparison, places: Places) -> dict[str, str]:
    """The verdicts on a comparison's changes: from the baseline's list and, if there is one, the database."""
    verdicts: dict[str, str] = {key: item.verdict for key, item in read_settled(places.baseline).items()}
    if places.reviews.exists():
        store = Store(places.reviews, read_only=True)
        for key in store.ledger.seen():
            verdicts.pop(key, None)  # what was undone here is open again, whatever the baseline says
        verdicts.update(store.ledger.settled())
        store.close()
    return {key: verdicts[key] for key in comparison.by_key if key in verdicts}


def _corrupt(path: Path, why: str) -> CompareError:
    return CompareError(
        f"the database of decisions is damaged: {why}; it was left as it is",
        where=str(path),
        fix=f"Restore it from a backup, or move it away and save what it holds: sqlite3 {path.name} .recover",
        code="compare.corrupt",
    )


def _dump(row: RecordRow | None) -> str | None:
    return None if row is None else dump_json(dict(row))


def _load(text: str | None) -> dict[str, Any] | None:
    return None if text is None else dict(json.loads(text, parse_float=_number))


def _number(text: str) -> float | Decimal:
    as_float = float(text)
    exact = Decimal(text)
    return as_float if Decimal(repr(as_float)) == exact else exact


def _event(row: tuple[Any, ...]) -> Event:
    number, key, action, batch, undoes, reviewer, at, article_id, occurrence, old, new, edited, versions = row
    records = (_load(old), _load(new), _load(edited))
    return Event(
        number, key, action, batch, undoes, reviewer, at, article_id, occurrence, *records, json.loads(versions)
    )
