"""Articles in .jsonl files: one object a line, read one at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.read.encoding import SAMPLE, broken_character, fits, sniff
from gongbao.read.failing import failure, too_large
from gongbao.read.limits import Limits
from gongbao.read.rows import Row, article_from_row, kind_of, no_rows
from gongbao.read.sources import Source
from gongbao.read.streams import byte_lines, open_bytes, recoded

_JSON = re.compile(r'\s*(?:\[\s*)?\{\s*"')


def read_jsonl(source: Source, limits: Limits) -> Iterator[Article | Failure]:
    """The articles of a .jsonl file, one a line; a bad line is a failure and the next one is read."""
    with open_bytes(source.path, source.packing, limits) as stream:
        head = stream.read(SAMPLE)
    if not head.strip():
        raise no_rows(source)
    encoding, skip = row_encoding(head, where=str(source.path))
    rows = 0
    for item in row_articles(
        stored_lines(source, encoding, skip, limits), source.id, str(source.path), limits, encoding
    ):
        rows += 1
        yield item
    if not rows:
        raise no_rows(source)


def row_articles(
    lines: Iterable[tuple[int, int, bytes | None]], identifier: str, where: str, limits: Limits, encoding: str
) -> Iterator[Article | Failure]:
    """The articles of lines as `byte_lines` gives them, blank ones passed over.

    Args:
        lines: The lines.
        identifier: What articles without an id are called, before the number of their line.
        where: The file, for errors.
        limits: What is refused as too large.
        encoding: Of the lines.

    """
    for number, offset, line in lines:
        row = Row("read.jsonl", f"{identifier}:{number}", f"{where}:{number}")
        if line is not None and not line.strip():
            continue
        try:
            if line is None:
                raise too_large("The line", row.where, limit=f"{limits.max_bytes:,} bytes")
            fields = parse_object(decoded(line, encoding, offset, row.where), row)
            yield article_from_row(fields, row, where, limits, encoding)
        except ReadError as error:
            yield failure(error, row.identifier)


def looks_like_json(head: bytes) -> bool:
    """Whether a text begins as JSON objects do, in lines or in a list: prose never does."""
    try:
        encoding, skip = row_encoding(head, where="-")
    except ReadError:
        return False
    return _JSON.match(head[skip:].decode(encoding, "replace")) is not None


def parse_object(text: str, row: Row) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        ReadError: the row's code: no JSON, no object, nested too deeply.

    """

    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no JSON")

    try:
        value = json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise ReadError("The line is nested too deeply", where=row.where, fix="Flatten it", code=row.code) from None
    except ValueError as error:
        reason = f"{error.msg} at column {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise ReadError(
            f"The line is no JSON ({reason})",
            where=row.where,
            fix='One object a line: {"id": "…", "text": "…"}',
            code=row.code,
        ) from None
    if not isinstance(value, dict):
        raise ReadError(
            f"The line is {kind_of(value)}, not an object",
            where=row.where,
            fix='One object a line: {"id": "…", "text": "…"}',
            code=row.code,
        )
    return value


def row_encoding(head: bytes, *, where: str) -> tuple[str, int]:
    """The encoding of a file of rows by its beginning, and the length of its byte-order mark.

    Where most lines are UTF-8, it is: a line that is not fails alone and not the file.
    """
    try:
        return sniff(head, complete=len(head) < SAMPLE, where=where)
    except ReadError as error:
        lines = [line for line in head.split(b"\n")[:-1] if line.strip()]
        fitting = sum(1 for line in lines if fits(line, "utf-8") is not None)
        if error.code != "read.encoding" or fitting * 2 <= len(lines):
            raise
        return "utf-8", 0


def stored_lines(source: Source, encoding: str, skip: int, limits: Limits) -> Iterator[tuple[int, int, bytes | None]]:
    """The lines of a stored file as `byte_lines` gives them, in UTF-8 where the file is in UTF-16 or UTF-32."""
    with open_bytes(source.path, source.packing, limits) as stream:
        yield from encoded_lines(stream, encoding, skip, str(source.path), limits)


def encoded_lines(
    stream: BinaryIO, encoding: str, skip: int, where: str, limits: Limits
) -> Iterator[tuple[int, int, bytes | None]]:
    """The lines of a stream as `byte_lines` gives them, in UTF-8 where it is in UTF-16 or UTF-32."""
    if not encoding.startswith(("utf-16", "utf-32")):
        yield from byte_lines(stream, where=where, limits=limits, skip=skip)
        return
    stream.read(skip)
    try:
        yield from byte_lines(recoded(stream, encoding), where=where, limits=limits)
    except UnicodeDecodeError as error:
        raise broken_character(error, encoding, where=where) from None


def decoded(line: bytes, encoding: str, offset: int, where: str) -> str:
    """One line as text; a byte that does not fit is an error that names its offset in the file."""
    try:
        return line.decode(codec_of(encoding))
    except UnicodeDecodeError as error:
        raise broken_character(error, encoding, where=where, offset=offset) from None


def codec_of(encoding: str) -> str:
    """The codec of lines that `stored_lines` gave."""
    return "utf-8" if encoding.startswith(("utf-16", "utf-32")) else encoding  # recoded on the way
