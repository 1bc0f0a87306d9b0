"""Rules give tags and code asks for tags: no result hangs on what a rule is called."""

from __future__ import annotations

import ast
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gongbao
import pytest
from gongbao import Pipeline
from gongbao.components import Link, Matchers
from gongbao.document import Article, Extraction
from gongbao.errors import RuleError
from gongbao.linking.linker import Linker
from gongbao.places.gazetteer import Gazetteer
from gongbao.read import read_paths
from gongbao.relations import Relation
from gongbao.rulebook.check import check_rules, check_tags
from gongbao.rulebook.gives import STAGES, tags, values
from gongbao.rulebook.load import SHIPPED, RuleSet

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus" / "articles"
PACKAGE = Path(gongbao.__file__).parent
CUES = {"linking": "linking", "reading": "read"}
"""Stages whose rules are words that the code of a package asks for, by kind."""


def ids(rules: RuleSet) -> set[str]:
    return {rule.id for stage in rules.stages.values() for rule in stage}


@pytest.fixture(scope="module")
def shipped() -> RuleSet:
    return RuleSet.load()


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [item for item in read_paths([CORPUS]) if isinstance(item, Article)][:60]


# -- code -----------------------------------------------------------------------------------------------------


def constants(*nodes: ast.AST) -> Iterator[str]:
    for child in nodes:
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


TESTS = {"match", "fullmatch", "search", "finditer", "findall", "sub", "split", "fnmatch", "fnmatchcase", "startswith"}
"""Functions that look into a text that they are given."""
TELLS_OF_RULES = "rulebook"
"""The package that loads, checks and explains rules: to it an id is a name to look a rule up by."""


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but for comparisons of their own."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Compare):
            yield from parts(child)


