r"""Rules as data: loading, checking and compiling the YAML files of a rules folder.

A rules folder holds `<stage>/*.yaml` rule files, `lexicon/*.txt` word lists (see `rulebook.lexicon`) and
`places/*.csv`. A rule file looks like this:

    parts:                      # named parts; {name} in any pattern of the stage stands for (?:...)
      digits: '[0-9]+'
    rules:
      - id: money.cny           # unique over all files
        name: 人民币金额
        kind: money             # free to the stage
        priority: 50            # higher wins where spans compete
        pattern: '(?P<number>{digits})\L<magnitudes>元'   # \L<name> is lexicon/name.txt
        gives: {unit: 元}

Examples:
          yes:
            - {text: 投资12亿元, find: 12亿元, value: 1200000000}
          no: [国发〔2020〕3号]
          todo: []

User folders come after the shipped one: a rule or part of the same name replaces the shipped one, a lexicon adds words
to it and takes words away. `RuleSet.own` says what they change. Files are read with a safe loader that refuses
anchors, aliases and tags. Every match runs under a time limit, after which the rule is named in a `RuleTimeout`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from math import prod
from pathlib import Path
from typing import Any

import regex

from gongbao.errors import RuleError, RuleTimeout
from gongbao.rulebook.gives import READING, STAGES, Gives
from gongbao.rulebook.lexicon import READ_BEFORE_RULES, read_lexicon
from gongbao.rulebook.own import list_change, rule_changes, table_changes, unread_files
from gongbao.rulebook.rulefile import Example, Examples, RuleData, read_gives, read_rules

_PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = _PACKAGE / "rules" if (_PACKAGE / "rules").is_dir() else _PACKAGE.parents[1] / "rules"
"""The rules inside an installed wheel, else those of the checkout."""
_PART = regex.compile(r"\{([a-z][a-z0-9_]*)\}")
_LIST = regex.compile(r"\\L<([a-z][a-z0-9_]*)>")
_MAX_DEPTH = 12
MAX_PATTERN = 100_000
"""Longest pattern once its parts are put in, and most pieces that its fixed repetitions may come to; ours stay below
3,000. The regex module writes `x{1000}` out, and `(?:x{1000}){1000}` a million times."""
_TIMES = regex.compile(r"\{([0-9]{1,9})(?:,[0-9]*)?\}")
_TOKEN = regex.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|\{(?P<times>[0-9]{1,9})(?:,[0-9]*)?\}|[^\\\[(){]++|.", flags=regex.DOTALL
)
TIME_LIMIT = 2.0
"""Processor seconds that one rule may spend on one text, beside those that its length asks for."""
SLOWEST = 25_000.0
"""Characters a second that any rule gets through, on a slow machine too: for all of quantities one takes 3 µs."""


def seconds_for(length: int, limit: float = TIME_LIMIT) -> float:
    """Processor seconds that a rule may spend on a text of so many characters: what takes longer backtracks."""
    return limit + length / SLOWEST


def too_long(name: str, limit: float, where: str | None = None) -> RuleTimeout:
    """The error for a rule, or a named part of rules, that ran longer than `seconds_for` a text."""
    return RuleTimeout(
        f"rule {name} ran longer than {limit:g} s, and 1 s for every {SLOWEST:,.0f} characters, on one text",
        where=where,
        fix="Its pattern backtracks: make repeated parts disjoint, or use possessive quantifiers (++, *+)",
    )


@dataclass(frozen=True)
class Rule:
    """A rule. `where` is `file:line`; `version` the first 12 hex digits of its content's hash.

    `gives` is what `rulebook.gives` has for its stage and kind. `order` is its place among all rules, as they follow in
    their files; it decides between rules of equal priority.
    """

    id: str
    name: str
    kind: str
    priority: int
    gives: Any
    examples: Examples
    where: str
    version: str
    expanded: str
    lists: Mapping[str, Sequence[str]]
    stage: str = ""
    order: int = 0

    @cached_property
    def compiled(self) -> Any:
        """The pattern, compiled when it is first needed: most of loading would be that of patterns never used.

        Raises:
            RuleError: the pattern is wrong.
        """
        try:
            return regex.compile(self.expanded, flags=regex.V0, **{name: list(self.lists[name]) for name in self.lists})
        except (regex.error, ValueError) as error:
            # Not all of what the module refuses it refuses by its own error: flags at odds with ours, as (?V1).
            problem, fix = str(error), "Correct the pattern; it is written for the regex module"
            raise RuleError(f"pattern of {self.id}: {problem}", where=self.where, fix=fix) from error
        except RecursionError as error:
            problem, fix = "nested too deeply", "Nest fewer groups in one another"
            raise RuleError(f"pattern of {self.id}: {problem}", where=self.where, fix=fix) from error

    def finditer(
        self, text: str, start: int = 0, end: int | None = None, *, limit: float = TIME_LIMIT
    ) -> Iterator[Any]:
        """Non-overlapping matches in `text[start:end]`.

        Raises:
            RuleTimeout: the pattern ran longer than `seconds_for` this text.
        """
        end = len(text) if end is None else end
        try:
            yield from self.compiled.finditer(text, start, end, timeout=seconds_for(end - start, limit))
        except TimeoutError:
            raise self.timed_out(limit) from None

    def matches(self, text: str, start: int, end: int, *, limit: float = TIME_LIMIT) -> list[Any]:
        """As `finditer`, all at once: the quicker way for short stretches, of which most hold no match.

        Raises:
            RuleTimeout: the pattern ran longer than `seconds_for` this text.
        """
        try:
            return list(self.compiled.finditer(text, start, end, timeout=seconds_for(end - start, limit)))
        except TimeoutError:
            raise self.timed_out(limit) from None

    def timed_out(self, limit: float = TIME_LIMIT) -> RuleTimeout:
        """The error for a text on which the pattern ran longer than `seconds_for` it."""
        return too_long(self.id, limit, self.where)


@dataclass(frozen=True)
class RuleSet:
    """All rules, lexicons and tables of one or several rules folders."""

    folders: tuple[Path, ...]
    stages: Mapping[str, tuple[Rule, ...]]
    lexicons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    """What the user's folders change, one line for each file and kind of change."""

    @classmethod
    def load(
        cls,
        *user_folders: Path | str,
        shipped: Path = SHIPPED,
        stages: Collection[str] = tuple(STAGES),
        compiled: bool = True,
    ) -> RuleSet:
        """Load the shipped rules and, over them, those of the user's folders.

        Args:
            user_folders: The user's folders.
            shipped: The folder of the shipped rules.
            stages: Only the rules of these stages.
            compiled: Compile all patterns of rules that are not as shipped, so that a wrong one is named here.

        Raises:
            RuleError: a file is missing, no YAML, against the schema, holds a bad pattern or a duplicate id, or a
                user's folder has rules or words by which articles are read.
        """
        folders = (shipped, *(Path(folder) for folder in user_folders))
        for folder in folders:
            if not folder.is_dir():
                raise RuleError("rules folder not found", where=str(folder), fix="Name an existing folder with --rules")
        lexicons: dict[str, tuple[str, ...]] = {}
        found: dict[str, dict[str, tuple[RuleData, Gives, str]]] = {}
        parts: dict[str, dict[str, str]] = {}
        own: list[str] = []
        for folder in folders:
            for path in sorted((folder / "lexicon").glob("*.txt")):
                if folder != shipped and path.stem in READ_BEFORE_RULES:
                    raise _read_before(f"no list {path.stem}", path)
                words = read_lexicon(path)
                if folder != shipped:
                    own.append(list_change(words, lexicons.get(words.name)))
                lexicons[words.name] = words.over(lexicons.get(words.name, ()))
            seen: dict[str, str] = {}
            for path in sorted(folder.glob("**/*.yaml")):
                stage = path.parent.name if path.parent != folder else path.stem
                if stage in STAGES and stage not in stages:
                    continue
                if stage == READING and folder != shipped:
                    raise _read_before(f"no rules of {READING}", path)
                data, lines = read_rules(path)
                if folder != shipped:
                    own += rule_changes(path, data.parts, parts.get(stage, {}), "parts")
                    own += rule_changes(path, (rule.id for rule in data.rules), found.get(stage, {}), "rules")
                parts.setdefault(stage, {}).update(data.parts)
                for number, rule in enumerate(data.rules):
                    where = lines.where("rules", number, "id")
                    if rule.id in seen:
                        raise RuleError(
                            f"rule id {rule.id!r} is used twice",
                            where=where,
                            fix=f"Rename one; the other is at {seen[rule.id]}",
                        )
                    seen[rule.id] = where
                    found.setdefault(stage, {})[rule.id] = (rule, read_gives(rule, number, stage, lines), where)
            if folder != shipped:
                own += (*table_changes(folder, shipped), *unread_files(folder, shipped))
        order = count()
        ready = {
            stage: tuple(
                sorted(
                    (
                        _ready(rule, gives, where, stage, parts.get(stage, {}), lexicons, next(order))
                        for rule, gives, where in rules.values()
                    ),
                    key=lambda rule: (-rule.priority, rule.order),
                )
            )
            for stage, rules in sorted(found.items())
        }
        if compiled and folders != (SHIPPED,):  # those as shipped are known to be right
            for known in chain.from_iterable(ready.values()):
                _ = known.compiled
        return cls(folders, ready, lexicons, tuple(own))

    def stage(self, name: str) -> tuple[Rule, ...]:
        """The rules of a stage, highest priority first."""
        return self.stages.get(name, ())

    def lexicon(self, name: str) -> tuple[str, ...]:
        """The words of `lexicon/<name>.txt`, in file order; empty if there is none."""
        return self.lexicons.get(name, ())

    def table(self, name: str) -> list[Path]:
        """The files `places/<name>` of all folders, the shipped one first."""
        return [path for folder in self.folders if (path := folder / "places" / name).is_file()]

    @cached_property
    def version(self) -> str:
        """A hash over all files that make up the rules: equal rules, equal version."""
        digest = hashlib.sha256()
        for folder in self.folders:
            for path in sorted(folder.glob("**/*")):
                if path.is_file() and path.suffix in {".yaml", ".txt", ".csv"}:
                    digest.update(os.fsencode(path.relative_to(folder).as_posix()))
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:12]


