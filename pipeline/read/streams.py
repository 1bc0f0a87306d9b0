"""Opening files, packed or not, and reading them line by line with bounded memory."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pipeline.errors import ReadError
from pipeline.read.failing import os_error, too_large
from pipeline.read.limits import Limits

PACKINGS = (".gz", ".zst")
_SKIP = 1 << 20


@contextmanager
def open_bytes(path: Path, packing: str = "") -> Iterator[BinaryIO]:
    """Open a file for reading and unpack it on the way.

    Raises:
        ReadError: `read.missing`, `read.permission`, `read.io`; `read.broken` for a damaged .gz or .zst;
            `read.unsupported` where .zst needs a package that is not installed.

    """
    where = str(path)
    try:
        with path.open("rb") as raw:
            if packing == ".gz":
                with gzip.open(raw, "rb") as stream:
                    yield cast(BinaryIO, stream)
            elif packing == ".zst":
                with _zstandard(raw, where) as stream:
                    yield stream
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(f"The {packing} file is damaged or cut off ({error})", where) from error
    except OSError as error:
        raise os_error(error, where) from error


@contextmanager
def _zstandard(raw: BinaryIO, where: str) -> Iterator[BinaryIO]:
    try:
        import zstandard  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise ReadError(
            "Reading .zst needs the package zstandard",
            where=where,
            fix="pip install zstandard, or unpack the file first (zstd -d)",
            code="read.unsupported",
        ) from None
    try:
        with io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw), 1 << 18) as stream:
            yield cast(BinaryIO, stream)
    except zstandard.ZstdError as error:
        raise broken(f"The .zst file is damaged ({error})", where) from error


def broken(message: str, where: str) -> ReadError:
    """The error for a file that is not what its ending says, or only half of it."""
    return ReadError(
        message, where=where, fix="Get the file again, or save it anew from its program", code="read.broken"
    )


def read_all(stream: BinaryIO, *, where: str, limit: int) -> bytes:
    """All bytes of a stream, unless they are `limit` or more (`read.too_large`)."""
    data = stream.read(limit)
    if len(data) >= limit:
        raise too_large("The file", where, limit=f"{limit:,} bytes")
    return data


def byte_lines(stream: BinaryIO, *, limits: Limits, skip: int = 0) -> Iterator[tuple[int, int, bytes | None]]:
    """The lines of a stream, never holding more than one.

    Args:
        stream: What to read, from its beginning.
        limits: Of these, `max_bytes` bounds a line.
        skip: Length of a byte-order mark.

    Yields:
        Line number from 1, offset of its first byte, and its bytes with the line end, or None if it is too long.

    """
    stream.read(skip)
    offset, number = skip, 0
    while line := stream.readline(limits.max_bytes):
        number += 1
        start = offset
        offset += len(line)
        if len(line) >= limits.max_bytes:
            while not line.endswith(b"\n") and (line := stream.readline(_SKIP)):
                offset += len(line)
            yield number, start, None
        else:
            yield number, start, line


def recoded(stream: BinaryIO, encoding: str) -> BinaryIO:
    """A stream of UTF-16 or UTF-32 as a stream of UTF-8, so that lines end in the byte 0A."""
    return cast(BinaryIO, io.BufferedReader(_Recoder(stream, encoding), 1 << 18))


class _Recoder(io.RawIOBase):
    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = self._text.read(1 << 16).encode("utf-8", "surrogatepass")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._text.detach()  # the stream below is closed by who opened it
        super().close()
