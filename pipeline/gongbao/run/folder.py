"""Run folders: written beside their final name, renamed when whole, and pointed at by `latest` only then."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from gongbao.document import Extraction, Failure
from gongbao.errors import RunError
from gongbao.record import Record
from gongbao.run.lines import FILES, Counts, Lines, csv_header, failures, to_lines
from gongbao.run.shards import Marker
from gongbao.stored import FULL, object_of, sync

INDEX = "shards.jsonl"
MANIFEST = "manifest.json"


class RunWriter:
    """Writes one run folder; use as a context manager.

    Everything goes into a hidden folder beside the final one. `finish` writes the manifest, syncs, renames the folder
    to its name and moves `latest`; leaving the context without `finish` removes what was written.

    Args:
        out: The output folder (`outputs`); made if missing.
        run_id: The name of the run.
        within: The hidden folder to write in; a fresh one beside the final one if None.

    Raises:
        RunError: the folder cannot be written (`run.unwritable`), or the disk is full (`run.disk_full`).
    """

    def __init__(self, out: Path, run_id: str, *, within: Path | None = None) -> None:
        self.final = out / "runs" / run_id
        self._out = out
        try:
            self.final.parent.mkdir(parents=True, exist_ok=True)
            self._partial = Path(tempfile.mkdtemp(prefix=f".{run_id}.", dir=within or self.final.parent))
            self._partial.chmod(0o755)
            self._files: dict[str, IO[bytes]] = {name: (self._partial / name).open("wb") for name in (*FILES, INDEX)}
            self._files["records.csv"].write(csv_header())
        except OSError as error:
            raise run_error(error, out) from error
        self.records = self.articles = self.failures = 0
        self._finished = False

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        if not self._finished:
            shutil.rmtree(self._partial, ignore_errors=True)

    def add(self, result: Extraction | Failure, seconds: float = 0.0) -> None:
        """Append one article's result."""
        self._write(to_lines([(result, seconds)]))

    def append(self, key: str, lines: Lines) -> None:
        """Append what a shard gave, and note it in the folder's index."""
        self._write(lines)
        try:
            self._files[INDEX].write(Marker.of(key, lines).to_line())
        except OSError as error:
            raise run_error(error, self._out) from error

    def _write(self, lines: Lines) -> None:
        try:
            for name, section in zip(FILES, lines.sections, strict=True):
                self._files[name].write(section)
        except OSError as error:
            raise run_error(error, self._out) from error
        self.articles += lines.counts.articles
        self.records += lines.counts.records
        self.failures += len(lines.counts.failures)

    def finish(self, manifest: Mapping[str, Any], beside: Callable[[Path], Any] | None = None) -> Path:
        """Write the manifest, put the folder in its place and point `latest` at it; returns the final path.

        Args:
            manifest: What is said of the run; `latest` stays where it is if it is `held_back`.
            beside: Called with the folder while it is still hidden, when its lines are all there: adds other files.
        """
        try:
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            if beside is not None:
                beside(self._partial)
            write_json(self._partial / MANIFEST, _sealed(manifest, self._partial))
            sync(self._partial)
            self._partial.rename(self.final)
            self._finished = True
            sync(self.final.parent)
            if not manifest.get("held_back"):
                point(self._out, self.final)
        except OSError as error:
            raise run_error(error, self._out) from error
        return self.final


def _sealed(manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A manifest with the hashes of what no shard's marker speaks for: other files of the run, and the manifest."""
    others = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in (*FILES, MANIFEST))
    hashes = {path.relative_to(folder).as_posix(): _hash_of(path) for path in others}
    sealed = {**manifest, "files": hashes}
    return {**sealed, "sha256": _hash(sealed)}


def _is_sealed(manifest: Mapping[str, Any], folder: Path) -> bool:
    """Whether a manifest, and the files that it has hashes of, are as they were written; runs of before have none."""
    if "sha256" not in manifest:
        return True
    hashes = manifest.get("files")
    if not isinstance(hashes, dict) or manifest["sha256"] != _hash(
        {k: v for k, v in manifest.items() if k != "sha256"}
    ):
        return False
    return all(_hash_of(folder / name) == hashed for name, hashed in hashes.items())


