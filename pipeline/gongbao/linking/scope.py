"""What a linker asks about the text around a quantity: its sentence, its clause, lists that run in step.

A *clause* ends at ，；：。 or a bracket; a *series* is a run of quantities (or places, or names) joined by 、 和 及
or a comma alone, the way 分别 lists are written.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Generic, NamedTuple, TypeVar

from gongbao.document import Document, Outline, Period, Sentence, Table
from gongbao.record import Evidence, How

ValueT = TypeVar("ValueT")


class Choice(NamedTuple, Generic[ValueT]):
    """A linked value of a field with where it was read: a place or a name as text, a period. None: nothing fits."""

    value: ValueT | None
    how: How
    rule: str
    start: int | None = None
    end: int | None = None
    score: float = 1.0
    """1 where the text says it plainly, down to 0 where it was guessed; of a ranker's choice its calibrated share."""

    def evidence(self, document: Document) -> Evidence:
        """The evidence in raw offsets."""
        if self.start is None or self.end is None:
            return Evidence(how=self.how, rule=self.rule)
        start, end = document.offsets.to_source(self.start, self.end)
        return Evidence(how=self.how, rule=self.rule, start=start, end=end)


TextChoice = Choice[str]
"""A place by its path, or a name."""
PeriodChoice = Choice[Period]


def stated_in(sentence: Sentence) -> How:
    """How a field is known whose evidence stands in a sentence: by title or heading where it is one, else `stated`."""
    return "stated" if sentence.role == "body" else sentence.role


def sentence_index(outline: Outline, offset: int) -> int | None:
    """The index of the sentence that holds an offset; None outside all sentences (boilerplate, metadata)."""
    index = bisect_right(outline.starts, offset) - 1
    return index if index >= 0 and offset < outline.sentences[index].end else None


def table_sentences(document: Document) -> dict[int, Table]:
    """The sentences that are lines of a table with a header, and that table."""
    starts = document.outline.starts
    found: dict[int, Table] = {}
    for table in document.tables:
        for start, end in table.lines if table.columns else ():
            index = bisect_left(starts, start)
            while index < len(starts) and starts[index] < end:
                found[index] = table
                index += 1
    return found