class Ids:
    """What a module does with ids of rules.

    An id is `x.rule`, where x is what a rule found, `rule.id`, `row["rule"]`, `row.get("rule")`, and a variable that one
    of these was put into. It may be handed on and compared with another id or a `Relation`; code that tests it
    otherwise, looks into it or looks something up by it goes by what a rule is called.
    """

    def __init__(self, source: str) -> None:
        self._tree = ast.parse(source)
        self._parents = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}
        self._held: set[str] = set()
        self._held = {
            target.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value and self._is_id(node.value)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }

    def complaints(self, known: set[str]) -> Iterator[str]:
        """How the module goes by ids; `known` are those of the shipped rules."""
        families = {id[: dot + 1] for id in known for dot, char in enumerate(id) if char == "."}
        for value in constants(*ast.walk(self._tree)):
            if value in known or value in families:
                yield f"{value!r} is the id of a rule, or how some begin"
        for node in ast.walk(self._tree):
            match node:
                case ast.Compare(left, _, others):
                    tested = [] if all(map(self._may_be_compared, (left, *others))) else [left, *others]
                case ast.Subscript(_, index):
                    tested = [index]
                case ast.Match(subject):
                    tested = [subject]
                case ast.Call(ast.Name(called) | ast.Attribute(_, called), arguments) if called in TESTS:
                    tested = arguments
                case ast.Attribute(inside, method) if hasattr(str, method):
                    tested = [inside]
                case _:
                    continue
            if any(self._is_id(part) for side in tested for part in parts(side)):
                yield f"line {node.lineno} goes by the id of a rule: {ast.unparse(node)}"

    def _may_be_compared(self, side: ast.AST) -> bool:
        named = isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name) and side.value.id == "Relation"
        return named or self._is_id(side)

    def _is_id(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute(ast.Name("rule") | ast.Attribute(_, "rule"), "id"):
                return True
            case ast.Attribute(_, "rule"):
                return not isinstance(self._parents[node], ast.Attribute) or hasattr(str, self._parents[node].attr)
            case ast.Subscript(_, ast.Constant("rule")) | ast.Call(ast.Attribute(_, "get"), [ast.Constant("rule"), *_]):
                return True
            case ast.Name(name):
                parent = self._parents[node]
                return name in self._held and (not isinstance(parent, ast.Attribute) or hasattr(str, parent.attr))
        return False


def complaints(source: str, known: set[str]) -> list[str]:
    return list(Ids(source).complaints(known))


@pytest.mark.parametrize(
    "source",
    [
        "if place.rule == 'x.y': ...",
        "if place.rule[:2] == 'x.': ...",
        "if str(place.rule) == 'x.y': ...",
        "if 'office' in place.rule: ...",
        "if 'off' + 'ice' in place.rule: ...",
        "if period.rule in ('x', 'y'): ...",
        "if period.rule in LEVELS: ...",
        "LEVELS[period.rule]",
        "match period.rule:\n    case 'x': ...",
        "found = period.rule\nif found == 'x': ...",
        "if (found := period.rule) and found.startswith('x'): ...",
        "place.rule.startswith(LEVELS)",
        "regex.match(LEVEL, place.rule)",
        "fnmatch(place.rule, 'x.*')",
        "NAME = 'place.dateline'",
        "FAMILY = 'place.' + name",
        "if rule.id != 'a': ...",
        "if match.rule.id == 'a': ...",
        "if evidence['rule'] == 'x': ...",
        "if evidence.get('rule') == 'x': ...",
    ],
)
def test_what_is_complained_about(source: str, shipped: RuleSet) -> None:
    assert complaints(source, ids(shipped))


@pytest.mark.parametrize(
    "source",
    [
        "if place.dateline: ...",
        "if one.rule == other.rule: ...",
        "if choice.rule != Relation.PLACE_COUNTRY: ...",
        "if match.rule.priority > best.rule.priority: ...",
        "rule = match.rule\nif rule.kind == 'year': ...",
        "Choice(place.place, 'stated', place.rule)",
        "rule = 'built in'",
    ],
)
def test_what_is_not(source: str, shipped: RuleSet) -> None:
    assert complaints(source, ids(shipped)) == []


def test_no_code_goes_by_the_id_of_a_rule(shipped: RuleSet) -> None:
    known = ids(shipped)
    beside = (path for folder in ("training", "corpus", "benchmarks") for path in (ROOT / folder).glob("*.py"))
    inside = (path for path in PACKAGE.glob("**/*.py") if path.parent.name != TELLS_OF_RULES)
    said = {
        path.relative_to(ROOT).as_posix(): found
        for path in sorted((*inside, *beside))
        if (found := complaints(path.read_text(encoding="utf-8"), known))
    }
    assert said == {}


# -- other ids, the same records ------------------------------------------------------------------------------


def rename(folder: Path) -> Path:
    """A copy of the shipped rules in which every rule is called by a hash: also their alphabetical order is another."""
    copy = folder / "renamed"
    shutil.copytree(SHIPPED, copy)
    for path in copy.glob("**/*.yaml"):
        text = path.read_text(encoding="utf-8")
        hashed = re.sub(r"(?m)^( *- id: )(.+)$", lambda m: m[1] + "r" + hashlib.md5(m[2].encode()).hexdigest(), text)
        path.write_text(hashed, encoding="utf-8")
    return copy


def with_rules(rules: RuleSet) -> Pipeline:
    """The pipeline without a model, with other rules."""
    gazetteer = Gazetteer.load(rules)
    components = Matchers.load(rules, gazetteer).components()
    return Pipeline(ner=None).replacing(**components, link=Link(Linker(rules, gazetteer)))


def rows(pipeline: Pipeline, articles: list[Article]) -> list[dict[str, Any]]:
    found = []
    for result in pipeline.pipe(articles):
        assert isinstance(result, Extraction)
        for record in result.records:
            row = record.model_dump()
            row["evidence"] = {k: (e.how, e.start, e.end) for k, e in record.evidence.items()}
            found.append(row)
    return found


def test_rules_of_other_names_give_the_same_records(tmp_path: Path, shipped: RuleSet, articles: list[Article]) -> None:
    renamed = RuleSet.load(shipped=rename(tmp_path))
    assert len(ids(renamed)) == len(ids(shipped)) and not ids(renamed) & ids(shipped)
    before, after = rows(Pipeline(ner=None), articles), rows(with_rules(renamed), articles)
    assert len(before) > 100
    assert after == before


# -- evidence -------------------------------------------------------------------------------------------------


def test_no_relation_is_called_like_a_rule(shipped: RuleSet) -> None:
    assert not ids(shipped) & set(Relation)


def test_evidence_names_a_rule_or_a_relation(shipped: RuleSet, articles: list[Article]) -> None:
    named = {
        evidence.rule
        for result in Pipeline(ner=None).pipe(articles)
        if isinstance(result, Extraction)
        for record in result.records
        for evidence in record.evidence.values()
    }
    assert named - ids(shipped) - set(Relation) == set()


# -- tags -----------------------------------------------------------------------------------------------------

RULE = """\
rules:
  - id: mine.rule
    name: 试
    kind: {kind}
    priority: 90
    pattern: '{pattern}'
    gives: {gives}
    examples: {{yes: [{{text: {text}, find: {find}}}]}}
"""


def user_folder(folder: Path, stage: str, **rule: str) -> Path:
    (folder / stage).mkdir()
    (folder / stage / "mine.yaml").write_text(RULE.format(**rule), encoding="utf-8")
    return folder


def test_every_tag_that_code_asks_for_is_given(shipped: RuleSet) -> None:
    assert check_tags(shipped) == []


def test_a_kind_that_no_rule_has_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "rules"
    shutil.copytree(SHIPPED, copy)
    path = copy / "linking" / "lists.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: open_list", "kind: collective"), encoding="utf-8")
    (failure,) = check_tags(RuleSet.load(shipped=copy))
    assert re.match(r".*gives\.py:\d+: the kind 'open_list' of linking is asked for and no rule has it", failure)


