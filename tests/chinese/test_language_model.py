"""How well a passage reads: symbols weighed together cost what they cost one by one, and costs are whole numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from gongbao.chinese import language_model as module
from gongbao.chinese.language_model import ORDER, UNKNOWN, LanguageModel, normalised, symbols
from gongbao.errors import RuleError
from hypothesis import given, settings
from hypothesis import strategies as st

ARTICLE = "全市科技企业增长，科技金融与知识产权运营平台建成。投资12.5亿元，科技A区"
TEXTS = st.text(
    st.sampled_from(
        "科技金融企业知识产权运营平台发展现代农业一不大中国人民的了是在有高新区，。、；“”（AQbz195.?！ \n𠮷"
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["", ARTICLE]), TEXTS, st.lists(st.integers(0, 4000), min_size=1, max_size=40))
def test_choices_cost_together_what_they_cost_alone(article: str, before: str, choices: list[int]) -> None:
    model = LanguageModel(article)
    context = tuple(symbols(before))[1 - ORDER :]
    together = model.costs(context, np.array(choices)).tolist()
    assert together == [model.cost(context, choice) for choice in choices]
    assert all(isinstance(cost, int) and cost >= 0 for cost in together)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("科技金融与", "萍冀鹑谂c"),
        ("增长，", "增长，，"),
        ("投资25亿元", "投资2α亿元"),
        ("知识产权保护", "知识产权保佑"),
        ("取得了成绩", "取得瞭成績績"),
    ],
)
def test_what_reads_better(better: str, worse: str) -> None:
    model = LanguageModel()
    assert model.total(symbols(better)) / len(better) < model.total(symbols(worse)) / len(worse)


def test_what_stands_in_the_article_is_likelier() -> None:
    name = symbols("宇视科")
    assert LanguageModel("宇视科、宇视科").total(name) < LanguageModel().total(name)
    assert LanguageModel(ARTICLE).total(()) == 0


def test_scripts_and_widths_are_one() -> None:
    assert symbols("發展，Ａ區２5？") == symbols("发展,B区15?")
    assert symbols("龘") == [0] and LanguageModel().cost(tuple(symbols("发展")), 0) == UNKNOWN
    assert normalised("12亿,A区?\n\n　完") == "00亿，A区？\n完"


def test_a_file_that_is_cut_off_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "characters.gz"
    path.write_bytes(gzip.compress(gzip.decompress(module.PATH.read_bytes())[:-3], mtime=0))
    monkeypatch.setattr(module, "PATH", path)
    module._grams.cache_clear()
    try:
        with pytest.raises(RuleError, match=r"characters\.gz"):
            LanguageModel().cost((0,), 5)
    finally:
        module._grams.cache_clear()
