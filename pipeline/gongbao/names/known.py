"""Known names: what the user calls the initiatives that articles say in several wordings.

`known_names.csv` of a rules folder has a row for each: `name`, and `aliases` with `;` between them. An article that
says a name in one of its wordings gets the name; where a wording stands in an amount's sentence, it competes for the
amount with a head start (`gongbao.names.ranking`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import regex

from gongbao.chinese.script import convert
from gongbao.errors import RuleError
from gongbao.names.candidates import key, unmarked
from gongbao.rulebook.own import KNOWN_NAMES
from gongbao.rulebook.rulefile import read_text

FILE = KNOWN_NAMES
COLUMNS = ("name", "aliases")
_BOM = "\ufeff"
_SEPARATOR = regex.compile("[;；]")
_BREAK = regex.compile(r"[\n，,。；;：:、]")
LEAST_CHARACTERS = 5
"""A shorter name is given where it is chosen, but has no head start: 企业 or 财政收入 stands everywhere."""


class NameMention(NamedTuple):
    """Where a text says a known name."""

    start: int
    end: int


@dataclass(frozen=True)
class KnownNames:
    """Names by their wordings; `wordings` holds what each reads without marks, the name itself among them."""

    wordings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folders: Iterable[Path]) -> KnownNames:
        """The known names of rules folders; a later folder goes over an earlier one.

        Raises:
            RuleError: a table is not readable, or a wording stands for two names (`rules.known_names`).
        """
        wordings: dict[str, str] = {}
        for folder in folders:
            if (path := folder / FILE).exists():
                wordings |= _wordings(read_known(path), path)
        return cls(wordings)

    def __bool__(self) -> bool:
        return bool(self.wordings)

    def name_of(self, wording: str) -> str | None:
        """The name that a wording stands for, None if it stands for none."""
        return self.wordings.get(key(wording))

    def mentions(self, text: str) -> list[NameMention]:
        """Where a text says known names that are no bare noun, marks aside; of overlapping ones the longest first."""
        if self._matcher is None:
            return []
        plain, places = unmarked(text)
        found = []
        for _, start, end in self._matcher.find_matches_as_indexes(plain):
            mention = NameMention(places[start], places[end - 1] + 1)
            if not _BREAK.search(text, *mention):
                found.append(mention)
        return found

    @cached_property
    def _matcher(self) -> Any:
        from ahocorasick_rs import AhoCorasick, MatchKind

        patterns = [wording for wording in self.wordings if len(wording) >= LEAST_CHARACTERS]
        return AhoCorasick(patterns, matchkind=MatchKind.LeftmostLongest) if patterns else None

    def __getstate__(self) -> dict[str, Any]:
        return {"wordings": dict(self.wordings)}


NO_KNOWN = KnownNames()


def read_known(path: Path) -> dict[str, tuple[str, ...]]:
    """The names of a table, each with its aliases, in file order.

    Raises:
        RuleError: there is no column `name`, or a row has no name or one that was there before (`rules.known_names`).
    """
    try:
        rows = list(_rows(path))
    except csv.Error as error:
        raise _bad(str(path), f"not readable as CSV: {error}", "Save the table as comma-separated UTF-8") from error
    found: dict[str, tuple[str, ...]] = {}
    for where, row in rows:
        name = (row.get("name") or "").strip()
        if not key(name):
            raise _bad(where, "a row without a name", "Write the name in the first column, or remove the row")
        if name in found:
            raise _bad(where, f"{name} has two rows", "Put the aliases of both into one")
        aliases = (alias.strip() for alias in _SEPARATOR.split(row.get("aliases") or ""))
        found[name] = tuple(alias for alias in aliases if key(alias))
    return found


def written(names: Mapping[str, Iterable[str]]) -> str:
    """Names with their aliases as the text of a table, in the order of the names."""
    return extended("", names)


def extended(table: str, more: Mapping[str, Iterable[str]]) -> str:
    """The text of a table with more names and aliases; its rows, their order and its other columns stay."""
    reader = _reader(table)
    columns = [*(reader.fieldnames or COLUMNS)]
    columns += [name for name in COLUMNS if name not in columns]
    rows = list(reader)
    of_name = {row["name"].strip(): row for row in rows}
    for name in sorted(more):
        if name not in of_name:
            of_name[name] = {"name": name}
            rows.append(of_name[name])
        row = of_name[name]
        row["aliases"] = ";".join([*filter(None, [row.get("aliases")]), *more[name]])
    buffer = io.StringIO()
    buffer.write(_BOM if table.startswith(_BOM) else "")
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\r\n" if "\r\n" in table else "\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _reader(table: str) -> csv.DictReader[str]:
    return csv.DictReader(io.StringIO(table.removeprefix(_BOM), newline=""), strict=True)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    reader = _reader(read_text(path))
    if "name" not in (reader.fieldnames or ()):
        raise _bad(f"{path}:1", "column 'name' is missing", f"The header is: {','.join(COLUMNS)}")
    for row in reader:
        where = f"{path}:{reader.line_num}"
        if None in row:
            raise _bad(where, "a row with more cells than columns", "Put ; between aliases, and a comma in quotes")
        if "\n" in (row["name"] or "") + (row.get("aliases") or ""):
            raise _bad(where, "a cell of several lines", "Close the quotation mark, or write one line")
        yield where, row


def _wordings(names: Mapping[str, Iterable[str]], path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, aliases in names.items():
        simplified = convert(name).text
        for wording in (name, *aliases):
            reads = key(convert(wording).text)
            if found.setdefault(reads, simplified) != simplified:
                problem = f"{wording} is said to be {found[reads]} and {simplified}"
                raise _bad(str(path), problem, "Leave it with one of the two")
    return found


def _bad(where: str, message: str, fix: str) -> RuleError:
    return RuleError(message, where=where, fix=fix, code="rules.known_names")
