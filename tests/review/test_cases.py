"""The cases that reviews left (tests/cases/reviewed.jsonl): `todo` must fail still, `yes` must hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gongbao.review.cases import check_case

FILE = Path(__file__).resolve().parents[1] / "cases" / "reviewed.jsonl"
CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()] if FILE.exists() else []
RECORD = {"raw": "5亿元", "start": 2, "end": 5, "value": 500000000, "year": 2020}


def case(**fields: Any) -> dict[str, Any]:
    return {
        "id": "x",
        "text": "投资5亿元。再投5亿元。",
        "found": {"raw": "5亿元", "nth": 0},
        "want": {"value": 500000000},
        **fields,
    }


@pytest.mark.parametrize(
    ("wanted", "records", "problem"),
    [
        (case(), [RECORD], None),
        (case(), [{**RECORD, "value": 5}], "value should be 500000000, is 5"),
        (case(), [], "no record found"),
        (case(want={"year": 2020, "place": None}), [RECORD], None),
        (case(want={"year": 2021}), [RECORD], "year should be 2021, is 2020"),
        (case(want=None), [RECORD], "must give no record"),
        (case(want=None), [], None),
        (case(want=None), [{**RECORD, "start": 8, "end": 11}], None),
        (case(found={"raw": "5亿元", "nth": 1}), [RECORD], "no record found"),
        (case(found={"raw": "5亿元", "nth": 1}), [{**RECORD, "start": 8, "end": 11}], None),
    ],
)
def test_a_case_is_checked_where_its_words_stand(
    wanted: dict[str, Any], records: list[Any], problem: str | None
) -> None:
    found = check_case(wanted, records)
    assert (problem is None and found == []) or (problem is not None and problem in found[0])


def test_what_reviews_found_wrong() -> None:
    from gongbao.pipeline import Pipeline

    pipeline = Pipeline() if CASES else None
    for reviewed in CASES:
        assert pipeline is not None
        records = pipeline.extract(reviewed["text"], pub_date=reviewed["pub_date"])
        problems = check_case(reviewed, [record.to_dict() for record in records])
        if reviewed["status"] == "todo":
            assert problems, f"{reviewed['id']} works now: set its status to yes"
        else:
            assert not problems, problems
