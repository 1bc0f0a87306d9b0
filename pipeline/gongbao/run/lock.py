"""Locks of folders: one run at a time in an output folder, and whether a folder's owner still lives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gongbao.errors import RunError

_LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the system lets go of it when the process ends, however it ends.

    Raises:
        RunError: another run holds it (`run.locked`).
        OSError: the lock file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _LOCK
    with path.open("a+", encoding="utf-8") as file:
        if not _acquire(file):
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            raise RunError(
                f"another run is writing here (process {holder})",
                where=str(folder),
                fix="Wait for it, or name another folder with --out",
                code="run.locked",
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def is_abandoned(folder: Path) -> bool:
    """True for a folder that was locked by a process which is gone; where the system cannot tell, False.

    A lock that names no process is one that somebody is about to take: to try it would take it from them.
    """
    try:
        import fcntl  # noqa: F401

        with (folder / _LOCK).open("r+", encoding="utf-8") as file:
            return bool(file.read(1)) and _acquire(file)
    except (ImportError, OSError):
        return False


def _acquire(file: IO[str]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no such locks; two runs there keep apart by their names
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
