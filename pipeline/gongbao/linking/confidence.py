"""Confidence of a record: the calibrated chance that value, place, year and initiative or indicator are all right.

A logistic model over how each field was found, the doubt that its linker left and the kind of quantity. The weights in
`confidence.json` are fitted by `training/fit_confidence.py` on articles that the name models did not learn from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from math import exp, log

from gongbao.document import Quantity
from gongbao.linking.scope import Choice

_MODEL = "field_tagger"
_EDGE = 0.02
"""Chances are kept this far from 0 and 1 before they are turned into log odds."""


def features(quantity: Quantity, fields: Mapping[str, Choice], *, damaged: bool) -> dict[str, float]:
    """What the confidence of a record rests on, by name; a name that is absent counts as 0."""
    result = {"bias": 1.0, f"kind={quantity.kind}": 1.0, "damaged": float(damaged)}
    for name, choice in fields.items():
        result |= _of_field(name, choice)
    return result


def _of_field(name: str, choice: Choice) -> dict[str, float]:
    if name in ("place", "year"):
        found = f"{name}={choice.how}"
        return {found: 1.0, f"{name}.doubt": choice.doubt, f"{name}.null": float(choice.value is None)}
    by_model = choice.rule == _MODEL
    chance = min(1 - _EDGE, max(_EDGE, 1.0 - choice.doubt))
    odds = f"{name}.odds.{'model' if by_model else 'rules'}"
    return {odds: log(chance / (1 - chance)), f"{name}.rules": float(not by_model)}


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted weights."""

    weights: Mapping[str, float]
    _known: dict[tuple[object, ...], float] = field(default_factory=dict, repr=False, compare=False)
    """What a field adds to the odds, by all that it depends on: doubts have four decimals, so these are few."""

    @classmethod
    def load(cls) -> Confidence:
        """The weights of this installation."""
        text = resources.files("gongbao.linking").joinpath("confidence.json").read_text(encoding="utf-8")
        return cls(json.loads(text)["weights"])

    def of(self, quantity: Quantity, fields: Mapping[str, Choice], *, damaged: bool) -> float:
        """The confidence of one record, rounded to two decimals."""
        odds = self.weights.get("bias", 0.0) + self.weights.get(f"kind={quantity.kind}", 0.0)
        odds += self.weights.get("damaged", 0.0) * damaged
        for name, choice in fields.items():
            odds += self._field(name, choice)
        return round(1 / (1 + exp(-odds)), 2)

    def _field(self, name: str, choice: Choice) -> float:
        key = (name, choice.how, choice.doubt, choice.value is None, choice.rule == _MODEL)
        known = self._known.get(key)
        if known is None:
            given = _of_field(name, choice).items()
            known = self._known[key] = sum(self.weights.get(feature, 0.0) * value for feature, value in given)
        return known
