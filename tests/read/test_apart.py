"""Reading in a process of its own: what a file does there costs the file alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gongbao.document import Article, Failure
from gongbao.read import Limits, apart, read_file, read_paths

pytest.importorskip("resource", reason="bounds are the system's, and Windows has none")

CHILD = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path.append(sys.argv[2])
from gongbao.read import article, reader
from gongbao.read.article import article_from_text

def obey(text, **rest):
    if "死循环" in text:
        while True:
            pass
    if "崩溃" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "吃掉内存" in text:
        bytearray(1 << 40)
    if "被杀一次" in text and not os.path.exists(text.strip().split()[-1]):
        open(text.strip().split()[-1], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return article_from_text(text, **rest)

from gongbao.read import rows
reader.article_from_text = rows.article_from_text = obey
from gongbao.read.apart import main
main()
"""
"""A reader that acts on what an article tells it."""
LIMITS = Limits(max_seconds=3.0)


@pytest.fixture
def obedient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_CHILD", CHILD)


def folder(path: Path, *texts: str) -> Path:
    path.mkdir()
    for number, text in enumerate(texts):
        (path / f"{number}.txt").write_text(text)
    return path


def told(items: list[Article | Failure]) -> list[str]:
    return [item.text if isinstance(item, Article) else item.code for item in items]


@pytest.mark.parametrize(
    ("order", "code"), [("死循环", "read.timeout"), ("崩溃", "read.broken"), ("吃掉内存", "read.too_large")]
)
def test_a_file_that_ends_its_reader_costs_itself_alone(tmp_path: Path, obedient: None, order: str, code: str) -> None:
    source = folder(tmp_path / "in", "第一篇", order, "第三篇")
    assert told(list(read_paths([source], limits=LIMITS, apart=True))) == ["第一篇", code, "第三篇"]


def test_the_rows_before_are_kept(tmp_path: Path, obedient: None) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("第一篇", "第二篇", "死循环", "第四篇")))
    items = list(read_file(path, limits=LIMITS, apart=True))
    assert told(items) == ["第一篇", "第二篇", "read.timeout"]
    assert isinstance(items[-1], Failure) and "2 articles of it having been read" in items[-1].message


def test_a_reader_killed_from_outside_once_reads_on(tmp_path: Path, obedient: None) -> None:
    path = tmp_path / "a.jsonl"
    texts = ["第一篇", f"被杀一次 {tmp_path / 'killed'}", "第三篇"]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    assert told(list(read_file(path, apart=True))) == texts


def test_the_same_comes_of_it_as_here(tmp_path: Path) -> None:
    source = folder(tmp_path / "in", "标题\n来源：日报\n全市投资3亿元。", "", "第三篇")
    (source / "rows.jsonl").write_text('{"text": "文", "x": ' + "[" * 900 + "]" * 900 + '}\n{"no": 1}\n')
    here, there = (list(read_paths([source], apart=apart)) for apart in (False, True))
    assert [type(item) for item in here] == [Article, Failure, Article, Article, Failure]
    assert here == there


def test_who_stops_asking_leaves_no_process(tmp_path: Path) -> None:
    stream = read_paths([folder(tmp_path / "in", *"一二三")], apart=True)
    next(stream)
    stream.close()
    assert not any("gongbao.read.apart" in Path(f"/proc/{child}/cmdline").read_text() for child in children())


def children() -> list[str]:
    return Path("/proc/thread-self/children").read_text().split()
