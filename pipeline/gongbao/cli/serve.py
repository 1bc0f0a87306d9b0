"""`gongbao serve`: extraction and finished runs over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from gongbao.cli.run import ModelOption, RulesOption
from gongbao.cli.terminal import echo
from gongbao.loopback import HEAD, LOOPBACK

TOKEN_VARIABLE = "GONGBAO_TOKEN"
MIN_TOKEN = 16


def command(
    host: Annotated[str, typer.Option(help="Address to listen on; beyond this machine a token is needed.")] = LOOPBACK[
        0
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8321,
    out: Annotated[Path, typer.Option(help="Output folder whose runs are served.")] = Path("outputs"),
    token_file: Annotated[
        Path | None, typer.Option(help=f"File that holds the token; else the variable {TOKEN_VARIABLE}.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that extract.")] = 1,
    rules: RulesOption = None,
    ner: ModelOption = None,
    max_body: Annotated[int, typer.Option(min=1000, help="Bytes of one request (413).")] = 20_000_000,
    max_characters: Annotated[int, typer.Option(min=100, help="Characters of one article (413).")] = 500_000,
    max_text: Annotated[int, typer.Option(min=100, help="Bytes of one article's text (413).")] = 2_000_000,
    max_records: Annotated[int, typer.Option(min=1, help="Records that one article may give (413).")] = 20_000,
    max_queue: Annotated[int, typer.Option(min=0, help="Articles that may wait for a worker (429).")] = 32,
    max_batches: Annotated[int, typer.Option(min=1, help="Batches at once (429).")] = 4,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds for an article, and one more for each 1,000 characters (503).")
    ] = 30.0,
    memory: Annotated[int, typer.Option(min=256, help="MiB that a worker may hold.")] = 2048,
) -> None:
    """Serve extraction and the records of finished runs over HTTP, on this machine unless told otherwise.

    POST /extract and /extract/batch; GET /runs, /records, /schema, /health, /openapi.json, and /docs to look at. The
    log holds no article text and no query. Exit status: 0 when stopped with Ctrl-C, 2 when it could not start.
    """
    from gongbao.errors import ServiceError, install

    try:
        import uvicorn

        from gongbao.serve.app import create_app
    except ModuleNotFoundError as error:
        raise ServiceError(f"the service needs {error.name}", fix=install("serve"), code="service.extra") from error
    from gongbao.loopback import listen
    from gongbao.serve.limits import ServiceLimits
    from gongbao.serve.pool import Pool

    token, local = read_token(token_file), host in LOOPBACK
    if token is None and not local:
        raise ServiceError(
            "beyond this machine every request needs a token",
            where=host,
            fix=f"Put a secret of {MIN_TOKEN} characters or more into --token-file or {TOKEN_VARIABLE}",
            code="service.token",
        )
    limits = ServiceLimits(
        body=max_body,
        characters=max_characters,
        text=max_text,
        records=max_records,
        queue=max_queue,
        batches=max_batches,
        timeout=timeout,
        line=max_body,
    )
    listener = listen(host, port)
    pool = Pool(limits, workers=workers, rules=_folders(rules), ner=model(ner), memory=memory)
    try:
        pool.start()
        pool.versions()  # rules or a model that do not load are said here, not at the first request
        app: Any = create_app(pool, out, limits, token=token, local=local)
        name = f"[{host}]" if ":" in host else host
        typer.echo(f"http://{name}:{listener.getsockname()[1]}/")
        echo("Ctrl-C stops." if token else "Ctrl-C stops. No token is asked for on this machine.", err=True)
        config = uvicorn.Config(
            app,
            log_config=_log(),
            access_log=False,
            server_header=False,
            ws="none",
            http="h11",  # httptools, where it is installed, bounds no head
            h11_max_incomplete_event_size=HEAD,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=10,
            limit_concurrency=1000,
        )
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        pool.close()
        listener.close()


def read_token(file: Path | None) -> str | None:
    """The token from a file or the environment; None if there is none.

    Raises:
        ServiceError: the file cannot be read, others may read it, or the token is too short (`service.token`).
    """
    from gongbao.errors import ServiceError

    where = TOKEN_VARIABLE if file is None else str(file)
    if file is None:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
    else:
        try:
            if os.name == "posix" and file.stat().st_mode & 0o077:
                fix = f"chmod 600 {file}"
                raise ServiceError("others may read the token", where=where, fix=fix, code="service.token")
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise ServiceError(
                "the token cannot be read", where=where, fix="Name a text file that you may read", code="service.token"
            ) from error
    if not token and file is None:
        return None
    if len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ServiceError(
            "this is no safe token",
            where=where,
            fix=f"Take {MIN_TOKEN} or more letters and digits: openssl rand -hex 24",
            code="service.token",
        )
    return token


def model(ner: str | None) -> str | None:
    """The model that a command's option means; that of `gongbao run` where it is not given."""
    from gongbao.run.runner import Options

    return Options().ner if ner is None else None if ner == "none" else ner


def _folders(rules: list[Path] | None) -> tuple[str, ...]:
    return tuple(str(folder) for folder in rules or ())


def _log() -> dict[str, Any]:
    """Lines on standard error; no message of a web library that could quote a request."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "gongbao.serve": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "uvicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "python_multipart": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
