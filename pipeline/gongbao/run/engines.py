"""Engines: who extracts the shards. All run `extract_shard` over the same plan, so all give the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from gongbao.errors import RunError
from gongbao.run.extract import Settings, extract_shard
from gongbao.run.lines import Counts
from gongbao.run.shards import Shard
from gongbao.run.worker import Worker

ENGINES = ("processes", "dask")


class Pending(Protocol):
    """A shard under way."""

    def done(self) -> bool:
        """Whether its result, or its error, is there."""

    def result(self) -> Counts:
        """Wait for it."""


class Engine(Protocol):
    """Extracts shards, each into its file of the shard folder. Nothing starts before the first shard."""

    width: int
    """Shards extracted at once."""

    def submit(self, shard: Shard) -> Pending:
        """Begin a shard."""

    def versions(self) -> dict[str, Any]:
        """What `Pipeline.versions` says."""

    def close(self) -> None:
        """Stop all work and free what it held."""


class InProcess:
    """Everything in this process: no isolation, no second interpreter. For tests, debuggers and notebooks."""

    width = 1

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pipeline: Any = None

    def submit(self, shard: Shard) -> Pending:
        """Extract the shard at once."""
        future: Future[Counts] = Future()
        future.set_result(extract_shard(self._load(), shard, self._settings.folder))
        return future

    def versions(self) -> dict[str, Any]:
        """Of the pipeline here."""
        return dict(self._load().versions())

    def close(self) -> None:
        """Drop the pipeline."""
        self._pipeline = None

    def _load(self) -> Any:
        if self._pipeline is None:
            from gongbao.pipeline import Pipeline

            self._pipeline = Pipeline(rules=self._settings.rules, ner=self._settings.ner)
        return self._pipeline


class Processes:
    """Child processes on this machine, each driven by a thread that waits for it; no more than there are shards."""

    def __init__(self, settings: Settings, workers: int) -> None:
        self.width = workers
        self._settings = settings
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="gongbao-worker")
        self._local = threading.local()
        self._workers: list[Worker] = []

    def start(self) -> None:
        """Start the first child while the first articles are read."""
        self._threads.submit(self._call, Worker.start)

    def submit(self, shard: Shard) -> Pending:
        """Queue the shard for the next free child."""
        return self._threads.submit(self._call, lambda worker: worker.run(shard))

    def versions(self) -> dict[str, Any]:
        """Of the first child that is free."""

        def ask(worker: Worker) -> dict[str, Any]:
            worker.start()
            return worker.versions

        found: dict[str, Any] = self._threads.submit(self._call, ask).result()
        return found

    def close(self) -> None:
        """End the children, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.end()
        self._threads.shutdown(wait=True)

    def _call(self, task: Callable[[Worker], Any]) -> Any:
        worker = getattr(self._local, "worker", None)
        if worker is None:
            worker = self._local.worker = Worker(self._settings)
            self._workers.append(worker)
        return task(worker)


def engine_for(settings: Settings, name: str, workers: int, scheduler: str | None) -> Engine:
    """The engine a run asked for.

    Raises:
        RunError: Dask is not installed, or its scheduler does not answer.
    """
    if name == "dask":
        from gongbao.run.dask_engine import Dask

        return Dask(settings, workers, scheduler)
    if name != "processes":
        raise RunError(f"there is no engine {name!r}", fix=f"Choose one of {', '.join(ENGINES)}", code="run.engine")
    return Processes(settings, workers) if workers > 0 else InProcess(settings)
