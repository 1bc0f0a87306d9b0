"""Which files are read, in which order and under which identifiers; what is named instead of read."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gongbao.document import Article, Failure
from gongbao.read import Limits, ids, read_file, read_paths

Read = Callable[..., tuple[list[Article], list[Failure]]]
TEXT = "全市完成投资{}亿元，同比增长5%。"


def write(path: Path, number: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(number), encoding="utf-8")
    return path


def test_folders_are_walked_in_the_order_of_relative_paths(tmp_path: Path, read: Read) -> None:
    for name in ("b.txt", "a/z.txt", "a-1.txt", "a/b/c.md", "a.txt", "一.txt", "Z.txt", "a0.txt"):
        write(tmp_path / name)
    articles, failures = read(tmp_path)
    identifiers = [article.id for article in articles]
    assert failures == []
    assert identifiers == sorted(identifiers)
    assert identifiers == ["Z.txt", "a-1.txt", "a.txt", "a/b/c.md", "a/z.txt", "a0.txt", "b.txt", "一.txt"]


def test_a_huge_folder_is_in_the_same_order_as_a_small_one(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(f"{number * 7919 % 101:03}.txt" for number in range(101))
    for name in names:
        write(tmp_path / name)
    monkeypatch.setattr(ids, "IN_MEMORY", 10)  # further names go through the temporary database
    articles, _ = read(tmp_path, tmp_path)
    assert [article.id for article in articles] == names


def test_a_file_is_known_by_its_name_and_a_row_by_its_id(tmp_path: Path, read: Read) -> None:
    write(tmp_path / "deep" / "x.txt")
    (tmp_path / "rows.jsonl").write_text('{"id": "r1", "text": "甲"}\n{"text": "乙"}\n', encoding="utf-8")
    articles, _ = read(tmp_path / "deep" / "x.txt", tmp_path / "rows.jsonl")
    assert [article.id for article in articles] == ["x.txt", "r1", "rows.jsonl:2"]
    assert articles[0].origin == str(tmp_path / "deep" / "x.txt")


def test_hidden_files_and_other_kinds_in_a_folder_are_passed_over(tmp_path: Path, read: Read) -> None:
    for name in ("a.txt", ".hidden.txt", ".git/config.txt", "~$report.txt", "picture.png", "Thumbs.db", "README"):
        write(tmp_path / name)
    articles, failures = read(tmp_path)
    assert [article.id for article in articles] == ["a.txt"]
    assert failures == []


@pytest.mark.parametrize("name", ["report.doc", "年报.WPS", "sub/old.rtf", "scan.ofd", "table.xls", "all.zip"])
def test_documents_of_other_kinds_in_a_folder_are_named(tmp_path: Path, read: Read, name: str) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / name)
    articles, failures = read(tmp_path)
    assert [article.id for article in articles] == ["a.txt"]
    assert [(failure.id, failure.code) for failure in failures] == [(name, "read.unsupported")]


def test_another_kind_named_by_the_user_is_refused_with_a_fix(tmp_path: Path, refused: Callable[..., Failure]) -> None:
    failure = refused(write(tmp_path / "old.doc"))
    assert failure.code == "read.unsupported"
    assert ".docx" in str(failure.fix)
    (again,) = read_file(tmp_path / "old.doc")
    assert isinstance(again, Failure) and again.code == "read.unsupported"


def test_missing_paths_and_empty_folders(tmp_path: Path, refused: Callable[..., Failure]) -> None:
    assert refused(tmp_path / "none.txt").code == "read.missing"
    assert refused("a\0b.txt").code == "read.missing"
    assert refused("a\ud800b.txt").id == "a\\ud800b.txt"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty").code == "read.nothing"


def test_the_rest_is_read_when_something_is_wrong(tmp_path: Path, read: Read) -> None:
    write(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.docx").write_bytes(b"no zip")
    (tmp_path / "d.pdf").write_bytes(b"no pdf")
    write(tmp_path / "e.txt")
    articles, failures = read(tmp_path / "none", tmp_path)
    assert [article.id for article in articles] == ["a.txt", "e.txt"]
    assert [(failure.id, failure.code) for failure in failures] == [
        ("none", "read.missing"),
        ("b.txt", "read.empty"),
        ("c.docx", "read.broken"),
        ("d.pdf", "read.broken"),
    ]


def test_a_second_use_of_an_id_names_the_first(tmp_path: Path, read: Read) -> None:
    first, second = write(tmp_path / "one" / "x.txt"), write(tmp_path / "two" / "x.txt", 2)
    articles, failures = read(first, second, first)
    assert len(articles) == 1
    assert {failure.code for failure in failures} == {"read.duplicate_id"}
    assert str(first) in failures[0].message and failures[0].where == str(second)
    assert "folder" in str(failures[0].fix)
    assert len(read(tmp_path)[0]) == 2


def test_a_second_use_of_an_id_in_rows_names_both_lines(tmp_path: Path, read: Read) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"id": "a", "text": "一"}\n\n{"id": "b", "text": "二"}\n{"id": "a", "text": "三"}\n', encoding="utf-8"
    )
    table = tmp_path / "table.csv"
    table.write_text("id,text\nc,一\nb,二\n", encoding="utf-8")
    articles, failures = read(rows, table)
    assert [article.id for article in articles] == ["a", "b", "c"]
    assert [(failure.where, failure.message) for failure in failures] == [
        (f"{rows}:4", f"Left out: its id 'a' is that of {rows}:1 too"),
        (f"{table}:3", f"Left out: its id 'b' is that of {rows}:3 too"),
    ]
    assert all("row" in str(failure.fix) for failure in failures)


def test_duplicate_ids_are_found_beyond_memory(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "IN_MEMORY", 7)
    rows = [f'{{"id": "n{number % 40}", "text": "文"}}' for number in range(60)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), encoding="utf-8")
    articles, failures = read(tmp_path / "a.jsonl")
    assert len(articles) == 40
    assert [failure.id for failure in failures] == [f"n{number}" for number in range(20)]


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path, read: Read) -> None:
    outside = write(tmp_path / "outside" / "secret.txt")
    folder = tmp_path / "in"
    write(folder / "real.txt")
    (folder / "away.txt").symlink_to(outside)
    (folder / "away").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "within.txt").symlink_to(folder / "real.txt")
    (folder / "named.txt").symlink_to(tmp_path / "outside")
    (folder / "unmounted").symlink_to(tmp_path / "nowhere")
    (folder / "picture").symlink_to(folder / "real.txt")
    articles, failures = read(folder)
    assert [article.id for article in articles] == ["real.txt", "within.txt"]
    assert [(failure.id, failure.code) for failure in failures] == [
        (name, "read.symlink")
        for name in ("away", "away.txt", "gone.txt", "loop", "named.txt", "self.txt", "unmounted")
    ]
    assert all(failure.fix for failure in failures)


GBK = "公报".encode("gbk")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        (GBK + b".txt", "公报.txt"),
        ("二〇二一/".encode() + GBK + b"/a.txt", "二〇二一/公报/a.txt"),
        (b"\xff\xfe.txt", "\\xff\\xfe.txt"),
        (b"\xb9.txt", "\\xb9.txt"),
        ("公报😀.txt".encode(), "公报😀.txt"),
    ],
)
def test_ids_are_valid_text_whatever_bytes_a_name_is_made_of(
    tmp_path: Path, read: Read, name: bytes, identifier: str
) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/" + name))
    write(path)
    write(path.with_suffix(".doc"))
    write(path.with_suffix(".jsonl")).write_text('{"text": "甲"}\n{"text": ""}\n', encoding="utf-8")
    articles, failures = read(tmp_path / "in")
    stem = identifier.removesuffix(".txt")
    assert [article.id for article in articles] == [f"{stem}.jsonl:1", identifier]
    assert [failure.id for failure in failures] == [f"{stem}.doc", f"{stem}.jsonl:2"]
    (article,), _ = read(path)
    assert article.id == Path(identifier).name
    assert [failure.id for failure in read(path.with_suffix(".doc"), path.with_suffix(".none"))[1]] == [
        Path(stem).name + ending for ending in (".doc", ".none")
    ]


def test_pipes_and_sockets_are_not_waited_for(tmp_path: Path, read: Read, refused: Callable[..., Failure]) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    write(tmp_path / "z.txt")
    articles, failures = read(tmp_path)
    assert [article.id for article in articles] == ["z.txt"]
    assert [failure.code for failure in failures] == ["read.not_a_file"]
    assert refused(tmp_path / "pipe.txt").code == "read.not_a_file"
    with socket.socket(socket.AF_UNIX) as server:
        name = os.path.relpath(tmp_path / "s.txt")
        server.bind(name)
        assert refused(tmp_path / "s.txt").code == "read.not_a_file"


@contextmanager
def another_user() -> Iterator[None]:
    """Root may read everything; a test of permissions needs somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_and_folders_that_may_not_be_read(tmp_path: Path, read: Read) -> None:
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent.stat().st_uid == os.getuid() and parent != Path(tempfile.gettempdir()):
            parent.chmod(0o755)
    locked, open_file = write(tmp_path / "d" / "locked.txt"), write(tmp_path / "d" / "open.txt")
    write(tmp_path / "d" / "shut" / "x.txt")
    open_file.chmod(0o644)
    (tmp_path / "d").chmod(0o755)
    locked.chmod(0)
    (tmp_path / "d" / "shut").chmod(0)
    try:
        with another_user():
            articles, failures = read(tmp_path / "d")
    finally:
        (tmp_path / "d" / "shut").chmod(0o755)
    assert [article.id for article in articles] == ["open.txt"]
    assert [failure.code for failure in failures] == ["read.permission", "read.permission"]
    assert failures[0].id == "locked.txt"
    assert failures[1].id == "shut/"


