"""Levels of an earlier time (上年同期120亿元): their time is theirs alone, the growth from them is of the level before.

Every case is a small bulletin of April 2022; `expected` lists the year of each amount.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from gongbao import Pipeline


class Case(NamedTuple):
    id: str
    text: str
    expected: list[int | None]


EARLIER = [
    Case(
        "the growth and what follows it",
        "一季度，宁波市用气量32亿立方米，上年同期30亿立方米，增长6.7%，其中居民用气量5亿立方米。",
        [2022, 2021, 2022, 2022],
    ),
    Case(
        "a year written out",
        "2021年，宁波市渔获量45万吨，2020年为44万吨，增产1万吨，增长2.3%。",
        [2021, 2020, 2021, 2021],
    ),
    Case(
        "words that set it apart", "2021年，宁波市接待游客35万人次，而2020年只有28万人次，增幅25%。", [2021, 2020, 2021]
    ),
    Case(
        "上年 counts from the level before it",
        "2021年，宁波市税收135亿元，上年为120亿元，同比增长12.5%。",
        [2021, 2020, 2021],
    ),
    Case("so it does in a comparison", "2021年，宁波市接待游客35万人次，比上年的28万人次增长25%。", [2021, 2020, 2021]),
    Case(
        "brackets close it, time and again",
        "去年，宁波市税收135亿元（上年120亿元），增长12.5%，罚没收入20亿元（2020年18亿元），增长11.1%。",
        [2021, 2020, 2021, 2021, 2020, 2021],
    ),
    Case(
        "until the next time",
        "2021年，宁波市税收135亿元，2020年120亿元，增长12.5%，2022年预计150亿元。",
        [2021, 2020, 2021, 2022],
    ),
    Case(
        "points of a share",
        "2021年，宁波市城镇化率79%，上年为78%，提高1个百分点，户籍人口62万人。",
        [2021, 2020, 2021, 2021],
    ),
]
OTHERWISE = [
    Case(
        "without a growth what follows is its own", "2021年，宁波市获奖35项，2020年30项，专利6件。", [2021, 2020, 2020]
    ),
    Case("years that go up", "2020年，宁波市税收120亿元，2021年135亿元，增长12.5%。", [2020, 2021, 2021]),
    Case(
        "something else of that year", "2021年，宁波市税收135亿元，2020年出口120亿元，增长12.5%。", [2021, 2020, 2020]
    ),
    Case("the month before", "2022年3月，宁波市产量52万辆，上月48万辆，增长8.3%。", [2022, 2022, 2022]),
    Case("去年 after a year long ago", "2019年，宁波市产量52万辆，去年48万辆，下降8.3%。", [2019, 2021, 2021]),
    Case("another unit", "2021年，宁波市产煤135万吨，2020年120亿元，增长12.5%。", [2021, 2020, 2020]),
    Case("another statement", "2021年，宁波市税收135亿元；2020年120亿元，增长12.5%。", [2021, 2020, 2020]),
    Case("brackets with the level's own year", "宁波市税收135亿元（2020年），增长12.5%。", [2020, 2020]),
]


@pytest.mark.parametrize("case", [*EARLIER, *OTHERWISE], ids=lambda case: case.id)
def test_years_of_levels(case: Case, rules_alone: Pipeline) -> None:
    records = rules_alone.extract(case.text, pub_date="2022-04-20")
    assert [record.year for record in records] == case.expected


def test_the_evidence_says_how(rules_alone: Pipeline) -> None:
    text = EARLIER[0].text
    level, earlier, growth, _ = rules_alone.extract(text, pub_date="2022-04-20")
    assert earlier.evidence["year"].rule == "period.earlier_level"
    assert growth.evidence["year"] == level.evidence["year"]
    assert growth.field_confidence["year"] == level.field_confidence["year"]


STATUSES = [
    ("2021年，宁波市税收135亿元，上年同期120亿元，增长12.5%。", ["actual", "previous", "actual"]),
    ("2021年，宁波市税收135亿元（2020年120亿元），增长12.5%。", ["actual", "previous", "actual"]),
    ("2021年，宁波市税收135亿元，2020年120亿元，2019年110亿元。", ["actual", "actual", "actual"]),
    (
        "2022年一季度，宁波市税收35亿元，上年同期30亿元，去年全年120亿元，增长12.5%。",
        ["actual", "previous", "previous", "actual"],
    ),
    ("到2025年，宁波市税收达到135亿元，2023年120亿元，增长12.5%。", ["planned", "planned", "planned"]),
]


@pytest.mark.parametrize(("text", "expected"), STATUSES)
def test_an_earlier_level_is_the_previous_one(text: str, expected: list[str], rules_alone: Pipeline) -> None:
    records = rules_alone.extract(text, pub_date="2022-04-20")
    assert [record.status for record in records] == expected


@pytest.fixture(scope="module")
def rules_alone() -> Pipeline:
    return Pipeline(ner=None)
