"""Every operation of the OpenAPI document, fed by schemathesis with what it allows and what it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.mark.tool
def test_schemathesis_finds_nothing_wrong(service: Any, tmp_path: Path) -> None:
    """All phases and checks: examples, borders, random data, sequences of calls."""
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    arguments = ["--config-file", str(HERE / "schemathesis.toml"), "run", f"{service.url}/openapi.json", "--no-color"]
    report = tmp_path / "events.ndjson"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments, "--report", "ndjson", "--report-ndjson-path", str(report)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "8 selected / 8 total" in done.stdout
    assert "warning" not in done.stdout.lower().splitlines()[-1], done.stdout[-3000:]


def test_the_document_has_an_example_for_every_body_and_error(service: Any) -> None:
    with service.client() as client:
        document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/",
        "/extract",
        "/extract/batch",
        "/runs",
        "/runs/{run_id}",
        "/records",
        "/schema",
        "/health",
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    content = answer["content"]["application/json"]
                    assert set(content["example"]) >= {"code", "message"}, path
                if status in ("429", "503"):
                    assert "Retry-After" in answer["headers"]
    with service.client() as client:
        body = document["paths"]["/extract"]["post"]["requestBody"]["content"]["application/json"]["example"]
        answer = client.post("/extract", json=body)
    assert answer.status_code == 200
    values = [(row["place"], row["year"], row["value"], row["unit"]) for row in json.loads(answer.text)["records"]]
    assert values == [("浙江省/杭州市", 2023, 1_260_000_000, "元"), ("浙江省/杭州市", 2023, 8.5, "%")]
