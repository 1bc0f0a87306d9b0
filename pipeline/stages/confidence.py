"""Confidence of a record: the calibrated chance that value, place, year and initiative or indicator are all right.

A logistic model over how each field was found, the doubt that its linker left and the kind of quantity. The weights in
`confidence.json` are fitted by `training/fit_confidence.py` on articles that the name models did not learn from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from math import exp, log

from pipeline.models import Quantity
from pipeline.stages.scope import Choice

_EDGE = 0.02
"""Chances are kept this far from 0 and 1 before they are turned into log odds."""


def features(quantity: Quantity, fields: Mapping[str, Choice], *, damaged: bool) -> dict[str, float]:
    """What the confidence of a record rests on, by name and sorted by it; a name that is absent counts as 0."""
    result = {"bias": 1.0, "damaged": float(damaged)}
    for name in ("indicator", "initiative"):
        choice = fields[name]
        by_model = choice.rule == "field_tagger"
        chance = min(1 - _EDGE, max(_EDGE, 1.0 - choice.doubt))
        result[f"{name}.odds.{'model' if by_model else 'rules'}"] = log(chance / (1 - chance))
        result[f"{name}.rules"] = float(not by_model)
    result[f"kind={quantity.kind}"] = 1.0
    for name in ("place", "year"):
        choice = fields[name]
        result[f"{name}.doubt"] = choice.doubt
        result[f"{name}.null"] = float(choice.value is None)
        result[f"{name}={choice.how}"] = 1.0
    return result


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted weights."""

    weights: Mapping[str, float]

    @classmethod
    def load(cls) -> Confidence:
        """The weights of this installation."""
        text = resources.files("pipeline.stages").joinpath("confidence.json").read_text(encoding="utf-8")
        return cls(json.loads(text)["weights"])

    def of(self, quantity: Quantity, fields: Mapping[str, Choice], *, damaged: bool) -> float:
        """The confidence of one record, rounded to two decimals."""
        given = features(quantity, fields, damaged=damaged)
        odds = sum([self.weights.get(name, 0.0) * value for name, value in given.items()])
        return round(1 / (1 + exp(-odds)), 2)
