"""How well a passage of Chinese reads: the probability of each character after those before it.

N-grams of up to four characters with back-off, learned from bulletins (training/build_language_model.py makes
`characters.gz` beside this module, loaded at first use), and the n-grams of the article itself. Characters are compared
in simplified form, half-width marks as full-width ones, digits and Latin letters as one of each.

Costs are whole numbers, so that sums are the same on every machine: -log(probability) in units of 1/`UNITS` nat.

Level by level the n-grams are a trie in flat arrays: the symbols that follow a node stand together, in ascending order,
and are found by bisection.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BufferedIOBase
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gongbao.chinese.script import simplify_characters
from gongbao.errors import RuleError

PATH = Path(__file__).with_name("characters.gz")
ORDER = 4
"""Characters in the longest n-gram."""
UNITS = 16
"""Units of cost in a nat (natural logarithm)."""
UNKNOWN = 240
"""The cost of a character that the model does not know: one in three million."""
Symbols = npt.NDArray[np.int64]
Context = tuple[int, ...]
"""The symbols of the last characters, at most `ORDER - 1`."""

_FULL = str.maketrans(",;:?!()\"'．～－—―　\xa0\t０１２３４５６７８９", "，；：？！（）”’.~---   0000000000")
_DIGIT, _LETTER, _BREAK = re.compile(r"\d"), re.compile("[A-Za-zＡ-Ｚａ-ｚ]"), re.compile(r"\s*\n\s*")
_OF_ARTICLE = {2: 0.2, 3: 0.5}
"""Share of the article's own n-grams, by their length, in what follows."""


