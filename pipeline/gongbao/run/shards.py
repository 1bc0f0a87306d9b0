"""The shard plan: articles cut across files into keyed shards, and the files that hold what a shard gave.

A shard ends after an article whose own hash says so, so that an article added or taken away changes the shards next
to it and no other. Its key says everything that its result depends on: equal key, equal result, wherever it is found.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from gongbao.canonical import dump_json
from gongbao.document import Article, Failure
from gongbao.run.lines import Counts, Lines, failures

SIZE = 32
"""Articles in a shard on average; no shard has more than four times as many."""
CHARACTERS = 250_000
"""A shard ends with the article that makes it this long."""


Length = Annotated[int, Field(ge=0)]
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Articles that are extracted together, with failures to read in their places."""

    key: str
    items: tuple[Article | Failure, ...]


def cut(stream: Iterable[Article | Failure], stamp: str, *, size: int = SIZE) -> Iterator[Shard]:
    """Cut a stream of articles into shards, in order.

    Args:
        stream: What was read.
        stamp: What else the results depend on: code, rules, model.
        size: Articles in a shard on average.
    """
    items: list[Article | Failure] = []
    digest, characters = hashlib.sha256(stamp.encode()), 0
    for item in stream:
        items.append(item)
        own = item_digest(item)
        digest.update(own)
        characters += len(item.text) if isinstance(item, Article) else 0
        chosen = int.from_bytes(own[:4], "big") % size == 0
        if chosen or len(items) == 4 * size or characters >= CHARACTERS:
            yield Shard(digest.hexdigest()[:32], tuple(items))
            items, characters, digest = [], 0, hashlib.sha256(stamp.encode())
    if items:
        yield Shard(digest.hexdigest()[:32], tuple(items))


def item_digest(item: Article | Failure) -> bytes:
    """SHA-256 over all of an article (or failure) that its lines in the run folder depend on."""
    if isinstance(item, Failure):
        parts: list[Any] = [item.id, item.stage, item.code, item.message, item.where, item.fix]
    else:
        parts = [
            *(item.id, item.text, item.title, item.pub_date, item.source, dict(item.metadata), item.encoding),
            *(item.origin, item.content_start, item.boilerplate),
            *([dict(item.extra)] if item.extra else []),
        ]
    return hashlib.sha256(dump_json(parts).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Marker:
    """The last line of a shard's file: what the file holds. Without it, or against it, the file counts for nothing."""

    key: str
    articles: int
    records: int
    failures: int
    retry: bool
    """An article failed while it was extracted: another run, with more time or memory, should try again."""
    lengths: tuple[Length, Length, Length, Length]
    """Of each of `FILES`."""
    sha256: str
    table_numbers_left: int = 0

    @classmethod
    def of(cls, key: str, lines: Lines) -> Marker:
        """The marker for a shard's lines."""
        digest = hashlib.sha256(b"".join(lines.sections)).hexdigest()
        records, rows, articles, failed = (len(section) for section in lines.sections)
        counts = lines.counts
        retry = any(failure.stage != "read" for failure in counts.failures)
        left = counts.table_numbers_left
        return cls(
            key,
            counts.articles,
            counts.records,
            len(counts.failures),
            retry,
            (records, rows, articles, failed),
            digest,
            left,
        )

    def to_line(self) -> bytes:
        """The marker as a line of JSON."""
        return (json.dumps({name: getattr(self, name) for name in self.__slots__}) + "\n").encode()

    @classmethod
    def from_line(cls, line: bytes | str) -> Marker:
        """Read a marker; a ValueError says that it is none."""
        return _markers().validate_json(line, strict=True)

    def lines(self, body: bytes) -> Lines:
        """The lines whose bytes are `body`; a ValueError says that they are not those that were written."""
        if len(body) != sum(self.lengths) or hashlib.sha256(body).hexdigest() != self.sha256:
            raise ValueError("the bytes are not those that were written")
        sections, at = [], 0
        for length in self.lengths:
            sections.append(body[at : at + length])
            at += length
        return Lines(
            tuple(sections), Counts(self.articles, self.records, failures(sections[3]), self.table_numbers_left)
        )


@cache
def _markers() -> TypeAdapter[Marker]:
    return TypeAdapter(Marker)


class ShardFolder:
    """The folder of an unfinished run where each shard's file appears, whole, when it is done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, key: str, lines: Lines) -> None:
        """Write under a temporary name, marker last; sync; rename.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        temporary = self.path / f".{key}.{os.getpid()}"
        try:
            with temporary.open("wb") as file:
                file.writelines(lines.sections)
                file.write(Marker.of(key, lines).to_line())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / key)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def read(self, key: str) -> Lines | None:
        """What a shard gave, or None if it is not there whole."""
        try:
            data = (self.path / key).read_bytes()
        except FileNotFoundError:
            return None
        cut_at = data.rfind(b"\n", 0, -1) + 1
        try:
            marker = Marker.from_line(data[cut_at:])
            return marker.lines(data[:cut_at]) if marker.key == key else None
        except ValueError:
            return None
