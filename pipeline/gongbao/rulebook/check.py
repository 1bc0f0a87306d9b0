"""Checking every rule's examples both ways, and counting which rules fire on a corpus."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gongbao.components import Matchers
from gongbao.document import Extraction
from gongbao.periods.match import found_rows
from gongbao.places.gazetteer import Gazetteer
from gongbao.rulebook.gives import STAGES, Gives, tags
from gongbao.rulebook.ruleset import Rule, RuleSet, check_examples


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often each rule fired over a corpus; `never` lists those that did not."""

    articles: int
    fired: Mapping[str, int]
    never: Sequence[str] = field(default_factory=tuple)


def check_rules(rules: RuleSet) -> list[str]:
    """One line for each tag that no rule gives and each example that does not hold; empty if all is well.

    Tags that no code asks for are refused when rules are loaded.

    Raises:
        RuleError: a rule cannot be loaded or compiled.
        RuleTimeout: a rule ran past its time limit on an example.
    """
    matchers = Matchers.load(rules, Gazetteer.load(rules))
    failures = check_tags(rules)
    for stage, stage_rules in rules.stages.items():
        failures += check_examples(stage_rules, _Finder(stage, stage_rules, matchers))
    return failures


def check_tags(rules: RuleSet) -> list[str]:
    """One line for each tag that code asks for and no rule gives, with where code asks for it."""
    return [
        f"{_asked_at(schema, name)}: the tag {tag!r} of {stage} is asked for and no rule gives it"
        for stage in STAGES
        for schema, name, tag in tags(stage)
        if not any(isinstance(r.gives, schema) and name in r.gives.model_fields_set for r in rules.stage(stage))
    ]


def _asked_at(schema: type[Gives], name: str) -> str:
    lines, first = inspect.getsourcelines(schema)
    at = next(number for number, line in enumerate(lines, first) if line.lstrip().startswith(f"{name}:"))
    return f"{inspect.getsourcefile(schema)}:{at}"


class _Finder:
    """Runs one stage on an example, as `check_examples` asks for it."""

    def __init__(self, stage: str, rules: Sequence[Rule], matchers: Matchers) -> None:
        self._stage = stage
        self._rules = rules
        self._matchers = matchers

    def __call__(self, text: str, pub_date: str | None) -> list[dict[str, Any]]:
        if self._stage == "quantities":
            return [_fields(item) for item in self._matchers.quantities.match(text)]
        if self._stage == "periods":
            return found_rows(self._matchers.periods, text, pub_date)
        if self._stage.startswith("place"):
            return [_fields(item) for item in self._matchers.places.match(text)]
        # Rules that only veto or feed others (not_facts, initiatives) are checked by their own patterns.
        return [{"text": m.group(), "rule": rule.id} for rule in self._rules for m in rule.finditer(text)]


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def coverage(rules: RuleSet, extractions: Iterable[Extraction]) -> Coverage:
    """Count the rules named in the evidence of all records."""
    fired: Counter[str] = Counter()
    articles = 0
    for extraction in extractions:
        articles += 1
        for record in extraction.records:
            fired.update({evidence.rule for evidence in record.evidence.values()})
    known = [rule.id for stage in rules.stages.values() for rule in stage]
    return Coverage(articles, dict(sorted(fired.items())), tuple(name for name in sorted(known) if name not in fired))
