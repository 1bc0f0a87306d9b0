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
from pipeline.stages.quantity_patterns import may_run_away, without_look_behind

_LIST = regex.compile(r"\\L<([a-z][a-z0-9_]*)>")
_CLAUSE_ENDS = "。；;！!？?\n"
_COMMAS = "，,"
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
        flag = "(?r)" if backward else ""
        self._compiled = regex.compile(flag + body, flags=regex.V0, **lists)
        self._by_group: Mapping[int, Rule] = {
            self._compiled.groupindex[f"r{i}"] - 1: rule for i, rule in enumerate(self._rules)
        }
        self._backward = backward
        self._options = {"timeout": TIME_LIMIT} if may_run_away(body) else {}
        self._partial = regex.compile(flag + without_look_behind(body), flags=regex.V0, **lists)
        self._touches: dict[str, bool] = {"": False}
        """For a character next to the amount: can a cue hold it there?"""

    def at(self, text: str, start: int, end: int) -> Cue | None:
        """The cue that touches the amount: begins at `start` (forward) or ends at `end` (backward)."""
        char = text[end - 1 : end] if self._backward else text[start : start + 1]
        touches = self._touches.get(char)
        if touches is None:
            touches = self._touches.setdefault(char, self._partial.match(char, partial=True) is not None)
        return self._cue(self._compiled.match, text, start, end) if touches else None

    def nearest(self, text: str, start: int, end: int) -> Cue | None:
        """The cue in the span that is nearest to its end (backward) or its start (forward)."""
        return self._cue(self._compiled.search, text, start, end)

    def _cue(self, method: Any, text: str, start: int, end: int) -> Cue | None:
        try:
            match = method(text, start, end, **self._options)
        except TimeoutError:
            raise self._culprit(text[start:end]) from None
        return match and Cue(match.start(), match.end(), self._by_group[match.groups().index("")])

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
        self.change_across = of("change_across", backward=True)
        self.chain = of("chain", backward=False)
        self.currency = of("currency", backward=True)
        self._homes = [
            (
                rule.gives["unit"],
                ruleset.lexicon(rule.gives["words"]),
                ruleset.lexicon(rule.gives["unless"]),
                rule.gives["at_least"],
            )
            for rule in rules
            if rule.kind == "home_currency"
        ]
        self.bare_before = of("bare_before", backward=True)
        self.bare_after = of("bare_after", backward=False)
        self.join = of("join", backward=False)

    def home_currency(self, text: str) -> str | None:
        """The currency that 元 means throughout a text, None where nothing says other than renminbi."""
        for unit, words, unless, at_least in self._homes:
            if sum(word in text for word in words) >= at_least and not any(word in text for word in unless):
                return str(unit)
        return None

    def change(self, text: str, start: int, end: int, before: tuple[int, Change | None] | None) -> Change | None:
        """What the words around the percentage `text[start:end]` say, None if they say nothing.

        Looked at are, in this order: the words after it; those that touch it; the verb of the percentage `before` (its
        end and its change) if both stand in one list; the words of its part of the sentence; if only words such as
        包括 or 达 stand in between, those of the part before.
        """
        cue = self.change_after.at(text, end, min(len(text), end + 16))
        if cue:
            return self._read(text, cue, start, before)
        low = clause_start(text, start)
        cue = self.change_before.at(text, low, start)
        if cue:
            return self._read(text, cue, low, before)
        if before is not None and before[1] is not None and start - before[0] <= 12:
            cue = self.change_reach.nearest(text, before[0], start)
            if cue:
                return self._read(text, cue, low, before)
            chain = self.chain.at(text, before[0], start)
            closed = chain is not None and chain.gives("closed")
            if chain and chain.end == start and (not closed or text[end : end + 1] in tuple("，。；、,;和\n")):
                return before[1]
        near = max(low, *(text.rfind(char, low, start) + 1 for char in _COMMAS))
        cue = self.change_reach.nearest(text, near, start)
        if cue is None and near > low and self.change_across.at(text, near - 1, start):
            near = low
            cue = self.change_reach.nearest(text, low, start)
        return cue and self._read(text, cue, near, before)

    def _read(self, text: str, cue: Cue, low: int, before: tuple[int, Change | None] | None) -> Change:
        meaning = cue.gives("as")
        if meaning == "same":
            same = before[1] if before else None
            return Change(same.kind if same else "percent", 1, None)
        if meaning == "level":
            noun = self.change_nouns.nearest(text, low, cue.start)
            return Change("growth", noun.gives("sign"), noun.start) if noun else Change("percent", 1, None)
        return Change(meaning, cue.gives("sign") or 1, cue.start)


def clause_start(text: str, at: int) -> int:
    """Where the clause before `at` begins: after the last full stop, semicolon or line end, if near."""
    low = max(0, at - _REACH)
    return max(low, *(text.rfind(char, low, at) + 1 for char in _CLAUSE_ENDS))
