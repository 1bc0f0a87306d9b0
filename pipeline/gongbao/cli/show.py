"""`gongbao show`: one article in the terminal, with what was found in it and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.run import NerOption, NoNerOption, RulesOption

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from gongbao.document import Document, Extraction
    from gongbao.record import Record

STYLES = {
    "quantity": "bold red",
    "period": "cyan",
    "place": "green",
    "initiative": "magenta",
    "indicator": "yellow",
    "repair": "dim underline",
}
LEGEND = {
    "quantity": "数量",
    "period": "时间",
    "place": "地点",
    "initiative": "事项",
    "indicator": "指标",
    "repair": "修复",
}


def command(
    article: Annotated[str, typer.Argument(help="A file (its first article), or - for standard input.")],
    id: Annotated[str | None, typer.Option(help="The article's id, in a file of several.")] = None,
    rules: RulesOption = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
    json: Annotated[bool, typer.Option("--json", help="Print the records as JSON lines instead.")] = False,
    pub_date: Annotated[str | None, typer.Option(help="Publication date, YYYY-MM-DD.")] = None,
) -> None:
    """Show an article with quantities, places, periods and names coloured, and its records with their evidence."""
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
    _print_records(console, extraction.records)


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
        legend.append(f"{LEGEND[name]} {name}", style=style)
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
        console.print(Text(f"{LEGEND['repair']} @{repair.start} {change}  {repair.probability:.2f}"), soft_wrap=True)
    for residue in extraction.residues:
        guess = f" ({_visible(residue.guess)}? {residue.probability:.2f})" if residue.guess is not None else ""
        console.print(Text(f"未修复 damaged @{residue.start} {_visible(residue.text)}{guess}"), soft_wrap=True)


def _print_records(console: Console, records: Sequence[Record]) -> None:
    from rich.text import Text

    for number, record in enumerate(records, 1):
        bound = "" if record.bound == "=" else f" {record.bound}"
        top = f" – {record.value_max:f}" if record.value_max is not None else ""
        console.print()
        console.print(
            Text(f"{number}. {record.amount}", style="bold"),
            Text(f"{record.kind}{bound} {record.value:f}{top} {record.unit}  {record.status or ''}".rstrip()),
        )
        for name, value in (
            ("place", record.place),
            ("year", f"{record.year or '–'}" + (f"  {record.period}" if record.period else "")),
            ("initiative", record.initiative),
            ("indicator", record.indicator),
        ):
            evidence = record.evidence[name]
            where = f" @{evidence.start}-{evidence.end}" if evidence.start is not None else ""
            sure = f" {record.field_confidence[name]:.2f}" if name in record.field_confidence else ""
            console.print(
                Text(f"   {name:<11}{value or '–'}"),
                Text(f"{evidence.how} · {evidence.rule}{where}{sure}", style="dim"),
            )
            for other in record.alternatives.get(name, ()):  # type: ignore[call-overload]
                console.print(Text(f"   {'':<11}or {other.value or '–'} {other.confidence:.2f}", style="dim"))
        flags = f"  {' '.join(record.flags)}" if record.flags else ""
        console.print(
            Text(f"   {'confidence':<11}{record.confidence:.2f}{flags}", style="dim" if not flags else "yellow")
        )


def _visible(text: str) -> str:
    """The text with control characters, which could steer the terminal, as visible pictures of equal length."""
    return "".join(
        char if char in "\n\t" or (char >= " " and char != "\x7f" and not "\x80" <= char < "\xa0") else "�"
        for char in text
    )
