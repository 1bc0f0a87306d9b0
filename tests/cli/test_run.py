"""`gongbao run` as people and programs meet it: bad input, exit status, what is said where."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Gongbao = Callable[..., subprocess.CompletedProcess[str]]
GOOD = "德阳市完成高标准农田建设\n2021年上半年,德阳市新建高标准农田12.5万亩,完成投资3.6亿元,同比增长8.2%。\n"


def _bad_inputs(folder: Path) -> dict[str, str]:
    """Files that cannot be read, with the code of the error each must end in."""
    folder.mkdir()
    (folder / "good.txt").write_text(GOOD, encoding="utf-8")
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 8)
    (folder / "half.txt").write_bytes(GOOD.encode()[:-2])
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 half an archive")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n")
    rows = [{"id": "row-1", "text": GOOD}, {"id": "row-1", "text": GOOD}]
    lines = [*map(json.dumps, rows), "{no json"]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "line.jsonl").write_bytes(b'{"id": "long", "text": "' + b"x" * 50_000_000 + b'"}\n')
    return {
        "empty.txt": "read.empty",
        "binary.txt": "read.",
        "half.txt": "read.",
        "broken.docx": "read.",
        "broken.pdf": "read.",
        "row-1": "read.duplicate_id",
        "rows.jsonl:3": "read.jsonl",
    }


def test_bad_input_is_named_and_the_rest_goes_on(tmp_path: Path, gongbao: Gongbao) -> None:
    expected = _bad_inputs(tmp_path / "in")
    done = gongbao("run", tmp_path / "in", tmp_path / "missing.txt", "--no-ner", "--out", tmp_path / "out", "--json")
    assert done.returncode == 1, done.stderr
    summary = json.loads(done.stdout)
    folder = Path(summary["run"])
    errors = {error["id"]: error for error in map(json.loads, (folder / "errors.jsonl").open(encoding="utf-8"))}
    for name, code in {**expected, "missing.txt": "read.missing"}.items():
        assert errors[name]["code"].startswith(code), errors[name]
        assert errors[name]["fix"], f"the error of {name} names no fix"
        assert name.split(":")[0].removeprefix("row-1") in errors[name]["where"]
        assert errors[name]["message"] in done.stderr, "errors are on the screen, too"
    records = [json.loads(line) for line in (folder / "records.jsonl").open(encoding="utf-8")]
    assert {"good.txt", "row-1"} <= {record["article_id"] for record in records}
    assert summary["failed"] == len(errors) == len(summary["errors"])
    assert summary["articles"] == sum(1 for _ in (folder / "articles.jsonl").open(encoding="utf-8"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"] == {
        "articles": summary["articles"],
        "records": summary["records"],
        "errors": summary["failed"],
        "table_numbers_left": 0,
    }


def test_numbers_of_tables_without_a_unit_are_told(tmp_path: Path, gongbao: Gongbao) -> None:
    source = tmp_path / "table.txt"
    source.write_text("园区情况\n园区\t面积\t产值（亿元）\n甲园\t12\t3.5\n乙园\t13\t4.5\n", encoding="utf-8")
    for again in (False, True):  # the second run takes the first one's shards over
        done = gongbao("run", source, "--out", tmp_path / "out", "--no-ner")
        assert done.returncode == 0
        assert "2 numbers in tables gave no record" in done.stdout, again
    summary = json.loads(gongbao("run", source, "--out", tmp_path / "out", "--no-ner", "--json").stdout)
    assert (summary["records"], summary["table_numbers_left"]) == (2, 2)
    (article,) = map(json.loads, (Path(summary["run"]) / "articles.jsonl").open(encoding="utf-8"))
    assert article["counts"]["table_numbers_left"] == 2


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root, as which CI may run, can read every file; so the system's answer is put in its mouth.
    from gongbao.read import reader
    from gongbao.run.runner import Options, run

    source = tmp_path / "locked.txt"
    source.write_text(GOOD, encoding="utf-8")

    def refused(path: Path, *options: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(reader, "open_bytes", refused)
    summary = run([source], tmp_path / "out", Options(ner=None, workers=0))
    assert summary.exit_status == 2
    assert [(failure.id, failure.code) for failure in summary.failures] == [("locked.txt", "read.permission")]


@pytest.mark.parametrize("arguments", [["nothing-here.txt"], ["empty"]], ids=["missing path", "empty folder"])
def test_nothing_could_be_done(arguments: list[str], tmp_path: Path, gongbao: Gongbao) -> None:
    (tmp_path / "empty").mkdir()
    done = gongbao("run", *[tmp_path / name for name in arguments], "--no-ner", "--out", tmp_path / "out", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["run"] is None
    assert not (tmp_path / "out" / "latest").exists()
    assert not list((tmp_path / "out" / "runs").glob("*20*")), "no run folder, finished or not"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "PATHS"),
        (["--resume"], "no unfinished run"),
        (["x.txt", "--engine", "abacus"], "no engine 'abacus'"),
        (["x.txt", "--rules", "no-such-folder"], "rules folder not found"),
        (["x.txt", "--scheduler", "tcp://127.0.0.1:9"], "--engine dask"),
        (["x.txt", "--timeout", "inf"], "--timeout"),
        (["x.txt", "--memory", "9" * 30], "--memory"),
        (["."], "would read them as articles"),
    ],
)
def test_wrong_use(arguments: list[str], says: str, tmp_path: Path, gongbao: Gongbao) -> None:
    (tmp_path / "x.txt").write_text(GOOD, encoding="utf-8")
    done = gongbao("run", *arguments, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").glob("runs/*20*"))


def test_output_folder_that_cannot_be_written(tmp_path: Path, gongbao: Gongbao) -> None:
    (tmp_path / "x.txt").write_text(GOOD, encoding="utf-8")
    done = gongbao("run", tmp_path / "x.txt", "--no-ner", "--out", "/proc/gongbao")
    assert done.returncode == 2
    assert "cannot write here" in done.stderr
    assert "--out" in done.stderr


def test_plain_when_piped(tmp_path: Path, gongbao: Gongbao) -> None:
    (tmp_path / "x.txt").write_text(GOOD, encoding="utf-8")
    done = gongbao("run", tmp_path / "x.txt", "--no-ner", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "3.6亿元" in done.stdout
    last = done.stdout.rstrip().splitlines()[-1]
    assert Path(last).resolve() == (tmp_path / "out" / "latest").resolve(), "the last line is the run's folder"


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(GOOD, encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from gongbao.cli import main; main()", "run", tmp_path / "x.txt", "--no-ner"]
    process = subprocess.Popen(
        [*command, "--out", tmp_path / "out"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
        if process.poll() is not None and not shown:
            break
    process.communicate()
    os.close(ours)
    assert b"records" in shown
    assert b"\x1b[" in shown


def test_file_names_cannot_steer_the_terminal(tmp_path: Path, gongbao: Gongbao) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "in" / "evil\x1b]0;title\x07\n.txt").touch()
    done = gongbao("run", tmp_path / "in", "--no-ner", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
    assert "evil" in done.stderr


def test_one_article_on_standard_input(tmp_path: Path, gongbao: Gongbao) -> None:
    done = gongbao("run", "-", "--no-ner", "--out", tmp_path / "out", "--json", input=GOOD)
    assert done.returncode == 0
    assert json.loads(done.stdout)["records"] == 3


def test_a_text_beyond_the_limit_is_refused_with_the_option_that_raises_it(tmp_path: Path, gongbao: Gongbao) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "short.txt").write_text("短", encoding="utf-8")
    (tmp_path / "in" / "long.txt").write_text(GOOD, encoding="utf-8")
    command = ("run", tmp_path / "in", "--no-ner", "--out", tmp_path / "out", "--json")
    refused = json.loads(gongbao(*command, f"--max-characters={len(GOOD) - 1}").stdout)
    assert [(error["id"], error["code"]) for error in refused["errors"]] == [("long.txt", "read.too_large")]
    assert "--max-characters" in refused["errors"][0]["fix"]
    raised = json.loads(gongbao(*command, f"--max-characters={len(GOOD)}").stdout)
    assert (raised["failed"], raised["records"]) == (0, 3)


HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from gongbao.cli import main; "
"""What a shell's background job starts is deaf to Ctrl-C: these hear it, whoever started the tests."""


