"""`gongbao diff`: what changed between two extractions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.terminal import echo

if TYPE_CHECKING:
    from gongbao.diff.causes import Cause
    from gongbao.diff.report import Report

OutputsOption = Annotated[Path, typer.Option("--out", help="Where run folders and reviews.db are.")]
BaselineOption = Annotated[Path, typer.Option(help="The folder of accepted records.")]
GoldOption = Annotated[Path, typer.Option(help="The folder of annotated articles.")]
CommonOption = Annotated[bool, typer.Option("--common", help="Leave out articles that only one side has.")]
HELP_SIDE = "latest, previous, baseline, a run folder or a records file."


def command(
    old: Annotated[str | None, typer.Argument(metavar="A", help=f"The old side: {HELP_SIDE}")] = None,
    new: Annotated[str | None, typer.Argument(metavar="B", help=f"The new side: {HELP_SIDE}")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a summary for a merge request.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page to this file, - for stdout.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Changes shown of each group in the terminal; 0: all.")] = 10,
    common: CommonOption = False,
    ignore_reviews: Annotated[bool, typer.Option("--ignore-reviews", help="Show decided changes as well.")] = False,
    outputs: OutputsOption = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
    gold: GoldOption = Path("corpus/gold"),
) -> None:
    """Compare two extractions and group what changed by cause, biggest danger first.

    The baseline is always taken as the old side. Changes decided in a review are left out. Without A and B, from the
    baseline to the latest run, articles that the run did not read are not lost.

    Exit status: 0 nothing unreviewed, 1 unreviewed changes, 2 the two could not be compared.
    """
    from gongbao.diff.sources import Places

    if json + markdown + (html is not None) > 1:
        raise typer.BadParameter("choose one of --json, --markdown and --html")
    report = make_report(old, new, Places(outputs, baseline, gold), common=common, ignore_reviews=ignore_reviews)
    if json:
        from gongbao.diff.report import to_json

        typer.echo(to_json(report))
    elif markdown:
        from gongbao.diff.markdown import to_markdown

        typer.echo(to_markdown(report), nl=False)
    elif html is not None:
        _write_html(report, html)
    else:
        from gongbao.cli.terminal import console, language, said
        from gongbao.diff.report import title
        from gongbao.diff.terminal import print_report
        from gongbao.review.strings import cause_title

        def title_of(cause: Cause) -> str:
            return title(cause) if language() == "en" else cause_title(cause, language())

        print_report(report, console(highlight=False), limit=limit, say=said, title_of=title_of)
    raise typer.Exit(report.exit_status)


def chosen_sides(old: str | None, new: str | None) -> tuple[str, str, bool]:
    """What A and B are where they are not given, and whether articles that B did not read are gone (`compare`).

    By default it is from the baseline, empty as it may be, to the latest run; and the baseline grows then: a run of
    next month's articles alone does not say that all others are gone. Who names the sides asks for that.
    """
    return old or "baseline", new or "latest", old is not None


def make_report(old: str | None, new: str | None, places: object, *, common: bool, ignore_reviews: bool) -> Report:
    """Compare two sides by name and add what gold and earlier reviews say; talks on standard error."""
    from gongbao.diff.compare import compare
    from gongbao.diff.judge import gold_of, judge
    from gongbao.diff.report import Report
    from gongbao.diff.sources import Places, in_order, open_side
    from gongbao.review.store import decided_changes

    assert isinstance(places, Places)
    first, second, gone = chosen_sides(old, new)
    left, right, turned = in_order(open_side(first, places), open_side(second, places))
    if turned:
        echo("The baseline is the old side: compared from the baseline to the run.", err=True)
    comparison = compare(left, right, common_only=common, gone=gone)
    annotated = gold_of(places.gold)
    judgement = judge(comparison, annotated) if annotated else None
    decided = {} if ignore_reviews else decided_changes(comparison, places)
    return Report(comparison, judgement, decided)


def _write_html(report: Report, target: Path) -> None:
    from gongbao.diff.page import to_html

    page = to_html(report)
    if str(target) == "-":
        typer.echo(page, nl=False)
        return
    from gongbao.export.writing import write_text

    write_text(target, page, option="--html")
    echo(f"{report.compared()}; {report.unreviewed} unreviewed: {target}", err=True)
