"""Progress on standard error: a bar on a terminal, plain lines when piped."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from gongbao.cli.terminal import printable, said
from gongbao.run.lines import Counts
from gongbao.run.runner import RunSummary

EVERY = 5.0
"""Seconds between two plain lines."""
NAMED = 50
"""Failed articles that are named on the screen; errors.jsonl names them all."""


class Reporter:
    """Shows articles done, records found and, where the total is known, time left."""

    def __init__(self, total: int | None = None) -> None:
        self._total = total
        self._bar: Any = None
        self._task: Any = None
        self._last = time.monotonic()

    def __enter__(self) -> Reporter:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                SpinnerColumn(),
                MofNCompleteColumn(),
                TextColumn(said("articles")),
                BarColumn(),
                TextColumn("{task.fields[records]} " + said("records")),
                TimeElapsedColumn(),
                TextColumn(said("left")),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("run", total=self._total, records=0)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, counts: Counts, summary: RunSummary) -> None:
        """Count a shard; articles that failed are named at once."""
        named_before = summary.failed - len(counts.failures)
        for number, failure in enumerate(counts.failures, named_before):
            if number < NAMED:
                reason = f"{printable(failure.where or failure.id)}: {printable(said(failure.message))}"
                self._say(f"failed: {reason}" + (f". {printable(said(failure.fix))}" if failure.fix else ""))
            elif number == NAMED:
                self._say("more articles failed: see errors.jsonl")
        done = summary.articles + summary.failed
        if self._bar is not None:
            self._bar.update(self._task, completed=done, records=summary.records)
        elif time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._say(f"{done} articles, {summary.records} records")

    def _say(self, line: str) -> None:
        line = said(line)
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stderr.write(line + "\n")
