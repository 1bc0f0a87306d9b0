"""The words that a pattern of periods can catch are all words that its rule knows how to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from gongbao.rulebook.load import RuleSet
from hypothesis import given, settings
from hypothesis import strategies as st

RULES = {rule.id: rule for rule in RuleSet.load().stage("periods") if getattr(rule.gives, "word", None)}
_LOOK = ("(?=", "(?!", "(?<=", "(?<!")


def _groups(pattern: str, opening: str) -> Iterator[tuple[int, int]]:
    """Where the groups that begin so stand, outermost first."""
    at = pattern.find(opening)
    while at >= 0:
        depth, end = 0, at
        while True:
            char = pattern[end]
            end += 2 if char == "\\" else 1
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0:
                break
        yield at, end
        at = pattern.find(opening, end)


def _without_looking_around(pattern: str) -> str:
    for opening in _LOOK:
        while (found := next(_groups(pattern, opening), None)) is not None:
            pattern = pattern[: found[0]] + pattern[found[1] :]
    return pattern


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_word_that_a_pattern_catches_can_be_read(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    bare = _without_looking_around(rule.expanded)
    words = [bare[start:end] for start, end in _groups(bare, "(?P<word>")]
    assert words
    for word in words:
        caught = re.compile(word)
        assert data.draw(st.from_regex(caught, fullmatch=True)) in rule.gives.word
