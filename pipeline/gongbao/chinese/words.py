"""jieba's dictionary as a trie in flat arrays: what words there are, how often each was counted, its part of speech.

A node stands for the beginning of a word. Nodes are numbered level by level, so the children of one node follow one
another, in the order of their characters, and a child is found by bisection. In arrays the 346,000 words of up to
five characters take 6 MB, a tenth of what a `dict` takes. They come ready-made in `words.gz` beside this module
(training/build_dictionary.py makes it), which loads in a tenth of the time that jieba's own file takes to be parsed.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from io import BufferedIOBase
from math import log
from pathlib import Path

from gongbao.errors import RuleError

PATH = Path(__file__).with_name("words.gz")
LONGEST = 5
"""Characters in a word; longer ones are rare and made of shorter ones."""
_TOTAL = 60_101_967
"""Words counted for jieba's dictionary."""
_CODES = 1 << 16


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dictionary:
    """The trie. Node 0 is the root and stands for "no node" too, for it is nobody's child."""

    roots: array[int]
    """The node of a word's first character, by code point; 0 for a character that begins no word."""
    children: array[int]
    """The first child of each node; the children end where those of the next node begin."""
    codes: array[int]
    """The last character of each node, as a code point."""
    ranks: array[int]
    """The word's place in `costs`; 0 where the node is no word."""
    best: array[int]
    """The highest of the ranks of the node's children."""
    classes: array[int]
    """The word's place in `class_names`."""
    costs: tuple[float | None, ...]
    """Log-probabilities in ascending order, after a None for what is no word."""
    class_names: tuple[str | None, ...]

    def root(self, character: str) -> int:
        """The node of a first character, 0 if no word begins so."""
        code = ord(character)
        return self.roots[code] if code < _CODES else 0

    def child(self, node: int, code: int) -> int:
        """The node that is reached from another by a character's code point, 0 if no word goes on so."""
        codes, end = self.codes, self.children[node + 1]
        at = bisect_left(codes, code, self.children[node], end)
        return at if at < end and codes[at] == code else 0

    def cost(self, word: str) -> float | None:
        """The log-probability of a word of up to five characters, None for what is no word."""
        return self.costs[self.ranks[self._node(word)]]

    def word_class(self, word: str) -> str | None:
        """The part of speech of a word (`n`, `nz` proper noun, `ns` place, ...), None if unknown."""
        return self.class_names[self.classes[self._node(word)]]

    def _node(self, word: str) -> int:
        node = self.root(word[0]) if word else 0
        for character in word[1:]:
            node = node and self.child(node, ord(character))
        return node


@cache
def dictionary() -> Dictionary:
    """The dictionary, with the words of bulletins that jieba lacks (`lexicon/bulletin_words.txt` of the rules).

    Raises:
        RuleError: the file cannot be read.

    """
    try:
        with gzip.open(PATH) as file:
            header = json.loads(file.readline())
            nodes = header["nodes"]
            children = _read(file, "I", nodes + 1)
            codes, ranks, best = (_read(file, "H", nodes) for _ in range(3))
            classes = _read(file, "B", nodes)
            if file.read(1):  # at the end the file's checksum is compared
                raise EOFError("it goes on behind its end")
    except (OSError, EOFError, ValueError, LookupError, zlib.error) as error:
        raise RuleError("cannot be read", where=str(PATH), fix="Reinstall gongbao: the file is part of it") from error
    roots = array("H", bytes(2 * _CODES))
    for node in range(1, children[1]):
        roots[codes[node]] = node
    costs = (log(frequency) - log(_TOTAL) for frequency in header["frequencies"])
    return Dictionary(roots, children, codes, ranks, best, classes, (None, *costs), (None, *header["classes"]))


def _read(file: BufferedIOBase, kind: str, count: int) -> array[int]:
    values = array(kind)
    values.frombytes(file.read(count * values.itemsize))
    if len(values) != count:
        raise EOFError(f"{count} numbers expected, {len(values)} found")
    if sys.byteorder == "big":
        values.byteswap()
    return values
