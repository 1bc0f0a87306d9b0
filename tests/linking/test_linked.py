"""What linking hands over becomes the record: confidences of fields and other answers, in the text as read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from gongbao import Pipeline
from gongbao.document import Article, Document, Period
from gongbao.linking.linked import Linked
from gongbao.linking.scope import Choice
from gongbao.record import Alternative

SURE = Choice("广州市", "stated", "place.name", 0, 3, 0.987)
NONE: Choice[Any] = Choice(None, "default", "none", score=0.1)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


def test_a_field_is_as_sure_as_its_first_choice_and_the_others_are_alternatives() -> None:
    less = SURE._replace(score=0.6)
    linked = Linked((SURE, less), (NONE,), (NONE,), (SURE,), "planned", 0.8)
    assert linked.status == "planned" and linked.first["place"] is SURE
    assert linked.field_confidence == pytest.approx(
        {"place": 0.987, "year": 0.1, "initiative": 0.1, "indicator": 0.987, "status": 0.8}
    )
    (other,) = linked.runners_up(Document.of(Article("a", "广州市")))["place"]
    assert other == Alternative("广州市", 0.6, 0, 3)


def test_alternatives_are_few_likely_and_best_first() -> None:
    document = Document.of(Article("a", "广州市去年"))
    others = [Choice(f"p{n}", "stated", "r", score=n / 100) for n in (3, 5, 20, 4, 30, 10)]
    year = Period(3, 5, "去年", 2019, date(2019, 1, 1), date(2019, 12, 31), "published", "time", "period.last")
    dated = [Choice(year, "stated", "r", 3, 5, 0.5)]
    linked = Linked([SURE, *others], [NONE, *dated], [NONE], [NONE], "actual", 0.9)
    found = linked.runners_up(document)
    assert [(item.value, item.confidence) for item in found["place"]] == [
        ("p30", 0.3), ("p20", 0.2), ("p10", 0.1), ("p5", 0.05),
    ]  # fmt: skip
    assert found["year"] == (Alternative(2019, 0.5, 3, 5),)
    assert found.keys() == {"place", "year"}, "a field without others is absent"


def test_a_record_says_how_sure_each_field_is(pipeline: Pipeline) -> None:
    (record,) = pipeline.extract("2020年，广州市专利质押融资额达54.14亿元。")
    assert record.status == "actual"
    assert list(record.field_confidence) == ["place", "year", "initiative", "indicator", "status"]
    assert all(share == round(share, 2) for share in record.field_confidence.values())
