"""`gongbao learn`: rankers and calibration fitted further on what a user decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.diff import BaselineOption, OutputsOption
from gongbao.cli.run import RulesOption
from gongbao.cli.terminal import echo

if TYPE_CHECKING:
    from gongbao.learn.learning import Lesson


def command(
    to: Annotated[Path, typer.Option(help="The model folder to write.")] = Path("learned"),
    gold: Annotated[
        list[Path] | None,
        typer.Option(help="Learn from annotated articles (a file or folder of gold) and not from reviews; repeatable."),
    ] = None,
    rules: RulesOption = None,
    outputs: OutputsOption = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Learn from your decisions: fit the choice of place, year and initiative, and their confidence, further on them.

    Whether that helps is found out on your own articles, each judged by what was learned from the others. What helps is
    written into a model folder for --model of run, extract and the others; if nothing does, nothing is written.

    Exit status: 0 learned, or found that nothing helps; 2 there is too little to learn from.
    """
    from gongbao.canonical import dump_json
    from gongbao.diff.sources import Places
    from gongbao.errors import ModelError, install

    try:
        from gongbao.learn.learning import learn
    except ModuleNotFoundError as error:
        raise ModelError(f"learning needs {error.name}", fix=install("learn"), code="model.extra") from error
    from gongbao.learn.decided import from_gold, from_reviews

    decided = from_gold(gold) if gold else from_reviews(Places(outputs, baseline))

    def told(read: int) -> None:
        if read % 50 == 0:
            echo(f"{read} of {len(decided)} articles read", err=True)

    lesson = learn(decided, to, tuple(rules or ()), told)
    if json:
        typer.echo(dump_json(lesson.to_dict()))
    else:
        _print(lesson)


def _print(lesson: Lesson) -> None:
    from rich.table import Table

    from gongbao.cli.terminal import console, said

    table = Table(*map(said, ("field", "decisions", "right before", "right after", "trees", "confidence")))
    for name, fitted in lesson.fields.items():
        shares = (f"{count / fitted.questions:.3f}" for count in (fitted.before, fitted.after))
        confidence = "new" if fitted.calibrated else "as it was"
        table.add_row(said(name), str(fitted.questions), *shares, f"+{fitted.rounds}", said(confidence))
    out = console()
    out.print(table)
    text = f"{lesson.articles} articles; each was judged by what was learned from the others"
    out.print(said(text), highlight=False)
    if lesson.folder is None:
        out.print(said("Nothing helped on your own decisions: no model was written"), highlight=False)
    else:
        text = f"Wrote {lesson.folder}: gongbao run PATH… --model {lesson.folder}"
        out.print(said(text), highlight=False, soft_wrap=True)
