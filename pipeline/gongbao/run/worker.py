"""A worker: a child process that extracts shards, watched, and replaced when an article ends or hangs it.

The shard's result goes into its file, only counts come back.
"""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from gongbao.child import BLOCKED, Child, Ended, bound_memory, bound_time, parent, program
from gongbao.document import Article, Failure
from gongbao.errors import GongbaoError, RunError
from gongbao.run.extract import Settings, extract_shard
from gongbao.run.lines import Counts
from gongbao.run.shards import Shard

if TYPE_CHECKING:
    from gongbao.pipeline import Pipeline

_CHILD = program("gongbao.run.worker")
START_TIMEOUT = 180.0
"""Seconds until a child has loaded rules and model."""
SLOWEST = 1000.0
"""Characters a second below which a worker counts as hanging, beyond the time allowed for one article."""


class _Lost(Exception):
    """The child died or fell silent, at item `number` if that is known; `outside`: perhaps for no reason of its own."""

    def __init__(self, reason: str, code: str, number: int | None, *, outside: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.code, self.number, self.outside = reason, code, number, outside


class Worker:
    """The parent's end of one child process; `run` may be called from one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.versions: dict[str, Any] = {}
        self._child: Child | None = None
        self._ended = threading.Event()

    def run(self, shard: Shard) -> Counts:
        """Extract a shard; an article that ends or hangs the process becomes a failure, the others are extracted.

        Raises:
            RunError: the worker cannot start.
            OSError: the shard's file cannot be written.
        """
        if len(shard.items) > 1:
            try:
                return self._ask(shard, careful=False)
            except _Lost:
                pass
        suspects: Counter[int] = Counter()
        while True:
            try:
                return self._ask(shard, careful=True)
            except _Lost as lost:
                number = lost.number
                if number is None:
                    suspects[-1] += 1
                    if suspects[-1] > 3:
                        raise RunError(f"a worker keeps dying: {lost.reason}", code="run.worker") from None
                    continue
                suspects[number] += 1
                # Anyone may kill a process once; an article at which it is killed twice is to blame.
                if not lost.outside or suspects[number] == 2:
                    shard = Shard(shard.key, _without(shard.items, number, lost))

    def start(self) -> None:
        """Start the child, if it is not there, and wait until it has loaded."""
        if self._ended.is_set():
            raise RunError("the worker was stopped", code="run.stopped")
        if self._child is not None:
            return
        self._child = Child(_CHILD)
        if self._ended.is_set():  # meanwhile, by another thread
            self._child.kill()
        self._send(self.settings)
        try:
            self.versions = self._receive(START_TIMEOUT, None)
        except _Lost as lost:
            raise RunError(
                f"a worker did not start: {lost.reason}", fix="See the lines above; raise --memory", code="run.worker"
            ) from None

    def stop(self) -> None:
        """End the child; the next shard starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def end(self) -> None:
        """From any thread: end the child for good. A shard under way raises `RunError` (`run.stopped`)."""
        self._ended.set()
        child = self._child
        if child is not None:
            child.kill()

    def _ask(self, shard: Shard, *, careful: bool) -> Counts:
        self.start()
        self._send((shard, careful))
        at: int | None = None
        while True:
            items = shard.items if at is None else shard.items[at : at + 1]
            message = self._receive(BLOCKED * _allowed(self.settings, items), at)
            if not isinstance(message, int):
                assert isinstance(message, Counts)
                return message
            at = message if careful else None

    def _send(self, message: Any) -> None:
        assert self._child is not None
        try:
            self._child.send(message)
        except Ended as ended:
            raise self._lost(ended, None) from None

    def _receive(self, limit: float, at: int | None) -> Any:
        assert self._child is not None
        try:
            message = self._child.receive(limit)
        except Ended as ended:
            raise self._lost(ended, at) from None
        if isinstance(message, BaseException):
            raise message
        return message

    def _lost(self, ended: Ended, at: int | None) -> _Lost:
        self._child = None
        code = "extract.timeout" if ended.cause in ("time", "silence") else "extract.crash"
        return _Lost(ended.reason, code, at, outside=ended.cause == "outside")


def _without(items: tuple[Article | Failure, ...], number: int, lost: _Lost) -> tuple[Article | Failure, ...]:
    item = items[number]
    fixes = {"extract.timeout": "Raise --timeout if the article is meant to be that long; else report it as a bug"}
    failed = Failure(
        item.id,
        "extract",
        lost.code,
        f"the article was given up: {lost.reason}",
        item.origin if isinstance(item, Article) else item.where,
        fixes.get(lost.code, "Report this article as a bug"),
    )
    return (*items[:number], failed, *items[number + 1 :])


def _allowed(settings: Settings, items: Sequence[Article | Failure]) -> float:
    """Processor seconds that a worker may take until it has something to say."""
    return settings.timeout + sum(_length(item) for item in items) / SLOWEST


def _length(item: Article | Failure) -> int:
    return len(item.text) if isinstance(item, Article) else 0


def main() -> None:
    """The child: settings first, then one shard after another until the stream ends."""
    gc.disable()  # while libraries, rules and weights load: nothing of them goes
    channel = parent()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        settings: Settings = channel.recv()
        bound_memory(settings.memory << 20)
        try:
            from gongbao.pipeline import Pipeline

            pipeline = Pipeline(rules=settings.rules, ner=settings.ner)
        except GongbaoError as error:
            channel.send(error)
            return
        channel.send(pipeline.versions())
        gc.freeze()  # nor need a later collection look through them
        gc.enable()
        while True:
            shard, careful = channel.recv()
            channel.send(_answer(pipeline, settings, channel, shard, careful))


def _answer(
    pipeline: Pipeline, settings: Settings, channel: Connection[Any, Any], shard: Shard, careful: bool
) -> Counts | Exception:
    def beat(number: int) -> None:
        bound_time(_allowed(settings, shard.items[number : number + 1] if careful else shard.items))
        channel.send(number)

    bound_time(_allowed(settings, shard.items))
    try:
        return extract_shard(pipeline, shard, settings.folder, careful=careful, beat=beat)
    except (OSError, GongbaoError) as error:
        return error
    finally:
        bound_time(0.0)
