"""Aligning two versions of an article's text, so that records of the old text can be found in the new one."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher

_CHARACTER_LEVEL = 4_000_000
"""Largest product of lengths for which a changed stretch is compared character by character."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Stretches that both texts share, as `(old start, new start, length)`, in order of both."""

    blocks: tuple[tuple[int, int, int], ...]

    def map_span(self, start: int, end: int) -> list[tuple[int, int]]:
        """The pieces of the new text that the old span `[start, end)` still stands in; empty if it is gone."""
        pieces: list[tuple[int, int]] = []
        index = max(0, bisect_right(self.blocks, start, key=lambda block: block[0]) - 1)
        for old, new, length in self.blocks[index:]:
            if old >= end and old > start:
                break
            low, high = max(start, old), min(end, old + length)
            if low < high or (start == end and old <= start <= old + length):
                pieces.append((low - old + new, max(low, high) - old + new))
        return pieces


def align(old: str, new: str) -> Alignment:
    """Align two texts, line by line and inside changed lines character by character.

    The result is the same seen from either side: `align(b, a)` is `align(a, b)` turned round.
    """
    if old > new:
        return Alignment(tuple((i, j, n) for j, i, n in align(new, old).blocks))
    lines_old, lines_new = old.splitlines(keepends=True), new.splitlines(keepends=True)
    at_old, at_new = _offsets(lines_old), _offsets(lines_new)
    blocks: list[tuple[int, int, int]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, lines_old, lines_new, autojunk=False).get_opcodes():
        if tag == "equal":
            blocks.append((at_old[i1], at_new[j1], at_old[i2] - at_old[i1]))
        elif tag == "replace":
            piece_old, piece_new = old[at_old[i1] : at_old[i2]], new[at_new[j1] : at_new[j2]]
            blocks += [(at_old[i1] + i, at_new[j1] + j, n) for i, j, n in _characters(piece_old, piece_new)]
    return Alignment(tuple(blocks))


def _characters(old: str, new: str) -> list[tuple[int, int, int]]:
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    blocks = [(0, 0, head)] if head else []
    if middle_old and middle_new and len(middle_old) * len(middle_new) <= _CHARACTER_LEVEL:
        matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        blocks += [(head + i, head + j, n) for i, j, n in matcher.get_matching_blocks() if n]
    if tail:
        blocks.append((len(old) - tail, len(new) - tail, tail))
    return blocks


def _offsets(lines: list[str]) -> list[int]:
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    return offsets
