"""Cues: words that code asks for at a place that it knows, where a matcher would look for them everywhere.

The rules of one kind are the alternatives of one pattern, those of higher priority first. Code has them from `cues`
and asks as it would ask a compiled pattern: is there a plan in this sentence (`search`), does it open with an anaphor
(`match`), is what stands between two amounts a joint of a list (`fullmatch`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import regex

from gongbao.errors import RuleTimeout
from gongbao.rulebook.gives import READING, STAGES, LinkingCue, ReadingCue
from gongbao.rulebook.load import TIME_LIMIT, Rule, RuleSet
from gongbao.rulebook.pattern import may_run_away

Ask = Callable[..., Any]
"""`(text, start, end)`, the last two as those of the regex module; gives a match or None."""


class Cue:
    """The words of one kind.

    All is compiled when it is first needed. Asking raises `RuleTimeout` if a rule runs past its time limit. `ids` are
    those of its rules, for evidence.
    """

    def __init__(self, kind: str, rules: Sequence[Rule], *, limited: bool = True) -> None:
        self.kind = kind
        self.ids = tuple(rule.id for rule in rules)
        self._rules = rules
        self._may_run_away = limited and any(may_run_away(rule.expanded) for rule in rules)

    @cached_property
    def search(self) -> Ask:
        """The first match in a stretch of text."""
        return self._limited(self._compiled.search)

    @cached_property
    def match(self) -> Ask:
        """The match at the beginning of a stretch."""
        return self._limited(self._compiled.match)

    @cached_property
    def fullmatch(self) -> Ask:
        """The match that is the whole stretch."""
        return self._limited(self._compiled.fullmatch)

    def finditer(self, text: str) -> Iterator[Any]:
        """The matches of a text that do not overlap."""
        at = 0
        while (match := self.search(text, at)) is not None:
            yield match
            at = max(match.end(), match.start() + 1)

    def sub(self, text: str) -> str:
        """The text without its first match."""
        match = self.search(text)
        return text if match is None else text[: match.start()] + text[match.end() :]

    @cached_property
    def _compiled(self) -> Any:
        lists = {name: list(words) for rule in self._rules for name, words in rule.lists.items()}
        pattern = "|".join(f"(?:{rule.expanded})" for rule in self._rules) or "(?!)"
        return regex.compile(pattern, flags=regex.V0, **lists)

    def _limited(self, method: Ask) -> Ask:
        """A time limit costs more than most matches, so only patterns that could need one get one."""
        if not self._may_run_away:
            return method

        def within_limit(*text_and_span: Any) -> Any:
            try:
                return method(*text_and_span, timeout=TIME_LIMIT)
            except TimeoutError:
                raise RuleTimeout(
                    f"the rules of kind {self.kind} ran longer than {TIME_LIMIT:g} s on one text",
                    where=self._rules[0].where,
                    fix="A pattern backtracks: make repeated parts disjoint, or use possessive quantifiers (++, *+)",
                ) from None

        return within_limit


LinkingCues = Mapping[LinkingCue, Cue]
ReadingCues = Mapping[ReadingCue, Cue]


def linking_cues(rules: RuleSet) -> LinkingCues:
    """The words that linking asks for, by kind."""
    return _cues(rules, "linking")


@cache
def reading_cues() -> ReadingCues:
    """The words by which articles are read, by kind: the shipped ones, whatever rules a pipeline has.

    They need no time limit: they are asked of single lines, and are known.
    """
    return _cues(RuleSet.load(stages=[READING]), READING, limited=False)


def _cues(rules: RuleSet, stage: str, *, limited: bool = True) -> Mapping[Any, Cue]:
    by_kind: dict[str, list[Rule]] = {kind: [] for kind in STAGES[stage]}
    for rule in rules.stage(stage):
        by_kind[rule.kind].append(rule)
    return {kind: Cue(kind, found, limited=limited) for kind, found in by_kind.items()}
