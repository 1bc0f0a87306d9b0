"""Serving on this machine: its names, the head of a request, and the socket to listen on."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gongbao.errors import ServiceError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names under which a browser on this machine finds a service here."""


HEAD = 65_536
"""Bytes of a request's head at most: its address and headers."""


def is_too_long(scope: Mapping[str, Any]) -> bool:
    """Whether a request's head is longer than it may be, however the server in front counts.

    Args:
        scope: The request as ASGI has it.
    """
    address = len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b""))
    return address + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > HEAD


def host_of(value: str) -> str:
    """The host in a Host header, without its port; empty where there is none."""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""


def from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of another site, or of another port, sends this request.

    Args:
        headers: The request's headers by lower-case name. Programs that are no browsers send neither of the two.
    """
    origin = headers.get("origin")
    if origin is not None:
        try:
            if origin == "null" or urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
                return True
        except ValueError:
            return True
    return headers.get("sec-fetch-site", "none").lower() not in ("same-origin", "none")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        ServiceError: the address is not one of this machine, or the port cannot be used (`service.port`).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise ServiceError(
            f"cannot listen here: {error.strerror or error}",
            where=f"{host}:{port}",
            fix="Name another --port or --host, or end what uses it",
            code="service.port",
        ) from error
    return listener
