"""Write the sample articles in the formats that gongbao reads."""

from __future__ import annotations

import codecs
import csv
import html
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
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
    return {"id": head["id"], "title": head["title"], "pub_date": head["pub_date"], "source": head["source"], "text": text}


def read_back(article: str, head: Head, content: bytes, text: str) -> tuple[str, dict[str, Any]]:
    """The article's text as gongbao reads it, and the fields that go before it in the gold file."""
    fields = {"id": head.get("id", article), "title": head["title"], "pub_date": head["pub_date"], "source": head["source"]}
    if PurePosixPath(article).suffix not in (".html", ".docx", ".pdf"):
        return text, fields
    raise NotImplementedError(article)
