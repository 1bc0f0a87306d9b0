"""`gongbao import`: annotations corrected in another tool come back as reference facts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongbao.cli.diff import BaselineOption
from gongbao.cli.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gongbao.export.annotations import Annotated as AnnotatedArticle
    from gongbao.export.corrected import Corrected


class Tool(StrEnum):
    """The tool that the annotations come from."""

    label_studio = "label-studio"
    doccano = "doccano"
    brat = "brat"
    conll = "conll"
    spacy = "spacy"


_MODULES = {Tool.spacy: "docbin"}
_SUFFIXES = {".json": Tool.label_studio, ".jsonl": Tool.doccano, ".conll": Tool.conll, ".spacy": Tool.spacy}


def command(
    annotations: Annotated[Path, typer.Argument(help="What the tool exported: a file, or brat's folder.")],
    tool: Annotated[
        Tool | None, typer.Option("--from", help="The tool; if left out, by the ending (.json .jsonl .conll .spacy).")
    ] = None,
    run: Annotated[
        str, typer.Option(help="What was exported: a run's folder, latest, previous or baseline.")
    ] = "latest",
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Gold file to write; - for standard output.")
    ] = None,
    outputs: Annotated[Path, typer.Option(help="Where run folders are.")] = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
) -> None:
    """Turn corrected annotations into reference facts (one article a line, as corpus/gold holds them).

    What was left as it was keeps its values; what was marked anew is read from the text. Marks in which nothing can be
    read are named and left out.

    Exit status: 0 all read, 1 some marks could not be read, 2 nothing could be done.
    """
    from importlib import import_module

    from gongbao.cli.export import open_sources
    from gongbao.errors import ExportError
    from gongbao.export.corrected import Corrector, pair_up
    from gongbao.export.select import Data
    from gongbao.pipeline import Pipeline

    if not annotations.exists():
        fix = "Name what the tool exported"
        raise ExportError("no such file", where=str(annotations), fix=fix, code="import.missing")
    tool = tool or (Tool.brat if annotations.is_dir() else _SUFFIXES.get(annotations.suffix.lower()))
    if tool is None:
        fix = f"Say which with --from: {', '.join(Tool)}"
        raise ExportError("which tool is this from?", where=str(annotations), fix=fix, code="import.format")
    items: Iterator[AnnotatedArticle] = import_module(
        f"gongbao.export.{_MODULES.get(tool, tool.replace('-', '_'))}"
    ).read(annotations)
    data = Data(open_sources([run], outputs, baseline))
    corrector = Corrector(Pipeline(ner=None))
    lines, done = [], []
    for item, article, rows in pair_up(items, data.by_article()):
        corrected = corrector.correct(item, article, rows)
        lines.append(gold_line(article, corrected))
        done.append(corrected)
    _write(lines, output, outputs / "imports" / f"{annotations.stem}.gold.jsonl")
    raise typer.Exit(_report(done))


def gold_line(article: dict[str, Any], corrected: Corrected) -> dict[str, Any]:
    """An article with its corrected records as reference facts."""
    from gongbao.review.gold import fact_of

    facts = []
    for row in corrected.rows:
        fact = fact_of(row, article["text"])
        if fact is None:
            corrected.unread.append(
                f"{row['raw']} (stands in the text more than once, nothing around it tells it apart)"
            )
        else:
            facts.append(fact)
    about = {name: article.get(name) for name in ("id", "title", "pub_date", "source")}
    return {**about, "text": article["text"], "facts": facts}


def _write(lines: list[dict[str, Any]], output: str | None, default: Path) -> None:
    from gongbao.canonical import dump_json
    from gongbao.export.writing import write_text

    text = "".join(f"{dump_json(line)}\n" for line in lines)
    if output == "-":
        typer.echo(text, nl=False)
        return
    path = Path(output) if output else default
    write_text(path, text)
    echo(f"{len(lines)} articles: {path}", err=True)


def _report(done: list[Corrected]) -> int:
    words = ("kept", "changed", "added", "removed")
    totals = ", ".join(f"{sum(getattr(one, word) for one in done)} {word}" for word in words)
    echo(totals, err=True)
    unread = [(one.article_id, mark) for one in done for mark in one.unread]
    for article_id, mark in unread:
        echo(f"not read: {article_id}: {mark}", err=True)
    return 1 if unread else 0
