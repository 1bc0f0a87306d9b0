"""Tables: numbers whose unit stands in a header, a row's label or a caption, and numbers that nobody can read.

Every case is a small bulletin; `expected` lists (raw, kind, value, unit, place, year, indicator) in text order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import pytest
from gongbao import Pipeline
from gongbao.document import Article, Extraction
from gongbao.layout.tables import find_tables
from gongbao.record import Record
from hypothesis import given
from hypothesis import strategies as st

Fact = tuple[str, str, str, str, str | None, int | None, str | None]
RUIAN, YUEQING = "浙江省/温州市/瑞安市", "浙江省/温州市/乐清市"
HUBEI, GUANGZHOU = "湖北省", "广东省/广州市"


class Case(NamedTuple):
    id: str
    text: str
    expected: list[Fact]
    left: int = 0


READ = [
    Case(
        "unit in the header, apart by tabs",
        "各县区2021年造林情况\n县区\t造林面积（亩）\t投资额（万元）\n瑞安市\t1,200\t35.5\n乐清市\t900\t-2\n",
        [
            ("1,200", "measure", "1200", "亩", RUIAN, 2021, "造林面积"),
            ("35.5", "money", "355000", "元", RUIAN, 2021, "投资额"),
            ("900", "measure", "900", "亩", YUEQING, 2021, "造林面积"),
            ("-2", "money", "-20000", "元", YUEQING, 2021, "投资额"),
        ],
    ),
    Case(
        "unit in a caption; years as headers; the rate is the later year's",
        "表2 广州市技术合同成交额\n（单位：亿元、%）\n\t2020\t2021\t增速\n合计\t120\t150\t25\n",
        [
            ("120", "money", "12000000000", "元", GUANGZHOU, 2020, "技术合同成交额"),
            ("150", "money", "15000000000", "元", GUANGZHOU, 2021, "技术合同成交额"),
            ("25", "growth", "25", "%", GUANGZHOU, 2021, "技术合同成交额"),
        ],
    ),
    Case(
        "a column of units",
        "湖北省2021年运行简表\n指标\t单位\t绝对数\t比上年增长（%）\n粮食产量\t万吨\t2700\t1.1\n其中：稻谷\t万吨\t1800\t-0.5\n",
        [
            ("2700", "measure", "27000000", "吨", HUBEI, 2021, "粮食产量"),
            ("1.1", "growth", "1.1", "%", HUBEI, 2021, "粮食产量"),
            ("1800", "measure", "18000000", "吨", HUBEI, 2021, "稻谷"),
            ("-0.5", "growth", "-0.5", "%", HUBEI, 2021, "稻谷"),
        ],
    ),
    Case(
        "units in labels, Markdown",
        "湖北省统计表\n| 指标 | 2020年 | 2021年 |\n|---|---:|---:|\n| 公路里程（公里） | 28.9 | 29.7 |\n| 绿化率（%） | 41 | 42 |\n",
        [
            ("28.9", "measure", "28.9", "公里", HUBEI, 2020, "公路里程"),
            ("29.7", "measure", "29.7", "公里", HUBEI, 2021, "公路里程"),
            ("41", "percent", "41", "%", HUBEI, 2020, "绿化率"),
            ("42", "percent", "42", "%", HUBEI, 2021, "绿化率"),
        ],
    ),
    Case(
        "apart by spaces; serial numbers are no facts; a place in a cell of its own",
        "2021年温州市水利项目\n序号 项目名称 所在地 总投资（亿元）\n1 东溪水库 瑞安市 3.5\n2 西江泵站 乐清市 1.2\n",
        [
            ("3.5", "money", "350000000", "元", RUIAN, 2021, "总投资"),
            ("1.2", "money", "120000000", "元", YUEQING, 2021, "总投资"),
        ],
    ),
    Case(
        "two lines of header",
        "2021年两地对比\n县区\t游客\t\t旅游收入\t\n\t人次（万人次）\t增长（%）\t绝对数（亿元）\t增长（%）\n瑞安市\t120\t8.2\t60\t1.1\n",
        [
            ("120", "count", "1200000", "人次", RUIAN, 2021, "游客人次"),
            ("8.2", "growth", "8.2", "%", RUIAN, 2021, "游客"),
            ("60", "money", "6000000000", "元", RUIAN, 2021, "旅游收入"),
            ("1.1", "growth", "1.1", "%", RUIAN, 2021, "旅游收入"),
        ],
    ),
    Case(
        "a total over serial number and label; a header written in both lines",
        "2021年两县\n序号\t县区\t投资\t\t备注\n序号\t县区\t总额（亿元）\t增长（%）\t备注\n"
        "1\t瑞安市\t3\t5\n2\t乐清市\t4\t6\t含续建\n合计\t\t7\t5.5\n",
        [
            ("3", "money", "300000000", "元", RUIAN, 2021, "投资"),
            ("5", "growth", "5", "%", RUIAN, 2021, "投资"),
            ("4", "money", "400000000", "元", YUEQING, 2021, "投资"),
            ("6", "growth", "6", "%", YUEQING, 2021, "投资"),
            ("7", "money", "700000000", "元", "浙江省/温州市", 2021, "投资"),
            ("5.5", "growth", "5.5", "%", "浙江省/温州市", 2021, "投资"),
        ],
    ),
    Case(
        "the later year first",
        "广州市年报\n项目\t2021年\t2020年\t同比（%）\n税收（万元）\t120\t100\t20\n",
        [
            ("120", "money", "1200000", "元", GUANGZHOU, 2021, "税收"),
            ("100", "money", "1000000", "元", GUANGZHOU, 2020, "税收"),
            ("20", "growth", "20", "%", GUANGZHOU, 2021, "税收"),
        ],
    ),
    Case(
        "places as columns",
        "2021年对比表\n指标\t武汉\t襄阳\n新增企业（户）\t300\t100\n增长（%）\t5\t-2\n",
        [
            ("300", "count", "300", "户", "湖北省/武汉市", 2021, "新增企业"),
            ("100", "count", "100", "户", "湖北省/襄阳市", 2021, "新增企业"),
            ("5", "growth", "5", "%", "湖北省/武汉市", 2021, "新增企业"),
            ("-2", "growth", "-2", "%", "湖北省/襄阳市", 2021, "新增企业"),
        ],
    ),
    Case(
        "years as labels, remarks left out at the end of a row",
        "年份\t企业数（家）\t备注\n2020年\t120\n2021年\t140\n",
        [("120", "count", "120", "家", None, 2020, "企业数"), ("140", "count", "140", "家", None, 2021, "企业数")],
    ),
    Case(
        "a total is about the whole, and so is the text after the table",
        "2021年浙江省简报\n县区\t投资（亿元）\n瑞安市\t3\n乐清市\t4\n合计\t7\n共有企业20家参与。\n",
        [
            ("3", "money", "300000000", "元", RUIAN, 2021, "投资"),
            ("4", "money", "400000000", "元", YUEQING, 2021, "投资"),
            ("7", "money", "700000000", "元", "浙江省/温州市", 2021, "投资"),
            ("20家", "count", "20", "家", "浙江省", 2021, "企业"),
        ],
    ),
    Case(
        "traditional characters",
        "各縣市補助（單位：萬元）\n縣市\t金額\n臺南市\t1200\n高雄市\t900\n",
        [
            ("1200", "money", "12000000", "新台币", "台湾省/台南市", 2022, "补助"),
            ("900", "money", "9000000", "新台币", "台湾省/高雄市", 2022, "补助"),
        ],
    ),
    Case(
        "a row that lost a cell is left",
        "2021年两县\n市\t县区\t投资（亿元）\t占比（%）\n温州市\t瑞安市\t3\t5\n乐清市\t4\t6\n",
        [
            ("3", "money", "300000000", "元", RUIAN, 2021, "投资"),
            ("5", "percent", "5", "%", RUIAN, 2021, "投资"),
        ],
        left=2,
    ),
    Case(
        "cells that write their units keep them",
        "2021年简表\n县区\t投资\t增幅\n瑞安市\t3亿元\t5%\n",
        [
            ("3亿元", "money", "300000000", "元", RUIAN, 2021, "投资"),
            ("5%", "growth", "5", "%", RUIAN, 2021, "投资"),
        ],
    ),
]

UNREAD = [
    Case("no unit anywhere", "园区表\n园区\t面积\t产值\n甲园\t120\t300\n乙园\t130\t400\n", [], 4),
    Case("no header", "甲公司 12 34 56\n乙公司 22 33 44\n", [], 6),
    Case("a caption's money holds for no heads", "单位：亿元\n县区\t企业数\t人口\n瑞安市\t120\t140\n", [], 2),
    Case("a caption's money holds for no rates", "单位：亿元\n县区\t增速\n瑞安市\t8.2\n", [], 1),
    Case("two units that contradict one another", "指标\t金额（亿元）\n新增企业（户）\t300\n", [], 1),
    Case("years and ranks are no amounts", "单位：万元\n县区\t开工时间\t排名\n瑞安市\t2021\t3\n乐清市\t2020\t1\n", []),
    Case("a magnitude is no unit", "县区\t人数（万）\n瑞安市\t120\n", [], 1),
    Case("a second table has its own header", "县区\t投资（亿元）\n瑞安市\t待定\n园区\t排名情况\n甲园\t300\n", [], 1),
    Case("prose with spaces", "今年 3 月 我们 走访 了 12 个 村\n明年 再 去\n", []),
]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


def extract(pipeline: Pipeline, text: str) -> Extraction:
    (result,) = pipeline.pipe([{"text": text, "pub_date": "2022-05-20", "id": "t"}])
    assert isinstance(result, Extraction)
    return result


def fact(record: Record) -> Fact:
    return (
        record.raw,
        record.kind,
        str(record.value.normalize() if record.value % 1 else int(record.value)),
        record.unit,
        record.place,
        record.year,
        record.indicator,
    )


@pytest.mark.parametrize("case", READ, ids=lambda case: case.id)
def test_read(pipeline: Pipeline, case: Case) -> None:
    result = extract(pipeline, case.text)
    assert [fact(record) for record in result.records] == case.expected
    assert result.counts["table_numbers_left"] == case.left


@pytest.mark.parametrize("case", UNREAD, ids=lambda case: case.id)
def test_not_read(pipeline: Pipeline, case: Case) -> None:
    result = extract(pipeline, case.text)
    assert [r for r in result.records if r.evidence["amount"].rule == "table.cell"] == []
    assert result.counts["table_numbers_left"] == case.left


def test_evidence_points_at_cell_header_and_unit(pipeline: Pipeline) -> None:
    text = "单位：万元\n縣區\t2021年補助\n瑞安市\t１２０\n"
    (record,) = extract(pipeline, text).records
    assert (record.raw, record.amount, record.value) == ("１２０", "120", Decimal(1200000))
    spans = {name: text[item.start or 0 : item.end or 0] for name, item in record.evidence.items()}
    assert spans == {
        "place": "瑞安市",
        "year": "2021年",
        "initiative": "補助",
        "indicator": "補助",
        "amount": "１２０",
        "unit": "万元",
    }
    assert record.evidence["unit"].how == "heading"
    assert "unit_from_table" in record.flags
    assert record.sentence == "瑞安市\t120"


def test_rows_are_no_headings(pipeline: Pipeline) -> None:
    found = pipeline.document(Article("t", "简报\n瑞安市\t甲\t12\n乐清市\t乙\t13\n全市共有企业20家，都已复工。\n"))
    assert len(found.outline.sections) == 1


@given(st.text(alphabet="县市万元（）|\t \n2013.,年-甲", max_size=60))
def test_cells_lie_in_their_lines(text: str) -> None:
    for table in find_tables(text):
        assert not table.columns or len(table.columns) > 1
        for row in table.rows:
            for start, end in row:
                assert 0 <= start <= end <= len(text)
                assert "\n" not in text[start:end]
                assert any(low <= start and end <= high for low, high in table.lines)
