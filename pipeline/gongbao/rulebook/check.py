"""Checking every rule's examples both ways, and counting which rules fire on a corpus."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from gongbao.components import Matchers
from gongbao.document import Extraction
from gongbao.periods.match import found_rows
from gongbao.places.gazetteer import Gazetteer
from gongbao.rulebook import gives
from gongbao.rulebook.gives import STAGES, Gives, tags, values
from gongbao.rulebook.load import Rule, RuleSet, check_examples


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often each rule fired over a corpus; `never` lists those that did not."""

    articles: int
    fired: Mapping[str, int]
    never: Sequence[str] = field(default_factory=tuple)


def check_rules(rules: RuleSet) -> list[str]:
    """One line for each kind, tag or value that no rule has and each example that does not hold; empty if all is well.

    Those that no code asks for are refused when rules are loaded.

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
    """One line for each kind, tag and value that code asks for and no rule has, with where code asks for it."""
    failures = []
    for stage, kinds in STAGES.items():
        having = {rule.kind for rule in rules.stage(stage)}
        failures += [
            f"{_asked_at(gives, repr(kind))}: the kind {kind!r} of {stage} is asked for and no rule has it"
            for kind in kinds
            if kind and kind not in having
        ]
        for schema, name, tag in tags(stage):
            given = [r.gives for r in rules.stage(stage) if isinstance(r.gives, schema)]
            where = _asked_at(schema, f"{name}:")
            if not any(name in one.model_fields_set for one in given):
                failures.append(f"{where}: the tag {tag!r} of {stage} is asked for and no rule gives it")
                continue
            seen = {getattr(one, name) for one in given} if values(schema, name) else set()
            failures += [
                f"{where}: the value {value!r} of the tag {tag!r} of {stage} is asked for and no rule gives it"
                for value in values(schema, name)
                if value not in seen
            ]
    return failures


def _asked_at(source: type[Gives] | ModuleType, words: str) -> str:
    """Where a schema, or the module of schemas, says these words."""
    lines, first = inspect.getsourcelines(source)
    said = (number for number, line in enumerate(lines, max(first, 1)) if words.replace("'", '"') in line)
    return f"{inspect.getsourcefile(source)}:{next(said, max(first, 1))}"


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
        # Rules that only veto, feed others or are asked for by code are checked by their own patterns. Some of these
        # allow for nothing (what stands between the members of a list), which is nothing found.
        return [{"text": m.group(), "rule": rule.id} for rule in self._rules for m in rule.finditer(text) if m.group()]


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
