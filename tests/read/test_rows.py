"""Rows of .jsonl, .csv and .xlsx as articles: texts kept as they are, bad rows named, the others read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from gongbao.document import Article, Failure
from gongbao.read import Limits, read_file
from hypothesis import given, settings
from hypothesis import strategies as st

Read = Callable[..., tuple[list[Article], list[Failure]]]
ROW = {
    "id": "n-1",
    "text": "全市完成投资3亿元。\r\n第二行",
    "title": "投资",
    "pub_date": "2022-05-06",
    "source": "某报",
}


def jsonl(path: Path, *rows: Any, encoding: str = "utf-8") -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def table(path: Path, rows: list[list[Any]], *, encoding: str = "utf-8", separator: str = ",") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def sheet(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for index, rows in enumerate(sheets):
        page = book.active if index == 0 else book.create_sheet()
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def test_a_row_keeps_its_text_and_its_other_fields(tmp_path: Path, one: Callable[..., Article]) -> None:
    article = one(jsonl(tmp_path / "a.jsonl", {**ROW, "tags": ["x", {"y": 1}], "n": 12345678901234567890123}))
    assert (article.id, article.text) == ("n-1", ROW["text"])  # \r\n too: offsets count in the row's text
    assert (article.title, article.pub_date, article.source) == ("投资", date(2022, 5, 6), "某报")
    assert article.extra == {"tags": ["x", {"y": 1}], "n": 12345678901234567890123}
    assert article.encoding == "utf-8"


def test_fields_of_the_row_win_over_the_texts_own(tmp_path: Path, read: Read) -> None:
    text = "某市上半年经济\n来源：网站 发布时间：2020-01-01\n完成投资3亿元。"
    articles, _ = read(
        jsonl(
            tmp_path / "a.jsonl",
            {"text": text},
            {"text": text, "source": "报纸", "pub_date": "2021-02-03", "title": "题"},
        )
    )
    assert [(a.title, a.pub_date, a.source) for a in articles] == [
        ("某市上半年经济", date(2020, 1, 1), "网站"),
        ("题", date(2021, 2, 3), "报纸"),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{not json}", "no JSON"),
        ('{"id": "x"', "no JSON"),
        ("[1, 2]", "a list, not an object"),
        ('"text"', "a string, not an object"),
        ('{"id": "x"}', "no text"),
        ('{"text": null}', "no text"),
        ('{"text": 12}', "a number"),
        ('{"text": ["a"]}', "a list"),
        ('{"id": {"a": 1}, "text": "文"}', "id is an object"),
        ('{"id": true, "text": "文"}', "id is true or false"),
        ('{"id": 1.5, "text": "文"}', "id is a number"),
        ('{"text": "文", "title": 3}', "title is a number"),
        ('{"text": "文", "title": "' + "长" * 1_001 + '"}', "title is beyond"),
        ('{"text": "文", "id": "' + "1" * 1_001 + '"}', "id is beyond"),
        ('{"text": "文", "pub_date": "昨天"}', "no date"),
        ('{"text": "文", "pub_date": "2021-02-30"}', "no date"),
        ('{"text": "文", "pub_date": 20210203}', "no date"),
        ('{"text": "文", "x": NaN}', "NaN"),
        ('{"text": "文\\ud83d"}', "surrogate"),
        ('{"text": "' + "[" * 5 + '", "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "too deeply"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path, read: Read, line: str, says: str) -> None:
    path = jsonl(tmp_path / "a.jsonl", {"id": "first", "text": "一"}, "", line, {"id": "last", "text": "二"})
    articles, failures = read(path)
    assert [article.id for article in articles] == ["first", "last"]
    (failure,) = failures
    assert failure.code == "read.jsonl"
    assert says in failure.message
    assert failure.where == f"{path}:3" and failure.id == "a.jsonl:3"
    assert failure.fix


def test_an_empty_text_and_an_empty_file(tmp_path: Path, read: Read, refused: Callable[..., Failure]) -> None:
    blanks = [" \u3000", "\v", "\u2003\u200b\n"]
    articles, failures = read(jsonl(tmp_path / "a.jsonl", *({"text": b} for b in blanks), {"id": "", "text": "文"}))
    assert [article.id for article in articles] == ["a.jsonl:4"]
    assert [failure.code for failure in failures] == ["read.empty"] * 3
    for name in ("b.jsonl", "b.csv"):
        for blank in (b"\n \n", b"\xff\xfe", b"\xef\xbb\xbf\n"):
            (tmp_path / name).write_bytes(blank)
            assert refused(tmp_path / name).code == "read.empty"


def test_a_byte_that_does_not_fit_spoils_one_line(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps({"text": "完成投资3亿元"}, ensure_ascii=False).encode()
    path.write_bytes(good + b'\n{"text": "\xe4\xb8"}\n' + good + b"\n")
    articles, failures = read(path)
    assert [article.id for article in articles] == ["a.jsonl:1", "a.jsonl:3"]
    (failure,) = failures
    assert failure.code == "read.encoding"
    assert f"byte {len(good) + 11}" in failure.message  # counted in the file
    assert failure.where == f"{path}:2"


def test_one_bad_line_among_escaped_ones_spoils_one_line(tmp_path: Path, read: Read) -> None:
    good = json.dumps({"text": "完成投资3亿元"}).encode()
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([good] * 3 + [b'{"text": "\xc8\xab\xca"}'] + [good] * 2))
    articles, failures = read(tmp_path / "a.jsonl")
    assert len(articles) == 5
    assert [(failure.id, failure.code) for failure in failures] == [("a.jsonl:4", "read.encoding")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-be", "big5"])
def test_rows_in_other_encodings(tmp_path: Path, read: Read, encoding: str) -> None:
    texts = ["全市推動創新發展，完成投資三億元。", "縣府表示，今年將新增據點二十處，帶動產值成長。"]
    path = jsonl(
        tmp_path / "a.jsonl", *({"id": str(i), "text": text} for i, text in enumerate(texts)), encoding=encoding
    )
    articles, failures = read(path)
    assert failures == []
    assert [article.text for article in articles] == texts
    lines = table(
        tmp_path / "a.csv", [["id", "text"], *([str(i), text] for i, text in enumerate(texts))], encoding=encoding
    )
    articles, failures = read(lines)
    assert failures == []
    assert [article.text for article in articles] == texts


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_packed_files(tmp_path: Path, read: Read, packing: str) -> None:
    data = b'{"id": "1", "text": "\xe6\x96\x87"}\n' * 3 + b'{"id": "2", "text": "x"}\n'
    compress = gzip.compress if packing == "gz" else pytest.importorskip("zstandard").compress
    packed = compress(data)
    (tmp_path / f"a.jsonl.{packing}").write_bytes(packed)
    (tmp_path / f"b.txt.{packing}").write_bytes(packed)
    articles, failures = read(tmp_path)
    assert [article.id for article in articles] == ["1", "2", f"b.txt.{packing}"]
    assert len(failures) == 2
    (tmp_path / f"cut.jsonl.{packing}").write_bytes(packed[: len(packed) * 2 // 3])
    _, failures = read(tmp_path / f"cut.jsonl.{packing}")
    assert failures[-1].code in ("read.broken", "read.jsonl", "read.empty")
    (tmp_path / f"no.txt.{packing}").write_bytes(b"plain text")
    _, failures = read(tmp_path / f"no.txt.{packing}")
    assert [failure.code for failure in failures] == ["read.broken"]


def test_a_long_line_is_skipped_and_the_next_one_read(tmp_path: Path, read: Read) -> None:
    path = jsonl(
        tmp_path / "a.jsonl", {"text": "文" * 40_000}, {"id": "b", "text": "文" * 500}, {"id": "c", "text": "文"}
    )
    articles, failures = read(path, limits=Limits(max_bytes=100_000, max_characters=400))
    assert [article.id for article in articles] == ["c"]
    assert [(failure.code, failure.where) for failure in failures] == [
        ("read.too_large", f"{path}:1"),
        ("read.too_large", f"{path}:2"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_with_any_separator_and_chinese_headers(tmp_path: Path, read: Read, separator: str) -> None:
    rows = [
        ["编号", "标题", "正文", "发布日期", "备注"],
        ["7", "投资", '全市完成“投资”3亿元，"增长"5%；\n第二段,有逗号', "2022/5/6", "x"],
        [],
        ["", "", "第二篇。", "", ""],
    ]
    articles, failures = read(table(tmp_path / "a.csv", rows, encoding="gb18030", separator=separator))
    assert failures == []
    assert [(a.id, a.text, a.pub_date) for a in articles] == [
        ("7", rows[1][2], date(2022, 5, 6)),
        ("a.csv:2", "第二篇。", None),
    ]
    assert articles[0].extra == {"备注": "x"}


def test_bad_rows_of_a_table(tmp_path: Path, read: Read, refused: Callable[..., Failure]) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,完成3亿元\n2,增长5,6%\n3,"好"的\n4,\n5,末行\n', encoding="utf-8")
    articles, failures = read(path)
    assert [article.id for article in articles] == ["1", "5"]
    assert [(failure.code, failure.where) for failure in failures] == [
        ("read.csv", f"{path}:3"),
        ("read.csv", f"{path}:4"),
        ("read.csv", f"{path}:5"),
    ]
    path.write_text('id,text\n1,"完成3亿元\n2,好\n', encoding="utf-8")  # a quote that never closes
    articles, failures = read(path)
    assert articles == []
    assert [failure.code for failure in failures] == ["read.csv"]
    path.write_text("id,body\n1,文\n", encoding="utf-8")
    failure = refused(path)
    assert failure.code == "read.csv" and "id, body" in failure.message


def test_a_line_beyond_the_limit_ends_a_table(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,甲\n2," + "x" * 5000 + "\n3,丙\n", encoding="utf-8")
    articles, failures = read(path, limits=Limits(max_bytes=1000))
    assert [article.id for article in articles] == ["1"]
    assert [failure.code for failure in failures] == ["read.too_large"]


def test_sheets(tmp_path: Path, read: Read) -> None:
    path = sheet(
        tmp_path / "a.xlsx",
        [
            ["id", "text", "title", "pub_date", "备注"],
            [1, "完成投资3亿元。\n第二行", "投资", datetime(2022, 5, 6), 3.5],
            [None, None, None, None, None],
            ["b", "第二篇", None, "2022年5月7日", None],
            ["c", 12, None, None, None],
            ["d", "坏日期", None, "五月", None],
        ],
        [["说明"], ["没有正文的表"]],
        [["text"], ["第三张表的一篇"]],
    )
    articles, failures = read(path)
    assert [(a.id, a.text, a.pub_date) for a in articles] == [
        ("1", "完成投资3亿元。\n第二行", date(2022, 5, 6)),
        ("b", "第二篇", date(2022, 5, 7)),
        ("a.xlsx:3:1", "第三张表的一篇", None),
    ]
    assert articles[0].extra == {"备注": 3.5}
    assert [failure.code for failure in failures] == ["read.xlsx", "read.xlsx"]
    assert str(failures[0].where).endswith("[Sheet]:5")


def test_a_workbook_without_articles(tmp_path: Path, refused: Callable[..., Failure]) -> None:
    assert refused(sheet(tmp_path / "a.xlsx", [["说明"], ["无"]])).code == "read.xlsx"
    assert refused(sheet(tmp_path / "b.xlsx", [["text"]])).code == "read.empty"
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 nothing")
    assert refused(tmp_path / "c.xlsx").code == "read.broken"


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40).filter(
            lambda text: text.translate({0xFEFF: None, 0x200B: None}).strip() != ""
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_comes_back_from_rows(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("rows")
    path = jsonl(folder / "a.jsonl", *({"text": text} for text in texts))
    assert [item.text for item in read_file(path) if isinstance(item, Article)] == texts
    path = table(
        folder / "a.csv", [["id", "text"], *([f"i{n}", text] for n, text in enumerate(texts))], encoding="utf-8-sig"
    )
    assert [item.text for item in read_file(path) if isinstance(item, Article)] == texts
