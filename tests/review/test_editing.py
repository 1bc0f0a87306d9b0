"""A reviewer's own record is checked as the schema says, and everything that follows from a field follows."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from gongbao.places.gazetteer import Gazetteer
from gongbao.record import Record
from gongbao.review.editing import FieldErrors, edit, fields_of, new_record
from gongbao.review.texts import TextPair
from gongbao.rulebook.load import RuleSet

TEXT = "蘇州簡訊\n2020年，蘇州市簽約１２億元，服務企業300家！下一句。\n"
SIMPLE = "苏州简讯\n2020年，苏州市签约12亿元，服务企业300家！下一句。\n"
TEXTS = TextPair(TEXT, SIMPLE, ({"start": TEXT.index("１"), "end": TEXT.index("億"), "after": "12"},))


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(RuleSet.load())


@pytest.fixture
def base(build: ModuleType) -> dict[str, Any]:
    flags = ["damaged", "year_guessed", "place_guessed"]
    return dict(build.make_record("a.txt", TEXT, "１２億元", value=1200000000, flags=flags, confidence=0.4))


def test_a_form_that_was_not_touched_changes_nothing(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    assert edit(base, fields_of(base), TEXTS, gazetteer) == Record.model_validate(base).to_dict()


def test_a_place_brings_its_code_and_parts(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    done = edit(base, {"place": "上海市/浦东新区"}, TEXTS, gazetteer)
    parts = (done["place_code"], done["province"], done["city"], done["district"])
    assert parts == ("310115", "上海市", "上海市", "浦东新区")
    assert done["evidence"]["place"] == {"how": "stated", "rule": "reviewer", "start": None, "end": None}
    assert done["evidence"]["year"] == base["evidence"]["year"]
    assert done["flags"] == ["damaged", "year_guessed"]
    assert done["confidence"] == 1.0


def test_whoever_looked_is_sure_of_every_field(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    base["alternatives"] = {"place": [{"value": "广东省", "confidence": 0.3, "start": None, "end": None}]}
    done = edit(base, {"status": "planned"}, TEXTS, gazetteer)
    assert (done["status"], done["alternatives"], done["evidence"]) == ("planned", {}, base["evidence"])
    assert set(done["field_confidence"].values()) == {1.0} and len(done["field_confidence"]) == 5


def test_a_status_is_one_of_five(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    with pytest.raises(FieldErrors) as caught:
        edit(base, {"status": "hoped"}, TEXTS, gazetteer)
    assert caught.value.errors == {"status": ("one_of", "actual previous change planned rule")}


def test_a_place_abroad_is_its_country(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    done = edit(base, {"place": "美国"}, TEXTS, gazetteer)
    assert [done[name] for name in ("place", "place_code", "province", "city", "district")] == ["美国"] + [None] * 4


def test_a_name_that_only_one_place_has_is_enough(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    assert edit(base, {"place": "昆山市"}, TEXTS, gazetteer)["place"] == "江苏省/苏州市/昆山市"


def test_a_year_moves_the_days_of_the_period(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    done = edit(base, {"year": "2019"}, TEXTS, gazetteer)
    assert (done["year"], done["period_start"], done["period_end"]) == (2019, "2019-01-01", "2019-12-31")
    assert done["period"] is None, "the article's words say the other year"
    leap = {**base, "period_end": "2020-02-29"}
    assert edit(leap, {"year": "2019"}, TEXTS, gazetteer)["period_end"] == "2019-02-28"


def test_a_span_brings_words_sentence_and_identifier(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    start = TEXT.index("300家")
    form = {"start": str(start), "end": str(start + 4), "kind": "count", "unit": "家", "value": "300"}
    done = edit(base, form, TEXTS, gazetteer)
    assert (done["raw"], done["amount"]) == ("300家", "300家")
    assert done["sentence"] == "2020年，苏州市签约12亿元，服务企业300家！"
    assert TEXT[done["sentence_start"] : done["sentence_end"]] == "2020年，蘇州市簽約１２億元，服務企業300家！"
    assert done["record_id"] != base["record_id"]


def test_numbers_are_read_exactly(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    done = edit(base, {"value": "1,234,567.890123456789012345"}, TEXTS, gazetteer)
    assert str(done["value"]) == "1234567.890123456789012345"


BAD = [
    ({"value": "很多"}, "value", "number"),
    ({"value": "1e9"}, "value", "number"),
    ({"value": "NaN"}, "value", "number"),
    ({"value": ""}, "value", "needed"),
    ({"unit": "  "}, "unit", "needed"),
    ({"kind": "cash"}, "kind", "one_of"),
    ({"bound": "≥"}, "bound", "one_of"),
    ({"year": "20"}, "year", "year"),
    ({"year": "二〇二〇"}, "year", "year"),
    ({"period_start": "2020-13-01"}, "period_start", "date"),
    ({"period_end": "2019-01-01"}, "period_end", "order"),
    ({"place": "乌有市"}, "place", "place"),
    ({"place": "鼓楼区"}, "place", "place_ambiguous"),
    ({"start": "9", "end": "4"}, "end", "order"),
    ({"end": "99999"}, "end", "outside"),
    ({"start": "-1"}, "start", "offset"),
]


@pytest.mark.parametrize(("form", "field", "key"), BAD)
def test_what_is_not_as_the_schema_says_is_refused_by_field(
    base: dict[str, Any], gazetteer: Gazetteer, form: dict[str, str], field: str, key: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        edit(base, form, TEXTS, gazetteer)
    assert caught.value.errors[field][0] == key


def test_null_is_written_by_leaving_a_field_empty(base: dict[str, Any], gazetteer: Gazetteer) -> None:
    done = edit(base, {"place": "", "year": "", "initiative": ""}, TEXTS, gazetteer)
    assert [done[name] for name in ("place", "place_code", "province", "year", "period_start", "initiative")] == [
        None
    ] * 6


def test_a_missed_record_is_whole(gazetteer: Gazetteer) -> None:
    start = TEXT.index("300家")
    about = {"article_id": "a.txt", "title": "蘇州簡訊", "pub_date": "2021-01-08"}
    form = {"value": "300", "unit": "家", "kind": "count", "bound": "=", "place": "苏州市", "year": "2020"}
    record = new_record(about, start, start + 4, TEXTS, form, gazetteer)
    assert Record.model_validate(record).to_dict() == record
    assert (record["raw"], record["place"], record["evidence"]["amount"]["start"]) == ("300家", "江苏省/苏州市", start)
    assert record["status"] == "actual"


def test_a_missed_record_needs_its_amount(gazetteer: Gazetteer) -> None:
    with pytest.raises(FieldErrors) as caught:
        new_record({"article_id": "a.txt"}, 0, 2, TEXTS, {"kind": "count"}, gazetteer)
    assert set(caught.value.errors) == {"value", "unit", "bound"}


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"initiative": "字" * 301}, {"initiative": ("long", "300")}),
        ({"indicator": "签约\n金额"}, {"indicator": ("unseen", "U+000A")}),
        ({"unit": "元\x1b[31m"}, {"unit": ("unseen", "U+001B")}),
        ({"period": "\u202e年2020"}, {"period": ("unseen", "U+202E")}),
        ({"value_max": "1200000000"}, {"value_max": ("order", "1200000000")}),
        ({"value_max": "3"}, {"value_max": ("order", "3")}),
        ({"value": "-5", "value_max": "-9", "kind": "growth", "unit": "%"}, {}),
    ],
    ids=str,
)
def test_words_are_a_line_that_can_be_seen_and_ranges_run_upwards(
    base: dict[str, Any], gazetteer: Gazetteer, form: dict[str, str], wrong: dict[str, tuple[str, str]]
) -> None:
    try:
        found: dict[str, tuple[str, str]] = {}
        edit(base, form, TEXTS, gazetteer)
    except FieldErrors as error:
        found = error.errors
    assert found == wrong


def test_what_was_not_touched_stays_as_it_is_even_where_nobody_could_write_it(
    base: dict[str, Any], gazetteer: Gazetteer
) -> None:
    base |= {"initiative": "字" * 400, "indicator": "签约\u200e额"}
    done = edit(base, {**fields_of(base), "year": "2019"}, TEXTS, gazetteer)
    assert (done["initiative"], done["indicator"], done["year"]) == (base["initiative"], base["indicator"], 2019)
