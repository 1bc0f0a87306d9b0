"""From files to articles: every kind of file by its reader, every error a `Failure`, one article at a time.

`Reader` reads here; `gongbao.read.apart` has the same done by a process of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Protocol

from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.read.article import article_from_text
from gongbao.read.charset import decode_page
from gongbao.read.encoding import SAMPLE, decode
from gongbao.read.failing import failure, os_error, too_large, too_long, unsupported
from gongbao.read.ids import SeenIds
from gongbao.read.json_lines import encoded_lines, looks_like_json, read_jsonl, row_articles, row_encoding
from gongbao.read.limits import Limits
from gongbao.read.pdf import PdfReader
from gongbao.read.rows import is_empty
from gongbao.read.sources import PAGES, STANDARD_INPUT, TEXTS, Source, find_sources, source_of
from gongbao.read.streams import arriving_lines, broken, open_bytes, read_all, replayed

_DEFAULT = Limits()


class AnyReader(Protocol):
    """Whoever reads files, one after another."""

    def read(self, source: Source) -> Iterator[Article | Failure]:
        """The articles of one file, and a failure for whatever of it cannot be read; never an exception."""

    def close(self) -> None:
        """Free what it holds."""


def read_paths(
    paths: Sequence[str | Path], *, limits: Limits = _DEFAULT, apart: bool = False
) -> Iterator[Article | Failure]:
    """Read all articles of files and folders, in a fixed order and with bounded memory.

    Args:
        paths: Files, folders (walked in the order of relative paths) and `-` for standard input: one article, or JSON
            lines with one each.
        limits: What is refused as too large.
        apart: Read in a process of its own: a file that keeps it busy, fills its memory or crashes it is a failure,
            and the next one is read.

    Yields:
        Articles, and a failure for everything that could not be read: files, rows, second uses of an identifier.

    """
    with closing(SeenIds()) as seen, closing(_reading(limits, apart)) as reading:
        for given in paths:
            standard = [Source(STANDARD_INPUT, Path(STANDARD_INPUT), STANDARD_INPUT)]
            for source in standard if str(given) == STANDARD_INPUT else find_sources([given]):
                if isinstance(source, Failure):
                    yield source
                    continue
                for item in reading.read(source):
                    yield item if isinstance(item, Failure) else _once(item, seen)


def read_file(
    path: str | Path, id: str | None = None, *, limits: Limits = _DEFAULT, apart: bool = False
) -> Iterator[Article | Failure]:
    """Read the articles of one file: one, or many for .jsonl, .csv and .xlsx.

    Args:
        path: The file.
        id: The identifier of its article (or what the identifiers of its rows begin with); the file's name if None.
        limits: What is refused as too large.
        apart: As for `read_paths`.

    """
    path = Path(path)
    identifier = path.name if id is None else id
    source = source_of(path, identifier)
    if source is None:
        yield failure(unsupported(path), identifier)
        return
    with closing(_reading(limits, apart)) as reading:
        yield from reading.read(source)


def _reading(limits: Limits, apart: bool) -> AnyReader:
    if not apart:
        return Reader(limits)
    from gongbao.read.apart import Apart

    return Apart(limits)


class Reader:
    """Reads files in this process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pdf = PdfReader(limits)

    def read(self, source: Source) -> Iterator[Article | Failure]:
        """See `AnyReader`."""
        return _read(source, self._limits, self._pdf)

    def close(self) -> None:
        """End the program that reads PDFs."""
        self._pdf.close()


def read_arriving(stream: BinaryIO, *, limits: Limits = _DEFAULT) -> Iterator[list[Article | Failure]]:
    """Read articles as JSON lines in UTF-8 while they arrive: each list holds those whose lines are there by then.

    Args:
        stream: What they arrive on, as `sys.stdin.buffer`.
        limits: What is refused as too large.

    """
    with closing(SeenIds()) as seen:
        for lines in arriving_lines(stream, limits):
            items = row_articles(lines, STANDARD_INPUT, STANDARD_INPUT, limits, "utf-8")
            yield [item if isinstance(item, Failure) else _once(item, seen) for item in items]


