"""What is known of an article before anything is linked, worked out once: where things stand in it, the words that
linking asks for, the year that it reports on, and the walk over its sentences.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from math import log1p
from typing import Generic, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import regex

from gongbao.chinese.clauses import SpanT
from gongbao.document import Document, Quantity, Sentence, Table
from gongbao.linking.report_year import ReportYear
from gongbao.linking.respectively import series
from gongbao.linking.scope import sentence_index, table_sentences
from gongbao.rulebook.cues import LinkingCues
from gongbao.rulebook.gives import LinkingCue

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
ItemT = TypeVar("ItemT", bound=Hashable)

KINDS = ("money", "count", "percent", "growth", "multiple", "duration", "measure")
_CLAUSE = regex.compile(r"[，,；;：:（(]")
_SEMICOLON = regex.compile(r"[；;]")
_BRACKET = regex.compile(r"[（()）]")
_NEAR = 80
"""Characters between two things up to which brackets between them tell anything."""
_COUNTED = 400
"""The same up to which the candidates in between are counted."""
_SENTENCES_BACK = 12
"""Sentences that are looked back over."""
_IN_ONE_SENTENCE, _FEW_EARLIER, _MOST_EARLIER = 3, 2, 6
"""Spans taken of one earlier sentence; enough not to leave the section for more; enough to look no further."""


class _MarkOffsets(NamedTuple):
    """Where things stand in a text."""

    clauses: Ints
    semicolons: Ints
    quantities: Ints
    brackets: Ints
    nesting: Ints
    """[brackets + 1]: brackets closed less those opened, before each."""


class Gaps(NamedTuple):
    """What stands between quantities and the spans of as many candidates."""

    has_span: Bools
    """Whether the candidate stands in the text at all."""
    lows: Ints
    highs: Ints
    """Before `lows` where the two overlap."""
    from_sentence: Ints
    """Characters from the beginning of the quantity's sentence to the span."""


class Step(NamedTuple):
    """A sentence in the walk over an article; `table` is the one that it is a line of."""

    sentence: Sentence
    numbers: Sequence[int]
    """Its quantities."""
    runs: Sequence[tuple[int, int]]
    """The first and last of each run of them."""
    table: Table | None
    opens_section: bool
    opens_paragraph: bool


