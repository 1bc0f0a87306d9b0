"""A record's sentence with its amount in it, cut to the width there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.text import Text

_GAP = "…"


def in_context(record: Mapping[str, Any], width: int, style: str = "bold") -> Text:
    """The sentence on one line of at most `width` cells, its amount styled; empty where the record has none.

    Of a sentence that is longer the amount is kept, with more of what stands before it than behind.
    """
    from rich.text import Text

    sentence, amount = str(record.get("sentence") or ""), str(record.get("amount") or "")
    at = nearest(sentence, amount, int(record.get("start") or 0) - int(record.get("sentence_start") or 0))
    if at is None:
        return Text(_head(_flat(sentence), width))
    before, behind = _flat(sentence[:at]).lstrip(), _flat(sentence[at + len(amount) :]).rstrip()
    room = max(0, width - _cells(amount))
    if _cells(before) + _cells(behind) > room:
        most = max(room * 3 // 5, room - _cells(behind))
        before = _tail(before, most)
        behind = _head(behind, room - _cells(before))
    return Text.assemble(before, (amount, style), behind)


def nearest(sentence: str, words: str, wanted: int) -> int | None:
    """Where words stand in a sentence: of several places the one nearest to where they were read."""
    found, at = [], sentence.find(words) if words else -1
    while at >= 0:
        found.append(at)
        at = sentence.find(words, at + 1)
    return min(found, key=lambda place: abs(place - wanted), default=None)


def _flat(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ")


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _head(text: str, width: int) -> str:
    if _cells(text) <= width:
        return text
    while text and _cells(text) + 1 > width:
        text = text[:-1]
    return text + _GAP if width > 0 else ""


def _tail(text: str, width: int) -> str:
    return _head(text[::-1], width)[::-1]
