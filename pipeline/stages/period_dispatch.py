"""Choosing the rules that can match in a stretch of text from the characters it holds.

Most sentences hold few of the characters that time expressions are made of (年 月 今 …), so that most rules need not be
tried there. `needs` of a rule is a list of character sets; a match holds at least one character of each. Three marks
stand for runs of digits: `#` a year (18xx, 19xx, 20xx), `8` eight digits, `&` two or three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.ruleset import Rule

_DIGITS = r"\d+"
_CACHE_LIMIT = 4096


class Dispatch:
    """The rules of one kind, ready to be asked which of them may match in a text."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        bits: dict[frozenset[str], int] = {}
        self._rules: list[tuple[Rule, int]] = []
        for rule in rules:
            mask = 0
            for chars in rule.gives.get("needs", ()):
                mask |= bits.setdefault(frozenset(chars), 1 << len(bits))
            self._rules.append((rule, mask))
        self._held: dict[str, int] = {}
        for chars, bit in bits.items():
            for char in chars:
                self._held[char] = self._held.get(char, 0) | bit
        chars = "".join(sorted(self._held.keys() - set("#8&")))
        self._tokens = re.compile(rf"{_DIGITS}|[{re.escape(chars)}]") if chars else re.compile(_DIGITS)
        self._cache: dict[int, tuple[Rule, ...]] = {}

    def rules_for(self, text: str) -> tuple[Rule, ...]:
        """The rules whose needs the text meets, in the order given."""
        held = 0
        for token in set(self._tokens.findall(text)):
            bits = self._held.get(token)
            held |= self._held.get(_mark(token), 0) if bits is None else bits
        rules = self._cache.get(held)
        if rules is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            rules = self._cache[held] = tuple(rule for rule, mask in self._rules if held & mask == mask)
        return rules


def _mark(digits: str) -> str:
    """The mark that a run of digits stands for."""
    length = len(digits)
    if length == 4:
        return "#" if int(digits[:2]) in (18, 19, 20) else ""
    return "8" if length == 8 else "&" if length in (2, 3) else ""
