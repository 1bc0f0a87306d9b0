"""What the words around an amount say about it: bound, direction, share or growth, currency, what a bare number counts.

The words are rules (rules/quantity_cues/*.yaml). Those before an amount are matched backwards, so that their right end
touches the amount; of those that reach over other words the nearest counts.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import regex

from gongbao.chinese.clauses import statement_start
from gongbao.rulebook.gives import HomeCurrencyGives
from gongbao.rulebook.load import Rule, RuleSet
from gongbao.rulebook.match import Match, Matcher

_COMMA = regex.compile(r"(?r)[，,]")
REACH = 60
"""Code points that a cue may stand before its amount."""


class Direction(NamedTuple):
    """Whether a percentage is a growth, its direction, and where the verb that says so begins.

    `start` is None where a noun says so (增速, 占比): a noun is part of what is measured, not of the amount.
    """

    kind: Literal["growth", "percent"]
    sign: int
    start: int | None


class _Home:
    """Words that betray where a text comes from, and the currency that 元 means there."""

    __slots__ = ("at_least", "unit", "unless", "words")

    def __init__(self, rule: Rule, ruleset: RuleSet) -> None:
        gives: HomeCurrencyGives = rule.gives
        self.unit = gives.unit
        self.words = frozenset(ruleset.lexicon(gives.words))
        self.unless = ruleset.lexicon(gives.unless)
        self.at_least = gives.at_least


class Cues:
    """All cue rules of a rule set."""

    def __init__(self, ruleset: RuleSet) -> None:
        rules = ruleset.stage("quantity_cues")

        def of(kind: str, *, backward: bool) -> Matcher:
            return Matcher((rule for rule in rules if rule.kind == kind), backward=backward)

        self.bound_before = of("bound_before", backward=True)
        self.bound_reach = of("bound_reach", backward=True)
        self.bound_after = of("bound_after", backward=False)
        self.change_before = of("change_before", backward=True)
        self.change_reach = of("change_reach", backward=True)
        nouns = (rule for rule in rules if rule.kind == "change_reach" and rule.gives.noun)
        self.change_nouns = Matcher(nouns, backward=True)
        self.change_after = of("change_after", backward=False)
        self.change_across = of("change_across", backward=True)
        self.chain = of("chain", backward=False)
        self.currency = of("currency", backward=True)
        self._homes = [_Home(rule, ruleset) for rule in rules if rule.kind == "home_currency"]
        words = sorted({word for home in self._homes for word in home.words}, key=lambda word: (-len(word), word))
        # Plain words need no time limit, and for them the standard module is three times as fast.
        self._home_words = re.compile("|".join(map(re.escape, words)) or "(?!)")
        self.bare_before = of("bare_before", backward=True)
        self.bare_after = of("bare_after", backward=False)
        self.join = of("join", backward=False)
        self.not_low = of("not_low", backward=True)
        self.changed_by = of("changed_by", backward=True)
        self.approximate = of("approximate", backward=False)

    def home_currency(self, text: str) -> str | None:
        """The currency that 元 means throughout a text, None where nothing says other than renminbi."""
        found = set(self._home_words.findall(text))
        if not found:
            return None
        for home in self._homes:
            if len(found & home.words) >= home.at_least and not any(word in text for word in home.unless):
                return home.unit
        return None

    def change(self, text: str, start: int, end: int, before: tuple[int, Direction | None] | None) -> Direction | None:
        """What the words around the percentage `text[start:end]` say, None if they say nothing.

        Looked at are, in this order: the words after it; those that touch it; the verb of the percentage `before` (its
        end and its change) if both stand in one list; the words of its part of the sentence; if only words such as
        包括 or 达 stand in between, those of the part before.
        """
        cue = self.change_after.touching(text, end, min(len(text), end + 16))
        if cue:
            return self._read(text, cue, start, before)
        low = statement_start(text, start, max(0, start - REACH))
        cue = self.change_before.touching(text, low, start)
        if cue:
            return self._read(text, cue, low, before)
        if before is not None and before[1] is not None and start - before[0] <= 12:
            cue = self.change_reach.nearest(text, before[0], start)
            if cue:
                return self._read(text, cue, low, before)
            chain = self.chain.touching(text, before[0], start)
            closed = chain is not None and chain.gives.closed
            if chain and chain.end == start and (not closed or text[end : end + 1] in tuple("，。；、,;和\n")):
                return before[1]
        comma = _COMMA.search(text, low, start)
        near = comma.end() if comma else low
        cue = self.change_reach.nearest(text, near, start)
        if cue is None and near > low and self.change_across.touching(text, near - 1, start):
            near = low
            cue = self.change_reach.nearest(text, low, start)
        return cue and self._read(text, cue, near, before)

    def _read(self, text: str, cue: Match, low: int, before: tuple[int, Direction | None] | None) -> Direction:
        meaning = cue.gives.meaning
        if meaning == "same":
            same = before[1] if before else None
            return Direction(same.kind if same else "percent", 1, None)
        if meaning == "level":
            noun = self.change_nouns.nearest(text, low, cue.start)
            return Direction("growth", noun.gives.sign, None) if noun else Direction("percent", 1, None)
        verb = meaning == "growth" and not cue.gives.noun
        return Direction(meaning, cue.gives.sign, cue.start if verb else None)
