"""The baseline: accepted records, kept in the project's version control so that a change shows as a small diff.

    corpus/baseline/
      manifest.json     schema version
      articles.jsonl    a line an article, by id: id, title, pub_date, source, SHA-256 of its text
      records/*.jsonl   a file an article, a line a record, by start; the same lines as records.jsonl of a run
      texts/*.txt       the text that the records' offsets count in, so that they can be found again when it changes
      decisions.jsonl   a line for each rejected or edited change, so that it stays decided in every checkout

Nothing here holds a time of writing, so that the same decisions give the same bytes. What one `accept` changes, it
changes as one (`gongbao.run.journal`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gongbao.canonical import dump_json
from gongbao.diff.pairing import in_text_order
from gongbao.diff.reading import KnownArticle, Ref, Side, index_articles, index_records, read_manifest, read_rows
from gongbao.errors import CompareError, RunError
from gongbao.read.ids import is_text
from gongbao.record import SCHEMA_VERSION, Record
from gongbao.run import journal
from gongbao.run.lock import locked
from gongbao.stored import FULL


@dataclass(frozen=True, slots=True)
class Settled:
    """A change that stays decided though the baseline does not hold the new record: key, verdict, who."""

    article_id: str
    key: str
    verdict: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class BaselineArticle:
    """What the baseline keeps of an article besides its records."""

    id: str
    title: str | None
    pub_date: str | None
    source: str | None
    text_sha256: str | None


def is_baseline(folder: Path) -> bool:
    """True where a folder holds a baseline, not a run."""
    return (folder / "records").is_dir() and not (folder / "records.jsonl").exists()


def open_baseline(folder: Path) -> Side:
    """Open the baseline; a folder that is missing or holds no manifest yet is an empty one.

    Raises:
        CompareError: it is damaged, or written by a newer version, or just being written.
    """
    while True:
        settle(folder)
        before = _changed_at(folder)
        try:
            side = _open(folder)
        except CompareError as error:
            if _changed_at(folder) != before:
                continue
            if error.code in ("compare.format", "compare.orphan", "compare.manifest"):
                fix = "Restore the folder from version control, or keep what can be read of it: gongbao accept --mend"
                raise CompareError(error.message, where=error.where, fix=fix, code=error.code) from error
            raise
        if _changed_at(folder) == before:
            return side


def _open(folder: Path) -> Side:
    files = tuple(sorted((folder / "records").glob("*.jsonl")))
    if not (folder / "manifest.json").exists() and not files:
        return Side("baseline", folder, "baseline", (), {}, {}, 0)
    manifest = read_manifest(folder)
    listed = folder / "articles.jsonl"
    known = index_articles(listed) if listed.exists() else {}
    texts = tuple(path for key in known if (path := folder / "texts" / file_name(key, ".txt")).is_file())
    numbers = {path.name: len(files) + n for n, path in enumerate(texts)}
    articles = {
        key: KnownArticle(_text_ref(key, texts, numbers, len(files)), k.text_hash, k.about) for key, k in known.items()
    }
    places, count = index_records(files, articles)
    versions = {str(k): str(v) for k, v in (manifest.get("versions") or {}).items()}
    return Side("baseline", folder, "baseline", files + texts, articles, places, count, versions=versions)


def _changed_at(folder: Path) -> int | None:
    """When a file of the folder itself last came or went, as a journal does before and after each change."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the baseline: nobody else writes it, and what an earlier writer had decided is done.

    Raises:
        CompareError: somebody else is writing it (`compare.locked`), or it cannot be written (`compare.disk_full`,
            `compare.unwritable`).
    """
    try:
        with locked(folder):
            _end_what_was_begun(folder)
            yield
    except RunError as error:
        if error.code != "run.locked":
            raise
        raise CompareError(
            error.message, where=str(folder), fix="Wait for it, then try again", code="compare.locked"
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error


def _end_what_was_begun(folder: Path) -> None:
    try:
        journal.settle(folder)
    except ValueError as error:
        raise CompareError(
            f"the journal of an interrupted change is damaged: {error}",
            where=str(folder / journal.NAME),
            fix="Remove it: what it would have changed stays as it was",
            code="compare.format",
        ) from error


def settle(folder: Path) -> None:
    """Do what an interrupted writer had decided.

    Raises:
        CompareError: as `writing`.
    """
    if journal.is_open(folder):
        with writing(folder):
            pass


def _unwritable(folder: Path, error: OSError) -> CompareError:
    where = str(error.filename or folder)
    if error.errno in FULL:
        return CompareError(
            "the disk is full", where=where, fix="Free some space, then accept again", code="compare.disk_full"
        )
    fix = "Give yourself the right to write there, then accept again"
    return CompareError(
        f"cannot be written: {error.strerror or error}", where=where, fix=fix, code="compare.unwritable"
    )


def read_settled(folder: Path) -> dict[str, Settled]:
    """The rejected and edited changes that the baseline remembers, by key.

    Raises:
        CompareError: it is damaged.
    """
    settle(folder)
    return {item.key: item for item in read_rows(folder / "decisions.jsonl", Settled)}


def read_articles(folder: Path) -> dict[str, BaselineArticle]:
    """The list of articles, by id.

    Raises:
        CompareError: it is damaged.
    """
    return {article.id: article for article in read_rows(folder / "articles.jsonl", BaselineArticle)}


def save(
    folder: Path,
    *,
    records: Mapping[str, Sequence[Mapping[str, object]]],
    articles: Iterable[BaselineArticle],
    texts: Mapping[str, str],
    settled: Iterable[Settled],
    removed: Iterable[str] = (),
) -> None:
    """Write what changed, all or none of it. The caller holds the baseline (`writing`).

    Args:
        folder: The baseline.
        records: The accepted records of the articles in which they changed.
        articles: All articles.
        texts: Texts that changed, by article; one that UTF-8 cannot hold (lone surrogates) is left out.
        settled: All rejected and edited changes.
        removed: Further files that go (`files_of` articles that are no more), by path below the folder.

    Raises:
        CompareError: a record is not as the schema says.
        OSError: the system refuses.
    """
    rows = sorted(articles, key=lambda article: article.id)
    kept = sorted(settled, key=lambda item: (item.article_id, item.key))
    files: dict[str, str | None] = {
        ".gitattributes": "* -text\n",  # offsets count line ends as they are
        ".gitignore": f"/.lock\n/{journal.NAME}\n.*.new\n",
        "manifest.json": json.dumps({"schema_version": SCHEMA_VERSION, "holds": "accepted records"}) + "\n",
        "articles.jsonl": _lines(asdict(row) for row in rows),
        "decisions.jsonl": _lines(asdict(item) for item in kept) or None,
    }
    for article_id, accepted in records.items():
        lines = "".join(canonical_line(row) + "\n" for row in in_text_order(accepted))
        files[files_of(article_id)[0]] = lines or None
    files |= {files_of(key)[1]: text for key, text in texts.items() if is_text(text)}
    journal.change(folder, files | dict.fromkeys(removed))


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(dump_json(dict(row)) + "\n" for row in rows)


def canonical_line(row: Mapping[str, object]) -> str:
    """A record as records.jsonl writes it, checked against the schema."""
    try:
        return Record.model_validate(dict(row)).to_json()
    except ValidationError as error:
        first = error.errors()[0]
        raise CompareError(
            f"not a record: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            where=f"{row.get('article_id')} {row.get('start')}",
            fix="Accept from a run folder of this version: a file of another tool lacks fields",
            code="compare.format",
        ) from error


def files_of(article_id: str) -> tuple[str, str]:
    """The paths of an article's records and of its text, below the folder."""
    return f"records/{file_name(article_id)}", f"texts/{file_name(article_id, '.txt')}"


def file_name(article_id: str, suffix: str = ".jsonl") -> str:
    """The file of an article's records: its id, made safe, with a hash where that could make two ids one."""
    safe = re.sub(
        r"[^\w.\-]", lambda m: "".join(f"%{b:02X}" for b in m.group().encode("utf-8", "surrogatepass")), article_id
    )
    plain = safe == article_id == article_id.lower() and not safe.startswith(".") and len(safe.encode()) <= 120
    if plain:
        return f"{safe}{suffix}"
    cut = safe.encode()[:120].decode("utf-8", "ignore").lstrip(".")
    return f"{cut}-{hashlib.sha256(article_id.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}{suffix}"


def _text_ref(article_id: str, texts: Sequence[Path], numbers: Mapping[str, int], first: int) -> Ref | None:
    number = numbers.get(file_name(article_id, ".txt"))
    return None if number is None else Ref(number, 0, texts[number - first].stat().st_size)
