"""An article's text as found beside its simplified form, and spans marked in either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from gongbao.chinese.clauses import statement_around
from gongbao.diff.fields import RecordRow
from gongbao.diff.reading import ArticleRow
from gongbao.offsets import OffsetMap, replace

MARKED = ("amount", "place", "year", "initiative", "indicator")
"""Parts of a record that are marked in the text, in the order of their keys in `evidence`."""


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A stretch of text with what it is marked as: `amount`, `place`, ... or the keys of records."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text to show; `labels` of the spans that cover it, in the order in which they were given."""

    text: str
    labels: tuple[str, ...] = ()
    start: int = 0


@dataclass(frozen=True)
class TextPair:
    """The text as found and its simplified form."""

    raw: str
    simplified: str
    repairs: tuple[Mapping[str, object], ...] = ()

    @classmethod
    def of(cls, article: ArticleRow) -> TextPair | None:
        """The texts of an article, None where they are not kept."""
        if article.text is None:
            return None
        return cls(
            article.text, article.simplified if article.simplified is not None else article.text, article.repairs
        )

    @cached_property
    def _map(self) -> OffsetMap | None:
        """From the simplified text to the text as found; None where the repairs do not explain the difference."""
        changes = sorted((int(str(r["start"])), int(str(r["end"])), str(r["after"])) for r in self.repairs)
        try:
            repaired, offsets = replace(self.raw, changes)
        except ValueError:
            return None
        return offsets if len(repaired) == len(self.simplified) else None

    def simplify(self, start: int, end: int) -> tuple[int, int] | None:
        """The span of the simplified text for a span of the text as found, None where nobody can tell."""
        if self._map is None:
            return None
        return self._map.to_target(start), self._map.to_target(end)


def marks_of(record: RecordRow) -> list[MarkedSpan]:
    """Where a record's parts were read, in the text as found."""
    spans = [MarkedSpan(record["start"], record["end"], "amount")]
    evidence = record.get("evidence") or {}
    for name in MARKED[1:]:
        item = evidence.get(name) or {}
        if isinstance(item.get("start"), int) and isinstance(item.get("end"), int):
            spans.append(MarkedSpan(item["start"], item["end"], name))
    return spans


def pieces(text: str, spans: Iterable[MarkedSpan], start: int = 0, end: int | None = None) -> list[Piece]:
    """Cut `text[start:end]` at the borders of spans; a piece carries the labels of all spans over it."""
    stop = len(text) if end is None else end
    inside = [s for s in spans if s.start < stop and s.end > start and s.start < s.end]
    cuts = sorted({start, stop} | {min(max(edge, start), stop) for s in inside for edge in (s.start, s.end)})
    result = []
    active: list[MarkedSpan] = []
    queue = sorted(inside, key=lambda s: s.start)
    at = 0
    for low, high in pairwise(cuts):
        while at < len(queue) and queue[at].start <= low:
            active.append(queue[at])
            at += 1
        active = [s for s in active if s.end > low]
        covering = {id(s) for s in active}
        labels = dict.fromkeys(s.label for s in inside if id(s) in covering) if covering else {}
        result.append(Piece(text[low:high], tuple(labels), low))
    return result


def simplified_spans(texts: TextPair, spans: Sequence[MarkedSpan]) -> list[MarkedSpan]:
    """The same spans in the simplified text; those that cannot be found there are left out."""
    found = []
    for span in spans:
        place = texts.simplify(span.start, span.end)
        if place is not None and place[0] < place[1]:
            found.append(MarkedSpan(*place, span.label))
    return found


def lines_around(
    text: str, spans: Sequence[MarkedSpan], start: int, end: int, around: int = 2
) -> list[tuple[int, int]]:
    """The lines to show around `[start, end)`: `around` lines on either side, and every line that holds a span."""
    lines: list[tuple[int, int]] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        if body.strip():
            lines.append((offset, offset + len(body)))
        offset += len(line)
    home = [i for i, (low, high) in enumerate(lines) if low < end and high >= start]
    if not home:
        return []
    shown = set(range(max(0, home[0] - around), min(len(lines), home[-1] + around + 1)))
    shown |= {i for i, (low, high) in enumerate(lines) if any(s.start < high and s.end > low for s in spans)}
    return [lines[i] for i in sorted(shown)]


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence of a span that a reviewer selected: up to 。！？； or the line's end."""
    left, right = statement_around(text, start, end)
    if right < len(text) and text[right] != "\n":
        right += 1
    while left < start and text[left].isspace():
        left += 1
    return left, right
