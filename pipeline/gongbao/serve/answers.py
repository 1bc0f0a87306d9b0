"""Answers made of the lines that a run would write: records pass through as bytes, digit for digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.responses import Response

from gongbao.document import Failure
from gongbao.run.lines import Lines
from gongbao.serve.limits import ServiceLimits
from gongbao.serve.problems import RETRY, encoded, problem_of, status_of

_TOLD = ("id", "title", "pub_date", "source", "repairs", "residues", "counts")
"""What is told of an article; its text is the client's own."""


def json_response(body: bytes, status: int = 200) -> Response:
    """JSON that is already bytes."""
    return Response(body, status, media_type="application/json")


def problem_response(body: dict[str, Any]) -> Response:
    """A problem with its status."""
    status = status_of(body["code"])
    response = json_response(encoded(body), status)
    if status in RETRY:
        response.headers["retry-after"] = RETRY[status]
    return response


def extraction(results: Sequence[Lines | Failure]) -> Response:
    """The answer to `/extract`: records and articles of all that was read, and a problem for each that failed.

    Where nothing at all could be extracted, the first problem is the answer.
    """
    failures = [f for item in results for f in ([item] if isinstance(item, Failure) else item.counts.failures)]
    whole = [item for item in results if isinstance(item, Lines) and item.counts.articles]
    if failures and not whole:
        return problem_response(problem_of(failures[0]))
    records = b",".join(row for item in whole for row in item.sections[0].splitlines())
    articles = b",".join(_article(row) for item in whole for row in item.sections[2].splitlines())
    errors = b",".join(encoded({"id": failure.id, **problem_of(failure)}) for failure in failures)
    return json_response(b'{"records":[%b],"articles":[%b],"errors":[%b]}' % (records, articles, errors))


def bounded(lines: Lines, limits: ServiceLimits) -> Lines | Failure:
    """The lines of one article, or a failure where they hold more records than the service gives for one."""
    if lines.counts.records <= limits.records:
        return lines
    return Failure(
        orjson.loads(lines.sections[2])["id"],
        "serve",
        "service.too_many_records",
        f"the article gives {lines.counts.records:,} records, more than {limits.records:,}",
        "records",
        f"Split the article, or start the service with --max-records {lines.counts.records} or more",
    )


def result_line(identifier: str, lines: Lines) -> bytes:
    """A line of the answer to `/extract/batch`: the article's records, or its problem."""
    head = encoded({"id": identifier})[:-1]
    if lines.counts.failures:
        return head + b', "error": ' + encoded(problem_of(lines.counts.failures[0])) + b"}\n"
    return head + b', "records": [' + b", ".join(lines.sections[0].splitlines()) + b"]}\n"


def _article(line: bytes) -> bytes:
    article = orjson.loads(line)
    return encoded({name: article[name] for name in _TOLD})
