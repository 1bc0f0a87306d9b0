"""A child process: a fresh interpreter that talks pickles with its parent, and bounds that the system keeps.

Nothing of the parent's state gets in, and scripts without a main guard can start children. When the parent goes, the
child reads the end of the stream and goes too.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Literal

BLOCKED = 10
"""Times the processor seconds allowed, in seconds on the clock, until a child counts as blocked. The clock alone would
blame what it works at for what else the machine does."""
_OUT_OF_TIME = int(getattr(signal, "SIGPROF", 0)) or -1
"""The signal that ends a process whose processor time is up."""
_FROM_OUTSIDE = ("SIGKILL", "SIGTERM", "SIGHUP")

Cause = Literal["time", "silence", "outside", "crash"]


class Ended(Exception):
    """The child is gone: its time was up, it fell silent, somebody may have ended it, or it crashed."""

    def __init__(self, reason: str, cause: Cause) -> None:
        super().__init__(reason)
        self.reason, self.cause = reason, cause


def program(module: str) -> str:
    """What a child runs: the `main` of a module.

    Our own folder comes last on its path, and the working directory never: files there that are named like a library
    must not be imported. Ctrl-C reaches the whole group, also while it loads; the parent decides.
    """
    return (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        f"sys.path.append(sys.argv[2]); from {module} import main; main()"
    )


class Child:
    """The parent's end of one child process, for one thread at a time; only `kill` may be called from any.

    Args:
        code: The child's program; its first argument is for `parent`, its second our folder.
        stdin: Whether it reads the parent's standard input.
    """

    def __init__(self, code: str, *, stdin: bool = False) -> None:
        ours, theirs = Pipe()
        with theirs, without_interrupts():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code, str(theirs.fileno()), str(Path(__file__).resolve().parents[1])],
                pass_fds=[theirs.fileno()],
                stdin=None if stdin else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._channel = ours

    def send(self, message: Any) -> None:
        """Send it a message.

        Raises:
            Ended: it is gone.
        """
        try:
            self._channel.send(message)
        except OSError:
            raise self._ended() from None

    def receive(self, limit: float) -> Any:
        """Its next message, within `limit` seconds on the clock.

        Raises:
            Ended: it is gone, or was silent for so long and has been ended.
        """
        try:
            if not self._channel.poll(limit):
                self.stop()
                raise Ended(f"nothing came of it in {limit:.0f} s", "silence")
            return self._channel.recv()
        except (EOFError, OSError):
            raise self._ended() from None

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def stop(self) -> None:
        """End it, and free what it held."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _ended(self) -> Ended:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        status = self._process.returncode
        self.stop()
        if status is None or status >= 0:
            return Ended(f"the process ended with status {status}", "crash")
        if status == -_OUT_OF_TIME:
            return Ended("it took more time than it may", "time")
        name = signal.Signals(-status).name
        return Ended(f"the process was ended by {name}", "outside" if name in _FROM_OUTSIDE else "crash")


def parent() -> Connection[Any, Any]:
    """The child's end."""
    return Connection(int(sys.argv[1]))


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


def bound_time(seconds: float) -> None:
    """Have the system end this process when it has worked so long; 0 takes the bound away.

    No Python code runs when the time is up, so a loop inside a library ends as well, with or without a parent.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def bound_memory(size: int) -> None:
    """Have the system refuse this process more than `size` bytes of data."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
