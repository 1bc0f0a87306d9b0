"""How a mention is carried: by a name, a zone, an office, inside another proper name (rules/place_forms)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

import regex

from gongbao.document import PlaceForm
from gongbao.errors import RuleError
from gongbao.rulebook.match import Matcher
from gongbao.rulebook.ruleset import Rule, RuleSet

_FIELDS = frozenset({"form", "extend", "open", "backs", "of", "needs"})
_BEFORE = 12
"""Characters before a name that an `open` pattern may look at."""


def _bad(rule: Rule, message: str, fix: str) -> RuleError:
    return RuleError(message.format(rule.id), where=rule.where, fix=fix, code="places.rule")


@dataclass(frozen=True, slots=True)
class Form:
    """How a mention is carried and the span that it then has."""

    form: PlaceForm
    rule: str
    start: int
    end: int


class FormReader:
    """Tries the rules of the stage `place_forms` right behind a name.

    Raises:
        RuleError: a rule's `gives` has an unknown field or form.
    """

    def __init__(self, rules: RuleSet) -> None:
        stage = rules.stage("place_forms")
        self._opens = {rule.id: _opening(rule) for rule in stage}
        self._names = Matcher(rule for rule in stage if rule.gives.get("of") != "run")
        self._runs = Matcher(rule for rule in stage if rule.gives.get("of") == "run")
        self._backing = Matcher(rule for rule in stage if rule.gives.get("backs"))

    def name(self, text: str, start: int, end: int, limit: int | None = None) -> Form | None:
        """The form of the name at `[start, end)`, None where nothing speaks against a plain name.

        `limit` is where the next name begins: what stands beyond is that one's.
        """
        return self._first(self._names, text, start, end, limit)

    def run(self, text: str, start: int, end: int) -> Form | None:
        """The form of a run of abbreviations (京沪 in 京沪高铁)."""
        return self._first(self._runs, text, start, end, None)

    def backs(self, text: str, end: int) -> bool:
        """Whether what follows at `end` shows that a place's name stands before it."""
        return self._first(self._backing, text, end, end, None) is not None

    def _first(self, matcher: Matcher, text: str, start: int, end: int, limit: int | None) -> Form | None:
        """What the first rule gives that fits behind and before the name."""
        for match in matcher.all_touching(text, end, len(text) if limit is None else limit):
            gives = match.rule.gives
            low, opening = start, self._opens[match.rule.id]
            if opening is not None:
                opened = opening.search(text, max(0, start - _BEFORE), start)
                if opened is None:
                    continue
                low = opened.start()
            extend = gives.get("extend")
            form = cast(PlaceForm, gives["form"])
            return Form(form, match.rule.id, low if extend else start, match.end if extend else end)
        return None


def _opening(rule: Rule) -> regex.Pattern[str] | None:
    gives: Mapping[str, object] = rule.gives
    form = gives.get("form")
    unknown = sorted(set(gives) - _FIELDS)
    if unknown:
        raise _bad(rule, f"unknown field {unknown[0]!r} in gives of {{}}", f"Use: {', '.join(sorted(_FIELDS))}")
    if form not in get_args(PlaceForm):
        raise _bad(rule, f"unknown form {form!r} in gives of {{}}", f"Use one of: {', '.join(get_args(PlaceForm))}")
    opens = gives.get("open")
    try:
        return regex.compile(str(opens)) if opens else None
    except regex.error as error:
        raise _bad(rule, f"open pattern of {{}}: {error}", "Correct the pattern") from error
