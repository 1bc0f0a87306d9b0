"""The package has a name of its own: files of the user's that are called like its parts do not get in its way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PDF = ROOT / "corpus" / "articles" / "roundups" / "education.pdf"
THEIRS = """\
name = "the user's own"
def pipe(rows):
    return [row * 2 for row in rows]
"""
SCRIPT = """\
import pipeline, run, read
from gongbao import Pipeline

(record,) = Pipeline(ner=None).extract("2021年，宁波市投入资金3亿元。")
print(pipeline.name, pipeline.pipe([1, 2]), record.place, record.year, record.value)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with modules called like the source root and parts of the package, a script and articles."""
    for name in ("pipeline", "run", "read", "record", "document", "export"):
        (tmp_path / f"{name}.py").write_text(THEIRS, encoding="utf-8")
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "articles").mkdir()
    for number in range(4):
        text = f"2021年，宁波市投入资金{number + 3}亿元。\n"
        (tmp_path / "articles" / f"{number}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "articles" / "education.pdf").write_bytes(PDF.read_bytes())
    return tmp_path


def python(folder: Path, *arguments: str) -> str:
    """What a program says that is run in the user's folder, with the package installed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_beside_a_pipeline_of_the_users(folder: Path) -> None:
    assert python(folder, "script.py").split() == [
        "the",
        "user's",
        "own",
        "[2,",
        "4]",
        "浙江省/宁波市",
        "2021",
        "300000000",
    ]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_and_its_workers_beside_a_pipeline_of_the_users(folder: Path, workers: str) -> None:
    """`python -m` puts the working folder first on the path; the workers that extract and read PDF leave it out."""
    python(folder, "-m", "gongbao", "run", "articles", "--no-ner", "--workers", workers)
    (found,) = (folder / "outputs" / "runs").glob("[!.]*/records.jsonl")
    rows = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    values = {row["article_id"]: row["value"] for row in rows if row["article_id"].endswith(".txt")}
    assert values == {f"{number}.txt": (number + 3) * 10**8 for number in range(4)}
    assert any(row["article_id"] == "education.pdf" for row in rows)
    assert (found.parent / "errors.jsonl").read_text(encoding="utf-8") == ""
