"""The service as clients see it: what it answers, what it refuses, what it keeps to itself."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.serve.asking import SECRET, TEXT, problem


def test_records_of_a_text_are_those_of_the_pipeline(service: Any) -> None:
    from gongbao import Pipeline

    expected = Pipeline(ner=None).extract(TEXT, pub_date="2023-01-05", id="q-1", title="海岸带简报")
    with service.client() as client:
        answer = client.post(
            "/extract", json={"text": TEXT, "pub_date": "2023-01-05", "id": "q-1", "title": "海岸带简报"}
        )
    assert answer.status_code == 200
    assert answer.json()["records"] == [record.to_dict() for record in expected]
    assert answer.json()["articles"][0]["id"] == "q-1"
    assert answer.json()["errors"] == []


def test_offsets_count_code_points(service: Any) -> None:
    text = "😀𠮷" + TEXT
    with service.client() as client:
        rows = client.post("/extract", json={"text": text}).json()["records"]
    assert [text[row["start"] : row["end"]] for row in rows] == ["3.7亿元", "18个"]


def test_long_numbers_stay_exact(service: Any) -> None:
    with service.client() as client:
        answer = client.post("/extract", json={"text": "青岛市2022年投入123456789012.123456789亿元。"})
    assert '"value": 12345678901212345678.9,' in answer.text


@pytest.mark.parametrize("name", ["简报.txt", "a/../../b.txt", "x.md"])
def test_uploaded_text(service: Any, name: str) -> None:
    with service.client() as client:
        answer = client.post(
            "/extract", files={"file": (name, TEXT.encode("gb18030"))}, data={"pub_date": "2023-01-05"}
        )
    assert answer.status_code == 200, answer.text
    (article,) = answer.json()["articles"]
    assert (article["id"], article["pub_date"]) == (name.rsplit("/", 1)[-1], "2023-01-05")
    assert [row["amount"] for row in answer.json()["records"]] == ["3.7亿元", "18个"]


def test_uploaded_word_and_rows(service: Any) -> None:
    from docx import Document

    document, buffer = Document(), io.BytesIO()
    document.add_paragraph(TEXT)
    document.save(buffer)
    rows = [{"id": "r1", "text": TEXT}, {"id": "r2", "text": ""}, {"id": "r3", "text": "无数字"}]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    with service.client() as client:
        word = client.post("/extract", files={"file": ("a.docx", buffer.getvalue())}).json()
        table = client.post("/extract", files={"file": ("a.jsonl", lines.encode())}).json()
    assert [row["amount"] for row in word["records"]] == ["3.7亿元", "18个"]
    assert [article["id"] for article in table["articles"]] == ["r1", "r3"]
    (error,) = table["errors"]
    assert error["code"] == "read.empty" and "upload" not in json.dumps(error)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"text": "  \\u3000"}', 422, "read.empty"),
        (b'{"text": 7}', 422, "read.json"),
        (b'{"text": "x", "pub_date": "soon"}', 422, "read.json"),
        (b'{"text": "\\ud83d"}', 422, "read.json"),
        (b"[1]", 422, "read.json"),
        (b"{", 422, "read.json"),
        (b'{"text": "\xff"}', 422, "read.json"),
        (b"", 422, "read.json"),
        (b"[" * 100_000, 422, "read.json"),
        (json.dumps({"text": "字" * 30_001}).encode(), 413, "read.too_large"),
        (b" " * 2_000_001, 413, "service.too_large"),
    ],
)
def test_bad_bodies(service: Any, body: bytes, status: int, code: str) -> None:
    with service.client() as client:
        problem(client.post("/extract", content=body, headers={"content-type": "application/json"}), status, code)


def test_a_body_without_a_length_is_cut_off_too(service: Any) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    with service.client() as client:
        answer = client.post("/extract", content=chunks(), headers={"content-type": "application/json"})
    problem(answer, 413, "service.too_large")


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"file": ("a.exe", b"MZ")}, 422, "read.unsupported"),
        ({"file": ("a.pdf", b"%PDF-1.4 broken")}, 422, "read.broken"),
        ({"file": ("a.txt", b"")}, 422, "read.empty"),
        ({"other": ("a.txt", b"x")}, 422, "service.form"),
    ],
)
def test_bad_uploads(service: Any, files: Any, status: int, code: str) -> None:
    with service.client() as client:
        body = problem(client.post("/extract", files=files), status, code)
    assert "gongbao-upload" not in json.dumps(body)


TEXT_FILE = (
    b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + TEXT.encode() + b"\r\n--x--\r\n"
)
LONG_ID = b'--x\r\ncontent-disposition: form-data; name="id"\r\n\r\n' + b"a" * 100_000 + b"\r\n"


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "punycode", "unicode_escape", "utf-16", "hex", "zlib", "\x01", "x" * 3000]
)
def test_a_form_is_utf8_whatever_its_sender_says(service: Any, charset: str) -> None:
    """Decoders of Python's raise what they like, and that of domain names takes the square of a field's length."""
    with service.client() as client:
        headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
        answer = client.post("/extract", content=TEXT_FILE, headers=headers)
        assert answer.status_code == 200 and len(answer.json()["records"]) == 2
        problem(client.post("/extract", content=LONG_ID + TEXT_FILE, headers=headers), 422, "read.form")


@pytest.mark.parametrize(
    "boundary", ["", "; boundary=", "; boundary=" + "x" * 71, "; boundary=\xff", '; boundary="x\\"y"']
)
def test_a_form_without_a_boundary_of_the_standard_is_refused(service: Any, boundary: str) -> None:
    headers = {"content-type": f"multipart/form-data{boundary}".encode("latin-1")}
    with service.client() as client:
        problem(client.post("/extract", content=TEXT_FILE, headers=headers), 422, "service.form")


def test_other_media_types_methods_and_paths(service: Any) -> None:
    with service.client() as client:
        problem(
            client.post("/extract", content=b"<x/>", headers={"content-type": "text/xml"}), 415, "service.media_type"
        )
        answer = client.put("/extract")
        problem(answer, 405, "service.method")
        assert answer.headers["allow"] == "POST"
        problem(client.get("/redoc"), 404, "service.path")


def test_the_address_that_the_command_prints_says_what_there_is(service: Any) -> None:
    with service.client() as client:
        index = client.get("/").json()
        assert index["service"] == "gongbao" and "POST /extract" in index["routes"]
        for route in index["routes"]:
            method, path = route.split(" ")
            answer = client.request(method, path.replace("{run_id}", "latest"))
            assert answer.status_code in ((200,) if method == "GET" else (415, 422)), route
        assert client.get(index["more"]).status_code == 200


def test_a_batch_answers_line_by_line_in_order(service: Any) -> None:
    rows = [json.dumps({"id": f"b{n}", "text": f"青岛市2022年投入{n + 1}.5亿元。"}) for n in range(30)]
    rows[7] = '{"text": ""}'
    rows[9] = "no json"
    with service.client() as client:
        answer = client.post(
            "/extract/batch", content="\n".join(rows).encode(), headers={"content-type": "application/x-ndjson"}
        )
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 30
    assert (lines[7]["id"], lines[7]["error"]["code"]) == ("line-8", "read.empty")
    assert (lines[9]["error"]["code"], lines[9]["error"]["where"]) == ("read.json", "line 10")
    for n, line in enumerate(lines):
        if n not in (7, 9):
            assert (line["id"], line["records"][0]["amount"]) == (f"b{n}", f"{n + 1}.5亿元")


def test_a_batch_answers_while_lines_still_come(service: Any) -> None:
    """Each line is sent only when the answer to the one before is there."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=600) as connection:
        connection.sendall(
            b"POST /extract/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        )
        got = b""
        for n in range(3):
            line = json.dumps({"id": f"s{n}", "text": TEXT}).encode() + b"\n"
            connection.sendall(b"%x\r\n%b\r\n" % (len(line), line))
            while f'"id": "s{n}"'.encode() not in got:
                block = connection.recv(65_536)
                assert block, got
                got += block
        connection.sendall(b"0\r\n\r\n")


def test_a_client_that_sends_everything_before_it_reads_is_served(service: Any) -> None:
    """Answers of some megabytes pile up meanwhile; neither side may wait for the other."""
    line = json.dumps({"text": TEXT * 20}, ensure_ascii=False).encode() + b"\n"
    with service.client() as client:
        answer = client.post("/extract/batch", content=line * 120, headers={"content-type": "application/x-ndjson"})
    assert len(answer.text.splitlines()) == 120
    assert len(answer.content) > 2_000_000


def test_a_line_that_is_too_long_ends_its_batch(start: Callable[..., Any]) -> None:
    service = start("--max-body", "1000")
    lines = json.dumps({"id": "ok", "text": TEXT}).encode() + b"\n" + b'{"text": "' + b"x" * 400_000
    with service.client() as client:
        answer = client.post("/extract/batch", content=lines, headers={"content-type": "application/x-ndjson"})
    first, last = map(json.loads, answer.text.splitlines())
    assert len(first["records"]) == 2
    assert (last["id"], last["error"]["code"]) == (None, "service.too_large")


def test_runs_and_their_records_in_pages(service: Any, runs: Path) -> None:
    expected = [json.loads(line) for line in (runs / "latest" / "records.jsonl").open(encoding="utf-8")]
    with service.client() as client:
        listed = client.get("/runs").json()
        assert [run["run_id"] for run in listed["runs"]] == [listed["latest"]]
        assert listed["runs"][0]["counts"]["records"] == len(expected) == 18
        assert client.get(f"/runs/{listed['latest']}").json() == client.get("/runs/latest").json()
        found: list[Any] = []
        pages, cursor = 0, None
        while cursor or not pages:
            page = client.get("/records", params={"limit": 5, **({"cursor": cursor} if cursor else {})}).json()
            found += page["records"]
            pages, cursor = pages + 1, page["next"]
    assert found == expected
    assert pages == 4


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        ({"kind": "money"}, lambda row: row["kind"] == "money"),
        ({"place": "浙江省"}, lambda row: (row["place"] or "").startswith("浙江省")),
        ({"place": "浙江"}, lambda row: False),
        ({"year": 2022, "kind": "count"}, lambda row: row["year"] == 2022 and row["kind"] == "count"),
        ({"article": "s-3"}, lambda row: row["article_id"] == "s-3"),
        ({"min_confidence": 0.8}, lambda row: row["confidence"] >= 0.8),
        ({"where": "extra=x"}, lambda row: False),
        ({"where": "not extra=x and extra=null"}, lambda row: True),
        ({"where": "value>300000000 and place^=江苏省"}, lambda row: row["value"] > 3e8 and row["city"] == "苏州市"),
    ],
)
def test_filters(service: Any, runs: Path, filters: dict[str, Any], test: Callable[[Any], bool]) -> None:
    rows = [json.loads(line) for line in (runs / "latest" / "records.jsonl").open(encoding="utf-8")]
    with service.client() as client:
        found = client.get("/records", params={**filters, "limit": 1000}).json()["records"]
    assert found == [row for row in rows if test(row)]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/records?where=kind%3D", 422, "export.where"),
        ("/records?where=nope%3D1", 422, "export.column"),
        ("/records?where=value>1e999999亿", 422, "export.where"),
        ("/records?limit=0", 422, "service.parameter"),
        ("/records?kind=cash", 422, "service.parameter"),
        ("/records?run=nothing", 404, "service.run"),
        ("/records?run=..", 422, "service.parameter"),
        ("/records?cursor=latest:3", 404, "service.cursor"),
        ("/records?cursor=latest:99999999", 404, "service.cursor"),
        ("/runs/nothing", 404, "service.run"),
        ("/runs/..%2f..%2fetc", 404, "service.path"),
    ],
)
def test_bad_questions(service: Any, path: str, status: int, code: str) -> None:
    with service.client() as client:
        body = problem(client.get(path), status, code)
    assert "--" not in (body["where"] or "")


