"""`gongbao show`: one article in the terminal, with what was found in it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption
from gongbao.cli.terminal import said

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from gongbao.document import Document, Extraction

PubDateOption = Annotated[str | None, typer.Option(help="Publication date, YYYY-MM-DD.")]
STYLES = {
    "quantity": "bold red",
    "period": "cyan",
    "place": "green",
    "initiative": "magenta",
    "indicator": "yellow",
    "repair": "dim underline",
}


def command(
    article: Annotated[str, typer.Argument(help="A file (its first article), or - for standard input.")],
    id: Annotated[str | None, typer.Option(help="The article's id, in a file of several.")] = None,
    rules: RulesOption = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
    json: Annotated[bool, typer.Option("--json", help="Print the records as JSON lines instead.")] = False,
    pub_date: PubDateOption = None,
    why: Annotated[
        bool, typer.Option("--why", help="With where each field was read, by which rule, and the other answers.")
    ] = False,
) -> None:
    """Show an article with quantities, places, periods and names coloured, and its records, each in its sentence."""
    from gongbao.cli.record_lines import record_lines, why_lines
    from gongbao.cli.terminal import console as careful
    from gongbao.document import Failure
    from gongbao.errors import ReadError
    from gongbao.pipeline import Pipeline

    chosen = choose(article, id, pub_date)
    pipeline = Pipeline(rules=tuple(rules or ()), ner=None if no_ner else ner)
    extraction = next(pipeline.stream([chosen]))
    if isinstance(extraction, Failure):
        raise ReadError(extraction.message, where=extraction.where, fix=extraction.fix, code=extraction.code)
    if json:
        for record in extraction.records:
            typer.echo(record.to_json())
        return
    console = careful(highlight=False)
    _print_article(console, extraction, pipeline.document(chosen))
    _print_damage(console, extraction)
    for number, record in enumerate(extraction.records, 1):
        console.print()
        for line in record_lines(record, number, console.width):
            console.print(line, soft_wrap=True)
        if why:
            for line in why_lines(record):
                console.print(line, soft_wrap=True)


def choose(path: str, identifier: str | None, pub_date: str | None):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    from gongbao.document import Failure
    from gongbao.errors import ReadError
    from gongbao.read import read_paths
    from gongbao.read.rows import Row, pub_date_of

    published = pub_date_of(pub_date, Row("read.item", "-", "--pub-date"))
    failure: Failure | None = None
    for item in read_paths([path]):
        if isinstance(item, Failure):
            failure = failure or item
        elif identifier is None or item.id == identifier:
            return replace(item, pub_date=published) if published else item
    if failure is not None:
        raise ReadError(failure.message, where=failure.where, fix=failure.fix, code=failure.code)
    raise ReadError(f"no article {identifier!r}", where=path, fix="Name an id that the file holds", code="read.missing")


def _print_article(console: Console, extraction: Extraction, document: Document) -> None:
    from rich.text import Text

    article = extraction.article
    about = (article.title, article.pub_date and article.pub_date.isoformat(), article.source)
    head = "  ".join(_visible(part).replace("\n", " ") for part in about if part)
    if head:
        console.print(Text(head, style="bold"), soft_wrap=True)
        console.print()
    text = Text(_visible(article.text))
    spans: list[tuple[int, int, str]] = [(r.start, r.end, "repair") for r in extraction.repairs]
    for name, items in (("place", document.places), ("period", document.periods), ("quantity", document.quantities)):
        spans += [(*document.offsets.to_source(item.start, item.end), name) for item in items]
    for record in extraction.records:
        for name in ("initiative", "indicator"):
            evidence = record.evidence.get(name)
            if evidence and evidence.start is not None and evidence.end is not None:
                spans.append((evidence.start, evidence.end, name))
    order = list(STYLES)
    for start, end, name in sorted(spans, key=lambda span: -order.index(span[2])):
        text.stylize(STYLES[name], start, end)
    console.print(text, soft_wrap=True)
    console.print()
    console.print(_legend(), soft_wrap=True)


def _legend() -> Text:
    from rich.text import Text

    legend = Text()
    for name, style in STYLES.items():
        legend.append(said(name), style=style)
        legend.append("  ")
    return legend


def _print_damage(console: Console, extraction: Extraction) -> None:
    """Shifted passages before and after, how probable the repair is, and what stays as it was found."""
    from rich.text import Text

    shifted = [repair for repair in extraction.repairs if repair.kind == "shifted"]
    if shifted or extraction.residues:
        console.print()
    for repair in shifted:
        change = f"{_visible(repair.before)} → {_visible(repair.after)}"
        console.print(Text(f"{said('repair')} @{repair.start} {change}  {repair.probability:.2f}"), soft_wrap=True)
    for residue in extraction.residues:
        guess = f" ({_visible(residue.guess)}? {residue.probability:.2f})" if residue.guess is not None else ""
        console.print(Text(f"{said('damaged')} @{residue.start} {_visible(residue.text)}{guess}"), soft_wrap=True)


def _visible(text: str) -> str:
    """The text with control characters, which could steer the terminal, as visible pictures of equal length."""
    return "".join(
        char if char in "\n\t" or (char >= " " and char != "\x7f" and not "\x80" <= char < "\xa0") else "�"
        for char in text
    )
