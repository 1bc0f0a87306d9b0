"""What the text of a pattern shows: how it begins, the words that each match holds, whether it could run for ever.

What is not understood is answered on the safe side: it may begin with anything, holds no certain word, may run away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

import regex

_BOUNDS = regex.compile(r"\{(\d*)(,?)(\d*)\}")
_SET = r"\[(?:\\.|.)(?:\\.|[^\]\\])*+\]"
_TOKEN = regex.compile(rf"[^\\\[(){{*+?|]++|\\.|{_SET}|\{{\d*,?\d*\}}|.", flags=regex.DOTALL)
_LED = regex.compile(
    rf"(?P<group>\((?:[^\\\[()]++|\\.|{_SET}|(?&group))*+\))(?![?*+{{])(?:[^\\\[()|]++|\\.|{_SET}|(?&group))*+",
    flags=regex.DOTALL,
)
"""A group and what follows it, none of it an alternative."""


def leading_group(pattern: str) -> str:
    """The group that a pattern begins with, "" if it begins otherwise or is an alternation of several."""
    found = _LED.fullmatch(pattern) if pattern.startswith("(?:") else None
    return found["group"] if found else ""


def without_look_behind(pattern: str) -> str:
    """The pattern without what it asks of the text before: it may then match more, never less."""
    kept: list[str] = []
    inside: int | None = None
    for token in _tokens(pattern):
        if inside is None and token.text == "(" and pattern.startswith(("(?<=", "(?<!"), token.at):
            inside = token.depth - 1
        elif inside is None:
            kept.append(token.text)
        elif token.text == ")" and token.depth == inside:
            inside = None
    return "".join(kept)


def may_run_away(pattern: str) -> bool:
    """True if the pattern could take long on some text, so that its matches need a time limit.

    False only for patterns whose repeats are possessive, or bounded and not inside one another.
    """
    repeats = [False]  # for each open group: does it hold a repeat?
    closed = False  # did the group that has just been closed hold one?
    previous = ""
    for token in _tokens(pattern):
        if token.text == "(":
            repeats.append(False)
        elif token.text == ")":
            closed = repeats.pop()
            repeats[-1] = repeats[-1] or closed
        elif token.quantifies:
            possessive = pattern[token.at + len(token.text) : token.at + len(token.text) + 1] == "+"
            if token.unbounded and not possessive:
                return True
            if not possessive and previous == ")" and closed and not token.optional:
                return True
            repeats[-1] = repeats[-1] or not token.optional
        previous = token.text
    return False


class _Token(NamedTuple):
    at: int
    text: str
    depth: int
    """How many groups are open after it."""
    quantifies: bool = False
    unbounded: bool = False
    optional: bool = False


def _tokens(pattern: str) -> Iterator[_Token]:
    """A pattern piece by piece: escapes, sets and quantifiers each in one, characters without a meaning together."""
    depth = 0
    for piece in _TOKEN.finditer(pattern):
        at, text = piece.start(), piece[0]
        char, quantifies, unbounded, optional = text[0], False, False, False
        if char in "()":
            depth += 1 if char == "(" else -1
        elif char in "*+" and at and pattern[at - 1] not in "*+?}":
            quantifies = unbounded = True
        elif char == "?" and at and pattern[at - 1] not in "(*+?}":
            quantifies = optional = True
        elif char == "{" and (bounds := _BOUNDS.fullmatch(text)):
            quantifies = True
            unbounded, optional = bool(bounds[2]) and not bounds[3], (bounds[3] or bounds[1]) in ("0", "1")
        yield _Token(at, text, depth, quantifies, unbounded, optional)


# -- words that every match holds --------------------------------------------------------------------------------------

Words = frozenset[str]
_EMPTY: Words = frozenset({""})
_MOST_WORDS = 4_000
"""Most ways of writing one piece that are told apart; a lexicon has a thousand words."""
_MOST_JOINED = 128
"""Most words that pieces side by side are multiplied out to."""
_MOST_NEEDS = 3
_TOO_FREQUENT = 16.0
_WIDEST_SET = 128
_SPECIAL = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_ZERO_WIDTH = frozenset({r"\K", r"\b", r"\B", r"\A", r"\Z", r"\G", r"\m", r"\M", "^", "$"})
_HEX = regex.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_LIST = regex.compile(r"\\L<([a-z][a-z0-9_]*)>")
_OPENING = regex.compile(r"\(\?(?:P<\w+>|P=\w+\)|[:>=!]|<[=!]|[ms]+\))|\((?!\?)")


class Needs(NamedTuple):
    """What every match of a pattern holds: a word of each set of `words`, within `reach` characters of its beginning.

    No words: nothing is known. `reach` counts what the match looks ahead at; None is any distance. `first` and `last`
    are the characters that a match may begin and end with, "" that of an empty one; None: it may be any.
    """

    words: tuple[Words, ...] = ()
    reach: int | None = None
    first: Words | None = None
    last: Words | None = None


def needs_of(pattern: str, lists: Mapping[str, Sequence[str]]) -> Needs:
    """The words that every match of a pattern holds.

    Args:
        pattern: The pattern, its parts put in.
        lists: The words of the lexicons that it names.
    """
    reader = _Reader(pattern, lists)
    try:
        piece = reader.alternatives()
    except _NotUnderstood:
        return Needs()
    return Needs(piece.needs, piece.reach, piece.first, piece.last) if reader.at == len(pattern) else Needs()


class _NotUnderstood(Exception):
    """The pattern has flags or groups that are not read here."""


class _Piece(NamedTuple):
    """What is known of a piece of a pattern.

    `ways` are all the strings it matches, None if they are too many; of each of `needs` every match holds a word.
    `width` is the longest match, `reach` the longest with what is looked ahead at; None: there is no longest.
    `first` and `last` are the characters it begins and ends with, "" where it is empty; None: any.
    """

    ways: Words | None
    needs: tuple[Words, ...] = ()
    width: int | None = 0
    reach: int | None = 0
    first: Words | None = _EMPTY
    last: Words | None = _EMPTY


_NOTHING = _Piece(_EMPTY)
_ANY = _Piece(None, (), 1, 1, None, None)
_UNKNOWN = _Piece(None, (), None, None, None, None)


def _of_words(words: Words) -> _Piece:
    longest = max(map(len, words), default=0)
    first, last = frozenset(word[:1] for word in words), frozenset(word[-1:] for word in words)
    return _Piece(words if len(words) <= _MOST_WORDS else None, (), longest, longest, first, last)


class _Reader:
    """Reads a pattern by recursive descent."""

    def __init__(self, pattern: str, lists: Mapping[str, Sequence[str]]) -> None:
        self._pattern = pattern
        self._lists = lists
        self.at = 0

    def alternatives(self) -> _Piece:
        """The pieces up to the end or the closing bracket, any of which may match."""
        branches = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        either = _either(branch.ways for branch in branches)
        if either is not None and len(either) > _MOST_WORDS:
            either = None
        needs: list[Words] = []
        if all(branch.needs for branch in branches):
            # The n-th need of every branch, of a branch with fewer its last.
            for row in zip_longest(*(branch.needs for branch in branches)):
                words = (own or branch.needs[-1] for own, branch in zip(row, branches, strict=True))
                needs.append(frozenset[str]().union(*words))
        return _Piece(
            either,
            _best(needs),
            _longest(branch.width for branch in branches),
            _longest(branch.reach for branch in branches),
            _either(branch.first for branch in branches),
            _either(branch.last for branch in branches),
        )

    def _next(self) -> str:
        return self._pattern[self.at : self.at + 1]

    def _sequence(self) -> _Piece:
        needs: list[Words] = []
        run, ways = _EMPTY, _Piece(_EMPTY).ways
        width: int | None = 0
        reach: int | None = 0
        first: Words | None = _EMPTY
        last: Words | None = _EMPTY
        while self._next() not in ("", "|", ")"):
            piece = self._repeated(self._piece())
            needs += piece.needs
            reach = _longest((reach, _sum(width, piece.reach)))
            width = _sum(width, piece.width)
            first, last = _edge(first, piece.first), _edge(piece.last, last)
            longer = _joined(run, piece.ways) if piece.ways is not None else None
            ways = _joined(ways, piece.ways) if ways is not None and piece.ways is not None else None
            if longer is None:
                needs += _need(run)
                longer = piece.ways if piece.ways is not None else _EMPTY
            run = longer
        return _Piece(ways, _best([*needs, *_need(run)]), width, reach, first, last)

    def _repeated(self, piece: _Piece) -> _Piece:
        """The piece with the quantifier behind it."""
        char = self._next()
        bounds = _BOUNDS.match(self._pattern, self.at) if char == "{" else None
        if bounds is None and char not in ("?", "*", "+"):
            return piece
        self.at = bounds.end() if bounds else self.at + 1
        if self._next() in ("?", "+"):  # lazy, possessive
            self.at += 1
        least = int(bounds[1] or 0) if bounds else int(char == "+")
        written = (bounds[3] if bounds[2] else bounds[1]) if bounds else "1" if char == "?" else ""
        most = int(written) if written else None
        before = 0 if most == 1 else None if most is None or piece.width is None else (most - 1) * piece.width
        width, reach = _sum(before, piece.width), _sum(before, piece.reach)
        ways = piece.ways if most == 1 else None
        if least:
            needs = piece.needs or tuple(_need(piece.ways or _EMPTY))
            return _Piece(ways, needs, width, reach, piece.first, piece.last)
        return _Piece(_optional(ways), (), width, reach, _optional(piece.first), _optional(piece.last))

    def _piece(self) -> _Piece:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        self.at += 1
        if char == ".":
            return _ANY
        return _NOTHING if char in _ZERO_WIDTH else _of_words(frozenset({char}))

    def _group(self) -> _Piece:
        opening = _OPENING.match(self._pattern, self.at)
        if opening is None:
            raise _NotUnderstood
        kind = str(opening[0])
        self.at += len(kind)
        if kind.startswith("(?P="):
            return _UNKNOWN
        if kind.endswith(")"):  # flags
            return _NOTHING
        inside = self.alternatives()
        self.at += 1
        if kind == "(?=":
            words = inside.needs or tuple(_need(inside.ways or _EMPTY))
            return _Piece(_EMPTY, words, 0, inside.reach)
        return _NOTHING if kind in ("(?!", "(?<=", "(?<!") else inside

    def _set(self) -> _Piece:
        end = self.at + 1
        while self._pattern[end] != "]" or end == self.at + 1:
            end += 2 if self._pattern[end] == "\\" else 1
        body, self.at = self._pattern[self.at + 1 : end], end + 1
        chars: set[str] = set()
        at = 0
        while at < len(body):
            char, length = _escaped(body, at) if body[at] == "\\" else (body[at], 1)
            if char is None or (char == "^" and at == 0) or body.startswith("[:", at):
                return _ANY
            at += length
            last = char
            if body[at : at + 1] == "-" and at + 1 < len(body):
                last, at = body[at + 1], at + 2
            if last == "\\" or ord(last) - ord(char) > _WIDEST_SET:
                return _ANY
            chars.update(map(chr, range(ord(char), ord(last) + 1)))
        return _of_words(frozenset(chars)) if len(chars) <= _WIDEST_SET else _ANY

    def _escape(self) -> _Piece:
        named = _LIST.match(self._pattern, self.at)
        if named is not None:
            self.at = named.end()
            return _of_words(frozenset(self._lists[named[1]]))
        if self._pattern[self.at : self.at + 2] in _ZERO_WIDTH:
            self.at += 2
            return _NOTHING
        kind = self._pattern[self.at + 1]
        char, length = _escaped(self._pattern, self.at)
        self.at += length
        if kind in "pP" and self._next() == "{":
            self.at = self._pattern.index("}", self.at) + 1
        if kind.isdecimal():  # what a group matched before
            return _UNKNOWN
        return _ANY if char is None else _of_words(frozenset({char}))


def _escaped(pattern: str, at: int) -> tuple[str | None, int]:
    """The character that an escape stands for, None if it stands for several, and the escape's length."""
    code = _HEX.match(pattern, at)
    if code is not None:
        return chr(int(code[1] or code[2], 16)), len(code[0])
    char = pattern[at + 1]
    return (_SPECIAL.get(char) if char.isalnum() else char), 2


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _longest(lengths: Iterable[int | None]) -> int | None:
    known = list(lengths)
    return None if None in known else max(length or 0 for length in known)