def _once(article: Article, seen: SeenIds) -> Article | Failure:
    place = article.row or article.origin or "-"
    first = seen.first(article.id, place)
    if first is None:
        return article
    fix = "Give each article an id of its own; files of the same name get different ones if you give their folder"
    if article.row is not None:
        fix = "Give each row an id of its own, or none: it is named by its file and line then"
    error = ReadError(
        f"Left out: its id {article.id!r} is that of {first} too", where=place, fix=fix, code="read.duplicate_id"
    )
    return failure(error, article.id)


def _read(source: Source, limits: Limits, pdf: PdfReader) -> Iterator[Article | Failure]:
    """The articles of one file; whatever happens in it, the next file is read."""
    where = str(source.path)
    try:
        if source.kind == ".jsonl":
            yield from read_jsonl(source, limits)
        elif source.kind == ".csv":
            from gongbao.read.tables import read_csv

            yield from read_csv(source, limits)
        elif source.kind == ".xlsx":
            from gongbao.read.tables import read_xlsx

            yield from read_xlsx(source, limits)
        elif source.kind == STANDARD_INPUT:
            yield from _standard_input(limits)
        else:
            yield _read_one(source, limits, pdf)
    except ReadError as error:
        yield failure(error, source.id)
    except OSError as error:
        yield failure(os_error(error, where), source.id)
    except (MemoryError, RecursionError):
        yield failure(too_large("The file", where, limit="memory"), source.id)
    except Exception as error:  # parsers of foreign formats fail in ways that nobody has listed
        yield failure(broken(f"The file could not be read ({type(error).__name__}: {error})"[:300], where), source.id)


def _read_one(source: Source, limits: Limits, pdf: PdfReader) -> Article:
    where = str(source.path)
    metadata: dict[str, str] = {}
    if source.kind in TEXTS:
        with open_bytes(source.path, source.packing, limits) as stream:
            data = read_all(stream, where=where, limit=limits.max_bytes)
        return _text_article(data, source.id, where, limits)
    if source.kind in PAGES:
        with open_bytes(source.path, source.packing, limits) as stream:
            data = read_all(stream, where=where, limit=limits.max_bytes)
        return _page_article(data, source.id, where, limits)
    if source.kind == ".docx":
        from gongbao.read.word import read_docx

        with open_bytes(source.path) as stream:
            text = read_docx(stream, where, limits)
    else:
        found = pdf.read(source.path)
        text = found.text
        if found.blank:
            metadata["pages_without_text"] = ", ".join(map(str, found.blank))
    return article_from_text(_checked(text, where, limits), id=source.id, metadata=metadata, origin=where)


def _text_article(data: bytes, identifier: str, where: str, limits: Limits) -> Article:
    decoded = decode(data, where=where)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    return article_from_text(_checked(text, where, limits), id=identifier, encoding=decoded.encoding, origin=where)


def _page_article(data: bytes, identifier: str, where: str, limits: Limits) -> Article:
    from gongbao.read.web import read_page

    if not data.strip():
        raise _empty(where)
    decoded, problem = decode_page(data, where)
    page = read_page(decoded.text)
    if problem is not None and "\ufffd" in page.text:
        raise problem
    return article_from_text(
        _checked(page.text, where, limits),
        id=identifier,
        title=page.title,
        pub_date=page.pub_date,
        source=page.source,
        metadata={"author": page.author} if page.author else None,
        encoding=decoded.encoding,
        origin=where,
    )


def _standard_input(limits: Limits) -> Iterator[Article | Failure]:
    """One article, or one a line where what comes is JSON lines."""
    head = sys.stdin.buffer.read(SAMPLE)
    stream = replayed(head, sys.stdin.buffer)
    if looks_like_json(head):
        encoding, skip = row_encoding(head, where=STANDARD_INPUT)
        lines = encoded_lines(stream, encoding, skip, STANDARD_INPUT, limits)
        yield from row_articles(lines, STANDARD_INPUT, STANDARD_INPUT, limits, encoding)
        return
    data = read_all(stream, where=STANDARD_INPUT, limit=limits.max_bytes)
    yield _text_article(data, STANDARD_INPUT, STANDARD_INPUT, limits)


def _checked(text: str, where: str, limits: Limits) -> str:
    if len(text) > limits.max_characters:
        raise too_long(where, limits.max_characters)
    if is_empty(text):
        raise _empty(where)
    return text


def _empty(where: str) -> ReadError:
    return ReadError(
        "There is no text in it",
        where=where,
        fix="Remove the file, or put the article's text into it",
        code="read.empty",
    )
