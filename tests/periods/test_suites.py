"""The peers' time suites: final years of the cases that concern bulletins.

The suites lie beside the checkout (`suites/README.md` there names their sources and licences). A case passes where the
last period found ends in the expected final year; an extraction case where exactly the expected spans are found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from gongbao.chinese.script import convert
from gongbao.periods.match import PeriodMatcher
from gongbao.rulebook.load import RuleSet

pytestmark = pytest.mark.shared

SUITES = Path(__file__).resolve().parents[2] / ".." / "shared" / "suites"

ON_PURPOSE = {
    "jionlp_time.jsonl": {
        "前两年": "the two years before this one: the suite reads four years that end two years ago",
        "过去的一年": "a report of the first months means the year that has ended, not the twelve months up to today",
        "根据财税2016 36号文": "a document number is no time expression",
    },
    "duckling_zh.jsonl": {
        "兩個月之前": "the month two months ago (2012): the suite gives the two months up to now",
        "兩年之前": "the year two years ago (2011): the suite gives the two years up to now",
    },
}
"""Cases that differ on purpose, with the reason. Each must differ: one that agrees is taken off the list."""


@cache
def matcher() -> PeriodMatcher:
    return PeriodMatcher(RuleSet.load())


def cases(name: str) -> list[dict[str, Any]]:
    path = SUITES / name
    if not path.is_file():
        pytest.skip("the peers' suites are not beside this checkout")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["bulletin"] and (name != "duckling_zh.jsonl" or row["dim"] == "time")]


def reference(case: dict[str, Any]) -> date | None:
    """The suite's reference day; a bare year or month means its first day."""
    written = case.get("ref", "2021-06-14")
    if not written:
        return None
    year, month, day = ([int(part) for part in written.split("-")] + [1, 1])[:3]
    return date(year, month, day)


def final_year(case: dict[str, Any]) -> int:
    """The year in which the expected time ends."""
    expected = case["expected"]
    if isinstance(expected, dict):
        return int(case["years"][-1] if case["years"] else expected["to"][:4])
    year, month, day = [tuple(map(int, t)) for t in re.findall(r"\((\d{4}), (\d+), (\d+),", expected)][-1]
    # Duckling's intervals end where the next unit begins: before the first of January is the year before.
    return year - ("Interval" in expected and month <= 1 and day <= 1)


def differing(name: str) -> Iterator[str]:
    """Inputs whose result is not the suite's."""
    for case in cases(name):
        found = [period for period in matcher().match(convert(case["input"]).text, reference(case)) if period.year]
        if isinstance(case["expected"], list):
            same = [period.text for period in found] == [span["text"] for span in case["expected"]]
        else:
            same = bool(found) and found[-1].year == final_year(case)
        if not same:
            yield case["input"]


@pytest.mark.parametrize("name", sorted(ON_PURPOSE))
def test_final_years(name: str) -> None:
    assert sorted(set(differing(name))) == sorted(ON_PURPOSE[name])
    share = 1 - len(list(differing(name))) / len(cases(name))
    assert share >= 0.93
