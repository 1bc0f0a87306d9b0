"""`gongbao watch`: new articles as they come."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.run import AllowSmallerOption, ModelOption, RulesOption
from gongbao.cli.terminal import echo

if TYPE_CHECKING:
    from gongbao.watch.watching import Round


def command(
    paths: Annotated[list[Path], typer.Argument(help="Folders of articles.", exists=True)],
    out: Annotated[Path, typer.Option(help="Where run folders go.")] = Path("outputs"),
    on_new: Annotated[
        str | None,
        typer.Option("--on-new", help="A command that gets new records as JSON on its standard input, or a URL."),
    ] = None,
    rules: RulesOption = None,
    ner: ModelOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that extract.")] = 1,
    quiet: Annotated[
        float, typer.Option(min=0.1, max=600, help="Seconds without another change before files are read.")
    ] = 1.0,
    keep: Annotated[int, typer.Option(min=1, help="Runs of its own that it keeps.")] = 5,
    poll: Annotated[bool, typer.Option("--poll", help="For network folders that tell of no changes.")] = False,
    smaller: AllowSmallerOption = False,
    once: Annotated[bool, typer.Option("--once", help="One round, then stop: for cron.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print new records as lines of JSON instead of a table.")
    ] = False,
) -> None:
    """Extract what is new or changed in folders, now and whenever something comes, and print what is new.

    Each round makes a run in OUT that takes over what did not change (content, rules, model). The hook gets
    {"run_id", "part", "parts", "records", "deleted"}; what it did not take is sent again.

    Exit status: 0 when stopped with Ctrl-C, 1 if --once could not tell or read everything, 2 if it could not start.
    """
    from gongbao.cli.serve import model
    from gongbao.errors import RunError, install
    from gongbao.run.runner import Options
    from gongbao.watch.hook import Hook
    from gongbao.watch.watching import Watch

    options = Options(rules=tuple(map(str, rules or ())), ner=model(ner), workers=workers, smaller=smaller)
    watch = Watch(paths, out, options, hook=Hook(on_new) if on_new else None, keep=keep)
    if once:
        done = watch.round()
        _show(done, as_json=json)
        failed = done.summary is None or done.summary.failed or done.summary.held_back
        raise typer.Exit(1 if done.problem or failed else 0)
    try:
        import watchfiles  # noqa: F401
    except ModuleNotFoundError as error:
        raise RunError(f"watching needs {error.name}", fix=install("watch"), code="watch.extra") from error
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    waiting = f"Watching {', '.join(map(str, paths))}; Ctrl-C stops."
    for done in watch.rounds(stop, quiet=quiet, poll=poll, ready=lambda: echo(waiting, err=True)):
        _show(done, as_json=json)


def _show(done: Round, *, as_json: bool) -> None:
    from gongbao.cli.terminal import printable

    if done.problem is not None:
        fix = f". {done.problem.fix}" if done.problem.fix else ""
        echo(f"failed: {printable(str(done.problem.where))}: {printable(done.problem.message)}{fix}", err=True)
    if done.summary is None:
        return
    for note in done.summary.notes:
        echo(printable(note), err=True)
    for failure in done.summary.failures[:20]:
        echo(f"failed: {printable(failure.where or failure.id)}: {printable(failure.message)}", err=True)
    if as_json:
        sys.stdout.buffer.writelines(line + b"\n" for line in done.records)
        sys.stdout.buffer.flush()
    elif done.records:
        _table(done.records)
    summary = done.summary
    fresh = summary.articles - summary.reused
    gone = f", {len(done.deleted)} deleted" if done.deleted else ""
    extracted = f"{fresh} of {summary.articles} articles extracted, {summary.seconds:.1f} s"
    echo(f"{len(done.records)} new records{gone}; {extracted}", err=True)


def _table(lines: tuple[bytes, ...]) -> None:
    import json
    from decimal import Decimal

    from gongbao.cli.tables import record_table
    from gongbao.cli.terminal import console
    from gongbao.record import Record

    records = (Record.model_validate(json.loads(line, parse_float=Decimal)) for line in lines)
    screen = console()
    screen.print(record_table(records, limit=20, total=len(lines), width=screen.width))
