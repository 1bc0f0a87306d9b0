"""Exporting: to a file or folder that appears whole or not at all, to standard output, or into a database."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from gongbao.errors import ExportError, install
from gongbao.export.formats import (
    FOREIGN,
    FORMATS,
    PACKED,
    PLAIN,
    PLAIN_TEXT,
    SUFFIXES,
    Format,
    Style,
    Written,
    ending_of,
    format_of,
)
from gongbao.export.select import Data
from gongbao.run.lock import is_abandoned, locked
from gongbao.stored import FULL

OWN_FOLDERS = ("datapackage.json", "annotation.conf")
"""What an exported folder holds: only such a folder is replaced by a new export."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes. `url` is set for databases behind SQLAlchemy, `path` None means standard output."""

    format: Format | None
    path: Path | None = None
    url: str | None = None

    @property
    def packing(self) -> str:
        """What the file is packed with: `.gz`, `.zip` (folders), or nothing."""
        suffix = self.path.suffix.lower() if self.path is not None else ""
        return suffix if suffix in (PACKED, ".zip") else ""


def target_of(to: str | None, output: str | None, default: Callable[[Format], Path]) -> Target:
    """Read `--to` and `--output`: a format's name, a database URL, or a file whose ending says the format.

    Without `--to` the ending of the output says the format; csv is what has none, or .txt.

    Raises:
        ExportError: there is no such target (`export.format`), it takes no output, the output's ending says another
            format (`export.option`), or one that is not written (`export.ending`).
    """
    if to is not None and "://" in to:
        if output is not None:
            fix = "Leave --output out: the URL says where the records go"
            raise ExportError("a database takes no output file", where="--output", fix=fix, code="export.option")
        return Target(None, url=to)
    if to is not None and output is None and ending_of(Path(to))[0] in (*SUFFIXES, *FOREIGN):
        to, output = None, to
    ending, packed = ending_of(Path(output)) if output and output != "-" else ("", False)
    said = SUFFIXES.get(ending)
    if ending in FOREIGN or (said is None and to is None and (ending not in PLAIN_TEXT or packed)):
        fix = f"Endings: {' '.join(SUFFIXES)}, the ones of text with .gz behind; or say the target with --to"
        raise ExportError(
            f"nothing is written under the ending {ending or PACKED}", where=output, fix=fix, code="export.ending"
        )
    chosen = format_of(to or said or "csv")
    if (packed and (chosen.shape != "file" or chosen.compressed)) or (ending == ".zip" and chosen.shape != "folder"):
        fix = "Pack files of text with .gz, folders with .zip; other files need no packing"
        why = f"{chosen.name} is not packed with {PACKED if packed else ending}"
        raise ExportError(why, where=output, fix=fix, code="export.ending")
    if said is not None and chosen.name != said and chosen.suffix != FORMATS[said].suffix:
        fix = f"Leave --to out, or name a file that ends in {chosen.suffix or '.zip'}"
        raise ExportError(f"the ending says {said}, --to {chosen.name}", where=output, fix=fix, code="export.option")
    if output == "-":
        return Target(chosen)
    return Target(chosen, Path(output) if output else default(chosen))


def export(data: Data, target: Target, style: Style = PLAIN, *, stdout: BinaryIO | None = None) -> Written:
    """Export; returns how much was written.

    Files and folders are written beside their place and moved there when whole, databases changed in one transaction:
    a failed export leaves what was there. Folders go into a zip archive where the output ends in `.zip` or is
    standard output.

    Raises:
        ExportError: see the writers; the place cannot be written (`export.unwritable`), the disk is full
            (`export.disk_full`), the folder there is not an export (`export.exists`).
    """
    _check_options(data, target, style)
    if target.url is not None:
        try:
            import sqlalchemy  # noqa: F401
        except ModuleNotFoundError:
            raise ExportError(
                "a database needs sqlalchemy", where="--to", fix=install("postgresql"), code="export.extra"
            ) from None
        from gongbao.export.database import write_url

        return write_url(data, target.url, style)
    chosen, path = target.format, target.path
    assert chosen is not None
    write = chosen.writer()

    def rows(*arguments: Any) -> int:
        found = write(*arguments)
        return found if isinstance(found, int) else found.rows

    with _told(path):
        if path is not None and path.is_symlink():
            path = path.resolve()  # what the link leads to is replaced, not the link
        if path is None or _is_special(path):
            return Written(_streamed(data, rows, target, style, stdout))
        path.parent.mkdir(parents=True, exist_ok=True)
        if chosen.shape == "database":
            found = write(data, path, style)
            return Written(found) if isinstance(found, int) else found
        with scratch_beside(path) as scratch:
            fresh = scratch / path.name
            count = _written(data, rows, chosen, style, fresh, packing=target.packing)
            _put(fresh, path, chosen)
        return Written(count)


