"""Rankers: shares add up, what stands together counts together, ties go to the first, the last bits decide nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gongbao.errors import ModelError
from gongbao.ranker import Ranker, Trees
from hypothesis import given
from hypothesis import strategies as st


class FirstColumn:
    """Stands for a session of ONNX Runtime: the score of a row is its first feature."""

    def run(self, _: Any, inputs: dict[str, Any]) -> list[Any]:
        return [inputs["features"][:, :1]]


def ranker(slope: float = 1.0, offset: float = 0.0) -> Ranker:
    return Ranker(Trees(FirstColumn(), {"calibration": (slope, offset), "features": ["lead", "noise"]}))


def rows(*scores: float) -> Any:
    return np.array([[score] for score in scores], np.float32)


def test_a_value_counts_with_all_its_candidates() -> None:
    (answer,) = ranker().answers([["甲", "乙", "乙"]], rows(1.0, 0.8, 0.8))
    assert (answer.value, answer.candidate) == ("乙", 1)
    assert [value for value, _, _ in answer.others] == ["甲"]
    assert answer.confidence > answer.others[0][2]


def test_of_equal_values_the_first_wins() -> None:
    (answer,) = ranker().answers([["甲", "乙"]], rows(0.5, 0.5))
    assert answer.value == "甲"


def test_none_is_a_value_like_any_other() -> None:
    (answer,) = ranker().answers([[None, "甲"]], rows(2.0, 0.0))
    assert answer.value is None


def test_reasons_name_the_features_that_made_the_difference() -> None:
    first, second = ranker().reasons([2.0, 7.0], [0.5, 1.0]), ranker().reasons([0.5, 7.0], [2.0, 1.0])
    assert [(r.feature, r.first, r.second, r.score) for r in first] == [("lead", 2.0, 0.5, 1.5)]
    assert [r.score for r in second] == [-1.5]


QUESTIONS = st.lists(st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=6), min_size=1, max_size=8)


@given(QUESTIONS)
def test_the_shares_of_a_question_add_up_to_one(questions: list[list[float]]) -> None:
    sizes = [len(scores) for scores in questions]
    shares = ranker().shares(sizes, rows(*(score for scores in questions for score in scores)))
    for part in np.split(shares, np.cumsum(sizes)[:-1]):
        assert part.sum() == pytest.approx(1)


@given(QUESTIONS)
def test_a_question_is_answered_alone_as_among_others(questions: list[list[float]]) -> None:
    values = [[str(n) for n in range(len(scores))] for scores in questions]
    together = ranker().answers(values, rows(*(score for scores in questions for score in scores)))
    alone = [ranker().answers([own], rows(*scores))[0] for own, scores in zip(values, questions, strict=True)]
    assert together == alone


@given(QUESTIONS, st.floats(0.2, 3), st.floats(-2, 2))
def test_the_answers_to_a_question_are_right_at_most_once(
    questions: list[list[float]], slope: float, offset: float
) -> None:
    values = [[str(n) for n in range(len(scores))] for scores in questions]
    for answer in ranker(slope, offset).answers(values, rows(*(score for scores in questions for score in scores))):
        assert answer.confidence + sum(confidence for _, _, confidence in answer.others) <= 1 + 1e-9


@given(QUESTIONS, st.integers(0, 2**32 - 1))
def test_the_last_bits_of_a_score_decide_nothing(questions: list[list[float]], seed: int) -> None:
    scores = np.round(np.array([score for scores in questions for score in scores]), 2)
    noise = np.random.default_rng(seed).uniform(-1e-6, 1e-6, len(scores))
    values = [[str(n) for n in range(len(own))] for own in questions]
    assert ranker().answers(values, rows(*scores)) == ranker().answers(values, rows(*(scores + noise)))


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_greater_share_is_never_less_sure(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= ranker(0.8, -0.3).confidence(low) <= ranker(0.8, -0.3).confidence(high) <= 1


def test_missing_weights_are_named() -> None:
    with pytest.raises(ModelError) as raised:
        Ranker.load("gongbao.linking", "nothing")
    assert raised.value.code == "model.missing"
