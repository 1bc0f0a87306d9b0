"""Files of a folder that change as one.

    folder/.journal    one line a file: its path below the folder, and its new text (null: it is removed)

The journal is written aside, synced and renamed: with that it is decided. The files are put in their places after it,
and whoever opens the folder next ends what was decided and not done (`settle`), as often as it takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gongbao.stored import lines_of, object_of, sync, write_whole

NAME = ".journal"


def change(folder: Path, texts: Mapping[str, str | None]) -> None:
    """Give files of a folder new texts, all or none; those that have them already are left alone.

    The caller holds the folder's lock.

    Args:
        folder: The folder; it is there.
        texts: By path below the folder; None removes the file.

    Raises:
        OSError: the system refuses; nothing is changed then, or all of it is with the next `settle`.
    """
    entries = [{"path": path, "text": text} for path, text in texts.items() if _differs(folder / path, text)]
    if entries:
        data = "".join(json.dumps(entry) + "\n" for entry in entries)
        write_whole(folder / NAME, data.encode())
        settle(folder)


def is_open(folder: Path) -> bool:
    """Whether something was decided that is not done yet."""
    return (folder / NAME).exists()


def settle(folder: Path) -> None:
    """Do what was decided. The caller holds the folder's lock.

    Raises:
        OSError: the system refuses.
        ValueError: the journal is none that `change` wrote.
    """
    try:
        data = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return
    for path, text in [_entry(folder, line) for line in lines_of(data)]:
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    (folder / NAME).unlink()
    sync(folder)


def _entry(folder: Path, line: bytes) -> tuple[Path, str | None]:
    entry = object_of(line)
    name, text = entry.get("path"), entry.get("text")
    if not isinstance(name, str) or not isinstance(text, str | None):
        raise ValueError("no entry of a journal")
    path, home = folder / name, Path(os.path.realpath(folder))
    # A journal may have come from elsewhere, in a checkout: it writes nothing outside of its folder.
    if ".." in PurePosixPath(name).parts or not Path(os.path.realpath(path.parent)).is_relative_to(home):
        raise ValueError(f"{name!r} is not in this folder")
    return path, text


def _differs(path: Path, text: str | None) -> bool:
    try:
        return text is None or path.read_bytes() != text.encode()
    except FileNotFoundError:
        return text is not None
