"""Paragraphs and tables of a document as lines of text, the same for web pages and Word files."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONG = 60
"""A longer paragraph in a table's cell is prose: the table is there for the layout."""

_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_LINES = re.compile(r"[\u2028\u2029\x85\x0b\x0c]")


def one_line(text: str) -> str:
    """A paragraph without line ends and runs of blanks; full-width spaces and NBSP stay as they are."""
    return _BLANKS.sub(" ", text).strip(" ")


def lines_of(text: str) -> list[str]:
    """The lines of a paragraph with forced breaks, each tidied; blank ones are left out."""
    tidied = (re.sub(r"[ \r\f\v]+", " ", line).strip(" \t") for line in _LINES.sub("\n", text).split("\n"))
    return [line for line in tidied if line.strip()]


def row_lines(cells: Sequence[Sequence[str]]) -> list[str]:
    """The lines that a table's row makes: one line, cells apart by tabs, so that a value stays beside its place.

    A row of one cell, or with prose in a cell, is layout: its paragraphs come out as they are.
    """
    filled = [cell for cell in cells if cell]
    if len(filled) <= 1 or any(len(cell) > 1 and any(len(line) > LONG for line in cell) for cell in filled):
        return [line for cell in filled for line in cell]
    row = [" ".join(line.replace("\t", " ") for line in cell) for cell in cells]
    return ["\t".join(row).rstrip("\t")]