def test_other_sites_and_names_are_kept_out(service: Any) -> None:
    with service.client() as client:
        problem(client.get("/health", headers={"host": "evil.example"}), 403, "service.host")
        answer = client.post("/extract", json={"text": TEXT}, headers={"origin": "http://evil.example"})
        problem(answer, 403, "service.origin")
        assert client.post("/extract", json={"text": TEXT}, headers={"origin": service.url}).status_code == 200


def test_a_token_is_asked_for(start: Callable[..., Any], tmp_path: Path) -> None:
    token = "s3cret-for-this-test-only"
    service = start(environment={"GONGBAO_TOKEN": token})
    with service.client() as client:
        assert client.get("/health").status_code == 200
        for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {token}"}):
            answer = client.get("/schema", headers=header)
            problem(answer, 401, "service.token")
            assert answer.headers["www-authenticate"] == "Bearer"
        assert client.get("/schema", headers={"authorization": f"Bearer {token}"}).status_code == 200
    assert token not in service.log


@pytest.mark.parametrize("token", [None, "short", "with spaces in it, long"])
def test_no_other_address_without_a_safe_token(
    token: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: Path
) -> None:
    from gongbao.cli import build
    from gongbao.errors import ServiceError
    from typer.testing import CliRunner

    monkeypatch.delenv("GONGBAO_TOKEN", raising=False)
    if token:
        monkeypatch.setenv("GONGBAO_TOKEN", token)
    result = CliRunner().invoke(build(), ["serve", "--host", "0.0.0.0", "--port", "0", "--out", str(runs)])
    assert isinstance(result.exception, ServiceError) and result.exception.code == "service.token"