def _hash(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FinishedRun:
    """A finished run folder whose shards may be taken over by the next run.

    `whole` says that nothing in it is worth another try: all its files are there in their lengths, and no article
    failed while it was extracted (which more time, more memory or luck may mend). What is taken over is held against
    its hashes: a shard by `read`, the run as it stands by `unchanged`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = {}
        self.whole = False
        self._shards: dict[str, tuple[Marker, tuple[int, ...]]] = {}
        self._all: list[tuple[Marker, tuple[int, ...]]] = []
        with suppress(OSError, ValueError):
            self._load()

    def _load(self) -> None:
        manifest = object_of((self.path / MANIFEST).read_bytes())
        shards: dict[str, tuple[Marker, tuple[int, ...]]] = {}
        at = [0, len(csv_header()), 0, 0]
        every: list[tuple[Marker, tuple[int, ...]]] = []  # a path given twice may fail twice in shards of one key
        whole = True
        with (self.path / INDEX).open("rb") as lines:
            for line in lines:
                marker = Marker.from_line(line)
                whole = whole and not marker.retry
                every.append((marker, tuple(at)))
                if not marker.retry:
                    shards[marker.key] = every[-1]
                at = [start + length for start, length in zip(at, marker.lengths, strict=True)]
        # Files that were changed by hand are nobody's cache; a change that keeps the lengths is seen by the hashes.
        if at == [(self.path / name).stat().st_size for name in FILES]:
            self.manifest, self._shards, self._all = manifest, shards, every
            self.whole = whole

    def __contains__(self, key: str) -> bool:
        return key in self._shards

    def unchanged(self) -> bool:
        """Whether its files hold what was written, byte for byte."""
        try:
            with (self.path / FILES[1]).open("rb") as rows:
                if rows.read(len(csv_header())) != csv_header():
                    return False
            whole = _is_sealed(self.manifest, self.path)
            return whole and all(self._verified(*found) is not None for found in self._all)
        except OSError:
            return False

    def counts(self) -> Iterator[Counts]:
        """The counts of its shards, in order."""
        for marker, starts in self._all:
            failed = _slice(self.path / FILES[3], starts[3], marker.lengths[3])
            yield Counts(marker.articles, marker.records, failures(failed), marker.table_numbers_left)

    def read(self, key: str) -> Lines | None:
        """What a shard gave, or None if it is not there as it was written."""
        found = self._shards.get(key)
        return None if found is None else self._verified(*found)

    def _verified(self, marker: Marker, starts: tuple[int, ...]) -> Lines | None:
        try:
            body = b"".join(
                _slice(self.path / name, start, length)
                for name, start, length in zip(FILES, starts, marker.lengths, strict=True)
            )
            return marker.lines(body)
        except (OSError, ValueError):
            return None


def _slice(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def latest(out: Path) -> Path | None:
    """The newest finished run of an output folder."""
    link = out / "latest"
    return link.resolve() if link.is_dir() else None


def manifest_of(folder: Path) -> dict[str, Any]:
    """What a run folder says of its run; nothing where it has no manifest that can be read."""
    try:
        return object_of((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}


def by_age(out: Path) -> list[Path]:
    """The finished runs of an output folder in the order in which they were finished, whatever clocks said."""
    found = ((manifest_of(path.parent), path.parent) for path in (out / "runs").glob(f"[!.]*/{MANIFEST}"))
    ages = [((sequence_of(said), str(said.get("started") or ""), path.name), path) for said, path in found if said]
    return [path for _, path in sorted(ages)]


def sequence_of(manifest: Mapping[str, Any]) -> int:
    """The number of a run among those of its output folder, counted up; 0 for runs from before they were counted."""
    number = manifest.get("sequence")
    return number if type(number) is int else 0


def point(out: Path, target: Path) -> None:
    """Move `latest` to the target in one step, so that a reader always finds a whole run."""
    link = out / "latest"
    fresh = link.with_name(f".latest.{os.getpid()}")
    with suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)
    sync(out)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file and sync it; bytes of paths that are no characters become JSON's escapes."""
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def run_error(error: OSError, out: Path) -> RunError:
    """What the system said while a run was written, as an error with a fix."""
    if error.errno in FULL:
        return RunError(
            "the disk is full",
            where=str(out),
            fix="Free some space; `gongbao run --resume` goes on where it stopped",
            code="run.disk_full",
        )
    reason = error.strerror or str(error)
    return RunError(
        f"cannot write here: {reason}", where=str(out), fix="Name a writable folder with --out", code="run.unwritable"
    )


def read_records(folder: Path) -> Iterator[Record]:
    """Stream the records of a run folder in their order.

    Raises:
        RunError: the folder holds no records, or a line is no record.
    """
    path = folder / "records.jsonl"
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield Record.model_validate(object_of(line, parse_float=Decimal))
                except ValueError as error:
                    raise RunError(
                        f"line {number} is no record: {str(error).splitlines()[0]}",
                        where=str(path),
                        fix="Run again, or upgrade gongbao if a newer version wrote it",
                        code="run.broken",
                    ) from error
    except FileNotFoundError as error:
        raise RunError("no records here", where=str(folder), fix="Name a run folder", code="run.missing") from error
