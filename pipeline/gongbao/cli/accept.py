"""`gongbao accept`: writing decisions to the baseline, to test cases and to gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.diff import HELP_SIDE, BaselineOption, GoldOption, OutputsOption, chosen_sides
from gongbao.cli.review import CasesOption
from gongbao.cli.terminal import echo, printable

if TYPE_CHECKING:
    from gongbao.review.accept import AcceptSummary

_SHOWN = 8
"""Articles that a line names; of more it says how many there are."""


def command(
    old: Annotated[str | None, typer.Argument(metavar="A", help=f"The old side: {HELP_SIDE}")] = None,
    new: Annotated[str | None, typer.Argument(metavar="B", help=f"The new side: {HELP_SIDE}")] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Accept B as a whole, reviewed or not, but what was rejected; articles that it did not read go only "
            "where A and B are given.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Also write changes that need no eyes.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="Put a damaged baseline in order: keep what can be read of it; nothing else.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    rules: Annotated[
        list[Path] | None,
        typer.Option(
            "--rules", help="Folder of your own rules; may be repeated. The last one gets the names of decided records."
        ),
    ] = None,
    outputs: OutputsOption = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
    gold: GoldOption = Path("corpus/gold"),
    cases: CasesOption = Path("tests/cases"),
) -> None:
    """Write the decisions of a review: accepted and edited records to the baseline, rejected changes to test cases and
    to a patch with examples for rules, edits to gold, names to known_names.csv of --rules. Without A and B it is the
    review that was opened last.

    To start a baseline without a review: gongbao accept --all

    Exit status: 0 written (or nothing to write), 2 could not be written.
    """
    from gongbao.canonical import dump_json
    from gongbao.diff.compare import compare
    from gongbao.diff.sources import Places, in_order, open_side
    from gongbao.names.known import FILE
    from gongbao.review.accept import accept
    from gongbao.review.ledger import Ledger
    from gongbao.review.store import Store
    from gongbao.rulebook.load import RuleSet

    if mend:
        _mend(baseline)
        return
    places = Places(outputs, baseline, gold, cases)
    store = Store(places.reviews, read_only=True) if places.reviews.exists() else None
    last = store.last_sides() if store is not None and old is None else None
    *chosen, gone = chosen_sides(old, new)
    left, right, _ = in_order(*(open_side(name, places) for name in last or chosen))
    ledger = store.ledger if store is not None else Ledger()
    if rules and not dry_run:
        rules[-1].mkdir(parents=True, exist_ok=True)  # the names need a place
    ruleset = RuleSet.load(*rules or ())
    summary = accept(
        compare(left, right),
        ledger,
        places,
        ruleset,
        names=rules[-1] if rules else None,
        everything=everything,
        gone=gone,
        quiet=quiet,
        dry_run=dry_run,
    )
    if store is not None:
        store.close()
    if rules and not dry_run and (summary.names or summary.aliases):
        echo(f"Wrote {summary.names} known names and {summary.aliases} aliases ({rules[-1] / FILE}).", err=True)
    if json:
        typer.echo(dump_json(summary.to_dict()))
    else:
        echo(f"{left.path} → {right.path}", err=True)
        _print(summary, places.baseline)


def _mend(baseline: Path) -> None:
    from gongbao.diff.mending import mend

    done = mend(baseline)
    for line in done.left_out:
        echo(f"left out: {printable(line)}", err=True)
    for article in done.listed:
        echo(f"listed again: {printable(article)}", err=True)
    echo(f"{len(done.left_out)} left out (see *.damaged), {len(done.listed)} articles listed again ({baseline}).")


def _print(summary: AcceptSummary, baseline: Path) -> None:
    did = "Would write" if summary.dry_run else "Wrote"
    if summary.started:
        echo("There was no baseline: the old side of the review becomes it first.")
    echo(f"{did} {summary.records} changes to accepted records in {summary.articles} articles ({baseline}).")
    echo(f"{did} {summary.cases} test cases and {summary.gold} annotated facts.")
    if summary.patch:
        echo(f"{did} {summary.examples} examples for rules as a patch: git apply {summary.patch}")
    if summary.left:
        names = " ".join(map(printable, summary.left[:_SHOWN])) + (" …" if len(summary.left) > _SHOWN else "")
        did = "would leave" if summary.dry_run else "left"
        echo(f"{len(summary.left)} articles {did} the baseline, the new side does not have them: {names}", err=True)
        echo("Without A and B such articles stay: gongbao accept --all", err=True)
    for article in summary.held:
        echo(f"{article} stays as it is: its text changed and not all of its changes are decided.")
    for amount in summary.contradicts_gold:
        echo(f"Annotations say otherwise and were left alone: {amount}")
