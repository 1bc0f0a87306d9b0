"""Errors as the service answers them: a status and `{code, message, where, fix}`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from gongbao.canonical import dump_json
from gongbao.document import Failure
from gongbao.errors import GongbaoError

STATUS = {
    "service.token": 401,
    "service.host": 403,
    "service.origin": 403,
    "service.run": 404,
    "service.cursor": 404,
    "service.path": 404,
    "service.method": 405,
    "service.slow": 408,
    "service.too_large": 413,
    "service.too_many_records": 413,
    "read.too_large": 413,
    "service.media_type": 415,
    "service.busy": 429,
    "service.head": 431,
    "service.timeout": 503,
    "service.waiting": 503,
    "service.worker": 503,
    "service.stopping": 503,
    "extract.timeout": 503,
    "extract.memory": 503,
    "run.worker": 503,
    "run.stopped": 503,
    "run.missing": 404,
    "read.permission": 500,
    "read.io": 500,
    "service.crash": 500,
}
"""By an error's code; all others are 422: the request was understood and its content is wrong."""
RETRY = {429: "1", 503: "5"}
"""Seconds after which another try makes sense."""


class Problem(BaseModel):
    """What went wrong, where, and what to do about it."""

    code: str = Field(description="Stable, for programs", examples=["read.empty"])
    message: str = Field(description="What happened", examples=["The text is empty"])
    where: str | None = Field(None, description="The field, article, line or parameter", examples=["body"])
    fix: str | None = Field(None, description="What to do", examples=["Remove the row, or give its text"])


def status_of(code: str) -> int:
    """The HTTP status for an error's code; a stage that crashed on an article is our fault."""
    return STATUS.get(code, 500 if code.endswith(".crash") else 422)


def problem(code: str, message: str, where: str | None = None, fix: str | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"code": code, "message": message, "where": where, "fix": fix}


def problem_of(error: GongbaoError | Failure) -> dict[str, Any]:
    """The body for an error or a failure. Places on this machine's disk are not told."""
    where = error.where
    if where is not None and (where.startswith("/") or "\\" in where):
        where = where.replace("\\", "/").rsplit("/", 1)[-1]
    if where is not None:
        where = where.removeprefix("--")  # a parameter here, an option of the command there
    return problem(error.code, error.message, where, error.fix)


def encoded(value: Any) -> bytes:
    """A value as UTF-8 JSON; lone surrogates, which UTF-8 cannot hold, as escapes."""
    return dump_json(value).encode("utf-8", "backslashreplace")
