"""Finished runs for reading: their list, and their records in pages.

A page ends with a cursor: the run's name and the place in its records where the next page begins. Runs never change,
so a cursor stays true when newer runs are made, and a page costs what it holds, however far down it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongbao.canonical import dump_json
from gongbao.errors import ServiceError
from gongbao.export.columns import Row
from gongbao.export.rows import parse_row
from gongbao.export.sources import check_schema
from gongbao.export.where import compile_where
from gongbao.places.paths import is_or_lies_in
from gongbao.record import SCHEMA_VERSION
from gongbao.run.folder import MANIFEST, by_age, latest, manifest_of

RUN_ID = r"^[0-9A-Za-z][0-9A-Za-z._\-]{0,99}$"
CURSOR = r"^[0-9A-Za-z][0-9A-Za-z._\-]{0,99}:[0-9]{1,15}$"
LATEST = "latest"
_SUMMARY = ("run_id", "started", "seconds", "counts", "versions", "schema_version")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which records are wanted; all that are given must hold.

    Args:
        where: An expression as `gongbao export --where` takes it.
        place: A place, with all places inside it.
        kind: A kind of quantity.
        status: A status: `planned`, ...
        year: A year.
        article: An article's identifier.
        min_confidence: The least confidence.
    """

    where: str | None = None
    place: str | None = None
    kind: str | None = None
    status: str | None = None
    year: int | None = None
    article: str | None = None
    min_confidence: float | None = None

    def compiled(self) -> Callable[[Row], bool]:
        """The filters as one test.

        Raises:
            ExportError: `where` does not parse.
        """
        tests: list[Callable[[Row], bool]] = [] if self.where is None else [compile_where(self.where)]
        fields = {"kind": self.kind, "status": self.status, "year": self.year, "article_id": self.article}
        for name, wanted in fields.items():
            if wanted is not None:
                tests.append(lambda row, name=name, wanted=wanted: row[name] == wanted)  # type: ignore[misc]
        if self.place is not None:
            path = self.place.rstrip("/")
            tests.append(lambda row: is_or_lies_in(row["place"], path))
        if self.min_confidence is not None:
            least = self.min_confidence
            tests.append(lambda row: row["confidence"] >= least)
        return lambda row: all(test(row) for test in tests)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records as lines of JSON, and where the next page begins; None at the end."""

    run: str
    lines: list[bytes]
    next: str | None


class Runs:
    """The runs of an output folder."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def list(self, limit: int, offset: int) -> dict[str, Any]:
        """Summaries of the finished runs, newest first, whatever clocks said; damaged ones are left out."""
        found = [path.name for path in reversed(by_age(self._out))]
        newest = latest(self._out)
        rows = []
        for name in found[offset : offset + limit]:
            manifest = self._manifest(name)
            rows.append({key: manifest.get(key) for key in _SUMMARY} | {"run_id": name})
        return {"runs": rows, "total": len(found), "latest": newest.name if newest is not None else None}

    def manifest(self, name: str) -> dict[str, Any]:
        """A run's manifest.

        Raises:
            ServiceError: there is no such run (`service.run`).
        """
        return self._manifest(self.folder(name).name)

    def folder(self, name: str) -> Path:
        """The folder of a finished run, by its name or `latest`.

        Raises:
            ServiceError: there is no such run (`service.run`).
        """
        folder = latest(self._out) if name == LATEST else self._out / "runs" / name
        if folder is None or not re.match(RUN_ID, folder.name) or not (folder / MANIFEST).is_file():
            raise ServiceError(f"there is no run {name[:100]!r}", where="run", fix="See GET /runs", code="service.run")
        return folder

    def page(self, name: str, filters: Filters, *, limit: int, cursor: str | None, seconds: float) -> RecordPage:
        """A page of a run's records.

        Args:
            name: The run, or `latest`; the cursor's run if there is a cursor.
            filters: Which records.
            limit: How many at most.
            cursor: Where to begin: `next` of the page before.
            seconds: After that time the page ends where it is, short or empty; `next` goes on from there.

        Raises:
            ServiceError: there is no such run, or no page begins there (`service.cursor`).
            ExportError: a filter does not parse, or the records are damaged.
        """
        test, start = filters.compiled(), 0
        if cursor is not None:
            name, _, at = cursor.rpartition(":")
            start = int(at)
        folder = self.folder(name)
        version = str(self._manifest(folder.name).get("schema_version"))
        check_schema(version, folder.name)
        path = folder / "records.jsonl"
        found: list[bytes] = []
        deadline = time.monotonic() + seconds
        try:
            with path.open("rb") as file:
                if start and not _begins_line(file, start):
                    raise ServiceError(
                        "no page begins there",
                        where="cursor",
                        fix="Take next of the page before",
                        code="service.cursor",
                    )
                for number, line in enumerate(iter(file.readline, b"")):
                    if len(found) == limit or (number % 256 == 255 and time.monotonic() > deadline):
                        return RecordPage(folder.name, found, f"{folder.name}:{file.tell() - len(line)}")
                    row = parse_row(line, Path(folder.name, path.name), number)
                    if test(row):
                        current = version == SCHEMA_VERSION
                        found.append(line.rstrip(b"\n") if current else dump_json(row).encode())
        except OSError as error:
            raise ServiceError(
                f"the records cannot be read: {error.strerror}", where=folder.name, code="service.run"
            ) from error
        return RecordPage(folder.name, found, None)

    def _manifest(self, name: str) -> dict[str, Any]:
        manifest = manifest_of(self._out / "runs" / name)
        if not manifest:
            raise ServiceError(f"the run {name} is damaged", where="run", fix="Run again", code="service.run")
        return manifest


def _begins_line(file: Any, start: int) -> bool:
    file.seek(start - 1)
    before = file.read(1)
    return bool(before == b"\n")
