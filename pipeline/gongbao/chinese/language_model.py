"""How well a stretch of Chinese reads: the log-probability of its best division into words.

The words and their frequencies are those of jieba's dictionary, loaded at first use; characters are compared in their
simplified form. What is no word costs its characters; what no sentence has (a Greek letter between two characters, two
commas in a row) costs more. The scores are natural logarithms and good for comparing two readings of one passage only.

A passage is read from left to right (Viterbi's algorithm on the lattice of its words): of what was read, only the
words that are still open need to be known, each as a node of the dictionary with the score before its first character.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import NamedTuple

from gongbao.chinese.script import simplify_characters
from gongbao.chinese.words import LONGEST, dictionary

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
_PROPER = frozenset({"nz", "ns", "nr", "nt", "nrt", "nrfg"})
_ALIKE = 5.8
"""A proper noun is one word in a hundred, but most neighbours of one in a list are."""
LETTER_GAIN = -5.0 + _SEEN[-1]
"""No Latin letter behind another character adds more: alone it costs more, and so do the few words that end in one."""


class Reading(NamedTuple):
    """A reading so far: its score, its last character, and the words that it may be in the middle of.

    `begun` has for each of these words its node in the dictionary and the score before its first character.
    """

    score: float
    last: str
    begun: tuple[tuple[int, float], ...]


START = Reading(0.0, "", ())


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Characters (simplified) that may come next, prepared for being scored together."""

    costs: tuple[float, ...]
    """The log-probability of each as a word of its own; -inf for the marks."""
    marks: tuple[tuple[int, str], ...]
    """Marks with their places; their score depends on what stands before."""
    places: dict[int, tuple[int, ...]]
    """Where a character stands among the choices, by its code point."""
    top: float
    """No choice scores more as a word of its own."""

    @classmethod
    def of(cls, characters: Sequence[str]) -> Choices:
        """Prepare choices, in their order; the same character may come twice."""
        words = dictionary()
        places: dict[int, tuple[int, ...]] = {}
        for place, character in enumerate(characters):
            places[ord(character)] = (*places.get(ord(character), ()), place)
        alone = [words.cost(character) for character in characters]
        known = list(zip(characters, alone, strict=True))
        return cls(
            costs=tuple(-inf if cost is None else cost for cost in alone),
            marks=tuple((place, one) for place, (one, cost) in enumerate(known) if cost is None),
            places=places,
            top=max((_alone(one, cost) for one, cost in known), default=-inf),
        )


