"""Offset maps: saying a span of a changed text in the offsets of the text it was made from.

All offsets are code points; spans are half-open. A map keeps only the edits that change a length, so that the map of
an undamaged article costs nothing and a look-up is a binary search.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edit:
    """`source[source_start:source_end]` became `target[target_start:target_end]`."""

    source_start: int
    source_end: int
    target_start: int
    target_end: int


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Maps spans of a target text to spans of its source text.

    Outside the edits the texts run in step. A span that ends inside an edit is widened to the whole of it; text that
    was deleted just before or just after a span does not belong to the span.
    """

    edits: tuple[Edit, ...] = ()
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(edit.target_start for edit in self.edits))
        object.__setattr__(self, "_ends", tuple(edit.target_end for edit in self.edits))

    @property
    def is_identity(self) -> bool:
        """True where source and target offsets are the same everywhere."""
        return not self.edits

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of the target span `[start, end)`; an empty span stays empty."""
        if not self.edits:
            return start, end
        source_start = self._start(start)
        return source_start, max(source_start, self._end(end)) if end > start else source_start

    def to_target(self, offset: int) -> int:
        """Return the first target offset whose source lies at or after the source offset `offset`."""
        index = bisect_right(self.edits, offset, key=lambda edit: edit.source_start) - 1
        if index < 0:
            return offset
        edit = self.edits[index]
        if offset < edit.source_end:
            return edit.target_start if offset == edit.source_start else edit.target_end
        return offset - edit.source_end + edit.target_end

    def _start(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset
        edit = self.edits[index]
        if offset < edit.target_end:
            return edit.source_start
        return offset - edit.target_end + edit.source_end

    def _end(self, offset: int) -> int:
        index = bisect_left(self._ends, offset)
        if index < len(self.edits) and self.edits[index].target_start < offset:
            return self.edits[index].source_end
        if index == 0:
            return offset
        edit = self.edits[index - 1]
        return offset - edit.target_end + edit.source_end

    def then(self, later: OffsetMap) -> OffsetMap:
        """Compose: `self` maps middle to source, `later` maps target to middle; the result maps target to source."""
        if not later.edits:
            return self
        if not self.edits:
            return later
        merged: list[Edit] = []
        first, second = list(self.edits), list(later.edits)
        i = j = 0
        shift_source = shift_target = 0  # middle + shift = offset in source / in target, before the next edit
        while i < len(first) or j < len(second):
            take_first = j == len(second) or (i < len(first) and first[i].target_start <= second[j].source_start)
            low = first[i].target_start if take_first else second[j].source_start
            source_start, target_start = low + shift_source, low + shift_target
            high = low
            grew = True
            while grew:  # edits of both maps that touch one another become one
                grew = False
                while i < len(first) and first[i].target_start <= high:
                    high = max(high, first[i].target_end)
                    shift_source = first[i].source_end - first[i].target_end
                    i, grew = i + 1, True
                while j < len(second) and second[j].source_start <= high:
                    high = max(high, second[j].source_end)
                    shift_target = second[j].target_end - second[j].source_end
                    j, grew = j + 1, True
            merged.append(Edit(source_start, high + shift_source, target_start, high + shift_target))
        return OffsetMap(tuple(merged))


def replace(
    text: str, changes: Sequence[tuple[int, int, str]] | Iterable[tuple[int, int, str]]
) -> tuple[str, OffsetMap]:
    """Replace spans of a text and return the new text with its map back.

    Args:
        text: The source text.
        changes: `(start, end, replacement)`, ordered, not overlapping.

    Returns:
        The target text, and the map from it to `text`.
    """
    pieces: list[str] = []
    edits: list[Edit] = []
    at = shift = 0
    for start, end, new in changes:
        if start < at or end < start:
            raise ValueError(f"changes overlap or run backwards at {start}")
        pieces.append(text[at:start])
        pieces.append(new)
        if len(new) != end - start:
            edits.append(Edit(start, end, start + shift, start + shift + len(new)))
            shift += len(new) - (end - start)
        at = end
    if not pieces:
        return text, OffsetMap()
    pieces.append(text[at:])
    return "".join(pieces), OffsetMap(tuple(edits))
