"""A user's script: `test_wheel.py` and `.ci/wheels.py` have strict mypy check it over the installed wheel, and run it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import assert_type

from gongbao import Article, Failure, GongbaoError, Pipeline, Record, Records

pipeline = Pipeline(ner=None)


def largest(text: str, published: date | str | None = None) -> Decimal | None:
    records = pipeline.extract(text, pub_date=published)
    assert_type(records, Records)
    assert_type(records[:10], Records)
    return max((record.value for record in records if record.kind == "money"), default=None)


def facts(rows: list[tuple[str, int]]) -> Iterator[tuple[int, Record]]:
    for result, row in pipeline.pipe(rows, as_tuples=True):
        if isinstance(result, Failure):
            assert_type(result.code, str)
            continue
        for record in result.records:
            yield row, record


text = "去年，宁波市投入资金3亿元。"
try:
    assert largest(text, date(2021, 1, 9)) == 300_000_000
except GongbaoError as error:
    print(error.message, error.where, error.fix)
((row, record),) = facts([(text, 17), ("", 18)])
assert_type(record.place, str | None)
assert_type(record.year, int | None)
assert_type(record.evidence["place"].start, int | None)
dated = Article("a", text, pub_date=date(2021, 1, 9))
named: list[str | dict[str, str] | Article] = [dated, {"text": text, "pub_date": "2021/01/09"}, text]
years = [item.records[0].year for item in pipeline.pipe(named) if not isinstance(item, Failure)]
print(row, record.place, years)
