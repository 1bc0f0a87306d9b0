"""The outermost layer of the service: who may ask, how much they may send, and a log without any of it.

A line of the log says method, path, status, bytes sent and milliseconds: neither queries nor bodies, and of a crash
only the kind of error and where in the program it was, since messages may quote an article.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect

from gongbao.errors import GongbaoError, ServiceError
from gongbao.loopback import HEAD, LOOPBACK, from_elsewhere, host_of, is_too_long
from gongbao.serve import docs
from gongbao.serve.limits import ServiceLimits
from gongbao.serve.problems import RETRY, encoded, problem, problem_of, status_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOG = logging.getLogger("gongbao.serve")
OPEN_PATHS = ("/health", "/openapi.json")
"""What is answered without a token, beside the page that shows the routes: nothing that is not the same everywhere."""
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
_POLICY = b"default-src 'none'; frame-ancestors 'none'"


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: The application.
        limits: Sizes and idle time of bodies.
        token: The bearer token that every request needs; None for none.
        local: The service listens on loopback: only requests that name it so are answered, which keeps out web pages
            that point a name of their own at this machine.
    """

    def __init__(self, app: App, limits: ServiceLimits, *, token: str | None, local: bool) -> None:
        self._app = app
        self._limits = limits
        self._token = token
        self._local = local

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on with its body watched."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status, sent = 0, 0

        async def answer(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                policy = docs.POLICY.encode() if docs.is_page(scope["path"]) else _POLICY
                policed = (b"content-security-policy", policy)
                message["headers"] = [*message.get("headers", []), policed, *_HEADERS]
            else:
                sent += len(message.get("body", b""))
            async with asyncio.timeout(self._limits.idle):
                await send(message)

        try:
            refusal = self._refusal(scope)
            if refusal is not None:
                await respond(answer, refusal)
            else:
                await self._app(scope, self._watched(scope, receive), answer)
        except GongbaoError as error:
            if not status:
                await respond(answer, problem_of(error))
        except ClientDisconnect:
            pass  # nobody is there to be told
        except TimeoutError:
            LOG.warning("a client that took nothing for %.0f s was given up", self._limits.idle)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            LOG.error("%s at %s:%s", type(error).__name__, frame.name, frame.lineno)
            if not status:
                await respond(answer, problem("service.crash", "the service failed", fix="Report this as a bug"))
        finally:
            took = (time.perf_counter() - began) * 1000
            path = scope["path"].encode("unicode_escape").decode()[:200]
            LOG.info("%s %s %s %s bytes %.0f ms", scope["method"], path, status, sent, took)

    def _refusal(self, scope: Message) -> dict[str, Any] | None:
        if is_too_long(scope):
            fix = "Send less in the address and in headers"
            return problem("service.head", f"the head is larger than {HEAD:,} bytes", "head", fix)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if self._local and host_of(host) not in LOOPBACK:
            return problem(
                "service.host", "this address is not served here", "Host", "Ask 127.0.0.1 or localhost by that name"
            )
        if from_elsewhere(headers):
            return problem("service.origin", "web pages of other sites may not ask", "Origin")
        if self._token is not None and scope["path"] not in OPEN_PATHS and not docs.is_page(scope["path"]):
            scheme, _, given = headers.get("authorization", "").partition(" ")
            right = secrets.compare_digest(given.strip().encode(), self._token.encode())
            if scheme.lower() != "bearer" or not right:
                fix = "Send the header: Authorization: Bearer <token>"
                return problem("service.token", "the token is missing or wrong", "Authorization", fix)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._room(scope):
            return _too_large(self._room(scope))
        return None

    def _room(self, scope: Message) -> int:
        return self._limits.batch if scope["path"] == "/extract/batch" else self._limits.body

    def _watched(self, scope: Message, receive: Receive) -> Receive:
        room = self._room(scope)
        arrived, complete = 0, False

        async def watched() -> Message:
            nonlocal arrived, complete
            if complete:  # what comes now is only that the client has gone: that may take as long as it likes
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._limits.idle)
            except TimeoutError:
                raise ServiceError(
                    f"nothing came for {self._limits.idle:.0f} s",
                    where="body",
                    fix="Send the request without pauses",
                    code="service.slow",
                ) from None
            arrived += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if arrived > room:
                about = _too_large(room)
                raise ServiceError(about["message"], where="body", fix=about["fix"], code=about["code"])
            return message

        return watched


def _too_large(room: int) -> dict[str, Any]:
    fix = (
        "Send less at once; articles one by one, many to /extract/batch. Or start the service with a larger --max-body"
    )
    return problem("service.too_large", f"the body is larger than {room:,} bytes", "body", fix)


async def respond(send: Send, body: dict[str, Any]) -> None:
    """Answer with a problem."""
    status, data = status_of(body["code"]), encoded(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status in RETRY:
        headers.append((b"retry-after", RETRY[status].encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
