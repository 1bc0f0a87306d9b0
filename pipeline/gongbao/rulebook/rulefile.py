"""The YAML of a rule file: its schema, safe loading, and errors that name the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import regex
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gongbao.errors import RuleError


class Example(BaseModel):
    """A text, the span that must be found in it, and the values it must give (any field of the stage's output)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    text: str
    find: str | None = None
    pub_date: str | None = None

    @property
    def expected(self) -> dict[str, Any]:
        """The fields beyond text, find and pub_date."""
        return dict(self.model_extra or {})


class Examples(BaseModel):
    """`yes`: found, with these values. `no`: this rule gives nothing. `todo`: strict expected failures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    yes: list[Example] = Field(min_length=1)
    no: list[str | Example] = []
    todo: list[Example] = []


class RuleData(BaseModel):
    """A rule as written in YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")
    name: str
    kind: str = ""
    priority: int = 50
    pattern: str
    gives: dict[str, Any] = {}
    examples: Examples


class RuleFile(BaseModel):
    """A rule file as written in YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parts: dict[str, str] = {}
    rules: list[RuleData] = []


MAX_NESTING = 64
"""Deepest nesting of lists and mappings in a rule file; rules need five."""

# libyaml's parser reads ten times as fast; it is in all wheels of PyYAML.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]
    """SafeLoader without YAML 1.1's surprises: no dates out of plain scalars, `yes` and `no` are words."""


_SURPRISING = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _SURPRISING]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", regex.compile("^(?:true|false)$"), list("tf"))


def _load_yaml(text: str) -> tuple[Any, Any]:
    """The nodes of a YAML document, which know their lines, and its data. Anchors and aliases are refused."""
    depth = 0
    for event in yaml.parse(text, Loader=_Parser):
        # libyaml builds nodes by recursion in C: a file nested without end would take the process down with it.
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        mark: Any = event.start_mark
        if depth > MAX_NESTING:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
        if getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(problem="anchors and aliases are not allowed", problem_mark=mark)
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def read_rules(path: Path) -> tuple[RuleFile, dict[str, int]]:
    try:
        text = path.read_text(encoding="utf-8")
        root, data = _load_yaml(text)
    except UnicodeDecodeError as error:
        raise RuleError("not UTF-8", where=str(path), fix="Save the file as UTF-8") from error
    except RecursionError as error:
        raise RuleError("nested too deeply", where=str(path), fix="Flatten the file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise RuleError(
            f"not valid YAML: {problem}",
            where=f"{path}{line}",
            fix="Quote patterns with single quotes and indent with spaces",
        ) from error
    lines = _rule_lines(root)
    try:
        parsed = RuleFile.model_validate(data or {})
    except ValidationError as error:
        first = error.errors()[0]
        location = ".".join(str(part) for part in first["loc"])
        number = _line_of(root, first["loc"])
        raise RuleError(
            f"{location}: {first['msg']}",
            where=f"{path}:{number}",
            fix="See rules/rule.schema.json for the fields of a rule",
        ) from error
    return parsed, lines


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _rule_lines(root: Any) -> dict[str, int]:
    lines: dict[str, int] = {}
    for key, rules in _children(root):
        if key == "rules":
            for _, rule in _children(rules):
                for name, value in _children(rule):
                    if name == "id":
                        lines[str(value.value)] = value.start_mark.line + 1
    return lines


def _line_of(root: Any, location: Sequence[Any]) -> int:
    line = root.start_mark.line if root is not None else 0
    node = root
    for step in location:
        node = next((child for key, child in _children(node) if key == step), None)
        if node is None:
            break
        line = node.start_mark.line
    return int(line) + 1
