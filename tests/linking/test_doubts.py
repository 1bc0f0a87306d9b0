"""Amounts in doubt: digits that a blank parts, a bare 元 between two currencies, names of classes that are no amounts.

Every case is a small bulletin; `expected` lists (raw, value, unit, flag or None) of its money and counts in text order.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from gongbao import Pipeline


class Case(NamedTuple):
    id: str
    text: str
    expected: list[tuple[str, int, str, str | None]]


APART = "digits_apart"
CURRENCY = "currency_guessed"
HK = "特區政府與立法會公布，香港"

DIGITS = [
    Case("a blank inside a number", "投入經費6 70億元。", [("70億元", 7_000_000_000, "元", APART)]),
    Case(
        "between two amounts",
        "总投资40亿 5000万元。",
        [("40亿", 4 * 10**9, "元", None), ("5000万元", 5 * 10**7, "元", APART)],
    ),
    Case("a list number", "1 40家企业入驻\n", [("40家", 40, "家", None)]),
    Case("a figure's number", "见图3 20家企业。", [("20家", 20, "家", None)]),
    Case("a blank after a word", "完成投资 3亿元。", [("3亿元", 300_000_000, "元", None)]),
    Case("a year", "2022年 40家企业复工。", [("40家", 40, "家", None)]),
    Case("grouped digits", "新增企业2 000家。", [("2 000家", 2000, "家", None)]),
    Case(
        "a row of a table",
        "企业 数量（家） 投资\n甲 12 3亿元\n乙 13 4亿元\n",
        [
            ("12", 12, "家", None),
            ("3亿元", 3 * 10**8, "元", None),
            ("13", 13, "家", None),
            ("4亿元", 4 * 10**8, "元", None),
        ],
    ),
]

CURRENCIES = [
    Case(
        "renminbi named in Hong Kong",
        f"{HK}撥款3億元，另投入人民幣2億元。",
        [("3億元", 3 * 10**8, "港元", CURRENCY), ("2億元", 2 * 10**8, "元", None)],
    ),
    Case(
        "a mainland city beside Hong Kong",
        f"深圳市投入3億元，{HK}投入2億港元。",
        [("3億元", 3 * 10**8, "元", CURRENCY), ("2億港元", 2 * 10**8, "港元", None)],
    ),
    Case(
        "Taipei beside the mainland",
        "兩岸業者簽約。臺北市府補助新台幣3千萬元，里長獎勵2萬元。",
        [("3千萬元", 3 * 10**7, "新台币", None), ("2萬元", 20_000, "新台币", CURRENCY)],
    ),
    Case(
        "a list after its currency",
        "昆山市获新台币3亿元、2亿元投资。",
        [("3亿元", 3 * 10**8, "新台币", None), ("2亿元", 2 * 10**8, "新台币", None)],
    ),
    Case("a mainland report on Hong Kong", "香港投资5亿元。", [("5亿元", 5 * 10**8, "元", CURRENCY)]),
    Case("foreign money", "香港投资5亿美元。", [("5亿美元", 5 * 10**8, "美元", None)]),
    Case("a text all from Hong Kong", "特區政府公布，財政司在香港發放5億元。", [("5億元", 5 * 10**8, "港元", None)]),
    Case("no place", "特区政府发言人说，立法会通过3亿元。", [("3亿元", 3 * 10**8, "港元", None)]),
]

CLASSES = [
    Case("a class of projects", "安徽省百亿元项目4个。", [("4个", 4, "个", None)]),
    Case("a grade", "培育十亿元级基地2个。", [("2个", 2, "个", None)]),
    Case("an amount", "安徽省投资达百亿元。", [("百亿元", 10**10, "元", None)]),
    Case("a threshold", "超百亿元项目5个。", [("百亿元", 10**10, "元", None), ("5个", 5, "个", None)]),
    Case("a counted amount", "一百亿元项目落地。", [("一百亿元", 10**10, "元", None)]),
]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


@pytest.mark.parametrize("case", [*DIGITS, *CURRENCIES, *CLASSES], ids=lambda case: case.id)
def test_amounts(pipeline: Pipeline, case: Case) -> None:
    records = pipeline.extract(case.text, pub_date="2022-05-20")
    found = [
        (r.raw, int(r.value), r.unit, next((flag for flag in r.flags if flag in {APART, CURRENCY}), None))
        for r in records
    ]
    assert found == case.expected
    assert all(r.confidence <= 0.5 for r in records if {APART, CURRENCY} & set(r.flags))
