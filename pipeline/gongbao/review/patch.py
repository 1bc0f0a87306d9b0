"""Examples for rules out of rejected and edited changes, offered as a patch that a person applies."""

from __future__ import annotations

import difflib
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from gongbao.diff.fields import RecordRow, changed_fields, plain, rule_of
from gongbao.errors import RuleError
from gongbao.review.ledger import Event
from gongbao.rulebook.load import Rule, RuleSet

_VALUES = ("value", "unit", "kind", "bound")


@dataclass(frozen=True, slots=True)
class Patch:
    """A unified diff on the rules' files, and how many examples it adds."""

    text: str
    examples: int


@dataclass(frozen=True, slots=True)
class _Addition:
    rule: Rule
    sort: str
    line: str


def patch_for(rules: RuleSet, decided: Iterable[tuple[Event, str | None]]) -> Patch:
    """The patch for decisions.

    A record that should not be there becomes a `no` example of the rule that made it; a record lost or wrong in its
    amount becomes a `todo` example (a strict expected failure) of the rule that should give it. Rules that are not
    among the rules' files, and fields that a rule's examples do not state, give none.
    """
    known = {rule.id: rule for stage in rules.stages.values() for rule in stage}
    additions = [item for event, _ in decided if (item := _addition(event, known)) is not None]
    by_file: dict[Path, list[_Addition]] = {}
    for item in {(item.rule.id, item.sort, item.line): item for item in additions}.values():
        by_file.setdefault(Path(item.rule.where.rpartition(":")[0]), []).append(item)
    pieces: list[str] = []
    count = 0
    for path, items in sorted(by_file.items()):
        before = path.read_text(encoding="utf-8")
        after = before
        for item in items:
            candidate = _insert(after, item)
            if candidate != after and _loads(path, candidate):
                after = candidate
                count += 1
        name = _name(path)
        pieces += difflib.unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
    return Patch("".join(pieces), count)


def _addition(event: Event, known: dict[str, Rule]) -> _Addition | None:
    if event.action == "accept":
        return None
    right, wrong = event.outcome, event.new
    if right is None:
        rule = known.get(rule_of(wrong, "value") or "")
        sentence = str((wrong or {}).get("sentence") or "").strip()
        if rule is None or not sentence or _has(rule, sentence):
            return None
        return _Addition(rule, "no", _scalar(sentence))
    if wrong is not None and not set(changed_fields(wrong, right)) & {"value", "unit", "kind", "bound"}:
        return None
    rule = known.get(rule_of(event.old, "value") or rule_of(wrong, "value") or "")
    sentence, amount = str(right.get("sentence") or "").strip(), str(right.get("amount") or "")
    if rule is None or amount not in sentence or _has(rule, sentence):
        return None
    return _Addition(rule, "todo", _example(right, sentence, amount))


def _has(rule: Rule, sentence: str) -> bool:
    no = [item if isinstance(item, str) else item.text for item in rule.examples.no]
    return sentence in [*no, *(example.text for example in (*rule.examples.yes, *rule.examples.todo))]


def _example(record: RecordRow, sentence: str, amount: str) -> str:
    values = {name: record.get(name) for name in _VALUES}
    shown = [f"text: {_scalar(sentence)}", f"find: {_scalar(amount)}"]
    shown += [f"{n}: {plain(v) if n == 'value' else _scalar(str(v))}" for n, v in values.items() if v is not None]
    return "{" + ", ".join(shown) + "}"


def _scalar(text: str) -> str:
    """A string as YAML writes it on one line."""
    return "'" + re.sub(r"\s+", " ", text).replace("'", "''") + "'"


def _insert(text: str, item: _Addition) -> str:
    """Put an example into the rule's block; the text unchanged where the block is written in another way."""
    lines = text.splitlines(keepends=True)
    span = _block(text, item.rule.id)
    if span is None:
        return text
    start, stop = span
    for at in range(start, min(stop, len(lines))):
        found = re.match(rf"^(\s*){item.sort}:\s*(.*?)\s*$", lines[at])
        if not found:
            continue
        indent, rest = found.groups()
        if rest in ("", "[]"):
            lines[at] = f"{indent}{item.sort}:\n"
            end = at + 1
            while end < stop and (
                not lines[end].strip() or _indent(lines[end]) > len(indent) or _dash(lines[end], indent)
            ):
                end += 1
            while end > at + 1 and not lines[end - 1].strip():
                end -= 1
            inner = next((_lead(line) for line in lines[at + 1 : end] if line.strip()), indent + "  ")
            lines.insert(end, f"{inner}- {item.line}\n")
            return "".join(lines)
        if rest.startswith("[") and rest.endswith("]"):
            lines[at] = f"{indent}{item.sort}: {rest[:-1].rstrip().rstrip(',')}, {item.line}]\n"
            return "".join(lines)
    for at in range(start, min(stop, len(lines))):
        found = re.match(r"^(\s*)yes:", lines[at])
        if found:
            lines.insert(at, f"{found.group(1)}{item.sort}:\n{found.group(1)}  - {item.line}\n")
            return "".join(lines)
    return text


def _block(text: str, rule_id: str) -> tuple[int, int] | None:
    """The lines of a rule, from its first to the one after its last."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    for key, value in root.value:
        if key.value != "rules":
            continue
        for rule in value.value:
            if any(k.value == "id" and v.value == rule_id for k, v in rule.value):
                return rule.start_mark.line, rule.end_mark.line + (1 if rule.end_mark.column else 0)
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _lead(line: str) -> str:
    return line[: _indent(line)]


def _dash(line: str, indent: str) -> bool:
    return line.startswith(f"{indent}- ")


def _loads(path: Path, text: str) -> bool:
    """Whether the file is still a good rules file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.parent.name / path.name
        copy.parent.mkdir()
        copy.write_text(text, encoding="utf-8")
        try:
            from gongbao.rulebook.rulefile import read_rules

            read_rules(copy)
        except RuleError:
            return False
    return True


def _name(path: Path) -> str:
    parts = path.parts
    at = len(parts) - 1 - parts[::-1].index("rules") if "rules" in parts else len(parts) - 1
    return "/".join(parts[at:])
