"""Write the sample articles in the formats that gongbao reads."""

from __future__ import annotations

import codecs
import csv
import html
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

BOM = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-8-sig": b""}

Head = Mapping[str, str]


def write(article: str, group: Sequence[tuple[Head, str]]) -> bytes:
    """The bytes of one file; `group` holds head and text of its articles (one, or the rows of a table)."""
    suffix = PurePosixPath(article).suffix
    head, text = group[0]
    encoding = head.get("encoding", "utf-8")
    if suffix == ".jsonl":
        return "".join(json.dumps(row(h, t), ensure_ascii=False) + "\n" for h, t in group).encode(encoding)
    if suffix == ".csv":
        out = io.StringIO(newline="")
        table = csv.DictWriter(out, ["id", "title", "pub_date", "source", "text"], lineterminator="\r\n")
        table.writeheader()
        table.writerows(row(h, t) for h, t in group)
        return out.getvalue().encode(encoding)
    if suffix == ".html":
        return page(head, text).encode(encoding)
    if suffix == ".docx":
        return document(head, text)
    if suffix == ".pdf":
        return printed(head, text)
    return BOM.get(encoding, b"") + text.encode(encoding)


def row(head: Head, text: str) -> dict[str, str]:
    return {
        "id": head["id"],
        "title": head["title"],
        "pub_date": head["pub_date"],
        "source": head["source"],
        "text": text,
    }


def page(head: Head, text: str) -> str:
    """A web page with what surrounds an article there: navigation, scripts, share buttons, related links, a footer."""
    title, byline, *body = (html.escape(line, quote=False) for line in text.rstrip("\n").split("\n"))
    paragraphs = "\n".join(_paragraph(line) for line in body)
    charset = {"gb2312": "gb2312"}.get(head.get("encoding", ""), "utf-8")
    words = _WORDS[head["script"] == "hans"]
    return f"""<!DOCTYPE html>
<html lang="{words["lang"]}">
<head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}">
<title>{title} - {words["site"]}</title>
<style>.nav li {{ display: inline }} .content p {{ text-indent: 2em }}</style>
<script>var _stat = {{ id: 20931, views: 4821, ad: "{words["ad"]}" }}; document.cookie = "seen=1";</script>
</head>
<body>
<div class="header"><ul class="nav">{"".join(f'<li><a href="/{n}/">{name}</a></li>' for n, name in enumerate(words["nav"]))}</ul></div>
<div class="breadcrumb">{words["here"]}</div>
<div class="main">
<h1>{title}</h1>
<div class="info">{byline}</div>
<div class="content">
{paragraphs}
</div>
<div class="share"><a href="#">{words["share"]}</a></div>
<div class="related"><h4>{words["more"]}</h4><ul><li><a href="/1.html">{words["link"]}</a></li></ul></div>
</div>
<div class="footer">{words["foot"]}</div>
<script src="/js/count.js"></script>
</body>
</html>
"""


_WORDS = {
    True: dict(
        lang="zh-CN", site="银龄生活网", ad="限时8折", nav=("首页", "政策", "服务", "健康", "社区"), here="当前位置：首页 &gt; 服务 &gt; 正文",
        share="分享到朋友圈", more="相关阅读", link="12个新建驿站下月开放", foot="版权所有 银龄生活网 备案号：00012345号 电话：010-5550123",
    ),
    False: dict(
        lang="zh-Hant", site="海絲文化網", ad="門票9折", nav=("首頁", "古城", "非遺", "旅遊", "影像"), here="您的位置：首頁 &gt; 古城",
        share="列印本頁", more="延伸閱讀", link="5處古厝開放參觀", foot="版權所有 © 海絲文化網 服務電話：0595-5550188",
    ),
}  # fmt: skip


def _paragraph(line: str) -> str:
    short = len(line) < 24 and not line.endswith(("。", "！", "？"))
    return f"<p><strong>{line}</strong></p>" if short else f"<p>{line}</p>"


def document(head: Head, text: str) -> bytes:
    """A Word file: title as heading, short lines in bold, no other headings (as most such files have them)."""
    import docx

    word = docx.Document()
    word.core_properties.created = word.core_properties.modified = datetime(2024, 1, 1)
    title, *body = text.rstrip("\n").split("\n")
    word.add_heading(title, level=0)
    for line in body:
        run = word.add_paragraph().add_run(line)
        run.bold = len(line) < 24 and not line.endswith("。")
    raw = io.BytesIO()
    word.save(raw)
    return _repack(raw.getvalue())


def _repack(content: bytes) -> bytes:
    # Archives hold the time of writing; the same sources must give the same bytes.
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def printed(head: Head, text: str) -> bytes:
    """A PDF of several pages with running head and page numbers, set in a CID font that needs no font file."""
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    body = ParagraphStyle("body", fontName="STSong-Light", fontSize=11, leading=18, wordWrap="CJK", firstLineIndent=22)
    short = ParagraphStyle("short", parent=body, firstLineIndent=0, spaceBefore=6)
    large = ParagraphStyle("large", parent=short, fontSize=15, leading=24, alignment=1)

    def furniture(canvas: Any, _: Any) -> None:
        canvas.setFont("STSong-Light", 8)
        canvas.drawString(50, 560, head["source"])
        canvas.drawCentredString(210, 30, f"- {canvas.getPageNumber()} -")

    out = io.BytesIO()
    made = SimpleDocTemplate(
        out, pagesize=A5, leftMargin=50, rightMargin=50, topMargin=50, bottomMargin=50, title=head["title"], invariant=1
    )
    title, *lines = text.rstrip("\n").split("\n")
    story = [Paragraph(title, large)]
    story += [Paragraph(line, body if line.endswith("。") else short) for line in lines]
    made.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


def read_back(article: str, head: Head, content: bytes, text: str) -> tuple[str, dict[str, Any]]:
    """The article's text as gongbao reads it, and the fields that go before it in the gold file."""
    fields = {
        "id": head.get("id", article),
        "title": head["title"],
        "pub_date": head["pub_date"],
        "source": head["source"],
    }
    if PurePosixPath(article).suffix not in (".html", ".docx", ".pdf"):
        return text, fields
    raise NotImplementedError(article)
