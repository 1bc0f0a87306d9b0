"""What a killed export leaves behind is removed by the next one to the same place, and nothing else is."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from gongbao.export.select import Data
from gongbao.export.writing import export, scratch_beside, target_of, write_text

KILLED = """
import os, signal, sys
from pathlib import Path
from gongbao.export.writing import scratch_beside
with scratch_beside(Path(sys.argv[1])) as scratch:
    (scratch / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_the_next_export_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "records.csv"
    subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "half").exists()

    others = tmp_path / "other.csv"
    write_text(others, "x")
    assert left.exists(), "an export to another place has nothing to do with it"

    write_text(target, "new")
    assert sorted(tmp_path.iterdir()) == [others, target]
    assert target.read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_folder_moved_away_by_a_killed_export_comes_back(tmp_path: Path) -> None:
    """Between the two renames nothing is at the place; the next export to it finds the old folder there again."""
    target = tmp_path / "records.csv"
    subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    (left,) = tmp_path.iterdir()
    (left / "half").rename(left / "annotation.conf")
    (left / "records.csv.old").mkdir()
    (left / "annotation.conf").rename(left / "records.csv.old" / "annotation.conf")
    with scratch_beside(target):
        assert (target / "annotation.conf").is_file()
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only a kill may come between the two renames: Ctrl-C, or a system that refuses the second."""
    target = tmp_path / "annotated"
    target.mkdir()
    (target / "annotation.conf").write_text("old")
    rename = Path.rename

    def refused(path: Path, to: Path) -> Path:
        if to == target and path.name == target.name:
            raise KeyboardInterrupt
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(KeyboardInterrupt):
        export(Data([]), target_of("brat", str(target), lambda _: target))
    assert (target / "annotation.conf").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_living_export_keeps_its_folder(tmp_path: Path) -> None:
    target = tmp_path / "records.csv"
    with scratch_beside(target) as scratch:
        write_text(target, "from another process")
        assert scratch.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["records.csv"]


def test_folders_of_the_user_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / ".records.csv.export-mine"
    mine.mkdir()
    write_text(tmp_path / "records.csv", "x")
    assert mine.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_a_lock_about_to_be_taken_is_left_alone(tmp_path: Path) -> None:
    """Between making its lock and holding it an export must not lose it to another that clears up."""
    begun = tmp_path / ".records.csv.export-begun"
    begun.mkdir()
    (begun / ".lock").touch()
    write_text(tmp_path / "records.csv", "x")
    assert begun.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_a_file_system_without_locks_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no locks here")

    monkeypatch.setattr("fcntl.flock", refuse)
    write_text(tmp_path / "records.csv", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["records.csv"]
