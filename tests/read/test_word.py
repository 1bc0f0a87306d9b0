"""Word files: what a reader sees comes out in its order, what he does not see stays out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from gongbao.document import Article, Failure
from gongbao.read.word_numbering import Level, Numbering

One = Callable[..., Article]
Refused = Callable[..., Failure]


def rewrite(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Change one part of an archive; a part that is not there is added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def test_paragraphs_tables_and_headings_in_order(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    document.add_heading("烟台：海洋牧场走向深蓝", 0)
    document.add_paragraph("发布时间：2022-08-09　来源：蓝色经济通讯")
    document.add_paragraph("全市海洋牧场面积达到136万亩。")
    table = document.add_table(rows=3, cols=3)
    for row, cells in enumerate((("区市", "产值（亿元）", "增速"), ("蓬莱区", "18.4", "6.2%"), ("长岛", "", "4.1%"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.add_heading("二、渔业转型", 1)
    last = document.add_paragraph("新建深水网箱")
    last.add_run("320口").bold = True
    last.add_run("。\t附后").add_break()
    document.save(tmp_path / "a.docx")
    article = one(tmp_path / "a.docx")
    assert article.text.split("\n") == [
        "烟台：海洋牧场走向深蓝",
        "发布时间：2022-08-09　来源：蓝色经济通讯",
        "全市海洋牧场面积达到136万亩。",
        "区市\t产值（亿元）\t增速",
        "蓬莱区\t18.4\t6.2%",
        "长岛\t\t4.1%",
        "二、渔业转型",
        "新建深水网箱320口。\t附后",
    ]
    assert (article.title, article.pub_date) == ("烟台：海洋牧场走向深蓝", date(2022, 8, 9))
    assert article.source == "蓝色经济通讯"
    assert article.encoding is None


def test_cells_that_stretch_keep_their_columns(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    rows = (
        ("县区", "项目", "计划", "完成（万元）"),
        ("奉化区", "甲渠", "12", "30"),
        ("", "乙堤", "", "50"),
        ("合计", "", "", "80"),
    )
    table = document.add_table(rows=len(rows), cols=4)
    for number, texts in enumerate(rows):
        for cell, text in zip(table.rows[number].cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(1, 2).merge(table.cell(2, 2))  # a figure is said once
    table.cell(3, 0).merge(table.cell(3, 1))
    document.save(tmp_path / "a.docx")
    assert one(tmp_path / "a.docx").text.split("\n") == [
        "县区\t项目\t计划\t完成（万元）",
        "奉化区\t甲渠\t12\t30",
        "奉化区\t乙堤\t\t50",
        "合计\t\t\t80",
    ]


def test_tracked_changes_content_controls_and_hidden_text(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("全年完成投资")
    space = nsdecls("w")
    for xml in (
        f'<w:ins {space} w:id="1" w:author="x"><w:r><w:t>8.5</w:t></w:r></w:ins>',
        f'<w:del {space} w:id="2" w:author="x"><w:r><w:delText>7.9</w:delText></w:r></w:del>',
        f"<w:sdt {space}><w:sdtContent><w:r><w:t>亿元</w:t></w:r></w:sdtContent></w:sdt>",
        f"<w:r {space}><w:rPr><w:vanish/></w:rPr><w:t>内部口径9亿元</w:t></w:r>",
        f"<w:r {space}><w:instrText> PAGE 12 </w:instrText></w:r>",
        f"<w:hyperlink {space}><w:r><w:t>，增长</w:t></w:r></w:hyperlink>",
        f'<w:r {space}><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>5%</w:t></w:r>',
        f"<w:r {space}><w:ruby><w:rt><w:r><w:t>hǎi</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>海</w:t></w:r></w:rubyBase></w:ruby></w:r>",
    ):
        paragraph._p.append(parse_xml(xml))
    document.save(tmp_path / "a.docx")
    assert one(tmp_path / "a.docx").text == "全年完成投资8.5亿元，增长5%海"


def test_text_boxes_come_once_and_tables_of_contents_not_at_all(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    contents = document.add_paragraph("一、总体情况\t3")
    style = OxmlElement("w:pStyle")
    style.set(qn("w:val"), "TOC1")
    contents._p.get_or_add_pPr().append(style)
    box = "<w:txbxContent><w:p><w:r><w:t>框内：新增就业2.1万人</w:t></w:r></w:p></w:txbxContent>"
    xml = (
        f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    document.add_paragraph("正文")._p.append(parse_xml(xml))
    document.save(tmp_path / "a.docx")
    assert one(tmp_path / "a.docx").text.split("\n") == ["框内：新增就业2.1万人", "正文"]


def test_notes_come_at_the_end_and_headers_not_at_all(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    document.add_paragraph("全市用电量达到41亿千瓦时。")
    document.sections[0].header.paragraphs[0].text = "内部资料 第3页"
    document.save(tmp_path / "a.docx")
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator"><w:p/></w:footnote>'
        "<w:footnote><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>不含自备电厂2.3亿千瓦时。</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    rewrite(tmp_path / "a.docx", "word/footnotes.xml", lambda _: notes.encode())
    assert one(tmp_path / "a.docx").text == "全市用电量达到41亿千瓦时。\n不含自备电厂2.3亿千瓦时。"


def test_a_table_that_lays_out_the_page_gives_its_paragraphs(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    cell = document.add_table(rows=1, cols=2).cell(0, 0)
    cell.text = "本期要闻"
    for number in range(3):
        cell.add_paragraph(f"第{number}段" + "，全区扎实推进重点项目建设" * 6 + "。")
    inner = document.tables[0].cell(0, 1).add_table(rows=1, cols=2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "项目数", "45个"
    document.save(tmp_path / "a.docx")
    lines = one(tmp_path / "a.docx").text.split("\n")
    assert lines[0] == "本期要闻"
    assert [line[:3] for line in lines[1:4]] == ["第0段", "第1段", "第2段"]
    assert lines[4] == "项目数\t45个"


def test_numbers_that_word_counts(tmp_path: Path, one: One) -> None:
    document = docx.Document()
    for text, depth in (
        ("总体情况", 0),
        ("工业", 1),
        ("农业", 1),
        ("下一步打算", 0),
        ("2024年完成投资3亿元", 2),
        ("外贸", 1),
        ("", 0),
    ):
        paragraph = document.add_paragraph(text)
        number = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>'
        paragraph._p.get_or_add_pPr().append(parse_xml(number))
    document.add_paragraph("结语", style="List Bullet")
    document.save(tmp_path / "a.docx")
    formats = (("chineseCountingThousand", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (kind, text) in enumerate(formats)
    )
    lists = (
        f'<w:abstractNum w:abstractNumId="55">{levels}</w:abstractNum>'
        '<w:num w:numId="77"><w:abstractNumId w:val="55"/></w:num></w:numbering>'
    )
    rewrite(tmp_path / "a.docx", "word/numbering.xml", lambda xml: xml.replace(b"</w:numbering>", lists.encode()))
    assert one(tmp_path / "a.docx").text.split("\n") == [
        "一、总体情况",
        "（一）工业",
        "（二）农业",
        "二、下一步打算",
        "2024年完成投资3亿元",  # an Arabic number would run into the year
        "（一）外贸",
        "结语",
    ]


@pytest.mark.parametrize(
    ("value", "written"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五"), (108, "一百〇八")]
)
def test_numbers_of_lists_are_written_as_word_writes_them(value: int, written: str) -> None:
    numbering = Numbering({"1": "2"}, {"2": {0: Level("chineseCounting", "第%1条", value)}})
    assert numbering.next("1", 0) == f"第{written}条"


def test_damaged_and_empty_files(tmp_path: Path, refused: Refused) -> None:
    document = docx.Document()
    document.save(tmp_path / "empty.docx")
    assert refused(tmp_path / "empty.docx").code == "read.empty"
    document.add_paragraph("文" * 2000)
    document.save(tmp_path / "a.docx")
    data = (tmp_path / "a.docx").read_bytes()
    for name, content in (
        ("cut.docx", data[: len(data) // 2]),
        ("text.docx", "这是文本".encode()),
        ("none.docx", b""),
        ("head.docx", data[:30]),
    ):
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path / name).code == "read.broken", name
    rewrite(tmp_path / "a.docx", "word/document.xml", lambda xml: xml[: len(xml) // 2])
    assert refused(tmp_path / "a.docx").code == "read.broken"
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    failure = refused(tmp_path / "old.docx")
    assert failure.code == "read.encrypted" and "password" in str(failure.fix)


def test_a_zip_that_is_no_word_file(tmp_path: Path, refused: Refused) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refused(tmp_path / "a.docx").code == "read.broken"


@pytest.mark.parametrize("flip", range(40, 1000, 160))
def test_flipped_bytes_never_escape_as_another_error(tmp_path: Path, read: Callable[..., object], flip: int) -> None:
    document = docx.Document()
    document.add_paragraph("全市完成投资3亿元。" * 20)
    document.save(tmp_path / "a.docx")
    data = bytearray((tmp_path / "a.docx").read_bytes())
    data[flip] ^= 0xFF
    (tmp_path / "a.docx").write_bytes(data)
    read(tmp_path / "a.docx")
