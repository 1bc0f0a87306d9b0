"""Finding quantities: amounts of money, counts, percentages, growth, multiples, durations and measures.

Shapes and vocabulary are rules (rules/quantities, rules/quantity_cues, rules/not_facts.yaml). Here the matches become
numbers: exact values, ranges made of two amounts, units that a list writes only once, bounds, directions of change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from gongbao.chinese.clauses import statement_start
from gongbao.document import Quantity
from gongbao.quantities.cues import REACH, Cues, Direction
from gongbao.quantities.reading import Amount, read_amount
from gongbao.rulebook.load import Rule, RuleSet
from gongbao.rulebook.match import Match, Matcher

_LONE = 100
"""Code points of the longest text whose bare numbers count."""
_SCALED = regex.compile("[十百千万亿兆拾佰仟]")
_JOIN_WIDTH = 4
"""Code points between two amounts that a list or range may join."""


class QuantityMatcher:
    """Finds the quantities of a simplified text.

    Args:
        rules: The rule set; its stages `quantities`, `quantity_cues` and `not_facts` are compiled here.
    """

    def __init__(self, rules: RuleSet) -> None:
        stage = rules.stage("quantities")
        self._alone = [rule for rule in stage if rule.kind == "alone"]
        tried = [*rules.stage("not_facts"), *(rule for rule in stage if rule.kind != "alone")]
        self._matcher = Matcher(tried, overlap="leftmost")
        self._cues = Cues(rules)

    def match(self, text: str) -> tuple[Quantity, ...]:
        """All quantities of a text, in order, none overlapping.

        Args:
            text: Simplified text of a whole article, lines separated by line feeds.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        matches = self._matcher.find(text)
        amounts = [amount for match in matches if (amount := read_amount(match)) is not None]
        if len(text) <= _LONE:
            amounts = self._lone(text, matches, amounts)
        found: list[Quantity] = []
        before: Amount | None = None
        home = self._cues.home_currency(text) if amounts else None
        amounts = self._joined(text, amounts)
        ends = [*(amount.start for amount in amounts[1:]), len(text)]
        for amount, limit in zip(amounts, ends, strict=False):
            self._read_context(text, amount, before, limit)
            if home and amount.kind == "money" and amount.unit.startswith("元") and not amount.currency_said:
                amount.unit = home + amount.unit[1:]
            found.append(self._quantity(text, amount))
            before = amount
        return tuple(found)

    def currency(self, text: str) -> str | None:
        """The currency that 元 means throughout a text, None for renminbi."""
        return self._cues.home_currency(text)

    def _lone(self, text: str, matches: Sequence[Match], amounts: list[Amount]) -> list[Amount]:
        """The bare numbers of a short text: in an article they are no facts, alone they are what was asked for."""
        body = text.strip().rstrip("。.")
        start = len(text) - len(text.lstrip())
        if any(amount.start <= start and amount.end >= start + len(body) for amount in amounts):
            return amounts
        whole = [match for rule in self._alone for match in self._numbers(rule, text) if match.start <= start]
        if whole and whole[0].end >= start + len(body):
            return [amount for match in whole if (amount := read_amount(match)) is not None] or amounts
        if any(not amount.joined for amount in amounts):
            return amounts
        covered = [(match.start, match.end) for match in matches if read_amount(match) is None]
        free = [
            match
            for rule in self._alone
            for match in self._numbers(rule, text)
            if self._meant(text, match) and all(match.end <= low or high <= match.start for low, high in covered)
        ]
        return [amount for match in free if (amount := read_amount(match)) is not None]

    def _meant(self, text: str, match: Match) -> bool:
        """True for a bare number that is no name or code: written with 十, 百 …, or bounded (大于20)."""
        spelled = match.end - match.start > 1 and _SCALED.search(text, match.start, match.end) is not None
        return spelled or self._cues.bound_before.touching(text, max(0, match.start - 8), match.start) is not None

    @staticmethod
    def _numbers(rule: Rule, text: str) -> Iterator[Match]:
        for match in rule.finditer(text):
            number = match["number"].rstrip()
            end = match.end() if match["unit"] else match.start() + len(number)
            yield Match(match.start(), end, rule, {"number": number})

    def _joined(self, text: str, amounts: list[Amount]) -> list[Amount]:
        """Lend units along lists, make ranges of two amounts, and drop what stays without a unit."""
        kept: list[Amount] = []
        following: Amount | None = None
        for amount in reversed(amounts):
            if following is not None and following.start - amount.end <= _JOIN_WIDTH and amount.upper is None:
                join = self._cues.join.touching(text, amount.end, following.start)
                if join is not None and join.end == following.start:
                    ranged = join.gives.meaning == "range"
                    if amount.lacks_unit_of(following) and not (ranged and amount.exceeds(following)):
                        amount.borrow(following, ranged=ranged)
                    counted = self._cues.approximate.touching(text, amount.start, following.end)
                    dashed = text[amount.end : following.start].strip() not in ("至", "到")
                    if (ranged and self._is_range(text, amount, following, dashed)) or counted is not None:
                        amount.extend(following)
                        kept.pop()
                    elif not ranged and join.gives.meaning != "turn":
                        following.continues = True
            if not amount.joined:
                kept.append(amount)
                following = amount
            else:
                following = None
        kept.reverse()
        return kept

    def _is_range(self, text: str, low: Amount, high: Amount, dashed: bool) -> bool:
        unit = low.unit == high.unit or high.unit.startswith(f"{low.unit}/")  # 1.1元-1.3元/斤
        if not unit or low.kind != high.kind or high.upper is not None or low.exceeds(high):
            return False
        if not low.wrote_unit:
            return True
        # 由3天缩短到2天 and 增加1万人至42万人 are two amounts each; 下降8%至10% and 涨500元~600元 are ranges.
        by = [] if dashed or low.kind in ("growth", "percent") else [self._cues.changed_by]
        cues = [self._cues.not_low, *by]
        return not any(cue.touching(text, max(0, low.start - 4), low.start) for cue in cues)

    def _read_context(self, text: str, amount: Amount, before: Amount | None, limit: int) -> None:
        """Set bound, kind and sign from the words around, behind it up to `limit`, where the next amount begins."""
        start, end = amount.start, amount.end
        low = max(0, start - 24, before.end if before else 0)
        cue = self._cues.bound_before.touching(text, low, start) or self._cues.bound_reach.touching(text, low, start)
        if cue is not None:
            amount.cue_start = cue.start
            amount.stated = cue.gives.bound
        elif amount.continues and before is not None and before.unit == amount.unit:
            amount.stated = before.stated  # 分别超过3亿元、5亿元: the word counts for the whole list
        if amount.bound == "=" or amount.stated == "<":
            amount.bound = amount.stated
        cue = self._cues.bound_after.touching(text, end, min(limit, end + 8))
        if cue is not None:
            amount.bound = cue.gives.bound
            if cue.gives.inside:
                amount.end = cue.end
        if amount.kind in ("percent", "growth"):
            self._read_change(text, amount, before, end)
        elif amount.bare:
            self._read_bare(text, amount)
        elif amount.kind == "money" and amount.unit == "元":
            currency = self._cues.currency.touching(text, max(0, start - 6), start)
            if currency is None and amount.continues and before is not None and before.currency_said:
                amount.unit, amount.currency_said = before.unit, True  # 新台币3亿元、2亿元
            if currency is not None:
                amount.currency_said = True
                amount.unit = currency.gives.unit or text[currency.start : currency.end].strip()
                amount.cue_start = currency.start

    def _read_change(self, text: str, amount: Amount, before: Amount | None, end: int) -> None:
        previous = (before.end, before.change) if before is not None else None
        if amount.continues and before is not None and before.change is not None:
            change: Direction | None = before.change
        else:
            change = self._cues.change(text, amount.start, end, previous)
        amount.change = change
        if change is None:
            return
        if amount.kind == "percent":
            amount.kind = change.kind
        if amount.kind == "growth" and change.sign < 0:
            amount.negate()
        if change.start is not None and (before.end if before else 0) <= change.start < amount.start:
            amount.cue_start = change.start if amount.cue_start is None else min(amount.cue_start, change.start)

    def _read_bare(self, text: str, amount: Amount) -> None:
        cue = self._cues.bare_after.touching(text, amount.end, min(len(text), amount.end + 12))
        if cue is None:
            low = statement_start(text, amount.start, max(0, amount.start - REACH))
            cue = self._cues.bare_before.nearest(text, low, amount.start)
        if cue is not None:
            amount.kind, amount.unit = cue.gives.kind, cue.gives.unit

    @staticmethod
    def _quantity(text: str, amount: Amount) -> Quantity:
        return Quantity(
            amount.start,
            amount.end,
            text[amount.start : amount.end],
            amount.kind,
            amount.value,
            None if amount.upper == amount.value else amount.upper,  # 3至3吨
            amount.unit,
            amount.bound,
            amount.rule,
            amount.cue_start,
        )
