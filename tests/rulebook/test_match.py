"""The matcher: which rules are tried, which match stands, when a rule is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from gongbao.errors import RuleError, RuleTimeout
from gongbao.rulebook.load import Rule, RuleSet
from gongbao.rulebook.match import Match, Matcher, Overlap, resolve
from gongbao.rulebook.rulefile import Examples

CASES = Path(__file__).resolve().parents[1] / "cases"


def rule(name: str, pattern: str, priority: int = 50, order: int = 0, **lists: list[str]) -> Rule:
    examples = Examples.model_validate({"yes": [{"text": "-"}]})
    where, version = f"{name}.yaml:1", ""
    return Rule(name, name, "", priority, {}, examples, where, version, pattern, lists, "", order)


LOW, MIDDLE, HIGH = rule("low", "x", 40, 1), rule("middle", "x", 50, 2), rule("high", "x", 60, 3)


@pytest.mark.parametrize(
    ("overlap", "matches", "standing"),
    [
        ("leftmost", [(2, 6, MIDDLE), (0, 3, MIDDLE), (0, 2, HIGH), (2, 9, MIDDLE)], [(0, 2), (2, 9)]),
        ("longest", [(0, 3, MIDDLE), (2, 7, MIDDLE), (7, 9, MIDDLE)], [(2, 7), (7, 9)]),
        ("longest", [(0, 4, LOW), (2, 6, HIGH)], [(2, 6)]),
        ("longest", [(0, 4, MIDDLE), (2, 6, MIDDLE)], [(0, 4)]),
        ("longest", [(4, 6, MIDDLE), (0, 2, MIDDLE)], [(0, 2), (4, 6)]),
        ("priority", [(0, 9, LOW), (3, 5, HIGH), (5, 7, LOW)], [(3, 5), (5, 7)]),
        ("priority", [(3, 5, MIDDLE), (1, 4, MIDDLE)], [(1, 4)]),
    ],
)
def test_which_match_stands(
    overlap: Overlap, matches: list[tuple[int, int, Rule]], standing: list[tuple[int, int]]
) -> None:
    found = resolve([Match(*match, {}) for match in matches], overlap, lambda match: match)
    assert [(match.start, match.end) for match in found] == standing


def test_of_equal_rules_the_one_that_stands_first_in_its_file_wins_whatever_its_id() -> None:
    (match,) = Matcher([rule("a", "年", order=2), rule("z", "年", order=1)]).find("年")
    assert match.rule.id == "z"


@pytest.mark.parametrize(
    ("patterns", "text", "found"),
    [
        (["全[省市]", "省内"], "全省内外", ["全省"]),
        (["(?<=全)省", "全省"], "全省", ["省"]),
        (["市(?=委)"], "市委与市", ["市"]),
        ([r"\L<coins>"], "三元四角", ["元", "角"]),
        (["年"], "\ud800年", ["年"]),
        (["月"], "年", []),
        ([], "年", []),
    ],
)
def test_finds(patterns: list[str], text: str, found: list[str]) -> None:
    rules = [
        rule(f"r{n}", pattern, order=n, **({"coins": ["元", "角"]} if "coins" in pattern else {}))
        for n, pattern in enumerate(patterns)
    ]
    assert [text[match.start : match.end] for match in Matcher(rules).find(text)] == found


@pytest.mark.parametrize(
    ("backward", "at", "rules", "found"),
    [
        (False, (2, 6), ["超过.", "超"], "超过三"),
        (False, (1, 6), ["超过.", "超"], None),
        (True, (0, 4), ["[超过]+", "到"], "超过"),
        (True, (0, 5), ["[超过]+", "到"], None),
        (True, (3, 4), ["超过"], None),
    ],
)
def test_what_touches_an_edge(backward: bool, at: tuple[int, int], rules: list[str], found: str | None) -> None:
    text = "已达超过三家"
    matcher = Matcher([rule(f"r{n}", pattern, order=n) for n, pattern in enumerate(rules)], backward=backward)
    match = matcher.touching(text, *at)
    assert (text[match.start : match.end] if match else None) == found


@pytest.mark.parametrize(("backward", "found"), [(False, "增长"), (True, "下降")])
def test_the_nearest_match(backward: bool, found: str) -> None:
    text = "先增长后下降的"
    match = Matcher([rule("up", "增长"), rule("down", "下降")], backward=backward).nearest(text, 0, len(text))
    assert match is not None and match.rule.id == ("down" if backward else "up")
    assert text[match.start : match.end] == found


def test_a_rule_that_runs_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongbao.rulebook.match.TIME_LIMIT", 0.05)
    text = "1" * 5000 + "yx"
    evil = rule("evil", "(?:[0-9]|[0-9][0-9])+x")
    matcher = Matcher([evil])
    for ask in (
        lambda: matcher.find(text),
        lambda: matcher.touching(text, 0, len(text)),
        lambda: matcher.nearest(text, 0, len(text)),
    ):
        with pytest.raises(RuleTimeout, match="evil"):
            ask()


def test_a_scan_asks_for_patterns_that_begin_with_something() -> None:
    with pytest.raises(RuleError, match="begin with any character"):
        Matcher([rule("any", ".家")], overlap="leftmost")


SENTENCES: list[dict[str, Any]] = yaml.safe_load(
    (CASES / "in_the_wild/quantities_sentences.yaml").read_text(encoding="utf-8")
) + yaml.safe_load((CASES / "synthetic/quantities_guide.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scan() -> Matcher:
    rules = RuleSet.load()
    tried = [rule for stage in ("not_facts", "quantities") for rule in rules.stage(stage) if rule.kind != "alone"]
    return Matcher(tried, overlap="leftmost")


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["text"][:20])
def test_the_scan_follows_the_policy(scan: Matcher, case: dict[str, Any]) -> None:
    def amounts(matches: list[Match]) -> list[tuple[int, int, str]]:
        return [(match.start, match.end, match.rule.id) for match in matches if match.rule.stage == "quantities"]

    assert amounts(scan.find(case["text"])) == amounts(
        resolve(scan.every(case["text"]), "leftmost", lambda match: match)
    )
