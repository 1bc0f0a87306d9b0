"""How well a stretch of Chinese reads: the log-probability of its best division into words.

The words and their frequencies are those of jieba's dictionary, loaded at first use; characters are compared in their
simplified form. What is no word costs its characters; what no sentence has (a Greek letter between two characters, two
commas in a row) costs more. The scores are natural logarithms and good for comparing two readings of one passage only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from math import inf, log
from typing import NamedTuple

from pipeline.stages.convert import lexicon, simplify_characters

LONGEST = 5
"""Characters in a word; longer ones are rare and made of shorter ones."""
_LENGTHS = tuple(range(2, min(LONGEST, length) + 1) for length in range(LONGEST + 2))
_UNKNOWN = -19.0
"""A character of no word, and a sign that stands in no sentence."""
_PUNCTUATION = {
    **dict.fromkeys("，,", -3.2),
    **dict.fromkeys("。", -3.8),
    **dict.fromkeys("、", -4.2),
    **dict.fromkeys('“”"', -5.0),
    **dict.fromkeys("；;：:（）()", -6.0),
    **dict.fromkeys("《》？！?!", -7.0),
    **dict.fromkeys("‘’—…·%-－～~/[]【】〔〕〈〉.．＋+", -8.0),
    **dict.fromkeys(" \t\n\r\u3000", -4.0),
}
_QUOTES = frozenset('“”"‘’《》（）()—…')
_EMPHASIS = frozenset("?？!！")
_PAIR = -8.0
"""Added where two marks stand together that are neither quotes nor brackets nor ?!."""
_LATIN, _LATIN_MORE = -9.0, -1.0
_DIGIT, _DIGIT_MORE = -5.0, -0.7
_SEEN = (0.0, 2.0, 4.0)
"""Added for a pair of characters that the rest of the article has once, or more often."""


_UNCOUNTED = 20
"""Added to the frequency of words: the dictionary lists many with a frequency of 2 or 3 that nobody counted."""
_OF_BULLETINS = 300
_TOTAL = 60_101_967
"""Words counted for jieba's dictionary."""
_LINE = re.compile(rf"\n(\S{{1,{LONGEST}}}) ([1-9]\d*) ")
_PROPER = frozenset({"nz", "ns", "nr", "nt", "nrt", "nrfg"})
_ALIKE = 5.8
"""A proper noun is one word in a hundred, but most neighbours of one in a list are."""


class Reading(NamedTuple):
    """A reading so far: its last characters and the best scores of the divisions that end before each of them."""

    tail: str
    scores: tuple[float, ...]

    @property
    def score(self) -> float:
        return self.scores[-1]


START = Reading("", (0.0,))


