"""What records are exported from, by name: a run, a records file, or the baseline, what a person accepted or edited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gongbao.diff.baseline import is_baseline, open_baseline
from gongbao.diff.reading import Side
from gongbao.errors import ExportError
from gongbao.export.columns import Row
from gongbao.export.rows import lines_of, parse_article, parse_row
from gongbao.record import SCHEMA_VERSION
from gongbao.run.folder import sequence_of
from gongbao.stored import object_of

NAME = "baseline"


@dataclass(frozen=True)
class RecordSource:
    """What is exported: a run folder, or a records file by itself (`articles` is None then)."""

    path: Path
    records: Path
    articles: Path | None = None
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """The run's name; for a file, the file's."""
        return str(self.manifest.get("run_id") or self.path.resolve().name.removesuffix(".jsonl"))

    @property
    def started(self) -> str:
        """When the run was started, ISO 8601; empty if unknown."""
        return str(self.manifest.get("started") or "")

    @property
    def sequence(self) -> int:
        """Its number among the runs of its output folder, as they were finished; 0 if unknown."""
        return sequence_of(self.manifest)

    def rows(self) -> Iterator[Row]:
        """The records, in order."""
        for number, line in lines_of(self.records):
            yield parse_row(line, self.records, number)

    def article_rows(self) -> Iterator[Row]:
        """The articles, in order; none if only records are there."""
        if self.articles is None:
            return
        for number, line in lines_of(self.articles):
            yield parse_article(line, self.articles, number)


@dataclass(frozen=True)
class Accepted(RecordSource):
    """The baseline; `side` is what comparisons see of it."""

    side: Side | None = None

    @property
    def run_id(self) -> str:
        """`baseline`: what an export of it is named after."""
        return NAME

    def rows(self) -> Iterator[Row]:
        """The accepted records, by article, in text order."""
        side = self._side
        for article_id in side.articles:
            for number, (ref, line) in enumerate(side.lines(article_id), 1):
                yield parse_row(line, side.files[ref.file], number)

    def article_rows(self) -> Iterator[Row]:
        """The articles, by id; none if the baseline was written by a version that kept no texts."""
        if self.articles is None:
            return
        for article_id in self._side.articles:
            article = self._side.article(article_id)
            assert article is not None, "the side lists it"
            about = {"id": article_id, "title": article.title, "pub_date": article.pub_date, "source": article.source}
            yield about | {"text": article.text}

    @property
    def _side(self) -> Side:
        assert self.side is not None, "made by open_accepted"
        return self.side


def open_named(name: str, outputs: Path, baseline: Path = Path("corpus/baseline")) -> RecordSource:
    """Open a run by its name (`latest`, `previous`), folder or file, or the accepted records (`baseline`).

    Args:
        name: What `gongbao export` takes.
        outputs: Where named runs are.
        baseline: Where the accepted records are.

    Raises:
        GongbaoError: there is no finished run or no baseline, or as `open_source`.
    """
    from gongbao.diff.sources import latest_run, previous_run

    if name == NAME:
        return open_accepted(baseline)
    if name not in ("latest", "previous"):
        return open_source(Path(name))
    return open_source(latest_run(outputs) if name == "latest" else previous_run(outputs))


def open_source(path: Path) -> RecordSource:
    """Open a run folder, the baseline's folder or a records file.

    Raises:
        ExportError: it is not there (`export.missing`), unfinished (`export.manifest`) or of a newer schema
            (`export.schema`).
    """
    if path.is_file():
        return RecordSource(path, path)
    records = path / "records.jsonl"
    if is_baseline(path):
        return open_accepted(path)
    if not records.is_file():
        fix = "Name a run folder, a records.jsonl file, latest, previous or baseline"
        raise ExportError("no records here", where=str(path), fix=fix, code="export.missing")
    manifest_path, articles = path / "manifest.json", path / "articles.jsonl"
    try:
        manifest = object_of(manifest_path.read_bytes())
    except (OSError, ValueError) as error:
        raise ExportError(
            "the run did not finish: its manifest.json is missing or damaged",
            where=str(path),
            fix="Run again, or name its records.jsonl to export what is there",
            code="export.manifest",
        ) from error
    check_schema(str(manifest.get("schema_version", SCHEMA_VERSION)), str(path))
    return RecordSource(path, records, articles if articles.is_file() else None, manifest)


def check_schema(found: str, where: str) -> None:
    """Refuse what a newer version wrote."""
    try:
        newer = [int(part) for part in found.split(".")] > [int(part) for part in SCHEMA_VERSION.split(".")]
    except ValueError:
        newer = True
    if newer:
        raise ExportError(
            f"of schema version {found}; this gongbao knows {SCHEMA_VERSION}",
            where=where,
            fix="Upgrade gongbao",
            code="export.schema",
        )


def open_accepted(folder: Path) -> Accepted:
    """Open the baseline.

    Raises:
        ExportError: there is none yet (`export.missing`).
        CompareError: it is damaged or of a newer schema.
    """
    side = open_baseline(folder)
    if not side.articles:
        raise ExportError(
            "there is no baseline yet: nothing was accepted",
            where=str(folder),
            fix="Review and accept first (gongbao review, gongbao accept), or take a run over as it is:"
            " gongbao accept --all",
            code="export.missing",
        )
    has_texts = all(known.ref is not None for known in side.articles.values())
    counts = {"articles": len(side.articles), "records": side.records}
    listed = folder / "articles.jsonl" if has_texts else None
    return Accepted(folder, folder / "records", listed, {"counts": counts}, side)
