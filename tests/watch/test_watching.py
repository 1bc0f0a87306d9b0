"""Folders that grow: only what is new is extracted, everything new is told once, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from gongbao.errors import RunError
from gongbao.run.runner import Options, run
from gongbao.watch.hook import PART, Hook, messages
from gongbao.watch.state import NAME
from gongbao.watch.watching import Watch

FAST = Options(ner=None, workers=0)


def write(folder: Path, name: str, number: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(
        f"南通市湿地修复简报\n2021年，南通市湿地修复投入{number}.5亿元，新建步道{number + 3}公里。\n", encoding="utf-8"
    )


def amounts(records: Any) -> list[tuple[str, str]]:
    return [(row["article_id"], row["amount"]) for row in map(json.loads, records)]


class Receiver:
    """An address on this machine that takes messages, or refuses them."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.answers.pop(0) if receiver.answers else 204
                if status == 204:
                    receiver.got.append(json.loads(body))
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/new?key=secret"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_only_new_and_changed_articles_are_extracted_and_told(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    for number in range(4):
        write(inbox, f"{number}.txt", number + 1)
    first = Watch([inbox], out, FAST).round()
    assert first.summary is not None and (first.summary.articles, first.summary.reused) == (4, 0)
    assert len(first.records) == 8

    watch = Watch([inbox], out, FAST)
    again = watch.round()
    assert again.summary is not None and again.summary.reused == 4
    assert again.records == ()

    write(inbox, "new.txt", 8)
    write(inbox, "2.txt", 9)
    grown = watch.round()
    assert grown.summary is not None and (grown.summary.articles, grown.summary.reused) == (5, 3)
    assert amounts(grown.records) == [
        ("2.txt", "9.5亿元"),
        ("2.txt", "12公里"),
        ("new.txt", "8.5亿元"),
        ("new.txt", "11公里"),
    ]
    whole = (out / "latest" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(whole) == 10, "the store holds what was there and what is new"

    (inbox / "0.txt").unlink()
    shrunk = watch.round()
    assert shrunk.records == ()
    assert amounts(shrunk.deleted) == [("0.txt", "1.5亿元"), ("0.txt", "4公里")]


def test_a_file_that_comes_back_unchanged_or_is_only_touched_is_no_news(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    write(inbox, "a.txt", 1)
    watch = Watch([inbox], out, FAST)
    assert len(watch.round().records) == 2
    os.utime(inbox / "a.txt", (1, 1))
    again = watch.round()
    assert again.records == () and again.summary is not None and again.summary.reused == 1


def test_other_rules_extract_again_and_tell_only_what_reads_differently(tmp_path: Path) -> None:
    inbox, out, rules = tmp_path / "in", tmp_path / "out", tmp_path / "rules"
    write(inbox, "a.txt", 1)
    before = set(Watch([inbox], out, FAST).round().records)
    (rules / "lexicon").mkdir(parents=True)
    (rules / "lexicon" / "activities.txt").write_text("湿地修复\n", encoding="utf-8")
    done = Watch([inbox], out, Options(rules=(str(rules),), ner=None, workers=0)).round()
    assert done.summary is not None and done.summary.reused == 0, "other rules, so everything is extracted again"
    now = (out / "latest" / "records.jsonl").read_bytes().splitlines()
    assert list(done.records) == [line for line in now if line not in before]


def test_a_run_made_before_is_not_told_again(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    write(inbox, "a.txt", 1)
    run([inbox], out, FAST)
    watch = Watch([inbox], out, FAST)
    assert watch.round().records == ()
    write(inbox, "b.txt", 2)
    assert {article for article, _ in amounts(watch.round().records)} == {"b.txt"}


def test_an_empty_folder_waits(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    watch = Watch([inbox], out, FAST)
    done = watch.round()
    assert done.problem is None and done.summary is not None and done.summary.failed == 0
    write(inbox, "a.txt", 1)
    assert len(watch.round().records) == 2


def test_a_command_gets_the_new_records_on_its_standard_input(tmp_path: Path) -> None:
    inbox, out, got = tmp_path / "in", tmp_path / "out", tmp_path / "got.json"
    write(inbox, "a.txt", 1)
    done = Watch([inbox], out, FAST, hook=Hook(f"cat > '{got}'")).round()
    assert done.problem is None
    message = json.loads(got.read_text(encoding="utf-8"))
    assert (message["part"], message["parts"]) == (1, 1)
    assert message["run_id"] == (out / "latest").resolve().name
    assert [row["value"] for row in message["records"]] == [150_000_000, 4]
    assert message["records"] == [json.loads(line) for line in done.records]


def test_what_the_hook_did_not_take_is_sent_again_even_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    hook = Hook(receiver.url, pause=0.01)
    write(inbox, "a.txt", 1)
    receiver.answers = [500, 503, 502]
    done = Watch([inbox], out, FAST, hook=hook).round()
    assert done.problem is not None and done.problem.code == "watch.hook"
    assert "secret" not in str(done.problem)
    assert receiver.got == []
    write(inbox, "b.txt", 2)
    watch = Watch([inbox], out, FAST, hook=hook)
    assert watch.round().problem is None
    (message,) = receiver.got
    assert {row["article_id"] for row in message["records"]} == {"a.txt", "b.txt"}
    watch.round()
    assert len(receiver.got) == 1, "what was taken is not sent twice"


@pytest.mark.parametrize(("answers", "tries"), [([400], 1), ([302], 1), ([500, 204], 2), ([429, 503, 204], 3)])
def test_tries_of_an_address(receiver: Receiver, answers: list[int], tries: int) -> None:
    receiver.answers = list(answers)
    hook = Hook(receiver.url, pause=0.01)
    if answers[-1] == 204:
        hook.tell("r", [b'{"a": 1}'])
        assert receiver.got == [{"run_id": "r", "part": 1, "parts": 1, "records": [{"a": 1}], "deleted": []}]
    else:
        with pytest.raises(RunError) as caught:
            hook.tell("r", [b"{}"])
        assert caught.value.code == "watch.hook"
    assert receiver.answers == []


@pytest.fixture
def strange() -> Iterator[Callable[[Callable[[socket.socket], Any]], str]]:
    """The address of a server that does with each connection what it is told to."""
    opened: list[socket.socket] = []

    def begin(act: Callable[[socket.socket], Any]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.recv(65_536)
                        act(connection)

        Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield begin
    for listener in opened:
        listener.close()


NO_HTTP = [
    b"hello\r\n\r\n",
    b"HTTP/1.1 abc x\r\n\r\n",
    b"HTTP/1.1 99999 x\r\n\r\n",
    b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    b"",
]


@pytest.mark.parametrize("answer", NO_HTTP, ids=lambda answer: ascii(answer[:20]))
def test_an_answer_that_is_no_http_is_a_failure_and_no_crash(strange: Any, answer: bytes) -> None:
    with pytest.raises(RunError) as caught:
        Hook(strange(lambda connection: connection.sendall(answer)), pause=0.01).tell("r", [b"{}"])
    assert caught.value.code == "watch.hook"


@pytest.mark.parametrize("piece", [b"a: b\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"x"], ids=ascii)
def test_a_server_that_never_ends_its_answer_is_given_up(strange: Any, piece: bytes) -> None:
    """A byte now and then is no sign of life: a message has its time, however many answers come in it."""

    def dribble(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" if piece[:1] == b"H" else b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(piece)
            time.sleep(0.05)

    with pytest.raises(RunError, match="took longer than"):
        Hook(strange(dribble), timeout=0.2, pause=0.01).tell("r", [b"{}"])


def test_a_name_and_a_password_in_an_address_are_sent_and_not_shown() -> None:
    got: list[bytes] = []

    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://li:p%40ss@127.0.0.1:{listener.getsockname()[1]}/x?key=k"

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            got.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 204 taken\r\n\r\n")

    thread = Thread(target=serve, daemon=True)
    thread.start()
    hook = Hook(address, pause=0.01)
    hook.tell("r", [b"{}"])
    thread.join()
    listener.close()
    assert b"\r\nauthorization: basic bgk6cebzcw==" in got[0].lower() and b"POST /x?key=k " in got[0]
    assert "li" not in hook.name and "key" not in hook.name


BAD_ADDRESSES = [
    "ftp://127.0.0.1/x",
    "file:///etc/hosts",
    "http://",
    "http://127.0.0.1:abc/",
    "http://127.0.0.1:99999/",
    "http://[::1",
]
BAD_ADDRESSES += [
    "http://a b/",
    "http://x/\r\nA: b",
    "http://x\x00/",
    "http://例子.中国/",
    "http://127.0.0.1/钩",
    "http://127.0.0.1:0/",
]


@pytest.mark.parametrize("target", BAD_ADDRESSES, ids=ascii)
def test_other_addresses_are_refused(target: str) -> None:
    with pytest.raises(RunError):
        Hook(target)


@pytest.mark.parametrize("command", ["exit 3", "no-such-command-here 2>/dev/null", "sleep 5"])
def test_a_command_that_fails(command: str) -> None:
    with pytest.raises(RunError) as caught:
        Hook(command, timeout=0.3).tell("r", [b"{}"])
    assert caught.value.fix


@pytest.mark.skipif(os.name != "posix", reason="groups of processes")
def test_a_command_that_takes_too_long_leaves_nothing_running(tmp_path: Path) -> None:
    number = tmp_path / "number"
    with pytest.raises(RunError, match="took longer"):
        Hook(f"sleep 600 & echo $! > '{number}'; wait; true", timeout=1.0).tell("r", [b"{}"])
    with pytest.raises(ProcessLookupError):
        while True:  # until the system has cleared it away
            os.kill(int(number.read_text()), 0)
            if Path(f"/proc/{number.read_text().strip()}/stat").read_text().split()[2] == "Z":
                raise ProcessLookupError
            time.sleep(0.01)


def test_many_records_come_in_parts() -> None:
    lines = [b"%d" % n for n in range(2 * PART + 1)]
    made = [json.loads(message) for message in messages("r", lines)]
    assert [(m["part"], m["parts"], len(m["records"])) for m in made] == [(1, 3, PART), (2, 3, PART), (3, 3, 1)]
    assert [n for m in made for n in m["records"]] == list(range(2 * PART + 1))
    assert list(messages("r", [])) == []


def test_a_hook_hears_of_what_is_gone(tmp_path: Path, receiver: Receiver) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    for number in range(3):
        write(inbox, f"{number}.txt", number + 1)
    watch = Watch([inbox], out, FAST, hook=Hook(receiver.url, pause=0.01))
    watch.round()
    (inbox / "0.txt").unlink()
    (inbox / "1.txt").write_text("南通市湿地修复简报\n2021年，南通市湿地修复投入7.5亿元。\n", encoding="utf-8")
    watch.round()
    first, second = receiver.got
    assert first["deleted"] == []
    told = {row["record_id"]: row["amount"] for row in first["records"]}
    assert sorted(told[row["record_id"]] for row in second["deleted"]) == ["1.5亿元", "4公里", "5公里"]
    assert [row["amount"] for row in second["records"]] == ["7.5亿元"], "corrected in its place"
    made = [json.loads(message) for message in messages("r", [b"1"], [b"2"] * (PART + 1))]
    assert [(len(m["records"]), len(m["deleted"])) for m in made] == [(1, PART), (0, 1)]


def test_only_its_own_old_runs_are_removed(tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    write(inbox, "a.txt", 1)
    mine = run([inbox], out, FAST).folder
    watch = Watch([inbox], out, FAST, keep=2)
    for number in range(2, 7):
        write(inbox, "a.txt", number)
        assert len(watch.round().records) == 2
    left = {path for path in (out / "runs").iterdir() if path.is_dir()}
    assert mine in left
    assert len(left) == 3
    assert (out / "latest").resolve() in {path.resolve() for path in left}
    assert json.loads((out / NAME).read_text())["told"] == (out / "latest").resolve().name


def test_a_run_of_others_is_never_removed_whatever_is_done_between(tmp_path: Path) -> None:
    """Others' runs are taken over by a watch that finds them when it starts, and between its rounds."""
    inbox, out = tmp_path / "in", tmp_path / "out"
    theirs = set()
    watch = Watch([inbox], out, FAST, keep=1)
    for number in range(1, 9):
        write(inbox, "a.txt", number)
        if number % 2:
            theirs.add(run([inbox], out, FAST).folder)
        if number % 3 == 0:
            watch = Watch([inbox], out, FAST, keep=1)
        watch.round()
    assert theirs < {path for path in (out / "runs").iterdir() if path.is_dir()}
    state = json.loads((out / NAME).read_text())
    state["own"] = [path.name for path in theirs if path is not None]  # as an earlier version may have left it
    (out / NAME).write_text(json.dumps(state))
    write(inbox, "a.txt", 9)
    Watch([inbox], out, FAST, keep=1).round()
    assert all(path is not None and path.is_dir() for path in theirs)


@pytest.mark.parametrize("wrong", ["null", "[]", '{"told": 5, "own": []}', '{"told": "x", "own": "y"}', "[" * 100_000])
def test_a_state_of_wrong_types_is_none(wrong: str, tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    write(inbox, "a.txt", 1)
    out.mkdir()
    (out / NAME).write_text(wrong)
    assert len(Watch([inbox], out, FAST).round().records) == 2


def test_articles_that_are_gone_for_a_while_are_not_told_again(tmp_path: Path) -> None:
    """A disk that is not mounted: `latest` stays, and what comes meanwhile is told when the rest is back."""
    inbox, out = tmp_path / "in", tmp_path / "out"
    for number in range(6):
        write(inbox, f"{number}.txt", number + 1)
    watch = Watch([inbox], out, FAST, keep=1)
    watch.round()
    newest = (out / "latest").resolve()
    away = tmp_path / "away"
    inbox.rename(away)
    write(inbox, "new.txt", 8)
    missing = watch.round()
    assert missing.summary is not None and missing.summary.held_back and missing.records == ()
    assert (out / "latest").resolve() == newest and newest.is_dir()
    (inbox / "new.txt").rename(away / "new.txt")
    inbox.rmdir()
    away.rename(inbox)
    back = watch.round()
    assert amounts(back.records) == [("new.txt", "8.5亿元"), ("new.txt", "11公里")]
    assert len([path for path in (out / "runs").iterdir() if path.is_dir()]) == 1


def wait(condition: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def test_the_command_sees_files_as_they_come_and_stops_when_told(tmp_path: Path) -> None:
    inbox, out, err = tmp_path / "in", tmp_path / "out", tmp_path / "err"
    write(inbox, "a.txt", 1)
    found = tmp_path / "found.jsonl"
    with found.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from gongbao.cli import main; main()"),
                *("watch", str(inbox), "--out", str(out), "--ner", "none", "--json", "--quiet", "0.3"),
            ],
            stdout=stdout,
            stderr=stderr,
        )
    try:
        wait(lambda: "Watching" in err.read_text())
        assert len(found.read_text().splitlines()) == 2
        (inbox / "half.part").write_text("不是文章", encoding="utf-8")
        write(inbox, "b.txt", 2)
        wait(lambda: len(found.read_text().splitlines()) == 4)
        assert {article for article, _ in amounts(found.read_text().splitlines())} == {"a.txt", "b.txt"}
        assert "1 of 2 articles extracted" in err.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(600) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
