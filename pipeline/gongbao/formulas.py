"""Texts in CSV files that no spreadsheet runs as a formula.

A text that a spreadsheet would run (`=`, `+`, `-`, `@`, tab or carriage return in front) gets one `'` in front, and so
does one that begins with such quotes already, so that taking one `'` away again is exact: `unguard`.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
# What a spreadsheet would turn into another number: codes with leading zeros, 12e8, more than 15 digits.
_NUMBER_LIKE = re.compile(r"'*(0\d+|\d+[eE]\d+|\d{16,})")


def guard(text: str, *, numbers: bool = False) -> str:
    """The text made harmless; with `numbers` also texts that a spreadsheet would read as another number."""
    if not text or text[0] not in "=+-@\t\r'0123456789＝＋－＠":
        return text
    return "'" + text if _FORMULA.match(text) or (numbers and _NUMBER_LIKE.fullmatch(text)) else text


def unguard(text: str, *, numbers: bool = False) -> str:
    """What `guard` was given."""
    if text.startswith("'") and (_FORMULA.match(text) or (numbers and _NUMBER_LIKE.fullmatch(text))):
        return text[1:]
    return text
