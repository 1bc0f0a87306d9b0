"""The confidence of a record: what a run works out in pieces is what the weights were fitted to."""

from __future__ import annotations

from decimal import Decimal
from math import exp
from typing import get_args

from gongbao.document import Quantity
from gongbao.linking.confidence import Confidence, features
from gongbao.linking.scope import Choice
from gongbao.record import How, Kind
from hypothesis import given
from hypothesis import strategies as st

CONFIDENCE = Confidence.load()
CHOICES = st.builds(
    Choice,
    st.sampled_from([None, "江苏省/苏州市"]),
    st.sampled_from(get_args(How)),
    st.sampled_from(["field_tagger", "place.none"]),
    doubt=st.integers(0, 10_000).map(lambda parts: parts / 10_000),
)
FIELDS = st.fixed_dictionaries(dict.fromkeys(("place", "year", "initiative", "indicator"), CHOICES))


@given(st.sampled_from(get_args(Kind)), FIELDS, st.booleans())
def test_it_is_the_model_over_the_features(kind: Kind, fields: dict[str, Choice], damaged: bool) -> None:
    quantity = Quantity(0, 4, "12亿元", kind, Decimal(1_200_000_000), None, "元", "=", "r")
    named = features(quantity, fields, damaged=damaged)
    odds = sum(CONFIDENCE.weights.get(name, 0.0) * value for name, value in named.items())
    for _ in range(2):  # the second time it is remembered
        found = CONFIDENCE.of(quantity, fields, damaged=damaged)
        assert abs(found - 1 / (1 + exp(-odds))) < 0.005 + 1e-9
