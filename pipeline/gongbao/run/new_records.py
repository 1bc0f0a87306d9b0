"""What a run holds that an earlier one does not, and the other way round: found by their shards, so that what was
taken over costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from gongbao.run.folder import INDEX
from gongbao.run.lines import FILES, csv_header
from gongbao.run.shards import Marker
from gongbao.stored import lines_of

RECORDS, ARTICLES = FILES.index("records.jsonl"), FILES.index("articles.jsonl")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a shard's lines are in one file of a run."""

    key: str
    starts: tuple[int, ...]
    lengths: tuple[int, ...]


class NewRecords:
    """What is new in a run, and what is gone, against an earlier run or against nothing.

    A record counts as new if the earlier run has no record that is the same in every field: new articles, new
    records of changed articles, and records that read differently under other rules.
    """

    def __init__(self, run: Path, earlier: Path | None) -> None:
        self._run = run
        self._fresh = list(_stretches(run))
        gone: list[Stretch] = []
        if earlier is not None and earlier != run:
            old = list(_stretches(earlier))
            kept = {stretch.key for stretch in old}
            now = {stretch.key for stretch in self._fresh}
            self._fresh = [stretch for stretch in self._fresh if stretch.key not in kept]
            gone = [stretch for stretch in old if stretch.key not in now]
        elif earlier is not None:
            self._fresh = []
        self._earlier, self._gone = earlier, gone
        self._known = {_digest(line) for line in _lines(earlier, gone, RECORDS)} if earlier is not None else set()

    def records(self) -> Iterator[bytes]:
        """The new records, each a line of JSON without its line end, in the order of the run."""
        for line in _lines(self._run, self._fresh, RECORDS):
            if _digest(line) not in self._known:
                yield line

    def deleted(self) -> Iterator[bytes]:
        """The records whose identifiers the run no longer has, as they were, in the order of the earlier run."""
        if self._earlier is None:
            return
        here = {_id(line) for line in _lines(self._run, self._fresh, RECORDS)}
        for line in _lines(self._earlier, self._gone, RECORDS):
            if _id(line) not in here:
                yield line


def _stretches(run: Path) -> Iterator[Stretch]:
    """The shards of a run; none if its index is not there, and none behind a line that is no marker."""
    at = [0, len(csv_header()), 0, 0]
    with suppress(FileNotFoundError, ValueError), (run / INDEX).open("rb") as lines:
        for line in lines:
            marker = Marker.from_line(line)
            yield Stretch(marker.key, tuple(at), marker.lengths)
            at = [start + length for start, length in zip(at, marker.lengths, strict=True)]


def _lines(run: Path, stretches: list[Stretch], file: int) -> Iterator[bytes]:
    """The lines of some shards in one file of a run."""
    if not stretches:
        return
    with (run / FILES[file]).open("rb") as source:
        for stretch in stretches:
            source.seek(stretch.starts[file])
            yield from lines_of(source.read(stretch.lengths[file]))


def _id(line: bytes) -> str:
    return str(orjson.loads(line)["record_id"])


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=12).digest()
