"""The scan: every rule tried wherever it could match, at the cost of few.

Nearly all rules begin with the same part, `{number}`. The scan reads numbers with one pattern and then tries, in order
of priority, only the rests of those rules that the next character allows. Rules that begin otherwise (《, 第) are tried
at the characters that they can begin with.

Overlaps: the leftmost match wins; where several begin together, the one of highest priority, then the longest, then
the one whose id comes first. What a match covers is not looked at again. `resolve` is that policy in plain code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_letters
from typing import Any, NamedTuple

import regex

from gongbao.errors import RuleError, RuleTimeout
from gongbao.quantities.patterns import leading_group, may_run_away, without_look_behind
from gongbao.rulebook.ruleset import TIME_LIMIT, Rule, RuleSet

_LIST = regex.compile(r"\\L<([a-z][a-z0-9_]*)>")


class Hit(NamedTuple):
    """A rule's match: the span, the rule, and the named groups that took part."""

    start: int
    end: int
    rule: Rule
    groups: dict[str, str]


def resolve(hits: Iterable[Hit]) -> list[Hit]:
    """The overlap policy: of all matches of all rules, those that stand."""
    chosen: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.rule.priority, -hit.end, hit.rule.id)):
        if not chosen or hit.start >= chosen[-1].end:
            chosen.append(hit)
    return chosen


class _Rest:
    """A rule without the number it begins with (or a whole rule that begins otherwise)."""

    __slots__ = ("heads", "limited", "match", "named", "opens", "rule")

    def __init__(self, rule: Rule, pattern: str, ruleset: RuleSet) -> None:
        compiled = _compile(pattern, ruleset)
        self.rule = rule
        self.match = compiled.match
        self.named = bool(compiled.groupindex)
        self.limited = may_run_away(pattern)
        """A time limit costs more than most matches, so only patterns that could need one get one."""
        lexicon = _LIST.match(pattern)
        self.heads = frozenset(word[:2] for word in ruleset.lexicon(lexicon[1])) if lexicon else None
        """Of a rule that begins with a lexicon: how its words begin, a cheaper test than the lexicon itself."""
        bare = without_look_behind(pattern)
        self.opens = compiled.match if bare == pattern else _compile(bare, ruleset).match


def _compile(pattern: str, ruleset: RuleSet) -> Any:
    lists = {name: list(ruleset.lexicon(name)) for name in sorted(set(_LIST.findall(pattern)))}
    return regex.compile(pattern, flags=regex.V0, **lists)


class Scanner:
    """The rules of several stages as one scan."""

    def __init__(self, rules: Sequence[Rule], ruleset: RuleSet) -> None:
        ordered = sorted(rules, key=lambda rule: (-rule.priority, rule.id))
        begins = [leading_group(rule.expanded) for rule in ordered]
        heads = Counter(filter(None, begins))
        self._head = heads.most_common(1)[0][0] if heads else "(?!)"
        self._rests: list[_Rest] = []
        self._whole: dict[str, list[_Rest]] = {}
        for rule, begin in zip(ordered, begins, strict=True):
            if begin == self._head:
                self._rests.append(_Rest(rule, rule.expanded[len(self._head) :], ruleset))
            else:
                rest = _Rest(rule, rule.expanded, ruleset)
                for char in sorted(_first_characters(rule, rest, ruleset)):
                    self._whole.setdefault(char, []).append(rest)
        self._after: dict[str, tuple[_Rest, ...]] = {}
        triggers = "".join(map(regex.escape, sorted(self._whole)))
        self._tokens = regex.compile(f"{self._head}|[{triggers}]" if triggers else self._head, flags=regex.V0)

    def scan(self, text: str) -> Iterator[Hit]:
        """The matches that stand, in order.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        covered = 0
        whole, after = self._whole, self._after
        rest: _Rest | None = None
        try:
            for token in self._tokens.finditer(text, timeout=TIME_LIMIT):
                start, end = token.span()
                if start < covered:
                    continue
                best: Hit | None = None
                for rest in whole.get(text[start], ()):
                    if rest.heads is not None and text[start : start + 2] not in rest.heads:
                        continue
                    match = rest.match(text, start, timeout=TIME_LIMIT) if rest.limited else rest.match(text, start)
                    if match is not None:
                        best = Hit(match.start(), match.end(), rest.rule, match.groupdict())
                        break
                number = token.group(1)
                if number is not None:
                    following = text[end : end + 1]
                    rests = after.get(following)
                    if rests is None:
                        rests = after.setdefault(following, self._followers(following))
                    for rest in rests:
                        if best is not None and best.rule.priority >= rest.rule.priority:
                            break
                        match = rest.match(text, end, timeout=TIME_LIMIT) if rest.limited else rest.match(text, end)
                        if match is not None:
                            groups = match.groupdict() if rest.named else {}
                            groups["number"] = number
                            best = Hit(start, match.end(), rest.rule, groups)
                            break
                if best is not None:
                    covered = best.end
                    yield best
        except TimeoutError:
            raise _timed_out(rest) from None

    def every(self, text: str) -> Iterator[Hit]:
        """All matches of all rules, each found by its own pattern: what `scan` chooses from."""
        rules = {
            rest.rule.id: rest.rule for rest in [*self._rests, *(r for rests in self._whole.values() for r in rests)]
        }
        for rule in rules.values():
            for match in rule.finditer(text):
                yield Hit(match.start(), match.end(), rule, match.groupdict())

    def _followers(self, char: str) -> tuple[_Rest, ...]:
        """The rests that a text going on with `char` could match."""
        return tuple(rest for rest in self._rests if rest.opens(char, partial=True) is not None)


def _timed_out(rest: _Rest | None) -> RuleTimeout:
    return RuleTimeout(
        f"rule {rest.rule.id if rest else 'number'} ran longer than {TIME_LIMIT:g} s on one text",
        where=rest.rule.where if rest else None,
        fix="Its pattern backtracks: make repeated parts disjoint, or use possessive quantifiers (++, *+)",
    )


def _first_characters(rule: Rule, rest: _Rest, ruleset: RuleSet) -> set[str]:
    """The characters that a match of a rule may begin with: of those written in its pattern or lexicons, and digits.

    Raises:
        RuleError: the rule could begin with any character.
    """
    if rest.opens("\U0001f600", partial=True) or rest.opens("龘", partial=True):
        raise RuleError(
            f"rule {rule.id} could begin with any character, which would make the scan slow",
            where=rule.where,
            fix="Begin the pattern with {number}, with a lexicon or with written characters",
        )
    written = set(rule.expanded) | set("0123456789０１２３４５６７８９") | set(ascii_letters)
    written.update(word[0] for name in _LIST.findall(rule.expanded) for word in ruleset.lexicon(name))
    return {char for char in written if rest.opens(char, partial=True) is not None}
