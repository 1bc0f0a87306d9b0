"""An installed wheel works outside the checkout: rules and models are inside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = """
import pathlib, sys, gongbao
from gongbao import Pipeline
from gongbao.rulebook.load import SHIPPED
site = pathlib.Path(sys.argv[1]).resolve()
assert site in pathlib.Path(gongbao.__file__).resolve().parents, gongbao.__file__
assert site in SHIPPED.resolve().parents, SHIPPED
(record,) = Pipeline().extract("2021年，宁波市投入资金3亿元。")
print(record.place, record.year, record.value, record.evidence["indicator"].rule)
"""


def test_a_wheel_holds_all_it_needs(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": ""}
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
        env=environment,
    )
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 25_000_000
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*pip, str(wheel)], check=True, env=environment)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(site)],
        cwd=elsewhere,
        env={**environment, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["浙江省/宁波市", "2021", "300000000", "field_tagger"]
