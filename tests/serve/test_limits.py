"""The service under load: what does not fit is turned away, what hangs is given up, and it stops when told."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from asking import TEXT, in_fresh_loop, problem


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
        began = time.monotonic()
        assert client.post("/extract", json={"text": TEXT}).status_code == 200
        assert time.monotonic() - began < 10, "the other worker answers meanwhile"
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
    from pipeline.errors import ServiceError
    from pipeline.models import Article
    from pipeline.serve.limits import Limits
    from pipeline.serve.pool import Pool

    pool = Pool(Limits(patience=0.2), ner=None)

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
    from pipeline.serve.guard import Guard
    from pipeline.serve.limits import Limits

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    async def never() -> Any:
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/extract", "headers": [(b"host", b"localhost")]}
    guard = Guard(app, Limits(idle=0.05), token=None, local=True)
    in_fresh_loop(lambda: guard(scope, never, send))
    assert sent[0]["status"] == 408


def test_it_stops_when_told(start: Callable[..., Any]) -> None:
    service = start()
    with service.client() as client:
        assert client.get("/health").json()["status"] == "ok"
    assert threading.active_count() >= 1
    assert service.stop() in (0, -15)
