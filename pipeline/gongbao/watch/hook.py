"""Telling others of new records: a command that reads JSON, or an address that JSON is posted to.

A message is one JSON object: `run_id`, `part` and `parts` (many records come in several messages), `records`, and as
`deleted` those that are gone, as they were.
"""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from gongbao.errors import RunError

PART = 2000
"""Records in one message at most, and as many that are gone."""
TRIES = 3


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Records go where they were meant to go and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class _Timed(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Ends a request when its time is over: a socket's own limit begins again with every byte that comes."""

    def __init__(self) -> None:
        super().__init__()
        self.over = False
        self._connection: HTTPConnection | None = None

    def do_open(self, http_class: Any, req: Any, **options: Any) -> Any:
        def made(host: str, **given: Any) -> HTTPConnection:
            connection: HTTPConnection = http_class(host, **given)
            self._connection = connection
            connect: Callable[[], None] = connection.connect

            def connected() -> None:
                connect()
                if self.over:
                    raise TimeoutError

            connection.connect = connected  # type: ignore[method-assign]
            return connection

        return super().do_open(made, req, **options)

    def end(self) -> None:
        """From another thread."""
        self.over = True
        found = self._connection.sock if self._connection is not None else None
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)


class Hook:
    """Who is told.

    Args:
        target: An http(s) address, or a shell command.
        timeout: Seconds that one message may take.
        pause: Seconds before another try at an address; twice as long before the one after.

    Raises:
        RunError: the address is none (`watch.hook`).
    """

    def __init__(self, target: str, *, timeout: float = 60.0, pause: float = 1.0) -> None:
        self.target = target
        self._timeout = timeout
        self._pause = pause
        self._is_url = "://" in target.split(" ", 1)[0]
        if self._is_url:
            self._parts = _address(target)

    @property
    def name(self) -> str:
        """The target as it may be shown: an address without its password and query."""
        if not self._is_url:
            return self.target
        return f"{self._parts.scheme}://{_host(self._parts)}{self._parts.path}"

    def tell(self, run_id: str, records: Sequence[bytes], deleted: Sequence[bytes] = ()) -> None:
        """Send the records, and those that are gone, in parts if they are many.

        Raises:
            RunError: the command failed or took too long, or the address did not take them (`watch.hook`).
        """
        for message in messages(run_id, records, deleted):
            if self._is_url:
                self._post(message)
            else:
                self._call(message)

    def _call(self, message: bytes) -> None:
        try:
            # The user's own command line; the records come on its standard input and are no part of it. What it starts
            # is a group of processes, which ends as one where it takes too long.
            process = subprocess.Popen(self.target, shell=True, stdin=subprocess.PIPE, start_new_session=True)
        except (OSError, ValueError) as error:
            raise self._failed(f"the command cannot be started: {getattr(error, 'strerror', error)}") from error
        with process:
            try:
                process.communicate(message, timeout=self._timeout)
            except subprocess.TimeoutExpired:
                raise self._failed(f"the command took longer than {self._timeout:.0f} s") from None
            finally:
                if process.poll() is None:
                    _end(process)
        if process.returncode:
            raise self._failed(f"the command ended with status {process.returncode}")

    def _post(self, message: bytes) -> None:
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "gongbao"}
        if self._parts.username is not None:
            said = f"{unquote(self._parts.username)}:{unquote(self._parts.password or '')}"
            headers["authorization"] = f"Basic {base64.b64encode(said.encode()).decode()}"
        address = self._parts._replace(netloc=_host(self._parts)).geturl()
        for attempt in range(1, TRIES + 1):
            request = urllib.request.Request(address, message, headers, method="POST")
            timed = _Timed()
            timer = threading.Timer(self._timeout, timed.end)
            timer.start()
            try:
                urllib.request.build_opener(_NoRedirect, timed).open(request, timeout=self._timeout).close()
                if timed.over:  # a head that broke off counts as one
                    raise TimeoutError
                return
            except urllib.error.HTTPError as error:
                reason = f"it answered {error.code}"
                error.close()
                if error.code < 500 and error.code != 429:
                    raise self._failed(reason) from None
            except (OSError, ValueError, HTTPException) as error:
                reason = f"it cannot be reached: {getattr(error, 'reason', error)}"
                if isinstance(error, HTTPException) and not isinstance(error, OSError):
                    reason = f"its answer is no HTTP ({type(error).__name__})"
                if timed.over:
                    reason = f"it took longer than {self._timeout:.0f} s"
            finally:
                timer.cancel()
            if attempt < TRIES:
                time.sleep(self._pause * 2 ** (attempt - 1))
        raise self._failed(f"{reason} ({TRIES} tries)")

    def _failed(self, what: str) -> RunError:
        return RunError(what, where=self.name, fix="The records are sent again with the next ones", code="watch.hook")


def _address(target: str) -> SplitResult:
    try:
        parts = urlsplit(target)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or not target.isascii() or not target.isprintable() or " " in target:
        fix = "Give http://… in letters that addresses are made of (%E9%92%A9 for 钩), or a command"
        raise RunError("this is no http address", where="--on-new", fix=fix, code="watch.hook")
    return parts


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def messages(run_id: str, records: Sequence[bytes], deleted: Sequence[bytes] = ()) -> Iterator[bytes]:
    """The messages that tell of records, and of those that are gone; none if there are none."""
    parts = -(-max(len(records), len(deleted)) // PART)
    for number in range(parts):
        here = slice(number * PART, (number + 1) * PART)
        head = b'{"run_id": "%b", "part": %d, "parts": %d, ' % (run_id.encode(), number + 1, parts)
        yield head + b'"records": [%b], "deleted": [%b]}\n' % (b", ".join(records[here]), b", ".join(deleted[here]))
