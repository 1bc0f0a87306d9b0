"""Places: what is found, which place it means, how it is carried, and what is not one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from gongbao.document import Place
from gongbao.errors import RuleError
from gongbao.places.gazetteer import Gazetteer
from gongbao.places.match import PlaceMatcher
from gongbao.places.names import on_borders
from gongbao.rulebook.load import RuleSet, check_examples
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.work import steps

CASES = Path(__file__).resolve().parents[1] / "cases"


@cache
def rules() -> RuleSet:
    return RuleSet.load()


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer.load(rules())


@cache
def matcher() -> PlaceMatcher:
    return PlaceMatcher(gazetteer(), rules())


def cases(name: str) -> list[Any]:
    return list(yaml.safe_load((CASES / name).read_text(encoding="utf-8")))


def said(place: Place) -> str:
    """A place as the case files write it."""
    return f"{place.text} | {place.place or '-'} | {place.form}"


def found(text: str, **known: Any) -> list[str]:
    return [said(place) for place in matcher().match(text, **known)]


def paths(text: str, **known: Any) -> list[str | None]:
    return [place.place for place in matcher().match(text, **known)]


@pytest.mark.parametrize("case", cases("synthetic/places_forms.yaml"), ids=lambda case: str(case["text"])[:16])
def test_forms(case: dict[str, Any]) -> None:
    assert found(case["text"]) == case["places"]


@pytest.mark.parametrize("case", cases("in_the_wild/places_articles.yaml"), ids=lambda case: str(case["text"])[:16])
def test_articles(case: dict[str, Any]) -> None:
    assert found(case["text"]) == case["places"]


@pytest.mark.parametrize("case", cases("negative/places_traps.yaml"), ids=lambda case: str(case)[:20])
def test_traps(case: str | dict[str, Any]) -> None:
    text, expected = (case, []) if isinstance(case, str) else (case["text"], case["places"])
    assert found(text) == expected


@pytest.mark.xfail(strict=True, reason="open")
@pytest.mark.parametrize("case", cases("known_failures/places_open.yaml"), ids=lambda case: str(case["text"])[:16])
def test_known_failures(case: dict[str, Any]) -> None:
    assert found(case["text"]) == case["places"]


def test_every_rule_keeps_its_examples() -> None:
    def run(text: str, pub_date: str | None) -> list[dict[str, Any]]:
        return [{name: getattr(place, name) for name in place.__dataclass_fields__} for place in matcher().match(text)]

    stages = [*rules().stage("places"), *rules().stage("place_forms")]
    assert len(stages) > 30
    assert check_examples(stages, run) == []


# -- one name, several places ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "path"),
    [
        ("南京市", "江苏省/南京市/鼓楼区"),
        ("徐州市", "江苏省/徐州市/鼓楼区"),
        ("福州市", "福建省/福州市/鼓楼区"),
        ("河南开封市", "河南省/开封市/鼓楼区"),
    ],
)
def test_the_parent_named_before_settles_a_district(before: str, path: str) -> None:
    assert paths(f"{before}出台办法。鼓楼区兑现资金500万元。")[-1] == path


def test_the_nearest_parent_wins() -> None:
    text = "福州市先行。鼓楼区办结20件。南京市随后。鼓楼区办结30件。"
    assert [p for p in paths(text) if p and p.endswith("鼓楼区")] == ["福建省/福州市/鼓楼区", "江苏省/南京市/鼓楼区"]


def test_a_parent_after_the_name_is_better_than_none() -> None:
    assert paths("鼓楼区办结20件，居南京市首位")[0] == "江苏省/南京市/鼓楼区"


def test_the_title_is_evidence_too() -> None:
    assert paths("鼓楼区办结20件", title="徐州市推进政务服务") == ["江苏省/徐州市/鼓楼区"]


def test_a_district_of_nowhere_is_left_open() -> None:
    (place,) = matcher().match("鼓楼区办结20件")
    assert (place.place, place.place_code, place.rank, place.ambiguous) == (None, None, "district", True)
    assert place.rule == "place.unresolved"


def test_a_mainland_district_is_not_taken_for_one_in_taiwan() -> None:
    assert paths("中山区招商30家") == ["辽宁省/大连市/中山区"]
    assert paths("台北市公布，中山区招商30家")[-1] == "台湾省/台北市/中山区"


def test_ambiguous_is_said_only_where_places_of_one_rank_compete() -> None:
    assert [place.ambiguous for place in matcher().match("南京市鼓楼区与长沙、海南、吉林签约")] == [False] * 4
    assert matcher().match("南京出台办法。鼓楼区跟进。")[-1].ambiguous


@pytest.mark.parametrize(
    "text", ["河南省安阳市发布。汤阴投资2亿元。", "汤阴县发布。汤阴投资2亿元。", "汤阴\n投资2亿元"]
)
def test_a_little_known_short_name_needs_a_reason(text: str) -> None:
    assert "河南省/安阳市/汤阴县" in paths(text)
    assert paths("汤阴投资2亿元") == []


def test_in_articles_on_many_provinces_a_short_name_must_follow_its_own() -> None:
    provinces = "湖南、湖北、广东、广西、江西、河南各有进展。"
    assert "湖南省/益阳市/安化县" in paths(f"{provinces}湖南方面，安化新增茶园2万亩。")
    assert "湖南省/益阳市/安化县" not in paths(f"{provinces}河南方面，安化新增茶园2万亩。")


# -- years -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "year", "path"),
    [
        ("巢湖市投资3亿元", None, "安徽省/合肥市/巢湖市"),
        ("巢湖市投资3亿元", 2009, "安徽省/巢湖市"),
        ("海门市出口增长", 2018, "江苏省/南通市/海门市"),
        ("海门市出口增长", 2024, "江苏省/南通市/海门市"),
        ("灵川县修渠", 1997, "广西壮族自治区/桂林地区/灵川县"),
        ("灵川县修渠", 2020, "广西壮族自治区/桂林市/灵川县"),
        ("两江新区出口增长", 2020, "重庆市"),
        ("两江新区出口增长", 2027, "重庆市/两江新区"),
    ],
)
def test_full_names_are_read_by_the_year(text: str, year: int | None, path: str) -> None:
    assert paths(text, year=year) == [path]


def test_a_bare_name_is_todays_place() -> None:
    assert paths("广西靖西开工项目9个", year=2013) == ["广西壮族自治区/百色市/靖西市"]


# -- spans and codes -------------------------------------------------------------------------------------------


def test_codes_and_rules_come_with_the_mention() -> None:
    text = "广州市知识产权局在天河区、琶洲设点，全国推广"
    got = [(place.text, place.place_code, place.rank, place.rule) for place in matcher().match(text)]
    assert got == [
        ("广州市", "440100", "city", "place.office"),
        ("天河区", "440106", "district", "place.name"),
        ("琶洲", "440105", "district", "place.zone"),
        ("全国", "000000", "country", "place.nation"),
    ]


def test_the_next_name_ends_what_an_office_may_reach() -> None:
    forms = {place.text: place.form for place in matcher().match("苏州联合浙江省知识产权局发布")}
    assert forms == {"苏州": "name", "浙江省": "organisation"}


PIECES = (
    *("南京市", "鼓楼区", "江宁国家", "全市", "在沪", "京沪高铁", "（上海）", "12.5亿元", "和平"),
    *("、", "\n", " ", "😀", "𠮷", "\ud800"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_spans_are_in_order_apart_and_the_texts_own(text: str) -> None:
    end = 0
    for place in matcher().match(text):
        assert end <= place.start < place.end <= len(text)
        assert place.text == text[place.start : place.end]
        assert place.place_code == gazetteer().code_of(place.place)
        end = place.end


@pytest.mark.parametrize(
    ("text", "name", "inside"),
    [
        ("江宁国家级", "宁国", False),
        ("到宁国市", "宁国", True),
        ("建成都市圈", "成都", False),
        ("飞成都市区", "成都", True),
    ],
)
def test_names_stand_on_word_borders(text: str, name: str, inside: bool) -> None:
    start = text.index(name)
    assert on_borders(text, start, start + len(name), 300) is inside


# -- a user's own tables and rules -----------------------------------------------------------------------------


def test_a_users_folder_adds_places_zones_and_words(tmp_path: Path) -> None:
    (tmp_path / "places").mkdir()
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "places" / "zones.csv").write_text("name,place,kind\n滨河智谷,江苏省/苏州市,zone\n", encoding="utf-8")
    (tmp_path / "lexicon" / "place_known.txt").write_text("汤阴\n", encoding="utf-8")
    own = RuleSet.load(tmp_path)
    mine = PlaceMatcher(Gazetteer.load(own), own)
    assert [said(place) for place in mine.match("滨河智谷与汤阴签约")] == [
        "滨河智谷 | 江苏省/苏州市 | zone",
        "汤阴 | 河南省/安阳市/汤阴县 | name",
    ]
    assert found("滨河智谷与汤阴签约") == []


def test_a_place_that_nobody_knows_is_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "mine.yaml").write_text(
        "rules:\n  - id: my.rule\n    name: 试\n    gives: {form: name, rank: city, place: 江苏省/无此市}\n"
        "    pattern: '区'\n    examples: {yes: [{text: 试}]}\n",
        encoding="utf-8",
    )
    own = RuleSet.load(tmp_path)
    with pytest.raises(RuleError, match="unknown place") as raised:
        PlaceMatcher(Gazetteer.load(own), own)
    assert str(raised.value.where).endswith("mine.yaml:2")


# -- the annotated articles ------------------------------------------------------------------------------------


@pytest.mark.shared
def test_the_places_of_the_annotated_facts_are_among_those_found(shared: Path) -> None:
    """On the annotated articles, 999 of 1,000 facts have their place named; the linker chooses among them."""
    from gongbao.chinese.script import convert
    from gongbao.repair.text import repair

    asked = missed = 0
    for name in ("seed", "economy", "livelihood", "innovation"):
        for line in (shared / "annotated" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            title = convert(article["title"] or "").text or None
            places = set(paths(convert(repair(article["text"]).text).text, title=title))
            for fact in article["facts"]:
                wanted = {fact["place"], *(fact.get("place_also") or [])} - {None}
                asked += bool(wanted)
                missed += bool(wanted) and not wanted & places
    assert asked > 1300
    assert missed / asked <= 0.005


def test_a_long_line_takes_no_more_work_than_its_length_asks() -> None:
    line = "南京市鼓楼区与杭州西湖区、海州签约12项，全市投资3亿元。" * 20
    matcher().match(line)
    assert steps(lambda: matcher().match(line * 8)) < 16 * steps(lambda: matcher().match(line))
