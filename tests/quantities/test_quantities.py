"""Quantities: what is found with which values, what is none, and how the rules are put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from gongbao.canonical import plain_number
from gongbao.document import Quantity
from gongbao.errors import RuleError, RuleTimeout
from gongbao.quantities.match import QuantityMatcher
from gongbao.rulebook.load import RuleSet, check_examples
from gongbao.rulebook.pattern import leading_group
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = Path(__file__).resolve().parents[1] / "cases"


@cache
def rules() -> RuleSet:
    return RuleSet.load()


@cache
def matcher() -> QuantityMatcher:
    return QuantityMatcher(rules())


def cases(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((CASES / name).read_text(encoding="utf-8")))


def said(quantity: Quantity) -> dict[str, Any]:
    """A quantity as the case files write it."""
    row: dict[str, Any] = {"amount": quantity.text, "kind": quantity.kind, "value": float(quantity.value)}
    if quantity.value_max is not None:
        row["value_max"] = float(quantity.value_max)
    row["unit"] = quantity.unit
    if quantity.bound != "=":
        row["bound"] = quantity.bound
    return row


def wanted(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    numbers = {"value", "value_max"}
    return [{k: float(v) if k in numbers else v for k, v in row.items()} for row in case.get("found", [])]


def found(text: str) -> list[dict[str, Any]]:
    return [said(quantity) for quantity in matcher().match(text)]


FOUND = cases("in_the_wild/quantities_sentences.yaml") + cases("synthetic/quantities_guide.yaml")


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case["text"][:20])
def test_finds(case: dict[str, Any]) -> None:
    assert found(case["text"]) == wanted(case)


@pytest.mark.parametrize("case", cases("negative/quantities_none.yaml"), ids=lambda case: case["text"][:20])
def test_finds_nothing(case: dict[str, Any]) -> None:
    assert found(case["text"]) == []


@pytest.mark.parametrize("case", cases("known_failures/quantities_open.yaml"), ids=lambda case: case["text"][:20])
@pytest.mark.xfail(reason="not understood yet: move the case to its place when it is", strict=True)
def test_will_find(case: dict[str, Any]) -> None:
    assert found(case["text"]) == wanted(case)


def test_every_example_of_the_amount_rules_holds() -> None:
    assert check_examples(rules().stage("quantities"), lambda text, _: [asdict(q) for q in matcher().match(text)]) == []


@pytest.mark.parametrize("stage", ["quantity_cues", "not_facts"])
def test_every_example_of_the_other_rules_holds(stage: str) -> None:
    stage_rules = rules().stage(stage)

    def own(text: str, _: str | None) -> list[dict[str, Any]]:
        return [{"text": match[0], "rule": rule.id} for rule in stage_rules for match in rule.finditer(text)]

    assert stage_rules
    assert check_examples(stage_rules, own) == []


@pytest.mark.parametrize("rule", rules().stage("not_facts"), ids=lambda rule: rule.id)
def test_what_is_no_fact_gives_no_quantity(rule: Any) -> None:
    for example in rule.examples.yes:
        at = example.text.index(example.find)
        spans = [(q.start, q.end) for q in matcher().match(example.text)]
        assert all(end <= at or start >= at + len(example.find) for start, end in spans), example.text


def test_both_stages_read_numbers_alike() -> None:
    heads = {
        leading_group(rule.expanded)
        for stage, name in (("quantities", "percent.sign"), ("not_facts", "not.year"))
        for rule in rules().stage(stage)
        if rule.id == name
    }
    assert len(heads) == 1
    assert heads != {""}


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("新增约35件", "约"),
        ("面积超过3亩", "超过"),
        ("同比增长5%", "增长"),
        ("同比下降了近10%", "下降"),
        ("合计35件", None),
        ("失业率为5%", None),
        ("工业增速为6.3%", None),
        ("总投资新台币3亿元", "新台币"),
    ],
)
def test_the_cue_before_an_amount(text: str, cue: str | None) -> None:
    (quantity,) = matcher().match(text)
    if cue is None:
        assert quantity.cue_start is None
    else:
        assert quantity.cue_start is not None
        assert text[quantity.cue_start : quantity.start].startswith(cue)


def test_amounts_of_an_article_stand_in_their_lines() -> None:
    text = "甲市公报\n一、总体\n全年引进项目12个。\n\n二、分项\n投资3.5亿元，增长8%。"
    assert [(q.text, text[q.start : q.end]) for q in matcher().match(text)] == [
        (x, x) for x in ("12个", "3.5亿元", "8%")
    ]


WORDS = """约 近 超过 3 5.6 1,200 十 三百 万 亿 元 % 个百分点 倍 家 年 月 2020年 至 - 、 和 ， 。 增长 下降 同比 分别 占 第 “ ” 《 》
（ ） 多 余 以上 左右 成 分之 一 半 美元 企业 GDP 5G 😀 𠮷 每 人 由 到 翻 番"""
ATOMS = st.sampled_from([*WORDS.split(), "\n", " ", "\u3000"])


@given(st.lists(ATOMS, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_spans_are_ordered_and_hold_their_text(text: str) -> None:
    quantities = matcher().match(text)
    for quantity in quantities:
        assert text[quantity.start : quantity.end] == quantity.text
        assert quantity.text.strip() == quantity.text != ""
        assert quantity.value.is_finite()
        assert quantity.cue_start is None or quantity.cue_start <= quantity.start
        plain_number(quantity.value)
    assert all(a.end <= b.start for a, b in pairwise(quantities))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_takes_any_text(text: str) -> None:
    matcher().match(text)


@given(st.lists(ATOMS, max_size=20).map("".join))
@settings(max_examples=100, deadline=None)
def test_equal_texts_give_equal_quantities(text: str) -> None:
    assert matcher().match(text) == QuantityMatcher.match(matcher(), text)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 50_000,
        "一" * 50_000,
        "1," * 20_000,
        "三、" * 20_000,
        "第" * 50_000,
        "“1" * 20_000,
        "2020-" * 10_000,
        "约" * 50_000 + "3家",
    ],
)
def test_long_runs_take_no_time(text: str) -> None:
    matcher().match(text)  # a pattern that ran away would raise RuleTimeout


class TestUserRules:
    RULE = """
