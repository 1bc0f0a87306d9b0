"""Reading what is compared: run folders, the baseline folder and records files, without holding them in memory.

Opening a side makes one pass over its files and keeps, for each article, where its records stand. Lines are read again
when they are needed, so that a side of 200,000 records costs a few megabytes.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import orjson

from gongbao.errors import CompareError
from gongbao.record import SCHEMA_VERSION
from gongbao.stored import object_of

Row = dict[str, Any]

# Numbers that a binary float may not hold: read these lines with exact decimals.
_LONG_NUMBER = re.compile(rb'"value(?:_max)?": ?-?[0-9.]{16,}')


State = tuple[int, int, int] | None
"""Which file it is, its bytes, when it was written; None where it is gone."""


class Ref(NamedTuple):
    """Where a line stands: index into `Side.files`, byte offset, bytes."""

    file: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article as a side keeps it; `text` is None where it keeps none, `simplified` where it keeps no run's."""

    id: str
    title: str | None = None
    pub_date: str | None = None
    source: str | None = None
    text: str | None = None
    simplified: str | None = None
    repairs: tuple[Mapping[str, Any], ...] = ()
    residues: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What is kept of each article: where its line is, and enough to see that it changed."""

    ref: Ref | None
    text_hash: str | None
    about: tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class Side:
    """One of the two extractions compared.

    `articles` holds all articles of the side in order, those without records too. `failed` tells why an article has no
    records (errors.jsonl). `versions` and `rule_versions` come from the manifest.
    """

    name: str
    path: Path
    kind: Literal["run", "baseline", "file"]
    files: tuple[Path, ...]
    articles: Mapping[str, KnownArticle]
    places: Mapping[str, tuple[Ref, ...]]
    records: int
    run_id: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    rule_versions: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    states: tuple[State, ...] = field(init=False, repr=False, compare=False)
    """Of each file when it was opened: by the place in a file that has become another nothing can be read."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", tuple(map(_state, self.files)))

    def blocks(self, article_id: str) -> list[tuple[Ref, bytes]]:
        """The stretches of the files that hold an article's records, as they stand."""
        return [(ref, self._read(ref)) for ref in self.places.get(article_id, ())]

    def lines(self, article_id: str) -> list[tuple[Ref, bytes]]:
        """The lines of an article's records, each with where it stands."""
        found: list[tuple[Ref, bytes]] = []
        for ref, block in self.blocks(article_id):
            offset = ref.offset
            for line in block.splitlines(keepends=True):
                if line.strip():
                    found.append((Ref(ref.file, offset, len(line)), line.rstrip(b"\r\n")))
                offset += len(line)
        return found

    def rows(self, article_id: str) -> list[Row]:
        """The records of an article."""
        return [parse_row(line) for _, line in self.lines(article_id)]

    def row(self, ref: Ref) -> Row:
        """The record that stands at `ref`."""
        return parse_row(self._read(ref))

    def article(self, article_id: str) -> ArticleRow | None:
        """The article as the side keeps it, None if it does not have it."""
        known = self.articles.get(article_id)
        if known is None:
            return None
        title, pub_date, source = known.about
        if known.ref is None:
            return ArticleRow(article_id, title, pub_date, source)
        data = self._read(known.ref)
        if self.kind == "baseline":  # keeps each text in a file of its own
            return ArticleRow(article_id, title, pub_date, source, data.decode("utf-8", "replace"))
        row = parse_row(data)
        repairs, residues = (tuple(row.get(name) or ()) for name in ("repairs", "residues"))
        text, simplified = row.get("text"), row.get("simplified")
        return ArticleRow(article_id, title, pub_date, source, text, simplified, repairs, residues)

    def _read(self, ref: Ref) -> bytes:
        try:
            with self.files[ref.file].open("rb") as file:
                same = _state(file.fileno()) == self.states[ref.file]
                file.seek(ref.offset)
                data = file.read(ref.length)
        except OSError as error:
            raise CompareError(
                f"gone since it was opened: {error.strerror}",
                where=str(self.files[ref.file]),
                fix="Compare again",
                code="compare.gone",
            ) from error
        if not same or len(data) != ref.length:
            raise CompareError(
                "changed since it was opened", where=str(self.files[ref.file]), fix="Compare again", code="compare.gone"
            )
        return data


def _state(file: Path | int) -> State:
    try:
        found = os.stat(file)  # noqa: PTH116 - an open file as well
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def parse_row(line: bytes) -> Row:
    """One line as a JSON object, decimals exact."""
    if _LONG_NUMBER.search(line):
        return object_of(line, parse_float=Decimal)
    return dict(_loads(line))


