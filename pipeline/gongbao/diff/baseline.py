"""The baseline: accepted records, kept in the project's version control so that a change shows as a small diff.

    corpus/baseline/
      manifest.json     schema version
      articles.jsonl    a line an article, by id: id, title, pub_date, source, SHA-256 of its text
      records/*.jsonl   a file an article, a line a record, by start; the same lines as records.jsonl of a run
      texts/*.txt       the text that the records' offsets count in, so that they can be found again when it changes
      decisions.jsonl   a line for each rejected or edited change, so that it stays decided in every checkout

Nothing here holds a time of writing, so that the same decisions give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ValidationError

from gongbao.canonical import dump_json
from gongbao.diff.pairing import in_text_order
from gongbao.diff.reading import Known, Ref, Side, index_articles, index_records, read_manifest
from gongbao.errors import CompareError
from gongbao.record import SCHEMA_VERSION, Record


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
        CompareError: it is damaged, or written by a newer version.
    """
    files = tuple(sorted((folder / "records").glob("*.jsonl")))
    if not (folder / "manifest.json").exists() and not files:
        return Side("baseline", folder, "baseline", (), {}, {}, 0)
    manifest = read_manifest(folder)
    listed = folder / "articles.jsonl"
    known = index_articles(listed) if listed.exists() else {}
    texts = tuple(path for key in known if (path := folder / "texts" / file_name(key, ".txt")).is_file())
    numbers = {path.name: len(files) + n for n, path in enumerate(texts)}
    articles = {
        key: Known(_text_ref(key, texts, numbers, len(files)), k.text_hash, k.about) for key, k in known.items()
    }
    places, count = index_records(files, articles)
    versions = {str(k): str(v) for k, v in (manifest.get("versions") or {}).items()}
    return Side("baseline", folder, "baseline", files + texts, articles, places, count, versions=versions)


def read_settled(folder: Path) -> dict[str, Settled]:
    """The rejected and edited changes that the baseline remembers, by key."""
    path = folder / "decisions.jsonl"
    if not path.exists():
        return {}
    settled: dict[str, Settled] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            item = Settled(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise CompareError(
                f"not a decision: {error}",
                where=f"{path}:{number}",
                fix="Restore the file from git",
                code="compare.format",
            ) from error
        settled[item.key] = item
    return settled


def write_manifest(folder: Path) -> None:
    """Write the baseline's manifest if it changed."""
    _write(folder / ".gitattributes", "* -text\n")  # offsets count line ends as they are
    _write(folder / "manifest.json", json.dumps({"schema_version": SCHEMA_VERSION, "holds": "accepted records"}) + "\n")


def write_articles(folder: Path, articles: Iterable[BaselineArticle]) -> None:
    """Write the list of articles, by id."""
    rows = sorted(articles, key=lambda article: article.id)
    _write(folder / "articles.jsonl", "".join(dump_json(asdict(row)) + "\n" for row in rows))


def read_articles(folder: Path) -> dict[str, BaselineArticle]:
    """The list of articles, by id."""
    path = folder / "articles.jsonl"
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {row["id"]: BaselineArticle(**row) for row in rows}


def write_records(folder: Path, article_id: str, records: Sequence[Mapping[str, object]]) -> None:
    """Write the accepted records of one article in canonical order; none removes its file.

    Raises:
        CompareError: a record is not as the schema says.
    """
    path = folder / "records" / file_name(article_id)
    if not records:
        path.unlink(missing_ok=True)
        return
    _write(path, "".join(canonical_line(row) + "\n" for row in in_text_order(records)))


def write_settled(folder: Path, settled: Iterable[Settled]) -> None:
    """Write the rejected and edited changes, by article and key; none removes the file."""
    rows = sorted(settled, key=lambda item: (item.article_id, item.key))
    path = folder / "decisions.jsonl"
    if rows:
        _write(path, "".join(dump_json(asdict(row)) + "\n" for row in rows))
    else:
        path.unlink(missing_ok=True)


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


def write_text(folder: Path, article_id: str, text: str) -> None:
    """Write the text of an article; one that UTF-8 cannot hold (lone surrogates) is left out."""
    with suppress(UnicodeEncodeError):
        _write(folder / "texts" / file_name(article_id, ".txt"), text)


def drop_article(folder: Path, article_id: str) -> None:
    """Remove the files of an article that is no longer listed."""
    (folder / "records" / file_name(article_id)).unlink(missing_ok=True)
    (folder / "texts" / file_name(article_id, ".txt")).unlink(missing_ok=True)


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


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, and only if that changes it."""
    data = text.encode("utf-8")
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data)
    temporary.replace(path)
