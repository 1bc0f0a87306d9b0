"""A damaged baseline put in order: what can be read is kept, what cannot is set aside beside its place and named.

Damage comes from accepts that an earlier version was stopped in, from merges and from editors. Nothing is deleted: a
file that loses a line is kept as it was as `<name>.damaged`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from gongbao.diff.baseline import BaselineArticle, Settled, canonical_line, files_of, save, writing
from gongbao.diff.reading import Row, hash_text, parse_row, read_manifest
from gongbao.errors import CompareError
from gongbao.stored import lines_of, object_of, write_whole

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done: lines and texts left out (`file:line: why`), and articles listed that were not."""

    left_out: tuple[str, ...]
    listed: tuple[str, ...]


def mend(folder: Path) -> Mended:
    """Put a baseline in order.

    Raises:
        CompareError: it is of a newer version, or cannot be written.
    """
    with writing(folder):
        try:
            read_manifest(folder)
        except CompareError as error:
            if error.code == "compare.schema":
                raise
        left_out: list[str] = []
        files = sorted((folder / "records").glob("*.jsonl"))
        records: dict[str, list[Row]] = {}
        for row in (row for path in files for row in _readable(path, _record, left_out)):
            records.setdefault(row["article_id"], []).append(row)
        articles = {article.id: article for article in _readable(folder / "articles.jsonl", _article, left_out)}
        missing = [key for key in records if key not in articles]
        articles |= {key: BaselineArticle(key, None, None, None, None) for key in missing}
        settled = _readable(folder / "decisions.jsonl", lambda line: Settled(**object_of(line)), left_out)
        named = {files_of(key)[0] for key in records}
        removed = [name for path in files if (name := f"records/{path.name}") not in named]
        for key, article in articles.items():
            fitting = _with_its_text(folder, article, records.get(key, []))
            if fitting is None:
                removed.append(files_of(key)[1])
                left_out.append(f"{folder / files_of(key)[1]}: not the text that its records were read in")
            else:
                articles[key] = fitting
        save(folder, records=records, articles=articles.values(), texts={}, settled=settled, removed=removed)
    return Mended(tuple(left_out), tuple(missing))


def _readable(path: Path, read: Callable[[bytes], T], left_out: list[str]) -> list[T]:
    """What the lines of a file say, those that can be read; the file is kept aside if there are others."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    found, before = [], len(left_out)
    for number, line in enumerate(lines_of(data), 1):
        try:
            found.append(read(line))
        except (ValueError, TypeError, KeyError, CompareError) as error:
            left_out.append(f"{path}:{number}: {error}")
    if len(left_out) > before:
        write_whole(path.with_name(f"{path.name}.damaged"), data)
    return found


def _record(line: bytes) -> Row:
    row = parse_row(line)
    canonical_line(row)
    return row


def _article(line: bytes) -> BaselineArticle:
    article = BaselineArticle(**object_of(line))
    if not isinstance(article.id, str):
        raise TypeError("an article without id")
    return article


def _with_its_text(folder: Path, article: BaselineArticle, rows: list[Row]) -> BaselineArticle | None:
    """The article with the hash of the text that is kept; None, and the text kept aside, if its records were read in
    another one.
    """
    path = folder / files_of(article.id)[1]
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return article
    text = data.decode("utf-8", "replace")
    if hash_text(text) == article.text_sha256:
        return article
    if rows and all(text[row["start"] : row["end"]] == row["raw"] for row in rows):
        return replace(article, text_sha256=hash_text(text))
    write_whole(path.with_name(f"{path.name}.damaged"), data)
    return None
