"""What a .docx or .xlsx may be: a zip file of bounded size, with XML that defines nothing."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import IO, Any, BinaryIO
from xml.parsers import expat

from gongbao.errors import ReadError
from gongbao.read.failing import too_large
from gongbao.read.limits import Limits
from gongbao.read.streams import broken

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SMALL = 1_000_000
_CHUNK = 1 << 18


class BoundedZip(zipfile.ZipFile):
    """An archive for parsers: what they open or read of it holds no more tags than the limits allow.

    A tag of four bytes takes a parser microseconds and more than a hundred bytes of memory, however small the file is
    packed. What is read as a whole (styles, relations) becomes a tree, and may hold far fewer than what is streamed.
    """

    def __init__(self, stream: BinaryIO, where: str, limits: Limits) -> None:
        super().__init__(stream)
        self._where, self._limits = where, limits

    def open(self, name: Any, *arguments: Any, **options: Any) -> Any:
        """A part to be streamed; reading it raises `ReadError` (`read.too_large`) where it holds too many tags."""
        return _Counted(super().open(name, *arguments, **options), self._where, self._limits.max_tags)

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """A part as a whole.

        Raises:
            ReadError: it holds more tags than such a part may (`read.too_large`).
        """
        with super().open(name, pwd=pwd) as file:
            return _Counted(file, self._where, self._limits.max_kept_tags).read()


class _Counted(io.BufferedIOBase):
    def __init__(self, file: IO[bytes], where: str, most: int) -> None:
        self._file, self._where, self._most, self._tags = file, where, most, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        data = self._file.read(-1 if size is None else size)
        self._tags += data.count(b"<")
        if self._tags > self._most:
            name = getattr(self._file, "name", "?")
            raise too_large(f"Its part {name}", self._where, limit=f"{self._most:,} tags")
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def check_archive(stream: BinaryIO, where: str, limits: Limits) -> None:
    """Refuse archives that unpack beyond the limits and XML with a document type, before anything parses them.

    Sizes are taken from the directory (which Python's unpacker holds to be the most it gives) and, for XML, by
    unpacking. The stream is left at any place.

    Raises:
        ReadError: `read.too_large`, `read.hostile`, `read.broken`, `read.encrypted`.

    """
    size = stream.seek(0, 2)
    if size >= limits.max_file_bytes:
        raise too_large("The file", where, limit=f"{limits.max_file_bytes:,} bytes")
    stream.seek(0)
    if stream.read(4) == _OLD_OFFICE:
        raise ReadError(
            "The file is encrypted, or of the old Office format",
            where=where,
            fix="Open it in its program and save it without a password as .docx or .xlsx",
            code="read.encrypted",
        )
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            _check_sizes(archive.infolist(), where, limits)
            for part in archive.infolist():
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with archive.open(part) as file:
                        _refuse_document_type(file, part, where)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise broken(f"The file is damaged: it does not unpack ({error})", where) from error


def _check_sizes(parts: list[zipfile.ZipInfo], where: str, limits: Limits) -> None:
    if len(parts) > limits.max_parts:
        raise too_large(f"An archive of {len(parts):,} files", where, limit=f"{limits.max_parts:,}")
    total = sum(part.file_size for part in parts)
    if total > limits.max_expanded:
        raise too_large(f"The unpacked size of {total:,} bytes", where, limit=f"{limits.max_expanded:,}")
    for part in parts:
        if part.file_size > _SMALL and part.file_size > limits.max_ratio * max(part.compress_size, 1):
            ratio = part.file_size // max(part.compress_size, 1)
            raise too_large(f"A part packed {ratio:,} times smaller", where, limit=f"{limits.max_ratio} times")


class _RootReached(Exception):
    """The root element has begun: a document type can come no more."""


def _refuse_document_type(file: IO[bytes], part: zipfile.ZipInfo, where: str) -> None:
    """Office files have no document type; one is there to define entities (billion laughs) or to fetch files."""

    def refuse(*_: object) -> None:
        raise ReadError(
            f"Its part {part.filename} declares a document type, as no Office program writes it",
            where=where,
            fix="Do not trust this file; if you must, save it anew from its program",
            code="read.hostile",
        )

    def accept(*_: object) -> None:
        raise _RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = accept
    try:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
    except _RootReached:
        return
    except expat.ExpatError as error:
        raise broken(f"Its part {part.filename} is no XML ({error})", where) from error
