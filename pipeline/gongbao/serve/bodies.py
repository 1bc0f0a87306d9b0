"""Request bodies as articles: JSON, and uploaded files by the readers that runs use, in a process of their own."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from gongbao.document import Article, Failure
from gongbao.errors import ReadError, ServiceError
from gongbao.read import read_file
from gongbao.read.failing import failure
from gongbao.read.json_lines import parse_object
from gongbao.read.limits import Limits as ReadLimits
from gongbao.read.own_fields import FIELDS, OWN
from gongbao.read.rows import Row, article_from_row, kind_of
from gongbao.serve.limits import ServiceLimits
from gongbao.serve.pool import Pool

FORM = "multipart/form-data"
JSON = "application/json"
LINES = "application/x-ndjson"
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{1,70}")  # RFC 2046
_LARGER = "Split it into its articles, or start the service with larger --max-body, --max-characters and --max-text"


def media_type(request: Request) -> str:
    """The media type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(request: Request, *known: str) -> ServiceError:
    """The error for a body of another kind."""
    return ServiceError(
        f"bodies of the kind {media_type(request)[:60]!r} are not read",
        where="Content-Type",
        fix=f"Send {' or '.join(known)}",
        code="service.media_type",
    )


def article_of(data: bytes, limits: ServiceLimits, where: str = "body", identifier: str = "-") -> Article:
    """The article that a JSON object is.

    Raises:
        ReadError: it is no JSON (`read.json`), a field is wrong, or the text is empty or too long.
    """
    row = Row("read.json", identifier, where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(
            f"the JSON is not UTF-8 (byte {error.start})", where=where, fix="Encode it in UTF-8", code="read.json"
        ) from None
    return _article(parse_object(text, row), row, limits)


def _article(fields: Mapping[str, Any], row: Row, limits: ServiceLimits) -> Article:
    unknown = next((name for name in fields if name not in FIELDS and name != OWN), None)
    if unknown is not None:
        raise ReadError(
            f"There is no field {str(unknown)[:60]!r}",
            where=row.where,
            fix=f"Fields: {', '.join(FIELDS)}; own ones go into {OWN}, an object, and come out with the records",
            code=row.code,
        )
    if not isinstance(fields.get(OWN), Mapping | None):
        raise ReadError(
            f"The field {OWN} is {kind_of(fields[OWN])}, not an object",
            where=row.where,
            fix=f'Write "{OWN}": {{"url": "…"}}',
            code=row.code,
        )
    if isinstance(fields.get("text"), str):
        check_text(fields["text"], row.where, limits)
    return article_from_row(fields, row, row.where, ReadLimits(), "utf-8")


def check_text(text: str, where: str, limits: ServiceLimits) -> None:
    """Refuse a text beyond the service's limits.

    Raises:
        ReadError: it is (`read.too_large`).
    """
    characters, size = len(text), len(text.encode("utf-8", "surrogatepass"))
    for number, limit, unit, option in (
        (characters, limits.characters, "characters", "--max-characters"),
        (size, limits.text, "bytes", "--max-text"),
    ):
        if number > limit:
            raise ReadError(
                f"The text has {number:,} {unit}, more than {limit:,}",
                where=where,
                fix=f"Split it into its articles, or start the service with {option} {number} or more",
                code="read.too_large",
            )


async def uploaded(request: Request, limits: ServiceLimits, pool: Pool) -> list[Article | Failure]:
    """The articles of an uploaded file: one, or many for .jsonl, .csv and .xlsx.

    Its form fields `id`, `title` and `pub_date` stand over what the file says; they need a file of one article.

    Raises:
        ServiceError: there is no file in the form (`service.form`), or too many are being read (`service.waiting`).
        ReadError: a field is wrong, or the file holds too many articles (`read.too_large`).
    """
    form = await _form(request, limits)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ServiceError(
                "there is no file in the form", where="file", fix="curl -F file=@article.pdf", code="service.form"
            )
        fields = {name: form.get(name) for name in ("id", "title", "pub_date")}
        data, name = await file.read(), PurePosixPath((file.filename or "").replace("\\", "/")).name
    finally:
        await form.close()
    async with pool.reading():
        found = await asyncio.to_thread(lambda: list(islice(_read(data, name, limits), limits.articles + 1)))
    if len(found) > limits.articles:
        raise ReadError(
            f"the file holds more than {limits.articles:,} articles",
            where="file",
            fix="Send them line by line to /extract/batch",
            code="read.too_large",
        )
    given = {name: value for name, value in fields.items() if value}
    if not given:
        return found
    if len(found) != 1:
        raise ServiceError(
            f"the file holds {len(found)} articles, and {', '.join(given)} is for one",
            where="body",
            fix="Leave the fields out",
            code="service.form",
        )
    return [_override(found[0], given, limits)]


async def _form(request: Request, limits: ServiceLimits) -> FormData:
    """The form of a request, in UTF-8: a decoder that its sender names could take for ever, or raise anything."""
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary", b"")
    try:
        if not _BOUNDARY.fullmatch(boundary):
            raise MultiPartException("no boundary")
        headers = Headers({"content-type": f'{FORM}; boundary="{boundary.decode()}"'})
        parser = MultiPartParser(headers, request.stream(), max_files=1, max_fields=8, max_part_size=limits.body)
        return await parser.parse()
    except MultiPartException:
        raise ServiceError(
            "the form cannot be read", where="body", fix="Send one file as multipart/form-data", code="service.form"
        ) from None


def _override(item: Article | Failure, given: Mapping[str, Any], limits: ServiceLimits) -> Article | Failure:
    if isinstance(item, Failure):
        return item
    row = Row("read.form", item.id, "form")
    asked = _article({"text": item.text, **given}, row, limits)
    return replace(
        item, id=asked.id, title=asked.title if "title" in given else item.title,
        pub_date=asked.pub_date if "pub_date" in given else item.pub_date,
    )  # fmt: skip


def _read(data: bytes, name: str, limits: ServiceLimits) -> Iterator[Article | Failure]:
    """Read bytes as a file of that name; the name is no path here, and errors say it and not where the bytes lay."""
    bounds = ReadLimits(
        max_characters=limits.characters,
        max_bytes=limits.body,
        max_file_bytes=limits.body,
        max_expanded=8 * limits.body,
        max_unpacked=8 * limits.body,
        max_seconds=limits.timeout,
    )
    shown = name[:200] or "upload"
    with tempfile.TemporaryDirectory(prefix="gongbao-upload-") as folder:
        path = Path(folder) / ("upload" + "".join(PurePosixPath(shown).suffixes[-2:])[-20:].replace("\0", ""))
        path.write_bytes(data)
        for item in read_file(path, shown, limits=bounds, apart=True):
            if isinstance(item, Article):
                try:
                    check_text(item.text, item.id, limits)
                    yield replace(item, origin=shown)
                except ReadError as error:
                    yield failure(error, item.id)
                continue
            fix = _LARGER if item.code == "read.too_large" else item.fix
            yield replace(item, where=(item.where or shown).replace(str(path), shown), fix=fix)
