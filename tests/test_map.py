"""docs/design.md is a true map: what it names is there, every folder has its paragraph, the diagrams are those of code."""

from __future__ import annotations

import ast
import csv
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from gongbao import Pipeline

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "pipeline" / "gongbao"
BESIDE = {"rules", "corpus", "training", "tests"}
"""Folders at the top that the map names as they are; all other paths are those of the package."""
MAP = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CHAPTERS = {chapter.partition("\n")[0]: chapter for chapter in MAP.split("\n## ")}


def rows() -> list[tuple[str, str, str]]:
    """What is asked for, its file, and a name in that file."""
    found = re.findall(r"^\| (.+) \| `(.+)` \| `(.+)` \|$", CHAPTERS["Where is …"], re.MULTILINE)
    return [(question, home, name) for question, home, name in found]


def path_of(home: str) -> Path:
    return (ROOT if home.partition("/")[0] in BESIDE else PACKAGE) / home


def defined(body: list[ast.stmt], within: str = "") -> set[str]:
    """Functions, classes, methods (`Class.method`) and constants of a module."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(within + node.name)
        if isinstance(node, ast.ClassDef):
            names |= defined(node.body, f"{within}{node.name}.")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {within + target.id for target in targets if isinstance(target, ast.Name)}
    return names


def names_in(path: Path) -> set[str]:
    """What can be named in a file: definitions, ids of rules or keys, words, cells."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".py":
            return defined(ast.parse(text).body)
        case ".yaml":
            data = yaml.safe_load(text)
            return {*data, *(rule["id"] for rule in data.get("rules", ()))}
        case ".csv":
            return {cell for row in csv.reader(text.splitlines()) for cell in row}
        case _:
            return set(text.splitlines())


@pytest.mark.parametrize(("question", "home", "name"), rows(), ids=[question for question, _, _ in rows()])
def test_what_the_map_names_is_there(question: str, home: str, name: str) -> None:
    assert path_of(home).is_file(), f"{question}: there is no {home}"
    assert name in names_in(path_of(home)), f"{question}: {home} has no {name}"


def test_every_row_of_the_table_is_read() -> None:
    lines = [line for line in CHAPTERS["Where is …"].splitlines() if line.startswith("| ")]
    headings = [line for line in lines if line.startswith("| **")]
    assert len(rows()) == len(lines) - len(headings) - 1, "a row is a question, a file and a name in it"
    assert len(rows()) >= 24


def test_no_question_is_asked_twice() -> None:
    questions = [question for question, _, _ in rows()]
    assert len(set(questions)) == len(questions)


def test_every_folder_has_its_paragraph() -> None:
    told = re.findall(r"^- \*\*`(\w+)/`\*\*: ", CHAPTERS["The folders"], re.MULTILINE)
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(told) == sorted(folders | BESIDE)


def test_every_module_beside_the_folders_is_named() -> None:
    _, _, told = CHAPTERS["The folders"].partition("Modules beside the folders: ")
    modules = {path.stem for path in PACKAGE.glob("[!_]*.py")}
    assert set(re.findall(r"`(\w+)`", told)) == modules


def test_the_flow_is_that_of_the_pipeline() -> None:
    flow = next(line for line in CHAPTERS["The flow"].splitlines() if line.count("▶") > 5)
    assert flow.replace("▶", " ").split() == list(Pipeline().components)


def test_imports_are_those_that_lint_checks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (c for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    told = re.findall(r"^    (.+)$", CHAPTERS["What may import what"], re.MULTILINE)
    assert told == [layer.replace("gongbao.", "") for layer in contract["layers"]]


def test_a_name_means_one_class() -> None:
    homes: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.glob("**/*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}
