"""Which period a quantity belongs to (design §6, §7).

The nearest period before the amount in its sentence that is no comparison; else the period that the paragraph, then
the section, was speaking of; else the publication date. A period that leans on its context (上半年, 9月, 年底) takes
the year of the period before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from pipeline.models import Document, How, Period, Quantity, Sentence
from pipeline.stages.scope import Choice, between, clause_end, clause_start, sentence_index

_PAREN_PERIOD = regex.compile(r"[（(]$")


class PeriodLinker:
    """Resolves the period of every quantity of a document."""

    def link(self, document: Document) -> list[Choice]:
        """One choice for each quantity, in order; `value` is a `Period`, or None where nobody could tell."""
        return _Pass(document).run()


class _Pass:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        self._sentences = document.outline.sentences
        self._pub = document.article.pub_date

    def run(self) -> list[Choice]:
        document = self._document
        by_sentence: dict[int, list[int]] = {}
        for number, quantity in enumerate(document.quantities):
            index = sentence_index(self._sentences, quantity.start)
            if index is not None:
                by_sentence.setdefault(index, []).append(number)
        choices: list[Choice] = [self._published()] * len(document.quantities)
        scope: Choice | None = None
        section_scope: dict[int, Choice | None] = {}
        previous: Sentence | None = None
        title_scope: Choice | None = None
        for index, sentence in enumerate(self._sentences):
            if previous is not None and sentence.section != previous.section:
                scope = self._inherited(sentence, section_scope)
            resolved = self._resolve(sentence, scope)
            for number in by_sentence.get(index, []):
                choices[number] = self._choose(document.quantities[number], sentence, resolved, scope, title_scope)
            left = self._leaves(sentence, resolved)
            if sentence.role == "title":
                title_scope = left and replace(left, how="title", doubt=0.3)
            elif sentence.role == "heading":
                section_scope[sentence.section] = left and replace(left, how="heading", doubt=0.1)
                scope = section_scope[sentence.section] or scope
            elif left is not None:
                scope = left
            previous = sentence
        return choices

    def _published(self) -> Choice:
        if self._pub is None:
            return Choice(None, "default", "period.none", doubt=1.0)
        day = self._pub
        period = Period(0, 0, "", day.year, None, None, "published", "vague", "period.published")
        return Choice(period, "published", "period.published", doubt=0.4)

    def _inherited(self, sentence: Sentence, section_scope: dict[int, Choice | None]) -> Choice | None:
        for section in self._document.outline.path(sentence.section):
            if section_scope.get(section):
                return section_scope[section]
        return None

    def _resolve(self, sentence: Sentence, scope: Choice | None) -> list[Period]:
        """The periods of a sentence that a fact may hold for, `context` ones read in the year before them."""
        resolved: list[Period] = []
        for period in between(self._document.periods, sentence.start, sentence.end):
            if period.role == "comparison":
                continue
            if period.anchor == "context":
                base = next((p.year for p in reversed(resolved) if p.year and p.role == "time"), None)
                if base is None and scope is not None and isinstance(scope.value, Period) and scope.value.role == "time":
                    base = scope.value.year
                if base is not None:
                    period = period.in_year(base)
            if period.year is not None:
                resolved.append(period)
        return resolved

    def _leaves(self, sentence: Sentence, resolved: Sequence[Period]) -> Choice | None:
        """The period that a sentence leaves behind for those after it."""
        lasting = [p for p in resolved if p.role in {"time", "vague"}]
        if not lasting:
            return None
        period = lasting[0]
        return Choice(period, "carried", period.rule, period.start, period.end, 0.2)

    def _choose(
        self,
        quantity: Quantity,
        sentence: Sentence,
        resolved: Sequence[Period],
        scope: Choice | None,
        title_scope: Choice | None,
    ) -> Choice:
        how: How = {"title": "title", "heading": "heading"}.get(sentence.role, "stated")  # type: ignore[assignment]
        after = [p for p in resolved if p.start >= quantity.end]
        if after and _PAREN_PERIOD.search(self._text[quantity.end : after[0].start]) and after[0].start - quantity.end <= 2:
            return Choice(after[0], how, after[0].rule, after[0].start, after[0].end, 0.1)
        before = [p for p in resolved if p.end <= quantity.start]
        if before:
            period = before[-1]
            return Choice(period, how, period.rule, period.start, period.end, 0.05 if period.role == "time" else 0.2)
        if after:
            head = clause_start(self._text, sentence, quantity.start)
            tail = clause_end(self._text, sentence, quantity.end)
            near = [p for p in after if head <= p.start < tail]
            if near and scope is None:
                return Choice(near[0], how, near[0].rule, near[0].start, near[0].end, 0.4)
        if scope is not None:
            return scope
        return title_scope or self._published()
