"""An installed wheel works outside the checkout: rules and models are inside it, and its types are seen."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

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
ENVIRONMENT = {**os.environ, "PYTHONPATH": ""}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and what it depends on borrowed from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=ENVIRONMENT)
    (wheel,) = folder.glob("*.whl")
    assert wheel.stat().st_size < 25_000_000
    venv.create(folder / "environment")
    site = site_of(folder / "environment")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, env=ENVIRONMENT)
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "environment"


def site_of(environment: Path) -> Path:
    (site,) = (environment / "lib").glob("python3*/site-packages")
    return site


def run(folder: Path, *command: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)


def test_a_wheel_holds_all_it_needs(environment: Path, tmp_path: Path) -> None:
    done = run(tmp_path, environment / "bin" / "python", "-c", SCRIPT, str(site_of(environment)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["浙江省/宁波市", "2021", "300000000", "field_tagger"]


def mypy(environment: Path, script: Path) -> str:
    """What strict mypy says of a script of somebody who has installed the wheel."""
    python = f"--python-executable={environment / 'bin' / 'python'}"
    return run(script.parent, sys.executable, "-m", "mypy", "--strict", "--config-file=", python, script.name).stdout


def test_strict_mypy_passes_a_users_script_and_refuses_its_faults(environment: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_bytes((ROOT / "tests" / "user_script.py").read_bytes())
    assert mypy(environment, script).startswith("Success")
    done = run(tmp_path, environment / "bin" / "python", "script.py")
    assert done.stdout == "17 浙江省/宁波市 [2020, 2020, None]\n", done.stderr
    faults = {
        "from gongbao import Recrods": "attr-defined",
        "pipeline.extract(17)": "arg-type",
        "pipeline.extract(text, date='2021-01-09')": "call-arg",
        "record.plaice": "attr-defined",
        "record.year + 1": "operator",
        "[item.records for item in pipeline.pipe([text])]": "union-attr",
    }
    with script.open("a", encoding="utf-8") as file:
        file.writelines(f"{fault}\n" for fault in faults)
    said = [line.rpartition("[")[2].rstrip("]") for line in mypy(environment, script).splitlines() if "error:" in line]
    assert said == list(faults.values())
