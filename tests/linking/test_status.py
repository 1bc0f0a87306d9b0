"""What quantities say of the world: sentences in our own words, as the annotation guide settles their kinds."""

from __future__ import annotations

import pytest
from gongbao import Pipeline

CASES = [
    ("2021年，温州市规上工业增加值达到1280亿元。", "1280亿元", "actual"),
    ("2021年，温州市规上工业增加值同比增长9.3%。", "9.3%", "actual"),
    ("到2025年，温州市力争建成充电桩3万个。", "3万个", "planned"),
    ("温州市计划总投资56亿元建设滨海污水处理厂。", "56亿元", "planned"),
    ("预计项目建成后年产值可达20亿元。", "20亿元", "planned"),
    ("温州市将低保标准由每月886元提高到930元。", "886元", "previous"),
    ("不动产登记办理时间由7天缩短到2天。", "7天", "previous"),
    ("全市常住人口比上年末增加6.8万人。", "6.8万人", "change"),
    ("对符合条件的企业，按贷款利息的50%给予补贴，最高不超过100万元。", "100万元", "rule"),
]
KNOWN_FAILURES = [
    ("对符合条件的企业，按贷款利息的50%给予补贴，最高不超过100万元。", "50%", "rule"),
]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.mark.parametrize(("text", "amount", "status"), CASES)
def test_status(pipeline: Pipeline, text: str, amount: str, status: str) -> None:
    records = {record.amount: record for record in pipeline.extract(text, pub_date="2022-01-20")}
    assert records[amount].status == status


@pytest.mark.parametrize(("text", "amount", "status"), KNOWN_FAILURES)
@pytest.mark.xfail(strict=True, reason="the words that tell stand behind the amount, past the next comma")
def test_known_failures(pipeline: Pipeline, text: str, amount: str, status: str) -> None:
    test_status(pipeline, text, amount, status)


def test_every_field_has_a_confidence(pipeline: Pipeline) -> None:
    for record in pipeline.extract(CASES[0][0], pub_date="2022-01-20"):
        assert set(record.field_confidence) == {"place", "year", "initiative", "indicator", "status"}
        assert all(0 <= share <= 1 for share in record.field_confidence.values())


def test_alternatives_are_other_values_best_first(pipeline: Pipeline) -> None:
    text = "2021年，嘉兴市和湖州市共建产业园12个，园区研发投入合计8.6亿元。"
    for record in pipeline.extract(text, pub_date="2022-01-20"):
        for field, others in record.alternatives.items():
            shares = [other.confidence for other in others]
            assert 1 <= len(others) <= 4
            assert shares == sorted(shares, reverse=True)
            assert getattr(record, field) not in [other.value for other in others]
