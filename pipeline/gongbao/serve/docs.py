"""`/docs`: the routes to look at and to try, by Swagger UI out of this package: nothing comes from elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from importlib import resources

from fastapi import FastAPI, Request
from starlette.responses import Response

PATH = "/docs"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: its own files, pictures inside them, and this service."""
_TYPES: Mapping[str, str] = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_PACKED = ("swagger-ui-bundle.js", "swagger-ui.css")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>gongbao</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="routes"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({ url: "openapi.json", dom_id: "#routes", deepLinking: true, validatorUrl: null });
"""


def is_page(path: str) -> bool:
    """Whether a path is that of the page or of one of its files."""
    return path == PATH or path.startswith(f"{PATH}/")


def add(app: FastAPI) -> None:
    """Give the application the page and its files."""
    static = resources.files("gongbao.serve") / "static"

    @app.get(PATH, include_in_schema=False)
    async def page() -> Response:
        return Response(_PAGE, media_type="text/html")

    @app.get(f"{PATH}/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(_START, headers={"content-type": _TYPES["js"]})

    for name in _PACKED:

        @app.get(f"{PATH}/{name}", include_in_schema=False)
        async def file(request: Request) -> Response:
            name = request.url.path.rpartition("/")[2]
            content = (static / f"{name}.gz").read_bytes()
            headers = {"content-type": _TYPES[name.rpartition(".")[2]], "vary": "accept-encoding"}
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["content-encoding"] = "gzip"
            else:
                content = gzip.decompress(content)
            return Response(content, headers=headers)
