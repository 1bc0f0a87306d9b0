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