def _check_options(data: Data, target: Target, style: Style) -> None:
    """Refuse options that the target would leave unheard."""
    chosen = target.format
    name = chosen.name if chosen is not None else "a database"
    fault: tuple[str, str, str] | None = None
    if data.selection.wide and chosen is not None and not chosen.wide:
        fault = ("--wide", "has no wide form", "Leave --wide out, or export to a table")
    elif (style.encoding or style.audience != "data") and name not in ("csv", "tsv"):
        fault = ("--to", "has one encoding", "Leave --for and --encoding out")
    elif style.prune and chosen is not None and chosen.shape != "database":
        fault = ("--prune", "holds only what is exported now", "Leave --prune out: it is for databases")
    elif style.prune and data.selection.wide:
        fault = ("--prune", "is made anew by --wide", "Leave --prune out")
    if fault is not None:
        where, why, fix = fault
        raise ExportError(f"{name} {why}", where=where, fix=fix, code="export.option")


def _written(data: Data, write: Callable[..., int], chosen: Format, style: Style, fresh: Path, *, packing: str) -> int:
    bare = fresh.with_name(f"{fresh.name}.d") if packing else fresh
    if chosen.shape == "folder":
        bare.mkdir()
    count = write(data, bare, style)
    if packing == PACKED:
        _gzip(bare, fresh)
    elif packing:
        _zip(bare, fresh)
    if chosen.shape != "folder":
        _sync(fresh)
    return count


def _streamed(data: Data, write: Callable[..., int], target: Target, style: Style, stdout: BinaryIO | None) -> int:
    """To standard output, a pipe or a device: made whole first where the format cannot be written in one go."""
    chosen, path = target.format, target.path
    assert chosen is not None
    # A terminal takes no file descriptor of its own: what is written there is looked through (gongbao.cli.terminal).
    if chosen.streamed and not target.packing and stdout is None and (path is not None or not sys.stdout.isatty()):
        if path is not None:
            return write(data, path, style)
        sys.stdout.flush()
        return write(data, sys.stdout.fileno(), style)
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / f"export{chosen.suffix}"
        packing = target.packing or (".zip" if chosen.shape == "folder" else "")
        count = _written(data, write, chosen, style, fresh, packing=packing)
        out = path.open("wb") if path is not None else stdout or sys.stdout.buffer
        with fresh.open("rb") as file:
            shutil.copyfileobj(file, out)
        out.flush()
        return count


@contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """A hidden folder beside a place, removed in the end; what killed exports to that place left is removed before.

    A folder that one had moved away for its own, and died before putting that there, is put back.
    """
    prefix = f".{path.name}.export-"
    for left in path.parent.iterdir():
        if left.name.startswith(prefix) and is_abandoned(left):
            if (old := left / _old(path)).is_dir() and not path.exists():
                old.rename(path)
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=path.parent) as made, ExitStack() as held:
        with suppress(OSError):  # some network file systems have no locks: nothing is cleared up there
            held.enter_context(locked(Path(made)))
        yield Path(made)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _put(fresh: Path, path: Path, chosen: Format) -> None:
    if not path.is_dir():
        fresh.replace(path)
        return
    if chosen.shape != "folder":
        fix = "Name a file with --output"
        raise ExportError("there is a folder of this name", where=str(path), fix=fix, code="export.exists")
    if any(path.iterdir()) and not any((path / mark).exists() for mark in OWN_FOLDERS):
        fix = "Name a new folder with --output"
        raise ExportError("this folder holds other files", where=str(path), fix=fix, code="export.exists")
    old = fresh.with_name(_old(path))
    path.rename(old)
    try:
        fresh.rename(path)
    except BaseException:  # Ctrl-C too: the scratch folder is removed next, and the old export lies in it
        if not path.exists():
            old.rename(path)
        raise


def _old(path: Path) -> str:
    """What a folder is called in the scratch folder while the new one takes its place."""
    return f"{path.name}.old"


def write_text(path: Path, text: str, *, option: str = "--output") -> None:
    """Write a text file that appears whole or not at all; into a pipe or a device as it is.

    Args:
        path: The file. Where it is a link, what that leads to is replaced.
        text: What it will hold.
        option: How the user names another place.

    Raises:
        ExportError: as `export`.
    """
    with _told(path, option):
        if path.is_symlink():
            path = path.resolve()
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_beside(path) as scratch:
            fresh = scratch / path.name
            fresh.write_text(text, encoding="utf-8")
            _sync(fresh)
            fresh.replace(path)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _gzip(bare: Path, path: Path) -> None:
    # Without a name and a date: the same records give the same bytes.
    with (
        bare.open("rb") as source,
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed)
    bare.unlink()


def _zip(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in sorted(folder.rglob("*")):
            if item.is_file():
                # A fixed date: the same records give the same bytes.
                entry = zipfile.ZipInfo(item.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                with item.open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)


@contextmanager
def _told(path: Path | None, option: str = "--output") -> Iterator[None]:
    """What the system refuses, as errors with a fix; `path` is None for standard output."""
    where = "standard output" if path is None else str(path)
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in FULL:
            left = "nothing was written" if path is not None else "what is there is cut off"
            fix = f"Free some space and try again; {left}"
            raise ExportError("the disk is full", where=where, fix=fix, code="export.disk_full") from error
        raise ExportError(
            f"cannot be written: {error.strerror or error}",
            where=where,
            fix=f"Name a writable place with {option}",
            code="export.unwritable",
        ) from error
