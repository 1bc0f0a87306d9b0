"""`gongbao review`: deciding on changes in the browser."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Annotated

import typer

from gongbao.cli.diff import HELP_SIDE, BaselineOption, CommonOption, GoldOption, OutputsOption, chosen_sides
from gongbao.cli.terminal import echo

CasesOption = Annotated[Path, typer.Option(help="Where test cases made of rejected changes go.")]


def command(
    old: Annotated[str | None, typer.Argument(metavar="A", help=f"The old side: {HELP_SIDE}")] = None,
    new: Annotated[str | None, typer.Argument(metavar="B", help=f"The new side: {HELP_SIDE}")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 0,
    reviewer: Annotated[str | None, typer.Option(help="Your name on decisions; your login by default.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = True,
    common: CommonOption = False,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Folder of your own rules; may be repeated.")
    ] = None,
    outputs: OutputsOption = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
    gold: GoldOption = Path("corpus/gold"),
    cases: CasesOption = Path("tests/cases"),
) -> None:
    """Review what changed from A to B in a local web page; without A and B from the accepted records (the baseline) to
    the latest run. As long as there are none, every record is asked about, the most doubtful first; nothing is asked
    of articles that the run did not read.

    Decisions are kept in OUT/reviews.db at once. `gongbao accept`, or the page's button, writes them to files.

    Exit status: 0 when stopped with Ctrl-C, 2 when the two could not be compared.
    """
    from gongbao.diff.sources import Places
    from gongbao.errors import CompareError, install

    try:
        import uvicorn

        from gongbao.review.app import create_app
    except ModuleNotFoundError as error:
        raise CompareError(
            f"the review page needs {error.name}", fix=install("review"), code="compare.extra"
        ) from error
    from gongbao.review.opening import open_review

    places = Places(outputs, baseline, gold, cases)
    left, right, gone = chosen_sides(old, new)
    folders = [str(path) for path in rules or ()]
    session = open_review(left, right, places, reviewer=reviewer, rules=folders, common=common, gone=gone)
    listener = _listen(port)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    echo(
        f"{session.comparison.old.name} → {session.comparison.new.name}: "
        f"{len(session.comparison.compared)} of {session.comparison.articles} articles compared, "
        f"{len(session.comparison.changes)} changes.",
        err=True,
    )
    echo("Ctrl-C stops; every decision is saved when it is made.", err=True)
    app = create_app(session)
    typer.echo(address)
    threading.Thread(target=session.warm, daemon=True).start()
    if browser:
        import webbrowser

        threading.Timer(0.6, webbrowser.open, (address,)).start()
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", http="h11", ws="none")
    )
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        session.store.close()
        listener.close()


def _listen(port: int) -> socket.socket:
    from gongbao.errors import CompareError

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise CompareError(
            f"port {port} cannot be used: {error.strerror}",
            fix="Name another with --port, or leave it out",
            code="compare.port",
        ) from error
    listener.listen(128)
    return listener
