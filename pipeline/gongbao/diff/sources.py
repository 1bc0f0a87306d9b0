"""What `latest`, `previous`, `baseline`, a folder or a file stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gongbao.diff import baseline
from gongbao.diff.reading import KnownArticle, Side, index_articles, index_records, read_failures, read_manifest
from gongbao.errors import CompareError
from gongbao.run.folder import by_age

NAMES = ("latest", "previous", "baseline")


@dataclass(frozen=True, slots=True)
class Places:
    """Where runs, accepted records, reference facts and rejected cases are kept, from the project's folder."""

    outputs: Path = Path("outputs")
    baseline: Path = Path("corpus/baseline")
    gold: Path = Path("corpus/gold")
    cases: Path = Path("tests/cases")

    @property
    def reviews(self) -> Path:
        """The database of decisions."""
        return self.outputs / "reviews.db"


def open_side(name: str, places: Places) -> Side:
    """Open one side of a comparison.

    Args:
        name: `latest`, `previous`, `baseline`, a run folder, a baseline folder or a records file.
        places: Where the named ones are.

    Raises:
        CompareError: there is nothing of that name, or it cannot be compared.
    """
    if name == "baseline":
        return baseline.open_baseline(places.baseline)
    if name == "latest":
        return open_run(latest_run(places.outputs), name)
    if name == "previous":
        return open_run(previous_run(places.outputs), name)
    path = Path(name)
    if path.is_dir():
        if baseline.is_baseline(path):
            return baseline.open_baseline(path)
        return open_run(path, name)
    if path.is_file():
        return open_file(path)
    raise CompareError(
        "no such run folder or records file",
        where=name,
        fix=f"Give a run folder, a records.jsonl file, or one of: {', '.join(NAMES)}",
        code="compare.missing",
    )


def in_order(old: Side, new: Side) -> tuple[Side, Side, bool]:
    """Put the baseline on the old side, whichever way round it was named; True if that turned them round."""
    if new.kind == "baseline" and old.kind != "baseline":
        return new, old, True
    return old, new, False


def open_run(folder: Path, name: str) -> Side:
    """Open a run folder."""
    manifest = read_manifest(folder)
    articles = index_articles(folder / "articles.jsonl")
    records, count = index_records((folder / "records.jsonl",), articles)
    # An article whose id came twice is here, and its second copy a failure: the first one's records stand.
    failed = {key: why for key, why in read_failures(folder / "errors.jsonl").items() if key not in articles}
    return Side(
        name=name,
        path=folder,
        kind="run",
        files=(folder / "records.jsonl", folder / "articles.jsonl"),
        articles=articles,
        places=records,
        records=count,
        run_id=str(manifest.get("run_id") or folder.resolve().name),
        versions={str(k): str(v) for k, v in (manifest.get("versions") or {}).items()},
        rule_versions={str(k): str(v) for k, v in (manifest.get("rule_versions") or {}).items()},
        failed=failed,
    )


def open_file(path: Path) -> Side:
    """Open a records file; its articles are those that have records."""
    if path.suffix not in {".jsonl", ".ndjson", ".json"}:
        raise CompareError(
            "not a records file",
            where=str(path),
            fix="Give the records.jsonl of the run: CSV keeps no evidence",
            code="compare.format",
        )
    records, count = index_records((path,), None)
    nothing = KnownArticle(None, None, (None, None, None))
    return Side(str(path), path, "file", (path,), dict.fromkeys(records, nothing), records, count)


def latest_run(outputs: Path) -> Path:
    """The newest finished run: what `outputs/latest` points to, a link or a file with the folder's name."""
    link = outputs / "latest"
    if link.is_dir():
        return link.resolve()
    if link.is_file():
        name = link.read_text(encoding="utf-8").strip()
        for folder in (outputs / name, outputs / "runs" / name, Path(name)):
            if folder.is_dir():
                return folder
    raise CompareError(
        "there is no finished run yet",
        where=str(link),
        fix="Run first: gongbao run corpus/articles",
        code="compare.no-runs",
    )


def previous_run(outputs: Path) -> Path:
    """The finished run before the latest one, in the order in which they were finished."""
    newest = latest_run(outputs).resolve()
    runs = [folder.resolve() for folder in by_age(outputs)]
    position = runs.index(newest) if newest in runs else len(runs)
    if position == 0:
        raise CompareError(
            "there is no finished run before the latest one",
            where=str(outputs / "runs"),
            fix="Run again after your change, or compare with baseline",
            code="compare.no-runs",
        )
    return runs[position - 1]
