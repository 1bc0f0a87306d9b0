"""Batches: articles as lines in, results as lines out, in order, while the client may still be sending.

What arrives goes into an unnamed temporary file first. A client that sends everything before it reads anything must
not stop the service from reading, and many megabytes of waiting articles do not belong in memory.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from typing import IO, Any

from starlette.requests import ClientDisconnect, Request

from gongbao.document import Failure
from gongbao.errors import GongbaoError, ServiceError
from gongbao.serve.answers import bounded, result_line
from gongbao.serve.bodies import article_of
from gongbao.serve.limits import ServiceLimits
from gongbao.serve.pool import Pool
from gongbao.serve.problems import encoded, problem_of


class Spool:
    """Lines that one task writes as they arrive and another reads."""

    def __init__(self, limit: int) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="gongbao-batch-")  # noqa: SIM115
        self._limit = limit
        self._written = self._read = 0
        self.ended = False
        self._more = asyncio.Event()
        self._error: GongbaoError | None = None

    async def fill(self, request: Request) -> None:
        """Write what a request sends, to its end."""
        try:
            async for chunk in request.stream():
                self._file.seek(self._written)
                self._file.write(chunk)
                self._written += len(chunk)
                self._more.set()
        except GongbaoError as error:
            self._error = error
        except (ClientDisconnect, OSError):
            self._error = ServiceError("the batch broke off", where="body", code="service.broken_off")
        finally:
            self.ended = True
            self._more.set()

    async def lines(self) -> AsyncIterator[bytes]:
        """The lines as they become whole; the last one may lack its line end.

        Raises:
            ServiceError: a line is too long (`service.too_large`), or the request failed (after all whole lines).
        """
        rest = b""
        while True:
            self._more.clear()
            if self._read == self._written:
                if self.ended:
                    break
                await self._more.wait()
                continue
            self._file.seek(self._read)
            block = self._file.read(min(self._written - self._read, 1 << 18))
            self._read += len(block)
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                yield line
            if len(rest) > self._limit:
                raise ServiceError(
                    f"a line is longer than {self._limit:,} bytes",
                    where="body",
                    fix="One article a line; split the article, or start the service with a larger --max-body",
                    code="service.too_large",
                )
        if rest:
            yield rest
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


async def results(request: Request, pool: Pool, limits: ServiceLimits) -> AsyncGenerator[bytes, None]:
    """One line for each line of the batch, in order; an error that ends the batch is the last line."""
    spool = Spool(limits.line)
    ahead: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue(2 * pool.workers)
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(spool.fill(request)),
        asyncio.create_task(_begin(spool, ahead, pool, limits)),
    ]
    try:
        while (task := await ahead.get()) is not None:
            tasks.append(task)
            yield await task
            tasks.remove(task)
            if spool.ended and await request.is_disconnected():
                break
    finally:
        while not ahead.empty():
            if (left := ahead.get_nowait()) is not None:
                tasks.append(left)
        for begun in tasks:
            begun.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        spool.close()


async def _begin(
    spool: Spool, ahead: asyncio.Queue[asyncio.Task[bytes] | None], pool: Pool, limits: ServiceLimits
) -> None:
    """Begin the articles as they come, so many ahead of the one that is sent next."""
    number = 0
    try:
        async for line in spool.lines():
            number += 1
            if line.strip():
                await ahead.put(asyncio.create_task(_result(line, number, pool, limits)))
    except GongbaoError as error:
        await ahead.put(asyncio.create_task(_failed(None, error)))
    await ahead.put(None)


async def _result(line: bytes, number: int, pool: Pool, limits: ServiceLimits) -> bytes:
    identifier = f"line-{number}"
    try:
        article = await asyncio.to_thread(article_of, line, limits, f"line {number}", identifier)
        found = bounded(await pool.extract(article), limits)
        if isinstance(found, Failure):
            return encoded({"id": article.id, "error": problem_of(found)}) + b"\n"
        return result_line(article.id, found)
    except GongbaoError as error:
        return await _failed(identifier, error)


async def _failed(identifier: str | None, error: GongbaoError) -> bytes:
    return encoded({"id": identifier, "error": problem_of(error)}) + b"\n"
