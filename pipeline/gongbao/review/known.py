"""Names that decisions found right become known names: the next article that says one gets the name used before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gongbao.errors import RuleError
from gongbao.evaluate.judge import resembles
from gongbao.names.candidates import key, paired
from gongbao.names.known import FILE, KnownNames, extended, read_known
from gongbao.review.ledger import Event
from gongbao.stored import write_whole

_EDGE = 2
"""Characters that an alias must have in common with its name at the beginning and at the end: 融资服务 is another thing
than 融资服务平台, 专利权质押融资 the same as 专利质押融资."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written: the table, how many names and how many aliases are new in it."""

    path: Path
    names: int
    aliases: int


def decided_names(events: Iterable[Event]) -> dict[str, list[str]]:
    """The names of records that a person found right, each with the wordings that an edit put it in the place of.

    Args:
        events: The decisions that stand (`Ledger.standing`).
    """
    found: dict[str, list[str]] = {}
    for event in events:
        name = (event.outcome.get("initiative") or "") if event.outcome is not None else ""
        name = " ".join(name.split())  # line ends of all kinds are no part of a name
        start, end = paired(name, 0, len(name))
        name = name[start:end].strip()
        if len(key(name)) <= 1 or not name.isprintable():
            continue
        aliases = found.setdefault(name, [])
        wording = event.new.get("initiative") if event.action == "edit" and event.new is not None else None
        if wording and is_wording(wording, name) and wording not in aliases:
            aliases.append(wording)
    return found


def is_wording(wording: str, name: str) -> bool:
    """Whether a wording may stand for a name in every article: alike, with the same beginning and the same end."""
    one, other = key(wording), key(name)
    return one != other and one[:_EDGE] == other[:_EDGE] and one[-_EDGE:] == other[-_EDGE:] and resembles(one, other)


def keep_names(folder: Path, names: Mapping[str, Iterable[str]]) -> Kept:
    """Put names into `known_names.csv` of a rules folder; what stands there stays as it is.

    A name that stands there as the alias of another, and an alias that stands for another name, are left out.

    Raises:
        RuleError: the table that is there is wrong, or it cannot be written.
    """
    path = folder / FILE
    there = read_known(path) if path.exists() else {}
    known = dict(KnownNames.load([folder]).wordings)
    more: dict[str, list[str]] = {}
    for name, aliases in names.items():
        if known.setdefault(key(name), name) != name:
            continue
        new = {key(alias): alias for alias in aliases if key(alias) not in known}
        known |= dict.fromkeys(new, name)
        if new or name not in there:
            more[name] = [*new.values()]
    if more:
        table = extended(path.read_bytes().decode() if path.exists() else "", more)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(path.resolve(), table.encode())
        except OSError as error:
            problem, fix = (
                f"cannot be written: {error.strerror or error}",
                "Make room, or take the right to write it",
            )
            raise RuleError(problem, where=str(path), fix=fix, code="rules.known_names") from error
    return Kept(path, len(more.keys() - there.keys()), sum(map(len, more.values())))
