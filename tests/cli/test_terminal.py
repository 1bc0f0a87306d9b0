"""What texts, titles, names of files and places in them can do to a terminal: nothing, whichever command shows them."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="terminals are made as Unix makes them")

EVIL = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m\u202e"
"""A new window title, a bell, a cleared screen, a colour, the same in one character, and text turned backwards."""
TEXT = (
    f"南通市{EVIL}推进公路\x9b31m建设\r改\n来源：{EVIL}日报\n"
    f"2021年，南通市{EVIL}绿色\x9b31m信贷计划{EVIL}投资{EVIL}12.5亿\x9b31m元，企业\u202e达到{EVIL}300家。\n"
    "绍兴市“领航\x9b31m计划\u202e”实现产值50亿元。\n"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs over articles full of escapes, in `o`; the second without one of them."""
    from gongbao.run.runner import Options, run

    folder = tmp_path_factory.mktemp("terminal")
    (folder / "in").mkdir()
    (folder / "in" / f"a\n{EVIL}.txt").write_text(TEXT, encoding="utf-8")
    (folder / "in" / f"b{EVIL}.docx").write_bytes(b"no archive")
    rows = [
        {"id": f"x{EVIL}", "title": f"T{EVIL}", "source": EVIL, "text": TEXT, "pub_date": "2021-08-02"},
        {"id": f"x{EVIL}", "text": "again"},
        {"id": f"y{EVIL}", "text": "t", "pub_date": EVIL},
    ]
    (folder / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows) + f'{{"{EVIL}"\n', encoding="utf-8"
    )
    for paths in ([folder / "in", folder / "rows.jsonl"], [folder / "rows.jsonl"]):
        run(paths, folder / "o", Options(ner=None, workers=0))
    (folder / f"rules{EVIL}" / "quantities").mkdir(parents=True)
    (folder / f"rules{EVIL}" / "quantities" / f"r{EVIL}.yaml").write_text(f"rules: [{{id: {EVIL}", encoding="utf-8")
    return folder


def on_terminal(folder: Path, *arguments: str) -> str:
    """All that a command writes where both its outputs are a terminal."""
    process, handle = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "120"}
        os.execv(sys.executable, [sys.executable, "-c", "from gongbao.cli import main; main()", *arguments])
    shown = b""
    try:
        while part := os.read(handle, 65_536):
            shown += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(handle)
    os.waitpid(process, 0)
    return shown.decode("utf-8", "replace")


COMMANDS = [
    ("run", "in", "rows.jsonl", "--no-ner", "--out", "again"),
    ("run", "rows.jsonl", "--no-ner", "--out", "once-more", "--json"),
    ("run", "rows.jsonl", "--rules", f"missing{EVIL}"),
    ("show", f"in/a\n{EVIL}.txt", "--no-ner"),
    ("show", f"in/a\n{EVIL}.txt", "--no-ner", "--json"),
    ("show", f"in/b{EVIL}.docx", "--no-ner"),
    ("rules", "explain", f"in/a\n{EVIL}.txt"),
    ("rules", "check", "--rules", f"rules{EVIL}"),
    ("diff", "previous", "latest", "--out", "o"),
    ("diff", "previous", "latest", "--out", "o", "--markdown"),
    ("diff", "previous", "latest", "--out", "o", "--json"),
    ("export", "latest", "--outputs", "o", "--to", "csv", "-o", "-"),
    ("export", "latest", "--outputs", "o", "--where", f"place={EVIL}"),
    ("watch", "in", "--once", "--ner", "none", "--out", "watched"),
    ("import", f"missing{EVIL}"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(a for a in arguments if a.isprintable()))
def test_nothing_steers_the_terminal(arguments: tuple[str, ...], place: Path) -> None:
    shown = on_terminal(place, *arguments)
    assert len(shown) > 20
    assert "Traceback" not in shown
    for sequence in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e"):
        assert sequence not in shown
    if arguments[0] in ("show", "rules", "diff"):
        assert "\x1b[31m" not in shown.replace("\x1b[31m╭", "").replace("\x1b[31m╰", "")


def test_files_and_pipes_get_what_there_is(place: Path, gongbao: Callable[..., object]) -> None:
    done = gongbao("show", place / "rows.jsonl", "--no-ner", "--json")
    assert json.loads(done.stdout.splitlines()[0])["article_id"] == f"x{EVIL}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("增长5%\t是\n", "增长5%\t是\n"),
        ("\x1b[1;32m绿\x1b[0m\r\n", "\x1b[1;32m绿\x1b[0m\r\n"),
        ("\x1b[2K\x1b[1A", "\\x1b[2K\\x1b[1A"),
        ("甲\r乙", "甲\\r乙"),
        ("\x1bP$q\x1b\\", "\\x1bP$q\\x1b\\"),
        ("\x9b2J\x85\x7f\0", "\\x9b2J\\x85\\x7f\\x00"),
        ("12\u202e34\u2066\u200f", "12\\u202e34\\u2066\\u200f"),
        ("\x1b[\x1b[31m", "\\x1b[\x1b[31m"),
    ],
)
def test_what_the_guard_lets_through(given: str, shown: str) -> None:
    from gongbao.cli.terminal import Terminal

    for text in (given, given.encode()):
        stream = io.StringIO(newline="")
        assert Terminal(stream, moves=False).write(text) == len(text)
        assert stream.getvalue() == shown


def test_bytes_that_come_in_pieces_are_the_same_text() -> None:
    """Exports are copied in pieces of so many bytes, wherever a character begins."""
    from gongbao.cli.terminal import Terminal

    stream = io.StringIO(newline="")
    data = "绍兴市，12.5亿元\x9b2J😀\n".encode()
    Terminal(stream, moves=False).buffer.writelines(data[at : at + 1] for at in range(len(data)))
    assert stream.getvalue() == "绍兴市，12.5亿元\\x9b2J😀\n"
