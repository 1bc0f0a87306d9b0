"""kill -9 of accept, export and watch at random moments: what is there is the old or the new, never between.

`GONGBAO_KILLS` sets the number of kills of each (`make fuzz`: 50).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from gongbao.diff.baseline import open_baseline
from gongbao.run.folder import latest
from gongbao.run.runner import Options, run

KILLS = int(os.environ.get("GONGBAO_KILLS", "2"))
HERE = Options(ner=None, workers=0)
Gongbao = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[bytes]]


def write(folder: Path, count: int, year: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        text = f"南通市简报\n{year}年，南通市湿地修复投入{number + 1}.5亿元，新建步道{number + 3}公里。\n"
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of 60 articles that differ in each."""
    root = tmp_path_factory.mktemp("kills")
    for year in (2020, 2021):
        run([write(root / "in", 60, year)], root / "outputs", HERE)
    return root


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, without locks, halves and what an export names after its moment."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock" and not path.name.endswith(".new")
    }


def killed_again_and_again(
    start: Start, gongbao: Gongbao, arguments: tuple[object, ...], check: Callable[[], None], renew: Callable[[], None]
) -> None:
    """Kill the command at random moments of its life, checking after each; every few kills from the beginning."""
    renew()
    clock = time.monotonic()
    assert gongbao(*arguments).returncode in (0, 1)
    length = time.monotonic() - clock
    chance = random.Random(2021)
    kills = 0
    while kills < KILLS:
        if kills % 5 == 0:
            renew()
        process = start(*arguments)
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.3 * length, length))
        if process.poll() is None:
            kills += 1
            process.send_signal(signal.SIGKILL)
        else:  # it ended before: strike earlier
            length *= 0.95
            renew()
        process.communicate()
        check()


def test_accept(project: Path, tmp_path: Path, start_gongbao: Start, gongbao: Gongbao) -> None:
    baseline = tmp_path / "baseline"
    common = ("--out", project / "outputs", "--baseline", baseline, "--gold", tmp_path, "--cases", tmp_path)
    assert gongbao("accept", "baseline", "previous", "--all", *common).returncode == 0
    old = shutil.copytree(baseline, tmp_path / "old")
    arguments = ("accept", "baseline", "latest", "--all", *common)
    assert gongbao(*arguments).returncode == 0
    new = shutil.copytree(baseline, tmp_path / "new")
    assert files(old) != files(new)

    def check() -> None:
        open_baseline(baseline)  # ends what was decided
        assert files(baseline) in (files(old), files(new))

    def renew() -> None:
        shutil.rmtree(baseline)
        shutil.copytree(old, baseline)

    killed_again_and_again(start_gongbao, gongbao, arguments, check, renew)
    assert gongbao(*arguments).returncode == 0
    assert files(baseline) == files(new)


def whole_csv(path: Path) -> Any:
    return path.read_bytes()


def whole_workbook(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.read("xl/worksheets/sheet1.xml")


def whole_database(path: Path) -> Any:
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute("SELECT record_id, year FROM records ORDER BY record_id").fetchall()


@pytest.mark.parametrize(
    ("name", "whole"), [("x.csv", whole_csv), ("x.xlsx", whole_workbook), ("x.db", whole_database), ("x", files)]
)
def test_export(
    name: str, whole: Callable[[Path], Any], project: Path, tmp_path: Path, start_gongbao: Start, gongbao: Gongbao
) -> None:
    if name == "x.xlsx":
        pytest.importorskip("xlsxwriter", reason="the extra `export` is not installed")
    if name == "x.db":
        pytest.importorskip("sqlalchemy", reason="the extra `export` is not installed")
    target = tmp_path / "to" / name
    to = ("--to", "brat") if name == "x" else ()
    common = ("--outputs", project / "outputs", *to, "-o", target)
    assert gongbao("export", "previous", *common).returncode == 0
    old, kept = whole(target), tmp_path / "kept"
    (shutil.copytree if target.is_dir() else shutil.copy)(target, kept)
    assert gongbao("export", "latest", *common).returncode == 0
    new = whole(target)
    assert old != new

    def check() -> None:
        assert not target.exists() or whole(target) in (old, new)
        if name != "x":  # a folder is moved away before the new one takes its place
            assert target.exists()

    def renew() -> None:
        shutil.rmtree(target.parent)
        target.parent.mkdir()
        (shutil.copytree if kept.is_dir() else shutil.copy)(kept, target)

    killed_again_and_again(start_gongbao, gongbao, ("export", "latest", *common), check, renew)
    assert gongbao("export", "latest", *common).returncode == 0
    assert whole(target) == new
    assert not list(target.parent.glob(".*")), "nothing is left of those that were killed"


def test_watch(tmp_path: Path, start_gongbao: Start, gongbao: Gongbao) -> None:
    inbox, out, told = write(tmp_path / "in", 60, 2020), tmp_path / "out", tmp_path / "told.jsonl"
    mine = run([inbox], out, HERE).folder
    assert mine is not None
    hook = f"{sys.executable} -c 'import json,sys; print(len(json.load(sys.stdin)[\"records\"]))' >> {told}"
    arguments = ("watch", inbox, "--once", "--ner", "none", "--keep", "1", "--out", out, "--on-new", hook)
    year = 2020

    def check() -> None:
        found = latest(out)
        assert found is not None and json.loads((found / "manifest.json").read_text())["counts"]["articles"] == 60
        assert mine.is_dir(), "a run of others is never removed"

    def renew() -> None:
        nonlocal year
        year += 1
        write(inbox, 60, year)

    killed_again_and_again(start_gongbao, gongbao, arguments, check, renew)
    renew()
    assert gongbao(*arguments).returncode == 0
    found = latest(out)
    assert found is not None
    rows = [json.loads(line) for line in (found / "records.jsonl").open(encoding="utf-8")]
    assert {row["year"] for row in rows} == {year}
    assert told.read_text().split()[-1] == str(len(rows)), "the last round told all that is new in it"
    left = {path.name for path in (out / "runs").iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert mine.name in left and found.name in left
