"""PDFs: broken lines joined, headings and tables kept, running heads and page numbers dropped."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from gongbao.document import Article, Failure
from gongbao.read import Limits
from gongbao.read.pdf_layout import PageLine, PageSize, characters, paragraphs
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

One = Callable[..., Article]
Refused = Callable[..., Failure]
SONG = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(SONG))

TITLE = "温州民营经济半年报：外贸与投资双增"
PARAGRAPHS = (
    "今年上半年，温州市民营经济实现增加值2316.4亿元，同比增长7.4%，占全市生产总值的比重达到九成。其中，乐清市电气产业集群"
    "完成产值918亿元，瑞安市汽车零部件产业完成出口46.2亿元，分别增长8.1%和11.6%，对全市经济增长形成有力支撑。",
    "在稳外贸方面，全市累计组织136批次、2100余家企业赴境外参展，新签订单超过93亿元；设立规模30亿元的外贸专项信贷额度，"
    "支持中小微企业1280家。截至6月末，全市有进出口实绩的企业达到9764家，比上年同期增加612家。",
    "“开放的大门越开越大。”一位企业负责人说，他所在的公司今年前5个月出口增长31%，新建的海外仓面积达到1.2万平方米。",
)
BODY = ParagraphStyle("body", fontName=SONG, fontSize=12, leading=20, firstLineIndent=24, wordWrap="CJK")
HEAD = ParagraphStyle("head", fontName=SONG, fontSize=18, leading=30, alignment=1, wordWrap="CJK")
FLAT = ParagraphStyle("flat", fontName=SONG, fontSize=12, leading=18, spaceAfter=14, wordWrap="CJK")


def running(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(SONG, 9)
    canvas.drawString(72, A4[1] - 40, "温州经济观察　2023年第7期")
    canvas.drawCentredString(A4[0] / 2, 30, f"- {canvas.getPageNumber()} -")


def build(path: Path, flowables: list[object], *, heads: bool = True) -> Path:
    document = SimpleDocTemplate(str(path), pagesize=A4, invariant=1)
    if heads:
        document.build(flowables, onFirstPage=running, onLaterPages=running)
    else:
        document.build(flowables)
    return path


@pytest.mark.parametrize("style", [BODY, FLAT], ids=["indented", "spaced"])
def test_paragraphs_come_back_whole(tmp_path: Path, one: One, style: ParagraphStyle) -> None:
    path = build(tmp_path / "a.pdf", [Paragraph(TITLE, HEAD), *(Paragraph(text, style) for text in PARAGRAPHS)])
    article = one(path)
    assert article.text.split("\n") == [TITLE, *PARAGRAPHS] or article.text.split("\n")[0].startswith("温州经济观察")
    assert article.text.endswith("\n".join(PARAGRAPHS))


def test_running_heads_and_page_numbers_go_and_paragraphs_cross_pages(tmp_path: Path, one: One) -> None:
    texts = [f"第{number}组。" + PARAGRAPHS[number % 3] for number in range(28)]
    path = build(tmp_path / "a.pdf", [Paragraph(TITLE, HEAD), *(Paragraph(text, BODY) for text in texts)])
    article = one(path)
    assert article.text.split("\n") == [TITLE, *texts]
    assert article.title == TITLE


def test_headings_stay_apart_and_rows_stay_together(tmp_path: Path, one: One) -> None:
    rows = [["县市区", "产值（亿元）", "增速"], ["乐清市", "918", "8.1%"], ["瑞安市", "746.5", "7.9%"]]
    table = Table(rows, colWidths=[120, 120, 120], style=[("FONT", (0, 0), (-1, -1), SONG, 11)])
    flowables = [
        Paragraph(TITLE, HEAD),
        Paragraph("一、总体情况", BODY),
        Paragraph(PARAGRAPHS[0], BODY),
        Paragraph("二、分地区", BODY),
        table,
        Spacer(1, 12),
        Paragraph(PARAGRAPHS[2], BODY),
    ]
    lines = one(build(tmp_path / "a.pdf", flowables, heads=False)).text.split("\n")
    assert lines == [
        TITLE, "一、总体情况", PARAGRAPHS[0], "二、分地区", *("\t".join(row) for row in rows), PARAGRAPHS[2],
    ]  # fmt: skip


def test_the_same_pdf_gives_the_same_text(tmp_path: Path, one: One) -> None:
    path = build(tmp_path / "a.pdf", [Paragraph(text, BODY) for text in PARAGRAPHS])
    assert one(path) == one(path)


def line(text: str, top: float, *, left: float = 90, right: float = 505, size: float = 12, page: int = 0) -> PageLine:
    return PageLine(text, left, top - size, right, top, size, page)


def test_figures_are_never_pulled_together() -> None:
    lines = [line("全市企业共有" + "某" * 28 + "2020", 700), line("15家企业上市。", 680)]
    assert paragraphs(lines, [PageSize(0, 842)]) == [lines[0].text, lines[1].text]


def test_words_get_a_blank_and_hyphens_go() -> None:
    lines = [line("the national inno\xad", 700), line("vation programme of", 680), line("Shenzhen", 660, right=140)]
    assert paragraphs(lines, [PageSize(0, 842)]) == ["the national innovation programme of Shenzhen"]


def test_a_numbered_heading_after_a_full_line_is_its_own() -> None:
    lines = [line("完成投资" + "某" * 30 + "。", 700), line("二、下一步工作安排" + "某" * 25, 680)]
    assert len(paragraphs(lines, [PageSize(0, 842)])) == 2


def test_a_line_repeated_in_the_middle_of_pages_is_content() -> None:
    lines = [line("完成投资3亿元", 400, right=200, page=page) for page in range(5)]
    assert len(paragraphs(lines, [PageSize(page, 842) for page in range(5)])) == 5


def test_radicals_are_read_as_characters() -> None:
    assert characters("⼈均⽤⽔量、⻓江、⻛电、羅") == "人均用水量、长江、风电、羅"
    assert characters("ABC ①②") == "ABC ①②"


def test_a_scan_says_that_it_needs_ocr(tmp_path: Path, refused: Refused) -> None:
    pixels = io.BytesIO(b"P6 40 40 255\n" + bytes(4800))
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.drawImage(ImageReader(pixels), 0, 0, 500, 700)
    canvas.showPage()
    canvas.save()
    failure = refused(tmp_path / "a.pdf")
    assert failure.code == "read.scanned" and "OCR" in str(failure.fix)


def test_pages_that_are_only_pictures_are_named(tmp_path: Path, one: One) -> None:
    pixels = io.BytesIO(b"P6 40 40 255\n" + bytes(4800))
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setFont(SONG, 12)
    canvas.drawString(72, 700, PARAGRAPHS[0][:30])
    canvas.showPage()
    canvas.drawImage(ImageReader(pixels), 0, 0, 500, 700)
    canvas.showPage()
    canvas.save()
    article = one(tmp_path / "a.pdf")
    assert article.metadata["pages_without_text"] == "2"


def test_characters_set_wide_are_not_words(tmp_path: Path, one: One) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"))
    text = canvas.beginText(72, 700)
    text.setFont(SONG, 12)
    text.setCharSpace(4)
    text.textLine("全市完成投资36.8亿元")
    text.setCharSpace(0)
    text.moveCursor(0, 80)
    text.textLine("GDP of Wenzhou 同比增长 5%")
    canvas.drawText(text)
    canvas.save()
    assert one(tmp_path / "a.pdf").text == "全市完成投资36.8亿元\nGDP of Wenzhou 同比增长 5%"


def test_an_empty_pdf(tmp_path: Path, refused: Refused) -> None:
    assert refused(build(tmp_path / "a.pdf", [PageBreak()], heads=False)).code == "read.empty"
    (tmp_path / "none.pdf").write_bytes(b"")
    assert refused(tmp_path / "none.pdf").code == "read.empty"


def test_a_pdf_with_a_password(tmp_path: Path, refused: Refused) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(72, 700, "hidden")
    canvas.save()
    failure = refused(tmp_path / "a.pdf")
    assert failure.code == "read.encrypted" and "password" in str(failure.fix)


def test_damaged_pdfs(tmp_path: Path, read: Callable[..., tuple[list[Article], list[Failure]]]) -> None:
    whole = build(tmp_path / "a.pdf", [Paragraph(text, BODY) for text in PARAGRAPHS]).read_bytes()
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00\xff" * 500)
    (tmp_path / "c.pdf").write_bytes(whole[:700])
    (tmp_path / "d.pdf").write_text("文字")
    articles, failures = read(tmp_path)
    assert [article.id for article in articles] == ["a.pdf"]
    assert [(failure.id, failure.code) for failure in failures] == [
        ("b.pdf", "read.broken"),
        ("c.pdf", "read.broken"),
        ("d.pdf", "read.broken"),
    ]


def loop(path: Path) -> Path:
    """A page tree that holds itself, and a content stream that draws itself."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 100000>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        b"<</Length 5>>stream\n/X Do\nendstream",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 11>>stream\n"
        b"/X Do /X Do\nendstream",
    ]
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, 2)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF" % (start, start))
    path.write_bytes(out.getvalue())
    return path


