"""Write the sample articles in the formats that gongbao reads."""

from __future__ import annotations

import codecs
import csv
import html
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

BOM = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-8-sig": b""}

SOURCES = Path(__file__).resolve().parent / "sources"
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
    template = Template((SOURCES / f"page-{head['script']}.html").read_text(encoding="utf-8"))
    charset = head.get("encoding", "utf-8")
    return template.substitute(title=title, byline=byline, body="\n".join(map(_paragraph, body)), charset=charset)


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

    def boilerplate(canvas: Any, _: Any) -> None:
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
    made.build(story, onFirstPage=boilerplate, onLaterPages=boilerplate)
    return out.getvalue()


def read_back(article: str, head: Head, content: bytes) -> tuple[str, dict[str, Any]]:
    """The article's text as gongbao reads it, and the fields that go before it in the gold file."""
    from gongbao.document import Article
    from gongbao.read import read_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePosixPath(article).name
        path.write_bytes(content)
        read = {item.id: item for item in read_file(path, article) if isinstance(item, Article)}
    identifier = head.get("id", article)
    if identifier not in read:
        raise ValueError(f"{article}: cannot be read back; found {sorted(read)}")
    fields = {"id": identifier, "title": head["title"], "pub_date": head["pub_date"], "source": head["source"]}
    return read[identifier].text, fields
