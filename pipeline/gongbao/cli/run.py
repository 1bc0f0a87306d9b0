"""`gongbao run`: articles in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gongbao.run.runner import Options, RunSummary


def model_name(given: str | None) -> str | None:
    """The model that is meant: a learned one by its whole path, since workers and resumed runs may be elsewhere."""
    if given is None or not Path(given).is_dir():
        return given
    from gongbao.ranker import Learned

    learned = Learned.of(given)
    return str(learned.folder) if learned is not None else given


RulesOption = Annotated[
    list[Path] | None, typer.Option("--rules", help="Folder of your own rules, over the shipped ones; may be repeated.")
]
NerOption = Annotated[
    str,
    typer.Option(
        "--ner",
        "--model",
        callback=model_name,
        help="Model: `tagger` (shipped), a folder that `gongbao learn` made, `lac`, or an installed spaCy model.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--ner", "--model", callback=model_name, help="Model, as of `gongbao run`; `none`: rules alone."),
]
NoNerOption = Annotated[
    bool, typer.Option("--no-ner", help="Rules alone: faster, weaker on initiatives and indicators.")
]

AllowSmallerOption = Annotated[
    bool,
    typer.Option(
        "--allow-smaller", help="Point `latest` at the run though input is gone, or half of last time's articles are."
    ),
]


def command(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files or folders of articles, or - for standard input.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where run folders go.")] = Path("outputs"),
    rules: RulesOption = None,
    ner: NerOption = "tagger",
    no_ner: NoNerOption = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that extract.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest unfinished run.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Take nothing over from the newest finished run.")] = False,
    engine: Annotated[str, typer.Option(help="Who runs the workers: `processes` or `dask`.")] = "processes",
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler; none: one made here.")] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=1_000_000, help="Processor seconds that an article may take.")
    ] = 60.0,
    memory: Annotated[int, typer.Option(min=256, max=1 << 30, help="MiB that a worker may hold.")] = 2048,
    max_characters: Annotated[
        int, typer.Option(min=1, max=1 << 30, help="Characters that an article may have; a longer one is refused.")
    ] = 20_000_000,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the records as Parquet files too, in records.parquet/ of the run.")
    ] = False,
    smaller: AllowSmallerOption = False,
    json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON instead of the table.")] = False,
) -> None:
    """Extract the records of articles into a new run folder under OUT/runs.

    Exit status: 0 all articles read, 1 some failed (see errors.jsonl) or `latest` stays where it was, 2 nothing could
    be done, 130 stopped by Ctrl-C.
    """
    from gongbao.cli import STOPPED
    from gongbao.cli.progress import Reporter
    from gongbao.cli.terminal import echo, printable
    from gongbao.run.runner import Options, run

    if not paths and not resume:
        raise typer.BadParameter("Name files or folders of articles, or give --resume.", param_hint="PATHS")
    if scheduler is not None and engine != "dask":
        raise typer.BadParameter("A scheduler is Dask's: give --engine dask, too.", param_hint="--scheduler")
    folders = tuple(str(folder) for folder in rules or ())
    if parquet:
        from gongbao.export.formats import format_of

        format_of("parquet").writer()  # what it needs is missed now, and not when everything is extracted
    options = Options(
        folders,
        None if no_ner else ner,
        workers,
        engine,
        scheduler,
        timeout,
        memory,
        not fresh,
        parquet=parquet,
        smaller=smaller,
        max_characters=max_characters,
    )
    try:
        with Reporter() as reporter:
            summary = run(paths or [], out, options, resume=resume, progress=reporter.update, write_parts=_write_parts)
    except KeyboardInterrupt:
        echo(_stopped(paths or [], out, options), err=True)
        raise typer.Exit(STOPPED) from None
    for note in summary.notes:
        echo(printable(note), err=True)
    if json:
        _print_json(summary)
    else:
        _print_table(summary)
    raise typer.Exit(summary.exit_status)


def _stopped(paths: list[str], out: Path, options: Options) -> str:
    """What to say after Ctrl-C: how to go on, as a command that a shell takes."""
    from shlex import join

    from gongbao.run.runner import Options
    from gongbao.run.unfinished import may_resume

    if not may_resume(out, paths):
        return "Stopped before anything was done."
    usual = Options()
    given = {
        name: getattr(options, name)
        for name in ("workers", "engine", "scheduler", "timeout", "memory", "max_characters")
    }
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value != getattr(usual, name)]
    return "Stopped. To go on: " + join(["gongbao", "run", "--resume", "--out", str(out), *words])


def _write_parts(records: Path, folder: Path) -> None:
    from gongbao.export.parquet import write_parts

    write_parts(records, folder)


def _print_json(summary: RunSummary) -> None:
    from gongbao.canonical import dump_json

    result: dict[str, Any] = {
        "run": str(summary.folder) if summary.folder else None,
        "articles": summary.articles,
        "records": summary.records,
        "reused": summary.reused,
        "failed": summary.failed,
        "table_numbers_left": summary.table_numbers_left,
        "errors": [
            {"id": f.id, "code": f.code, "message": f.message, "where": f.where, "fix": f.fix} for f in summary.failures
        ],
        "notes": summary.notes,
        "seconds": round(summary.seconds, 3),
    }
    typer.echo(dump_json(result))


def _print_table(summary: RunSummary) -> None:
    from gongbao.cli.tables import record_table
    from gongbao.cli.terminal import console as careful
    from gongbao.cli.terminal import said
    from gongbao.run.folder import read_records

    console = careful()
    if summary.folder is not None:
        table = record_table(read_records(summary.folder), limit=20, total=summary.records, width=console.width)
        console.print(table)
    failed = f", {summary.failed} failed" if summary.failed else ""
    reused = f", {summary.reused} taken over unchanged" if summary.reused else ""
    console.print(
        said(f"{summary.articles} articles, {summary.records} records{failed}{reused}, {summary.seconds:.1f} s"),
        highlight=False,
    )
    if summary.table_numbers_left:
        console.print(
            said(
                f"{summary.table_numbers_left} numbers in tables gave no record: nothing says their unit "
                "(table_numbers_left in articles.jsonl)"
            ),
            highlight=False,
        )
    if summary.folder is not None:
        console.print(str(summary.folder), soft_wrap=True, highlight=False)
