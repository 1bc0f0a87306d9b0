"""Tools for language models over MCP: facts with their evidence, so that a figure can be checked against its sentence.

Every answer is bounded: what a model reads is dear. Tools only read; nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from gongbao import __version__
from gongbao.errors import ExportError, GongbaoError, ReadError
from gongbao.export.cells import number_text
from gongbao.export.columns import Row
from gongbao.export.select import Data, Selection
from gongbao.export.sources import RecordSource, open_named

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from gongbao.pipeline import Pipeline

MOST_RECORDS = 100
MOST_CHARACTERS = 50_000
"""Of a text that is handed over."""
SHOWN = 400
"""Characters of a sentence, and of an article on each side of it."""
_BRIEF = (
    *("record_id", "article_id", "title", "place", "initiative", "indicator", "amount", "value", "value_max", "unit"),
    *("bound", "status", "year", "period", "sentence", "confidence", "flags"),
)
_ABOUT = """Facts out of Chinese bulletins: place, initiative, indicator, amount, year, each with its evidence.
Only records with status "actual" are or were so; amounts of one place may hold parts of each other: never add them up.
Before a figure is quoted, call evidence: it gives the sentence as it was found."""

Limit = Annotated[int, Field(ge=1, le=MOST_RECORDS, description="Records at most")]
RunName = Annotated[str, Field(max_length=100, description="latest, previous or a run's id")]


def server(pipeline: Pipeline, outputs: Path) -> MCPServer:
    """The server of the tools `extract`, `records` and `evidence`.

    Args:
        pipeline: Extracts from texts that are handed over.
        outputs: Where finished runs are.
    """
    from mcp.server import MCPServer

    made = MCPServer("gongbao", instructions=_ABOUT, version=__version__)

    @made.tool(description="Extract the facts of one bulletin article (Chinese text, damaged or traditional too).")
    def extract(
        text: Annotated[str, Field(max_length=MOST_CHARACTERS, description="The article")],
        pub_date: Annotated[str | None, Field(max_length=40, description="Publication date, YYYY-MM-DD")] = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with _told():
            found = pipeline.extract(text, pub_date=pub_date)
            return _page((record.to_dict() for record in found), limit, 0)

    @made.tool(description="Records of a finished run, filtered, in pages.")
    def records(
        where: Annotated[
            str | None,
            Field(
                max_length=1000,
                description="A filter: kind=money and year>=2019 and place^=广东省 and indicator~贷款",
            ),
        ] = None,
        run: RunName = "latest",
        limit: Limit = 20,
        offset: Annotated[
            int, Field(ge=0, le=10**9, description="Records to pass over: next_offset of the page before")
        ] = 0,
    ) -> dict[str, Any]:
        with _told():
            return _page(Data([_source(outputs, run)], Selection(where)).rows(), limit, offset)

    @made.tool(description="Where a record was read: its sentence, the words of each field, the text around it.")
    def evidence(
        record_id: Annotated[str, Field(max_length=100, description="record_id of a record of that run")],
        run: RunName = "latest",
    ) -> dict[str, Any]:
        with _told():
            return evidence_of(_source(outputs, run), record_id)

    return made


@contextmanager
def _told() -> Iterator[None]:
    """Errors with a fix reach the model; others are crashes, of which nothing is told."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        yield
    except GongbaoError as error:
        raise ToolError(str(error)) from error


def evidence_of(source: RecordSource, record_id: str) -> dict[str, Any]:
    """A record, what its fields were read from, and its article around the sentence.

    Raises:
        ExportError: there is no such record (`export.record`).
    """
    row = next((row for row in source.rows() if row["record_id"] == record_id), None)
    if row is None:
        fix = "Take a record_id that the tool records gave for this run"
        raise ExportError(f"no record {record_id!r}", where=source.run_id, fix=fix, code="export.record")
    article: Mapping[str, Any] = next(
        (found for found in source.article_rows() if found["id"] == row["article_id"]), {"text": ""}
    )
    text = article["text"]
    start = max(0, row["sentence_start"] - SHOWN)
    end = min(row["sentence_end"] + SHOWN, row["sentence_start"] + 4 * SHOWN)
    return {
        "record": _plain(row, row),
        "article": {name: article.get(name) for name in ("id", "title", "pub_date", "source")},
        "read": {field: _read(part, text) for field, part in row["evidence"].items()},
        "raw_is_in_text": text[row["start"] : row["end"]] == row["raw"],
        "text": text[start:end],
        "text_start": start,
    }


def _read(part: Mapping[str, Any], text: str) -> dict[str, Any]:
    words = text[part["start"] : part["end"]][:SHOWN] if part["start"] is not None else None
    return {**part, "words": words}


def _source(outputs: Path, run: str) -> RecordSource:
    if run in ("latest", "previous"):
        return open_named(run, outputs)
    if Path(run).name != run or run.startswith("."):
        raise ReadError(f"no run {run!r}", where="run", fix="Name latest, previous or a run's id", code="read.missing")
    return open_named(str(outputs / "runs" / run), outputs)


def _page(rows: Iterable[Row], limit: int, offset: int) -> dict[str, Any]:
    shown = list(islice(rows, offset, offset + limit + 1))
    return {
        "records": [_plain(row, _BRIEF) for row in shown[:limit]],
        "next_offset": offset + limit if len(shown) > limit else None,
    }


def _plain(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return dict(_cells(row, names))


def _cells(row: Row, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        value = row[name] if name != "extra" else row.get(name)
        if name in ("value", "value_max") and value is not None and not isinstance(value, int | float):
            value = number_text(value)  # digit for digit
        if name == "sentence" and value is not None and len(value) > SHOWN:
            value = f"{value[:SHOWN]}…"
        if value is not None:
            yield name, value
