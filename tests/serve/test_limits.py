"""The service under load: what does not fit is turned away, what hangs is given up, and it stops when told."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.serve.asking import TEXT, in_fresh_loop, problem


def test_more_than_fits_is_turned_away_and_can_come_back(start: Callable[..., Any]) -> None:
    service = start("--max-queue", "0", "--max-batches", "1")
    long = {"text": TEXT * 400}
    with service.client() as client:

        def ask(_: int) -> Any:
            return client.post("/extract", json=long)

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(8)))
        statuses = {answer.status_code for answer in answers}
        assert statuses == {200, 429}
        for answer in answers:
            if answer.status_code == 429:
                problem(answer, 429, "service.busy")
                assert int(answer.headers["retry-after"]) >= 1
        assert client.post("/extract", json={"text": TEXT}).status_code == 200


def test_an_article_that_hangs_or_crashes_costs_only_itself(start: Callable[..., Any]) -> None:
    service = start("--timeout", "1", "--workers", "2", poisoned=True)
    with service.client() as client:
        hanging = threading.Thread(target=client.post, args=("/extract",), kwargs={"json": {"text": "死循环"}})
        hanging.start()
        assert client.post("/extract", json={"text": TEXT}).status_code == 200
        hanging.join()
        answer = client.post("/extract", json={"text": "死循环"})
        problem(answer, 503, "extract.timeout")
        assert "retry-after" in answer.headers
        problem(client.post("/extract", json={"text": "崩溃"}), 500, "extract.crash")
        lines = "\n".join(json.dumps({"id": name, "text": name}) for name in ("退出", "死循环", TEXT))
        batch = client.post("/extract/batch", content=lines.encode(), headers={"content-type": "application/x-ndjson"})
        rows = [json.loads(line) for line in batch.text.splitlines()]
        assert [row.get("error", {}).get("code") for row in rows] == ["extract.crash", "extract.timeout", None]
        assert len(rows[2]["records"]) == 2


def test_an_article_that_nobody_has_time_for(start: Callable[..., Any], tmp_path: Path) -> None:
    from gongbao.document import Article
    from gongbao.errors import ServiceError
    from gongbao.serve.limits import ServiceLimits
    from gongbao.serve.pool import Pool

    pool = Pool(ServiceLimits(patience=0.2), ner=None)

    async def two() -> list[Any]:
        slow = Article("slow", TEXT * 800)
        return await asyncio.gather(pool.extract(slow), pool.extract(Article("late", TEXT)), return_exceptions=True)

    try:
        pool.versions()
        first, second = in_fresh_loop(two)
    finally:
        pool.close()
    assert first.counts.articles == 1
    assert isinstance(second, ServiceError) and second.code == "service.waiting"


def test_a_client_that_goes_silent_is_given_up(runs: Path) -> None:
    from gongbao.serve.guard import Guard
    from gongbao.serve.limits import ServiceLimits

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    async def never() -> Any:
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/extract", "headers": [(b"host", b"localhost")]}
    guard = Guard(app, ServiceLimits(idle=0.05), token=None, local=True)
    in_fresh_loop(lambda: guard(scope, never, send))
    assert sent[0]["status"] == 408


def test_a_client_that_takes_nothing_is_given_up_and_its_place_is_free(runs: Path) -> None:
    """Four of them would hold all batches for ever."""
    from gongbao.serve.app import create_app
    from gongbao.serve.limits import ServiceLimits
    from gongbao.serve.pool import Pool

    pool = Pool(ServiceLimits(), ner=None)
    app = create_app(pool, runs, ServiceLimits(idle=0.05, batches=1))
    body = {"type": "http.request", "body": b'{"text": ""}\n' * 3, "more_body": False}
    head = [(b"host", b"localhost"), (b"content-type", b"application/x-ndjson")]
    scope = {"type": "http", "method": "POST", "path": "/extract/batch", "headers": head, "query_string": b""}
    begun: list[Any] = []

    async def receive() -> Any:
        return body

    async def ask(stops_at: str) -> None:
        async def send(message: Any) -> None:
            begun.append(message)
            if message["type"] == stops_at:
                await asyncio.sleep(60)

        await app(dict(scope), receive, send)

    async def three() -> None:
        await ask("http.response.start")
        await ask("http.response.body")
        await ask("")

    try:
        in_fresh_loop(three)
    finally:
        pool.close()
    assert [message["status"] for message in begun if message["type"] == "http.response.start"] == [200, 200, 200]
    assert begun[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    from gongbao.document import Article
    from gongbao.serve.limits import ServiceLimits
    from gongbao.serve.pool import Pool

    pool = Pool(ServiceLimits(), ner=None)
    submitted: list[Any] = []
    submit = pool._engine.submit

    def noted(shard: Any) -> Any:
        submitted.append(submit(shard))
        return submitted[-1]

    pool._engine.submit = noted  # type: ignore[method-assign]

    async def asked() -> Any:
        slow = asyncio.ensure_future(pool.extract(Article("slow", TEXT * 800)))
        gone = asyncio.ensure_future(pool.extract(Article("gone", TEXT)))
        await asyncio.sleep(0)
        gone.cancel()
        return await slow

    try:
        pool.versions()
        assert in_fresh_loop(asked).counts.articles == 1
    finally:
        pool.close()
    assert [future.cancelled() for future in submitted] == [False, True]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "application/x-ndjson"])
def test_an_upload_that_breaks_off_is_no_fault_of_the_service(service: Any, kind: str) -> None:
    path = "/extract/batch" if "ndjson" in kind else "/extract"
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=600) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: 900\r\n\r\n".encode()
            + b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        )
    with service.client() as client:
        assert client.post("/extract", json={"text": TEXT}).status_code == 200
    assert " ERROR " not in service.log


@pytest.mark.parametrize(("length", "fits"), [(20_000, True), (66_000, False), (100_000, False), (300_000, False)])
def test_a_head_is_64_kb_at_most(service: Any, length: int, fits: bool) -> None:
    """However it comes: in one piece, which a server takes whole, or in many."""
    for pieces in (1, 7):
        head = (
            f"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-long: {'x' * length}\r\n\r\n".encode()
        )
        parts = urlsplit(service.url)
        with socket.create_connection((parts.hostname, parts.port), 30) as connection:
            step = -(-len(head) // pieces)
            try:
                for at in range(0, len(head), step):
                    connection.sendall(head[at : at + step])
                    time.sleep(0.01)
                answer = connection.makefile("rb").readline()
            except ConnectionError:  # it hung up while we were still talking
                answer = b""
        assert (b" 200 " in answer) is fits, (pieces, answer)
        assert fits or answer == b"" or any(status in answer for status in (b" 431 ", b" 400 "))


def test_it_stops_when_told(start: Callable[..., Any]) -> None:
    service = start()
    with service.client() as client:
        assert client.get("/health").json()["status"] == "ok"
    assert threading.active_count() >= 1
    assert service.stop() in (0, -15)


ELSEWHERE = [
    ("a rebound name", {"host": "evil.example:8321"}, "service.host"),
    ("a rebound name that says it is its own site", {"host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "same-origin"}, "service.host"),
    ("a name that only begins like ours", {"host": "localhost.evil.example"}, "service.host"),
    ("a name with ours before an @", {"host": "localhost@evil.example"}, "service.host"),
    ("no name", {"host": ""}, "service.host"),
    ("a page of another site", {"origin": "http://evil.example"}, "service.origin"),
    ("a page of another port", {"origin": "http://127.0.0.1:9"}, "service.origin"),
    ("a sandboxed page", {"origin": "null"}, "service.origin"),
    ("an origin that is none", {"origin": "http://["}, "service.origin"),
    ("an image on a page of another site", {"sec-fetch-site": "cross-site"}, "service.origin"),
    ("a page of another port, by the browser's word", {"sec-fetch-site": "same-site"}, "service.origin"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "code"), [case[1:] for case in ELSEWHERE], ids=[case[0] for case in ELSEWHERE])
def test_nothing_is_answered_to_another_site(service: Any, headers: dict[str, str], code: str) -> None:
    with service.client() as client:
        for path in ("/", "/health", "/runs", "/records"):
            problem(client.get(path, headers=headers), 403, code)
        problem(client.post("/extract", json={"text": TEXT}, headers=headers), 403, code)
        problem(client.post("/extract/batch", content=b"", headers=headers), 403, code)


def test_every_answer_forbids_scripts_and_frames(service: Any) -> None:
    with service.client() as client:
        for answer in (client.get("/"), client.get("/nowhere"), client.get("/runs", headers={"origin": "null"})):
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "access-control-allow-origin" not in answer.headers


def raw(service: Any, data: bytes) -> bytes:
    """What the service answers to bytes that no client library would send."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=600) as connection:
        connection.settimeout(30)
        try:
            connection.sendall(data)
            return connection.recv(65_536)
        except ConnectionError:
            return b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /records?where=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(20_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"POST /extract HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}x",
        b"\x16\x03\x01" * 100_000,
    ],
    ids=["a long query", "a long header", "many headers", "two names", "two lengths", "no HTTP"],
)
def test_heads_beyond_measure_are_refused_and_the_service_goes_on(service: Any, head: bytes) -> None:
    assert raw(service, head)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    with service.client() as client:
        assert client.get("/health").status_code == 200


