"""`gongbao parse`: what the parts find in single lines, for testing and for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def command(
    rules: Annotated[list[Path] | None, typer.Option("--rules", help="Folder of your own rules.")] = None,
) -> None:
    """Read lines of text, or JSON objects {"text", "pub_date"}, from standard input; write one JSON line for each."""
    from gongbao.canonical import dump_json
    from gongbao.pipeline import Pipeline

    pipeline = Pipeline(rules=tuple(rules or ()), ner=None)
    stdin = sys.stdin
    stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    for line in stdin:
        text, pub_date, problem = _request(line.rstrip("\r\n"))
        found = _plain(pipeline.parse(text, pub_date))
        sys.stdout.write(dump_json({**found, "error": problem} if problem else found) + "\n")
        sys.stdout.flush()


def _request(line: str) -> tuple[str, Any, str | None]:
    """The text and date of a line, a JSON object with `text` or the line itself, and what is wrong with the date."""
    from gongbao.read.dates import as_date
    from gongbao.stored import object_of

    if line.lstrip().startswith("{"):
        try:
            item = object_of(line)
        except ValueError:
            item = {}
        if isinstance(item.get("text"), str):
            given = item.get("pub_date")
            published = as_date(given)
            if given and published is None:
                return item["text"], None, f"pub_date is no date: {given!r}; write it as YYYY-MM-DD"
            return item["text"], published, None
    return line, None, None


def _plain(value: Any) -> Any:
    from decimal import Decimal

    from gongbao.canonical import plain_number

    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return plain_number(value) if isinstance(value, Decimal) else value
