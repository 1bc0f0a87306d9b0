"""Where commands write, and where they cannot: places that refuse, names of every kind, words in other bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
POSIX = pytest.mark.skipif(os.name != "posix", reason="limits of files, and names in any bytes, are POSIX's")
NEW = ("rules", "new", "每户奖励3万元", "--select", "奖励3万元", "--id", "money.bonus")
WORD = ("rules", "add", "全县更换防火门3000樘。", "--select", "樘", "--lexicon", "measure_words", "--no-ner", "--keep")
WRITING = {
    # a command, and what is put behind it, with the place in PLACE
    "a rule": (*NEW, "--out", "PLACE/bonus.yaml"),
    "a word": (*WORD, "--rules", "PLACE"),
    "a comparison": ("diff", "latest", "latest", "--html", "PLACE/page.html"),
    "an evaluation": ("evaluate", "gold.jsonl", "--records", "outputs/latest", "--html", "PLACE/page.html"),
    "a report": ("report", "latest", "-o", "PLACE/page.html"),
    "a table": ("export", "latest", "-o", "PLACE/table.csv"),
    "a database": ("export", "latest", "-o", "PLACE/table.db"),
    "columns": ("export", "latest", "-o", "PLACE/table.parquet"),
    "a folder": ("export", "latest", "--to", "brat", "-o", "PLACE/brat"),
    "gold": ("import", "marks.json", "-o", "PLACE/gold.jsonl"),
    "a baseline": ("accept", "baseline", "latest", "--all", "--baseline", "PLACE/baseline"),
    "a run": ("run", "in.txt", "--no-ner", "--out", "PLACE"),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, gongbao: Command) -> Path:
    """A working folder with a run, its marks for another tool, and an annotated article."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "in.txt").write_text("2021年，南通市发放贷款5亿元。\n", encoding="utf-8")
    gold = '{"id": "in.txt", "text": "2021年，南通市发放贷款5亿元。", "facts": []}\n'
    (folder / "gold.jsonl").write_text(gold, encoding="utf-8")
    assert gongbao("run", "in.txt", "--no-ner", cwd=folder).returncode == 0
    assert gongbao("export", "latest", "--to", "label-studio", "-o", "marks.json", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def work(finished: Path, tmp_path: Path) -> Path:
    """A copy of the working folder of one's own."""
    return Path(shutil.copytree(finished, tmp_path / "work", symlinks=True))


def at(place: str, arguments: tuple[str, ...]) -> list[str]:
    return [argument.replace("PLACE", place) for argument in arguments]


@pytest.mark.parametrize("arguments", WRITING.values(), ids=WRITING)
def test_a_place_that_cannot_be_written_is_named_and_leaves_nothing(
    work: Path, gongbao: Command, arguments: tuple[str, ...]
) -> None:
    (work / "taken").write_text("mine", encoding="utf-8")
    done = gongbao(*at("taken/in", arguments), cwd=work)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "taken" in done.stderr and "standard output" not in done.stderr
    assert (work / "taken").read_text(encoding="utf-8") == "mine"


@POSIX
@pytest.mark.parametrize("arguments", WRITING.values(), ids=WRITING)
def test_no_room_is_said_of_the_file_that_has_none(work: Path, gongbao: Command, arguments: tuple[str, ...]) -> None:
    import resource

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    done = gongbao(*at("place", arguments), cwd=work, preexec_fn=no_room)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "place" in done.stderr and "standard output" not in done.stderr
    assert not [path for path in (work / "place").rglob("*") if path.is_file() and path.stat().st_size]


NAMES = {
    "GBK": b"\xba\xa3\xc4\xcf",
    "a question": "好?a=b&mode=ro".encode(),
    "escapes": b"a%20b#c",
    "a line end": b"a\nb",
    "decomposed": "cafe\u0301".encode(),
    "emoji": "😀".encode(),
}


@POSIX
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_may_have_any_name(work: Path, gongbao: Command, name: bytes) -> None:
    (work / os.fsdecode(name)).mkdir()
    for ending in ("csv", "db", "parquet", "html"):
        path = f"{os.fsdecode(name)}/{os.fsdecode(name)}.{ending}"
        command = ("report", "latest", "-o", path) if ending == "html" else ("export", "latest", "-o", path)
        done = gongbao(*command, cwd=work, errors="backslashreplace")
        assert done.returncode == 0, done.stderr
        assert (work / path).stat().st_size


BYTES = os.fsdecode(b"\xba\xa3")
WORDS = {
    # words of a command in bytes that are no UTF-8, as from a terminal in GBK
    "a sentence": ("rules", "new", f"每户{BYTES}奖励3万元", "--select", "奖励3万元", "--id", "a.b", "--out", "r.yaml"),
    "an example": ("rules", "add", f"{BYTES}3樘", "--select", "樘", "--lexicon", "measure_words", "--rules", "mine"),
    "an encoding": ("export", "latest", "-o", "-", "--encoding", BYTES),
    "a database": ("export", "latest", "--to", f"postgresql://{BYTES}@localhost/x"),
    "a column": ("export", "latest", "-o", "-", "--columns", BYTES),
}


@POSIX
@pytest.mark.parametrize("arguments", WORDS.values(), ids=WORDS)
def test_words_in_other_bytes_are_refused(work: Path, gongbao: Command, arguments: tuple[str, ...]) -> None:
    done = gongbao(*arguments, cwd=work)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert not (work / "r.yaml").exists() and not (work / "mine").exists()


READ_BACK = {
    # a file that people may edit or a disk may damage, and the commands that read it
    "outputs/latest/manifest.json": (("export", "latest", "-o", "-"), ("diff", "latest", "latest")),
    "outputs/latest/records.jsonl": (
        ("export", "latest", "-o", "-"),
        ("diff", "baseline", "latest"),
        ("evaluate", "gold.jsonl", "--records", "outputs/latest"),
    ),
    "gold.jsonl": (("evaluate", "gold.jsonl", "--records", "outputs/latest"),),
}
DAMAGE = {
    "nested": b'{"a": ' + b"[" * 100_000,
    "a list": b"[]\n",
    "nothing at all": b"null\n",
    "no text": b"\xff\xfe\x00\n",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", READ_BACK)
def test_a_damaged_file_is_named_by_all_that_read_it(work: Path, gongbao: Command, name: str, damage: bytes) -> None:
    (work / name).write_bytes(damage)
    for command in READ_BACK[name]:
        done = gongbao(*command, cwd=work)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), (command, done.stderr)
        assert Path(name).name in done.stderr, done.stderr


def test_a_line_nested_without_end_is_a_text_to_parse(gongbao: Command) -> None:
    done = gongbao("parse", input='{"text": ' + "[" * 100_000 + "\n2021年投资5亿元。\n")
    assert (done.returncode, done.stdout.count("\n")) == (0, 2), done.stderr
