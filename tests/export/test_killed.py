"""What a killed export leaves behind is removed by the next one to the same place, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.export.writing import scratch_beside, write_text

KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.export.writing import scratch_beside
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
