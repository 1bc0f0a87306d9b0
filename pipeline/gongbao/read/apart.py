"""Reading in a process of its own, so that no file takes time or memory from who asked for it.

The process reads one file after another and sends article by article. Its memory is bounded for good, its processor
time from one article to the next; a file at which it ends is a failure, and the next file starts another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import islice

from gongbao.child import BLOCKED, Child, Ended, bound_memory, bound_time, parent, program
from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.read.failing import failure
from gongbao.read.limits import Limits
from gongbao.read.reader import Reader
from gongbao.read.sources import STANDARD_INPUT, Source
from gongbao.read.streams import broken

_CHILD = program("gongbao.read.apart")


class Apart:
    """The parent's end; the process starts with the first file and ends with `close`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: Child | None = None

    def read(self, source: Source) -> Iterator[Article | Failure]:
        """The articles of one file; where its process ends, what came of it stands, and a failure says so."""
        done = 0
        for again in (True, False):
            try:
                for item in islice(self._items(source), done, None):
                    done += 1
                    yield item
                return
            except Ended as ended:
                # Anyone may kill a process once; what came over standard input is gone with it.
                if not (again and ended.cause == "outside" and source.kind != STANDARD_INPUT):
                    yield failure(_given_up(ended, source, done), source.id)
                    return

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def _items(self, source: Source) -> Iterator[Article | Failure]:
        whole = False
        try:
            if self._child is None:
                self._child = Child(_CHILD, stdin=source.kind == STANDARD_INPUT)
                self._child.send(self._limits)
            self._child.send(source)
            while (item := self._child.receive(BLOCKED * self._limits.max_seconds)) is not None:
                yield item
            whole = source.kind != STANDARD_INPUT
        finally:
            if not whole:  # the process has ended, or holds articles that nobody asks for any more
                self.close()


def _given_up(ended: Ended, source: Source, done: int) -> ReadError:
    where = str(source.path)
    after = f", {done} articles of it having been read" if done else ""
    if ended.cause in ("time", "silence"):
        return ReadError(
            f"The file was given up: {ended.reason}{after}",
            where=where,
            fix="Save it anew from its program, or split it",
            code="read.timeout",
        )
    return broken(f"The file made its reader fail: {ended.reason}{after}", where)


def main() -> None:
    """The child: limits first, then one file after another until the stream ends."""
    channel = parent()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        limits: Limits = channel.recv()
        bound_memory(limits.max_memory)
        with closing(Reader(limits)) as reader:
            while True:
                source: Source = channel.recv()
                bound_time(limits.max_seconds)
                for item in reader.read(source):
                    channel.send(item)
                    bound_time(limits.max_seconds)
                bound_time(0.0)
                channel.send(None)
