"""What /openapi.json says beyond the routes: the record's own schema, bodies, answers and examples."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gongbao.export.schema import record_schema
from gongbao.serve.limits import ServiceLimits
from gongbao.serve.problems import Problem, problem

DESCRIPTION = """Facts out of Chinese bulletins: place, initiative, amount, year, each with its evidence.

Offsets count code points of the article's text. Numbers are exact decimals. Every error is
`{"code", "message", "where", "fix"}`; 429 and 503 come with Retry-After."""

_TEXT = "杭州市2023年发放创业担保贷款12.6亿元，同比增长8.5%。"
_ARTICLE = {"id": "demo-1", "text": _TEXT, "pub_date": "2024-01-15", "title": "创业担保贷款简报"}
_PROBLEMS = {
    401: ("The token is missing or wrong", problem("service.token", "the token is missing or wrong", "Authorization")),
    403: ("Not from there", problem("service.host", "this address is not served here", "Host")),
    404: ("There is no such run or page", problem("service.run", "there is no run '2020'", "run", "See GET /runs")),
    405: ("Another method", problem("service.method", "this method is not served here", "PUT")),
    408: ("The body stopped coming", problem("service.slow", "nothing came for 30 s", "body")),
    413: ("Too large", problem("service.too_large", "the body is larger than 20,000,000 bytes", "body")),
    415: ("Another media type", problem("service.media_type", "bodies of the kind 'text/xml' are not read")),
    422: ("Wrong content", problem("read.empty", "The text is empty", "body", "Remove the row, or give its text")),
    429: ("Too many at once; try again after Retry-After", problem("service.busy", "too many articles at once")),
    500: ("A fault of the service", problem("service.crash", "the service failed", fix="Report this as a bug")),
    503: ("No answer in time", problem("extract.timeout", "the article was given up: nothing came of it in 30 s")),
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def answers(schema: str, *errors: int, media: str = "application/json") -> dict[int | str, dict[str, Any]]:
    """The answers of a route: its own schema, and the problems that it may answer with."""
    found: dict[int | str, dict[str, Any]] = {
        200: {"description": "As asked for", "content": {media: {"schema": _ref(schema)}}}
    }
    for status in sorted({*errors, 401, 403, 422, 500}):
        words, example = _PROBLEMS[status]
        found[status] = {
            "description": words,
            "content": {"application/json": {"schema": _ref("Problem"), "example": example}},
        }
        if status in (429, 503):
            found[status]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return found


EXTRACT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _ref("Article"), "example": _ARTICLE},
            "multipart/form-data": {"schema": _ref("Upload")},
        },
    }
}
BATCH = {
    "requestBody": {
        "required": True,
        "description": "One article a line; answers come while lines still go in",
        "content": {"application/x-ndjson": {"schema": _ref("Article"), "example": _ARTICLE}},
    }
}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), **more}


def _nullable(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


def _schemas(limits: ServiceLimits) -> dict[str, Any]:
    record = record_schema()
    for name in ("$schema", "$id"):
        record.pop(name)
    identifier = {"type": "string", "description": "The article's id"}
    dated = _nullable("string", format="date", description="Publication date, YYYY-MM-DD")
    repair = _object(
        {
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "before": {"type": "string"},
            "after": {"type": "string"},
            "kind": {"type": "string"},
            "probability": {"type": "number", "description": "That this is what stood there"},
        }
    )
    residue = _object(
        {
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "text": {"type": "string"},
            "guess": _nullable("string", description="The likeliest of what stood there, too unsure to be taken"),
            "probability": {"type": "number"},
        }
    )
    told = _object(
        {
            "id": identifier,
            "title": _nullable("string"),
            "pub_date": dated,
            "source": _nullable("string"),
            "repairs": {"type": "array", "items": repair},
            "residues": {"type": "array", "items": residue},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        }
    )
    records = {"type": "array", "items": _ref("Record")}
    failed = {"allOf": [_ref("Problem"), _object({"id": identifier})]}
    run = _object(
        {
            "run_id": {"type": "string"},
            "started": _nullable("string"),
            "seconds": _nullable("number"),
            "counts": _nullable("object"),
            "versions": _nullable("object"),
            "schema_version": _nullable("string"),
        }
    )
    text = {
        "type": "string", "minLength": 1, "maxLength": limits.characters,
        "description": "The article; offsets of its records count its code points",
    }  # fmt: skip
    optional = {
        "id": {"type": ["string", "integer", "null"], "description": "Its id; `-` if none is given"},
        "title": _nullable("string", description="Its title, if it is not the first line"),
        "pub_date": {"anyOf": [dated, {"const": ""}]},
        "source": _nullable("string"),
        "extra": _nullable("object", description="Fields of your own: they come out again with each record"),
    }
    return {
        "Record": record,
        "Problem": Problem.model_json_schema(),
        "Article": {
            "type": "object",
            "properties": {"text": text, **optional},
            "required": ["text"],
            "additionalProperties": False,
        },
        "Upload": {
            "type": "object",
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "Its name's ending says its kind"},
                "id": {"type": "string"},
                "title": {"type": "string"},
                "pub_date": {"type": "string", "format": "date"},
            },
            "required": ["file"],
        },
        "Extraction": _object(
            {
                "records": records,
                "articles": {"type": "array", "items": told},
                "errors": {"type": "array", "items": failed},
            }
        ),
        "BatchLine": {
            "oneOf": [
                _object({"id": identifier, "records": records}, title="Extracted"),
                _object({"id": _nullable("string"), "error": _ref("Problem")}, title="Failed"),
            ],
            "description": "One line for each article, in their order",
        },
        "Runs": _object(
            {
                "runs": {"type": "array", "items": run},
                "total": {"type": "integer"},
                "latest": _nullable("string"),
            }
        ),
        "Run": {**_object({"run_id": {"type": "string"}}), "description": "manifest.json of the run"},
        "Page": _object(
            {
                "run": {"type": "string"},
                "next": _nullable("string", description="The cursor of the next page; null at the end"),
                "records": records,
            }
        ),
        "Index": _object(
            {
                "service": {"type": "string", "enum": ["gongbao"]},
                "version": {"type": "string"},
                "routes": {"type": "object", "additionalProperties": {"type": "string"}},
                "more": {"type": "string"},
            }
        ),
        "Health": _object(
            {
                "status": {"type": "string", "enum": ["ok"]},
                "version": {"type": "string"},
                "workers": {"type": "integer"},
            }
        ),
        "Schema": {"type": "object", "description": "JSON Schema 2020-12"},
    }  # fmt: skip


def document(app: FastAPI, limits: ServiceLimits) -> dict[str, Any]:
    """The whole OpenAPI document."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = made.setdefault("components", {})
    components["schemas"] = _schemas(limits)
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}, {}]
    return made
