"""What the text of a pattern shows without being matched."""

from __future__ import annotations

import pytest
from gongbao.rulebook.load import RuleSet
from gongbao.rulebook.pattern import leading_group, may_run_away, needs_of, without_look_behind


@pytest.mark.parametrize(
    ("pattern", "head"),
    [
        ("(?:a|b)c", "(?:a|b)"),
        ("(?:a)|b", ""),
        ("(?:a)?b", ""),
        ("a(?:b)", ""),
        (r"(?:[)]\))x", r"(?:[)]\))"),
        ("(?:a(?:b))c|d", ""),
    ],
)
def test_leading_group(pattern: str, head: str) -> None:
    assert leading_group(pattern) == head


@pytest.mark.parametrize(
    ("pattern", "rest"),
    [("(?<=a(b))c", "c"), ("a(?<!b)c", "ac"), ("(?:(?<=[)])a|(?<!b)c)", "(?:a|c)"), ("(?P<n>a)", "(?P<n>a)")],
)
def test_without_look_behind(pattern: str, rest: str) -> None:
    assert without_look_behind(pattern) == rest


@pytest.mark.parametrize("pattern", ["a*", "a+?", "(?:a{1,3}){2}", "a{2,}", "(?:a|b?c{2})+"])
def test_may_run_away(pattern: str) -> None:
    assert may_run_away(pattern)


@pytest.mark.parametrize(
    "pattern", ["a", "a?", "a++", "a*+b", "a{0,9}", "(?:ab?){3}", "[*+]", r"\+", "(?:a{2})?", "(?P<n>a)"]
)
def test_cannot_run_away(pattern: str) -> None:
    assert not may_run_away(pattern)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("全[省市]", [{"全省", "全市"}]),
        ("(?:人民)?政府", [{"政府"}]),
        ("(?<!其)中国(?!家)", [{"中国"}]),
        ("甲.{0,9}乙", [{"乙"}, {"甲"}]),
        (r"\d+年", [{"年"}]),
        ("(?:北京|上海)市|天津", [{"北京市", "上海市", "天津"}]),
        ("区(?=里|外)", [{"区"}, {"外", "里"}]),
        (r"\L<coins>钱", [{"元钱", "角钱"}]),
        ("(?:一|二){2}日", [{"日"}, {"一", "二"}]),
        (r"\u3000、|\)", [{"\u3000、", ")"}]),
        ("[^年]月?", []),
        ("年*", []),
        ("(?i)abc", []),
        ("年|.", []),
    ],
)
def test_the_words_that_every_match_holds(pattern: str, words: list[set[str]]) -> None:
    found = needs_of(pattern, {"coins": ["元", "角"]}).words
    assert sorted(map(sorted, found)) == sorted(map(sorted, words))


@pytest.mark.parametrize(
    ("pattern", "reach"),
    [("年", 1), ("年.{0,3}月", 5), ("年(?=月日)", 3), ("年.*", None), ("(?:ab|c){2}", 4), ("a(?<=b+)", 1)],
)
def test_how_far_a_match_reaches(pattern: str, reach: int | None) -> None:
    assert needs_of(pattern, {}).reach == reach


@pytest.mark.parametrize(
    ("pattern", "first", "last"),
    [
        ("年月", "年", "月"),
        ("(?:近|约)?三年[多余]?", "近约三", "年多余"),
        ("(?<!第)一{1,2}(?!百)", "一", "一"),
        ("(?=[一二])[一二三]", "一二三", "一二三"),
        (r"\L<coins>+", "元角", "元角"),
        (r"\K(?P<n>甲)", "甲", "甲"),
        ("[^年]月", None, "月"),
        (r"月\d*", "月", None),
        (r"(?P<n>月)(?P=n)", "月", None),
        ("(?i)a", None, None),
    ],
)
def test_the_characters_that_a_match_begins_and_ends_with(pattern: str, first: str | None, last: str | None) -> None:
    needs = needs_of(pattern, {"coins": ["元", "角"]})
    assert needs.first == (None if first is None else set(first))
    assert needs.last == (None if last is None else set(last))


def test_an_empty_match_begins_with_nothing() -> None:
    assert needs_of("年?", {}).first == needs_of("年?", {}).last == {"年", ""}


def test_the_words_of_every_rule_stand_in_every_match_of_it() -> None:
    rules = RuleSet.load()
    texts = [example.text for stage in rules.stages.values() for rule in stage for example in rule.examples.yes]
    for stage in rules.stages.values():
        for rule in stage:
            needs = needs_of(rule.expanded, rule.lists)
            for text in texts:
                for match in rule.finditer(text):
                    reach = None if needs.reach is None else match.start() + needs.reach
                    seen = text[0 if r"\K" in rule.expanded else match.start() : reach]
                    assert all(any(word in seen for word in words) for words in needs.words), (rule.id, text)
                    if r"\K" not in rule.expanded:
                        assert needs.first is None or match[0][:1] in needs.first, (rule.id, text)
                    assert needs.last is None or match[0][-1:] in needs.last, (rule.id, text)
