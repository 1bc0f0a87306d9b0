"""The confidence of a record: it grows with that of each field, and falls beside damage."""

from __future__ import annotations

from gongbao.linking.confidence import FIELDS, Confidence
from gongbao.linking.scope import Choice
from hypothesis import given
from hypothesis import strategies as st

CONFIDENCE = Confidence.load()
CHANCES = st.fixed_dictionaries(dict.fromkeys((*FIELDS, "indicator"), st.floats(0, 1)))


def confidence(chances: dict[str, float], *, damaged: bool = False) -> float:
    fields = {name: Choice("甲", "stated", "r", score=chance) for name, chance in chances.items()}
    return CONFIDENCE.of(fields, damaged=damaged)


@given(CHANCES, st.sampled_from(FIELDS), st.floats(0, 1))
def test_a_surer_field_never_makes_it_less(chances: dict[str, float], name: str, chance: float) -> None:
    surer = {**chances, name: max(chance, chances[name])}
    assert 0 <= confidence(chances) <= confidence(surer) <= 1


@given(CHANCES)
def test_damage_beside_the_amount_never_makes_it_more(chances: dict[str, float]) -> None:
    assert confidence(chances, damaged=True) <= confidence(chances)


@given(CHANCES, st.floats(0, 1))
def test_the_indicator_has_no_part_in_it(chances: dict[str, float], chance: float) -> None:
    assert confidence(chances) == confidence({**chances, "indicator": chance})
