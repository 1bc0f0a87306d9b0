"""Names that decisions found right become known names: the next article that says one gets the name used before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gongbao.evaluate.judge import alike
from gongbao.names.candidates import key, paired
from gongbao.names.known import FILE, KnownNames, read_known, written
from gongbao.review.ledger import Event
from gongbao.run.folder import write_whole

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
        start, end = paired(name, 0, len(name))
        name = name[start:end].strip()
        if len(key(name)) <= 1:
            continue
        aliases = found.setdefault(name, [])
        wording = event.new.get("initiative") if event.action == "edit" and event.new is not None else None
        if wording and is_wording(wording, name) and wording not in aliases:
            aliases.append(wording)
    return found


def is_wording(wording: str, name: str) -> bool:
    """Whether a wording may stand for a name in every article: alike, with the same beginning and the same end."""
    one, other = key(wording), key(name)
    return one != other and one[:_EDGE] == other[:_EDGE] and one[-_EDGE:] == other[-_EDGE:] and alike(one, other)


def keep_names(folder: Path, names: Mapping[str, Iterable[str]]) -> Kept:
    """Put names into `known_names.csv` of a rules folder; what stands there stays as it is.

    A name that stands there as the alias of another, and an alias that stands for another name, are left out.

    Raises:
        RuleError: the table that is there is wrong.
        OSError: it cannot be written.
    """
    path = folder / FILE
    table = {name: list(aliases) for name, aliases in read_known(path).items()} if path.exists() else {}
    known = dict(KnownNames.load([folder]).wordings)
    new_names = new_aliases = 0
    for name, aliases in names.items():
        if known.setdefault(key(name), name) != name:
            continue
        if name not in table:
            table[name] = []
            new_names += 1
        for alias in aliases:
            if key(alias) not in known:
                known[key(alias)] = name
                table[name].append(alias)
                new_aliases += 1
    if new_names or new_aliases:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, written(table).encode())
    return Kept(path, new_names, new_aliases)