def test_a_value_of_a_tag_that_no_rule_gives_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "rules"
    shutil.copytree(SHIPPED, copy)
    for path in (copy / "places").glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace("authority: people", "authority: own")
        path.write_text(text, encoding="utf-8")
    (failure,) = check_tags(RuleSet.load(shipped=copy))
    assert re.match(r".*gives\.py:\d+: the value 'people' of the tag 'authority' of places is asked for", failure)


@pytest.mark.parametrize(
    ("stage", "given", "tag"),
    [
        ("place_forms", "dateline: true, ", "dateline"),
        ("periods", ", shift_from: (?:context|same)", "shift_from"),
        ("places", ", authority: \\w+", "authority"),
        ("quantity_cues", ", inside: true", "inside"),
    ],
)
def test_a_tag_that_no_rule_gives_is_named_where_code_asks_for_it(
    tmp_path: Path, stage: str, given: str, tag: str
) -> None:
    copy = tmp_path / "rules"
    shutil.copytree(SHIPPED, copy)
    for path in (copy / stage).glob("*.yaml"):
        path.write_text(re.sub(given, "", path.read_text(encoding="utf-8")), encoding="utf-8")
    failures = [line for line in check_rules(RuleSet.load(shipped=copy)) if "asked for" in line]
    assert len(failures) == 1
    assert re.match(rf".*gives\.py:\d+: the tag '{tag}' of {stage} is asked for and no rule gives it", failures[0])
    line = int(failures[0].split(":")[1])
    assert tag in (PACKAGE / "rulebook" / "gives.py").read_text(encoding="utf-8").splitlines()[line - 1]


