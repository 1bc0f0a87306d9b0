"""`gongbao evaluate`: records against gold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption
from gongbao.cli.terminal import echo

if TYPE_CHECKING:
    from gongbao.evaluate.scoring import Scores


def command(
    gold: Annotated[list[Path], typer.Argument(help="Gold files, or folders of them.")],
    records: Annotated[Path | None, typer.Option(help="Score these records (a run folder or records.jsonl).")] = None,
    errors: Annotated[int, typer.Option(help="List so many errors.")] = 0,
    field: Annotated[
        str | None, typer.Option(help="Only errors of this kind: missed, spurious, place, year, ...")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page to read.")] = None,
    floors: Annotated[Path | None, typer.Option(help="YAML of least figures; exit status 1 below one.")] = None,
    rules: RulesOption = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
    json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
) -> None:
    """Extract the gold articles' texts, or take given records, and score them against the gold facts."""
    from gongbao.canonical import dump_json
    from gongbao.evaluate.gold import read_gold
    from gongbao.evaluate.report import as_dict, as_html, below_floors
    from gongbao.evaluate.scoring import evaluate

    articles = list(read_gold(gold))
    scores = evaluate(articles, _records(articles, records, tuple(rules or ()), None if no_ner else ner))
    if html is not None:
        from gongbao.export.writing import write_text

        write_text(html, as_html(scores), option="--html")
    if json:
        typer.echo(dump_json(as_dict(scores)))
    else:
        _print(scores, errors, field)
    missed = below_floors(scores, floors) if floors is not None else []
    for line in missed:
        typer.echo(line, err=True)
    raise typer.Exit(1 if missed else 0)


def _records(articles: Any, given: Path | None, rules: tuple[Path, ...], ner: str | None) -> Any:
    from datetime import date

    from gongbao.document import Failure
    from gongbao.pipeline import Pipeline
    from gongbao.read import article_from_text
    from gongbao.run.folder import read_records

    if given is not None:
        # A record of schema version 1 has no status that could be wrong.
        for row in (record.to_dict() for record in read_records(given)):
            yield row if row["status"] is not None else {n: v for n, v in row.items() if n != "status"}
        return
    pipeline = Pipeline(rules=rules, ner=ner)
    read = (
        article_from_text(
            article.text,
            id=article.id,
            title=article.data.get("title"),
            pub_date=date.fromisoformat(article.data["pub_date"]) if article.data.get("pub_date") else None,
        )
        for article in articles
    )
    for result in pipeline.pipe(read):
        if isinstance(result, Failure):
            echo(f"failed: {result.id}: {result.message}", err=True)
        else:
            yield from (record.to_dict() for record in result.records)


def _print(scores: Scores, errors: int, field: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from gongbao.evaluate.report import FIGURES

    # Piped output has no width of its own: wide enough for every column.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("")
    table.add_column("facts", justify="right")
    for column in FIGURES:
        table.add_column(column, justify="right")
    rows = [("all", scores.total), *sorted(scores.by_kind.items())]
    for name, tally in rows:
        figures = tally.figures()
        cells = [f"{figures[c]:.3f}" if figures[c] is not None else "–" for c in FIGURES]
        table.add_row(name, str(tally.facts), *cells)
    console.print(table)
    console.print(f"{scores.articles} articles; expected calibration error {scores.calibration_error:.3f}")
    shown = [m for m in scores.mistakes if field is None or m.what == field][:errors]
    for mistake in shown:
        want = (
            ""
            if mistake.want is None
            else f"  want {mistake.want!r} got {mistake.got!r} ({mistake.how} {mistake.rule})"
        )
        console.print(
            f"{mistake.article_id}\t{mistake.what}\t{mistake.amount}\t{mistake.context}{want}",
            markup=False,
            soft_wrap=True,
        )
