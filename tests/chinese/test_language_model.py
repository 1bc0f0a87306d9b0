"""How well a passage reads: characters weighed together score what they score one by one, and no bound is exceeded."""

from __future__ import annotations

from math import inf

import pytest
from gongbao.chinese.language_model import LETTER_GAIN, START, Choices, LanguageModel, best_word
from gongbao.chinese.words import dictionary
from gongbao.repair.shifted import gbk
from hypothesis import given, settings
from hypothesis import strategies as st

ARTICLE = "全市科技企业增长，科技金融与知识产权运营平台建成。投资12.5亿元，科技A区"
COMMON = "科技金融企业知识产权运营平台发展现代农业一不大中国人民的了是在有高新区，。、；“”（"
TEXTS = st.text(st.sampled_from(COMMON + "AQbz195.?！ \n𠮷"), max_size=8)
GROUPS = st.one_of(
    st.lists(st.sampled_from(COMMON), min_size=1, max_size=12).map(Choices.of),
    st.integers(0x81, 0xFE).map(lambda byte: gbk.with_lead(byte).choices),
    st.integers(0x40, 0xFE).map(lambda byte: gbk.with_trail(byte).choices),
)
MANY = settings(max_examples=150, deadline=None)


def characters(choices: Choices) -> list[str]:
    found = {place: chr(code) for code, places in choices.places.items() for place in places}
    return [found[place] for place in range(len(choices.costs))]


@MANY
@given(st.sampled_from(["", ARTICLE]), TEXTS, GROUPS)
def test_choices_score_together_what_they_score_alone(article: str, passage: str, choices: Choices) -> None:
    judge = LanguageModel(article)
    reading = judge.read(passage)
    scores, inside = judge.scores(reading, choices)
    for place, character in enumerate(characters(choices)):
        longer = judge.extend(reading, character)
        assert scores[place] == longer.score
        assert scores[place] <= judge.at_most(reading, choices) + 1e-9
        begun = {before for _, before in longer.begun} & {before for _, before in reading.begun}
        assert place in inside or not begun


@MANY
@given(st.sampled_from(["", ARTICLE]), TEXTS, st.sampled_from(COMMON), GROUPS)
def test_bounds_hold_for_two_characters(article: str, passage: str, first: str, choices: Choices) -> None:
    """A character that goes on with no word, and another: what the search leaves out cannot be better."""
    judge = LanguageModel(article)
    reading = judge.read(passage)
    scores, inside = judge.scores(reading, Choices.of(first))
    if not inside:
        after, _ = judge.scores(judge.extend(reading, first), choices)
        most = max(scores[0] + choices.top, reading.score + best_word(first, choices))
        assert max(after, default=-inf) <= most + judge.adds_after(first, choices) + 1e-9


@MANY
@given(st.sampled_from(["", ARTICLE, "阿Q与小S" * 3]), TEXTS, st.sampled_from(COMMON + "阿小大"))
def test_no_letter_adds_more_than_is_said(article: str, passage: str, last: str) -> None:
    judge = LanguageModel(article)
    reading = judge.read(passage + last)
    for code in range(ord("@"), ord("~") + 1):
        assert judge.extend(reading, chr(code)).score <= reading.score + LETTER_GAIN + 1e-9


def test_words_that_end_in_a_letter_are_rare() -> None:
    words = dictionary()
    inner = range(words.children[1], len(words.codes))
    ending = [node for node in inner if ord("@") <= words.codes[node] <= ord("~") and words.ranks[node]]
    assert 0 < len(ending) < 10


@pytest.mark.parametrize(
    ("better", "worse"),
    [("海康、大华", "怠⒋笕A"), ("科技金融与", "萍冀鹑谂c"), ("增长，", "增长，，"), ("投资25亿元", "投资2α亿元")],
)
def test_what_reads_better(better: str, worse: str) -> None:
    judge = LanguageModel()
    assert judge.read(better).score / len(better) > judge.read(worse).score / len(worse)


def test_pairs_of_the_article_count() -> None:
    assert LanguageModel(ARTICLE).read("科技企业").score > LanguageModel().read("科技企业").score
    assert LanguageModel().read("") == START
    assert LanguageModel(ARTICLE).alone("区域") == frozenset()
