"""Telling others of new records: a command that reads JSON, or an address that JSON is posted to.

A message is one JSON object: `run_id`, `part` and `parts` (many records come in several messages), `records`, and as
`deleted` those that are gone, as they were.
"""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from gongbao.errors import RunError

PART = 2000
"""Records in one message at most, and as many that are gone."""
TRIES = 3


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Records go where they were meant to go and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


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
            parts = urlsplit(target)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise RunError(
                    "this is no http address", where="--on-new", fix="Give http://… or a command", code="watch.hook"
                )

    @property
    def name(self) -> str:
        """The target as it may be shown: an address without its password and query."""
        if not self._is_url:
            return self.target
        parts = urlsplit(self.target)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

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
            # The user's own command line; the records come on its standard input and are no part of it.
            done = subprocess.run(self.target, shell=True, input=message, timeout=self._timeout, check=False)
        except subprocess.TimeoutExpired:
            raise self._failed(f"the command took longer than {self._timeout:.0f} s") from None
        except OSError as error:
            raise self._failed(f"the command cannot be started: {error.strerror}") from error
        if done.returncode:
            raise self._failed(f"the command ended with status {done.returncode}")

    def _post(self, message: bytes) -> None:
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "gongbao"}
        opener = urllib.request.build_opener(_NoRedirect)
        for attempt in range(1, TRIES + 1):
            request = urllib.request.Request(self.target, message, headers, method="POST")
            try:
                with opener.open(request, timeout=self._timeout) as answer:
                    answer.read(1)
                return
            except urllib.error.HTTPError as error:
                reason = f"it answered {error.code}"
                error.close()
                if error.code < 500 and error.code != 429:
                    raise self._failed(reason) from None
            except (OSError, ValueError) as error:
                reason = f"it cannot be reached: {getattr(error, 'reason', error)}"
            if attempt < TRIES:
                time.sleep(self._pause * 2 ** (attempt - 1))
        raise self._failed(f"{reason} ({TRIES} tries)")

    def _failed(self, what: str) -> RunError:
        return RunError(what, where=self.name, fix="The records are sent again with the next ones", code="watch.hook")


def messages(run_id: str, records: Sequence[bytes], deleted: Sequence[bytes] = ()) -> Iterator[bytes]:
    """The messages that tell of records, and of those that are gone; none if there are none."""
    parts = -(-max(len(records), len(deleted)) // PART)
    for number in range(parts):
        here = slice(number * PART, (number + 1) * PART)
        head = b'{"run_id": "%b", "part": %d, "parts": %d, ' % (run_id.encode(), number + 1, parts)
        yield head + b'"records": [%b], "deleted": [%b]}\n' % (b", ".join(records[here]), b", ".join(deleted[here]))