class LanguageModel:
    """Scores passages of one article.

    Args:
        article: The article without the passages in doubt, simplified: pairs of characters seen in it count for more.

    """

    def __init__(self, article: str = "") -> None:
        self._seen: dict[str, dict[int, float]] = {}
        """By a character, the code points of those that follow it in the article, with what that adds."""
        for first, second in pairwise(article):
            followers = self._seen.setdefault(first, {})
            code = ord(second)
            followers[code] = _SEEN[2 if code in followers else 1]
        self._words = dictionary()

    def extend(self, reading: Reading, character: str) -> Reading:
        """The reading with one more character, which must be simplified."""
        words = self._words
        child, children, costs, ranks = words.child, words.children, words.costs, words.ranks
        score, last, begun = reading
        code, node = ord(character), words.root(character)
        cost = costs[ranks[node]]
        best = score + (self._mark(character, last) if cost is None else cost)
        still: list[tuple[int, float]] = []
        for parent, before in begun:
            longer = child(parent, code)
            if longer:
                cost = costs[ranks[longer]]
                if cost is not None and before + cost > best:
                    best = before + cost
                if children[longer] < children[longer + 1]:
                    still.append((longer, before))
        if node and children[node] < children[node + 1]:
            still.append((node, score))
        if last in self._seen:
            best += self._seen[last].get(code, 0.0)
        return Reading(best, character, tuple(still))

    def read(self, passage: Iterable[str], after: Reading = START) -> Reading:
        """The reading of a whole passage (simplified), going on from another."""
        for character in passage:
            after = self.extend(after, character)
        return after

    def scores(self, reading: Reading, choices: Choices) -> tuple[list[float], set[int]]:
        """The score of a reading with one more character, for each of several, as `extend` would give it.

        Returns:
            The scores, and the places of the choices that go on with a word that the reading has begun.

        """
        score, last, begun = reading
        places, costs, ranks = choices.places, self._words.costs, self._words.ranks
        found = [score + cost for cost in choices.costs]
        for place, mark in choices.marks:
            found[place] = score + self._mark(mark, last)
        inside: set[int] = set()
        for parent, before in begun:
            for code, node in _continued(parent, choices):
                inside.update(places[code])
                cost = costs[ranks[node]]
                if cost is not None:
                    for place in places[code]:
                        found[place] = max(found[place], before + cost)
        seen = self._seen.get(last)
        if seen:
            for code in seen.keys() & places.keys():
                for place in places[code]:
                    found[place] += seen[code]
        return found, inside

    def at_most(self, reading: Reading, choices: Choices) -> float:
        """A score that none of `scores` exceeds, found without looking at the choices."""
        costs, best = self._words.costs, self._words.best
        most = reading.score + choices.top
        for node, before in reading.begun:
            cost = costs[best[node]]
            if cost is not None and before + cost > most:
                most = before + cost
        return most + (_SEEN[-1] if reading.last in self._seen else 0.0)

    def adds_after(self, character: str, choices: Choices) -> float:
        """What it adds at most that the article has the character and a choice side by side."""
        seen = self._seen.get(character)
        return 0.0 if seen is None or seen.keys().isdisjoint(choices.places) else _SEEN[-1]

    def alone(self, passage: str) -> frozenset[int]:
        """Where, in the best division of a simplified passage, a character stands as a word of its own.

        A mark is none of them, nor is a character that the article pairs with its neighbour elsewhere.
        """
        word = self._words.cost
        best, length = [0.0], [0]
        reading = START
        for end in range(1, len(passage) + 1):
            reading = self.extend(reading, passage[end - 1])
            best.append(reading.score)
            costs = ((word(passage[end - n : end]), n) for n in range(2, min(end, LONGEST) + 1))
            longer = max(((best[end - n] + cost, n) for cost, n in costs if cost is not None), default=(-inf, 1))
            length.append(longer[1] if longer[0] > best[end - 1] + commonness(passage[end - 1]) else 1)
        found, end = set(), len(passage)
        while end:
            at = end - length[end]
            pairs = (passage[at - 1 : end], passage[at : end + 1])
            single = length[end] == 1 and passage[at] not in _PUNCTUATION
            if single and not any(len(pair) == 2 and ord(pair[1]) in self._seen.get(pair[0], ()) for pair in pairs):
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


@lru_cache(maxsize=8192)
def _continued(node: int, choices: Choices) -> tuple[tuple[int, int], ...]:
    """The children of a node of the dictionary that are among some choices, with their code points."""
    words, places = dictionary(), choices.places
    start, end = words.children[node], words.children[node + 1]
    if end - start < 20 * len(places):
        return tuple((code, at) for at, code in enumerate(words.codes[start:end], start) if code in places)
    return tuple((code, child) for code in places if (child := words.child(node, code)))


def best_word(first: str, choices: Choices) -> float:
    """The log-probability of the likeliest word that is a character and one of some choices; -inf without one."""
    words = dictionary()
    costs = (words.costs[words.ranks[node]] for _, node in _continued(words.root(first), choices))
    return max((cost for cost in costs if cost is not None), default=-inf)


def _clash(before: str, character: str) -> bool:
    free = before in _QUOTES or character in _QUOTES or before.isspace() or character.isspace()
    return before in _PUNCTUATION and not free and not (before in _EMPHASIS and character in _EMPHASIS)


def _alone(character: str, cost: float | None) -> float:
    return _PUNCTUATION.get(character, _LATIN_MORE) if cost is None else cost


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
    return next((found for word in words if (found := dictionary().word_class(word))), None)


def commonness(character: str) -> float:
    """The log-probability of a simplified character as a word of its own."""
    cost = dictionary().cost(character)
    return _UNKNOWN if cost is None else cost


def simplified(passage: Sequence[str]) -> str:
    """The characters of a passage in the form in which they are compared."""
    return simplify_characters("".join(passage))
