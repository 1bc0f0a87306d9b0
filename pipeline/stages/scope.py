"""What a linker asks about the text around a quantity: its sentence, its clause, lists that run in step.

A *clause* ends at ，；：。 or a bracket; a *series* is a run of quantities (or places, or names) joined by 、 和 及
or a comma alone, the way 分别 lists are written.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

import regex

from pipeline.models import Document, Evidence, How, Outline, Quantity, Sentence, Table

_JOINT = regex.compile(r"\s*(?:[、，,；;]|和|及|与|以及|或)?\s*(?:约|近|超过|超|达|逾)?\s*")
_NAME_JOINT = regex.compile(r"\s*(?:[、，,]|和|及|与|以及|/|\s)\s*")
_CLAUSE_END = "，,；;：:。！？!?\n"


class Span(Protocol):
    """Anything with a start and an end."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


SpanT = TypeVar("SpanT", bound=Span)


class Choice(NamedTuple):
    """A linked value of a field with where it was read. `value` None: nothing fits."""

    value: object
    how: How
    rule: str
    start: int | None = None
    end: int | None = None
    doubt: float = 0.0
    """0 where the text says it plainly, up to 1 where it was guessed."""

    def evidence(self, document: Document) -> Evidence:
        """The evidence in raw offsets."""
        if self.start is None or self.end is None:
            return Evidence(how=self.how, rule=self.rule)
        start, end = document.offsets.to_source(self.start, self.end)
        return Evidence(how=self.how, rule=self.rule, start=start, end=end)


def between(spans: Sequence[SpanT], start: int, end: int) -> list[SpanT]:
    """The spans that lie in `[start, end)`; `spans` are in text order."""
    first = bisect_right(spans, start - 1, key=lambda span: span.start)
    found: list[SpanT] = []
    for number in range(first, len(spans)):  # no slice: it would copy all the rest of a long article
        span = spans[number]
        if span.start >= end:
            break
        if span.end <= end:
            found.append(span)
    return found


def sentence_index(outline: Outline, offset: int) -> int | None:
    """The index of the sentence that holds an offset; None outside all sentences (furniture, metadata)."""
    index = bisect_right(outline.starts, offset) - 1
    return index if index >= 0 and offset < outline.sentences[index].end else None


def table_sentences(document: Document) -> dict[int, Table]:
    """The sentences that are lines of a table with a header, and that table."""
    starts = document.outline.starts
    found: dict[int, Table] = {}
    for table in document.tables:
        for start, end in table.lines if table.columns else ():
            index = bisect_left(starts, start)
            if index < len(starts) and starts[index] < end:
                found[index] = table
    return found


def clause_start(text: str, sentence: Sentence, offset: int) -> int:
    """Where the clause that holds `offset` begins; commas inside brackets and numbers do not count."""
    depth = 0
    at = offset
    while at > sentence.start:
        char = text[at - 1]
        if char in "）)》”」』】":
            depth += 1
        elif char in "（(《“「『【":
            if depth == 0:
                return at
            depth -= 1
        elif depth == 0 and char in _CLAUSE_END:
            return at
        at -= 1
    return sentence.start


def clause_end(text: str, sentence: Sentence, offset: int) -> int:
    """Where the clause that holds `offset` ends."""
    depth = 0
    at = offset
    while at < sentence.end:
        char = text[at]
        if char in "（(《“「『【":
            depth += 1
        elif char in "）)》”」』】":
            if depth == 0:
                return at
            depth -= 1
        elif depth == 0 and char in _CLAUSE_END:
            return at
        at += 1
    return sentence.end


def series(text: str, quantities: Sequence[Quantity]) -> list[tuple[int, int]]:
    """Runs `[first, last]` of two or more quantities of one kind with nothing but joints between them."""
    runs: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(quantities) + 1):
        joined = index < len(quantities) and _joined(text, quantities[index - 1], quantities[index])
        if not joined:
            if index - first > 1:
                runs.append((first, index - 1))
            first = index
    return runs


def _joined(text: str, left: Quantity, right: Quantity) -> bool:
    gap = text[left.end : right.start]
    return left.kind == right.kind and left.unit == right.unit and len(gap) <= 6 and _JOINT.fullmatch(gap) is not None


def name_runs(text: str, spans: Sequence[SpanT]) -> list[list[SpanT]]:
    """Runs of names joined by 、 和 及: `哈密、和田、吐鲁番`; single names are runs of one."""
    runs: list[list[SpanT]] = []
    for span in spans:
        if runs and _NAME_JOINT.fullmatch(text[runs[-1][-1].end : span.start]):
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs
