"""`gongbao mcp`: tools for language models over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption


def command(
    out: Annotated[Path, typer.Option(help="Output folder whose runs are read.")] = Path("outputs"),
    rules: RulesOption = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
) -> None:
    """Serve the tools extract, records and evidence to a language model: MCP over standard input and output.

    It reads finished runs of OUT and texts that are handed over, and sends nothing anywhere. A client starts it:
    {"command": "gongbao", "args": ["mcp", "--out", "/path/to/outputs"]}.
    """
    from gongbao.errors import ServiceError, install

    try:
        import mcp  # noqa: F401
    except ModuleNotFoundError as error:
        raise ServiceError(f"the tools need {error.name}", fix=install("mcp"), code="service.extra") from error
    from gongbao.assistant import server
    from gongbao.pipeline import Pipeline

    pipeline = Pipeline(rules=tuple(rules or ()), ner=None if no_ner else ner)
    server(pipeline, out).run("stdio")
