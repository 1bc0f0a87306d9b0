"""Run folders: written beside their final name, renamed when whole, and pointed at by `latest` only then."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pipeline.errors import RunError
from pipeline.models import Extraction, Failure, Record, dump_json

FILES = ("records.jsonl", "records.csv", "articles.jsonl", "errors.jsonl")


class RunWriter:
    """Writes one run folder; use as a context manager.

    Everything goes into a hidden folder beside the final one. `finish` writes the manifest, syncs, renames the folder
    to its name and moves `latest`; leaving the context without `finish` removes what was written.

    Args:
        out: The output folder (`outputs`); made if missing.
        run_id: The name of the run.

    Raises:
        RunError: the folder cannot be written (`run.unwritable`), or the disk is full (`run.disk_full`).
    """

    def __init__(self, out: Path, run_id: str) -> None:
        self.final = out / "runs" / run_id
        self._out = out
        try:
            self.final.parent.mkdir(parents=True, exist_ok=True)
            self._partial = Path(tempfile.mkdtemp(prefix=f".{run_id}.", dir=self.final.parent))
            self._partial.chmod(0o755)
            self._files: dict[str, IO[str]] = {
                name: (self._partial / name).open("w", encoding="utf-8", newline="") for name in FILES
            }
        except OSError as error:
            raise _run_error(error, out) from error
        self._csv = csv.writer(self._files["records.csv"], lineterminator="\n")
        self._csv.writerow(Record.model_fields)
        self.records = self.articles = self.failures = 0
        self._finished = False

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        if not self._finished:
            shutil.rmtree(self._partial, ignore_errors=True)

    def add(self, result: Extraction | Failure, seconds: float = 0.0) -> None:
        """Append one article's result."""
        try:
            if isinstance(result, Failure):
                self._add_failure(result)
            else:
                self._add_extraction(result, seconds)
        except OSError as error:
            raise _run_error(error, self._out) from error

    def _add_failure(self, failure: Failure) -> None:
        self.failures += 1
        line = {
            "id": failure.id,
            "stage": failure.stage,
            "code": failure.code,
            "message": failure.message,
            "where": failure.where,
            "fix": failure.fix,
        }
        self._files["errors.jsonl"].write(_encodable(dump_json(line)) + "\n")

    def _add_extraction(self, extraction: Extraction, seconds: float) -> None:
        self.articles += 1
        self.records += len(extraction.records)
        article = extraction.article
        line = {
            "id": article.id,
            "title": article.title,
            "pub_date": article.pub_date,
            "source": article.source,
            "text": article.text,
            "simplified": extraction.simplified,
            "repairs": [
                {"start": r.start, "end": r.end, "before": r.before, "after": r.after, "kind": r.kind}
                for r in extraction.repairs
            ],
            "encoding": article.encoding,
            "counts": dict(extraction.counts),
            "seconds": round(seconds, 4),
        }
        self._files["articles.jsonl"].write(_encodable(dump_json(line)) + "\n")
        for record in extraction.records:
            row = record.to_dict()
            self._files["records.jsonl"].write(_encodable(dump_json(row)) + "\n")
            self._csv.writerow([_cell(value) for value in row.values()])

    def finish(self, manifest: Mapping[str, Any]) -> Path:
        """Write the manifest, put the folder in its place and point `latest` at it; returns the final path."""
        try:
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            path = self._partial / "manifest.json"
            with path.open("w", encoding="utf-8") as file:
                json.dump(manifest, file, ensure_ascii=False, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            self._partial.rename(self.final)
            self._finished = True
            _point(self._out / "latest", self.final)
        except OSError as error:
            raise _run_error(error, self._out) from error
        return self.final


def _point(link: Path, target: Path) -> None:
    """Move the link to the target in one step, so that a reader always finds a whole run."""
    fresh = link.with_name(f".latest.{os.getpid()}")
    with suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return dump_json(value)
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    if isinstance(value, str):
        return _encodable(value)
    return value


def _encodable(text: str) -> str:
    """Lone surrogates, which UTF-8 cannot hold, as escapes."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def _run_error(error: OSError, out: Path) -> RunError:
    if error.errno == errno.ENOSPC:
        return RunError("the disk is full", where=str(out), fix="Free some space and run again", code="run.disk_full")
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
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield Record.model_validate(json.loads(line, parse_float=Decimal))
                except ValueError as error:
                    raise RunError(
                        f"line {number} is no record: {str(error).splitlines()[0]}",
                        where=str(path),
                        fix="Run again, or upgrade gongbao if a newer version wrote it",
                        code="run.broken",
                    ) from error
    except FileNotFoundError as error:
        raise RunError("no records here", where=str(folder), fix="Name a run folder", code="run.missing") from error
