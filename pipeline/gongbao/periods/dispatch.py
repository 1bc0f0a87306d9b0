"""Choosing the rules that can match in a stretch of text from the characters it holds.

Most sentences hold few of the characters that time expressions are made of (年 月 今 …), so that most rules need not be
tried there. `needs` of a rule is a list of character sets; a match holds at least one character of each. Three marks
stand for runs of digits: `#` a year (18xx, 19xx, 20xx), `8` eight digits, `&` two or three before 年.
`words` are whole words of which a match holds at least one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gongbao.rulebook.ruleset import Rule

_DIGITS = r"[0-9]+[ \u00a0\u3000]?学?年?"
_CENTURIES = frozenset(["18", "19", "20"])
_CACHE_LIMIT = 4096


class Dispatch:
    """The rules of one kind, ready to be asked which of them may match in a text."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        bits: dict[frozenset[str], int] = {}
        self._rules: list[tuple[Rule, int, tuple[str, ...]]] = []
        for rule in rules:
            mask = 0
            for chars in rule.gives.get("needs", ()):
                mask |= bits.setdefault(frozenset(chars), 1 << len(bits))
            self._rules.append((rule, mask, tuple(rule.gives.get("words", ()))))
        self._held: dict[str, int] = {}
        for chars, bit in bits.items():
            for char in chars:
                self._held[char] = self._held.get(char, 0) | bit
        self._year, self._eight, self._short = (self._held.pop(mark, 0) for mark in "#8&")
        singles = "".join(sorted(self._held))
        self._tokens = re.compile(rf"{_DIGITS}|[{re.escape(singles)}]") if singles else re.compile(_DIGITS)
        self._cache: dict[int, tuple[tuple[Rule, tuple[str, ...]], ...]] = {}

    def rules_for(self, text: str) -> list[Rule]:
        """The rules whose needs the text meets, in the order given."""
        held = 0
        for token in set(self._tokens.findall(text)):
            bits = self._held.get(token)
            if bits is not None:
                held |= bits
            elif len(token) > 3 or not token.isdecimal():
                held |= self._figures(token)
        rules = self._cache.get(held)
        if rules is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            rules = self._cache[held] = tuple((rule, words) for rule, mask, words in self._rules if held & mask == mask)
        chosen = []
        for rule, words in rules:
            for word in words:
                if word in text:
                    break
            else:
                if words:
                    continue
            chosen.append(rule)
        return chosen

    def _figures(self, token: str) -> int:
        """The needs met by a run of digits and the 年 or 学年 after it."""
        held = 0
        digits = token.rstrip("年学 \u00a0\u3000")
        for char in token[len(digits) :]:
            held |= self._held.get(char, 0)
        if len(digits) == 4 and digits[:2] in _CENTURIES:
            held |= self._year
        elif len(digits) == 8:
            held |= self._eight
        elif len(digits) in (2, 3):
            held |= self._short
        return held
