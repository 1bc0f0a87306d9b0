"""Tools for writers of rules."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from gongbao import Pipeline
from gongbao.document import Article
from gongbao.errors import RuleError
from gongbao.rulebook.check import check_rules, coverage
from gongbao.rulebook.explain import explain, near_misses
from gongbao.rulebook.load import SHIPPED, RuleSet
from gongbao.rulebook.rulefile import RuleFile
from gongbao.rulebook.template import template

TEXT = "2021年，宁波市投入3亿元，比2019年增长8%。编号20210003号。"


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


def test_every_example_of_every_shipped_rule_holds() -> None:
    assert check_rules(RuleSet.load()) == []


def test_the_schema_file_is_that_of_the_loader() -> None:
    assert json.loads((SHIPPED / "rule.schema.json").read_text(encoding="utf-8")) == RuleFile.model_json_schema()


def test_coverage_counts_articles_and_names_rules_that_never_fired(pipeline: Pipeline) -> None:
    counted = coverage(pipeline.rules, pipeline.pipe([Article("a", TEXT)]))
    assert counted.articles == 1
    assert any(name.startswith("money") or "money" in name for name in counted.fired)
    assert not set(counted.fired) & set(counted.never)


def test_explain_names_matches_scope_and_rule_files(pipeline: Pipeline) -> None:
    lines = list(explain(pipeline, Article("a", TEXT)))
    text = "\n".join(lines)
    assert "'3亿元'" in text and ".yaml:" in text
    assert re.search(r"place = 浙江省/宁波市 0\.\d\d \[stated", text)


def test_explain_agrees_with_the_records_and_says_what_spoke_for_them() -> None:
    whole = Pipeline()
    lines = list(explain(whole, Article("a", TEXT)))
    for record in whole.extract(Article("a", TEXT)):
        assert any(
            line.startswith(f"    place = {record.place} {record.field_confidence['place']:.2f}") for line in lines
        )
        assert any(line.startswith(f"    initiative = {record.initiative} ") for line in lines)
    assert any("for the first: " in line for line in lines)


def test_explain_at_an_offset_keeps_to_it(pipeline: Pipeline) -> None:
    at = TEXT.index("8%")
    matched = [line for line in explain(pipeline, Article("a", TEXT), at) if line.startswith("  quantity")]
    assert len(matched) == 1 and "8%" in matched[0]


def test_near_misses_say_what_stood_in_the_way(pipeline: Pipeline) -> None:
    misses = near_misses(pipeline, pipeline.document(Article("a", TEXT)))
    assert all(miss.reason for miss in misses)


def test_a_template_is_a_rule_that_finds_its_own_example(tmp_path: Path) -> None:
    text = template("每户奖励3.5万元，次月发放。", "奖励3.5万元", identifier="money.bonus", name="奖金")
    file = tmp_path / "quantities" / "bonus.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    assert check_rules(RuleSet.load(tmp_path)) == []
    (record,) = Pipeline(rules=[tmp_path], ner=None).extract("宁波市每户奖励12万元。")
    assert (record.amount, record.value, record.unit) == ("12万元", 120000, "元")
    assert record.evidence["amount"].rule == "money.bonus"
    assert yaml.safe_load(text)["rules"][0]["name"] == "奖金"


HARD_TO_QUOTE = [
    # what YAML would read otherwise: a selection, in a sentence
    ("奖励3万元}: x", "每户奖励3万元}: x"),
    ("奖励\n3万元", "每户奖励\n3万元，发给农户。"),
    ("3盏\x07", "路灯3盏\x07"),
    ("“3'\"套", "“3'\"套"),
    ("3no", "每户3no"),
    ("3\\U0001", "每户3\\U0001"),
    ("3盏\u2028", "路灯3盏\u2028"),
]


@pytest.mark.parametrize(("selected", "sentence"), HARD_TO_QUOTE)
def test_a_template_quotes_what_yaml_would_read_otherwise(tmp_path: Path, selected: str, sentence: str) -> None:
    (tmp_path / "quantities").mkdir()
    path = tmp_path / "quantities" / "mine.yaml"
    path.write_text(template(sentence, selected, identifier="a.b", name=selected), encoding="utf-8")
    (rule,) = [rule for rule in RuleSet.load(tmp_path).stage("quantities") if rule.id == "a.b"]
    assert (rule.name, rule.examples.yes[0].text) == (selected, sentence)


@pytest.mark.parametrize(
    ("sentence", "selected", "identifier"),
    [
        ("每户3万元", "5万元", "money.bonus"),
        ("每户3万元", "", "money.bonus"),
        ("每户3万元", "3万元", "Money Bonus"),
        ("每户奖励", "奖励", "money.bonus"),
    ],
)
def test_a_template_needs_a_selection_and_a_good_id(sentence: str, selected: str, identifier: str) -> None:
    with pytest.raises(RuleError):
        template(sentence, selected, identifier=identifier)


def test_the_rule_in_the_docs_holds(tmp_path: Path) -> None:
    page = (SHIPPED.parent / "docs" / "rules.md").read_text(encoding="utf-8")
    file = tmp_path / "quantities" / "bonus.yaml"
    file.parent.mkdir()
    file.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert check_rules(RuleSet.load(tmp_path)) == []
