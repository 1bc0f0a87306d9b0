"""Files made to do harm: bounded time and memory, a clear error, nothing touched."""

from __future__ import annotations

import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest
from gongbao.document import Article, Failure
from gongbao.read import Limits
from gongbao.read.web import read_page

from tests.work import steps

Read = Callable[..., tuple[list[Article], list[Failure]]]
Refused = Callable[..., Failure]


def archive_with(path: Path, template: Path, part: str, data: bytes) -> Path:
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
        target.writestr(part, data)
    return path


@pytest.fixture
def word(tmp_path: Path) -> Path:
    document = docx.Document()
    document.add_paragraph("全市完成投资3亿元。")
    document.save(tmp_path / "template.docx")
    return tmp_path / "template.docx"


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append(["1", "全市完成投资3亿元。"])
    book.save(tmp_path / "template.xlsx")
    return tmp_path / "template.xlsx"


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (98 + n, *([97 + n] * 4)) for n in range(20))
    + b"]><document><body><p><r><t>&u;</t></r></p></body></document>"
)


def outside(path: Path) -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "%s">]><document><t>&x;</t></document>'
        % path.as_uri().encode()
    )


@pytest.mark.parametrize("part", ["word/document.xml", "word/footnotes.xml", "docProps/core.xml", "_rels/.rels"])
def test_entities_in_word_files_are_refused_before_they_are_read(
    tmp_path: Path, word: Path, refused: Refused, part: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("机密")
    for xml in (LAUGHS, outside(secret), LAUGHS.decode().encode("utf-16")):
        failure = refused(archive_with(tmp_path / "a.docx", word, part, xml))
        assert failure.code == "read.hostile"
        assert part in failure.message and "机密" not in failure.message


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_entities_in_workbooks_are_refused(tmp_path: Path, workbook: Path, refused: Refused, part: str) -> None:
    failure = refused(archive_with(tmp_path / "a.xlsx", workbook, part, LAUGHS))
    assert failure.code == "read.hostile"


def test_zip_bombs_are_refused_unopened(tmp_path: Path, word: Path, workbook: Path, refused: Refused) -> None:
    bomb = b"<document>" + b" " * 30_000_000 + b"</document>"
    for template, part in ((word, "word/document.xml"), (workbook, "xl/sharedStrings.xml")):
        path = archive_with(tmp_path / f"a{template.suffix}", template, part, bomb)
        assert path.stat().st_size < 100_000
        failure = refused(path)
        assert failure.code == "read.too_large" and "packed" in failure.message
        assert refused(path, limits=Limits(max_expanded=1_000_000)).code == "read.too_large"


def test_a_directory_that_lies_about_sizes(tmp_path: Path, word: Path, refused: Refused) -> None:
    path = archive_with(
        tmp_path / "a.docx", word, "word/document.xml", b"<document>" + b"x" * 3_000_000 + b"</document>"
    )
    data = bytearray(path.read_bytes())
    at = data.rindex(b"word/document.xml") - 46  # its entry in the central directory
    data[at + 24 : at + 28] = (500).to_bytes(4, "little")
    path.write_bytes(data)
    assert refused(path).code == "read.broken"


def test_archives_of_very_many_files(tmp_path: Path, refused: Refused) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        for number in range(50):
            archive.writestr(f"{number}.xml", "<a/>")
    assert refused(tmp_path / "a.docx", limits=Limits(max_parts=40)).code == "read.too_large"


def test_names_in_archives_write_nothing(tmp_path: Path, word: Path, read: Read) -> None:
    before = sorted(tmp_path.parent.rglob("*"))
    path = archive_with(tmp_path / "a.docx", word, "../../evil.xml", b"<a/>")
    articles, _ = read(path)
    assert articles[0].text == "全市完成投资3亿元。"
    assert sorted(tmp_path.parent.rglob("*")) == sorted([*before, path])


def test_a_sheet_that_claims_a_billion_rows(tmp_path: Path, workbook: Path, read: Read) -> None:
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    far = sheet.replace('<row r="2"', '<row r="900000000"').replace("A2", "A900000000").replace("B2", "B900000000")
    path = archive_with(tmp_path / "a.xlsx", workbook, "xl/worksheets/sheet1.xml", far.encode())
    _, failures = read(path)
    assert [failure.code for failure in failures] == ["read.too_large"]


@pytest.mark.parametrize("tag", ["div", "b", "table", "font", "ul", "a", "x"])
def test_a_million_nested_tags(tag: str) -> None:
    count = 200_000
    text = read_page(
        f"<{tag}>" * count + "全市完成投资3亿元，增长5%。" + f"</{tag}>" * count + "<p>末段增长6%。</p>"
    ).text
    assert text.split("\n")[0] == "全市完成投资3亿元，增长5%。"


@pytest.mark.parametrize(
    "html",
    [
        "<" * 300_000,
        "<!--" * 100_000,
        "<p " + "a=b " * 200_000 + ">文本内容，增长5%。",
        '<p class="' + "x" * 2_000_000 + '">文本内容，增长5%。',
        "&amp;" * 300_000,
        "<table>" + "<tr><td>" * 100_000 + "文本",
        "<script>" + "<p>增长5%" * 100_000,
        "<p>文</p>" * 100_000,
        "\0" * 100_000 + "<p>文本内容",
    ],
)
def test_malformed_pages_end(html: str) -> None:
    read_page(html)


def test_scripts_are_text_to_nobody() -> None:
    html = "<p>投资3亿元，增长5%。</p><img src=x onerror=alert(1)><svg onload=x><script>增长9%</script></svg>"
    assert read_page(html + "<iframe>增长8%</iframe>").text == "投资3亿元，增长5%。"


def test_a_long_line_costs_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "long", "text": "')
        for _ in range(300):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n{"id": "next", "text": "y"}\n')
    program = (
        "import resource, sys; from gongbao.read import read_paths;"
        "resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000));"
        "print([getattr(item, 'code', item.id) for item in read_paths([sys.argv[1]])])"
    )
    found = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=600)
    assert found.stdout.strip() == "['read.too_large', 'next']", found.stderr


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv"])
def test_a_text_of_50_million_bytes_is_refused(tmp_path: Path, refused: Refused, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.write(b"id,text\n" if name == "a.csv" else b"")
        file.truncate(50_000_000)
        file.seek(8)
        for _ in range(50):
            file.write(b"x" * 1_000_000)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert refused(tmp_path / name).code == "read.too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - start < 2


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit(tmp_path: Path, refused: Refused) -> None:
    import gzip

    with gzip.open(tmp_path / "a.txt.gz", "wb") as file:
        for _ in range(80):
            file.write(bytes(1_000_000))
    assert refused(tmp_path / "a.txt.gz").code == "read.too_large"


def test_heavy_libraries_are_imported_only_for_their_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("全市完成投资3亿元。", encoding="utf-8")
    program = (
        "import sys; from gongbao.read import read_paths; list(read_paths([sys.argv[1]]));"
        "heavy = ('lxml', 'docx', 'pypdfium2', 'openpyxl', 'zstandard', 'charset_normalizer', 'numpy');"
        "print([name for name in heavy if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


WORDS = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SHEETS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.mark.parametrize(
    ("kind", "part", "head", "unit", "tail"),
    [
        ("docx", "word/document.xml", b"<w:document %b><w:body>" % WORDS, b"<w:p/>", b"</w:body></w:document>"),
        ("docx", "word/document.xml", b"<w:document %b>" % WORDS, b"<x/>", b"</w:document>"),
        ("docx", "word/document.xml", b"<w:document %b><w:p>" % WORDS, b"<x/>", b"</w:p></w:document>"),
        ("docx", "word/styles.xml", b"<w:styles %b>" % WORDS, b"<x/>", b"</w:styles>"),
        ("docx", "word/numbering.xml", b"<w:numbering %b>" % WORDS, b"<x/>", b"</w:numbering>"),
        ("xlsx", "xl/styles.xml", b"<styleSheet %b><fonts>" % SHEETS, b"<font/>", b"</fonts></styleSheet>"),
        ("xlsx", "xl/worksheets/sheet1.xml", b"<worksheet %b><sheetData><row>" % SHEETS, b"<c/>", b"</row></sheetData></worksheet>"),
        ("xlsx", "xl/worksheets/sheet1.xml", b"<worksheet %b><sheetData>" % SHEETS, b"<row/>", b"</sheetData></worksheet>"),
    ],
    ids=["paragraphs", "siblings", "one paragraph", "styles", "numbering", "fonts", "one row", "rows"],
)  # fmt: skip
def test_tags_without_end_are_refused(
    tmp_path: Path, request: pytest.FixtureRequest, read: Read,
    kind: str, part: str, head: bytes, unit: bytes, tail: bytes,
) -> None:  # fmt: skip
    """Four bytes a tag pack a hundred to one and unpack to gigabytes of tree: their number is bounded too."""
    template = request.getfixturevalue("word" if kind == "docx" else "workbook")
    path = archive_with(tmp_path / f"a.{kind}", template, part, head + unit * 40_000 + tail)
    _, failures = read(path, limits=Limits(max_ratio=2000, max_tags=30_000, max_kept_tags=20_000))
    assert [failure.code for failure in failures] == ["read.too_large"]
    assert part in failures[0].message


def test_a_word_file_that_takes_too_long_is_given_up(tmp_path: Path, word: Path, refused: Refused) -> None:
    xml = b"<w:document %b><w:body>" % WORDS + b"<w:p/>" * 3000 + b"</w:body></w:document>"
    path = archive_with(tmp_path / "a.docx", word, "word/document.xml", xml)
    assert refused(path, limits=Limits(max_seconds=0.0)).code == "read.timeout"


def growth(path: Path) -> tuple[int, int]:
    """Read a file in a process of its own: its articles, and the MB that reading added to what it held before."""
    program = (
        "import sys; import lxml.etree; from gongbao.read import Limits, read_paths; from pathlib import Path;"
        "peak = lambda: int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) // 1024;"
        "before = peak(); found = read_paths([sys.argv[1]], limits=Limits(max_ratio=2000));"
        "print(sum(not hasattr(item, 'code') for item in found), peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=600)
    count, megabytes = map(int, done.stdout.split())
    return count, megabytes


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux tells it")


@needs_proc
def test_the_parts_of_a_word_file_are_let_go_of_as_they_are_read(tmp_path: Path, word: Path) -> None:
    xml = b"<w:document %b>" % WORDS + b"<x><y/></x>" * 200_000 + b"<w:p><w:r><w:t>a</w:t></w:r></w:p></w:document>"
    count, megabytes = growth(archive_with(tmp_path / "a.docx", word, "word/document.xml", xml))
    assert count == 1
    assert megabytes < 25, "a tree of it takes 60"


def test_cells_far_to_the_right_are_bounded(tmp_path: Path, workbook: Path, read: Read) -> None:
    rows = b"".join(
        b'<row r="%d"><c r="XFD%d" t="inlineStr"><is><t>x</t></is></c></row>' % (n, n) for n in range(2, 400)
    )
    header = b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'
    xml = b"<worksheet %b><sheetData>" % SHEETS + header + rows + b"</sheetData></worksheet>"
    path = archive_with(tmp_path / "a.xlsx", workbook, "xl/worksheets/sheet1.xml", xml)
    _, failures = read(path, limits=Limits(max_cells=1_000_000))
    assert failures[-1].code == "read.too_large" and "cells" in failures[-1].message
    assert len(failures) < 100


@pytest.mark.parametrize("unit", ["<table><tr><td>文", "<table><tr><td rowspan=1000 colspan=64>文", "<ul><li>文"])
def test_nested_tables_take_work_in_proportion(unit: str) -> None:
    read_page(unit * 100)
    assert steps(lambda: read_page(unit * 4_000 + "末")) < 16 * steps(lambda: read_page(unit * 500 + "末"))


def test_a_packed_file_that_was_cut_off_is_said_to_be(tmp_path: Path, read: Read) -> None:
    """Where it was cut, whole lines are missing and nothing else shows it."""
    import gzip

    zstandard = pytest.importorskip("zstandard", reason="the extra `zst` is not installed")
    lines = b"".join(b'{"id": "%d", "text": "%d"}\n' % (n, n**9) for n in range(12_000))
    for name, packed in (("a.jsonl.zst", zstandard.compress(lines)), ("b.jsonl.gz", gzip.compress(lines))):
        for cut in (len(packed) // 2, len(packed) - 3):
            (tmp_path / name).write_bytes(packed[:cut])
            articles, failures = read(tmp_path / name)
            assert len(articles) <= 12_000
            assert failures[-1].code == "read.broken" and "cut off" in failures[-1].message
        (tmp_path / name).write_bytes(packed)
        articles, failures = read(tmp_path / name)
        assert (len(articles), failures) == (12_000, [])


def test_packed_files_of_several_parts_are_read_whole(tmp_path: Path, read: Read) -> None:
    import gzip

    zstandard = pytest.importorskip("zstandard", reason="the extra `zst` is not installed")
    rows = [b'{"id": "%d", "text": "x"}\n' % n for n in range(3)]
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0note"
    (tmp_path / "a.jsonl.zst").write_bytes(skippable.join(map(zstandard.compress, rows)))
    (tmp_path / "b.jsonl.gz").write_bytes(b"".join(map(gzip.compress, rows)))
    for name in ("a.jsonl.zst", "b.jsonl.gz"):
        articles, failures = read(tmp_path / name)
        assert ([article.id for article in articles], failures) == (["0", "1", "2"], [])


@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.csv.zst", "a.jsonl.gz"])
def test_a_bomb_of_blank_lines_is_refused(tmp_path: Path, read: Read, name: str) -> None:
    import gzip

    zstandard = pytest.importorskip("zstandard", reason="the extra `zst` is not installed")
    rows = (b"id,text\n1,x\n" if ".csv" in name else b'{"id": "1", "text": "x"}\n') + b"\n" * 30_000_000
    (tmp_path / name).write_bytes((gzip.compress if name.endswith("gz") else zstandard.compress)(rows))
    articles, failures = read(tmp_path / name)
    assert len(articles) == 1 and [failure.code for failure in failures] == ["read.too_large"]
    assert "blank lines" in failures[0].message


def test_a_small_file_that_unpacks_without_end_is_refused(tmp_path: Path, read: Read) -> None:
    zstandard = pytest.importorskip("zstandard", reason="the extra `zst` is not installed")
    line = b'{"id": "1", "text": "' + b"x" * 1_000_000 + b'"}\n'
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(line + (b"x" * 999_999 + b"\n") * 60))
    assert (tmp_path / "a.jsonl.zst").stat().st_size < 20_000
    articles, failures = read(tmp_path / "a.jsonl.zst")
    assert len(articles) == 1
    assert failures[-1].code == "read.too_large" and "times smaller" in failures[-1].message
    assert "unpacked file" in read(tmp_path / "a.jsonl.zst", limits=Limits(max_unpacked=9_000_000))[1][-1].message


@needs_proc
@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_memory_does_not_grow_with_the_length_of_a_file_of_rows(tmp_path: Path, ending: str) -> None:
    """40 MB of rows; how 5 GB fared is in docs/reliability.md."""
    import gzip

    rows = b"".join(b'{"id": "%d", "text": "%b"}\n' % (n, b"%09d" % (n * n) * 440) for n in range(10_000))
    packed = rows
    if ending == ".gz":
        packed = gzip.compress(rows, 1)
    elif ending == ".zst":
        packed = pytest.importorskip("zstandard", reason="the extra `zst` is not installed").compress(rows)
    (tmp_path / f"a.jsonl{ending}").write_bytes(packed)
    count, megabytes = growth(tmp_path / f"a.jsonl{ending}")
    assert count == 10_000
    assert megabytes < 25
