"""Word lists: `lexicon/<name>.txt` of a rules folder, one word a line, `#` comments.

A list in a folder of the user's own changes the one of its name, line by line:

    盏            # or +盏: the list has this word, too
    -把           # the list has it no more
    !replace      # the first line of a file that stands for the whole list

A list of a name that there is not yet is a new one. Full-width signs (＋ － ！) are read as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from gongbao.errors import RuleError
from gongbao.rulebook.rulefile import read_text

REPLACE = "!replace"
READ_BEFORE_RULES = frozenset({"conversion", "conversion_keep", "label_characters", "metadata_labels", "table_headers"})
"""Lists that are used before any rules are chosen: by conversion, and where articles are read."""
_SIGNS = {"+": "+", "-": "-", "!": "!", "＋": "+", "－": "-", "！": "!"}


@dataclass(frozen=True, slots=True)
class WordList:
    """What one file says of the list of its name.

    Attributes:
        path: The file.
        added: The words that the list has by it, in file order.
        removed: The words that it takes away.
        replaces: It stands for the whole list.
    """

    path: Path
    added: tuple[str, ...]
    removed: tuple[str, ...] = ()
    replaces: bool = False

    @property
    def name(self) -> str:
        """The name of the list."""
        return self.path.stem

    def over(self, words: Sequence[str]) -> tuple[str, ...]:
        """The list as it is with this file over it."""
        removed = frozenset(self.removed)
        kept = () if self.replaces else (word for word in words if word not in removed)
        return tuple(dict.fromkeys((*kept, *self.added)))


def read_lexicon(path: Path) -> WordList:
    """Read a word list.

    Raises:
        RuleError: it cannot be read, or a line is neither a word nor one of the signs above.
    """
    return parse_lexicon(read_text(path), path)


def parse_lexicon(text: str, path: Path) -> WordList:
    """The word list that a text is, which stands in a file or is to stand there.

    Raises:
        RuleError: a line is neither a word nor one of the signs above.
    """
    added: dict[str, str] = {}
    removed: dict[str, str] = {}
    replaces = False
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        said, where = _said(line), f"{path}:{number}"
        if not said:
            continue
        sign, word = split_line(line)
        if sign == "!":
            if f"!{word}" != REPLACE or replaces or added or removed:
                fix = f"Write {REPLACE} alone, before all words, where the file is to stand for the whole list"
                raise RuleError(f"{said!r} is not asked for here", where=where, fix=fix)
            replaces = True
        elif sign == "-":
            removed[word] = where
        else:
            added[word] = where
        if "" in added or "" in removed:
            raise RuleError(f"{said!r} names no word", where=where, fix="Write the word behind the sign")
    if replaces and removed:
        word, where = next(iter(removed.items()))
        fix = "Leave the line out: a list that is replaced has no other words"
        raise RuleError(f"-{word} stands in a list that is replaced", where=where, fix=fix)
    for word in added.keys() & removed.keys():
        raise RuleError(f"{word!r} is added and taken away", where=removed[word], fix="Leave one of the two lines out")
    return WordList(path, tuple(added), tuple(removed), replaces)


def split_line(line: str) -> tuple[str, str]:
    """The sign of a line, + where it has none, and its word; the word of a line that says nothing is empty."""
    said = _said(line)
    sign = _SIGNS.get(said[:1])
    return ("+", said) if sign is None else (sign, said[1:].strip())


def _said(line: str) -> str:
    """A line without its comment."""
    return line.split("#", 1)[0].strip()


def purpose(path: Path) -> str:
    """What a word list says that it is for: the comment at its head, empty if there is none."""
    lines = read_text(path).removeprefix("\ufeff").splitlines()
    head = list(takewhile(lambda line: line.startswith("#"), lines))
    return " ".join(line.lstrip("# ").strip() for line in head)
