"""Administrative places of China with codes, short names, parents and years of validity; zones; places abroad.

The tables are rules/places/*.csv (rules/places/README.md names their sources and editions):

    divisions.csv   code,rank,path,short,valid_from,valid_to   short: blank-separated
    zones.csv       name,place,kind            place: the path it lies in; kind: zone, region or macro
    abbreviations.csv name,places,kind         places: blank-separated paths; kind: single, run (京沪) or epithet (羊城)
    foreign.csv     name,rank,country          rank: country or city; country: that of the place, by its usual name

Tables of a user's rules folder come after the shipped ones; a row with the same path (or name) replaces the shipped
row. GB/T 2260 gives codes down to counties on the mainland only: places in Taiwan, Hong Kong and Macao carry the
code of their region (710000, 810000, 820000).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, cast, get_args

from gongbao.document import Rank
from gongbao.errors import RuleError
from gongbao.places.paths import COUNTRY, is_or_lies_in, name_of, parent_of
from gongbao.rulebook.load import RuleSet

ZoneKind = Literal["zone", "region", "macro"]
AbbreviationKind = Literal["single", "run", "epithet"]
_RANKS: tuple[str, ...] = get_args(Rank)
_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """One administrative place under one name.

    `path` runs from the province (`江苏省/苏州市/昆山市`), `short` holds what it is called without its rank
    (`昆山`), `valid_from` and `valid_to` the first and last year in which it had this name and parent (None: since
    before 1980, and until today).
    """

    code: str
    rank: Rank
    path: str
    short: tuple[str, ...] = ()
    valid_from: int | None = None
    valid_to: int | None = None

    @property
    def name(self) -> str:
        """The full name, the last part of the path."""
        return name_of(self.path)

    @property
    def parent(self) -> str | None:
        """The path of the place that it lies in, None for provinces and the country."""
        return parent_of(self.path)

    @property
    def current(self) -> bool:
        """Whether it has this name today."""
        return self.valid_to is None

    def valid(self, year: int | None) -> bool:
        """Whether it had this name in `year`; today if None."""
        if year is None:
            return self.current
        return (self.valid_from is None or self.valid_from <= year) and (self.valid_to is None or year <= self.valid_to)

    def within(self, path: str) -> bool:
        """Whether it is the place of `path` or lies in it."""
        return is_or_lies_in(self.path, path)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone, park, port or natural region, and the administrative place it lies in (全国 for `macro`)."""

    name: str
    place: str
    kind: ZoneKind


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A character for a place (沪), several in a row (京沪, one path each), or a by-name (羊城)."""

    name: str
    places: tuple[str, ...]
    kind: AbbreviationKind


@dataclass(frozen=True)
class Gazetteer:
    """All places of the tables. Build with `Gazetteer.load`; cheap to share, never changed."""

    entries: tuple[PlaceEntry, ...]
    zones: tuple[Zone, ...] = ()
    foreign: Mapping[str, Rank] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    """The country's usual name of a place abroad, where it has one."""
    abbreviations: Mapping[str, Abbreviation] = field(default_factory=dict)

    @classmethod
    def load(cls, rules: RuleSet) -> Gazetteer:
        """Read the place tables of all rules folders.

        Raises:
            RuleError: a table lacks a column, or a row has a bad code, rank, year or an unknown parent; names
                file and line (`places.table`).
        """
        entries: dict[str, PlaceEntry] = {}
        zones: dict[str, Zone] = {}
        foreign: dict[str, Rank] = {}
        countries: dict[str, str] = {}
        abbreviations: dict[str, Abbreviation] = {}
        for path in rules.table("divisions.csv"):
            for where, row in _rows(path, ("code", "rank", "path", "short", "valid_from", "valid_to")):
                entry = _entry(row, where)
                entries[entry.path] = entry
            _check_parents(entries, path)
        for path in rules.table("zones.csv"):
            for where, row in _rows(path, ("name", "place", "kind")):
                zones[row["name"]] = _zone(row, entries, where)
        for path in rules.table("abbreviations.csv"):
            for where, row in _rows(path, ("name", "places", "kind")):
                abbreviations[row["name"]] = _abbreviation(row, entries, where)
        for path in rules.table("foreign.csv"):
            for where, row in _rows(path, ("name", "rank")):
                foreign[row["name"]] = _rank(row["rank"], where)
                if country := row.get("country"):
                    countries[row["name"]] = country
        ordered = sorted(entries.values(), key=lambda e: (not e.current, _RANKS.index(e.rank), e.code, e.path))
        return cls(tuple(ordered), tuple(zones.values()), foreign, countries, abbreviations)

    @cached_property
    def _by_path(self) -> dict[str, PlaceEntry]:
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def _by_code(self) -> dict[str, PlaceEntry]:
        found: dict[str, PlaceEntry] = {}
        for entry in self.entries:
            found.setdefault(entry.code, entry)
        return found

    @cached_property
    def names(self) -> Mapping[str, tuple[PlaceEntry, ...]]:
        """Full and short name -> what it may mean: today's places first, then by rank and code."""
        found: dict[str, list[PlaceEntry]] = {}
        for entry in self.entries:
            for name in (entry.name, *entry.short):
                found.setdefault(name, []).append(entry)
        return {name: tuple(senses) for name, senses in found.items()}

    def lookup(self, name: str) -> tuple[PlaceEntry, ...]:
        """All places called `name`, in full or for short; today's first, then by rank and code."""
        return self.names.get(name, ())

    def by_code(self, code: str) -> PlaceEntry | None:
        """The place with this 6-digit code: today's if there is one, else the last that had it."""
        return self._by_code.get(code)

    def by_path(self, path: str) -> PlaceEntry | None:
        """The place of a path such as `广东省/广州市`."""
        return self._by_path.get(path)

    def code_of(self, path: str | None) -> str | None:
        """The code of the place of `path`, None if there is none."""
        entry = self._by_path.get(path) if path else None
        return entry.code if entry else None

    def split(self, path: str | None) -> tuple[str | None, str | None, str | None]:
        """Province, city and district of a path, as records.md has them.

        A municipality is both province and city; a county-level city and a county that a province administers
        itself are districts; 全国, None and places abroad have none of the three.
        """
        if not path or path == COUNTRY:
            return None, None, None
        parts = path.split("/")
        province = self._by_path.get(parts[0])
        if province is None:
            return None, None, None
        if province.code[:2] in _MUNICIPALITIES and province.rank == "province":
            return parts[0], parts[0], parts[1] if len(parts) > 1 else None
        if len(parts) == 2:
            entry = self._by_path.get(path)
            is_city = entry.rank == "city" if entry else not parts[1].endswith(("县", "区"))
            return (parts[0], parts[1], None) if is_city else (parts[0], None, parts[1])
        return parts[0], parts[1] if len(parts) > 1 else None, parts[2] if len(parts) > 2 else None


