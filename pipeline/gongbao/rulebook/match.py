"""The matcher: the rules of a stage tried wherever they could match, at the cost of few.

All rule files are matched here, in one of three ways. `find` gives what stands in a stretch of text, `touching` the
rule that matches right behind or right before an offset, `nearest` the match nearest to one.

**Which rules can match** is read off their patterns: the words that every match of a rule holds (`pattern.needs_of`)
are looked up for all rules together in one pass over the text; where a match has to begin at a given character, the
rules that could begin with another one are left out. Nothing of this has to be written in a rule, and no result
depends on it.

**Which match stands** where several overlap is told by a policy:

- `leftmost`: the one that begins first; of those that begin together the one of highest priority, then the longest;
- `longest`: the one that reads most of the text, then the one of highest priority, then the one that begins first;
- `priority`: the one of highest priority, then the one that begins first.

What is still equal is decided by the order of the rules in their files. Every match runs under a time limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from string import ascii_letters
from typing import Any, Literal, NamedTuple, TypeVar

import regex

from gongbao.errors import RuleError
from gongbao.rulebook.load import TIME_LIMIT, Rule, seconds_for, too_long
from gongbao.rulebook.pattern import Needs, leading_group, may_run_away, needs_of, without_look_behind

Overlap = Literal["leftmost", "longest", "priority"]
_LIST = regex.compile(r"\\L<([a-z][a-z0-9_]*)>")
_CACHE_LIMIT = 4096
_FEW = 3
"""Rules that are sooner tried than their words looked up."""


class Match(NamedTuple):
    """A rule's match: its span, the rule, and the rule's named groups (None: took no part)."""

    start: int
    end: int
    rule: Rule
    groups: Mapping[str, str | None]

    @property
    def gives(self) -> Any:
        """What the rule gives."""
        return self.rule.gives


_ORDER: Mapping[Overlap, Callable[[Match], tuple[int, ...]]] = {
    "leftmost": lambda m: (m.start, -m.rule.priority, -m.end, m.rule.order),
    "longest": lambda m: (m.start - m.end, -m.rule.priority, m.start, m.rule.order),
    "priority": lambda m: (-m.rule.priority, m.rule.order, m.start),
}
ItemT = TypeVar("ItemT")


def resolve(items: Iterable[ItemT], overlap: Overlap, match: Callable[[ItemT], Match]) -> list[ItemT]:
    """The overlap policy: of all items those that stand, in text order.

    Args:
        items: What was read from matches, or the matches.
        overlap: The policy.
        match: The match of an item.
    """
    pairs = [(match(item), item) for item in items]
    chosen: list[tuple[Match, ItemT]] = []
    for one, item in sorted(pairs, key=lambda pair: _ORDER[overlap](pair[0])):
        if all(one.end <= other.start or other.end <= one.start for other, _ in chosen):
            chosen.append((one, item))
    return [item for _, item in sorted(chosen, key=lambda pair: pair[0].start)]


def _itself(match: Match) -> Match:
    return match


class _Pattern:
    """A rule's pattern, or what is left of it behind a beginning that is matched for many rules at once.

    All is compiled when it is first needed: most of loading would be that of patterns never used.
    """

    def __init__(self, rule: Rule, pattern: str, *, backward: bool = False) -> None:
        self.rule = rule
        self._pattern = pattern
        self._backward = backward
        self.need = self.near = 0
        """The sets of words, as bits, that a match holds, and that it holds within reach of its beginning."""

    @cached_property
    def compiled(self) -> Any:
        if self._pattern == self.rule.expanded and not self._backward:
            return self.rule.compiled
        return _compile(self.rule, self._pattern, self._backward)

    @cached_property
    def match(self) -> Callable[[str, int, int], Any]:
        """The match that touches the beginning of a span, of a backward pattern its end."""
        return self._limited(self.compiled.match)

    @cached_property
    def search(self) -> Callable[[str, int, int], Any]:
        """The first match in a span, in the direction of the pattern."""
        return self._limited(self.compiled.search)

    @cached_property
    def findall(self) -> Callable[[str, int, int], Any]:
        """The matches in a span that do not overlap."""
        return self._limited(self.compiled.finditer, list)

    def _limited(
        self, method: Callable[..., Any], whole: Callable[[Any], Any] = lambda found: found
    ) -> Callable[[str, int, int], Any]:
        """A time limit costs more than most matches, so only patterns that could need one get one.

        Args:
            method: Of the compiled pattern.
            whole: Takes all of what it gives, while time counts.
        """
        if not may_run_away(self._pattern):
            return method

        def within_limit(text: str, start: int, end: int) -> Any:
            try:
                return whole(method(text, start, end, timeout=seconds_for(end - start, TIME_LIMIT)))
            except TimeoutError:
                raise self.rule.timed_out() from None

        return within_limit

    def found(self, match: Any) -> Match:
        """A match of the compiled pattern as one of the rule."""
        return Match(match.start(), match.end(), self.rule, match.groupdict())

    @cached_property
    def heads(self) -> frozenset[str] | None:
        """Of a pattern that begins with a lexicon: how its words begin, a cheaper test than the lexicon itself."""
        lexicon = _LIST.match(self._pattern)
        return frozenset(word[:2] for word in self.rule.lists[lexicon[1]]) if lexicon else None

    @cached_property
    def _bare(self) -> Any:
        bare = without_look_behind(self._pattern)
        return self.compiled if bare == self._pattern else _compile(self.rule, bare, self._backward)

    @cached_property
    def needs(self) -> Needs:
        """What the pattern's text shows of every match."""
        return needs_of(self._pattern, self.rule.lists)

    def opens(self, char: str) -> bool:
        """Whether a match could begin with a character, of a backward pattern end with it; "" is the text's edge."""
        edge = self.needs.last if self._backward else self.needs.first
        if char and edge is not None and "" not in edge:
            return char in edge
        return self._bare.match(char, partial=True) is not None