def _either(branches: Iterable[Words | None]) -> Words | None:
    """All of what several branches have; None: any."""
    found = list(branches)
    known = [words for words in found if words is not None]
    return frozenset[str]().union(*known) if len(known) == len(found) else None


def _optional(words: Words | None) -> Words | None:
    return None if words is None else words | _EMPTY


def _edge(outer: Words | None, inner: Words | None) -> Words | None:
    """The characters at an edge of two pieces side by side: those of the outer, and behind it, where it is empty."""
    if outer is None or "" not in outer:
        return outer
    return None if inner is None else outer - _EMPTY | inner


def _joined(first: Words, second: Words) -> Words | None:
    """All words of the first followed by all of the second, None if they are too many."""
    if first == _EMPTY or second == _EMPTY:
        return second if first == _EMPTY else first
    if len(first) * len(second) > _MOST_JOINED:
        return None
    return frozenset(one + other for one in first for other in second)


def _need(words: Words) -> list[Words]:
    return [words] if words and "" not in words else []


def _best(needs: Iterable[Words]) -> tuple[Words, ...]:
    """The needs that tell most: those met least often first, without those that an earlier one holds anyway."""
    needs = list(needs)
    if len(needs) < 2:
        return tuple(map(_shortest, needs))
    kept: list[Words] = []
    for words in sorted({_shortest(words) for words in needs}, key=lambda words: (_frequency(words), sorted(words))):
        told = any(all(any(word in longer for word in words) for longer in other) for other in kept)
        if not told and (not kept or _frequency(words) < _TOO_FREQUENT):
            kept.append(words)
    return tuple(kept[:_MOST_NEEDS])


def _shortest(words: Words) -> Words:
    """The words without those that hold another of them."""
    if len(set(map(len, words))) == 1:
        return words
    kept: set[str] = set()
    for word in sorted(words, key=len):
        if not any(word[low:high] in kept for low in range(len(word)) for high in range(low + 1, len(word) + 1)):
            kept.add(word)
    return frozenset(kept)


def _frequency(words: Words) -> float:
    """About how often one of the words is met: digits and marks are common, two characters rarer than one."""
    return sum((1.0 if word[0].isalpha() else 4.0) * 0.05 ** (len(word) - 1) for word in words)
