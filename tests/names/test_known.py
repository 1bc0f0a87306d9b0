"""Known names: an article that says one in any wording gets the name; near an amount it has a head start; nothing is
swallowed.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from gongbao import Pipeline
from gongbao.document import Article
from gongbao.errors import RuleError
from gongbao.names.known import FILE, KnownNames, read_known, written
from gongbao.rulebook.explain import explain

TABLE = """\
name,aliases
海岸带修复计划,海岸带修复行动；滨海湿地修复计划
渔港改造贷款,以渔港作抵押的贷款
企业,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("mine")
    (path / FILE).write_text("\ufeff" + TABLE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pipelines(folder: Path) -> tuple[Pipeline, Pipeline]:
    return Pipeline(), Pipeline(rules=[folder])


SAID = [
    # sentence, amount, what the record says of the initiative, what the evidence shows
    ("2022年，台州市海岸带修复行动投入资金3亿元。", "3亿元", "海岸带修复计划", "海岸带修复行动"),
    ("2022年，台州市“海岸带修复”行动投入资金3亿元。", "3亿元", "海岸带修复计划", "海岸带修复”行动"),
    ("2022年，台州市海岸带修复计划投入资金3亿元。", "3亿元", "海岸带修复计划", "海岸带修复计划"),
    ("2023年，舟山市以渔港作抵押的贷款发放6.5亿元。", "6.5亿元", "渔港改造贷款", "以渔港作抵押的贷款"),
]


@pytest.mark.parametrize(("sentence", "amount", "name", "wording"), SAID)
def test_a_wording_gives_the_name_and_stays_in_the_evidence(
    pipelines: tuple[Pipeline, Pipeline], sentence: str, amount: str, name: str, wording: str
) -> None:
    (record,) = (r for r in pipelines[1].extract(sentence) if r.raw == amount)
    shown = record.evidence["initiative"]
    assert record.initiative == name and shown.start is not None
    assert sentence[shown.start : shown.end].strip("“”") == wording
    assert (shown.rule == "name.known") == (wording != name)
    assert name not in [other.value for other in record.alternatives.get("initiative", ())]


def test_the_explanation_names_the_head_start(pipelines: tuple[Pipeline, Pipeline]) -> None:
    article = Article("a", "2023年，舟山市以渔港作抵押的贷款发放6.5亿元。")
    said = "\n".join(explain(pipelines[1], article, None))
    assert "is_known 1 against 0" in said
    assert "is_known" not in "\n".join(explain(pipelines[0], article, None))


NOT_SWALLOWED = [
    # a bare noun in the table, a name that goes on and is another thing, the amount of a clause after or before that
    # of a name, no name at all
    "2022年，台州市高新技术企业达到320家。",
    "2022年，台州市渔港改造贷款贴息资金管理办法补助2000万元。",
    "2022年，台州市发放渔港改造贷款3亿元，新建农村公路120公里。",
    "2022年，台州市新建农村公路120公里，并启动海岸带修复计划。",
    "2022年，台州市接待游客1200万人次。",
]


@pytest.mark.parametrize("sentence", NOT_SWALLOWED)
def test_what_is_no_known_name_is_called_as_without_any(pipelines: tuple[Pipeline, Pipeline], sentence: str) -> None:
    without, with_names = (p.extract(sentence) for p in pipelines)
    assert [r.initiative for r in with_names] == [r.initiative for r in without]


def test_of_overlapping_names_the_longest_is_said_and_none_over_a_comma() -> None:
    known = KnownNames({name: name for name in ("渔港改造贷", "渔港改造贷款", "湿地修复工程")})
    text = "渔港改造贷款和渔港改造，贷款；“湿地”修复工程"
    assert [text[start:end] for start, end in known.mentions(text)] == ["渔港改造贷款", "湿地”修复工程"]


def test_they_are_known_by_rules_alone_too_and_where_a_pipeline_is_sent(folder: Path) -> None:
    sentence = "2022年，海岸带修复行动投入资金3亿元。"
    pipeline = Pipeline(rules=[folder], ner=None)
    for each in (pipeline, pickle.loads(pickle.dumps(pipeline))):
        (record,) = each.extract(sentence)
        assert record.initiative == "海岸带修复计划"


def test_a_table_is_written_as_it_is_read(tmp_path: Path) -> None:
    names = {"海岸带修复计划": ("海岸带修复行动", "滨海湿地修复计划"), "渔港, 改造": ()}
    (tmp_path / FILE).write_text(written(names), encoding="utf-8")
    assert read_known(tmp_path / FILE) == names


@pytest.mark.parametrize(
    ("table", "where", "message"),
    [
        ("names,aliases\n", f"{FILE}:1", "'name' is missing"),
        ("name,aliases\n渔港,\n,渔场\n", f"{FILE}:3", "without a name"),
        ("name,aliases\n渔港,\n渔港,渔场\n", f"{FILE}:3", "two rows"),
        ("name,aliases\n渔港,渔场,港口\n", f"{FILE}:2", "more cells"),
        ('name,aliases\n渔港,"渔场\n海港,\n', FILE, "not readable as CSV"),
        ('name,aliases\n渔港,"渔场\n海港"\n', f"{FILE}:3", "several lines"),
        ("name,aliases\n渔港,渔场\n海港,渔场\n", FILE, "渔场 is said to be 渔港 and 海港"),
    ],
)
def test_a_mistake_in_the_table_is_named(tmp_path: Path, table: str, where: str, message: str) -> None:
    (tmp_path / FILE).write_text(table, encoding="utf-8")
    with pytest.raises(RuleError, match=message) as caught:
        KnownNames.load([tmp_path])
    assert (caught.value.where or "").endswith(where) and caught.value.fix
