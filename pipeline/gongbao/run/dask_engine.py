"""The same shards on Dask: futures on a cluster, each Dask worker driving a child process of its own.

The child gives the isolation (an article that crashes or hangs costs one child, not the Dask worker), Dask the
machines: a worker that is lost has its shards done again by another.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import Any

from gongbao.child import without_interrupts
from gongbao.errors import RunError, install
from gongbao.run.extract import Settings
from gongbao.run.lines import Counts
from gongbao.run.shards import Shard
from gongbao.run.worker import Worker

CONNECT_TIMEOUT = 30
_LOST_WORKERS = 5
"""Dask workers that may die under a shard before it is given up."""

_children: dict[int, tuple[Settings, Worker]] = {}
"""In a Dask worker: for each of its threads the child process, and the settings it was started with."""


class Dask:
    """Dask distributed: the cluster at `scheduler`, or one of `workers` processes on this machine.

    Raises:
        RunError: Dask is not installed (`run.engine`), or the scheduler does not answer (`run.scheduler`).
    """

    def __init__(self, settings: Settings, workers: int, scheduler: str | None) -> None:
        try:
            import dask
            import distributed
        except ImportError:
            raise RunError("the engine dask needs Dask", fix=install("dask"), code="run.engine") from None
        self._settings = settings
        self._cluster: Any = None
        api: Any = distributed  # untyped
        dask.config.set({"distributed.scheduler.allowed-failures": _LOST_WORKERS})
        try:
            if scheduler is None:
                if os.name == "posix":
                    resource_tracker.ensure_running()  # which would let interrupts through again
                with without_interrupts():
                    self._cluster = api.LocalCluster(
                        n_workers=max(1, workers),
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address=None,
                        silence_logs=50,
                    )
            self._client = api.Client(self._cluster or scheduler, timeout=CONNECT_TIMEOUT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise RunError(
                f"the scheduler does not answer: {error}",
                where=scheduler,
                fix="Start it with `dask scheduler`, and name its address with --scheduler",
                code="run.scheduler",
            ) from None
        self.width = max(1, workers, sum(self._client.nthreads().values()))

    def submit(self, shard: Shard) -> Any:
        """Send the shard to the cluster."""
        return self._client.submit(run_shard, shard, self._settings, pure=False)

    def versions(self) -> dict[str, Any]:
        """Of one worker of the cluster."""
        found: dict[str, Any] = self._client.submit(worker_versions, self._settings, pure=False).result()
        return found

    def close(self) -> None:
        """Leave the cluster; end it if it is ours."""
        with suppress(Exception):  # a cluster that is gone has nothing left to end
            self._client.run(end_workers)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def run_shard(shard: Shard, settings: Settings) -> Counts:
    """What runs on a Dask worker."""
    return _worker(settings).run(shard)


def worker_versions(settings: Settings) -> dict[str, Any]:
    """The versions of rules and model on a Dask worker."""
    worker = _worker(settings)
    worker.start()
    return worker.versions


def _worker(settings: Settings) -> Worker:
    thread = threading.get_ident()
    known = _children.get(thread)
    if known is None or known[0] != settings:
        if known is not None:
            known[1].stop()
        known = _children[thread] = (settings, Worker(settings))
    return known[1]


def end_workers() -> None:
    """End the children of a Dask worker."""
    for _, worker in _children.values():
        worker.end()
    _children.clear()