def check_examples(rules: Sequence[Rule], found: Callable[[str, str | None], Sequence[Mapping[str, Any]]]) -> list[str]:
    """Check every example of the rules both ways.

    Args:
        rules: Rules of one stage.
        found: Runs the stage on `(text, pub_date)` and gives what it found, each with `text`, `rule` and its values.

    Returns:
        One line for each failure: where, rule, what was expected and what was found. Empty if all is well.
    """
    failures: list[str] = []
    for rule in rules:
        for example in rule.examples.yes:
            problem = _unmet(rule, example, found(example.text, example.pub_date))
            if problem:
                failures.append(f"{rule.where}: {rule.id}: {example.text!r}: {problem}")
        for item in rule.examples.no:
            example = item if isinstance(item, Example) else Example(text=item)
            hits = [f["text"] for f in found(example.text, example.pub_date) if f.get("rule") == rule.id]
            if hits:
                failures.append(f"{rule.where}: {rule.id}: {example.text!r} must give nothing, found {hits}")
        for example in rule.examples.todo:
            if not _unmet(rule, example, found(example.text, example.pub_date)):
                failures.append(f"{rule.where}: {rule.id}: todo {example.text!r} works now: move it to yes")
    return failures


def _unmet(rule: Rule, example: Example, found: Sequence[Mapping[str, Any]]) -> str | None:
    hits = [f for f in found if f.get("rule") == rule.id and (example.find is None or f["text"] == example.find)]
    if not hits:
        seen = [(f["text"], f.get("rule")) for f in found]
        return f"{example.find or 'a match'} not found by this rule; found {seen}"
    for name, want in example.expected.items():
        if not any(_same(hit.get(name), want) for hit in hits):
            return f"{name} should be {want!r}, is {hits[0].get(name)!r}"
    return None


