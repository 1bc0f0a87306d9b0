"""How a mention is carried: by a name, a zone, an office, inside another proper name (rules/place_forms)."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from gongbao.document import PlaceForm
from gongbao.rulebook.gives import FormGives
from gongbao.rulebook.load import RuleSet
from gongbao.rulebook.match import Matcher

_BEFORE = 12
"""Characters before a name that an `open` pattern may look at."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a mention is carried and the span that it then has."""

    form: PlaceForm
    rule: str
    start: int
    end: int
    dateline: bool


class FormReader:
    """Tries the rules of the stage `place_forms` right behind a name."""

    def __init__(self, rules: RuleSet) -> None:
        stage = rules.stage("place_forms")
        self._openings = {rule.gives.open: regex.compile(rule.gives.open) for rule in stage if rule.gives.open}
        self._names = Matcher(rule for rule in stage if rule.gives.of != "run")
        self._runs = Matcher(rule for rule in stage if rule.gives.of == "run")
        self._backing = Matcher(rule for rule in stage if rule.gives.backs)

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
            gives: FormGives = match.gives
            low = start
            if gives.open:
                opened = self._openings[gives.open].search(text, max(0, start - _BEFORE), start)
                if opened is None:
                    continue
                low = opened.start()
            span = (low, match.end) if gives.extend else (start, end)
            return Form(gives.form, match.rule.id, *span, gives.dateline)
        return None
