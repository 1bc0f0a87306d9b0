"""What reaches people: on a terminal our own colours, and nothing by which a text or a file's name could steer it.

Two nets. `console` makes Rich consoles that escape what texts hold before they are coloured; `guard` stands before the
terminal itself and lets only sequences through that Rich writes. Output into files and pipes is left as it is.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, cast

from gongbao.language import Catalogue, Language, spoken

if TYPE_CHECKING:
    from rich.console import Console

_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks that turn the order of what is shown: a figure could be read backwards."""
_CONTROLS = rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_DIRECTIONS}]"
_COLOURS = r"\x1b\[[0-9;]*m|\r\n"
_MOVES = r"|\x1b\[[0-9]*[AK]|\x1b\[\?25[hl]|\r"
"""How Rich redraws a bar; only on standard error, where no text is printed raw."""


class Terminal:
    """A terminal's stream that shows control characters as escapes, all but Rich's own sequences."""

    def __init__(self, stream: TextIO, *, moves: bool) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pattern = re.compile(rf"({_COLOURS}{_MOVES if moves else ''})|{_CONTROLS}")

    def write(self, text: str | bytes) -> int:
        """Write a text, or its bytes in UTF-8, which may end within a character; its length as it was given."""
        if isinstance(text, bytes):
            self.write(self._decoder.decode(text))
            return len(text)
        self._stream.write(self._pattern.sub(lambda match: match[1] or _escape(match[0]), text))
        return len(text)

    def writelines(self, lines: Iterable[str | bytes]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Terminal:
        """Where lines of bytes are written: guarded as well."""
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Unheard:
    """A stream for words that no work hangs on: what cannot be written there, as on a full disk, is left unsaid."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text if that is possible; its length."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what waits if that is possible."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard() -> None:
    """Stand before standard output and standard error where they are terminals; let no work end for want of the
    latter, or of a character in the encoding of the former.
    """
    _take_any_character(sys.stdout)
    if sys.stdout.isatty():
        sys.stdout = cast(TextIO, Terminal(sys.stdout, moves=False))
    if sys.stderr.isatty():
        sys.stderr = cast(TextIO, Terminal(sys.stderr, moves=True))
    sys.stderr = cast(TextIO, Unheard(sys.stderr))


def _take_any_character(stream: TextIO) -> None:
    """Into files and pipes UTF-8, as all that is exported, unless asked otherwise; else what there is, and escapes."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    if not stream.isatty() and "PYTHONIOENCODING" not in os.environ:
        stream.reconfigure(encoding="utf-8", errors=stream.errors)
    if stream.errors == "strict" or codecs.lookup(stream.encoding).name != "utf-8":
        stream.reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    """Text that cannot steer a terminal: control characters and marks of direction as escapes."""
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def console(**options: Any) -> Console:
    """A Rich console for texts from anywhere."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Careful(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else _PLAIN.sub(lambda match: _escape(match[0]), text), style, control)

    return Careful(**options)


@cache
def language() -> Language:
    """The language that the user's environment asks for."""
    return spoken(os.environ)


@cache
def _catalogue() -> Catalogue:
    return Catalogue.load("gongbao.cli")


def said(text: str) -> str:
    """What the program says in English, in the user's language where the catalogue (strings.json) has it."""
    return _catalogue().translated(text, language())


def word(column: str, code: str) -> str:
    """What a kind, a status or a flag is called in the user's language."""
    from gongbao.export.titles import WORDS

    return WORDS[column].get(code, code) if language() == "zh" else code


def echo(text: str, *, err: bool = False) -> None:
    """Print a line in the user's language."""
    import typer

    typer.echo(said(text), err=err)


_PLAIN = re.compile(_CONTROLS)


def _escape(char: str) -> str:
    return repr(char)[1:-1] if not char.isprintable() else f"\\u{ord(char):04x}"
