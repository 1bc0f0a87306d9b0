from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from gongbao import Pipeline
from gongbao.document import Article
from gongbao.linking.status import StatusWords
from gongbao.linking.surroundings import InOrder, Surroundings, repeated
from gongbao.rulebook.cues import linking_cues


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("明年力争开工12处泵站。总投资4亿元。", (False, True)),
        ("总投资4亿元。明年力争开工12处泵站。", (False, False)),
        ("明年力争开工12处泵站。\n总投资4亿元。", (False, False)),
        ("去年开工12处泵站。总投资4亿元。", (False, False)),
    ],
)
def test_what_a_paragraph_has_said_before_a_sentence(text: str, said: tuple[bool, bool]) -> None:
    pipeline = Pipeline(ner=None)
    around = Surroundings(pipeline.document(Article("-", text)), linking_cues(pipeline.rules))
    first, second = around.sentences
    assert (
        around.said_in_paragraph("firm_plan", first, first.start),
        around.said_in_paragraph("firm_plan", second, second.start),
    ) == said


def test_a_run_of_amounts_ends_with_its_sentence() -> None:
    pipeline = Pipeline(ner=None)
    text = "税收分别为5亿元、3亿元\n2亿元、1亿元用于教育。投资9亿元。"
    around = Surroundings(pipeline.document(Article("-", text)), linking_cues(pipeline.rules))
    assert [(step.numbers, step.runs) for step in around.steps()] == [([0, 1], [(0, 1)]), ([2, 3], [(2, 3)]), ([4], [])]


def test_what_is_said_between_two_places_of_a_text_of_any_length() -> None:
    text = "2015年，学校成立。" + "投资3亿元。" * 3
    around = Surroundings(Pipeline(ner=None).document(Article("-", text)), linking_cues(Pipeline(ner=None).rules))
    founded = text.index("成立")
    assert around.said_between("founding", 0, len(text))
    assert around.said_between("founding", founded, founded + 2)
    assert not around.said_between("founding", 0, founded + 1)
    assert not around.said_between("founding", founded + 1, len(text))


class Stretch(NamedTuple):
    start: int
    end: int


SPANS = InOrder([Stretch(0, 2), Stretch(4, 6), Stretch(8, 11), Stretch(12, 13)])


def test_spans_before_are_the_nearest_first_and_lie_wholly_in_the_stretch() -> None:
    assert SPANS.before(0, 11, 2) == [(8, 11), (4, 6)]
    assert SPANS.before(1, 10, 9) == [(4, 6)]


def test_spans_after_are_the_first_that_begin_in_the_stretch() -> None:
    assert SPANS.after(3, 9, 1) == [(4, 6)]
    assert SPANS.after(3, 9, 9) == [(4, 6), (8, 11)]
    assert SPANS.after(9, 3, 9) == []


def test_spans_of_many_stretches_are_counted_at_once() -> None:
    lows, highs = np.array([0, 2, 6, 9, 13]), np.array([13, 8, 8, 3, 40])
    assert SPANS.counts(lows, highs).tolist() == [4, 1, 0, 0, 0]


def test_a_value_is_repeated_only_within_its_question() -> None:
    questions, values = np.array([0, 0, 0, 1, 1]), np.array([5, 5, 7, 7, 5])
    assert repeated(questions, values).tolist() == [False, True, False, False, False]


def test_words_count_by_how_near_they_stand_before_an_amount_and_behind_it() -> None:
    pipeline = Pipeline(ner=None)
    text = "新增泵站，新增管网5公里，当年完工。"
    around = Surroundings(pipeline.document(Article("-", text)), linking_cues(pipeline.rules))
    (amount,) = around.document.quantities
    span = [[0, amount.start, amount.end, len(text)]]
    rows = StatusWords(["新增", "管网", "关闭"], ["当年", "次年"]).rows(around, np.array(span))
    # 新增 stands two characters before the amount, 管网 right before it; 当年 one character behind.
    assert rows.tolist() == [[1 / 3, 1.0, -1.0, 11.0, -1.0]]
