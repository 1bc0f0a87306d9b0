"""The documentation is true: the command reference is current, and examples and blocks run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gongbao.run.runner import Options, run

from docs.build_commands import commands_page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_command_reference_is_current() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert page == commands_page(), "write it again: python docs/build_commands.py"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run in outputs/, and its exports that the examples take."""
    folder = tmp_path_factory.mktemp("docs")
    run([ROOT / "corpus" / "articles" / "releases"], folder / "outputs", Options(ner=None))
    for to in ("parquet", "spacy"):
        done = call(folder, f"gongbao export latest --to {to} -o facts.{to}")
        assert done.returncode == 0, done.stderr
    return folder


def call(folder: Path, script: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    """Run a block as a user would, with this environment's programs first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-c", script] if shell == "python" else ["bash", "-euo", "pipefail", "-c", script]
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "pipeline")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def blocks() -> list[tuple[str, str]]:
    page = (DOCS / "use-the-results.md").read_text(encoding="utf-8")
    return [(match[1], match[2]) for match in _BLOCK.finditer(page)]


@pytest.mark.parametrize(("shell", "script"), blocks(), ids=[f"block{n}" for n in range(len(blocks()))])
def test_blocks_of_the_page_run(place: Path, shell: str, script: str) -> None:
    script = script.replace(" | head -3", " > out.txt").replace(" | head -5", " > out.txt")
    done = call(place, script, shell)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("script", "argument", "shown"),
    [
        ("pandas_table.py", "outputs/latest", "亿元"),
        ("duckdb_query.py", "facts.parquet", "亿元"),
        ("spacy_pipeline.py", "", "86.5億元"),
        ("train_spancat.py", "facts.spacy", "amounts in"),
    ],
)
def test_examples_run(place: Path, script: str, argument: str, shown: str) -> None:
    shutil.copy(DOCS / "examples" / script, place / script)
    done = call(place, f"python {script} {argument}")
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


def test_every_example_is_tested() -> None:
    tested = set(re.findall(r'\("(\w+\.py)", "', Path(__file__).read_text(encoding="utf-8")))
    assert {path.name for path in (DOCS / "examples").glob("*.py")} <= tested
