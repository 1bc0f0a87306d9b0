"""Files that gongbao writes and reads back: whole or not at all; JSON objects, and lines of them."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, AnyStr

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where there is no room, or a file may not grow so large."""


def lines_of(data: AnyStr) -> list[AnyStr]:
    r"""The lines of a file of JSON lines, without their ends and without blank ones.

    `\n` alone ends a line: `str.splitlines` would cut at U+2028, U+2029 and U+0085 too, which JSON holds as they are.
    """
    end: AnyStr = "\n" if isinstance(data, str) else b"\n"
    return [line for line in data.split(end) if line.strip()]


def object_of(data: str | bytes, *, parse_float: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """The JSON object in a text, which anybody may have written or damaged.

    Args:
        data: The text.
        parse_float: Makes the numbers with a point; floats if None.

    Raises:
        ValueError: it is none, or nested too deeply to be read.
    """
    try:
        found = json.loads(data, parse_float=parse_float)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def sync(folder: Path) -> None:
    """Have the names in a folder outlive a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have what the system refuses meanwhile name a file: a full disk is told of by a write, which knows no name."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that appears, or is replaced, whole or not at all, and outlives a power cut.

    Raises:
        OSError: the system refuses; it names the file, and what was there is there.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        with naming(path), fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    sync(path.parent)
