"""What the words around an amount say about it: bound, direction, share or growth, currency, what a bare number counts.

The words are rules (rules/quantity_cues/*.yaml). Those before an amount are matched backwards, so that their right end
touches the amount; of those that reach over other words the nearest counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import regex

from pipeline.errors import RuleTimeout
from pipeline.ruleset import TIME_LIMIT, Rule, RuleSet

_LIST = regex.compile(r"\\L<([a-z][a-z0-9_]*)>")
_CLAUSE_ENDS = "。；;！!？?\n"
_COMMAS = "，,：:、"
_REACH = 60
"""Code points that a cue may stand before its amount."""


class Cue(NamedTuple):
    """A cue as found: its span and its rule, whose `gives` says what it does."""

    start: int
    end: int
    rule: Rule

    def gives(self, name: str) -> Any:
        """A value of the rule, None if it gives none."""
        return self.rule.gives.get(name)


class CueRules:
    """The cue rules of one kind, joined into one pattern by falling priority."""

    def __init__(self, rules: Sequence[Rule], ruleset: RuleSet, *, backward: bool) -> None:
        self._rules = sorted(rules, key=lambda rule: (-rule.priority, rule.id))
        # An empty group at the end of each alternative tells which one matched.
        body = "|".join(f"(?:{rule.expanded})(?P<r{i}>)" for i, rule in enumerate(self._rules)) or "(?!)"
        lists = {name: list(ruleset.lexicon(name)) for name in sorted(set(_LIST.findall(body)))}
        self._compiled = regex.compile(("(?r)" if backward else "") + body, flags=regex.V0, **lists)
        self._by_group: Mapping[int, Rule] = {
            self._compiled.groupindex[f"r{i}"] - 1: rule for i, rule in enumerate(self._rules)
        }

    def at(self, text: str, start: int, end: int) -> Cue | None:
        """The cue that touches the amount: begins at `start` (forward) or ends at `end` (backward)."""
        return self._cue(self._compiled.match, text, start, end)

    def nearest(self, text: str, start: int, end: int) -> Cue | None:
        """The cue in the span that is nearest to its end (backward) or its start (forward)."""
        return self._cue(self._compiled.search, text, start, end)

    def _cue(self, method: Any, text: str, start: int, end: int) -> Cue | None:
        try:
            match = method(text, start, end, timeout=TIME_LIMIT)
        except TimeoutError:
            raise self._culprit(text[start:end]) from None
        return match and Cue(*match.span(), self._by_group[match.groups().index("")])

    def _culprit(self, text: str) -> RuleTimeout:
        for rule in self._rules:
            try:
                rule.matches(text, 0, len(text))
            except RuleTimeout as timeout:
                return timeout
        return RuleTimeout(f"the cue rules of kind {self._rules[0].kind} ran past their time limit")


class Change(NamedTuple):
    """Whether a percentage is a growth, its direction, and where the words that say so begin."""

    kind: Literal["growth", "percent"]
    sign: int
    start: int | None


class Cues:
    """All cue rules of a rule set."""

    def __init__(self, ruleset: RuleSet) -> None:
        rules = ruleset.stage("quantity_cues")

        def of(kind: str, *, backward: bool, only: str | None = None) -> CueRules:
            chosen = [rule for rule in rules if rule.kind == kind and (only is None or rule.gives.get(only))]
            return CueRules(chosen, ruleset, backward=backward)

        self.bound_before = of("bound_before", backward=True)
        self.bound_after = of("bound_after", backward=False)
        self.change_before = of("change_before", backward=True)
        self.change_reach = of("change_reach", backward=True)
        self.change_nouns = of("change_reach", backward=True, only="noun")
        self.change_after = of("change_after", backward=False)
        self.currency = of("currency", backward=True)
        self.bare_before = of("bare_before", backward=True)
        self.bare_after = of("bare_after", backward=False)
        self.join = of("join", backward=False)

    def change(self, text: str, start: int, end: int) -> Change | None:
        """What the words around the percentage `text[start:end]` say, None if they say nothing."""
        cue = self.change_after.at(text, end, min(len(text), end + 16))
        if cue:
            return Change("growth", cue.gives("sign"), None)
        low = clause_start(text, start)
        cue = self.change_before.at(text, low, start) or self.change_reach.nearest(text, low, start)
        if cue is None:
            return None
        if cue.gives("as") == "level":
            noun = self.change_nouns.nearest(text, low, cue.start)
            if noun is None:
                return Change("percent", 1, None)
            cue = noun
        return Change(cue.gives("as"), cue.gives("sign") or 1, cue.start)


def clause_start(text: str, at: int) -> int:
    """Where the clause before `at` begins: after the last full stop, semicolon or line end, at most 60 code points off."""
    low = max(0, at - _REACH)
    return max(low, *(text.rfind(char, low, at) + 1 for char in _CLAUSE_ENDS))