def test_a_long_question_is_refused(service: Any) -> None:
    with service.client() as client:
        for name, value in (("where", "year>1 and " * 100), ("place", "省" * 101), ("article", "a" * 1001)):
            problem(client.get("/records", params={name: value}), 422, "service.parameter")


def test_a_socket_for_messages_is_not_opened(service: Any) -> None:
    from gongbao.serve.guard import Guard
    from gongbao.serve.limits import ServiceLimits

    head = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = raw(service, head)
    assert answer[:12] != b"HTTP/1.1 101" and int(answer[9:12]) >= 400
    reached: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    async def nothing(*message: Any) -> None:
        reached.append(message)

    in_fresh_loop(lambda: Guard(app, ServiceLimits(), token=None, local=True)({"type": "websocket"}, nothing, nothing))
    assert reached == []


def test_files_of_very_many_articles_go_to_the_batch(service: Any) -> None:
    rows = "".join(json.dumps({"id": str(n), "text": "x"}) + "\n" for n in range(1_500)).encode()
    with service.client() as client:
        answer = problem(client.post("/extract", files={"file": ("a.jsonl", rows)}), 413, "read.too_large")
        assert "/extract/batch" in answer["fix"]
        packed = gzip.compress(rows[:29] + b"\n" * 900_000 + b" " * 40_000_000)
        assert len(packed) < 100_000
        answer = client.post("/extract", files={"file": ("a.jsonl.gz", packed)}).json()
        assert [error["code"] for error in answer["errors"]][-1] == "read.too_large"
