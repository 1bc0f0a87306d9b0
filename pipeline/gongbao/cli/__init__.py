"""The `gongbao` command. Each command lives in a module of its own name and imports what it needs when it runs."""

from __future__ import annotations

import importlib
import keyword
import os
import signal
import sys
from pathlib import Path
from threading import Timer, main_thread
from types import FrameType

import typer
from typer.main import get_command

from gongbao.cli.terminal import guard, language, printable, said
from gongbao.errors import GongbaoError
from gongbao.stored import FULL

COMMANDS = (
    "run",
    "extract",
    "watch",
    "show",
    "parse",
    "evaluate",
    "diff",
    "review",
    "accept",
    "learn",
    "export",
    "import",
    "schema",
    "report",
    "serve",
    "mcp",
)
"""Commands in the order of the help page; `gongbao/cli/<name>.py` holds `command`."""
GROUPS = ("rules",)
"""Commands with sub-commands; `gongbao/cli/<name>.py` holds a Typer named `app`."""
READER_GONE = 141
"""The exit status where the reader of the output ended first (`| head`): 128 + SIGPIPE, as of other programs."""
STOPPED = 130
"""The exit status after Ctrl-C: 128 + SIGINT."""
_SOON = 0.05  # seconds


def module_of(name: str) -> str:
    """The module that holds a command: of its name, with `_` behind it where Python keeps the word for itself."""
    return f"{name}_" if keyword.iskeyword(name) else name


def build() -> typer.Typer:
    """The command-line application with all its commands."""
    app = typer.Typer(
        name="gongbao",
        help="公报: facts out of Chinese bulletins - which place, which initiative, what amount, which year.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def root(
        version: bool = typer.Option(False, "--version", help="Print the version and stop."),
    ) -> None:
        if version:
            from gongbao import __version__

            typer.echo(f"gongbao {__version__}")
            raise typer.Exit

    for name in COMMANDS:
        app.command(name)(importlib.import_module(f"gongbao.cli.{module_of(name)}").command)
    for name in GROUPS:
        app.add_typer(importlib.import_module(f"gongbao.cli.{name}").app, name=name)
    return app


def main() -> None:
    """Run the command line; errors that gongbao raises on purpose are printed without a traceback.

    Exit status: that of the command; 2 for an error; 141, as shells count it, where the reader of the output went away;
    130 where Ctrl-C stopped it.
    """
    _open_closed()
    guard()
    interrupts = _noted_interrupts()
    try:
        _run()
    except GongbaoError as error:
        _tell(error.message, error.where, error.fix)
        raise SystemExit(error.exit_status) from None
    except BrokenPipeError:
        _silence()
        raise SystemExit(READER_GONE) from None
    except KeyboardInterrupt:  # before there is a command that knows what to say
        raise SystemExit(STOPPED) from None
    except OSError as error:
        _refused(error)
        raise SystemExit(2) from None
    except Exception:  # what is loading may make an error of its own of a Ctrl-C, as pydantic does
        if interrupts:
            raise SystemExit(STOPPED) from None
        raise


def _noted_interrupts() -> list[int]:
    """Where each Ctrl-C is noted from now on, besides what Python makes of it.

    One that comes while Python clears up (the callback of a weak reference, as each import has, or `__del__`)
    would be told and dropped: it comes once more.
    """
    noted: list[int] = []
    tell = sys.unraisablehook

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        signal.default_int_handler(number, frame)

    def dropped(what: sys.UnraisableHookArgs) -> None:
        if what.exc_type is KeyboardInterrupt:
            # At once would be here, where it is dropped as well.
            Timer(_SOON, signal.pthread_kill, (main_thread().ident, signal.SIGINT)).start()
        else:
            tell(what)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # whoever started us may not want it heard
        signal.signal(signal.SIGINT, note)
        sys.unraisablehook = dropped
    return noted


def _open_closed() -> None:
    """Standard streams closed by who started us (`>&-`), in order of their numbers: no file of ours may get one."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _run() -> None:
    try:
        command = get_command(build())
        if language() != "en":
            from gongbao.cli.localised import localise

            localise(command, said)
        command()
    except SystemExit as stop:
        # Typer and Rich turn a broken pipe into status 1, which has meanings of its own (`gongbao diff`).
        if isinstance(stop.__context__, BrokenPipeError):
            raise stop.__context__ from None
        sys.stdout.flush()  # what is left is written here, where an error still counts
        raise


def _silence() -> None:
    """Nobody reads our output any more: keep Python from saying so at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(error: OSError) -> None:
    """Say what the system refused, and where: what writes a file names it, so no room without a name is standard
    output's.
    """
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else None
    if where is None and error.errno in FULL:
        _silence()
        fix = "Free some space and try again; what is there is cut off"
        _tell("the disk is full", "standard output", fix)
    elif error.errno in FULL:
        _tell("the disk is full", where, "Free some space and try again")
    else:
        why = f"cannot be read or written: {error.strerror or error}"
        _tell(why, where, "Name another place, or take the right to use this one")


def _tell(message: str, where: str | None, fix: str | None) -> None:
    message, where, fix = said(message), where and said(where), fix and said(fix)
    if sys.stderr.isatty():
        message, where = "\n".join(map(printable, message.split("\n"))), where and printable(where)
    sys.stderr.write(f"gongbao: {where}: {message}\n" if where else f"gongbao: {message}\n")
    if fix:
        sys.stderr.write(f"  {fix}\n")
