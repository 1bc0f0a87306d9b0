"""What linking says of one quantity: the choice for each field, and how sure it is of each.

The seam between whatever chooses and the records: a record is made of a `Linked`, whoever filled it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gongbao.document import Document, Period
from gongbao.linking.scope import Choice
from gongbao.record import MOST_ALTERNATIVES, Alternative, JudgedField, LinkedField, Status

LEAST_CONFIDENCE = 0.03
"""Alternatives no surer than this are not told."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The fields of one quantity.

    `field_confidence` holds the calibrated chance from 0 to 1 that each field is right. `alternatives` holds other
    choices than the first, of which 1 - `doubt` is the chance; spans of all choices count in the simplified text.
    """

    choices: Mapping[str, Choice]
    status: Status
    field_confidence: Mapping[JudgedField, float]
    alternatives: Mapping[LinkedField, Sequence[Choice]] = field(default_factory=dict)

    @classmethod
    def ranked(cls, fields: Mapping[LinkedField, Sequence[Choice]], status: Status, status_confidence: float) -> Linked:
        """The first choice of each field, as sure as its doubt leaves, and the others as alternatives."""
        choices: dict[str, Choice] = {name: ranked[0] for name, ranked in fields.items()}
        sure: dict[JudgedField, float] = {name: 1.0 - ranked[0].doubt for name, ranked in fields.items()}
        others = {name: ranked[1:] for name, ranked in fields.items()}
        return cls(choices, status, {**sure, "status": status_confidence}, others)

    def runners_up(self, document: Document) -> dict[LinkedField, tuple[Alternative, ...]]:
        """The alternatives as a record has them: best first, spans in the text as read; only fields that have any."""
        found: dict[LinkedField, tuple[Alternative, ...]] = {}
        for name, choices in self.alternatives.items():
            likely = sorted((c for c in choices if 1.0 - c.doubt > LEAST_CONFIDENCE), key=lambda c: c.doubt)
            if likely:
                found[name] = tuple(_alternative(choice, document) for choice in likely[:MOST_ALTERNATIVES])
        return found


def _alternative(choice: Choice, document: Document) -> Alternative:
    where = choice.evidence(document)
    value = choice.value.year if isinstance(choice.value, Period) else choice.value
    assert value is None or isinstance(value, str | int)
    return Alternative(value, 1.0 - choice.doubt, where.start, where.end)
