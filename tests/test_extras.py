"""What is missing names the extra that brings it, and the main job loads nothing that it does not need."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


def python(program: str, *arguments: str, missing: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in which a library cannot be imported."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({missing.split()!r})); "
    return subprocess.run(
        [sys.executable, "-c", hidden + program, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "pipeline")},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("sqlalchemy", "export RECORDS --to postgresql://u@127.0.0.1:9/db", "postgresql"),
        ("psycopg", "export RECORDS --to postgresql://u@127.0.0.1:9/db", "postgresql"),
        ("sqlalchemy", "export RECORDS -o x.db", "export"),
        ("pyarrow", "export RECORDS -o x.parquet", "export"),
        ("xlsxwriter", "export RECORDS -o x.xlsx", "export"),
        ("uvicorn", "serve", "serve"),
        ("uvicorn", "review", "review"),
        ("watchfiles", "watch FOLDER", "watch"),
        ("mcp", "mcp", "mcp"),
        ("lightgbm", "learn", "learn"),
        ("distributed dask", "run RECORDS --engine dask", "dask"),
    ],
)
def test_a_missing_library_names_its_extra(tmp_path: Path, missing: str, arguments: str, extra: str) -> None:
    records = tmp_path / "records.jsonl"
    records.write_text('{"text": "2021年，宁波市投入资金3亿元。"}\n' if "run " in arguments else "", encoding="utf-8")
    words = [{"RECORDS": str(records), "FOLDER": str(tmp_path)}.get(word, word) for word in arguments.split()]
    words = [str(tmp_path / word) if word.startswith("x.") else word for word in words]
    done = python("from gongbao.cli import main; main()", *words, missing=missing)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert f"gongbao[{extra}]" in done.stderr and extra in EXTRAS


def test_all_is_all() -> None:
    (everything,) = EXTRAS["all"]
    assert set(everything.removeprefix("gongbao[").removesuffix("]").split(",")) == EXTRAS.keys() - {"all"}


def test_extraction_loads_neither_spacy_nor_pandas() -> None:
    """Nor jieba, of which it needs the words alone: where nobody has compiled it, Python warns of it on standard error."""
    done = python(
        "from gongbao import Pipeline; records = Pipeline().extract('2021年，宁波市投入资金3亿元。'); "
        "print(len(records), {'spacy', 'pandas', 'thinc', 'jieba'} & sys.modules.keys())"
    )
    assert done.stdout == "1 set()\n", done.stderr


def test_no_page_says_to_install_from_an_index() -> None:
    pages = [ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.md")]
    assert [page.name for page in pages if "pip install gongbao" in page.read_text(encoding="utf-8")] == []