def _loads(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:  # it takes no lone surrogates, which articles may hold
        return object_of(line)


def index_records(files: tuple[Path, ...], known: Mapping[str, Any] | None) -> tuple[dict[str, tuple[Ref, ...]], int]:
    """Find where each article's records stand.

    Args:
        files: Records files, read one after the other.
        known: Articles that records may belong to; None where any may.

    Raises:
        CompareError: a line is no record, or belongs to an article that is not there.
    """
    places: dict[str, list[Ref]] = {}
    count = 0
    for number, path in enumerate(files):
        last = None
        for line_number, offset, line in _lines(path):
            row = _record(path, line_number, line)
            article_id = row["article_id"]
            if known is not None and article_id not in known:
                raise CompareError(
                    f"a record belongs to article {article_id!r}, which is not in articles.jsonl",
                    where=f"{path}:{line_number}",
                    fix="The folder is damaged or put together by hand: run again, or compare the records file alone",
                    code="compare.orphan",
                )
            count += 1
            refs = places.setdefault(article_id, [])
            if last == article_id and refs[-1].offset + refs[-1].length == offset:
                refs[-1] = Ref(number, refs[-1].offset, refs[-1].length + len(line))
            else:
                refs.append(Ref(number, offset, len(line)))
            last = article_id
    return {article_id: tuple(refs) for article_id, refs in places.items()}, count


def index_articles(path: Path, file: int = 1) -> dict[str, KnownArticle]:
    """Read an articles file: where each article's line is, the hash of its text, title, date and source.

    `file` is the number that the file will have in `Side.files`.
    """
    articles: dict[str, KnownArticle] = {}
    for line_number, offset, line in _lines(path):
        row = _object(path, line_number, line)
        if not isinstance(row.get("id"), str):
            raise CompareError(
                "an article without id", where=f"{path}:{line_number}", fix="Run again", code="compare.format"
            )
        text = row.get("text")
        text_hash = hash_text(text) if isinstance(text, str) else row.get("text_sha256")
        about = (row.get("title"), row.get("pub_date"), row.get("source"))
        articles[row["id"]] = KnownArticle(Ref(file, offset, len(line)), text_hash, about)
    return articles


def hash_text(text: str) -> str:
    """SHA-256 of an article's text, 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_failures(path: Path) -> dict[str, str]:
    """Article -> why it failed, from errors.jsonl; empty if there is no such file."""
    if not path.is_file():
        return {}
    rows = [_object(path, number, line) for number, _, line in _lines(path)]
    return {str(row.get("id")): f"{row.get('code')}: {row.get('message')}" for row in rows}


T = TypeVar("T")


def read_rows(path: Path, make: Callable[..., T]) -> list[T]:
    """The rows of a small file of JSON lines; none if there is no such file.

    Args:
        path: The file.
        make: Makes a row of an object's fields; a TypeError says that they are not its fields.

    Raises:
        CompareError: a line is no such row, or the file cannot be read.
    """
    if not path.exists():
        return []
    rows = []
    for number, _, line in _lines(path):
        try:
            rows.append(make(**object_of(line)))
        except (ValueError, TypeError) as error:
            raise CompareError(
                f"damaged: {error}",
                where=f"{path}:{number}",
                fix="Restore the file from version control, or mend the line",
                code="compare.format",
            ) from error
    return rows


def read_manifest(folder: Path) -> Row:
    """The manifest of a run folder or of the baseline.

    Raises:
        CompareError: it is missing, damaged, or of a schema version newer than this program's.
    """
    path = folder / "manifest.json"
    try:
        manifest = object_of(path.read_bytes())
    except FileNotFoundError:
        raise CompareError(
            "no manifest.json: the run did not finish, or this is no run folder",
            where=str(folder),
            fix="Finish the run (gongbao run --resume), or name its records.jsonl to compare the records alone",
            code="compare.manifest",
        ) from None
    except (OSError, ValueError) as error:
        raise CompareError(
            f"manifest.json cannot be read: {error}", where=str(path), fix="Run again", code="compare.manifest"
        ) from error
    found = str(manifest.get("schema_version", ""))
    if _version(found) is None:
        raise CompareError(
            f"manifest.json names no usable schema version ({found!r})",
            where=str(path),
            fix="Run again",
            code="compare.schema",
        )
    if (_version(found) or ()) > (_version(SCHEMA_VERSION) or ()):
        raise CompareError(
            f"written with schema version {found}; this gongbao knows {SCHEMA_VERSION}",
            where=str(path),
            fix="Upgrade gongbao, or extract again with this version",
            code="compare.schema",
        )
    return manifest


def _version(text: str) -> tuple[int, ...] | None:
    parts = text.split(".")
    return tuple(int(part) for part in parts) if text and all(part.isdecimal() for part in parts) else None


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number (from 1), byte offset and bytes of each line that is not blank."""
    try:
        with path.open("rb") as file:
            offset = 0
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, offset, line
                offset += len(line)
    except OSError as error:
        raise CompareError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            fix="Check the path and its permissions",
            code="compare.read",
        ) from error


def _object(path: Path, number: int, line: bytes) -> Row:
    try:
        row = _loads(line)
    except ValueError as error:
        raise CompareError(
            f"not JSON: {error}",
            where=f"{path}:{number}",
            fix="The file is cut off or damaged: run again",
            code="compare.format",
        ) from error
    if not isinstance(row, dict):
        raise CompareError(
            "not a JSON object", where=f"{path}:{number}", fix="Give one object a line", code="compare.format"
        )
    return row


def _record(path: Path, number: int, line: bytes) -> Row:
    row = _object(path, number, line)
    start, end = row.get("start"), row.get("end")
    whole = type(start) is int and type(end) is int and 0 <= start <= end
    if not whole or not isinstance(row.get("article_id"), str):
        raise CompareError(
            "not a record: article_id, start and end are needed",
            where=f"{path}:{number}",
            fix="Compare records.jsonl files, run folders, or the baseline (see docs/reviewing.md)",
            code="compare.format",
        )
    return row
