"""A short run of the coverage-guided fuzzer over all its targets, and of what it does with a fault."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.fuzz.fuzz_pieces import TEXTS, Coder, pieces, seeds

GUIDED = Path(__file__).with_name("guided.py")
RUNS = 8_000

Guided = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def guided(tmp_path: Path) -> Guided:
    """Run the fuzzer; its faults go to `faults`, its figures to `report.json`."""
    pytest.importorskip("atheris", reason="atheris is not installed: it is there for Linux on x86-64 alone")

    def run(*arguments: str, program: Sequence[str] = (str(GUIDED),)) -> subprocess.CompletedProcess[str]:
        # An input's limit is one on the clock and blames it for what else the machine does: a day is none. (0 is
        # libFuzzer's word for none; atheris takes it for no second at all.)
        options = [f"-timeout={24 * 60 * 60}", "--faults", "faults", "--report", "report.json"]
        command = [sys.executable, *program, *arguments, *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.mark.slow
def test_every_target_bears_what_the_fuzzer_tries(guided: Guided, tmp_path: Path) -> None:
    done = guided(f"-runs={RUNS}", "-seed=6")
    assert done.returncode == 0, done.stdout[-5000:]
    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report) == 19
    assert all(tally["inputs"] >= 50 for tally in report.values())
    assert sum(tally["inputs"] for tally in report.values()) > RUNS - len(report)


BREAKING = """
import sys
sys.path.insert(0, {folder!r})
from tests.fuzz import guided
from dataclasses import replace
from tests.fuzz.fuzz_targets import Tried

def begin(folder):
    def run(data):
        assert len(data) < 9, "nine bytes"
        return Tried(len(data), 0.0)
    return run

guided.TARGETS["convert"] = replace(guided.TARGETS["convert"], begin=begin)
sys.exit(guided.main())
"""


def test_a_fault_is_told_and_kept_and_the_run_goes_on(guided: Guided, tmp_path: Path) -> None:
    done = guided("convert", "-runs=50", program=["-c", BREAKING.format(folder=str(GUIDED.parents[2]))])
    assert done.returncode == 1
    tally = json.loads((tmp_path / "report.json").read_text())["convert"]
    assert tally["inputs"] >= 50
    [fault] = tally["faults"]
    assert fault.startswith("AssertionError: nine bytes")
    [kept] = (tmp_path / "faults").iterdir()
    assert len(kept.read_bytes()) >= 9
    assert f"convert --again faults/{kept.name}" in done.stdout


@pytest.mark.parametrize(
    "name", ["text", "yaml", "html", "where", "form", "jsonl", "csv", "docx", "xlsx", "pdf", "pattern"]
)
def test_seeds_go_through_bytes_unharmed(name: str) -> None:
    coder = Coder.of(pieces(name) if name not in ("text", "form") else TEXTS, TEXTS, longest=2000, raw=True)
    for seed in seeds(name):
        assert coder.text(coder.data(seed)) == seed