def _compile(rule: Rule, pattern: str, backward: bool) -> Any:
    lists = {name: list(rule.lists[name]) for name in sorted(set(_LIST.findall(pattern)))}
    return regex.compile(("(?r)" if backward else "") + pattern, flags=regex.V0, **lists)


class _Words:
    """The words that matches hold, looked up for all patterns at once: each set of words is a bit."""

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        from ahocorasick_rs import AhoCorasick

        bits: dict[frozenset[str], int] = {}
        self.reach = 0
        """How far behind the beginning of a match its words may stand."""
        for pattern in patterns:
            needs = pattern.needs
            for words in needs.words:
                pattern.need |= bits.setdefault(words, 1 << len(bits))
            if needs.reach is not None:
                pattern.near = pattern.need
                self.reach = max(self.reach, needs.reach)
        masks: dict[str, int] = {}
        for words, bit in bits.items():
            for word in words:
                masks[word] = masks.get(word, 0) | bit
        self._masks = tuple(masks.values())
        self._automaton = AhoCorasick(list(masks), store_patterns=False) if masks else None

    def held(self, text: str) -> int:
        """The sets of which the text holds a word."""
        held = 0
        if self._automaton is not None:
            masks = self._masks
            found = self._automaton.find_matches_as_indexes(searchable(text), overlapping=True)
            for number in {number for number, _, _ in found}:
                held |= masks[number]
        return held


