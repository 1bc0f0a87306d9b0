"""Which records contradict each other, and which only round, bound or repeat."""

from __future__ import annotations

from typing import Any

import pytest
from gongbao.review.contradictions import contradictions, key_of

TEXT = "青岛市简讯\n2020年融资额{}。\n"


def record(build: Any, article: str, amount: str, value: float, **fields: Any) -> dict[str, Any]:
    return dict(build.make_record(article, TEXT.format(amount), amount, value=value, **fields))


AGREE = [
    ("the same twice", ("5亿元", 5e8, {}), ("5亿元", 5e8, {})),
    ("one rounded", ("4.98亿元", 4.98e8, {}), ("5亿元", 5e8, {})),
    ("about", ("4.8亿元", 4.8e8, {}), ("5.0亿元", 5e8, {"bound": "~"})),
    ("more than", ("3亿元", 3e8, {"bound": ">"}), ("5亿元", 5e8, {})),
    ("within a range", ("3亿元", 3e8, {"value_max": 6e8}), ("5亿元", 5e8, {})),
    ("another place", ("3亿元", 3e8, {"place": "山东省/济南市"}), ("5亿元", 5e8, {})),
    ("another half of the year", ("3亿元", 3e8, {"period_end": "2020-06-30"}), ("5亿元", 5e8, {})),
    ("planned", ("3亿元", 3e8, {"status": "planned"}), ("5亿元", 5e8, {})),
    ("another indicator", ("3亿元", 3e8, {"indicator": "余额"}), ("5亿元", 5e8, {})),
    ("no indicator on either", ("3亿元", 3e8, {"indicator": None}), ("5亿元", 5e8, {"indicator": None})),
    ("another kind", ("3%", 3, {"kind": "growth", "unit": "%"}), ("5亿元", 5e8, {})),
]
CONTRADICT = [
    ("another value", ("4.8亿元", 4.8e8, {}), ("5.0亿元", 5e8, {})),
    ("a whole number is exact", ("251所", 251, {"kind": "count"}), ("267所", 267, {"kind": "count"})),
    ("less than it is", ("3亿元", 3e8, {"bound": "<"}), ("5亿元", 5e8, {})),
    ("beside a range", ("2亿元", 2e8, {"value_max": 3e8}), ("5亿元", 5e8, {})),
]


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in AGREE], ids=[case[0] for case in AGREE])
def test_records_that_can_both_be_right(build: Any, one: Any, other: Any) -> None:
    rows = [record(build, name, amount, value, **more) for name, (amount, value, more) in (("a", one), ("b", other))]
    assert contradictions(rows) == {}


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in CONTRADICT], ids=[case[0] for case in CONTRADICT])
def test_records_that_cannot(build: Any, one: Any, other: Any) -> None:
    rows = [record(build, name, amount, value, **more) for name, (amount, value, more) in (("a", one), ("b", other))]
    assert contradictions(rows) == {key_of(rows[0]): (rows[1],), key_of(rows[1]): (rows[0],)}


def test_two_readings_of_one_amount_are_no_contradiction(build: Any) -> None:
    """As where the accepted record of an amount has been written anew."""
    rows = [record(build, "a", "5亿元", 5e8), record(build, "a", "5亿元", 50)]
    assert contradictions(rows) == {}


def test_of_many_a_few_are_named_and_those_of_the_article_first(build: Any) -> None:
    rows = [
        record(build, name, f"{n}亿元", n * 1e8) for name, n in [*((f"b{n}", n) for n in range(10, 40, 2)), ("a", 3)]
    ]
    text = "青岛市简讯\n2020年融资额3亿元，融资额7亿元。\n"
    here = build.make_record("a", text, "7亿元", value=7e8)
    found = contradictions([*rows, here])
    assert len(found) == 17
    assert all(len(others) == 4 for others in found.values())
    assert contradictions([here, *rows])[key_of(rows[-1])][0]["amount"] == "7亿元"
