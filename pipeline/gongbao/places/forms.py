"""How a mention is carried: by a name, a zone, an office, inside another proper name (rules/place_forms).

A rule is tried only where one of its `needs` words stands near, found for all rules in one pass over the text: a
pattern with a time limit costs ten times more than the look.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

import regex

from gongbao.document import PlaceForm
from gongbao.errors import RuleError, RuleTimeout
from gongbao.places.names import searchable
from gongbao.rulebook.ruleset import TIME_LIMIT, Rule, RuleSet

_FIELDS = frozenset({"form", "extend", "open", "backs", "of", "needs"})
_BEFORE = 12
"""Characters before a name that an `open` pattern may look at."""
_BEHIND = 24
"""Characters behind a name within which the words of `needs` are looked for."""


class Cues:
    """Finds the words that rules need, each a bit of a mask over the rules. `@name` stands for a lexicon's words."""

    def __init__(self, rules: Sequence[Rule], lexicons: RuleSet) -> None:
        from ahocorasick_rs import AhoCorasick

        masks: dict[str, int] = {}
        self.always = 0
        """The rules that need no word."""
        for number, rule in enumerate(rules):
            needs = rule.gives.get("needs")
            if needs is None:
                self.always |= 1 << number
            for word in _words(rule, needs or (), lexicons):
                masks[word] = masks.get(word, 0) | 1 << number
        self._masks = tuple(masks.values())
        self._automaton = AhoCorasick(list(masks), store_patterns=False) if masks else None

    def scan(self, text: str) -> tuple[list[int], list[int]]:
        """Where the words begin, in order, and the rules that each one serves."""
        if self._automaton is None:
            return [], []
        hits = self._automaton.find_matches_as_indexes(searchable(text), overlapping=True)
        found = sorted((start, self._masks[number]) for number, start, _ in hits)
        return [start for start, _ in found], [mask for _, mask in found]


def _words(rule: Rule, needs: object, rules: RuleSet) -> list[str]:
    if not isinstance(needs, list | tuple) or not all(isinstance(word, str) and word for word in needs):
        raise _bad(
            rule, "needs of {} is no list of words", "Write needs: [word, ...]; @name for the words of a lexicon"
        )
    return [word for item in needs for word in (rules.lexicon(item[1:]) if item[0] == "@" else (item,))]


def _bad(rule: Rule, message: str, fix: str) -> RuleError:
    return RuleError(message.format(rule.id), where=rule.where, fix=fix, code="places.rule")


@dataclass(frozen=True, slots=True)
class Form:
    """How a mention is carried and the span that it then has."""

    form: PlaceForm
    rule: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _FormRule:
    rule: Rule
    form: PlaceForm
    extend: bool
    opens: regex.Pattern[str] | None


class FormReader:
    """Tries the rules of the stage `place_forms` right behind a name.

    Raises:
        RuleError: a rule's `gives` has an unknown field or form.
    """

    def __init__(self, rules: RuleSet) -> None:
        stage = rules.stage("place_forms")
        self._cues = Cues(stage, rules)
        self._rules = tuple(_compile(rule) for rule in stage)
        runs = [rule.gives.get("of") == "run" for rule in stage]
        self._run_mask = sum(1 << number for number, run in enumerate(runs) if run)
        self._name_mask = sum(1 << number for number, run in enumerate(runs) if not run)
        self._back_mask = sum(1 << number for number, rule in enumerate(stage) if rule.gives.get("backs"))

    def on(self, text: str) -> Reading:
        """A reader of one text."""
        return Reading(self, text)


class Reading:
    """Reads forms in one text."""

    def __init__(self, reader: FormReader, text: str) -> None:
        self._reader = reader
        self._text = text
        self._starts, self._masks = reader._cues.scan(text)

    def name(self, start: int, end: int, limit: int | None = None) -> Form | None:
        """The form of the name at `[start, end)`, None where nothing speaks against a plain name.

        `limit` is where the next name begins: what stands beyond is that one's.
        """
        return self._first(self._reader._name_mask, start, end, limit)

    def run(self, start: int, end: int) -> Form | None:
        """The form of a run of abbreviations (京沪 in 京沪高铁)."""
        return self._first(self._reader._run_mask, start, end, None)

    def backs(self, end: int) -> bool:
        """Whether what follows at `end` shows that a place's name stands before it."""
        return self._first(self._reader._back_mask, end, end, None) is not None

    def _first(self, among: int, start: int, end: int, limit: int | None) -> Form | None:
        """What the first rule that fits gives."""
        stop = min(end + _BEHIND, len(self._text) if limit is None else limit)
        mask = self._reader._cues.always
        for index in range(bisect_left(self._starts, end), len(self._starts)):
            if self._starts[index] >= stop:
                break
            mask |= self._masks[index]
        mask &= among
        for number, item in enumerate(self._reader._rules):
            if not mask >> number:
                break
            if not mask >> number & 1:
                continue
            match = _try(item.rule, self._text, end, stop if limit is not None else len(self._text))
            if match is None:
                continue
            low = start
            if item.opens is not None:
                opened = item.opens.search(self._text, max(0, start - _BEFORE), start)
                if opened is None:
                    continue
                low = opened.start() if item.extend else start
            return Form(item.form, item.rule.id, low, match.end() if item.extend else end)
        return None


def _try(rule: Rule, text: str, start: int, end: int) -> regex.Match[str] | None:
    try:
        return cast("regex.Match[str] | None", rule.compiled.match(text, start, end, timeout=TIME_LIMIT))
    except TimeoutError:
        raise RuleTimeout(
            f"rule {rule.id} ran longer than {TIME_LIMIT:g} s on one text",
            where=rule.where,
            fix="Its pattern backtracks: make repeated parts disjoint, or use possessive quantifiers (++, *+)",
        ) from None


def _compile(rule: Rule) -> _FormRule:
    gives: Mapping[str, object] = rule.gives
    form = gives.get("form")
    unknown = sorted(set(gives) - _FIELDS)
    if unknown:
        raise _bad(rule, f"unknown field {unknown[0]!r} in gives of {{}}", f"Use: {', '.join(sorted(_FIELDS))}")
    if form not in get_args(PlaceForm):
        raise _bad(rule, f"unknown form {form!r} in gives of {{}}", f"Use one of: {', '.join(get_args(PlaceForm))}")
    opens = gives.get("open")
    try:
        pattern = regex.compile(str(opens)) if opens else None
    except regex.error as error:
        raise _bad(rule, f"open pattern of {{}}: {error}", "Correct the pattern") from error
    return _FormRule(rule, cast(PlaceForm, form), bool(gives.get("extend")), pattern)
