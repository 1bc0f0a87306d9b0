"""Texts that nobody would write: no stage crashes or hangs on them, and every offset stays true."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extractor import Pipeline
from pipeline.models import Article, Extraction, Revision
from pipeline.stages.convert import convert
from pipeline.stages.outline import outline
from pipeline.stages.repair import repair

PLAIN = """
2021年 2018—2020年 “十三五”期间 上半年 同比 去年 截至 民国110年 1-9月 今年以来 前三季度 较上年 一 二 十 百 千 万 亿 〇 零 两 半 几 余 多 近 超过
约 不足 以上 1 25 3.6 1,273.36 12,34 ５６．７ .5 0.0 1e9 999999999999 元 亿元 万美元 % ％ ‰ 个百分点 倍 家 件 人 公里 平方米
吨 亩 天 5G 第 〔2020〕3号 绍兴市 德阳 江苏省 南京 鼓楼区 全市 全省 该区 我国 雄安新区 新台幣 港幣 桃園市政府 增长 下降 达到 完成投资 新增 其中 此外 分别 由
到 占 比 比重 產(chǎn)業(yè) 區(qū)域 15萬(wàn)億(yì)元 ??萍冀鹑谂c ??怠⒋笕A、 ?,F(xiàn)在 !耙粎^ 創(chuàng) ( ) （ ） ，
。 ； ： 、 ！ ？ , . ; : ? ! “ ” 《 》 — … · / - 一、 （一） 1. 😀 𠮷 &nbsp; &#x4e00; <b>
"""
STRANGE = [
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\xe9",
    "e\u0301",
    "\u200b",
    "\ufeff",
    "\xad",
    "\xa0",
    "\u3000",
    "\u202e",
    "\x00",
    "\x1b[31m",
    "\ufffd",
    "\n",
    "\n\n",
    "\t",
    "\u3000\u3000",
    "\r",
]
PARTS = st.sampled_from([*PLAIN.split(), *STRANGE])
TEXTS = st.lists(st.one_of(PARTS, PARTS, PARTS, st.text(max_size=6)), max_size=60).map("".join)
DATES = st.one_of(st.none(), st.dates(date(1949, 10, 1), date(2100, 12, 31)))
BASE, PER_KB = 1.0, 4.0
"""Processor seconds that a stage may take, and how many more for each thousand characters."""


@contextmanager
def in_time(text: str) -> Iterator[None]:
    """Fail if what runs within takes longer than a text of this length may."""
    clock = time.process_time()
    yield
    taken = time.process_time() - clock
    allowed = BASE + PER_KB * len(text) / 1000
    assert taken < allowed, f"{taken:.1f} s for {len(text)} characters: {text!r}"


def check_revision(source: str, revision: Revision) -> None:
    """Every character of the result lies in the source where its map says; what was not changed is the same."""
    last = 0
    for at in range(len(revision.text)):
        start, end = revision.offsets.to_source(at, at + 1)
        assert 0 <= start <= end <= len(source)
        assert start >= last, "offsets run backwards"
        last = start
    assert revision.offsets.to_source(0, len(revision.text))[1] <= len(source)
    for mended in revision.repairs:
        assert source[mended.start : mended.end] == mended.before


@given(TEXTS)
def test_repair(text: str) -> None:
    with in_time(text):
        revision = repair(text)
    check_revision(text, revision)


@given(TEXTS)
def test_convert(text: str) -> None:
    with in_time(text):
        revision = convert(text)
    check_revision(text, revision)
    assert convert(revision.text).text == revision.text, "converting twice is converting once"


@given(TEXTS)
def test_quantities(pipeline: Pipeline, text: str) -> None:
    with in_time(text):
        found = pipeline._matchers.quantities.match(text)
    check_spans(text, found)
    for quantity in found:
        assert isinstance(quantity.value, Decimal)
        assert quantity.value.is_finite()
        assert quantity.bound in "=~><"
        assert quantity.value_max is None or quantity.value_max > quantity.value


@given(TEXTS, DATES)
def test_periods(pipeline: Pipeline, text: str, published: date | None) -> None:
    with in_time(text):
        found = pipeline._matchers.periods.match(text, published)
    check_spans(text, found)
    for period in found:
        assert period.period_start is None or period.period_end is None or period.period_start <= period.period_end


@given(TEXTS)
def test_places(pipeline: Pipeline, text: str) -> None:
    with in_time(text):
        found = pipeline._matchers.places.match(text, title=None, year=2021)
    check_spans(text, found)
    for place in found:
        assert place.place_code is None or (len(place.place_code) == 6 and place.place_code.isdigit())


@given(TEXTS)
def test_outline(pipeline: Pipeline, text: str) -> None:
    places = pipeline._matchers.places.match(text, title=None, year=None)
    quantities = pipeline._matchers.quantities.match(text)
    with in_time(text):
        layout = outline(text, title=None, content_start=0, furniture=[], places=places, quantities=quantities)
    last = 0
    for sentence in layout.sentences:
        assert last <= sentence.start < sentence.end <= len(text)
        last = sentence.end


@given(TEXTS, DATES)
def test_records(pipeline: Pipeline, text: str, published: date | None) -> None:
    article = Article("fuzz", text, pub_date=published)
    with in_time(text):
        [result] = pipeline.pipe([article])
    assert isinstance(result, Extraction), result
    for record in result.records:
        assert record.raw == text[record.start : record.end] != ""
        assert 0 <= record.sentence_start <= record.start < record.end <= record.sentence_end <= len(text)
        for evidence in record.evidence.values():
            assert (evidence.start is None) == (evidence.end is None)
            if evidence.start is not None and evidence.end is not None:
                assert 0 <= evidence.start <= evidence.end <= len(text)
    order = [(record.start, record.end) for record in result.records]
    assert order == sorted(order)
    assert [r.to_json() for r in next(iter(pipeline.pipe([article]))).records] == [r.to_json() for r in result.records]


def check_spans(text: str, found: Any) -> None:
    """Spans hold what they say they hold, in order."""
    last = 0
    for item in found:
        assert last <= item.start < item.end <= len(text)
        assert item.text == text[item.start : item.end]
        last = item.start


MONOTONOUS = {"?是": 500, "1": 20_000, "一": 20_000, "(": 5_000, "1.1": 2_000, "2021年": 2_000, "产(chǎn)": 3_000}
MONOTONOUS |= {
    "\n": 20_000,
    "南京": 5_000,
    "亿": 10_000,
    "“": 10_000,
    "，": 20_000,
    "a": 50_000,
    "?": 5_000,
    "至2020年": 1_000,
}


@pytest.mark.parametrize("text", [part * times for part, times in MONOTONOUS.items()], ids=map(ascii, MONOTONOUS))
def test_monotonous_texts_stay_in_time(pipeline: Pipeline, text: str) -> None:
    with in_time(text):
        [result] = pipeline.pipe([Article("fuzz", text)])
    assert isinstance(result, Extraction), result