def _same(got: Any, want: Any) -> bool:
    if isinstance(want, int | float) and not isinstance(want, bool) and got is not None:
        return abs(float(got) - float(want)) <= 1e-9 * max(1.0, abs(float(want)))
    return got == want or str(got) == str(want)


def _read_before(what: str, path: Path) -> RuleError:
    return RuleError(
        f"{what} of one's own: articles are read before rules are chosen",
        where=str(path),
        fix="Move it away; give title and date of an article with it, where they are not found",
    )


def expand(pattern: str, parts: Mapping[str, str], where: str, depth: int = 0) -> str:
    """Put named parts in place of `{name}`, each as a group of its own."""
    if depth > _MAX_DEPTH:
        raise RuleError("parts refer to one another in a circle", where=where, fix="Remove the circle")

    def part(match: Any) -> str:
        name = match.group(1)
        if name not in parts:
            known = ", ".join(sorted(parts)) or "none"
            raise RuleError(
                f"unknown part {{{name}}}", where=where, fix=f"Define it under parts:, or use one of: {known}"
            )
        return f"(?:{expand(parts[name], parts, where, depth + 1)})"

    expanded = str(_PART.sub(part, pattern))
    if len(expanded) > MAX_PATTERN:
        raise _too_large(where)
    return expanded


def _too_large(where: str) -> RuleError:
    return RuleError(
        f"the pattern comes to more than {MAX_PATTERN:,} pieces",
        where=where,
        fix="Repeat less: parts within parts, and {n} within {n}, multiply",
    )


def _written_out(pattern: str) -> int:
    """About how many pieces, at most, a pattern comes to once its fixed repetitions are written out."""
    at_most = len(pattern) * prod(max(int(times), 1) for times in _TIMES.findall(pattern))
    if at_most <= MAX_PATTERN:  # all of ours
        return at_most
    sizes, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        times = token["times"]
        if times is not None:
            more = last * max(int(times) - 1, 0)
            last += more
            sizes[-1] += more
        elif token[0] == "(":
            sizes.append(0)
            last = 0
        elif token[0] == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += len(token[0])
    return sum(sizes)


def _ready(
    rule: RuleData,
    gives: Gives,
    where: str,
    stage: str,
    parts: Mapping[str, str],
    lexicons: Mapping[str, Sequence[str]],
    order: int,
) -> Rule:
    expanded = expand(rule.pattern, parts, where)
    names = sorted(set(_LIST.findall(expanded)))
    missing = [name for name in names if name not in lexicons]
    if missing:
        raise RuleError(f"unknown lexicon {missing[0]!r}", where=where, fix=f"Add rules/lexicon/{missing[0]}.txt")
    if _written_out(expanded) > MAX_PATTERN:
        raise _too_large(where)
    lists = {name: lexicons[name] for name in names}
    content = json.dumps([rule.model_dump(), expanded, lists], ensure_ascii=False, sort_keys=True)
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    return Rule(
        id=rule.id,
        name=rule.name,
        kind=rule.kind,
        priority=rule.priority,
        gives=gives,
        examples=rule.examples,
        where=where,
        version=version,
        expanded=expanded,
        lists=lists,
        stage=stage,
        order=order,
    )
