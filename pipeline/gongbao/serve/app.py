"""The HTTP service: articles in, records out; finished runs for reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gongbao import __version__
from gongbao.document import Article, Failure
from gongbao.errors import GongbaoError
from gongbao.export.schema import record_schema
from gongbao.record import Kind, Status
from gongbao.run.lines import Lines
from gongbao.serve import docs, openapi
from gongbao.serve.answers import bounded, extraction, json_response, problem_response
from gongbao.serve.batch import results
from gongbao.serve.bodies import FORM, JSON, LINES, article_of, media_type, unsupported, uploaded
from gongbao.serve.guard import Guard
from gongbao.serve.limits import ServiceLimits
from gongbao.serve.pool import Gate, Pool
from gongbao.serve.problems import encoded, problem, problem_of
from gongbao.serve.runs import CURSOR, LATEST, RUN_ID, Filters, Runs

MAX_PAGE = 1000


class _Stream(StreamingResponse):
    """A stream whose request is still being read: nobody else may wait for what the client sends.

    Args:
        lines: What is sent.
        held: What is given back at the end, also where sending fails.
    """

    def __init__(self, lines: AsyncGenerator[bytes, None], held: ExitStack) -> None:
        super().__init__(lines, media_type=LINES)
        self._lines, self._held = lines, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            async with aclosing(self._lines):
                await self.stream_response(send)


def create_app(pool: Pool, out: Path, limits: ServiceLimits, *, token: str | None = None, local: bool = True) -> Guard:
    """The service as an ASGI application.

    Args:
        pool: Who extracts; started and closed with the application.
        out: The output folder whose runs are served.
        limits: What is refused.
        token: The bearer token that requests need; None for none, on loopback only.
        local: Whether it listens on loopback.
    """
    return Guard(build(pool, out, limits), limits, token=token, local=local)


def build(pool: Pool, out: Path, limits: ServiceLimits) -> FastAPI:
    """The application without its guard."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool.start()
        yield
        await run_in_threadpool(pool.close)

    app = FastAPI(
        title="gongbao", version=__version__, description=openapi.DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    _errors(app)
    _extraction(app, pool, limits)
    _reading(app, Runs(out), limits)

    @app.get("/health", tags=["service"], summary="Is the service well?", responses=openapi.answers("Health"))
    async def health() -> Response:
        return json_response(encoded({"status": "ok", "version": __version__, "workers": pool.workers}))

    @app.get("/", tags=["service"], summary="What there is", responses=openapi.answers("Index"))
    async def index() -> Response:
        operations = (
            (f"{method.upper()} {path}", operation["summary"])
            for path, methods in document()["paths"].items()
            for method, operation in methods.items()
        )
        return json_response(
            encoded({"service": "gongbao", "version": __version__, "routes": dict(operations), "more": "/openapi.json"})
        )

    made: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not made:
            made.update(openapi.document(app, limits))
        return made

    app.openapi = document  # type: ignore[method-assign]
    docs.add(app)
    return app


def _errors(app: FastAPI) -> None:
    @app.exception_handler(GongbaoError)
    async def own(request: Request, error: Exception) -> Response:
        assert isinstance(error, GongbaoError)
        return problem_response(problem_of(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first: Mapping[str, Any] = error.errors()[0]
        name = str(first["loc"][-1])
        return problem_response(problem("service.parameter", str(first["msg"]), name, "See /openapi.json"))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            response = problem_response(
                problem("service.method", "this method is not served here", request.method, "See /openapi.json")
            )
            response.headers.update(error.headers or {})
            return response
        return problem_response(problem("service.path", "there is nothing here", "path", "See /openapi.json"))


def _extraction(app: FastAPI, pool: Pool, limits: ServiceLimits) -> None:
    batches = Gate(limits.batches, "batches")

    @app.post(
        "/extract",
        tags=["extraction"],
        summary="The records of one article",
        responses=openapi.answers("Extraction", 408, 413, 415, 429, 503),
        openapi_extra=openapi.EXTRACT,
    )
    async def extract(request: Request) -> Response:
        kind = media_type(request)
        found: Sequence[Article | Failure]
        if kind == JSON:
            found = [await run_in_threadpool(article_of, await request.body(), limits)]
        elif kind == FORM:
            found = await uploaded(request, limits, pool)
        else:
            raise unsupported(request, JSON, FORM)

        async def answered() -> list[Lines | Failure]:
            with pool.place():
                return [i if isinstance(i, Failure) else bounded(await pool.extract(i), limits) for i in found]

        return extraction(await _while_there(request, answered()))

    @app.post(
        "/extract/batch",
        tags=["extraction"],
        summary="The records of many articles, line by line",
        responses=openapi.answers("BatchLine", 408, 413, 415, 429, 503, media=LINES),
        openapi_extra=openapi.BATCH,
    )
    async def batch(request: Request) -> Response:
        if media_type(request) not in (LINES, "application/jsonl"):
            raise unsupported(request, LINES)
        held = ExitStack()
        held.enter_context(batches())
        return _Stream(results(request, pool, limits), held)


async def _while_there(request: Request, work: Coroutine[Any, Any, list[Lines | Failure]]) -> list[Lines | Failure]:
    """What comes of work for a client; given up where the client goes before."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    tasks = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise ClientDisconnect
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _reading(app: FastAPI, runs: Runs, limits: ServiceLimits) -> None:
    gate = Gate(limits.readers, "readers")

    @app.get("/runs", tags=["runs"], summary="Finished runs, newest first", responses=openapi.answers("Runs", 429))
    async def list_runs(
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100, offset: Annotated[int, Query(ge=0, le=10**9)] = 0
    ) -> Response:
        with gate():
            return json_response(encoded(await run_in_threadpool(runs.list, limit, offset)))

    @app.get("/runs/{run_id}", tags=["runs"], summary="A run's manifest", responses=openapi.answers("Run", 404, 429))
    async def one_run(
        run_id: Annotated[str, PathParameter(pattern=RUN_ID, description="A run, or latest", examples=["latest"])],
    ) -> Response:
        with gate():
            return json_response(encoded(await run_in_threadpool(runs.manifest, run_id)))

    @app.get(
        "/records",
        tags=["runs"],
        summary="Records of a run, filtered, in pages",
        responses=openapi.answers("Page", 404, 429),
    )
    async def records(
        run: Annotated[str, Query(pattern=RUN_ID, description="A run, or latest")] = LATEST,
        where: Annotated[
            str | None,
            Query(
                max_length=1000,
                description="A filter as of `gongbao export --where`",
                json_schema_extra={"format": "gongbao-where"},
                examples=["kind=money and year>=2019 and place^=广东省"],
            ),
        ] = None,
        place: Annotated[
            str | None, Query(max_length=100, description="A place and all inside it", examples=["江苏省/南京市"])
        ] = None,
        kind: Annotated[Kind | None, Query(description="A kind of quantity")] = None,
        status: Annotated[Status | None, Query(description="What the amount says of the world")] = None,
        year: Annotated[int | None, Query(ge=-9999, le=9999, description="The year the fact holds for")] = None,
        article: Annotated[str | None, Query(max_length=1000, description="An article's id")] = None,
        min_confidence: Annotated[float | None, Query(ge=0, le=1, description="The least confidence")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Records on a page at most")] = 100,
        cursor: Annotated[
            str | None, Query(pattern=CURSOR, description="`next` of the page before; its run is gone on with")
        ] = None,
    ) -> Response:
        filters = Filters(where, place, kind, status, year, article, min_confidence)
        with gate():
            page = await run_in_threadpool(runs.page, run, filters, limit=limit, cursor=cursor, seconds=limits.scan)
        head = encoded({"run": page.run, "next": page.next})[:-1]
        return json_response(head + b', "records": [' + b", ".join(page.lines) + b"]}")

    @app.get("/schema", tags=["service"], summary="JSON Schema of a record", responses=openapi.answers("Schema"))
    async def schema() -> Response:
        return json_response(encoded(record_schema()))
