"""Networks and trees are run on this machine, and nobody hears of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gongbao import inference
from gongbao.errors import ModelError

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = """
from gongbao import Pipeline
print(Pipeline().extract("2021年，宁波市投入资金3亿元。")[0].place)
"""


def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    """ONNX Runtime's telemetry keeps an identifier and events to send in the home folder, where it is on."""
    quiet = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    environment |= {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "pipeline")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=600)
    assert done.stdout == "浙江省/宁波市\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_not_there_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        inference.read(tmp_path / "a.onnx")
    assert error.value.code == "model.missing" and error.value.where == str(tmp_path / "a.onnx") and error.value.fix
    with pytest.raises(ModelError) as error:
        inference.load(b"no network", "a.onnx", fix="Train it again")
    assert (error.value.code, error.value.where, error.value.fix) == ("model.broken", "a.onnx", "Train it again")
