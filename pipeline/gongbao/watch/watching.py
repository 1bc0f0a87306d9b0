"""One round of a watch, and the loop of rounds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gongbao.document import Failure
from gongbao.errors import GongbaoError, RunError
from gongbao.read.sources import source_of
from gongbao.run.folder import latest, run_error
from gongbao.run.new_records import NewRecords
from gongbao.run.runner import Options, RunSummary, run
from gongbao.run.unfinished import check_outside
from gongbao.watch.hook import Hook
from gongbao.watch.state import MARK, State, is_own

QUIET_CODES = ("run.no_input", "read.nothing")
"""An empty folder is no error here: something may come."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found.

    Args:
        summary: Of its run; None if the run could not be made (`problem` says why).
        records: New records as lines of JSON, up to what was told before.
        deleted: Records told before that are gone, as they were.
        problem: What went wrong: the run, or telling others.
    """

    summary: RunSummary | None
    records: tuple[bytes, ...] = ()
    deleted: tuple[bytes, ...] = ()
    problem: GongbaoError | None = None


class Watch:
    """Keeps the runs of an output folder up to date with folders of articles.

    Args:
        paths: Folders (and files) of articles.
        out: The output folder; what `gongbao run` writes there is taken over.
        options: How to extract.
        hook: Who is told of new records.
        keep: How many runs of its own it keeps. Runs that `gongbao run` made are taken over and never removed.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        out: Path,
        options: Options | None = None,
        *,
        hook: Hook | None = None,
        keep: int = 5,
    ) -> None:
        self._paths = [str(path) for path in paths]
        self._out = out
        check_outside(self._paths, out)
        self._options = replace(options or Options(), reuse=True, shard=1, made_by=MARK)
        self._hook = hook
        self._keep = keep
        found = State.load(out)
        if found is None:
            newest = latest(out)
            found = State(out, newest.name if newest is not None else None)
        self._state = found

    def round(self) -> Round:
        """Bring the runs up to date, and tell of what is new since it was last told.

        Nothing is lost where telling fails: the next round tells it again with its own.
        """
        try:
            summary = run(self._paths, self._out, self._options)
        except RunError as error:
            if error.code in QUIET_CODES:
                return Round(RunSummary())
            return Round(None, problem=error)
        except GongbaoError as error:
            return Round(None, problem=error)
        if summary.folder is None:
            return Round(_without_quiet(summary))
        name = summary.folder.name
        # A run that is held back lacks what was read before: what is new in it is told by one that does not.
        told = name if not summary.held_back else self._state.told
        news: tuple[bytes, ...] = ()
        gone: tuple[bytes, ...] = ()
        if not summary.held_back:
            found = NewRecords(summary.folder.resolve(), self._state.folder(self._state.told))
            news, gone = tuple(found.records()), tuple(found.deleted())
        problem = None
        if (news or gone) and self._hook is not None:
            try:
                self._hook.tell(name, news, gone)
            except RunError as error:
                problem = error
        if name not in self._state.own and is_own(summary.folder):
            self._state.own.append(name)
        if problem is None:
            self._state.told = told
        self._state.prune(self._keep, name)
        try:
            self._state.save()
        except OSError as error:
            problem = problem or run_error(error, self._out)
        return Round(summary, news, gone, problem)

    def rounds(
        self, stop: threading.Event, *, quiet: float = 1.0, poll: bool = False, ready: Callable[[], None] | None = None
    ) -> Iterator[Round]:
        """A round at once, then one whenever something changed and was left alone for `quiet` seconds.

        Args:
            stop: Ends the loop.
            quiet: Seconds without another change before a round begins.
            poll: Look at the files again and again, for network folders that tell of no changes.
            ready: Called when changes are being watched, after the first round.
        """
        from watchfiles import Change, watch

        def wanted(change: Change, path: str) -> bool:
            named = Path(path)
            return not named.name.startswith((".", "~$")) and (
                change is Change.deleted or named.is_dir() or self._is_rule(named) or source_of(named, "") is not None
            )

        # Watching begins before the first round, so that what comes meanwhile is seen.
        changes = watch(
            *self._paths,
            *self._options.rules,
            watch_filter=wanted,
            stop_event=stop,
            debounce=max(10_000, int(quiet * 4000)),
            step=int(quiet * 1000),
            rust_timeout=500,
            yield_on_timeout=True,
            force_polling=poll or None,
            raise_interrupt=False,
        )
        next(changes, None)
        yield self.round()
        if ready is not None:
            ready()
        again = False
        for changed in changes:
            if changed or again:
                done = self.round()
                # Another run may be writing just now, or the disk be full: that passes.
                again = done.summary is None
                yield done

    def _is_rule(self, path: Path) -> bool:
        return path.suffix in (".yaml", ".txt", ".csv") and any(
            path.resolve().is_relative_to(Path(folder).resolve()) for folder in self._options.rules
        )


def _without_quiet(summary: RunSummary) -> RunSummary:
    """A summary in which an empty folder is no failure."""
    loud: list[Failure] = [failure for failure in summary.failures if failure.code not in QUIET_CODES]
    return replace(summary, failures=loud, failed=summary.failed - (len(summary.failures) - len(loud)))