class Plausibility:
    """Scores passages of one article.

    Args:
        article: The article without the passages in doubt, simplified: pairs of characters seen in it count for more.

    """

    def __init__(self, article: str = "") -> None:
        self._pairs: dict[str, int] = {}
        for pair in map("".join, pairwise(article)):
            self._pairs[pair] = self._pairs.get(pair, 0) + 1
        self._word = _words()

    def extend(self, reading: Reading, character: str) -> Reading:
        """The reading with one more character, which must be simplified."""
        tail, scores = reading.tail + character, reading.scores
        word = self._word
        cost = word(character)
        best = scores[-1] + (self._mark(character, reading.tail[-1:]) if cost is None else cost)
        for length in _LENGTHS[len(tail)]:
            cost = word(tail[-length:])
            if cost is not None and scores[-length] + cost > best:
                best = scores[-length] + cost
        seen = self._pairs.get(tail[-2:])
        if seen:
            best += _SEEN[min(seen, 2)]
        return Reading(tail[1 - LONGEST :], (*scores[1 - LONGEST :], best))

    def read(self, passage: Iterable[str], after: Reading = START) -> Reading:
        """The reading of a whole passage (simplified), going on from another."""
        for character in passage:
            after = self.extend(after, character)
        return after

    def alone(self, passage: str) -> frozenset[int]:
        """Where, in the best division of a simplified passage, a character stands as a word of its own.

        A mark is none of them, nor is a character that the article pairs with its neighbour elsewhere.
        """
        best, length = [0.0], [0]
        reading = START
        for end in range(1, len(passage) + 1):
            reading = self.extend(reading, passage[end - 1])
            best.append(reading.score)
            costs = ((self._word(passage[end - n : end]), n) for n in _LENGTHS[min(end, LONGEST)])
            word = max(((best[end - n] + cost, n) for cost, n in costs if cost is not None), default=(-inf, 1))
            length.append(word[1] if word[0] > best[end - 1] + (self._word(passage[end - 1]) or _UNKNOWN) else 1)
        found, end = set(), len(passage)
        while end:
            at = end - length[end]
            pairs = (passage[at - 1 : end], passage[at : end + 1])
            single = length[end] == 1 and passage[at] not in _PUNCTUATION
            if single and not any(pair in self._pairs for pair in pairs):
                found.add(at)
            end = at
        return frozenset(found)

    def _mark(self, character: str, before: str) -> float:
        cost = _PUNCTUATION.get(character)
        if cost is not None:
            return cost + (_PAIR if _clash(before, character) else 0.0)
        if character.isascii() and character.isalpha():
            return _LATIN_MORE if before.isascii() and before.isalpha() else _LATIN
        if character.isascii() and character.isdigit():
            return _DIGIT_MORE if before.isascii() and (before.isdigit() or before == ".") else _DIGIT
        return _UNKNOWN


def _clash(before: str, character: str) -> bool:
    free = before in _QUOTES or character in _QUOTES or before.isspace() or character.isspace()
    return before in _PUNCTUATION and not free and not (before in _EMPHASIS and character in _EMPHASIS)


@cache
def _dictionary() -> str:
    """The text of jieba's dictionary, a line a word: the word, how often it was counted, its part of speech."""
    return "\n" + files("jieba").joinpath("dict.txt").read_text(encoding="utf-8")


@cache
def _words() -> Callable[[str], float | None]:
    """The log-probability of a word, None for what is no word."""
    total = log(_TOTAL)
    costs = {word: log(_OF_BULLETINS) - total for word in lexicon("bulletin_words")}
    for match in _LINE.finditer(_dictionary()):
        word, count = match.groups()
        costs[word] = log(int(count) + (_UNCOUNTED if len(word) > 1 else 0)) - total
    return costs.get


@lru_cache(maxsize=4096)
def word_class(word: str) -> str | None:
    """The part of speech of a word in jieba's dictionary (`n`, `nz` proper noun, `ns` place, ...), None if unknown."""
    text = _dictionary()
    at = text.find(f"\n{word} ")
    return text[at + 1 : text.index("\n", at + 1)].rsplit(" ", 1)[1] if at >= 0 else None


def agreement(passage: str) -> float:
    """What the lists in a simplified passage say: members joined by 、 are of one kind.

    Added where the words on both sides of a 、 are proper nouns of one class, as in 海康、大华.
    """
    gain = 0.0
    for at, letter in enumerate(passage):
        if letter == "、":
            left = _known(passage[at - n : at] for n in (4, 3, 2) if n <= at)
            right = _known(passage[at + 1 : at + 1 + n] for n in (4, 3, 2))
            if left and left == right and left in _PROPER:
                gain += _ALIKE
    return gain


def _known(words: Iterable[str]) -> str | None:
    return next((found for word in words if (found := word_class(word))), None)


def commonness(character: str) -> float:
    """The log-probability of a simplified character as a word of its own."""
    cost = _words()(character)
    return _UNKNOWN if cost is None else cost


def simplified(passage: Sequence[str]) -> str:
    """The characters of a passage in the form in which they are compared."""
    return simplify_characters("".join(passage))
