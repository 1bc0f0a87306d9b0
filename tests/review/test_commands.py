"""`gongbao review` and `gongbao accept` from the command line: what they print, and how they refuse."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from gongbao.diff.sources import Places, open_side
from gongbao.review.opening import open_review

ROOT = Path(__file__).resolve().parents[2]


def gongbao(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from gongbao.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline"), "COLUMNS": "120"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, env=environment)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


HARM = {
    "no manifest": lambda run: (run / "manifest.json").unlink(),
    "newer schema": lambda run: (run / "manifest.json").write_text('{"schema_version": "99.0"}'),
    "article missing": lambda run: (run / "articles.jsonl").write_text(""),
    "corrupt database": lambda run: (run.parents[1] / "reviews.db").write_bytes(b"not a database" * 500),
}


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("command", ["diff", "review", "accept"])
def test_bad_input_exits_with_two_names_the_fix_and_overwrites_nothing(project: Path, command: str, harm: str) -> None:
    HARM[harm]((project / "outputs" / "latest").resolve())
    before = tree(project)
    done = gongbao(project, command, "previous", "latest", *(["--no-browser"] if command == "review" else []))
    assert done.returncode == 2, done.stderr
    what, fix = done.stderr.strip().split("\n", 1)
    assert what.startswith("gongbao: ") and fix.startswith("  ") and "Traceback" not in done.stderr
    assert done.stdout == ""
    assert {name: data for name, data in tree(project).items() if name in before} == before


def test_a_locked_database_is_told(project: Path) -> None:
    open_review("previous", "latest", Places(project / "outputs", project / "b", project / "g")).store.close()
    lock = sqlite3.connect(project / "outputs" / "reviews.db", isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    done = gongbao(project, "review", "previous", "latest", "--no-browser")
    lock.close()
    assert done.returncode == 2
    assert "locked" in done.stderr and "Close the program" in done.stderr


def test_a_port_in_use_is_told(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = gongbao(project, "review", "previous", "latest", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2 and "--port" in done.stderr


def test_accept_takes_up_the_review_that_was_opened_last(project: Path) -> None:
    places = Places(project / "outputs", project / "corpus/baseline", project / "corpus/gold", project / "tests/cases")
    session = open_review("previous", "latest", places, reviewer="Li")
    keys = list(session.comparison.by_key)
    session.decide(keys[1:], "accept", "Li", {})
    session.decide(keys[:1], "reject", "Li", {})
    session.store.close()
    would = gongbao(project, "accept", "--dry-run", "--json")
    assert would.returncode == 0 and not (project / "corpus").exists()
    done = gongbao(project, "accept", "--json")
    assert {**json.loads(would.stdout), "dry_run": False} == json.loads(done.stdout)
    shown = gongbao(project, "diff", "latest", "baseline")
    assert shown.returncode == 0, shown.stdout
    assert "7 of 7 articles compared" in shown.stdout and "baseline is the old side" in shown.stderr
    assert gongbao(project, "diff", "latest", "baseline", "--ignore-reviews").returncode == 1


@pytest.mark.parametrize(
    ("sides", "kept"),
    [((), {"a.txt", "b.txt", "c.txt", "d.txt"}), (("baseline", "latest"), {"a.txt", "d.txt"})],
)
def test_articles_that_a_run_did_not_read_are_lost_only_where_sides_are_named(
    tmp_path: Path, build: ModuleType, sides: tuple[str, ...], kept: set[str]
) -> None:
    def run(run_id: str, *articles: str) -> None:
        texts = {name: f"{name}投资7亿元。\n" for name in articles}
        build.write_run(
            tmp_path / "outputs",
            run_id,
            texts,
            [build.make_record(name, text, "7亿元") for name, text in texts.items()],
        )

    run("1", "a.txt", "b.txt", "c.txt")
    assert gongbao(tmp_path, "accept", "--all").returncode == 0
    run("2", "a.txt", "d.txt")
    lost = [change["class"] for change in json.loads(gongbao(tmp_path, "diff", *sides, "--json").stdout)["changes"]]
    assert lost.count("removed") == 4 - len(kept) and lost.count("added") == 1
    would = json.loads(gongbao(tmp_path, "accept", *sides, "--all", "--dry-run", "--json").stdout)
    assert {"a.txt", "b.txt", "c.txt", "d.txt"} - set(would["left"]) == kept
    done = gongbao(tmp_path, "accept", *sides, "--all")
    assert done.returncode == 0
    assert ("left the baseline" in done.stderr) == (len(kept) < 4), "who loses articles is told"
    accepted = open_side("baseline", Places(tmp_path / "outputs", tmp_path / "corpus/baseline"))
    assert set(accepted.articles) == set(accepted.places) == kept


def test_an_accepted_loss_is_written_where_no_side_is_named(tmp_path: Path, build: ModuleType) -> None:
    places = Places(tmp_path / "outputs", tmp_path / "corpus/baseline")
    texts = {name: f"{name}投资7亿元。\n" for name in ("a.txt", "b.txt", "c.txt")}
    records = [build.make_record(name, text, "7亿元") for name, text in texts.items()]
    build.write_run(places.outputs, "1", texts, records)
    assert gongbao(tmp_path, "accept", "--all").returncode == 0
    build.write_run(places.outputs, "2", {"a.txt": texts["a.txt"]}, records[:1])
    session = open_review("baseline", "latest", places, reviewer="Li")
    session.decide([c.key for c in session.comparison.changes if c.article_id == "b.txt"], "accept", "Li", {})
    session.store.close()
    assert gongbao(tmp_path, "accept").returncode == 0
    assert set(open_side("baseline", places).articles) == {"a.txt", "c.txt"}


def test_a_baseline_is_started_from_a_run(project: Path) -> None:
    done = gongbao(project, "accept", "baseline", "latest", "--all")
    assert done.returncode == 0, done.stderr
    assert "Wrote 47 changes to accepted records in 7 articles" in done.stdout
    assert gongbao(project, "diff").returncode == 0


@pytest.mark.parametrize("earlier", [False, True], ids=["as kept now", "as whole paths, by an earlier version"])
def test_a_review_goes_with_its_folder_when_that_is_moved_or_copied(
    tmp_path: Path, build: ModuleType, earlier: bool
) -> None:
    (first := tmp_path / "first").mkdir()
    places = Places(first / "outputs", first / "corpus/baseline")
    text = "a.txt投资7亿元。\n"
    build.write_run(places.outputs, "1", {"a.txt": text}, [build.make_record("a.txt", text, "7亿元")])
    session = open_review("baseline", "latest", places, reviewer="Li")
    session.decide([c.key for c in session.comparison.changes], "accept", "Li", {})
    session.store.close()
    if earlier:
        with sqlite3.connect(places.reviews) as database:
            database.execute("UPDATE opened SET new = ?", (str((first / "outputs/runs/1").resolve()),))
        first.rename(second := tmp_path / "second")
    else:
        shutil.copytree(first, second := tmp_path / "second", symlinks=True)
    done = gongbao(second, "accept")
    assert done.returncode == 0 and "second" in done.stderr, done.stderr
    assert set(open_side("baseline", Places(second / "outputs", second / "corpus/baseline")).articles) == {"a.txt"}
