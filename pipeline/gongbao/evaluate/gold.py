"""Reading gold files: articles with annotated facts, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongbao.errors import ReadError
from gongbao.stored import object_of


@dataclass(frozen=True, slots=True)
class Fact:
    """An annotated fact at `[start, end)` of its article's text; `data` holds its fields as annotated."""

    start: int
    end: int
    data: Mapping[str, Any]

    @property
    def optional(self) -> bool:
        """True where listing the fact earns neither reward nor penalty."""
        return bool(self.data.get("optional"))


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An article of a gold file with its facts located."""

    id: str
    text: str
    facts: tuple[Fact, ...]
    data: Mapping[str, Any]


def read_gold(paths: Sequence[Path | str]) -> Iterator[GoldArticle]:
    """The articles of gold files, or of all `*.jsonl` in folders.

    Raises:
        ReadError: a file is missing (`gold.missing`), a line is no gold article (`gold.format`), or a fact cannot be
            found in its article's text (`gold.context`).
    """
    for path in map(Path, paths):
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        for file in files:
            try:
                lines = file.read_text(encoding="utf-8").split("\n")
            except (OSError, UnicodeDecodeError) as error:
                reason = (error.strerror if isinstance(error, OSError) else "not UTF-8") or str(error)
                raise ReadError(
                    reason, where=str(file), fix="Name a gold file or folder", code="gold.missing"
                ) from error
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _article(line, f"{file}:{number}")


def _article(line: str, where: str) -> GoldArticle:
    try:
        data = object_of(line)
        facts = tuple(_locate(data["text"], fact, where) for fact in data["facts"])
        return GoldArticle(data["id"], data["text"], facts, data)
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(
            f"no gold article: {type(error).__name__} {error}",
            where=where,
            fix="A line needs id, text and facts, each with ctx, amount, kind, value, unit, bound",
            code="gold.format",
        ) from error


def _locate(text: str, fact: Mapping[str, Any], where: str) -> Fact:
    context = text.find(fact["ctx"])
    inside = fact["ctx"].find(fact["amount"])
    if context < 0 or inside < 0:
        what = f"ctx not in text: {fact['ctx']!r}" if context < 0 else f"amount not in ctx: {fact['amount']!r}"
        raise ReadError(what, where=where, fix="Copy ctx from the text, and amount from ctx", code="gold.context")
    start = context + inside
    return Fact(start, start + len(fact["amount"]), fact)
