"""`gongbao report`: a run, or the baseline, as one HTML page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gongbao.cli.diff import BaselineOption
from gongbao.cli.export import MinConfidenceOption, WhereOption


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="baseline (what was accepted or edited), latest, previous, run folders; several are merged."
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; - for standard output.")] = None,
    title: Annotated[str | None, typer.Option(help="The page's heading.")] = None,
    where: WhereOption = None,
    min_confidence: MinConfidenceOption = 0.0,
    max_records: Annotated[int, typer.Option(min=1, help="Records on the page at most.")] = 20_000,
    outputs: Annotated[Path, typer.Option(help="Where run folders and reports are.")] = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
) -> None:
    """Write one self-contained HTML page: totals, charts, a searchable table, every record in its article.

    It needs no network and no server: open the file. Goes to OUTPUTS/reports unless told otherwise.
    """
    from gongbao.cli.export import open_sources, tell_unwritten
    from gongbao.export.select import Data, Selection
    from gongbao.export.writing import write_text
    from gongbao.report.page import report

    sources = open_sources(runs or ["latest"], outputs, baseline)
    tell_unwritten(sources, outputs, baseline)
    page = report(Data(sources, Selection(where, (), min_confidence)), title=title, most=max_records)
    if output is not None and str(output) == "-":
        typer.echo(page, nl=False)
        return
    target = output or outputs / "reports" / f"{'+'.join(source.run_id for source in sources)[:100]}.html"
    write_text(target, page)
    typer.echo(str(target))
