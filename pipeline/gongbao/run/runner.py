"""Running the pipeline over files and folders into a run folder.

    read ▶ cut into shards ▶ done before? else extract (engine) ▶ append in order ▶ finish

A shard that the unfinished run being resumed, or the newest finished run, holds under the same key is taken from there.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from gongbao.document import Article, Failure
from gongbao.errors import RunError
from gongbao.read import Limits, read_paths
from gongbao.read.ids import is_text
from gongbao.read.sources import STANDARD_INPUT
from gongbao.record import SCHEMA_VERSION
from gongbao.rulebook.load import RuleSet
from gongbao.run.engines import Engine, Pending, Processes, engine_for
from gongbao.run.extract import MEMORY, TIMEOUT, Settings
from gongbao.run.folder import (
    FinishedRun,
    RunWriter,
    by_age,
    latest,
    manifest_of,
    run_error,
    sequence_of,
)
from gongbao.run.lines import FILES, Counts, Lines
from gongbao.run.lock import locked
from gongbao.run.shards import SIZE, Shard, ShardFolder, cut
from gongbao.run.unfinished import Unfinished, check_directory, check_outside, settle, unfinished
from gongbao.run.versions import InputPrint, fingerprint, stamp, versions
from gongbao.stored import sync

KEPT_FAILURES = 1000
"""Failures that a summary lists; errors.jsonl has them all."""
AHEAD = 4
"""Shards under way for each worker: enough to keep all busy while the first of them is slow, and no more."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run extracts.

    Args:
        rules: Folders of the user's own rules.
        ner: The model for names, None for rules alone.
        workers: Child processes; 0 reads and extracts in this process, without protection from files and articles that
            crash or hang it.
        engine: `processes` or `dask`.
        scheduler: Address of a Dask scheduler; a cluster on this machine if None.
        timeout: Processor seconds that an article of ordinary length may take.
        memory: MiB that a worker may hold.
        reuse: Take shards that did not change from the newest finished run.
        shard: Articles in a shard on average. A shard is extracted again as a whole where one of its articles changed:
            1 makes every article stand for itself, at the cost of a file for each.
        parquet: Write the records as a folder of Parquet files too, `records.parquet/` in the run folder.
        smaller: Point `latest` at the run even where input is gone, or half of the articles of last time are.
        max_characters: Code points that an article may have.
        made_by: Whose run it is, kept in the manifest: `watch` removes none but its own.
    """

    rules: tuple[str, ...] = ()
    ner: str | None = "tagger"
    workers: int = 1
    engine: str = "processes"
    scheduler: str | None = None
    timeout: float = TIMEOUT
    memory: int = MEMORY
    reuse: bool = True
    shard: int = SIZE
    parquet: bool = False
    smaller: bool = False
    max_characters: int = Limits().max_characters
    made_by: str = "run"


@dataclass(slots=True)
class RunSummary:
    """What a run did; `folder` is None if there was nothing to write.

    `failures` holds the first thousand, `failed` counts them all; `reused` counts articles taken from an earlier run;
    `table_numbers_left` counts numbers in tables that gave no record because nothing says their unit. `notes` are what
    a person must hear beside the failures; `held_back` says that `latest` was not pointed at the run.
    """

    folder: Path | None = None
    articles: int = 0
    records: int = 0
    failures: list[Failure] = field(default_factory=list)
    failed: int = 0
    reused: int = 0
    seconds: float = 0.0
    table_numbers_left: int = 0
    notes: list[str] = field(default_factory=list)
    held_back: bool = False

    @property
    def exit_status(self) -> int:
        """0 all read, 1 some articles failed or `latest` stays where it was, 2 nothing could be done."""
        if self.articles == 0:
            return 2
        return 1 if self.failed or self.held_back else 0

    def count(self, counts: Counts) -> None:
        """Add what a shard gave."""
        self.articles += counts.articles
        self.records += counts.records
        self.failed += len(counts.failures)
        self.table_numbers_left += counts.table_numbers_left
        self.failures.extend(counts.failures[: KEPT_FAILURES - len(self.failures)])


Progress = Callable[[Counts, RunSummary], None]
WriteParts = Callable[[Path, Path], Any]
"""Writes a file of records as a folder of Parquet files: `gongbao.export.parquet.write_parts`."""
PARQUET = "records.parquet"


def run(
    paths: Sequence[str | Path],
    out: Path,
    options: Options = Options(),
    *,
    resume: bool = False,
    progress: Progress | None = None,
    now: datetime | None = None,
    write_parts: WriteParts | None = None,
) -> RunSummary:
    """Extract all articles of `paths` into `out/runs/<run id>` and point `out/latest` at it.

    Args:
        paths: Files, folders or `-`; with `resume` those of the unfinished run if empty.
        out: The output folder.
        options: How to extract.
        resume: Go on with the newest unfinished run, if there is one: what it has done is not done again. If there is
            none and no paths are named, the newest finished run is what there was to do.
        progress: Called after each shard with its counts and the totals so far.
        now: The clock, for tests; names the run, and goes into the manifest but into no record.
        write_parts: What writes Parquet where `options`, or the run gone on with, ask for it.

    Raises:
        RunError: nothing could be read (`run.no_input`), the output folder cannot be written (`run.unwritable`,
            `run.disk_full`), another run is writing there (`run.locked`), the run folders would lie among the articles
            (`run.out_inside`), or there is nothing to resume.
    """
    started = now or datetime.now(UTC)
    check_outside([str(path) for path in paths], out)
    try:
        with locked(out / "runs"):
            settle(out)
            if resume and not paths and (finished := _finished(out)) is not None:
                return finished
            work, options = _begin([str(path) for path in paths], out, options, resume, started)
            try:
                return _Run(work, out, options, progress, write_parts).go()
            finally:
                work.remove_if_empty()
    except OSError as error:
        raise run_error(error, out) from error


def _finished(out: Path) -> RunSummary | None:
    """What the newest run did, where none is unfinished; None if there is an unfinished one, or no run at all."""
    newest = latest(out)
    if newest is None or next(unfinished(out / "runs"), None) is not None:
        return None
    summary = RunSummary(out / "runs" / newest.name)
    for counts in FinishedRun(newest).counts():
        summary.count(counts)
    summary.reused = summary.articles
    summary.notes.append(f"Nothing to go on with: {newest.name} had finished")
    return summary


def _begin(
    paths: list[str], out: Path, options: Options, resume: bool, started: datetime
) -> tuple[Unfinished, Options]:
    """The unfinished run to work in, and how: all as it was asked for if it goes on with no paths named."""
    left = next(unfinished(out / "runs"), None) if resume else None
    if left is not None and not paths:
        paths, asked = left.plan["input"], left.plan["options"]
        parquet = options.parquet or asked.get("parquet", False)
        options = replace(options, rules=tuple(asked["rules"]), ner=asked["ner"], parquet=parquet)
    if not paths:
        raise RunError(
            "no unfinished run here", where=str(out), fix="Start one: gongbao run PATH…", code="run.nothing_to_resume"
        )
    plan = {
        "input": paths,
        "directory": str(Path.cwd()),
        "options": {"rules": list(options.rules), "ner": options.ner, "parquet": options.parquet},
        "started": started.isoformat(timespec="seconds"),
    }
    if left is None:
        return Unfinished.create(out / "runs", _free_id(out, started), plan), options
    check_directory(left, [*paths, *options.rules])
    for half in left.path.glob(f".{left.run_id}.*"):
        shutil.rmtree(half, ignore_errors=True)
    return left.replan({**plan, "started": left.plan["started"]}), options


class _Run:
    """One run, from its plan to its folder."""

    def __init__(
        self, work: Unfinished, out: Path, options: Options, progress: Progress | None, write_parts: WriteParts | None
    ) -> None:
        if options.parquet and write_parts is None:
            raise RunError("nobody is there to write Parquet", fix="Give run() write_parts", code="run.parquet")
        self._write_parts = write_parts if options.parquet else None
        self._work, self._out, self._progress = work, out, progress
        self._paths: list[str] = work.plan["input"]
        self._versions = versions(options.rules, options.ner)
        self._stamp = stamp(self._versions)
        self._done = ShardFolder(work.shards.resolve())
        self._shard = options.shard
        self._options, self._newest = options, latest(out)
        self._earlier = FinishedRun(self._newest) if options.reuse and self._newest is not None else None
        settings = Settings(self._done.path, options.rules, options.ner, options.timeout, options.memory)
        self._engine_of: Callable[[], Engine] = partial(
            engine_for, settings, options.engine, options.workers, options.scheduler
        )
        self._own = RuleSet.load(*options.rules, compiled=False).own if options.rules else ()
        self._summary = RunSummary(notes=[f"Your rules: {line}" for line in self._own])
        self._odd_names: list[str] = []

    def go(self) -> RunSummary:
        clock = time.perf_counter()
        before = fingerprint(self._paths)
        if self._nothing_new(before):
            self._summary.seconds = time.perf_counter() - clock
            self._work.remove()
            return self._summary
        with RunWriter(self._out, self._work.run_id, within=self._work.path) as writer:
            engine = self._engine_of()
            try:
                self._extract(writer, engine)
                rules = engine.versions()["rule_versions"] if self._summary.articles else {}
            finally:
                engine.close()
            self._summary.seconds = time.perf_counter() - clock
            self._note_names()
            if self._summary.articles:
                self._summary.folder = writer.finish(self._manifest(rules, before), self._beside)
        self._work.remove()
        if not self._summary.articles and not self._summary.failed:
            named = ", ".join(self._paths)
            raise RunError(
                "no article found", where=named, fix="Name files or folders of articles", code="run.no_input"
            )
        self._remove_superseded()
        return self._summary

    def _nothing_new(self, found: InputPrint | None) -> bool:
        """Whether the earlier run is what this one would give: same input, same versions. Then it stands for it."""
        earlier = self._earlier
        if earlier is None or found is None or not earlier.whole:
            return False
        if self._options.max_characters != Options().max_characters:  # what it could not read may be read now
            return False
        if self._write_parts is not None and not (earlier.path / PARQUET).is_dir():
            return False
        said = earlier.manifest
        if said.get("stamp") != self._stamp or said.get("input_hash") != found.content or not earlier.unchanged():
            return False
        self._summary.folder = self._out / "runs" / earlier.path.name
        for counts in earlier.counts():
            self._summary.count(counts)
        self._summary.reused = self._summary.articles
        if self._progress is not None:
            self._progress(
                Counts(self._summary.articles, self._summary.records, tuple(self._summary.failures)), self._summary
            )
        return True

    def _extract(self, writer: RunWriter, engine: Engine) -> None:
        """Send the shards that are not done yet to the engine, and append all in order."""
        waiting: deque[tuple[Shard, Pending | None]] = deque()
        if self._earlier is None and isinstance(engine, Processes):
            engine.start()
        for shard, known in self._plan():
            waiting.append((shard, None if known else engine.submit(shard)))
            while len(waiting) > AHEAD * engine.width or _ready(waiting):
                self._collect(writer, engine, *waiting.popleft())
        while waiting:
            self._collect(writer, engine, *waiting.popleft())

    def _plan(self) -> Iterator[tuple[Shard, bool]]:
        limits = Limits().with_characters(self._options.max_characters)
        read = read_paths(self._paths, limits=limits, apart=self._options.workers > 0)
        for shard in cut(read, self._stamp, size=self._shard):
            self._odd_names.extend(
                item.id
                for item in shard.items
                if isinstance(item, Article) and item.origin is not None and not is_text(item.origin)
            )
            yield (
                shard,
                (self._done.path / shard.key).exists() or (self._earlier is not None and shard.key in self._earlier),
            )

    def _collect(self, writer: RunWriter, engine: Engine, shard: Shard, pending: Pending | None) -> None:
        if pending is not None:
            pending.result()
        lines = self._done.read(shard.key)
        reused = pending is None
        if lines is None and self._earlier is not None:
            lines = self._earlier.read(shard.key)
        if lines is None:  # the file that was there is not what it was written as
            reused = False
            engine.submit(shard).result()
            lines = self._done.read(shard.key)
        if lines is None:
            raise RunError(
                "a finished shard cannot be read back",
                where=str(self._done.path / shard.key),
                fix="All workers need the same output folder: name one that every machine sees with --out",
                code="run.shard",
            )
        self._append(writer, shard.key, lines, reused=reused)

    def _append(self, writer: RunWriter, key: str, lines: Lines, *, reused: bool) -> None:
        writer.append(key, lines)
        self._summary.count(lines.counts)
        self._summary.reused += lines.counts.articles if reused else 0
        if self._progress is not None:
            self._progress(lines.counts, self._summary)

    def _manifest(self, rule_versions: dict[str, str], before: InputPrint | None) -> dict[str, Any]:
        summary = self._summary
        after = fingerprint(self._paths, content=False)
        same = before is not None and after is not None and before.status == after.status
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self._work.run_id,
            "input": self._paths,
            "counts": {
                "articles": summary.articles,
                "records": summary.records,
                "errors": summary.failed,
                "table_numbers_left": summary.table_numbers_left,
            },
            "versions": self._versions,
            "rule_versions": rule_versions,
            "own_rules": list(self._own),
            "options": self._work.plan["options"],
            "started": self._work.plan["started"],
            "seconds": round(summary.seconds, 3),
            "reused": summary.reused,
            "made_by": self._options.made_by,
            "sequence": 1 + max((sequence_of(manifest_of(run)) for run in by_age(self._out)), default=0),
            "held_back": self._held_back(),
            "stamp": self._stamp,
            # A file that changed while it was read has no one content to be recognised by.
            "input_hash": before.content if before is not None and same else None,
        }

    def _held_back(self) -> str | None:
        """Why `latest` stays where it is: this run holds less than was asked for, and nobody said that it may."""
        if self._newest is None or self._options.smaller:
            return None
        last = manifest_of(self._newest)
        counted = last.get("counts")
        before = counted.get("articles") if isinstance(counted, dict) and last.get("input") == self._paths else None
        gone = [path for path in self._paths if path != STANDARD_INPUT and not os.path.exists(path)]  # noqa: PTH110
        if gone:
            reason = f"there is no {', '.join(gone)}"
        elif type(before) is int and self._summary.articles * 2 <= before:
            reason = f"only {self._summary.articles} articles were read, and {before} last time"
        else:
            return None
        self._summary.held_back = True
        self._summary.notes.append(
            f"`latest` stays at {self._newest.name}: {reason}. If that is right, say so: --allow-smaller"
        )
        return reason

    def _note_names(self) -> None:
        """Tell once of files whose names are no text."""
        if self._odd_names:
            self._summary.notes.append(
                f"The paths of {len(self._odd_names)} articles are not in UTF-8; in their ids they are read as "
                f"GB18030, as in {self._odd_names[0]}"
            )

    def _beside(self, folder: Path) -> None:
        if self._write_parts is not None:
            self._write_parts(folder / FILES[0], folder / PARQUET)
            sync(folder / PARQUET)

    def _remove_superseded(self) -> None:
        """Unfinished runs of the same plan have nothing left that this run does not hold."""
        for left in list(unfinished(self._out / "runs")):
            if all(left.plan.get(name) == self._work.plan[name] for name in ("input", "directory", "options")):
                left.remove()


def _ready(waiting: deque[tuple[Shard, Pending | None]]) -> bool:
    pending = waiting[0][1] if waiting else None
    return bool(waiting) and (pending is None or pending.done())


def _free_id(out: Path, started: datetime) -> str:
    stem = started.strftime("%Y%m%d-%H%M%S")
    name, number = stem, 1
    runs = out / "runs"
    while (runs / name).exists() or (runs / f".{name}.unfinished").exists():
        number += 1
        name = f"{stem}-{number}"
    return name
