"""What records can be exported to: the one table of targets, and how each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Literal

from gongbao.errors import ExportError, install
from gongbao.export.select import Data


@dataclass(frozen=True, slots=True)
class Style:
    """How text files are written.

    Args:
        audience: `data`: UTF-8 with English headers; `excel`: UTF-8 with a byte order mark and Chinese headers.
        encoding: Another encoding, `gb18030`.
        prune: In databases, delete the articles that the export does not hold, with their records.
    """

    audience: Literal["data", "excel"] = "data"
    encoding: str | None = None
    prune: bool = False


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Changes:
    """What an export changed in a database: records, and articles that were deleted with theirs."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    articles_deleted: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What an export wrote: rows (records, or articles for annotation tools), and what that changed in a database."""

    rows: int
    changes: Changes | None = None


Writer = Callable[[Data, Any, Style], int | Written]
"""Writes to a path (text formats also to an open file descriptor) that does
not exist yet (for a folder: one that is empty) and returns how many rows it wrote."""


def open_text(place: Path | int, encoding: str = "utf-8") -> IO[str]:
    """Open a file, or an open file descriptor (which stays open), for writing text; line ends are kept as written."""
    return open(place, "w", encoding=encoding, newline="", closefd=not isinstance(place, int))


@dataclass(frozen=True, slots=True)
class Format:
    """One target. `shape`: one file, a folder of files, or a database file that is added to.

    `module` and `function` name its writer; a `streamed` one can write straight into a pipe. What is `compressed`
    already is not packed again: its readers look for no other layer.
    """

    name: str
    suffix: str
    shape: Literal["file", "folder", "database"]
    module: str
    needs: tuple[str, ...] = ()
    wide: bool = True
    function: str = "write"
    streamed: bool = False
    compressed: bool = False

    def writer(self) -> Writer:
        """The function that writes it.

        Raises:
            ExportError: a library for it is not installed (`export.extra`).
        """
        for name in self.needs:
            try:
                import_module(name)
            except ImportError:
                raise ExportError(f"{self.name} needs {name}", fix=install("export"), code="export.extra") from None
        write: Writer = getattr(import_module(f"gongbao.export.{self.module}"), self.function)
        return write


FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        Format("csv", ".csv", "file", "delimited", streamed=True),
        Format("tsv", ".tsv", "file", "delimited", function="write_tabs", streamed=True),
        Format("xlsx", ".xlsx", "file", "workbook", ("xlsxwriter",), compressed=True),
        Format("jsonl", ".jsonl", "file", "lines", streamed=True),
        Format("json", ".json", "file", "lines", function="write_list", streamed=True),
        Format("parquet", ".parquet", "file", "parquet", ("pyarrow",), compressed=True),
        Format("sqlite", ".db", "database", "sqlite", ("sqlalchemy",)),
        Format("datapackage", "", "folder", "datapackage"),
        Format("label-studio", ".json", "file", "label_studio", wide=False),
        Format("doccano", ".jsonl", "file", "doccano", wide=False),
        Format("brat", "", "folder", "brat", wide=False),
        Format("conll", ".conll", "file", "conll", wide=False),
        Format("spacy", ".spacy", "file", "docbin", wide=False, compressed=True),
    )
}
SUFFIXES: Mapping[str, str] = {
    ".csv": "csv", ".tsv": "tsv", ".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".parquet": "parquet", ".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite", ".conll": "conll",
    ".spacy": "spacy",
}  # fmt: skip
PLAIN_TEXT = ("", ".txt")
"""Endings that say no format."""
PACKED = ".gz"
FOREIGN = (
    *(".duckdb", ".feather", ".arrow", ".orc", ".avro", ".xls", ".ods", ".dta", ".sav", ".html", ".xml"),
    *(".zst", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz"),
)
"""Endings of what is not written: under none of them anything else is, whatever `--to` says."""


def ending_of(path: Path) -> tuple[str, bool]:
    """A file's ending in small letters, and whether `.gz` stands behind it."""
    packed = path.suffix.lower() == PACKED
    return Path(path.stem if packed else path.name).suffix.lower(), packed


def format_of(name: str) -> Format:
    """The format of that name.

    Raises:
        ExportError: there is none (`export.format`).
    """
    if name in FORMATS:
        return FORMATS[name]
    from difflib import get_close_matches

    near = get_close_matches(name, FORMATS, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    targets = ", ".join(FORMATS)
    fix = f"{hint}Targets: {targets}, or a database as dialect://user@host/name"
    raise ExportError(f"no target {name!r}", where="--to", fix=fix, code="export.format")