@pytest.mark.parametrize(
    ("stage", "kind", "gives", "said", "line"),
    [
        ("place_forms", "form", "{form: zone, extent: true}", "no code asks for the tag 'extent'", 7),
        ("place_forms", "form", "{form: town}", "gives.form: Input should be 'name'", 7),
        ("place_forms", "form", "{form: zone, open: '('}", "gives.open: Value error, no pattern", 7),
        ("places", "expression", "{form: relative, rank: town}", "gives.rank: Input should be 'country'", 7),
        ("periods", "year", "{read: yesteryear}", "gives.read: Input should be 'years'", 7),
        ("periods", "year", "{}", "gives.read: Field required", 7),
        ("quantities", "money", "{needs: [元]}", "no code asks for the tag 'needs'", 7),
        ("quantities", "coins", "{}", "knows no kind 'coins'", 4),
        ("quantity", "money", "{}", "no stage is called 'quantity'", 2),
    ],
)
def test_a_tag_that_no_code_knows_is_named_with_file_and_line(
    tmp_path: Path, stage: str, kind: str, gives: str, said: str, line: int
) -> None:
    with pytest.raises(RuleError) as raised:
        RuleSet.load(user_folder(tmp_path, stage, kind=kind, gives=gives, pattern="试", text="试", find="试"))
    assert said in raised.value.message
    assert str(raised.value.where).endswith(f"mine.yaml:{line}")
    assert raised.value.fix


def test_every_stage_with_a_schema_has_rules(shipped: RuleSet) -> None:
    assert set(shipped.stages) == set(STAGES)
    assert all(list(tags(stage)) for stage in STAGES if stage not in ("not_facts", *CUES))


@pytest.mark.parametrize(("stage", "package"), CUES.items())
def test_every_kind_of_words_is_asked_for_by_code(stage: str, package: str) -> None:
    written = {value for path in (PACKAGE / package).glob("*.py") for value in constants(*ast.walk(parsed(path)))}
    assert set(STAGES[stage]) <= written


def test_every_value_of_a_tag_is_asked_for_by_code() -> None:
    paths = (path for path in PACKAGE.glob("**/*.py") if path.name != "gives.py")
    written = {value for path in paths for value in constants(*ast.walk(parsed(path)))}
    asked = {value for stage in STAGES for schema, name, _ in tags(stage) for value in values(schema, name)}
    assert {value for value in asked if isinstance(value, str)} <= written


def test_rules_by_which_articles_are_read_are_those_shipped(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="read before rules are chosen"):
        RuleSet.load(user_folder(tmp_path, "reading", kind="views", gives="{}", pattern="次", text="次", find="次"))


# -- a user's rule with the same tags --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "rule", "sentence", "like"),
    [
        (
            "place_forms",
            {
                "kind": "form",
                "pattern": "[一二三四五六七八九十]+日早报",
                "gives": "{form: name, dateline: true}",
                "text": "成都八日早报，",
                "find": "成都",
            },
            "杭州市公报\n成都八日早报，新建学校8所。",
            "杭州市公报\n新华社成都5月8日电，新建学校8所。",
        ),
        (
            "periods",
            {
                "kind": "year",
                "pattern": "(?P<word>隔)年",
                "gives": "{read: relative_year, anchor: context, shift_from: context, word: {隔: 1}}",
                "text": "隔年投产",
                "find": "隔年",
            },
            "2015年立项，隔年建成学校8所。",
            "2015年立项，次年建成学校8所。",
        ),
        (
            "places",
            {
                "kind": "expression",
                "pattern": "省上",
                "gives": "{form: relative, rank: province, authority: people}",
                "text": "省上安排资金",
                "find": "省上",
            },
            "安吉县公报\n省上安排资金3亿元。",
            "安吉县公报\n省里安排资金3亿元。",
        ),
    ],
    ids=["dateline", "shift_from", "authority"],
)
def test_a_users_rule_with_the_same_tags_does_the_same(
    tmp_path: Path, stage: str, rule: dict[str, str], sentence: str, like: str
) -> None:
    mine = Pipeline(rules=[user_folder(tmp_path, stage, **rule)], ner=None)
    (own,) = mine.extract(sentence, pub_date="2021-03-01")
    (shipped,) = mine.extract(like, pub_date="2021-03-01")
    assert (own.place, own.year) == (shipped.place, shipped.year)
    (without,) = Pipeline(ner=None).extract(sentence, pub_date="2021-03-01")
    assert (own.place, own.year) != (without.place, without.year) or stage == "places"
