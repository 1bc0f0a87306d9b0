"""`gongbao extract`: a filter, articles in and their records out while both still run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption

if TYPE_CHECKING:
    from gongbao.document import Article, Failure


def command(
    paths: Annotated[
        list[str], typer.Argument(help="- for JSON lines on standard input, or files and folders of articles.")
    ],
    rules: RulesOption = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
) -> None:
    """Write the records of articles as JSON lines, in order and as they come; no run folder is made.

    Standard input is JSON lines in UTF-8, one article each: {"text": "…"}, and id, title, pub_date, source if known;
    other fields come out with the records as `extra`. An article that fails is a line of JSON on standard error.

    Exit status: 0 all articles read, 1 some failed, 2 nothing could be done.
    """
    import sys

    from gongbao.document import Failure
    from gongbao.pipeline import Pipeline
    from gongbao.run.lines import failure_line

    pipeline = Pipeline(rules=tuple(rules or ()), ner=None if no_ner else ner)
    failed = False
    for batch in _batches(paths):
        for result in pipeline.stream(batch):
            if isinstance(result, Failure):
                failed = True
                sys.stderr.write(failure_line(result))
            else:
                sys.stdout.writelines(f"{record.to_json()}\n" for record in result.records)
        sys.stdout.flush()
        sys.stderr.flush()
    raise typer.Exit(1 if failed else 0)


def _batches(paths: list[str]) -> Iterator[list[Article | Failure]]:
    """The articles in the lists in which they are there: nothing waits for what has not arrived yet."""
    import sys

    from gongbao.pipeline import BATCH
    from gongbao.read import read_arriving, read_paths

    if paths == ["-"]:
        yield from read_arriving(sys.stdin.buffer)
        return
    if "-" in paths:
        raise typer.BadParameter("Standard input is read by itself: leave - or the others out.", param_hint="PATHS")
    items = read_paths([Path(path) for path in paths])
    while batch := list(islice(items, BATCH)):
        yield batch
