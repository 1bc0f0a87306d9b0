"""The help pages in another language."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from rich.columns import Columns
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from typer import rich_utils

_TITLES = (
    *("ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ERRORS_PANEL_TITLE"),
    *("DEFAULT_STRING", "REQUIRED_LONG_STRING", "ABORTED_TEXT", "RICH_HELP"),
)


def localise(command: Any, say: Callable[[str], str]) -> None:
    """Translate what a command and all below it say of themselves; only what is about to be run by this process."""
    rich_utils.Columns, rich_utils.Table = _Folding, _FoldingTable  # type: ignore[attr-defined, assignment]
    for name in _TITLES:  # Typer has no other way to name its panels
        setattr(rich_utils, name, say(getattr(rich_utils, name)))
    _translate(command, say)


class _Folding(Columns):
    """Lines of Chinese have no spaces at which they could be wrapped: what is too long is folded, not cut."""

    def __init__(self, renderables: Iterable[RenderableType] | None = None, **options: Any) -> None:
        super().__init__(map(_folded, renderables or ()), **options)


class _FoldingTable(Table):
    """The same of the list of commands."""

    def add_row(self, *cells: Any, **options: Any) -> None:
        super().add_row(*map(_folded, cells), **options)


def _folded(cell: Any) -> Any:
    if isinstance(cell, Text):
        cell.overflow = "fold"
    return cell


def _translate(command: Any, say: Callable[[str], str]) -> None:
    if command.help:
        # A paragraph is a phrase: line ends are where the source's lines ended.
        paragraphs = inspect.cleandoc(command.help).split("\n\n")
        command.help = "\n\n".join(say(" ".join(paragraph.split("\n"))) for paragraph in paragraphs)
    if command.short_help:
        command.short_help = say(command.short_help)
    context = command.context_class(command, help_option_names=["-h", "--help"])
    for option in (*command.params, command.get_help_option(context)):
        if option is not None and option.help:
            option.help = say(option.help)
    for below in getattr(command, "commands", {}).values():
        _translate(below, say)