class Surroundings:
    """The order of sentences, clauses and quantities of one article.

    Attributes:
        cues: The words that linking asks for.
        report_year: The year that the article reports on.
        sentence_of: [N] for each quantity the number of its sentence, None for one that stands in no content.
        series: The first and last quantity of each run of amounts.
        in_series: [N] place of each quantity in its run of amounts (0 for a lone one), and the run's length.
    """

    def __init__(self, document: Document, cues: LinkingCues) -> None:
        self.document = document
        self.cues = cues
        self.text = document.text
        self.sentences = document.outline.sentences
        self.sentence_of = [sentence_index(document.outline, q.start) for q in document.quantities]
        starts = [self.sentences[n].start if n is not None else 0 for n in self.sentence_of]
        self._sentence_starts = np.array(starts, np.int64)
        self._clauses = [match.start() for match in _CLAUSE.finditer(document.text)]
        self._quantity_starts = [q.start for q in document.quantities]
        brackets = [(match.start(), match.group() in "）)") for match in _BRACKET.finditer(document.text)]
        self._marks = _MarkOffsets(
            np.array(self._clauses, np.int64),
            np.array([match.start() for match in _SEMICOLON.finditer(document.text)], np.int64),
            np.array(self._quantity_starts, np.int64),
            np.array([at for at, _ in brackets], np.int64),
            np.cumsum([0, *(1 if closes else -1 for _, closes in brackets)]),
        )
        self.in_series = [(0, 1)] * len(document.quantities)
        self.series = series(cues, document.text, document.quantities)
        for first, last in self.series:
            for number in range(first, last + 1):
                self.in_series[number] = (number - first, last - first + 1)
        self.paragraph_start: dict[int, int] = {}
        for sentence in reversed(self.sentences):
            self.paragraph_start[sentence.paragraph] = sentence.start
        self.report_year = ReportYear.of(document, cues)
        self._said: dict[LinkingCue, list[tuple[int, int]]] = {}

    def steps(self) -> Iterator[Step]:
        """The sentences in order, with what stands in them."""
        numbers: dict[int | None, list[int]] = {}
        for number, index in enumerate(self.sentence_of):
            numbers.setdefault(index, []).append(number)
        tables = table_sentences(self.document)
        previous: Sentence | None = None
        for index, sentence in enumerate(self.sentences):
            own = numbers.get(index, ())
            yield Step(
                sentence,
                own,
                self._runs(own),
                tables.get(index),
                previous is not None and sentence.section != previous.section,
                previous is None or sentence.paragraph != previous.paragraph,
            )
            previous = sentence

    def _runs(self, numbers: Sequence[int]) -> list[tuple[int, int]]:
        """The runs of a sentence's amounts; one that goes on over the end of a line is cut there."""
        last_of = {max(n - self.in_series[n][0], numbers[0]): n for n in numbers}
        return [(first, last) for first, last in last_of.items() if first < last]

    def said_in_paragraph(self, cue: Literal["firm_plan", "plan_paragraph"], sentence: Sentence, end: int) -> bool:
        """Whether the paragraph of a sentence says a cue before `end`; a paragraph may be as long as the text."""
        return self.said_between(cue, self.paragraph_start[sentence.paragraph], end)

    def said_between(self, cue: Literal["firm_plan", "plan_paragraph", "founding"], start: int, end: int) -> bool:
        """Whether the text says a cue in `[start, end)`: looked up, for each amount may ask of a whole text."""
        said = self.said(cue)
        first = bisect_left(said, start, key=lambda span: span[0])
        return first < len(said) and said[first][1] <= end

    def said(self, cue: LinkingCue) -> Sequence[tuple[int, int]]:
        """Where the text says a cue, in order."""
        if cue not in self._said:
            self._said[cue] = [match.span() for match in self.cues[cue].finditer(self.text)]
        return self._said[cue]

    def says(self, cue: LinkingCue, starts: Ints, ends: Ints) -> Bools:
        """Whether the text says a cue in each stretch `[start, end)`."""
        begins, stops = np.array([*self.said(cue), (len(self.text) + 1, len(self.text) + 1)], np.int64).T
        found: Bools = stops[np.searchsorted(begins, starts)] <= ends
        return found

    def clauses_before(self, offsets: Ints) -> Ints:
        """How many clauses end before each offset."""
        found: Ints = np.searchsorted(self._marks.clauses, offsets)
        return found

    def gaps(self, numbers: Ints, spans: Iterable[tuple[int | None, int | None]]) -> Gaps:
        """What stands between quantities and as many spans; the offsets of one that stands nowhere are None."""
        quantities = map(self.document.quantities.__getitem__, numbers.tolist())
        amount = np.array([(quantity.start, quantity.end) for quantity in quantities], np.int64)
        at = np.array([(start, end) if start is not None else (-1, -1) for start, end in spans], np.int64)
        has_span, ahead = at[:, 0] >= 0, at[:, 1] <= amount[:, 0]
        low = np.where(has_span, np.where(ahead, at[:, 1], amount[:, 1]), 0)
        high = np.where(has_span, np.where(ahead, amount[:, 0], at[:, 0]), 0)
        return Gaps(has_span, low, high, at[:, 0] - self._sentence_starts[numbers])

    def between(self, gaps: Gaps, others: InOrder[SpanT], in_sentence: Bools) -> list[npt.NDArray[np.float64]]:
        """`BETWEEN`, how many others lie in each gap, and how far behind the beginning of its sentence a span stands.

        Args:
            gaps: Those of some quantities and candidates.
            others: All spans of the candidates' kind.
            in_sentence: Which candidates stand in their quantity's sentence.
        """
        (has_span, lows, highs, from_sentence), marks = gaps, self._marks
        clauses, semicolons, quantities, brackets = (
            (np.searchsorted(at, lows), np.searchsorted(at, highs)) for at in marks[:4]
        )
        closed = marks.nesting[brackets[1]] - marks.nesting[brackets[0]]
        return [
            np.log1p(np.maximum(0, highs - lows)),
            np.minimum(9.0, clauses[1] - clauses[0]),
            np.minimum(5.0, semicolons[1] - semicolons[0]),
            np.where(has_span, np.minimum(6.0, quantities[1] - quantities[0]), -1.0),
            np.where((lows < highs) & (highs - lows < _NEAR), closed, 0.0),
            np.where(has_span & (highs - lows < _COUNTED), np.minimum(6, others.counts(lows, highs)), -1.0),
            np.where(has_span & in_sentence, np.minimum(20, from_sentence), -1.0),
        ]

    def quantities_between(self, start: int, end: int) -> int:
        """How many quantities begin in `[start, end)`."""
        return bisect_left(self._quantity_starts, end) - bisect_left(self._quantity_starts, start)

    def sentence_at(self, offset: int) -> Sentence | None:
        """The sentence that holds an offset, None outside all."""
        index = sentence_index(self.document.outline, offset)
        return self.sentences[index] if index is not None else None

    def earlier(self, index: int, spans: InOrder[SpanT]) -> Iterator[tuple[str, int, SpanT]]:
        """The spans in the sentences of the body before a sentence, nearest first: `earlier` (in its paragraph) or
        `paragraph_before`, how many sentences back, and the span. Out of its section only where there are few.
        """
        sentence, found = self.sentences[index], 0
        for number in range(index - 1, max(-1, index - 1 - _SENTENCES_BACK), -1):
            other = self.sentences[number]
            if other.role != "body":
                continue
            if found >= _MOST_EARLIER or (other.section != sentence.section and found >= _FEW_EARLIER):
                return
            relation = "earlier" if other.paragraph == sentence.paragraph else "paragraph_before"
            for span in spans.before(other.start, other.end, _IN_ONE_SENTENCE):
                yield relation, index - number, span
                found += 1

    def clause_head(self, offset: int) -> int:
        """The last mark that ends a clause before an offset, plus one; 0 if there is none."""
        index = bisect_right(self._clauses, offset - 1) - 1
        return self._clauses[index] + 1 if index >= 0 else 0

    def of_quantity(self, number: int, in_table: bool) -> list[float]:
        """What a quantity is, whatever the candidate: `QUANTITY`."""
        quantity: Quantity = self.document.quantities[number]
        index = self.sentence_of[number]
        sentence = self.sentences[index] if index is not None else None
        place, size = self.in_series[number]
        return [
            float(KINDS.index(quantity.kind)),
            float(in_table),
            float(place),
            float(size),
            _ROLES.get(sentence.role, 3.0) if sentence is not None else 3.0,
            float(self.quantities_between(sentence.start, quantity.start)) if sentence is not None else 0.0,
            log1p(quantity.start - sentence.start) if sentence is not None else 0.0,
            float(sentence is not None and self.paragraph_start[sentence.paragraph] == sentence.start),
            quantity.start / max(1, len(self.text)),
            log1p(len(self.document.quantities)),
        ]


