"""What the text of a pattern shows: how it begins, what it asks of the text before, whether it could run for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import regex

_BOUNDS = regex.compile(r"\{(\d*)(,?)(\d*)\}")


def leading_group(pattern: str) -> str:
    """The group that a pattern begins with, "" if it begins otherwise or is an alternation of several."""
    if not pattern.startswith("(?:"):
        return ""
    tokens = list(_tokens(pattern))
    end = next(token.at for token in tokens if token.text == ")" and token.depth == 0) + 1
    alternation = any(token.text == "|" and token.depth == 0 for token in tokens)
    return "" if alternation or pattern[end : end + 1] in tuple("?*+{") else pattern[:end]


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
    """A pattern piece by piece: escapes, sets and quantifiers each in one, all else by character."""
    depth = at = 0
    while at < len(pattern):
        char = pattern[at]
        text, quantifies, unbounded, optional = char, False, False, False
        if char == "\\":
            text = pattern[at : at + 2]
        elif char == "[":
            end = at + 1
            while pattern[end] != "]" or end == at + 1:
                end += 2 if pattern[end] == "\\" else 1
            text = pattern[at : end + 1]
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char in "*+" and at and pattern[at - 1] not in "*+?}":
            quantifies = unbounded = True
        elif char == "?" and at and pattern[at - 1] not in "(*+?}":
            quantifies = optional = True
        elif char == "{" and (bounds := _BOUNDS.match(pattern, at)):
            text, quantifies = bounds[0], True
            unbounded, optional = bool(bounds[2]) and not bounds[3], (bounds[3] or bounds[1]) in ("0", "1")
        yield _Token(at, text, depth, quantifies, unbounded, optional)
        at += len(text)