def test_a_token_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    from gongbao.cli.serve import read_token
    from gongbao.errors import ServiceError

    file = tmp_path / "token"
    file.write_text("a-long-enough-token-0001\n", encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(ServiceError, match="others may read"):
        read_token(file)
    file.chmod(0o600)
    assert read_token(file) == "a-long-enough-token-0001"


def test_no_text_and_no_query_in_the_log(service: Any) -> None:
    with service.client() as client:
        client.post("/extract", json={"text": SECRET + TEXT, "id": SECRET, "title": SECRET})
        client.post("/extract", content=SECRET.encode(), headers={"content-type": "application/json"})
        client.get("/records", params={"where": SECRET, "article": SECRET})
        client.post("/extract", files={"file": (f"{SECRET}.txt", SECRET.encode())})
    assert "POST /extract" in service.log
    assert SECRET not in service.log
    assert SECRET.encode("unicode_escape").decode()[:12] not in service.log


def test_the_list_of_runs_hangs_on_no_clock_and_on_no_damaged_one(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from gongbao.run.runner import Options, run
    from gongbao.serve.runs import Runs

    made = []
    for number, year in enumerate((2030, 1999, 2021)):
        source = tmp_path / f"{number}.txt"
        source.write_text(TEXT, encoding="utf-8")
        options, now = Options(ner=None, workers=0), datetime(year, 1, 1, tzinfo=UTC)
        folder = run([source], tmp_path / "out", options, now=now).folder
        assert folder is not None
        made.append(folder.name)
    (tmp_path / "out" / "runs" / made[1] / "manifest.json").write_text("[")
    listed = Runs(tmp_path / "out").list(10, 0)
    assert [row["run_id"] for row in listed["runs"]] == [made[2], made[0]]
    assert listed["latest"] == made[2]
