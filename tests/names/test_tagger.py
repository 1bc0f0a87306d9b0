from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from gongbao.document import Quantity
from gongbao.names.features import FEATURE_SIZES, KINDS, TextFeatures
from gongbao.names.tagger import FieldContext, FieldPrediction, FieldTagger
from gongbao.ranker import calibrated
from hypothesis import given, settings
from hypothesis import strategies as st


def quantity(text: str, amount: str, kind: str = "money", nth: int = 0) -> Quantity:
    start = -1
    for _ in range(nth + 1):
        start = text.index(amount, start + 1)
    return Quantity(start, start + len(amount), amount, kind, Decimal(1), None, "元", "=", "test")  # type: ignore[arg-type]


def predict(text: str, *amounts: tuple[str, str]) -> list[FieldPrediction]:
    quantities = sorted((quantity(text, amount, kind) for amount, kind in amounts), key=lambda q: q.start)
    return FieldTagger.load().predict([FieldContext(text, quantities)])[0]


@pytest.mark.parametrize(
    ("text", "amount", "kind", "indicator"),
    [
        ("去年，全市完成技术合同成交额86.5亿元，同比增长12%。", "86.5亿元", "money", "技术合同成交额"),
        ("上半年，绍兴市新增高新技术企业214家。", "214家", "count", "高新技术企业"),
        ("2022年，全省专利质押融资额达到47.2亿元。", "47.2亿元", "money", "专利质押融资额"),
        ("截至年末，城镇登记失业率为3.1%。", "3.1%", "percent", "城镇登记失业率"),
        ("全年接待游客1200万人次。", "1200万人次", "count", "游客"),
    ],
)
def test_indicators(text: str, amount: str, kind: str, indicator: str) -> None:
    (prediction,) = predict(text, (amount, kind))
    assert prediction.indicator is not None
    assert indicator in prediction.indicator.text or prediction.indicator.text in indicator
    assert text[prediction.indicator.start : prediction.indicator.end] == prediction.indicator.text


def test_growth_takes_the_indicator_before_it() -> None:
    text = "一季度，全区社会消费品零售总额93.6亿元，同比增长8.4%。"
    level, growth = predict(text, ("93.6亿元", "money"), ("8.4%", "growth"))
    assert level.indicator is not None
    assert growth.indicator is not None
    assert level.indicator.text == growth.indicator.text == "社会消费品零售总额"


def test_named_initiative() -> None:
    text = "“春风行动”启动以来，全县举办招聘会36场，帮助4100人就业。"
    for prediction in predict(text, ("36场", "count"), ("4100人", "count")):
        assert any("春风行动" in initiative.text for initiative in prediction.initiatives)


def test_articles_do_not_depend_on_each_other() -> None:
    texts = ["去年完成投资3亿元。", "", "没有数字的一句话。", "专利授权量7000件，增长9%。\n\n其中发明专利1200件。"]
    amounts = [[("3亿元", "money")], [], [], [("7000件", "count"), ("9%", "growth"), ("1200件", "count")]]
    contexts = [
        FieldContext(text, [quantity(text, amount, kind) for amount, kind in row])
        for text, row in zip(texts, amounts, strict=True)
    ]
    tagger = FieldTagger.load()
    together = tagger.predict(contexts)
    assert [len(row) for row in together] == [1, 0, 0, 3]
    assert tagger.predict(contexts[::-1])[::-1] == together == [tagger.predict([context])[0] for context in contexts]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.lists(st.tuples(st.integers(0, 399), st.integers(1, 8)), max_size=6))
def test_any_text(text: str, places: list[tuple[int, int]]) -> None:
    spans, at = [], 0
    for start, length in sorted(places):
        if start >= at and start + length <= len(text):
            spans.append((start, start + length))
            at = start + length
    quantities = [
        Quantity(s, e, text[s:e], KINDS[n % len(KINDS)], Decimal(1), None, "", "=", "test")  # type: ignore[arg-type]
        for n, (s, e) in enumerate(spans)
    ]
    (row,) = FieldTagger.load().predict([FieldContext(text, quantities)])
    assert len(row) == len(quantities)
    for prediction in row:
        for entity in (*prediction.indicators, *prediction.initiatives):
            assert text[entity.start : entity.end] == entity.text
            assert 0 <= entity.score <= 1
            assert not set(entity.text) & set("，。；！？\n")


def test_features_stay_in_their_tables() -> None:
    text = (
        "标题二〇二一年统计\n一、工业\n"
        + "产值增长，规模扩大，利润上升。" * 40
        + "其中产值9亿元，占比5%。后面还有，很多，字。\n下一段。"
    )
    amounts = [quantity(text, "9亿元"), quantity(text, "5%", "percent")]
    around = TextFeatures(text, amounts).surroundings()
    assert around.features.min() >= 0
    assert (around.features.max((1, 2)) < np.array(FEATURE_SIZES)).all()
    assert around.present.any(1).all()


def test_calibration_is_monotonous() -> None:
    values = [calibrated(share, 0.85, 1.3) for share in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert values == sorted(values)
    assert 0 < values[0] < values[-1] < 1
