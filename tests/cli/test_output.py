"""Standard output that ends early: a reader that goes away, a full disk, none at all."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
NO_CAPTURE = {"capture_output": False, "stderr": subprocess.PIPE}
COMMANDS = (["schema"], ["schema", "--as", "sql"], ["--help"], ["--version"], ["export", "--help"])


def run_folder(tmp_path: Path, gongbao: Command) -> Path:
    article = tmp_path / "in.txt"
    article.write_text("2020年，绍兴市发放贷款3亿元。\n", encoding="utf-8")
    assert gongbao("run", article, "--no-ner", "--out", tmp_path / "out").returncode == 0
    return tmp_path / "out" / "latest"


def into_a_pipe_without_reader(gongbao: Command, *arguments: object) -> subprocess.CompletedProcess[str]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return gongbao(*arguments, **NO_CAPTURE, stdout=writing)
    finally:
        os.close(writing)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_reader_that_goes_away_is_one_status_and_no_words(gongbao: Command, arguments: list[str]) -> None:
    done = into_a_pipe_without_reader(gongbao, *arguments)
    assert (done.returncode, done.stderr) == (141, "")


def test_tables_and_exports_tell_it_the_same_way(tmp_path: Path, gongbao: Command) -> None:
    folder = run_folder(tmp_path, gongbao)
    for arguments in (
        ["export", folder, "-o", "-"],
        ["export", folder, "-o", "-", "--to", "xlsx"],
        ["report", folder, "-o", "-"],
        ["show", tmp_path / "in.txt", "--no-ner"],
        ["run", tmp_path / "in.txt", "--no-ner", "--out", tmp_path / "out"],
    ):
        done = into_a_pipe_without_reader(gongbao, *arguments)
        assert (done.returncode, done.stderr) == (141, ""), arguments


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_standard_output_is_said(tmp_path: Path, gongbao: Command) -> None:
    folder = run_folder(tmp_path, gongbao)
    for arguments in (["schema"], ["--version"], ["export", folder, "-o", "-"], ["report", folder, "-o", "-"]):
        with Path("/dev/full").open("w") as full:
            done = gongbao(*arguments, **NO_CAPTURE, stdout=full)
        assert done.returncode == 2
        assert done.stderr.startswith("gongbao: standard output: the disk is full\n"), done.stderr
        assert "nothing was written" not in done.stderr and "Traceback" not in done.stderr


POSIX = pytest.mark.skipif(os.name != "posix", reason="only there a program can be started without its streams")


@POSIX
@pytest.mark.parametrize("closed", [(2,), (0, 2), (1, 2), (0, 1, 2)], ids=str)
def test_a_run_needs_nobody_to_talk_to(tmp_path: Path, gongbao: Command, closed: tuple[int, ...]) -> None:
    (tmp_path / "in.txt").write_text("2021年南通市投资5亿元。", encoding="utf-8")

    def close() -> None:
        for number in closed:
            os.close(number)

    arguments = ("run", tmp_path / "in.txt", tmp_path / "none.txt", "--no-ner", "--out", tmp_path / "out")
    done = gongbao(*arguments, **NO_CAPTURE, preexec_fn=close)
    assert done.returncode == 1, "one of the two is not there"
    found = (tmp_path / "out" / "latest" / "records.jsonl").read_text(encoding="utf-8")
    assert found.count("\n") == 1 and "failed" not in found, "no file of ours had the number of a stream"
    assert gongbao("run", "-", "--no-ner", "--out", tmp_path / "o", **NO_CAPTURE, preexec_fn=close).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_words_that_cannot_be_said_end_no_work(tmp_path: Path, gongbao: Command) -> None:
    (tmp_path / "in.txt").write_text("2021年南通市投资5亿元。", encoding="utf-8")
    with Path("/dev/full").open("w") as full:
        told = {**NO_CAPTURE, "stderr": full}
        done = gongbao("run", tmp_path / "in.txt", tmp_path / "none.txt", "--no-ner", "--out", tmp_path / "out", **told)
        assert done.returncode == 1
        assert (tmp_path / "out" / "latest" / "manifest.json").is_file()
        assert gongbao("run", tmp_path / "none.txt", "--no-ner", "--out", tmp_path / "o", **told).returncode == 2
        assert gongbao("nonsense", **told).returncode == 2


@POSIX
def test_no_standard_output_at_all(tmp_path: Path, gongbao: Command) -> None:
    folder = run_folder(tmp_path, gongbao)
    for arguments in (["schema"], ["export", folder, "-o", "-"]):
        done = gongbao(*arguments, **NO_CAPTURE, preexec_fn=lambda: os.close(1))
        assert (done.returncode, done.stderr) == (0, "")


ENCODINGS = [
    # what the terminal's environment says, and in which encoding files and pipes are written
    ({"PYTHONIOENCODING": "ascii"}, "ascii"),
    ({"PYTHONIOENCODING": "gbk"}, "gbk"),
    ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "utf-8"),
]


@pytest.mark.parametrize(("said", "encoding"), ENCODINGS, ids=str)
def test_characters_that_an_encoding_lacks_end_no_work(
    tmp_path: Path, gongbao: Command, said: dict[str, str], encoding: str
) -> None:
    article = tmp_path / "in.txt"
    article.write_text("2020年，绍兴市发放贷款3亿元，建成👍é座桥3座。\n", encoding="utf-8")
    # Click takes an environment of ASCII for a mistake and writes UTF-8 there.
    told = {"env": {**os.environ, **said}, "encoding": encoding, "errors": "replace"}
    done = gongbao("run", article, "--no-ner", "--out", tmp_path / "out", **told)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    latest = tmp_path / "out" / "latest"
    for arguments in (["show", article, "--no-ner"], ["report", latest, "-o", "-"], ["diff", latest, latest]):
        done = gongbao(*arguments, **told)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        assert encoding != "utf-8" or arguments[0] == "diff" or "👍" in done.stdout


@POSIX
def test_a_name_in_other_bytes_is_told_where_output_is_strict(tmp_path: Path, gongbao: Command) -> None:
    folder = run_folder(tmp_path, gongbao)
    page = tmp_path / os.fsdecode(b"\xba\xa3.html")
    done = gongbao("report", folder, "-o", page, env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"})
    assert done.returncode == 0, done.stderr
    assert page.is_file() and "\\udcba\\udca3.html" in done.stdout
