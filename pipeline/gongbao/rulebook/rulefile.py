"""The YAML of a rule file: its schema, safe loading, and errors that name the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gongbao.errors import RuleError
from gongbao.rulebook.gives import STAGES, Gives


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


@dataclass(frozen=True, slots=True)
class LineNumbers:
    """Where things stand in a rule file."""

    path: Path
    _root: Any

    def where(self, *location: str | int) -> str:
        """The line that keys and numbers lead to, `("rules", 3, "id")`; of what is missing, of what lacks it."""
        node, line = self._root, self._root.start_mark.line if self._root is not None else 0
        for step in location:
            node = next((child for key, child in _children(node) if key == step), None)
            if node is None:
                break
            line = node.start_mark.line
        return f"{self.path}:{line + 1}"


def read_text(path: Path) -> str:
    """The text of a file among the rules.

    Raises:
        RuleError: it is no regular file (a pipe would be waited for), cannot be read, or is not UTF-8.
    """
    if not path.is_file():
        fix = "Remove it, or give it another ending"
        raise RuleError("this is no regular file (a folder, a pipe, a link to nowhere)", where=str(path), fix=fix)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RuleError("not UTF-8", where=str(path), fix="Save the file as UTF-8") from error
    except OSError as error:
        fix = "Give yourself the right to read it"
        raise RuleError(f"cannot be read: {error.strerror or error}", where=str(path), fix=fix) from error


def read_rules(path: Path) -> tuple[RuleFile, LineNumbers]:
    """A rule file, and where its rules stand.

    Raises:
        RuleError: it cannot be read, is no YAML, or is against the schema.
    """
    try:
        root, data = _load_yaml(read_text(path))
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
    lines = LineNumbers(path, root)
    try:
        return RuleFile.model_validate(data or {}), lines
    except ValidationError as error:
        first = error.errors()[0]
        raise RuleError(
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}",
            where=lines.where(*first["loc"]),
            fix="See rules/rule.schema.json for the fields of a rule",
        ) from error


def read_gives(rule: RuleData, number: int, stage: str, lines: LineNumbers) -> Gives:
    """What a rule gives, as its stage and kind have it.

    Args:
        rule: The rule.
        number: Which one it is in its file.
        stage: Its stage.
        lines: Where things stand in its file.

    Raises:
        RuleError: there is no such stage or kind, the code asks for no such tag, or a value is of the wrong type.
    """
    kinds = STAGES.get(stage)
    if kinds is None:
        fix = f"Put the rule under one of: {', '.join(STAGES)}"
        raise RuleError(f"no stage is called {stage!r}", where=lines.where("rules", number, "id"), fix=fix)
    schema = kinds.get(rule.kind)
    if schema is None:
        where = lines.where("rules", number, "kind")
        fix = f"Write one of these as kind: {', '.join(filter(None, kinds)) or 'none'}"
        raise RuleError(f"{rule.id}: the stage {stage} knows no kind {rule.kind!r}", where=where, fix=fix)
    try:
        return schema.model_validate(rule.gives)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        unknown = first["type"] == "extra_forbidden"
        known = ", ".join(field.alias or key for key, field in schema.model_fields.items()) or "nothing"
        raise RuleError(
            f"{rule.id}: no code asks for the tag {name!r}" if unknown else f"{rule.id}: gives.{name}: {first['msg']}",
            where=lines.where("rules", number, "gives", *first["loc"]),
            fix=f"Rules of {stage}{f' of kind {rule.kind}' if rule.kind else ''} give: {known}",
            code="rules.gives",
        ) from error


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
