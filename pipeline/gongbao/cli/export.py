"""`gongbao export`: records into the tools people use."""

from __future__ import annotations

import re
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongbao.cli.diff import BaselineOption
from gongbao.cli.terminal import echo

if TYPE_CHECKING:
    from gongbao.export.formats import Format, Written
    from gongbao.export.select import Data
    from gongbao.export.sources import RecordSource

WhereOption = Annotated[
    str | None, typer.Option(help='Only these, e.g. "kind=money and year>=2019 and place^=广东省".')
]
ColumnsOption = Annotated[str | None, typer.Option(help="Only these columns, in this order: place,year,value.")]
MinConfidenceOption = Annotated[float, typer.Option(help="Leave out records below this confidence, 0-1.")]


class Audience(StrEnum):
    """Whom a CSV file is for."""

    data = "data"
    excel = "excel"


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="baseline (what was accepted or edited), latest, previous, run folders or records.jsonl files;"
            " several are merged."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="csv tsv xlsx json jsonl parquet sqlite datapackage label-studio doccano brat conll spacy, a database"
            " URL (postgresql://user@host/name), or a file whose ending says it; if left out, what the output's ending"
            " says, or csv."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="File (text also .gz) or folder (also .zip); - for standard output."),
    ] = None,
    audience: Annotated[
        Audience, typer.Option("--for", help="csv: for programs, or for Excel and WPS (BOM, Chinese headers).")
    ] = Audience.data,
    encoding: Annotated[str | None, typer.Option(help="csv: another encoding, e.g. gb18030.")] = None,
    where: WhereOption = None,
    columns: ColumnsOption = None,
    min_confidence: MinConfidenceOption = 0.0,
    reviewed_only: Annotated[
        bool, typer.Option("--reviewed-only", help="Only what a person accepted or edited, as that person has it.")
    ] = False,
    wide: Annotated[
        bool,
        typer.Option(
            "--wide", help="One row a place, year and initiative; one column an indicator, plans in their own."
        ),
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Databases: delete articles that these runs do not hold, with their records."),
    ] = False,
    outputs: Annotated[Path, typer.Option(help="Where run folders, reviews.db and exports are.")] = Path("outputs"),
    baseline: BaselineOption = Path("corpus/baseline"),
) -> None:
    """Export the baseline, or the records of runs, to a file, a folder, a database or standard output.

    `gongbao export baseline --to xlsx` publishes what was accepted and edited. Where an article is in several sources,
    the baseline's records count, else the newest run's. In a database, what it holds of each article becomes what is
    exported of it. A failed export leaves what was there.
    """
    from gongbao.errors import ExportError
    from gongbao.export.formats import Style
    from gongbao.export.select import Data, Selection
    from gongbao.export.writing import export, target_of

    sources = open_sources(runs or ["latest"], outputs, baseline)
    target = target_of(to, output, lambda chosen: default_path(chosen, sources, outputs))
    reviewed = None
    if reviewed_only:
        from gongbao.cli.reviewed import Reviewed

        reviewed = Reviewed(outputs / "reviews.db")
    names = tuple(name.strip() for name in re.split("[,，]", columns) if name.strip()) if columns else ()
    if columns and not names:
        raise ExportError(
            "it names no column", where="--columns", fix="Write for example: place,year,value", code="export.column"
        )
    data = Data(sources, Selection(where, names, min_confidence, reviewed, wide))
    written = export(data, target, Style(audience.value, encoding, prune))
    if target.path is not None or target.url is not None:
        place = str(target.path) if target.path is not None else _shown(target.url or "")
        echo(f"{written.rows} rows: {place}{_changed(written)}", err=True)
    if data.left_out:
        why = ", ".join(f"{number} {reason}" for reason, number in data.left_out.items())
        echo(f"left out of the wide table: {why}; a plain export holds them", err=True)
    if where and not written.rows:
        tell_not_found(data)
    tell_unwritten(sources, outputs, baseline)


def _changed(written: Written) -> str:
    changes = written.changes
    if changes is None:
        return ""
    told = f"{changes.inserted} inserted, {changes.updated} updated, {changes.deleted} deleted"
    articles = f", and {changes.articles_deleted} articles deleted" if changes.articles_deleted else ""
    return f" ({told}{articles})"


def open_sources(names: list[str], outputs: Path, baseline: Path) -> list[RecordSource]:
    """Open runs by name, folder or file, and the baseline."""
    from gongbao.export.sources import open_named

    return [open_named(name, outputs, baseline) for name in names]


def tell_not_found(data: Data) -> None:
    """Why a filter finds nothing: what it names and no record has, with what there is."""
    from gongbao.cli.terminal import printable
    from gongbao.export.select import Data
    from gongbao.export.where import not_found

    assert data.selection.where
    for column, wanted, near in not_found(data.selection.where, Data(data.sources).rows()):
        between = " – " if column.type in ("integer", "decimal", "number") else ", "
        there = f"; there is {between.join(near)}" if near else ""
        echo(printable(f"no record has {column.name}={wanted}{there}"), err=True)


def tell_unwritten(sources: list[RecordSource], outputs: Path, baseline: Path) -> None:
    """Where the baseline is published, say what was decided and is not in it yet."""
    from gongbao.diff.sources import Places
    from gongbao.errors import CompareError
    from gongbao.export.sources import Accepted
    from gongbao.review.accept import unwritten

    if not any(isinstance(source, Accepted) for source in sources):
        return
    with suppress(CompareError):  # the run that was reviewed may be gone: then nothing can be written from it either
        if number := unwritten(Places(outputs, baseline)):
            what = "1 decision is" if number == 1 else f"{number} decisions are"
            echo(f"{what} not in the baseline yet: gongbao accept", err=True)


def default_path(chosen: Format, sources: list[RecordSource], outputs: Path) -> Path:
    """Where an export goes if nobody says: OUTPUTS/exports, named after the run."""
    from gongbao.export.formats import SUFFIXES

    name = sources[0].run_id if len(sources) == 1 else f"{sources[-1].run_id}+{len(sources) - 1}"
    plain = SUFFIXES.get(chosen.suffix) == chosen.name
    return outputs / "exports" / (f"{name}{chosen.suffix}" if plain else f"{name}-{chosen.name}{chosen.suffix}")


def _shown(url: str) -> str:
    from sqlalchemy import make_url

    from gongbao.read.ids import as_text

    return make_url(as_text(url)).render_as_string(hide_password=True)
