"""Running the pipeline over files and folders into a run folder."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.errors import RunError
from pipeline.models import SCHEMA_VERSION, Article, Extraction, Failure
from pipeline.read import read_paths
from pipeline.run.folder import RunWriter

CHUNK = 32
"""Articles that travel to a worker together."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run extracts: user rule folders, the model for names, and the number of processes."""

    rules: tuple[str, ...] = ()
    ner: str | None = "lac"
    workers: int = 1


@dataclass(slots=True)
class Summary:
    """What a run did; `folder` is None if there was nothing to write."""

    folder: Path | None = None
    articles: int = 0
    records: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        """0 all read, 1 some articles failed, 2 nothing could be done."""
        if self.articles == 0:
            return 2
        return 1 if self.failures else 0


Progress = Callable[[Extraction | Failure, Summary], None]


def run(
    paths: Sequence[str | Path],
    out: Path,
    options: Options = Options(),
    *,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Summary:
    """Extract all articles of `paths` into `out/runs/<run id>` and point `out/latest` at it.

    Args:
        paths: Files, folders or `-`.
        out: The output folder.
        options: How to extract.
        progress: Called after each article with its result and the totals so far.
        now: The clock, for tests; names the run, and goes into the manifest but into no record.

    Raises:
        RunError: nothing could be read, or the output folder cannot be written.
    """
    started = now or datetime.now(UTC)
    clock = time.perf_counter()
    summary = Summary()
    with RunWriter(out, _free_id(out, started)) as writer:
        versions: dict[str, Any] = {}
        for result, seconds in _results(read_paths(paths), options, versions):
            writer.add(result, seconds)
            if isinstance(result, Failure):
                summary.failures.append(result)
            else:
                summary.articles += 1
                summary.records += len(result.records)
            if progress is not None:
                progress(result, summary)
        if summary.articles == 0 and not summary.failures:
            named = ", ".join(str(path) for path in paths)
            raise RunError("no article found", where=named, fix="Name files or folders of articles", code="run.no_input")
        summary.seconds = time.perf_counter() - clock
        if summary.articles:
            summary.folder = writer.finish(
                {
                    "schema_version": SCHEMA_VERSION,
                    "run_id": writer.final.name,
                    "input": [str(path) for path in paths],
                    "counts": {
                        "articles": summary.articles,
                        "records": summary.records,
                        "errors": len(summary.failures),
                    },
                    "versions": {"code": __version__, **versions.get("versions", {})},
                    "rule_versions": versions.get("rule_versions", {}),
                    "options": {"rules": list(options.rules), "ner": options.ner},
                    "started": started.isoformat(timespec="seconds"),
                    "seconds": round(summary.seconds, 3),
                }
            )
    return summary


def _free_id(out: Path, started: datetime) -> str:
    stem = started.strftime("%Y%m%d-%H%M%S")
    name, number = stem, 1
    while (out / "runs" / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def _results(
    stream: Iterable[Article | Failure], options: Options, versions: dict[str, Any]
) -> Iterator[tuple[Extraction | Failure, float]]:
    from pipeline.extractor import Pipeline

    if options.workers <= 1:
        pipeline = Pipeline(rules=options.rules, ner=options.ner)
        versions.update(pipeline.versions())
        for chunk in _chunks(stream):
            yield from _extract_chunk(pipeline, chunk)
        return
    versions.update(Pipeline(rules=options.rules, ner=None).versions())
    versions["versions"]["model"] = options.ner
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        options.workers, mp_context=context, initializer=_start_worker, initargs=(options,)
    ) as pool:
        # A window of two chunks a worker keeps all busy and memory constant; results come back in order.
        window: list[Any] = []
        chunks = _chunks(stream)
        for chunk in chunks:
            window.append(pool.submit(_work, chunk))
            if len(window) >= 2 * options.workers:
                yield from window.pop(0).result()
        for future in window:
            yield from future.result()


def _chunks(stream: Iterable[Article | Failure]) -> Iterator[list[Article | Failure]]:
    iterator = iter(stream)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _extract_chunk(pipeline: Any, chunk: list[Article | Failure]) -> list[tuple[Extraction | Failure, float]]:
    clock = time.perf_counter()
    extracted = pipeline.pipe(item for item in chunk if isinstance(item, Article))
    results = [item if isinstance(item, Failure) else next(extracted) for item in chunk]
    seconds = (time.perf_counter() - clock) / max(1, len(chunk))
    return [(result, seconds) for result in results]


_WORKER: dict[str, Any] = {}
"""The pipeline of this worker process, loaded once when it starts."""


def _start_worker(options: Options) -> None:
    from pipeline.extractor import Pipeline

    _WORKER["pipeline"] = Pipeline(rules=options.rules, ner=options.ner)


def _work(chunk: list[Article | Failure]) -> list[tuple[Extraction | Failure, float]]:
    return _extract_chunk(_WORKER["pipeline"], chunk)
