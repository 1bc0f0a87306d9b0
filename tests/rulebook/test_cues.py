"""Words that code asks for by kind: shipped ones, a user's beside them, and patterns that run away."""

from __future__ import annotations

from pathlib import Path

import pytest
from gongbao import Pipeline
from gongbao.errors import RuleTimeout
from gongbao.rulebook import cues
from gongbao.rulebook.cues import LinkingCues, linking_cues
from gongbao.rulebook.load import RuleSet

RULE = """
rules:
  - id: mine
    name: 我的
    kind: {kind}
    pattern: '{pattern}'
    examples: {{yes: [{{text: {text}}}]}}
"""


def with_rule(folder: Path, kind: str, pattern: str, text: str) -> Path:
    (folder / "linking").mkdir()
    (folder / "linking" / "mine.yaml").write_text(RULE.format(kind=kind, pattern=pattern, text=text), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shipped() -> LinkingCues:
    return linking_cues(RuleSet.load())


def test_a_cue_is_asked_as_a_pattern_is(shipped: LinkingCues) -> None:
    text = "甲县、乙县和丙县"
    assert shipped["place_joint"].search(text).group() == "、"
    assert shipped["place_joint"].match(text, 2).group() == "、"
    assert shipped["place_joint"].match(text) is None
    assert shipped["place_joint"].fullmatch(text, 5, 6).group() == "和"
    assert shipped["place_joint"].fullmatch(text, 5, 7) is None
    assert [match.start() for match in shipped["name_joint"].finditer(text)] == [2, 5]
    assert shipped["compared_tail"].sub("用电量比上年") == "用电量"
    assert shipped["compared_tail"].sub("用电量") == "用电量"


@pytest.mark.parametrize(
    ("kind", "pattern", "own", "like"),
    [
        ("plan", "有意", "2019年引进企业12家。有意再引进30家。", "2019年引进企业12家。计划再引进30家。"),
        ("annual_report", "白皮书", "2020年，某市白皮书\n引进企业12家。", "2020年，某市年鉴\n引进企业12家。"),
        ("respectively", "依次", "甲村和乙村，2家、3家。", "甲村和乙村，2家、3家。"),
    ],
)
def test_a_users_words_stand_beside_those_of_their_kind(
    tmp_path: Path, kind: str, pattern: str, own: str, like: str
) -> None:
    mine = Pipeline(rules=[with_rule(tmp_path, kind, pattern, pattern)], ner=None)
    found = [[record.year for record in mine.extract(text, pub_date="2022-06-20")] for text in (own, like)]
    assert found[0] == found[1]


def test_words_that_backtrack_for_ever_are_stopped_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cues, "TIME_LIMIT", 0.05)
    plan = linking_cues(RuleSet.load(with_rule(tmp_path, "plan", "(?:甲|甲甲)+乙", "甲甲乙")))["plan"]
    assert plan.search("甲甲乙") is not None
    with pytest.raises(RuleTimeout, match="kind plan"):
        plan.search("甲" * 40 + "丙乙")
