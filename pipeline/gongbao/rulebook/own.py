"""What a user's own rules folders change of the shipped rules, said so that nobody is surprised by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from gongbao.rulebook.lexicon import WordList

KNOWN_NAMES = "known_names.csv"
"""The table of names that the user knows (`gongbao.names.known`)."""
_LIKE_RULES = {".yml", ".yaml", ".txt", ".csv"}
_SHOWN = 8
"""Words or rules that one line names; of more it says how many there are."""


def list_change(words: WordList, known: Sequence[str] | None) -> str:
    """What a user's word list does to the list of its name.

    Args:
        words: The user's list.
        known: The words of the list before, None if there is none of its name.
    """
    if known is None:
        return f"{words.path}: {words.name} is a new list, no shipped one has this name: {_named(words.added)}"
    if words.replaces:
        return f"{words.path}: replaces the {len(known)} words of {words.name} by {len(words.added)}"
    there = frozenset(known)
    new = [word for word in words.added if word not in there]
    gone = [word for word in words.removed if word in there]
    idle = [f"+{word}" for word in words.added if word in there] + [f"-{w}" for w in words.removed if w not in there]
    said = [f"{verb} {_named(found)}" for verb, found in (("adds", new), ("takes away", gone)) if found]
    said += [f"{_named(idle)} without effect"] if idle else []
    return f"{words.path}: {words.name}: {'; '.join(said) or 'no change'}"


def rule_changes(path: Path, named: Iterable[str], known: Collection[str], kind: str) -> list[str]:
    """What a user's rule file does: which rules or parts it adds, which it puts in the place of those before."""
    given = list(named)
    new, old = [n for n in given if n not in known], [n for n in given if n in known]
    lines = [f"{path}: adds the {kind} {_named(new)}"] if new else []
    return lines + ([f"{path}: replaces the {kind} {_named(old)}"] if old else [])


def table_changes(folder: Path, shipped: Path) -> list[str]:
    """What a user's tables do: their rows stand beside those before, or for those of a name.

    Args:
        folder: The user's folder.
        shipped: That of the shipped rules, which has all tables of places that there are.
    """
    tables = [path for path in sorted((folder / "places").glob("*.csv")) if (shipped / "places" / path.name).is_file()]
    return [f"{path}: {_rows(path)} rows" for path in (*tables, folder / KNOWN_NAMES) if path.is_file()]


def unread_files(folder: Path, shipped: Path) -> list[str]:
    """Files of a user's folder that look like rules, and that nobody reads."""
    lists = {*(folder / "lexicon").glob("*.txt"), folder / KNOWN_NAMES}
    tables = {folder / "places" / path.name for path in (shipped / "places").glob("*.csv")}
    found = (path for path in sorted(folder.glob("**/*")) if path.suffix.lower() in _LIKE_RULES)
    ours = (path for path in found if path not in lists | tables and path.suffix != ".yaml")
    return [
        f"{path}: not read: rules are *.yaml, lists lexicon/*.txt, tables named as the shipped ones" for path in ours
    ]


def _rows(path: Path) -> int:
    """The rows of a table below its header, as well as they can be counted before it is read."""
    with path.open("rb") as file:
        return max(0, sum(1 for line in file if line.strip()) - 1)


def _named(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return " ".join(words[:_SHOWN]) + more