def normalised(text: str) -> str:
    """Simplified text as the model sees it: one mark for its widths, one digit, one Latin letter."""
    return _LETTER.sub("A", _DIGIT.sub("0", _BREAK.sub("\n", text.translate(_FULL))))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Level:
    """The n-grams of one length."""

    symbols: array[int]
    """The last symbol of each."""
    costs: array[int]
    """Of that symbol after those before it."""
    back_off: array[int]
    """The cost of any symbol that does not follow the n-gram, above its cost after one symbol less."""
    children: array[int]
    """Where the longer n-grams that begin with it start, in the next level; they end where those of the next start."""
    many: npt.NDArray[np.uint16]
    many_costs: npt.NDArray[np.uint8]
    """`symbols` and `costs` once more, for looking up many."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Grams:
    places: dict[str, int]
    """Symbols by their characters."""
    levels: tuple[_Level, ...]
    names: frozenset[str]
    """Proper nouns of two or three characters, simplified."""

    def node(self, symbols: Context) -> int:
        """The place of an n-gram in its level, -1 if it is not there."""
        node = symbols[0]
        for level, symbol in enumerate(symbols[1:]):
            start, end = self.levels[level].children[node : node + 2]
            longer = self.levels[level + 1].symbols
            node = bisect_left(longer, symbol, start, end)
            if node == end or longer[node] != symbol:
                return -1
        return node


@cache
def _grams() -> _Grams:
    try:
        with gzip.open(PATH) as file:
            header = json.loads(file.readline())
            levels = tuple(_read_level(file, nodes, last=n == ORDER) for n, nodes in enumerate(header["nodes"], 1))
            if file.read(1):  # at the end the file's checksum is compared
                raise EOFError("it goes on behind its end")
    except (OSError, EOFError, ValueError, LookupError, zlib.error) as error:
        raise RuleError("cannot be read", where=str(PATH), fix="Reinstall gongbao: the file is part of it") from error
    places = {character: at for at, character in enumerate(header["characters"], start=1)}
    return _Grams(places, levels, frozenset(header["names"].split(" ")))


def _read_level(file: BufferedIOBase, nodes: int, *, last: bool) -> _Level:
    symbols, costs = _read(file, "H", nodes), _read(file, "B", nodes)
    back_off, children = array("B"), array("I")
    if not last:
        back_off = _read(file, "B", nodes)
        children.append(0)
        children.frombytes(np.cumsum(_read(file, "H", nodes), dtype=np.uint32).tobytes())
    many, many_costs = np.frombuffer(symbols, np.uint16), np.frombuffer(costs, np.uint8)
    return _Level(symbols, costs, back_off, children, many, many_costs)


def _read(file: BufferedIOBase, kind: str, count: int) -> array[int]:
    values = np.frombuffer(file.read(count * array(kind).itemsize), f"<{kind}")
    if len(values) != count:
        raise EOFError(f"{count} numbers expected, {len(values)} found")
    return array(kind, values.astype(kind).tobytes())


@lru_cache(maxsize=65536)
def _followed(context: Context) -> tuple[tuple[int, int, int, int], ...]:
    """The n-grams that go on from a context, longest first.

    Each with its level, where they start and end, and the cost of going to the next of these.
    """
    grams, found = _grams(), []
    for begin in range(len(context)):
        node = grams.node(context[begin:])
        if node >= 0:
            level = len(context) - begin
            start, end = grams.levels[level - 1].children[node : node + 2]
            if start < end:
                found.append((level, start, end, grams.levels[level - 1].back_off[node]))
    return tuple(found)


@lru_cache(maxsize=65536)
def _cost(context: Context, symbol: int) -> int:
    if not symbol:
        return UNKNOWN
    cost, levels = 0, _grams().levels
    for level, start, end, back_off in _followed(context):
        at = bisect_left(levels[level].symbols, symbol, start, end)
        if at < end and levels[level].symbols[at] == symbol:
            return cost + levels[level].costs[at]
        cost += back_off
    return cost + levels[0].costs[symbol]


def symbols(passage: Iterable[str]) -> list[int]:
    """The symbols of characters in any script; 0 for one that the model does not know."""
    known = _grams().places
    return [known.get(one, 0) for one in _FORMS.sub(_form, simplify_characters("".join(passage)).translate(_FULL))]


_FORMS = re.compile(r"\d|[A-Za-zＡ-Ｚａ-ｚ]|\s")


def _form(match: re.Match[str]) -> str:
    return "0" if match[0].isdigit() else "A" if match[0].isalpha() else match[0] if match[0] in " \n" else " "


def names_in_lists(passage: str) -> int:
    """How often a 、 of a simplified passage stands between two proper nouns: members of a list are of one kind."""
    names = _grams().names
    return sum(
        any(passage[at - n : at] in names for n in (2, 3))
        and any(passage[at + 1 : at + 1 + n] in names for n in (2, 3))
        for at, character in enumerate(passage)
        if character == "、" and at > 1
    )


class LanguageModel:
    """Judges passages of one article.

    Args:
        article: The article without the passages in doubt: what stands in it is likelier to stand there again.

    """

    def __init__(self, article: str = "") -> None:
        self._followers: dict[Context, dict[int, int]] = {}
        """By one symbol or two, the costs of those that follow in the article."""
        seen = symbols(article)
        for length, share in _OF_ARTICLE.items():
            grams = Counter(zip(*(seen[at:] for at in range(length)), strict=False))
            contexts = Counter(gram[:-1] for gram in grams.elements())
            for gram, count in grams.items():
                if 0 not in gram:
                    cost = round(-log(share * count / contexts[gram[:-1]]) * UNITS)
                    self._followers.setdefault(gram[:-1], {})[gram[-1]] = cost

    def has(self, first: int, second: int) -> bool:
        """Whether two symbols stand side by side in the article."""
        return second in self._followers.get((first,), ())

    def cost(self, context: Context, symbol: int) -> int:
        """The cost of a symbol after others."""
        cost = _cost(context, symbol)
        if self._followers:
            for followers in self._of_article(context):
                cost = min(cost, followers.get(symbol, cost))
        return cost

    def costs(self, context: Context, choices: Symbols) -> Symbols:
        """The cost of each of several symbols after others, as `cost` gives it."""
        grams, followed = _grams(), _followed(context)
        costs = grams.levels[0].many_costs[choices].astype(np.int64)
        for level, start, end, back_off in reversed(followed):
            costs += back_off
            many = grams.levels[level].many[start:end]
            at = many.searchsorted(choices)
            at[at == end - start] = 0
            costs = np.where(many[at] == choices, grams.levels[level].many_costs[start:end][at], costs)
        costs[choices == 0] = UNKNOWN
        for followers in self._of_article(context):
            # An article has few followers of one context, and each is seldom among the choices.
            for place in np.flatnonzero(np.isin(choices, list(followers))).tolist():
                costs[place] = min(costs[place], followers[int(choices[place])])
        return costs

    def total(self, passage: Sequence[int], context: Context = ()) -> int:
        """The cost of a passage of symbols after others."""
        cost = 0
        for symbol in passage:
            cost += self.cost(context, symbol)
            context = (*context, symbol)[-(ORDER - 1) :]
        return cost

    def _of_article(self, context: Context) -> list[dict[int, int]]:
        one = self._followers.get(context[-1:])
        if one is None:
            return []
        two = self._followers.get(context[-2:])
        return [one] if two is None or len(context) < 2 else [one, two]
