"""Records: stable identifiers, exact numbers, canonical lines."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from gongbao.canonical import dump_json, plain_number, record_id
from gongbao.document import Period
from gongbao.record import Alternative, Record
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError


def test_a_record_id_depends_on_article_span_and_kind_only() -> None:
    assert record_id("a.txt", 3, 9, "money") == record_id("a.txt", 3, 9, "money")
    others = {record_id("b.txt", 3, 9, "money"), record_id("a.txt", 4, 9, "money"), record_id("a.txt", 3, 9, "count")}
    assert len(others | {record_id("a.txt", 3, 9, "money")}) == 4


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1975000000", "1975000000"),
        ("77.01", "77.01"),
        ("-0.5", "-0.5"),
        ("1E+10", "10000000000"),
        ("33.33", "33.33"),
        ("12345678901234567890", "12345678901234567890"),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
    ],
)
def test_decimals_are_written_digit_for_digit(value: str, written: str) -> None:
    assert dump_json({"v": plain_number(Decimal(value))}) == f'{{"v": {written}}}'


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimals_survive_json(value: Decimal) -> None:
    line = dump_json({"v": plain_number(value)})
    assert json.loads(line, parse_float=Decimal)["v"] == value


def record(**fields: Any) -> Record:
    known: dict[str, Any] = {
        "record_id": "a", "article_id": "a", "amount": "3亿元", "kind": "money", "value": 300000000, "unit": "元",
        "bound": "=", "start": 0, "end": 3, "raw": "3亿元", "sentence": "3亿元", "sentence_start": 0, "sentence_end": 3,
        "evidence": {}, "confidence": 0.9, "flags": [],
    }  # fmt: skip
    return Record.model_validate(known | fields)


def test_confidences_have_two_decimals() -> None:
    said = record(
        confidence=0.12345, field_confidence={"year": 0.987}, alternatives={"year": [Alternative(2019, 0.123)]}
    ).to_dict()
    assert (said["confidence"], said["field_confidence"]) == (0.12, {"year": 0.99})
    assert said["alternatives"] == {"year": [{"value": 2019, "confidence": 0.12, "start": None, "end": None}]}
    assert record(**said).to_dict() == said


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "hoped"},
        {"field_confidence": {"amount": 0.5}},
        {"field_confidence": {"place": 1.2}},
        {"alternatives": {"status": []}},
        {"alternatives": {"year": [{"value": year, "confidence": 0.1} for year in range(2015, 2020)]}},
    ],
)
def test_what_no_record_says(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        record(**wrong)


def test_lone_surrogates_are_escaped() -> None:
    assert dump_json("a\ud800b").encode() == b'"a\\ud800b"'


@pytest.mark.parametrize(
    ("start", "year", "expected"),
    [(date(2020, 1, 1), 2019, date(2019, 1, 1)), (date(2020, 2, 29), 2021, date(2021, 2, 28))],
)
def test_a_period_moves_to_another_year(start: date, year: int, expected: date) -> None:
    period = Period(0, 3, "上半年", 2020, start, start, "context", "time", "period.half")
    moved = period.in_year(year)
    assert (moved.year, moved.period_start) == (year, expected)
