"""From the paths a user gives to the files to read: folders walked in a fixed order, links and odd files named."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gongbao.document import Failure
from gongbao.errors import ReadError
from gongbao.read.failing import ENDINGS, failure, os_error, printable, unsupported
from gongbao.read.ids import as_text, in_order
from gongbao.read.streams import PACKINGS

TEXTS = (".txt", ".md")
PAGES = (".html", ".htm")
ROWS = (".jsonl", ".csv")
DOCUMENTS = (".docx", ".pdf", ".xlsx")
FOREIGN = (
    *(".doc", ".wps", ".rtf", ".odt", ".ofd", ".ppt", ".pptx"),
    *(".xls", ".et", ".ods"),
    *(".mht", ".mhtml", ".eml"),
    *(".zip", ".rar", ".7z", ".tar", ".tgz"),
)
"""Kinds that may well hold articles but are not read: in a folder they are named, while pictures and code are not."""
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read: its identifier, its path, its kind (`.txt`, ...) and what it is packed with (``, `.gz`)."""

    id: str
    path: Path
    kind: str
    packing: str = ""


def find_sources(paths: Sequence[str | Path]) -> Iterator[Source | Failure]:
    """All files that the paths mean, in the order given; folders in the order of their relative POSIX paths.

    In a folder, documents of kinds that are not read, links to folders and links that lead nowhere or out of it are
    named as failures; hidden files and what is no document at all are passed over. Memory does not grow with the number
    of files. Identifiers are valid text, whatever bytes the names are made of.
    """
    for given in paths:
        path = Path(given)
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                yield from _folder(path)
                continue
            if not stat.S_ISREG(mode):
                raise _odd(path)
            source = source_of(path, as_text(path.name))
            if source is None:
                raise unsupported(path)
            yield source
        except ReadError as error:
            yield failure(error, as_text(path.name or str(path)))
        except OSError as error:
            yield failure(os_error(error, str(path)), as_text(path.name or str(path)))
        except ValueError:  # a NUL in the path, or half a character that no system could be asked for
            missing = ReadError("That is no path", where=str(path), fix="Check the path", code="read.missing")
            yield failure(missing, printable(str(path)))


def source_of(path: Path, identifier: str) -> Source | None:
    """The source that a file is by its name, None if files of that kind are not read."""
    kind, packing = path.suffix.lower(), ""
    if kind in PACKINGS:
        kind, packing = Path(path.stem).suffix.lower(), kind
    if (kind in DOCUMENTS and not packing) or kind in TEXTS + PAGES + ROWS:
        return Source(identifier, path, kind, packing)
    return None


def _folder(root: Path) -> Iterator[Source | Failure]:
    found = False
    real = root.resolve()
    stack = [("", _entries(root, ""))]
    while stack:
        folder, entries = stack[-1]
        try:
            relative = next(entries, None)
        except OSError as error:
            stack.pop()
            yield failure(os_error(error, str(root / folder)), as_text(folder or root.name or str(root)))
            continue
        if relative is None:
            stack.pop()
        elif relative.endswith("/"):
            stack.append((relative, _entries(root, relative)))
        else:
            path, identifier = root / relative, as_text(relative)
            source = source_of(path, identifier)
            try:
                problem = _trouble(path, real) if source is not None else _passed_over(path)
            except OSError as error:
                problem = os_error(error, str(path))
            if problem is not None:
                found = True
                yield failure(problem, identifier)
            elif source is not None:
                found = True
                yield source
    if not found:
        empty = ReadError(
            "There is nothing to read in this folder",
            where=str(root),
            fix=f"Put files there: {ENDINGS}",
            code="read.nothing",
        )
        yield failure(empty, as_text(root.name or str(root)))


def _entries(root: Path, folder: str) -> Iterator[str]:
    """The relative paths of a folder's files and (with `/` behind) folders, in the order of whole relative paths."""

    def names() -> Iterator[bytes]:
        with os.scandir(root / folder) as entries:
            for entry in entries:
                if not entry.name.startswith((".", "~$")):
                    is_folder = entry.is_dir(follow_symlinks=False)
                    yield os.fsencode(entry.name + "/" if is_folder else entry.name)

    for name in in_order(names()):
        yield folder + os.fsdecode(name)


def _trouble(path: Path, root: Path) -> ReadError | None:
    """Why a file found in a folder is not read: a link that leads out of it or nowhere, a device, a pipe."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        try:
            target = Path(os.path.realpath(path, strict=True))
        except FileNotFoundError:
            return _nowhere(path)
        if target.is_dir():
            return _linked_folder(path)
        if not target.is_relative_to(root):
            return ReadError(
                f"The link leads out of the folder, to {target}",
                where=str(path),
                fix="Copy the file into the folder, or give its path",
                code="read.symlink",
            )
        status = path.stat()
    return None if stat.S_ISREG(status.st_mode) else _odd(path)


def _passed_over(path: Path) -> ReadError | None:
    """What must be said of an entry that is no article by its name: it may hold or have held some."""
    if path.suffix.lower() in FOREIGN:
        return unsupported(path)
    if not path.is_symlink():
        return None
    if not path.exists():
        return _nowhere(path)
    return _linked_folder(path) if path.is_dir() else None


def _nowhere(path: Path) -> ReadError:
    return ReadError("The link leads nowhere", where=str(path), fix="Remove or mend the link", code="read.symlink")


def _linked_folder(path: Path) -> ReadError:
    return ReadError(
        "The link leads to a folder: what is in it is not read from here",
        where=str(path),
        fix="Give the folder's own path, or remove the link",
        code="read.symlink",
    )


def _odd(path: Path) -> ReadError:
    return ReadError(
        "This is no regular file (a pipe, a device, a socket)",
        where=str(path),
        fix="Give a file, or pipe its text into `-`",
        code="read.not_a_file",
    )
