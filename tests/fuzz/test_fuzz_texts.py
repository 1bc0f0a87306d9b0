"""Texts that nobody would write: no stage crashes or hangs on them, and every offset stays true."""

from __future__ import annotations

from datetime import date

import pytest
from gongbao.document import Article, Extraction
from gongbao.pipeline import Pipeline
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import fuzz_checks as checks
from tests.fuzz.fuzz_pieces import TEXTS as PIECES

PARTS = st.sampled_from(PIECES)
TEXTS = st.lists(st.one_of(PARTS, PARTS, PARTS, st.text(max_size=6)), max_size=60).map("".join)
DATES = st.one_of(st.none(), st.dates(date(1949, 10, 1), date(2100, 12, 31)))


@given(TEXTS)
def test_repair(text: str) -> None:
    checks.check_repair(text)


@given(TEXTS)
def test_convert(text: str) -> None:
    checks.check_convert(text)


@given(TEXTS)
def test_quantities(pipeline: Pipeline, text: str) -> None:
    checks.check_quantities(pipeline, text)


@given(TEXTS, DATES)
def test_periods(pipeline: Pipeline, text: str, published: date | None) -> None:
    checks.check_periods(pipeline, text, published)


@given(TEXTS)
def test_places(pipeline: Pipeline, text: str) -> None:
    checks.check_places(pipeline, text)


@given(TEXTS)
def test_outline(pipeline: Pipeline, text: str) -> None:
    checks.check_outline(pipeline, text)


@given(TEXTS, DATES)
def test_records(pipeline: Pipeline, text: str, published: date | None) -> None:
    checks.check_records(pipeline, text, published)


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
def test_monotonous_texts_come_to_an_end(pipeline: Pipeline, text: str) -> None:
    [result] = pipeline.pipe([Article("fuzz", text)])
    assert isinstance(result, Extraction), result
