"""Matching time expressions in the simplified text of an article: years, parts of years, relative times, ranges.

The rules are data (rules/periods/*.yaml). A rule's `kind` says what its match is:

- `year` a year or several (2020年, 今年, “十三五”期间), `part` a part of a year (前三季度, 9月), `whole` a complete
  expression (目前, 2021-01-09); a `suffix` only counts after a year (2020年*底*), a `tail` as the end of a range
  (至*18日*);
- `joint` what joins the ends of a range, `list` what stands between the members of a list;
- `frame` the words around an expression that change it (比…, 自…以来, 截至…);
- `locale` whether the article counts years in another era (民国), for rules that name it in `gives: {locale: …}`.

`gives` names the reader of the match (`periods.readers`) and what else code asks for (`rulebook.gives`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from gongbao.chinese.calendar import Time
from gongbao.chinese.clauses import STATEMENT_ENDS, sentences
from gongbao.document import Period
from gongbao.periods.compose import Expression, compose, framed, share_comparison, to_period
from gongbao.periods.readers import read_time
from gongbao.rulebook.cues import Cue
from gongbao.rulebook.load import Rule, RuleSet
from gongbao.rulebook.match import Match, Matcher, resolve

STAGE = "periods"
_PIECES = frozenset(["year", "part", "suffix", "whole", "tail"])
_LONGEST = 2000
"""A statement that goes on without an end is cut, so that no rule works on a whole file at once."""


class Found(NamedTuple):
    """A period and the ids of all rules that took part in it."""

    period: Period
    rules: tuple[str, ...]


class PeriodMatcher:
    """Finds the time expressions of an article. Immutable after construction; one serves any number of articles."""

    def __init__(self, rules: RuleSet) -> None:
        stage = rules.stage(STAGE)
        self._pieces_of_time = Matcher((rule for rule in stage if rule.kind in _PIECES), overlap="longest")
        self._frames = Matcher(rule for rule in stage if rule.kind == "frame")
        self._joints = Cue("joint", [rule for rule in stage if rule.kind == "joint"])
        self._lists = Cue("list", [rule for rule in stage if rule.kind == "list"])
        self._locales = tuple(rule for rule in stage if rule.kind == "locale")

    def match(self, text: str, pub_date: date | None = None) -> tuple[Period, ...]:
        """All time expressions in `text`, in order, without overlap.

        Args:
            text: Simplified text of a whole article, one paragraph a line.
            pub_date: Publication date; without it relative expressions have no year.

        Raises:
            RuleTimeout: a rule ran past its time limit on this text.
            RuleError: a rule names no known reader or a table of it has a hole.

        """
        return tuple(to_period(text, expression, pub_date) for expression in self._expressions(text, pub_date))

    def explain(self, text: str, pub_date: date | None = None) -> tuple[Found, ...]:
        """As `match`, each period with all rules that took part in it."""
        return tuple(
            Found(to_period(text, expression, pub_date), expression.rules)
            for expression in self._expressions(text, pub_date)
        )

    def _expressions(self, text: str, published: date | None) -> list[Expression]:
        pieces = list(self._pieces(text, published))
        return self._framed(text, compose(text, pieces, self._joints))

    @property
    def locales(self) -> tuple[Rule, ...]:
        """The rules that say in which era an article counts."""
        return self._locales

    def in_context(self, period: Period, year: int) -> Period:
        """A `context` period read in the year of the time before it: 一季度 in that year, 上年 in the year before."""
        if period.anchor != "context":
            return period
        read = self.match(period.text, date(year, 12, 31))
        if len(read) != 1 or read[0].anchor != "context":
            return period.in_year(year)
        return replace(read[0], start=period.start, end=period.end, text=period.text, role=period.role)

    def _pieces(self, text: str, published: date | None) -> Iterator[Expression]:
        """What single rules match, without overlap within each sentence."""
        locales: dict[str, bool] = {}
        for start, end in sentences(text, ends=STATEMENT_ENDS, closing="", longest=_LONGEST):
            found: list[tuple[Match, Time]] = []
            for match in self._pieces_of_time.every(text, start, end):
                locale = match.gives.locale
                if locale and not self._holds(locale, text, locales):
                    continue
                time = read_time(match.rule, match.groups, published)
                if time is not None:
                    found.append((match, time))
            for match, time in resolve(found, "longest", itemgetter(0)):
                rule = match.rule
                yield Expression(match.start, match.end, rule.kind, time, rule, (rule.id,))

    def _holds(self, locale: str, text: str, known: dict[str, bool]) -> bool:
        """Whether the article counts in this era; looked up once a text."""
        if locale not in known:
            rules = (rule for rule in self._locales if rule.gives.locale == locale)
            known[locale] = any(next(rule.finditer(text), None) is not None for rule in rules)
        return known[locale]

    def _framed(self, text: str, expressions: list[Expression]) -> list[Expression]:
        out: list[Expression] = []
        for index, expression in enumerate(expressions):
            left = out[-1].end if out else 0
            right = expressions[index + 1].start if index + 1 < len(expressions) else len(text)
            out.append(framed(text, expression, left, right, self._frames))
        return share_comparison(text, out, self._lists)


def found_rows(matcher: PeriodMatcher, text: str, pub_date: str | None) -> list[dict[str, Any]]:
    """What the matcher finds, one row for each period and rule: the form that `ruleset.check_examples` takes."""
    published = date.fromisoformat(pub_date) if pub_date else None
    names = Period.__dataclass_fields__
    return [{"text": match[0], "rule": rule.id} for rule in matcher.locales for match in rule.finditer(text)] + [
        {name: getattr(found.period, name) for name in names} | {"rule": rule}
        for found in matcher.explain(text, published)
        for rule in dict.fromkeys(found.rules)
    ]
