"""Confidence of a record: the calibrated chance that value, place, year and initiative are all right.

A logistic model over the log odds of the fields' own confidences. The weights in `confidence.json` are fitted by
`training/fit_linker.py` on articles that neither network nor rankers learned from. Where the amount itself is in doubt
the linker sets a ceiling to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from math import exp, log

from gongbao.linking.linked import AnyChoice
from gongbao.record import LinkedField

FIELDS: tuple[LinkedField, ...] = ("place", "year", "initiative")
_EDGE = 0.02
"""Chances are kept this far from 0 and 1 before they are turned into log odds."""


def log_odds(chance: float) -> float:
    """The log odds of a chance, kept from the extremes."""
    bounded = min(1 - _EDGE, max(_EDGE, chance))
    return log(bounded / (1 - bounded))


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted weights, by field, with `bias` and `damaged` (what a repair next to the amount takes away)."""

    weights: Mapping[str, float]

    @classmethod
    def load(cls) -> Confidence:
        """The weights of this installation."""
        text = resources.files("gongbao.linking").joinpath("confidence.json").read_text(encoding="utf-8")
        return cls(json.loads(text)["weights"])

    def of(self, fields: Mapping[LinkedField, AnyChoice], *, damaged: bool) -> float:
        """The confidence of one record, rounded to two decimals."""
        odds = self.weights["bias"] + self.weights["damaged"] * damaged
        for name in FIELDS:
            odds += self.weights[name] * log_odds(fields[name].score)
        return round(1 / (1 + exp(-odds)), 2)