def test_names_with_line_ends_and_escapes_are_harmless_in_messages(tmp_path: Path, read: Read) -> None:
    name = "evil\n\x1b[2J\u202etxt.txt"
    (tmp_path / name).write_bytes(b"")
    (tmp_path / os.fsdecode(b"bytes\xff.txt")).write_bytes(b"")
    _, failures = read(tmp_path)
    assert {failure.id for failure in failures} == {name, "bytes\\xff.txt"}  # the id is as it is where it is text
    for failure in failures:
        assert str(failure.where).isprintable()
        str(failure.where).encode()
    assert any("\\x0a\\x1b[2J\\u202etxt" in str(failure.where) for failure in failures)


def test_standard_input_is_one_article(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "in")
    for data, code in ((TEXT.encode("gb18030"), None), (b"", "read.empty"), (b"%PDF-1.4", "read.binary")):
        path.write_bytes(data)
        with path.open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            articles, failures = read("-")
        assert [failure.code for failure in failures] == ([code] if code else [])
        assert [(article.id, article.text) for article in articles] == ([] if code else [("-", TEXT)])


@pytest.mark.parametrize("content", ["", "  \n\n\t ", "\ufeff", "\u3000\u200b\n"])
def test_empty_files(tmp_path: Path, refused: Callable[..., Failure], content: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, encoding="utf-8")
    assert refused(path).code == "read.empty"


def test_the_same_input_gives_the_same_articles(tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / f"{number}.txt", number)
    assert list(read_paths([tmp_path])) == list(read_paths([tmp_path]))


def test_limits_are_the_callers(tmp_path: Path, refused: Callable[..., Failure]) -> None:
    path = write(tmp_path / "a.txt")
    assert refused(path, limits=Limits(max_characters=5)).code == "read.too_large"
    assert refused(path, limits=Limits(max_bytes=10)).code == "read.too_large"
