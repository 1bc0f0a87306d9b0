"""`/docs` in a browser that reaches nothing but the service, and what is too large, with the option that allows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.serve.asking import TEXT, problem


@pytest.mark.browser
def test_the_routes_are_shown_and_tried_without_any_other_host(start: Callable[..., Any], chromium: Any) -> None:
    token = "s3cret-for-this-test-only"
    service = start(environment={"GONGBAO_TOKEN": token})
    page = chromium.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{service.url}/docs", timeout=600_000)
    page.locator(".opblock-summary-path", has_text="/extract/batch").wait_for(timeout=600_000)
    assert page.locator(".opblock").count() >= 8
    assert all(url.startswith((service.url, "data:")) for url in asked), asked
    assert faults == []
    page.close()


def test_the_files_of_the_page_come_packed_and_unpacked(service: Any) -> None:
    with service.client() as client:
        for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
            packed = client.get(f"/docs/{name}")
            plain = client.get(f"/docs/{name}", headers={"accept-encoding": "identity"})
            assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
            assert packed.content == plain.content and "sourceMappingURL" not in plain.text
        assert "default-src 'none'; script-src 'self'" in client.get("/docs").headers["content-security-policy"]
        problem(client.get("/docs/limits.py"), 404, "service.path")


@pytest.fixture(scope="module")
def small(start: Callable[..., Any]) -> Any:
    """A service with the limits of a doll's house."""
    limits = {"characters": 200, "text": 400, "records": 3, "body": 1000}
    return start(*(f"--max-{name}={limit}" for name, limit in limits.items()))


@pytest.mark.parametrize(
    ("body", "code", "option"),
    [
        ({"text": TEXT * 8}, "read.too_large", "--max-characters"),
        ({"text": "字" * 150}, "read.too_large", "--max-text"),
        ({"text": TEXT * 4}, "service.too_many_records", "--max-records"),
        ({"text": "1" * 1100}, "service.too_large", "--max-body"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_too_large_names_the_option(small: Any, body: dict[str, str], code: str, option: str) -> None:
    with small.client() as client:
        told = problem(client.post("/extract", json=body), 413, code)
        assert option in told["fix"]
        if code != "service.too_large":
            line = json.dumps(body, ensure_ascii=False).encode()
            answer = client.post("/extract/batch", content=line, headers={"content-type": "application/x-ndjson"})
            assert json.loads(answer.text)["error"]["code"] == code


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"text": TEXT, "extra": {"url": "https://example.org/1", "外部编号": 7}}, 200, ""),
        ({"text": TEXT, "url": "https://example.org/1"}, 422, "no field 'url'"),
        ({"text": TEXT, "extra": "x"}, 422, "not an object"),
    ],
)
def test_own_fields_stand_in_extra(service: Any, body: dict[str, Any], status: int, says: str) -> None:
    with service.client() as client:
        answer = client.post("/extract", json=body)
    if status == 200:
        assert [row["extra"] for row in answer.json()["records"]] == [body["extra"]] * 2
    else:
        told = problem(answer, status, "read.json")
        assert says in told["message"] and "extra" in told["fix"]
