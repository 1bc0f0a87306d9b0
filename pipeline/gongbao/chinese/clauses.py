"""Clauses: where they begin and end in a sentence, and spans that lie in a stretch of text.

A *clause* ends at ，；：。 or a bracket.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol, TypeVar

_CLAUSE_END = "，,；;：:。！？!?\n"


class Span(Protocol):
    """Anything with a start and an end."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


SpanT = TypeVar("SpanT", bound=Span)


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


def clause_start(text: str, sentence: Span, offset: int) -> int:
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


def clause_end(text: str, sentence: Span, offset: int) -> int:
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
