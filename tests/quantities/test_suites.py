"""The peers' number suites: written numbers, percentages, ranges, money, weights and lengths that concern bulletins.

The suites lie beside the checkout (`suites/README.md` there names their sources and licences). A case passes where
each expected value is found at its place. A percentage and the number it stands for are the same value: the suites
read 五分之一 as 0.2, this project as 20 %.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from gongbao.chinese.script import convert
from gongbao.document import Quantity
from gongbao.quantities.match import QuantityMatcher
from gongbao.rulebook.load import RuleSet

pytestmark = pytest.mark.shared

SUITES = Path(__file__).resolve().parents[2] / ".." / "shared" / "suites"

_ORDINAL = "ordinals are no facts"
_LATIN = "Latin scale letters stand in names (5G, 3M) and not in amounts"
_PAIRS = "the unit of 五对 is 对: the suite counts single pieces"
_DOZEN = "打 opens verbs (打造, 打通) and is no measure word of bulletins"
_SCORE = "分 alone is a score, a minute or a share; money only as 分钱"
_SPOKEN = "spoken Cantonese or shop language (蚊, 毫, 仙, 个半, 米九, 二份一)"
_MIXED = "bare numbers beside amounts: in a text that states amounts, bare numbers are no facts"
_ELLIPSIS = "块 or 米 with a bare digit after it"
ON_PURPOSE = {
    "ms_number_zh.jsonl": {
        "两百点两": "a decimal (200.2): the suite reads two numbers",
        "五十打": _DOZEN,
        "1502222, 二百五, 还有二分之。": "a fraction broken off states no number",
        "1502222, 二百五, 還有二分之。": "a fraction broken off states no number",
        "NumberModel.json#254": _MIXED,
        "NumberModel.json#273": _MIXED,
        "五十千": "no number: scales must fall",
        "这不是五这是二百零一": "a single digit in prose is no fact",
        "戒指一对八千": "the price has no unit and 一对 is an idiom",
        "百分之15Ｋ": _LATIN,
        "百分之3.2k": _LATIN,
        "还有20万次以上来观影的呀？": "20万 is 200000: the suite expects 20000",
        "第二百五十": _ORDINAL,
        "第3万回": _ORDINAL,
        "第三万回": _ORDINAL,
    },
    "ms_dimension_zh.jsonl": {},
    "duckling_zh.jsonl": {
        **dict.fromkeys(["五分", "5分", "20分", "二十分", "25分", "二十五分", "两角五分", "两毛五"], _SCORE),
        **dict.fromkeys(
            ["五仙", "两毫", "七蚊", "五個半", "個半", "一個半", "個九", "港幣三個一毫四", "起碼三蚊零四"], _SPOKEN
        ),
        **dict.fromkeys(
            ["五蚊六毫至五蚊七毫八", "米九左右", "米六到三米九", "十份十一", "一又十分一", "二份一"], _SPOKEN
        ),
        **dict.fromkeys(["最多一块二", "至少三块四分", "五块六到五块七毛八"], _ELLIPSIS),
        **dict.fromkeys(["一對", "一雙", "五對", "五雙"], _PAIRS),
        **dict.fromkeys(["五打", "八打"], _DOZEN),
        **dict.fromkeys(["100K", "100k", "3M", "1.04M", "1.2M", ".0012G", "-1.2M", "-1200K", "-.0012G"], _LATIN),
        **dict.fromkeys(["9两半", "九兩半"], "两 alone is mostly the number two"),
    },
}
"""Cases that differ on purpose, with the reason; long ones by their place in the suite. Each must differ."""
GRAMS = {"g": "1", "克": "1", "千克": "1000", "公斤": "1000", "kg": "1000", "斤": "500", "毫克": "0.001", "mg": "0.001"}


@cache
def matcher() -> QuantityMatcher:
    return QuantityMatcher(RuleSet.load())


@cache
def cases(name: str) -> list[dict[str, Any]]:
    path = SUITES / name
    if not path.is_file():
        pytest.skip("the peers' suites are not beside this checkout")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["bulletin"] and "datetime" not in str(row["expected"])]


def named(case: dict[str, Any]) -> str:
    text: str = case["input"]
    return text if len(text) < 24 else case["source"].rpartition("/")[2]


def quantities(case: dict[str, Any]) -> tuple[Quantity, ...]:
    return matcher().match(convert(case["input"]).text)


def close(got: float, want: float, tolerance: float = 1e-6) -> bool:
    return abs(got - want) <= tolerance * max(1.0, abs(want))


def values(quantity: Quantity) -> list[float]:
    return [float(value) for value in (quantity.value, quantity.value_max) if value is not None]


def states(quantity: Quantity, want: float) -> bool:
    """True if the quantity has this value, as a number or as the percentage of it (rounded to 0.01 %)."""
    as_written = any(close(value, want) for value in values(quantity))
    return as_written or (quantity.unit == "%" and any(close(value / 100, want, 1e-4) for value in values(quantity)))


def agrees(case: dict[str, Any]) -> bool:
    found = quantities(case)
    expected = case["expected"]
    if isinstance(expected, str):
        return agrees_with_duckling(found, expected)
    for item in expected:
        here = [q for q in found if q.start < item["end"] and item["start"] < q.end]
        if item.get("type") == "percentage":
            wanted = float(item["value"].rstrip("%"))
            right = any(close(value, wanted, 1e-5) for q in here for value in values(q))
        else:
            wants = [float(x) for x in re.findall(r"-?[0-9.]+(?:E-?[0-9]+)?", item["value"])]
            right = all(any(states(q, want) for q in here) for want in wants)
        if not right:
            return False
    return True


def agrees_with_duckling(found: tuple[Quantity, ...], expected: str) -> bool:
    factors = {"Gram": GRAMS}.get(expected.split()[1], {})
    cents = 100 if "Cent " in expected else 1
    got = [value * float(factors.get(q.unit, "1")) * cents for q in found for value in values(q)]
    got += [value / 100 for q in found if q.unit == "%" for value in values(q)]
    return all(
        any(close(value, float(want)) for value in got) for want in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", expected)
    )


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_only_listed_cases_differ(name: str) -> None:
    differ = {named(case) for case in cases(name) if not agrees(case)}
    assert differ == set(ON_PURPOSE[name])


@pytest.mark.parametrize(
    ("name", "source", "rate"),
    [
        ("ms_number_zh.jsonl", "NumberModel", 0.95),
        ("ms_number_zh.jsonl", "PercentModel", 0.95),
        ("ms_number_zh.jsonl", "NumberRangeModel", 0.95),
        ("ms_number_zh.jsonl", "", 0.94),
        ("ms_dimension_zh.jsonl", "", 1.0),
        ("duckling_zh.jsonl", "NumeralValue", 0.85),
    ],
)
def test_rates_with_all_differences_counted(name: str, source: str, rate: float) -> None:
    chosen = [
        case for case in cases(name) if source in case["source"] or str(case["expected"]).startswith(source or "-")
    ]
    assert len(chosen) >= 14
    assert sum(map(agrees, chosen)) / len(chosen) >= rate


def test_numbers_and_percentages_of_all_suites() -> None:
    chosen = [case for case in cases("ms_number_zh.jsonl") if "Ordinal" not in case["source"]]
    chosen += [case for case in cases("duckling_zh.jsonl") if case["expected"].startswith("NumeralValue")]
    assert sum(map(agrees, chosen)) / len(chosen) >= 0.93