def test_loops_end(tmp_path: Path, refused: Refused) -> None:
    failure = refused(loop(tmp_path / "a.pdf"), limits=Limits(max_seconds=5))
    assert failure.code in ("read.broken", "read.empty", "read.too_large", "read.timeout")


def test_a_parser_that_takes_too_long_is_stopped_and_the_next_pdf_read(
    tmp_path: Path, read: Callable[..., tuple[list[Article], list[Failure]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "a.pdf", [Paragraph(PARAGRAPHS[0], BODY)])
    build(tmp_path / "b.pdf", [Paragraph(PARAGRAPHS[1], BODY)])
    _, failures = read(tmp_path, limits=Limits(max_seconds=0.01))
    assert [(failure.id, failure.code) for failure in failures] == [
        ("a.pdf", "read.timeout"),
        ("b.pdf", "read.timeout"),
    ]


def test_limits_of_pages_characters_and_memory(tmp_path: Path, refused: Refused) -> None:
    path = build(tmp_path / "a.pdf", [item for text in PARAGRAPHS for item in (Paragraph(text, BODY), PageBreak())])
    assert refused(path, limits=Limits(max_pages=2)).code == "read.too_large"
    assert refused(path, limits=Limits(max_characters=50)).code == "read.too_large"
    assert refused(path, limits=Limits(max_file_bytes=100)).code == "read.too_large"
