"""Reading what is exported: run folders and records files, streamed as rows with exact numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import contains
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from gongbao.canonical import as_decimal, plain_number
from gongbao.diff.baseline import is_baseline
from gongbao.errors import ExportError
from gongbao.export.columns import Row, alternative_columns, evidence_columns, record_columns
from gongbao.record import SCHEMA_VERSION, Record
from gongbao.run.folder import sequence_of
from gongbao.stored import object_of

# A number of 15 characters or fewer is given back digit for digit by a binary double; a longer one may not be, and is
# read as a decimal. The key cannot match inside a string: there its quotes would be escaped.
# What a row's own fields hold is given back as it came, however long.
_LONG_NUMBER = re.compile(rb'"value(?:_max)?"\s*:\s*-?[0-9.]{16,}|"extra"\s*:\s*\{')


@dataclass(frozen=True)
class RecordSource:
    """What is exported: a run folder, or a records file by itself (`articles` is None then)."""

    path: Path
    records: Path
    articles: Path | None = None
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """The run's name; for a file, the file's."""
        return str(self.manifest.get("run_id") or self.path.resolve().name.removesuffix(".jsonl"))

    @property
    def started(self) -> str:
        """When the run was started, ISO 8601; empty if unknown."""
        return str(self.manifest.get("started") or "")

    @property
    def sequence(self) -> int:
        """Its number among the runs of its output folder, as they were finished; 0 if unknown."""
        return sequence_of(self.manifest)

    def rows(self) -> Iterator[Row]:
        """The records, in order."""
        for number, line in _lines(self.records):
            yield parse_row(line, self.records, number)

    def article_rows(self) -> Iterator[Row]:
        """The articles, in order; none if only records are there."""
        if self.articles is None:
            return
        for number, line in _lines(self.articles):
            row = _object(line, self.articles, number)
            if not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str):
                raise _broken(self.articles, number, "an article without id or text")
            yield row


def open_named(name: str, outputs: Path, baseline: Path = Path("corpus/baseline")) -> RecordSource:
    """Open a run by its name (`latest`, `previous`), folder or file, or the accepted records (`baseline`).

    Args:
        name: What `gongbao export` takes.
        outputs: Where named runs are.
        baseline: Where the accepted records are.

    Raises:
        GongbaoError: there is no finished run or no baseline, or as `open_source`.
    """
    from gongbao.diff.sources import latest_run, previous_run

    if name == "baseline":
        from gongbao.export.accepted import open_accepted

        return open_accepted(baseline)
    if name not in ("latest", "previous"):
        return open_source(Path(name))
    return open_source(latest_run(outputs) if name == "latest" else previous_run(outputs))


def open_source(path: Path) -> RecordSource:
    """Open a run folder, the baseline's folder or a records file.

    Raises:
        ExportError: it is not there (`export.missing`), unfinished (`export.manifest`) or of a newer schema
            (`export.schema`).
    """
    if path.is_file():
        return RecordSource(path, path)
    records = path / "records.jsonl"
    if is_baseline(path):
        from gongbao.export.accepted import open_accepted

        return open_accepted(path)
    if not records.is_file():
        fix = "Name a run folder, a records.jsonl file, latest, previous or baseline"
        raise ExportError("no records here", where=str(path), fix=fix, code="export.missing")
    manifest_path, articles = path / "manifest.json", path / "articles.jsonl"
    try:
        manifest = object_of(manifest_path.read_bytes())
    except (OSError, ValueError) as error:
        raise ExportError(
            "the run did not finish: its manifest.json is missing or damaged",
            where=str(path),
            fix="Run again, or name its records.jsonl to export what is there",
            code="export.manifest",
        ) from error
    check_schema(str(manifest.get("schema_version", SCHEMA_VERSION)), str(path))
    return RecordSource(path, records, articles if articles.is_file() else None, manifest)


def check_schema(found: str, where: str) -> None:
    """Refuse what a newer version wrote."""
    try:
        newer = [int(part) for part in found.split(".")] > [int(part) for part in SCHEMA_VERSION.split(".")]
    except ValueError:
        newer = True
    if newer:
        raise ExportError(
            f"of schema version {found}; this gongbao knows {SCHEMA_VERSION}",
            where=where,
            fix="Upgrade gongbao",
            code="export.schema",
        )


def parse_row(line: bytes, path: Path, number: int) -> Row:
    """A line of records.jsonl with exact numbers, checked for its form."""
    row = _object(line, path, number)
    row.setdefault("extra", None)
    return row if _is_plain(row) else _complete(row, path, number)


def _is_plain(row: Row) -> bool:
    """Whether a row is as a run writes it; anything else goes the slow way, through the schema, which tells it apart.

    A million rows pass here: the comparing is left to C.
    """
    names, types, parts, other = _types()
    if row.keys() != names or not all(map(contains, types, map(type, map(row.__getitem__, names)))):
        return False
    if not all(type(item) is dict and item.keys() == parts for item in row["evidence"].values()):
        return False
    if not all(type(share) is float for share in row["field_confidence"].values()):
        return False
    others = (item for found in row["alternatives"].values() for item in found)
    return all(item.keys() == other and type(item["confidence"]) is float for item in others)


@lru_cache(maxsize=1)
def _types() -> tuple[Set[str], tuple[frozenset[type], ...], Set[str], Set[str]]:
    """The names of the columns, what JSON gives for each, the names in each field's evidence and in an alternative."""
    known: dict[str, set[type]] = {"string": {str}, "date": {str}, "integer": {int}, "list": {list}, "object": {dict}}
    known["number"] = {float}
    numbers: set[type] = {int, float, Decimal}
    names = dict.fromkeys(column.name for column in record_columns())
    types = tuple(
        frozenset(known.get(column.type, numbers) | ({type(None)} if column.nullable else set()))
        for column in record_columns()
    )
    parts, other = (frozenset(column.name for column in of()) for of in (evidence_columns, alternative_columns))
    return names.keys(), types, parts, other


def _complete(row: Row, path: Path, number: int) -> Row:
    """A row of another field order, or without the fields that may be left out, as the schema has it."""
    try:
        return {"extra": None} | Record.model_validate(row).to_dict()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise _broken(path, number, f"no record: {name}: {first['msg']}") from error


def to_record(row: Row) -> Record:
    """A row as a `Record`."""
    return Record.model_validate({**row, **{n: exact(row[n]) for n in ("value", "value_max")}})


def exact(value: Any) -> Decimal | None:
    """The exact decimal that a JSON number was written as; None for none."""
    return None if value is None else as_decimal(value)


def _object(line: bytes, path: Path, number: int) -> Row:
    try:
        row = orjson.loads(line) if not _LONG_NUMBER.search(line) else object_of(line, parse_float=_number)
    except ValueError as error:
        raise _broken(path, number, "not JSON") from error
    if not isinstance(row, dict):
        raise _broken(path, number, "not a JSON object")
    return row


def _number(digits: str) -> int | float | Decimal:
    return plain_number(Decimal(digits))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        fix = "Check the path and its permissions"
        raise ExportError(f"cannot be read: {error.strerror}", where=str(path), fix=fix, code="export.read") from error


def _broken(path: Path, number: int, why: str) -> ExportError:
    return ExportError(
        why, where=f"{path}:{number}", fix="The file is cut off or damaged: run again", code="export.broken"
    )
