"""The `gongbao` command. Each command lives in a module of its own name and imports what it needs when it runs."""

from __future__ import annotations

import importlib
import keyword
import os
import sys

import typer

from pipeline.errors import GongbaoError

COMMANDS = (
    "run",
    "watch",
    "show",
    "parse",
    "evaluate",
    "diff",
    "review",
    "accept",
    "export",
    "import",
    "schema",
    "report",
    "serve",
)
"""Commands in the order of the help page; `pipeline/cli/<name>.py` holds `command`."""
GROUPS = ("rules",)
"""Commands with sub-commands; `pipeline/cli/<name>.py` holds a Typer named `app`."""


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
            from pipeline import __version__

            typer.echo(f"gongbao {__version__}")
            raise typer.Exit

    for name in COMMANDS:
        app.command(name)(importlib.import_module(f"pipeline.cli.{module_of(name)}").command)
    for name in GROUPS:
        app.add_typer(importlib.import_module(f"pipeline.cli.{name}").app, name=name)
    return app


def main() -> None:
    """Run the command line; errors that gongbao raises on purpose are printed without a traceback."""
    try:
        build()()
    except GongbaoError as error:
        sys.stderr.write(f"gongbao: {error.where}: {error.message}\n" if error.where else f"gongbao: {error.message}\n")
        if error.fix:
            sys.stderr.write(f"  {error.fix}\n")
        raise SystemExit(error.exit_status) from None
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): say nothing, and keep Python from saying it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
