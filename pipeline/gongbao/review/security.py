"""Keeping other pages and other machines out: loopback hosts only, same origin, a token on every write."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gongbao.loopback import LOOPBACK, from_elsewhere, host_of, is_too_long

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOKEN_HEADER = "x-gongbao-token"
MAX_BODY = 32 * 1024 * 1024
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class PageGuard:
    """ASGI middleware: refuses foreign hosts and origins, writes without the token, and bodies that are too large.

    The check of the Host header keeps out web pages that point a name of their own at this machine.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the headers of security on its answer, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        problem = self._problem(scope)
        if problem:
            await _refuse(send, *problem)
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._app(scope, receive, guarded)

    def _problem(self, scope: Scope) -> tuple[int, str] | None:
        if is_too_long(scope):
            return 431, "too long an address, or too much in headers"
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if host_of(headers.get("host", "")) not in LOOPBACK:
            return 400, "this address is not served here"
        if from_elsewhere(headers):
            return 403, "another site may not ask here: type the address, or take it from the terminal"
        if scope["method"] in ("GET", "HEAD"):
            return None
        if not secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            return 403, "the page is older than the program: reload it"
        length = headers.get("content-length", "")
        if not length.isdecimal() or "transfer-encoding" in headers:  # which would override the length
            return 411, "a length is needed"
        return (413, "too much at once") if int(length) > MAX_BODY else None


async def _refuse(send: Send, status: int, why: str) -> None:
    body = f'{{"error": "{why}"}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
