"""A worker: a child process that extracts shards, watched, and replaced when an article ends or hangs it.

The child is a fresh interpreter, so that nothing of the parent's state gets in and
scripts without a main guard can start runs. Both ends talk pickles over a socket pair; the shard's result goes into
its file, only counts come back. When the parent goes, the child reads the end of the stream and goes too.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gongbao.document import Article, Failure
from gongbao.errors import GongbaoError, RunError
from gongbao.run.extract import Settings, extract_shard
from gongbao.run.lines import Counts
from gongbao.run.shards import Shard

if TYPE_CHECKING:
    from gongbao.pipeline import Pipeline

_CHILD = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "sys.path.append(sys.argv[2]); from gongbao.run.worker import main; main()"
)
"""The child's program. Our own folder comes last on its path, and the working directory never: files there that are
named like a library must not be imported. Ctrl-C reaches the whole group, also while it loads; the parent decides."""
START_TIMEOUT = 180.0
"""Seconds until a child has loaded rules and model."""
_OUT_OF_TIME = int(getattr(signal, "SIGPROF", 0)) or -1
"""The signal that ends a process whose processor time is up."""
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGHUP")
SLOWEST = 1000.0
"""Characters a second below which a worker counts as hanging, beyond the time allowed for one article."""
BLOCKED = 10
"""Times the processor seconds allowed, in seconds on the clock, until a worker counts as blocked. The clock alone
would blame articles for what else the machine does."""


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
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection[Any, Any] | None = None
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
        if self._process is not None:
            return
        ours, theirs = Pipe()
        with theirs, without_interrupts():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CHILD, str(theirs.fileno()), str(Path(__file__).resolve().parents[2])],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._channel = ours
        if self._ended.is_set():  # meanwhile, by another thread
            self._process.kill()
        self._send(self.settings)
        try:
            self.versions = self._receive(START_TIMEOUT, None)
        except _Lost as lost:
            raise RunError(
                f"a worker did not start: {lost.reason}", fix="See the lines above; raise --memory", code="run.worker"
            ) from None

    def stop(self) -> None:
        """End the child; the next shard starts another."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._channel = None

    def end(self) -> None:
        """From any thread: end the child for good. A shard under way raises `RunError` (`run.stopped`)."""
        self._ended.set()
        process = self._process
        if process is not None:
            process.kill()

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
        assert self._channel is not None
        try:
            self._channel.send(message)
        except OSError:
            raise self._lost(None) from None

    def _receive(self, limit: float, at: int | None) -> Any:
        assert self._channel is not None
        try:
            if not self._channel.poll(limit):
                self.stop()
                raise _Lost(f"nothing came of it in {limit:.0f} s", "extract.timeout", at)
            message = self._channel.recv()
        except (EOFError, OSError):
            raise self._lost(at) from None
        if isinstance(message, BaseException):
            raise message
        return message

    def _lost(self, at: int | None) -> _Lost:
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        status = self._process.returncode
        self.stop()
        if status is not None and status < 0:
            if status == -_OUT_OF_TIME:
                return _Lost("it took more time than it may", "extract.timeout", at)
            name = signal.Signals(-status).name
            return _Lost(f"the process was ended by {name}", "extract.crash", at, outside=name in _FROM_OUTSIDE)
        return _Lost(f"the process ended with status {status}", "extract.crash", at)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """A process started meanwhile is born deaf to Ctrl-C: the first thing it runs is the interpreter, not our code."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    channel: Connection[Any, Any] = Connection(int(sys.argv[1]))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        settings: Settings = channel.recv()
        _bound_memory(settings.memory)
        try:
            from gongbao.pipeline import Pipeline

            pipeline = Pipeline(rules=settings.rules, ner=settings.ner)
        except GongbaoError as error:
            channel.send(error)
            return
        channel.send(pipeline.versions())
        while True:
            shard, careful = channel.recv()
            channel.send(_answer(pipeline, settings, channel, shard, careful))


def _answer(
    pipeline: Pipeline, settings: Settings, channel: Connection[Any, Any], shard: Shard, careful: bool
) -> Counts | Exception:
    def beat(number: int) -> None:
        _bound_time(_allowed(settings, shard.items[number : number + 1] if careful else shard.items))
        channel.send(number)

    _bound_time(_allowed(settings, shard.items))
    try:
        return extract_shard(pipeline, shard, settings.folder, careful=careful, beat=beat)
    except (OSError, GongbaoError) as error:
        return error
    finally:
        _bound_time(0.0)


def _bound_time(seconds: float) -> None:
    """Have the system end this process when it has worked so long; 0 takes the bound away.

    No Python code runs when the time is up, so a loop inside a library ends as well, with or without a parent.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _bound_memory(mebibytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = mebibytes << 20
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
