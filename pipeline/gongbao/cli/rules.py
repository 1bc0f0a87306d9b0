"""`gongbao rules`: checking, testing, explaining and starting rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption
from gongbao.cli.show import PubDateOption

if TYPE_CHECKING:
    from gongbao.record import Record

app = typer.Typer(help="Check, test, explain and start rules.", no_args_is_help=True)


@app.command()
def check(rules: RulesOption = None) -> None:
    """Load all rules, check their tags, and every example both ways. Exit status 1 if something does not hold."""
    from gongbao.cli.terminal import echo, printable
    from gongbao.rulebook.check import check_rules
    from gongbao.rulebook.load import RuleSet

    loaded = RuleSet.load(*(rules or ()))
    for line in loaded.own:
        echo(printable(line), err=True)
    failures = check_rules(loaded)
    for line in failures:
        typer.echo(line)
    total = sum(len(stage) for stage in loaded.stages.values())
    examples = sum(
        len(r.examples.yes) + len(r.examples.no) + len(r.examples.todo)
        for stage in loaded.stages.values()
        for r in stage
    )
    echo(f"{total} rules, {examples} examples, {len(failures)} failures", err=bool(failures))
    raise typer.Exit(1 if failures else 0)


@app.command()
def test(
    paths: Annotated[list[str] | None, typer.Argument(help="A corpus to count on, which rules fire how often.")] = None,
    rules: RulesOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Check every example, then run the rules over a corpus and show which fired how often, and which never."""
    from gongbao.canonical import dump_json
    from gongbao.cli.terminal import echo
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
        echo(f"{len(failures)} failures; {len(counted.fired)} rules fired over {counted.articles} articles", err=True)
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
    from gongbao.export.writing import write_text
    from gongbao.rulebook.template import template

    text = template(sentence, select, identifier=id, name=name)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise RuleError("the file exists", where=str(out), fix="Name a new file, or add the rule to it by hand")
    write_text(out, text, option="--out")
    typer.echo(str(out), err=True)


@app.command()
def add(
    sentence: Annotated[str, typer.Argument(help="A sentence that shows what is added: its example.")],
    select: Annotated[str, typer.Option(help="The word of the lexicon, or the words that the rule should find.")],
    rules: Annotated[list[Path], typer.Option("--rules", help="Your folder; of several the last one gets it.")],
    lexicon: Annotated[str | None, typer.Option(help="Add a word to this list: measure_words.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the word away from the list.")] = False,
    id: Annotated[str | None, typer.Option(help="Add a rule of this id, such as money.bonus.")] = None,
    name: Annotated[str, typer.Option(help="The rule's name, in Chinese.")] = "",
    on: Annotated[
        list[str] | None, typer.Option(help="Articles on which to show what it changes; may be repeated.")
    ] = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
    limit: Annotated[int, typer.Option(min=0, help="Changes shown; 0: all.")] = 30,
    keep: Annotated[bool, typer.Option("--keep", help="Write it. Without it nothing is written.")] = False,
) -> None:
    """Add a word or a rule to your folder: show what it changes in articles (corpus/articles), and keep it with --keep.

    Exit status: 0 shown or kept, 1 the example gives nothing new or does not hold, 2 it cannot be added.
    """
    from gongbao.cli.terminal import echo, printable
    from gongbao.document import Article
    from gongbao.read import read_paths
    from gongbao.rulebook import addition

    if (lexicon is None) == (id is None):
        raise typer.BadParameter("Name a list with --lexicon or a rule with --id.", param_hint="--lexicon / --id")
    made = (
        addition.word_addition(rules[-1], lexicon, select, sentence, remove=remove)
        if lexicon is not None
        else addition.rule_addition(rules[-1], sentence, select, identifier=str(id), name=name)
    )
    usual = "corpus/articles"
    articles = (item for item in read_paths(on or ([usual] if Path(usual).is_dir() else [])))
    seen = addition.preview(
        made,
        (item for item in articles if isinstance(item, Article)),
        others=rules[:-1],
        ner=None if no_ner else ner,
    )
    changes = [
        *((f"+ {_line(record)}",) for record in seen.added),
        *((f"- {_line(record)}",) for record in seen.removed),
        *((f"~ {_line(before)}", f"  {_line(after)}") for before, after in seen.changed),
    ]
    for lines in changes[:limit] if limit else changes:
        for line in lines:
            typer.echo(printable(line))
    if limit and len(changes) > limit:
        echo(f"… {len(changes) - limit} more (--limit 0 shows all)")
    for line in seen.failures:
        typer.echo(printable(line), err=True)
    if not seen.example:
        echo("The example gives the same records as before", err=True)
    echo(
        f"{made.says}: {len(seen.added)} records more, {len(seen.removed)} less, {len(seen.changed)} changed "
        f"in {seen.articles} articles",
        err=True,
    )
    if keep:
        echo(f"Wrote {addition.keep(made)}", err=True)
    else:
        echo("Nothing is written yet: --keep keeps it", err=True)
    raise typer.Exit(0 if seen.example and not seen.failures else 1)


def _line(record: Record) -> str:
    fields = (record.article_id, record.amount, record.place, record.year, record.initiative, record.indicator)
    return "  ".join(str(value) if value is not None else "–" for value in fields)


@app.command()
def lists(
    word: Annotated[str | None, typer.Argument(help="Only the lists that hold this word.")] = None,
    rules: RulesOption = None,
) -> None:
    """Name the word lists: how many words each has, and what it is for. Exit status 1 if none holds the word."""
    from gongbao.rulebook.lexicon import purpose
    from gongbao.rulebook.load import RuleSet

    loaded = RuleSet.load(*(rules or ()), compiled=False)
    found = {name: words for name, words in sorted(loaded.lexicons.items()) if word is None or word in words}
    for name, words in found.items():
        says = (purpose(path) for folder in loaded.folders if (path := folder / "lexicon" / f"{name}.txt").is_file())
        typer.echo(f"{name}  {len(words)}  {next(filter(None, says), '')}")
    raise typer.Exit(0 if found else 1)


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
    pub_date: PubDateOption = None,
) -> None:
    """Say what matched, what nearly did and why not, and what spoke for the answers of each record and against."""
    from gongbao.cli.show import choose
    from gongbao.cli.terminal import printable
    from gongbao.pipeline import Pipeline
    from gongbao.rulebook.explain import explain as explanation

    pipeline = Pipeline(rules=tuple(rules or ()), ner=None if no_ner else ner)
    for line in explanation(pipeline, choose(article, id, pub_date), at):
        typer.echo(printable(line) if sys.stdout.isatty() else line)
