"""Names in lists that run in step (分别): the model's name for one amount is not given to its neighbour's."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from gongbao import Pipeline
from gongbao.document import Entity, NamePrediction
from gongbao.linking.linker import Linker
from gongbao.read import article_from_text


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """Rules alone: what the model says is said here."""
    return Pipeline(ner=None)


class Case(NamedTuple):
    """What a model says of every amount of a sentence, and what the records say: initiative and indicator of each."""

    id: str
    text: str
    initiative: str
    indicator: str
    expected: list[tuple[str, str]]


CASES = [
    Case(
        "the last member's name is not the first's",
        "服务机器人、传感器产量同比分别增长8.2%和3.4%。",
        "传感器",
        "传感器产量",
        [("服务机器人", "服务机器人"), ("传感器", "传感器产量")],
    ),
    Case(
        "members that end alike share what stands behind the last",
        "精密制造业、通用制造业增加值分别同比增长5%和4%。",
        "通用制造业",
        "通用制造业增加值",
        [("精密制造业", "精密制造业增加值"), ("通用制造业", "通用制造业增加值")],
    ),
    Case(
        "short members too",
        "城区、乡村居民用水价格分别为3.1元和2.6元。",
        "乡村居民用水",
        "乡村居民用水价格",
        [("城区居民用水价格", "城区居民用水价格"), ("乡村居民用水", "乡村居民用水价格")],
    ),
    Case(
        "the name of the whole list is nobody's",
        "省级、市级试验基地分别达到12家、30家。",
        "省级、市级试验基地",
        "省级、市级试验基地",
        [("省级试验基地", "省级试验基地"), ("市级试验基地", "市级试验基地")],
    ),
    Case(
        "what opens the first may belong to all",
        "汽车产量、销量分别增长6%、5%。",
        "汽车",
        "销量",
        [("汽车", "汽车产量"), ("汽车", "销量")],
    ),
    Case(
        "a name from elsewhere stays",
        "船舶工业稳步回升。完工量、新接订单量，分别达到30万吨、60万吨，同比分别增长9%、7%。",
        "船舶工业",
        "新接订单量",
        [("船舶工业", "完工量"), ("船舶工业", "新接订单量")] * 2,
    ),
    Case(
        "more names than amounts are no list in step",
        "稻谷、玉米、大豆产量分别增长3%和2%。",
        "大豆",
        "大豆产量",
        [("大豆", "大豆产量"), ("大豆", "大豆产量")],
    ),
    Case(
        "ordinals take the words of the last",
        "第一、二、三产业增加值分别为90亿元、140亿元和370亿元，同比分别增长2.5%、5.1%和5.5%。",
        "三产业",
        "三产业增加值",
        [(f"第{n}产业", f"第{n}产业增加值") for n in "一二三"] * 2,
    ),
    Case(
        "the number of a heading is no ordinal of a list",
        "一、二手房交易额和新房交易额分别为82亿元和34亿元。",
        "新房交易",
        "新房交易额",
        [("新房交易", "新房交易额")] * 2,
    ),
    Case(
        "a numeral in a name is no ordinal of a list",
        "三农、四新投资分别为2亿元和3亿元。",
        "四新",
        "四新投资",
        [("三农投资", "三农投资"), ("四新", "四新投资")],
    ),
    Case(
        "依次 is 分别",
        "服务机器人、传感器产量依次为82台和34台。",
        "传感器",
        "传感器产量",
        [("服务机器人", "服务机器人"), ("传感器", "传感器产量")],
    ),
    Case(
        "a list that changes its direction is one list",
        "服务机器人、传感器产量分别增长8.2%和下降3.4%。",
        "传感器",
        "传感器产量",
        [("服务机器人", "服务机器人"), ("传感器", "传感器产量")],
    ),
    Case(
        "one character may be alike by chance",
        "普通高中和中职学校分别增加3所和减少2所。",
        "中职学校",
        "中职学校",
        [("普通高中", "普通高中"), ("中职学校", "中职学校")],
    ),
    Case(
        "fewer rates than levels are in step with none",
        "资产、负债和利润总额分别为80亿元、50亿元和3亿元，分别增长8%、下降2%和增加3万元。",
        "资产",
        "资产",
        [("资产", "资产"), ("负债", "负债"), ("利润", "利润总额"), *[("资产", "资产")] * 3],  # as the model said
    ),
    Case(
        "what is measured in each place of a list is not the last one's",
        "宁波、温州财政收入分别为82亿元和34亿元。",
        "温州财政收入",
        "温州财政收入",
        [("财政收入", "财政收入")] * 2,
    ),
    Case(
        "nor is the list itself part of it",
        "宁波和温州财政收入分别为82亿元和34亿元。",
        "宁波和温州财政收入",
        "和温州财政收入",
        [("财政收入", "财政收入")] * 2,
    ),
    Case(
        "what belongs to one place stays its own",
        "宁波、温州分别承接上海转移的成果82项和34项。",
        "上海转移",
        "上海转移的成果",
        [("上海转移", "上海转移的成果")] * 2,
    ),
    Case(
        "places are left to the places",
        "甘肃、青海装机分别增长3%和2%。",
        "装机",
        "装机",
        [("装机", "装机"), ("装机", "装机")],
    ),
]


def _entity(text: str, name: str) -> tuple[Entity, ...]:
    start = text.index(name)
    return (Entity(start, start + len(name), name, "INITIATIVE", "model", 0.8),)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_names_in_step(pipeline: Pipeline, case: Case) -> None:
    document = pipeline.document(article_from_text(case.text, id="a"))
    said = NamePrediction(_entity(case.text, case.indicator), _entity(case.text, case.initiative))
    linker = Linker(pipeline.rules, pipeline.gazetteer)
    records = linker.link(document, [said] * len(document.quantities))
    assert [(record.initiative, record.indicator) for record in records] == case.expected


def test_the_evidence_is_the_member(pipeline: Pipeline) -> None:
    case = CASES[1]
    document = pipeline.document(article_from_text(case.text, id="a"))
    said = NamePrediction(_entity(case.text, case.indicator), _entity(case.text, case.initiative))
    first, _ = Linker(pipeline.rules, pipeline.gazetteer).link(document, [said] * 2)
    evidence = first.evidence["indicator"]
    assert evidence.rule == "indicator.respectively"
    assert case.text[evidence.start : evidence.end] == "精密制造业"


class Times(NamedTuple):
    """A sentence of an article of 2024, and the year and the beginning of the time of each amount."""

    id: str
    text: str
    expected: list[tuple[int, str]]


def _whole(*years: int) -> list[tuple[int, str]]:
    return [(year, f"{year}-01-01") for year in years]


TIMES = [
    Times(
        "years with and without 年",
        "2020、2021年和2022年，宁波市研发投入分别为12亿元、15亿元和18亿元。",
        _whole(2020, 2021, 2022),
    ),
    Times("依次", "2021—2022年，宁波市研发投入依次为12亿元、15亿元。", _whole(2021, 2022)),
    Times("no 分别 is needed", "宁波市2022年和2023年新增园区3家、5家。", _whole(2022, 2023)),
    Times(
        "the years of a span, for a second list as well",
        "2020—2022年，宁波市研发投入分别为12亿元、15亿元、18亿元，同比分别增长4%、5%、6%。",
        _whole(2020, 2021, 2022) * 2,
    ),
    Times("a span without 分别 is one time", "2021年至2022年，宁波市新增园区3家、5家。", [(2022, "2021-01-01")] * 2),
    Times(
        "months of the year before them",
        "宁波市今年1月和2月用电量分别增长2%、3%。",
        [(2024, "2024-01-01"), (2024, "2024-02-01")],
    ),
    Times("years to come", "到2025年和2030年，宁波市产值分别达到100亿元、200亿元。", _whole(2025, 2030)),
    Times(
        "two lists, each its own years",
        "2021年和2022年，宁波市分别投入3亿元和5亿元，2023年、2024年再投入7亿元、8亿元。",
        _whole(2021, 2022, 2023, 2024),
    ),
    Times("province and city are one place", "2021年和2022年，浙江省宁波市分别投入3亿元、5亿元。", _whole(2021, 2022)),
    Times("as many places stand nearer", "2021年和2022年，宁波市、温州市分别投入3亿元、5亿元。", _whole(2022, 2022)),
    Times("as many names stand nearer", "2021年和2022年，船舶、轴承产量分别增长9%和7%。", _whole(2022, 2022)),
    Times(
        "other amounts in between", "2021年和2022年，宁波市建成2个园区，投入3亿元、5亿元。", _whole(2022, 2022, 2022)
    ),
    Times("as many members without a comma", "2022年、2023年船舶、轴承产量分别增长9%和7%。", _whole(2023, 2023)),
    Times(
        "as many members of one character", "2022—2023年，宁波市进、出口分别增长3%、5%。", [(2023, "2022-01-01")] * 2
    ),
    Times("as many who act", "2022年和2023年，宁波市两家企业分别投资3亿元、5亿元。", _whole(2023, 2023, 2023)),
    Times("a rate a year over the span", "2022—2023年，宁波市收入年均分别增长3%、5%。", [(2023, "2022-01-01")] * 2),
    Times(
        "times with one beginning",
        "2023年一季度和上半年，宁波市产值分别增长3%、5%。",
        [(2023, "2023-01-01"), (2023, "2023-01-01")],
    ),
    Times("fewer years than amounts", "2021年和2022年，宁波市分别投入3亿元、5亿元、6亿元。", _whole(2022, 2022, 2022)),
    Times(
        "what is compared with is no list of times",
        "2023年，宁波市产值比2020年、2021年分别增长3%、5%。",
        _whole(2023, 2023),
    ),
]


@pytest.mark.parametrize("case", TIMES, ids=[case.id for case in TIMES])
@pytest.mark.parametrize("ner", [None, "tagger"])
def test_times_in_step(case: Times, ner: str | None) -> None:
    records = Pipeline(ner=ner).extract(case.text, pub_date="2024-03-01")
    assert [(record.year, str(record.period_start)) for record in records] == case.expected


def test_the_years_of_a_span_that_ends_nobody_knows_when_are_flagged(pipeline: Pipeline) -> None:
    records = pipeline.extract("近三年，宁波市投入分别为12亿元、15亿元、18亿元。", pub_date="2024-03-01")
    assert [record.year for record in records] == [2021, 2022, 2023]
    assert all("year_guessed" in record.flags for record in records)


def test_the_evidence_of_a_year_in_step_is_the_time_that_says_it() -> None:
    text = "2021年和2022年，宁波市分别投入3亿元、5亿元。"
    evidence = [record.evidence["year"] for record in Pipeline().extract(text, pub_date="2024-03-01")]
    assert [(e.rule, text[e.start : e.end]) for e in evidence] == [
        ("period.respectively", "2021年"),
        ("period.respectively", "2022年"),
    ]
