"""Extraction behind the service: the worker processes of runs, each article a shard, with a bounded queue."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

from gongbao.document import Article
from gongbao.errors import ServiceError
from gongbao.run.engines import Processes
from gongbao.run.extract import MEMORY, Settings
from gongbao.run.lines import Counts, Lines
from gongbao.run.shards import Shard, ShardFolder
from gongbao.serve.limits import ServiceLimits


class Gate:
    """Lets so many in at once and turns others away."""

    def __init__(self, width: int, what: str) -> None:
        self._free = width
        self._what = what

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            ServiceError: all are taken (`service.busy`).
        """
        if self._free == 0:
            raise ServiceError(
                f"too many {self._what} at once", where="service", fix="Try again in a moment", code="service.busy"
            )
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class Pool:
    """Worker processes that extract articles; a hanging or crashing article costs its worker and nothing else.

    Args:
        limits: Time and queue.
        workers: Child processes.
        rules: The user's rule folders.
        ner: The model for names, None for rules alone.
        memory: MiB that a worker may hold.
    """

    def __init__(
        self,
        limits: ServiceLimits,
        *,
        workers: int = 1,
        rules: tuple[str, ...] = (),
        ner: str | None = "tagger",
        memory: int = MEMORY,
    ) -> None:
        self._limits = limits
        self.workers = workers
        self.ner = ner
        # Results pass through files of this folder, which only this user can open; each is gone once it is read.
        self._folder = Path(tempfile.mkdtemp(prefix="gongbao-serve-"))
        self._engine = Processes(Settings(self._folder, rules, ner, limits.timeout, memory), workers)
        self._numbers = itertools.count()
        self._places = Gate(workers + limits.queue, "articles")
        self._reading = asyncio.Semaphore(workers)

    def start(self) -> None:
        """Start the workers; they load while the service already listens."""
        self._engine.start()

    def versions(self) -> dict[str, Any]:
        """What `Pipeline.versions` says; waits until a worker has loaded.

        Raises:
            GongbaoError: rules or model do not load.
        """
        return self._engine.versions()

    def close(self) -> None:
        """End the workers and remove the folder."""
        self._engine.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def place(self) -> AbstractContextManager[None]:
        """A place in the queue, to be held while `extract` runs; `service.busy` if there is none."""
        return self._places()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """A turn to read a file in a process of its own; there are as many at once as workers.

        Raises:
            ServiceError: there was none in time (`service.waiting`).
        """
        try:
            await asyncio.wait_for(self._reading.acquire(), self._limits.patience)
        except TimeoutError:
            raise _unavailable("no file could be read in time", "service.waiting") from None
        try:
            yield
        finally:
            self._reading.release()

    async def extract(self, article: Article) -> Lines:
        """The lines that an article adds to the files of a run; a failure of the article is in their counts.

        Raises:
            ServiceError: no worker was free in time (`service.waiting`), or none can start.
        """
        key = f"{next(self._numbers):012d}"
        result = self._folder / key
        future = cast("Future[Counts]", self._engine.submit(Shard(key, (article,))))
        waiting = asyncio.wrap_future(future)
        try:
            await asyncio.wait([waiting], timeout=self._limits.patience)
            if future.cancel():  # true only if no worker has begun
                raise _unavailable("no worker was free in time", "service.waiting")
            await asyncio.wait([waiting])
            if waiting.cancelled():
                raise _unavailable("the service is stopping", "service.stopping")
            waiting.result()
            lines = ShardFolder(self._folder).read(key)
        except OSError as error:
            raise _unavailable("the results have no room", "service.worker") from error
        finally:
            future.cancel()  # where nobody waits any more and no worker has begun
            # Where the client has gone, a worker may still be at it: what it writes goes when it is done.
            future.add_done_callback(lambda _: result.unlink(missing_ok=True))
        if lines is None:
            raise _unavailable("a result was lost", "service.worker")
        return lines


def _unavailable(what: str, code: str) -> ServiceError:
    return ServiceError(what, where="service", fix="Try again later", code=code)
