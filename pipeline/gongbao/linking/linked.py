"""What linking says of one quantity: the answers for each field, and how sure it is of each.

The seam between whatever chooses and the records: a record is made of a `Linked`, whoever filled it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gongbao.document import Document, Period
from gongbao.linking.scope import PeriodChoice, TextChoice
from gongbao.record import MOST_ALTERNATIVES, Alternative, JudgedField, LinkedField, Status

LEAST_CONFIDENCE = 0.03
"""Alternatives no surer than this are not told."""
AnyChoice = TextChoice | PeriodChoice


@dataclass(frozen=True, slots=True)
class Linked:
    """The answers for the fields of one quantity, best first and at least one for each; spans of all count in the
    simplified text. The `score` of an answer is the chance that it is right.
    """

    place: Sequence[TextChoice]
    year: Sequence[PeriodChoice]
    initiative: Sequence[TextChoice]
    indicator: Sequence[TextChoice]
    status: Status
    status_confidence: float

    @property
    def answers(self) -> Mapping[LinkedField, Sequence[AnyChoice]]:
        """The answers by field."""
        return {
            "place": self.place,
            "year": self.year,
            "initiative": self.initiative,
            "indicator": self.indicator,
        }

    @property
    def first(self) -> Mapping[LinkedField, AnyChoice]:
        """The first answer of each field: what the record says."""
        return {name: choices[0] for name, choices in self.answers.items()}

    @property
    def field_confidence(self) -> dict[JudgedField, float]:
        """The chance from 0 to 1 that each field is right."""
        return {**{name: choice.score for name, choice in self.first.items()}, "status": self.status_confidence}

    def runners_up(self, document: Document) -> dict[LinkedField, tuple[Alternative, ...]]:
        """The alternatives as a record has them: best first, spans in the text as read; only fields that have any."""
        found: dict[LinkedField, tuple[Alternative, ...]] = {}
        for name, (_, *others) in self.answers.items():
            likely = sorted((c for c in others if c.score > LEAST_CONFIDENCE), key=lambda c: -c.score)
            if likely:
                found[name] = tuple(_alternative(choice, document) for choice in likely[:MOST_ALTERNATIVES])
        return found


def _alternative(choice: AnyChoice, document: Document) -> Alternative:
    where = choice.evidence(document)
    value = choice.value.year if isinstance(choice.value, Period) else choice.value
    return Alternative(value, choice.score, where.start, where.end)