class Matcher:
    """Matches a set of rules. Build once, use for many texts; safe to share between threads.

    Args:
        rules: The rules; those of higher priority come first, of equal priority those that stand first in their files.
        overlap: Which match stands where several overlap.
        backward: Match from right to left: `touching` and `nearest` then look at the end of a span.

    Raises:
        RuleError: a rule for `leftmost` could begin with any character.
    """

    def __init__(self, rules: Iterable[Rule], *, overlap: Overlap = "priority", backward: bool = False) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.order)))
        self._overlap: Overlap = overlap
        self._backward = backward
        self._scan = _Scan(self.rules) if overlap == "leftmost" else None
        if self._scan is not None:
            return
        self._patterns = tuple(_Pattern(rule, rule.expanded, backward=backward) for rule in self.rules)
        self._words = _Words(self._patterns)
        self._wanted: dict[int, tuple[_Pattern, ...]] = {}
        """By the words that a text holds: the patterns that may match in it."""
        self._touching: dict[str, tuple[_Pattern, ...]] = {}
        """By the character at the edge of a span: the patterns that may match there."""

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[Match]:
        """The matches of a stretch of text that stand, in order.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        end = len(text) if end is None else end
        if self._scan is not None:
            return list(self._scan.matches(text, start, end))
        return resolve(self.every(text, start, end), self._overlap, _itself)

    def every(self, text: str, start: int = 0, end: int | None = None) -> list[Match]:
        """All matches of all rules, rule by rule: what `find` chooses from.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        end = len(text) if end is None else end
        if self._scan is not None:
            found = ((rule, match) for rule in self.rules for match in rule.finditer(text, start, end))
            return [Match(match.start(), match.end(), rule, match.groupdict()) for rule, match in found]
        return [
            pattern.found(match)
            for pattern in self._may_match(text[start:end])
            for match in pattern.findall(text, start, end)
        ]

    def firsts(self, text: str) -> list[Match]:
        """The first match of every rule that has one, rule by rule.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        return [
            pattern.found(match)
            for pattern in self._may_match(text)
            if (match := pattern.search(text, 0, len(text))) is not None
        ]

    def touching(self, text: str, start: int, end: int) -> Match | None:
        """The match of highest priority that begins at `start`, for a backward matcher that ends at `end`.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        return next(self.all_touching(text, start, end), None)

    def all_touching(self, text: str, start: int, end: int) -> Iterator[Match]:
        """The matches that begin at `start`, for a backward matcher that end at `end`; higher priority first.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        for pattern in self._may_touch(text, start, end):
            match = pattern.match(text, start, end)
            if match is not None:
                yield pattern.found(match)

    def nearest(self, text: str, start: int, end: int) -> Match | None:
        """The match nearest to `start`, for a backward matcher to `end`; of those as near that of highest priority.

        Raises:
            RuleTimeout: a rule ran past its time limit.
        """
        best: Match | None = None
        for pattern in self._may_match(text[start:end]):
            match = pattern.search(text, start, end)
            if match is None:
                continue
            if best is None or (match.end() > best.end if self._backward else match.start() < best.start):
                best = pattern.found(match)
        return best

    def _may_touch(self, text: str, start: int, end: int) -> Sequence[_Pattern]:
        """The patterns that the character at the edge of a span, and the words near it, let match there."""
        char = text[end - 1 : end] if self._backward else text[start : start + 1]
        patterns = self._touching.get(char)
        if patterns is None:
            patterns = self._touching.setdefault(char, tuple(p for p in self._patterns if p.opens(char)))
        if len(patterns) <= _FEW:
            return patterns
        reach = self._words.reach
        held = self._words.held(
            text[max(start, end - reach) : end] if self._backward else text[start : min(end, start + reach)]
        )
        return [pattern for pattern in patterns if pattern.near & held == pattern.near]

    def _may_match(self, stretch: str) -> tuple[_Pattern, ...]:
        """The patterns of which a stretch of text holds the words."""
        held = self._words.held(stretch)
        wanted = self._wanted.get(held)
        if wanted is None:
            if len(self._wanted) >= _CACHE_LIMIT:
                self._wanted.clear()
            wanted = tuple(pattern for pattern in self._patterns if pattern.need & held == pattern.need)
            self._wanted[held] = wanted
        return wanted


class _Scan:
    """`leftmost` in one pass: what many rules begin with is matched once, and only what may follow is tried then.

    Nearly all rules of quantities begin with the same part, `{number}`. Rules that begin otherwise (《, 第) are tried
    at the characters that they can begin with.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        begins = [leading_group(rule.expanded) for rule in rules]
        common = Counter(filter(None, begins)).most_common(1)
        head = common[0][0] if common else "(?!)"
        self._rests: list[_Pattern] = []
        self._whole: dict[str, list[_Pattern]] = {}
        for rule, begin in zip(rules, begins, strict=True):
            if begin == head:
                self._rests.append(_Pattern(rule, rule.expanded[len(head) :]))
                continue
            whole = _Pattern(rule, rule.expanded)
            for char in sorted(_first_characters(whole)):
                self._whole.setdefault(char, []).append(whole)
        self._after: dict[str, tuple[_Pattern, ...]] = {}
        triggers = "".join(map(regex.escape, sorted(self._whole)))
        self._tokens = regex.compile(f"({head})|[{triggers}]" if triggers else f"({head})", flags=regex.V0)

    def matches(self, text: str, start: int, end: int) -> Iterator[Match]:
        """The matches that stand, in order."""
        covered = start
        whole, after = self._whole, self._after
        for token in self._begun(text, start, end):
            first, last = token.span()
            if first < covered:
                continue
            best: Match | None = None
            for pattern in whole.get(text[first], ()):
                if pattern.heads is not None and text[first : first + 2] not in pattern.heads:
                    continue
                match = pattern.match(text, first, end)
                if match is not None:
                    best = pattern.found(match)
                    break
            if token.start(1) >= 0:
                following = text[last : min(last + 1, end)]
                rests = after.get(following)
                if rests is None:
                    rests = tuple(rest for rest in self._rests if rest.opens(following))
                    after[following] = rests
                for pattern in rests:
                    if best is not None and best.rule.priority >= pattern.rule.priority:
                        break
                    match = pattern.match(text, last, end)
                    if match is not None:
                        best = Match(first, match.end(), pattern.rule, match.groupdict() | token.groupdict())
                        break
            if best is not None:
                covered = best.end
                yield best

    def _begun(self, text: str, start: int, end: int) -> Iterator[Any]:
        """Where a match may begin: behind what many rules begin with, or at a character that others begin with."""
        try:
            yield from self._tokens.finditer(text, start, end, timeout=seconds_for(end - start, TIME_LIMIT))
        except TimeoutError:
            raise too_long("number", TIME_LIMIT) from None


def _first_characters(pattern: _Pattern) -> set[str]:
    """The characters that a match may begin with: of those written in its pattern or lexicons, and digits.

    Raises:
        RuleError: the rule could begin with any character.
    """
    rule = pattern.rule
    if pattern.opens("\U0001f600") or pattern.opens("龘"):
        raise RuleError(
            f"rule {rule.id} could begin with any character, which would make the scan slow",
            where=rule.where,
            fix="Begin the pattern with {number}, with a lexicon or with written characters",
        )
    written = set(rule.expanded) | set("0123456789０１２３４５６７８９") | set(ascii_letters)
    written.update(word[0] for words in rule.lists.values() for word in words)
    return {char for char in written if pattern.opens(char)}


def searchable(text: str) -> str:
    """The text as an automaton takes it: a lone surrogate, which is no valid Unicode, becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
