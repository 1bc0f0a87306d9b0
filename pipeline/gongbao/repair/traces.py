"""Traces of damage that nothing can mend: told, so that a person looks at the amounts beside them.

A digit that a shifted passage swallowed (`停靠站?500個`), a full stop between digits that may be a decimal point
(`第25。5萬`), marks that stand twice, and the noise that forums put between sentences against copying.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gongbao.chinese.language_model import ORDER, UNITS, LanguageModel, symbols
from gongbao.document import Residue

_MARKER = re.compile(r"(?<=[\u3400-\u9fff])[?？\ufffd]{1,2}(?=[.．]?[0-9０-９]|[%％])")
_NO_QUESTION = 7 * UNITS
"""Cost of a question mark where no question ends."""
_TRACE = re.compile(
    r"(?P<point>(?<![0-9.．:：/])[0-9]{1,9}。[0-9]{1,2}(?![0-9年月日至]))|(?P<doubled>[，,]{2,3}(?![，,])|、、(?!、))"
    r"|(?P<noise>(?<![!-~])(?:[!-~]{1,3} ){3,}[!-~]{1,3}(?![!-~]))"
)
_NOISE = re.compile("[!-/:-@\\[-`{-~]")
_LETTERS = 2
"""Signs that are neither letters nor digits: fewer are a formula or a name with its letters apart."""


def traces(text: str) -> Iterator[Residue]:
    """What repair left of damage in a text, in order."""
    found = [match.span() for match in _MARKER.finditer(text) if _is_out_of_place(text, match.start())]
    for match in _TRACE.finditer(text):
        if match.lastgroup != "noise" or len(_NOISE.findall(match[0])) > _LETTERS:
            found.append(match.span())
    return (Residue(start, end, text[start:end]) for start, end in sorted(found))


def _is_out_of_place(text: str, at: int) -> bool:
    """Whether no question ends here, so that the mark may be what is left of a digit."""
    context = tuple(symbols(text[max(0, at - ORDER + 1) : at]))
    return LanguageModel().cost(context, symbols("？")[0]) > _NO_QUESTION
