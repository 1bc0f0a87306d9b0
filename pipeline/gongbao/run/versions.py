"""What the results of a run depend on beside its articles, as short hashes; found without loading rules or model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gongbao import __version__
from gongbao.document import Failure
from gongbao.read.sources import STANDARD_INPUT, find_sources
from gongbao.record import SCHEMA_VERSION
from gongbao.rulebook.load import SHIPPED, RuleSet

_PACKAGE = Path(__file__).resolve().parents[1]
_PARTS = (
    "*.py",
    *(f"{folder}/**/*" for folder in ("rulebook", "chinese", "repair", "layout", "quantities", "periods", "places")),
    *(f"{folder}/**/*" for folder in ("names", "linking", "read")),
    "run/lines.py",
    "run/extract.py",
)
"""The files of the package that decide what the records are."""
_LIBRARIES = (
    "jieba",
    "opencc",
    "pypinyin",
    "regex",
    "spacy",
    "onnxruntime",
    "lxml",
    "pypdfium2",
    "python-docx",
    "openpyxl",
)


def versions(rules: Sequence[str], ner: str | None) -> dict[str, str | None]:
    """Versions of code, rules, model and libraries: equal versions, equal records.

    Raises:
        RuleError: a rules folder is missing.
    """
    if ner and Path(ner).is_dir():  # else numpy, which rankers need, is not loaded for it
        from gongbao.ranker import Learned

        learned = Learned.of(ner)
        ner = f"learned {learned.version}" if learned is not None else ner
    return {
        "code": __version__,
        "source": _source(),
        "rules": RuleSet((SHIPPED, *map(Path, rules)), {}).version,
        "model": ner,
        "libraries": _libraries((*_LIBRARIES, ner) if ner else _LIBRARIES),
    }


def stamp(found: dict[str, str | None]) -> str:
    """The versions as one string, for the keys of shards."""
    return hashlib.sha256(repr((SCHEMA_VERSION, sorted(found.items()))).encode()).hexdigest()[:16]


def _source() -> str:
    digest = hashlib.sha256()
    for path in sorted({path for part in _PARTS for path in _PACKAGE.glob(part)}):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(_PACKAGE).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _libraries(names: Iterable[str]) -> str:
    found = []
    for name in names:
        try:
            found.append(f"{name}={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return hashlib.sha256(";".join(found).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class InputPrint:
    """Two hashes of the input: of its content, and of the sizes and times by which a later change is seen."""

    content: str
    status: str


def fingerprint(paths: Sequence[str | Path], *, content: bool = True) -> InputPrint | None:
    """Hash the files that `paths` mean, in order; None where that cannot be said (standard input, unreadable files).

    Args:
        paths: Files and folders.
        content: Read the files; else only their sizes and times are looked at.
    """
    if any(str(path) == STANDARD_INPUT for path in paths):
        return None
    hashed, seen = hashlib.sha256(), hashlib.sha256()
    try:
        for source in find_sources(paths):
            if isinstance(source, Failure):
                hashed.update(repr((source.id, source.code, source.where)).encode())
                continue
            status = source.path.stat()
            seen.update(repr((source.id, status.st_size, status.st_mtime_ns, status.st_ino)).encode())
            hashed.update(repr((source.id, os.fspath(source.path))).encode("utf-8", "surrogatepass"))
            if content:
                with source.path.open("rb") as file:
                    hashed.update(hashlib.file_digest(file, "sha256").digest())
    except OSError:
        return None
    return InputPrint(hashed.hexdigest()[:32], seen.hexdigest()[:32])
