"""`gongbao rules`: checking, testing, explaining and starting rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption

app = typer.Typer(help="Check, test, explain and start rules.", no_args_is_help=True)


@app.command()
def check(rules: RulesOption = None) -> None:
    """Load all rules, check their tags, and every example both ways. Exit status 1 if something does not hold."""
    from gongbao.cli.terminal import printable
    from gongbao.rulebook.check import check_rules
    from gongbao.rulebook.load import RuleSet

    loaded = RuleSet.load(*(rules or ()))
    for line in loaded.own:
        typer.echo(printable(line), err=True)
    failures = check_rules(loaded)
    for line in failures:
        typer.echo(line)
    total = sum(len(stage) for stage in loaded.stages.values())
    examples = sum(
        len(r.examples.yes) + len(r.examples.no) + len(r.examples.todo)
        for stage in loaded.stages.values()
        for r in stage
    )
    typer.echo(f"{total} rules, {examples} examples, {len(failures)} failures", err=bool(failures))
    raise typer.Exit(1 if failures else 0)


@app.command()
def test(
    paths: Annotated[list[str] | None, typer.Argument(help="A corpus to count on, which rules fire how often.")] = None,
    rules: RulesOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Check every example, then run the rules over a corpus and show which fired how often, and which never."""
    from gongbao.canonical import dump_json
    from gongbao.document import Article, Extraction
    from gongbao.pipeline import Pipeline
    from gongbao.read import read_paths
    from gongbao.rulebook.check import check_rules, coverage

    pipeline = Pipeline(rules=tuple(rules or ()), ner=None)
    failures = check_rules(pipeline.rules)
    articles = (item for item in read_paths(paths or []) if isinstance(item, Article))
    counted = coverage(pipeline.rules, (e for e in pipeline.pipe(articles) if isinstance(e, Extraction)))
    if json:
        typer.echo(
            dump_json(
                {
                    "failures": failures,
                    "articles": counted.articles,
                    "fired": dict(counted.fired),
                    "never": list(counted.never) if paths else [],
                }
            )
        )
    else:
        for line in failures:
            typer.echo(line)
        if paths:
            for name, count in sorted(counted.fired.items(), key=lambda item: (-item[1], item[0])):
                typer.echo(f"{count:8}  {name}")
            for name in counted.never:
                typer.echo(f"   never  {name}")
        typer.echo(
            f"{len(failures)} failures; {len(counted.fired)} rules fired over {counted.articles} articles", err=True
        )
    raise typer.Exit(1 if failures else 0)


@app.command()
def new(
    sentence: Annotated[str, typer.Argument(help="A sentence that holds what the rule should find.")],
    select: Annotated[str, typer.Option(help="The words in it that the rule should find.")],
    id: Annotated[str, typer.Option(help="The rule's id, such as money.bonus.")],
    name: Annotated[str, typer.Option(help="The rule's name, in Chinese.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write to this file, which must not exist.")] = None,
) -> None:
    """Print a rule template made from a sentence."""
    from gongbao.errors import RuleError
    from gongbao.rulebook.template import template

    text = template(sentence, select, identifier=id, name=name)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise RuleError("the file exists", where=str(out), fix="Name a new file, or add the rule to it by hand")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(str(out), err=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a rule file, for completion in an editor."""
    import json

    from gongbao.rulebook.rulefile import RuleFile

    typer.echo(json.dumps(RuleFile.model_json_schema(), ensure_ascii=False, indent=2))


@app.command()
def explain(
    article: Annotated[str, typer.Argument(help="A file (its first article), or - for standard input.")],
    at: Annotated[int | None, typer.Option(help="Only what touches this offset of the text.")] = None,
    id: Annotated[str | None, typer.Option(help="The article's id, in a file of several.")] = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
    rules: RulesOption = None,
) -> None:
    """Say what matched, what nearly did and why not, and what spoke for the answers of each record and against."""
    from gongbao.cli.show import choose
    from gongbao.cli.terminal import printable
    from gongbao.pipeline import Pipeline
    from gongbao.rulebook.explain import explain as explanation

    pipeline = Pipeline(rules=tuple(rules or ()), ner=None if no_ner else ner)
    for line in explanation(pipeline, choose(article, id, None), at):
        typer.echo(printable(line) if sys.stdout.isatty() else line)