BETWEEN = ("distance", "clauses", "semicolons", "amounts_between", "in_brackets")
"""What lies between a quantity and a candidate: how far, clauses, semicolons and quantities (-1 for one that stands
nowhere); brackets closed less those opened, 0 where it is far."""
QUANTITY = (
    "kind", "in_table", "series_place", "series_size", "role", "amounts_before", "from_sentence_start",
    "first_in_paragraph", "position", "amounts",
)  # fmt: skip
_ROLES = {"title": 0.0, "heading": 1.0, "body": 2.0}


class InOrder(Generic[SpanT]):
    """Spans in the order of the text, looked up by offset."""

    def __init__(self, spans: Sequence[SpanT]) -> None:
        self.spans = spans
        self._starts = [span.start for span in spans]
        self._sorted = np.array(self._starts, np.int64), np.sort(np.array([span.end for span in spans], np.int64))

    def before(self, start: int, end: int, most: int) -> list[SpanT]:
        """The last spans that begin and end in `[start, end)`, nearest to `end` first."""
        found: list[SpanT] = []
        for number in range(bisect_left(self._starts, end) - 1, -1, -1):
            span = self.spans[number]
            if span.start < start or len(found) == most:
                break
            if span.end <= end:
                found.append(span)
        return found

    def after(self, start: int, end: int, most: int) -> list[SpanT]:
        """The first spans that begin in `[start, end)`."""
        low = bisect_left(self._starts, start)
        high = bisect_left(self._starts, end, low)
        return list(self.spans[low : min(high, low + most)])

    def counts(self, starts: Ints, ends: Ints) -> Ints:
        """How many spans lie in each stretch `[start, end)`, of which none begins or ends inside a span."""
        begins, stops = self._sorted
        found: Ints = np.searchsorted(stops, ends, side="right") - np.searchsorted(begins, starts)
        return np.maximum(found, 0)


def numbered(items: Iterable[ItemT]) -> tuple[Ints, list[ItemT]]:
    """The number of each item among the distinct ones, and those."""
    numbers: dict[ItemT, int] = {}
    found = np.array([numbers.setdefault(item, len(numbers)) for item in items], np.int64)
    return found, list(numbers)


def repeated(questions: Ints, values: Ints) -> Bools:
    """Whether the same question has the same value before, for items in the order of their questions."""
    codes = questions * (int(values.max(initial=0)) + 1) + values
    first = np.zeros(len(codes), bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return ~first