def _bad(where: str, message: str, fix: str) -> RuleError:
    return RuleError(message, where=where, fix=fix, code="places.table")


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a table, each with `file:line`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise _bad(f"{path}:1", f"column {missing[0]!r} is missing", f"The header is: {','.join(columns)}")
            for row in reader:
                where = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise _bad(where, f"{len(columns)} fields expected", "Quote fields that hold a comma")
                yield where, {key: value.strip() for key, value in row.items()}
    except UnicodeDecodeError as error:
        raise _bad(str(path), "not UTF-8", "Save the table as UTF-8") from error
    except csv.Error as error:
        raise _bad(str(path), f"not readable as CSV: {error}", "Save the table as comma-separated UTF-8") from error


def _rank(value: str, where: str) -> Rank:
    if value not in _RANKS:
        raise _bad(where, f"unknown rank {value!r}", f"Use one of: {', '.join(_RANKS)}")
    return cast(Rank, value)


def _year(value: str, where: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) == 4):
        raise _bad(where, f"bad year {value!r}", "Write four digits, or nothing")
    return int(value)


def _entry(row: Mapping[str, str], where: str) -> PlaceEntry:
    code, path = row["code"], row["path"]
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        raise _bad(where, f"bad code {code!r}", "Write the six digits of GB/T 2260")
    if not path or any(not part for part in path.split("/")):
        raise _bad(where, f"bad path {path!r}", "Write full names from the province down, with / between")
    return PlaceEntry(
        code=code,
        rank=_rank(row["rank"], where),
        path=path,
        short=tuple(row["short"].split()),
        valid_from=_year(row["valid_from"], where),
        valid_to=_year(row["valid_to"], where),
    )


def _known(paths: Sequence[str], entries: Mapping[str, PlaceEntry], where: str) -> tuple[str, ...]:
    for path in paths:
        if path not in entries:
            raise _bad(where, f"unknown place {path!r}", "Use a path of divisions.csv")
    return tuple(paths)


def _zone(row: Mapping[str, str], entries: Mapping[str, PlaceEntry], where: str) -> Zone:
    if row["kind"] not in get_args(ZoneKind):
        raise _bad(where, f"unknown kind {row['kind']!r}", f"Use one of: {', '.join(get_args(ZoneKind))}")
    if len(row["name"]) < 2:
        raise _bad(where, f"name {row['name']!r} is too short", "A zone's name has two characters or more")
    place = _known([row["place"]], entries, where)[0]
    return Zone(row["name"], place, cast(ZoneKind, row["kind"]))


def _abbreviation(row: Mapping[str, str], entries: Mapping[str, PlaceEntry], where: str) -> Abbreviation:
    if row["kind"] not in get_args(AbbreviationKind):
        raise _bad(where, f"unknown kind {row['kind']!r}", f"Use one of: {', '.join(get_args(AbbreviationKind))}")
    places = _known(row["places"].split(), entries, where)
    if len(places) != (len(row["name"]) if row["kind"] == "run" else 1):
        raise _bad(
            where, f"{len(places)} places for {row['name']!r}", "A run has one place a character, others have one"
        )
    return Abbreviation(row["name"], places, cast(AbbreviationKind, row["kind"]))


def _check_parents(entries: Mapping[str, PlaceEntry], table: Path) -> None:
    for entry in entries.values():
        if entry.parent is not None and entry.parent not in entries:
            raise _bad(str(table), f"{entry.path}: its parent is not in the table", f"Add a row for {entry.parent}")
