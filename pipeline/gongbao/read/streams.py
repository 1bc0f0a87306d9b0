"""Opening files, packed or not, and reading them line by line with bounded memory."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from gongbao.errors import ReadError, install
from gongbao.read.failing import os_error, too_large
from gongbao.read.limits import Limits

PACKINGS = (".gz", ".zst")
MOST_BLANK = 1_000_000
"""Blank lines on end; more are there to keep a reader busy."""
_SKIP = 1 << 20
_BUFFER = 1 << 18
_PACKED = 1 << 10
"""Bytes of a .zst unpacked at once: each four of them may stand for 128 KiB."""
_HARMLESS = 32 << 20
_DEFAULT = Limits()


@contextmanager
def open_bytes(path: Path, packing: str = "", limits: Limits = _DEFAULT) -> Iterator[BinaryIO]:
    """Open a file for reading and unpack it on the way.

    Raises:
        ReadError: `read.missing`, `read.permission`, `read.io`; `read.broken` for a .gz or .zst that is damaged or cut
            off; `read.too_large` for one that unpacks beyond the limits; `read.unsupported` where .zst needs a package
            that is not installed.

    """
    where = str(path)
    try:
        with path.open("rb") as raw:
            if packing:
                unpack = _zstandard(raw, where) if packing == ".zst" else gzip.GzipFile(fileobj=raw).read1
                with io.BufferedReader(_Unpacked(unpack, raw, where, limits), _BUFFER) as stream:
                    yield cast(BinaryIO, stream)
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(f"The {packing} file is damaged or cut off ({error})", where) from error
    except OSError as error:
        raise os_error(error, where) from error


class _Unpacked(io.RawIOBase):
    """What comes out of a packed file, counted on the way: a small file must not keep a run busy for hours."""

    def __init__(self, unpack: Callable[[int], bytes], raw: BinaryIO, where: str, limits: Limits) -> None:
        self._unpack, self._raw, self._where, self._limits = unpack, raw, where, limits
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._unpack(len(buffer))
        buffer[: len(data)] = data
        self._size += len(data)
        limits = self._limits
        if limits.max_unpacked is not None and self._size > limits.max_unpacked:
            raise too_large("The unpacked file", self._where, limit=f"{limits.max_unpacked:,} bytes")
        if self._size > _HARMLESS and self._size > limits.max_unpacked_ratio * self._raw.tell():
            ratio = f"{limits.max_unpacked_ratio:,} times"
            raise too_large(f"A file packed {self._size // self._raw.tell():,} times smaller", self._where, limit=ratio)
        return len(data)


def _zstandard(raw: BinaryIO, where: str) -> Callable[[int], bytes]:
    """A function that gives the next bytes of a .zst, at most so many.

    The package's own reader takes a file that was cut off for one that ended, and articles would be lost in silence.
    """
    try:
        import zstandard  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise ReadError(
            "Reading .zst needs the package zstandard",
            where=where,
            fix=f"{install('zst')}, or unpack the file first (zstd -d)",
            code="read.unsupported",
        ) from None
    frame: Any = None
    packed, unpacked = b"", b""

    def read(size: int) -> bytes:
        nonlocal frame, packed, unpacked
        try:
            while not unpacked:
                packed = packed or raw.read(_PACKED)
                if not packed:
                    if frame is not None:
                        raise EOFError("it ends in the middle")
                    return b""
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                unpacked, packed = frame.decompress(packed), b""
                if frame.eof:
                    frame, packed = None, frame.unused_data
        except zstandard.ZstdError as error:
            raise broken(f"The .zst file is damaged ({error})", where) from error
        data, unpacked = unpacked[:size], unpacked[size:]
        return data

    return read


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


def byte_lines(
    stream: BinaryIO, *, where: str, limits: Limits, skip: int = 0
) -> Iterator[tuple[int, int, bytes | None]]:
    """The lines of a stream, never holding more than one.

    Args:
        stream: What to read, from its beginning.
        where: The file, for errors.
        limits: Of these, `max_bytes` bounds a line.
        skip: Length of a byte-order mark.

    Yields:
        Line number from 1, offset of its first byte, and its bytes with the line end, or None if it is too long.

    Raises:
        ReadError: blank lines without end (`read.too_large`).

    """
    stream.read(skip)
    offset, number, blank = skip, 0, 0
    while line := stream.readline(limits.max_bytes):
        number += 1
        blank = blank + 1 if line.isspace() else 0
        if blank > MOST_BLANK:
            raise too_large("A run of blank lines", where, limit=f"{MOST_BLANK:,}")
        start = offset
        offset += len(line)
        if len(line) >= limits.max_bytes:
            while not line.endswith(b"\n") and (line := stream.readline(_SKIP)):
                offset += len(line)
            yield number, start, None
        else:
            yield number, start, line


def arriving_lines(stream: BinaryIO, limits: Limits) -> Iterator[list[tuple[int, int, bytes | None]]]:
    """The lines of a stream of UTF-8 as `byte_lines` gives them, in lists of those that have arrived whole."""
    read = getattr(stream, "read1", stream.read)
    line, number, offset, dropped = bytearray(), 0, 0, 0
    while data := read(_BUFFER):
        *ends, rest = data.split(b"\n")
        arrived: list[tuple[int, int, bytes | None]] = []
        for end in ends:
            line += end
            number += 1
            arrived.append((number, offset, None if dropped else _without_mark(bytes(line), number)))
            offset += dropped + len(line) + 1
            dropped = 0
            line.clear()
        line += rest
        if len(line) >= limits.max_bytes:
            dropped += len(line)
            line.clear()
        if arrived:
            yield arrived
    if line or dropped:
        yield [(number + 1, offset, None if dropped else _without_mark(bytes(line), number + 1))]


def _without_mark(line: bytes, number: int) -> bytes:
    return line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


def replayed(head: bytes, stream: BinaryIO) -> BinaryIO:
    """A stream of which the beginning was read already, from that beginning on."""
    return cast(BinaryIO, io.BufferedReader(_Replayed(head, stream), _BUFFER))


class _Replayed(io.RawIOBase):
    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


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