rules:
  - id: {id}
    name: 测试
    kind: count
    priority: 70
    pattern: '{pattern}'
    examples: {{yes: [{{text: {yes}, find: {find}}}]}}
"""

    def load(self, folder: Path, **rule: str) -> QuantityMatcher:
        (folder / "quantities").mkdir()
        (folder / "quantities" / "user.yaml").write_text(self.RULE.format(**rule), encoding="utf-8")
        return QuantityMatcher(RuleSet.load(folder))

    def test_a_new_rule_is_heard(self, tmp_path: Path) -> None:
        mine = self.load(
            tmp_path, id="count.crates", pattern="{number}(?P<unit>板条箱)", yes="收到12板条箱", find="12板条箱"
        )
        (quantity,) = mine.match("收到12板条箱")
        assert (quantity.text, quantity.unit, quantity.rule) == ("12板条箱", "板条箱", "count.crates")

    def test_a_rule_may_begin_with_words(self, tmp_path: Path) -> None:
        mine = self.load(
            tmp_path, id="count.dozens", pattern="若干(?P<number>[0-9]+)打儿", yes="若干3打儿", find="若干3打儿"
        )
        assert [q.rule for q in mine.match("送来若干3打儿")] == ["count.dozens"]

    def test_a_pattern_that_runs_away_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gongbao.rulebook.match.TIME_LIMIT", 0.05)
        mine = self.load(
            tmp_path, id="count.evil", pattern="{number}(?:[a-z]|[a-z]{2})+[a-z]*[!?]$", yes="3ab!", find="3ab!"
        )
        with pytest.raises(RuleTimeout, match=r"count\.evil"):
            mine.match("3" + "ab" * 200 + "。")

    def test_a_pattern_that_begins_with_anything_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RuleError, match="begin with any character"):
            self.load(tmp_path, id="count.any", pattern=".{number}家", yes="有3家", find="有3家")