@pytest.mark.parametrize("engine", ["processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_ctrl_c_leaves_no_half_run_and_resume_ends_it(engine: str, tmp_path: Path, gongbao: Gongbao) -> None:
    if engine == "dask":
        pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    source = tmp_path / "many.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for number in range(3000):
            text = GOOD.replace("12.5", f"{number}.5") * 3
            file.write(json.dumps({"id": f"a{number}", "text": text}, ensure_ascii=False) + "\n")
    command = [sys.executable, "-c", HEARS_CTRL_C + "main()", "run", source, "--no-ner"]
    process = subprocess.Popen(
        [*command, "--out", tmp_path / "out", "--engine", engine],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not list(tmp_path.glob("out/runs/.*.unfinished/shards/[!.]*")):
        assert process.poll() is None, "the run ended before a shard was done"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, talk = process.communicate(timeout=600)
    assert process.returncode == 130, talk
    assert "gongbao run --resume" in talk
    assert "Traceback" not in talk
    assert not (tmp_path / "out" / "latest").exists()
    assert not list((tmp_path / "out" / "runs").glob("[!.]*"))


def test_the_way_to_go_on_is_a_command_that_a_shell_takes(tmp_path: Path) -> None:
    import shlex

    from gongbao.cli.run import _stopped
    from gongbao.run.runner import Options, run

    source, out = tmp_path / "x.txt", tmp_path / "it's out"
    source.write_text(GOOD, encoding="utf-8")
    options = Options(ner=None, workers=3, timeout=90.0)
    assert "To go on" not in _stopped([str(source)], out, options), "there is nothing to go on with"
    with pytest.raises(ZeroDivisionError):
        run([source], out, Options(ner=None, workers=0), progress=lambda counts, summary: 1 // 0)
    command = shlex.split(_stopped([str(source)], out, options).partition(": ")[2])
    assert command == ["gongbao", "run", "--resume", "--out", str(out), "--workers=3", "--timeout=90.0"]
    assert "To go on" not in _stopped([str(tmp_path / "other.txt")], out, options), "what is left is another run"


@pytest.mark.parametrize("moment", [0.1, 0.3, 0.5, 0.8])
def test_ctrl_c_while_everything_loads_says_no_more_than_that(moment: float, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(GOOD, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", HEARS_CTRL_C + "print('on', flush=True); main()"]
        + ["run", str(tmp_path / "x.txt"), "--workers", "2", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "on\n"
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    _, talk = process.communicate(timeout=600)
    assert process.returncode in (130, 0), talk
    assert "Traceback" not in talk


DROPPED = {
    "__del__": "class Gone:\n  def __del__(self): signal.raise_signal(signal.SIGINT)\nGone()\n",
    "a weak reference's callback, as imports have them": """
import weakref
class Lock: pass
lock = Lock()
seen = weakref.ref(lock, lambda gone: signal.raise_signal(signal.SIGINT))
del lock
""",
}


@pytest.mark.parametrize("what", DROPPED)
def test_ctrl_c_where_python_drops_it_comes_once_more(what: str, tmp_path: Path) -> None:
    loaded = tmp_path / "loaded.py"
    loaded.write_text("import signal\n" + DROPPED[what], encoding="utf-8")
    program = f"import sys, time; sys.path.insert(0, {str(tmp_path)!r}); import gongbao.cli as cli; "
    program += "cli.get_command = lambda app: lambda: __import__('loaded') and time.sleep(300); cli.main()"
    done = subprocess.run([sys.executable, "-c", HEARS_CTRL_C + program], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def _may_mount() -> bool:
    """Whether a small disk can be made here: by root on Linux, outside a container that forbids it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    return (
        subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode
        == 0
    )


if _may_mount():  # elsewhere tests/run/test_engines.py has the system's answer alone

    def test_full_disk(tmp_path: Path, gongbao: Gongbao) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
        try:
            source = tmp_path / "many.jsonl"
            with source.open("w", encoding="utf-8") as file:
                for number in range(100):
                    file.write(json.dumps({"id": str(number), "text": GOOD.replace("12.5", f"{number}.5")}) + "\n")
            done = gongbao("run", source, "--no-ner", "--out", disk / "out")
            assert done.returncode == 2
            assert "the disk is full" in done.stderr
            assert "--resume" in done.stderr
            assert "Traceback" not in done.stderr
            assert not (disk / "out" / "latest").exists()
            assert not list(disk.glob("out/runs/[!.]*"))
        finally:
            subprocess.run(["umount", disk], check=True)
