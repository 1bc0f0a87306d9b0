"""A stretch of damaged text as the search for shifted passages takes it: characters with their glosses and bytes."""

from __future__ import annotations

import re
from typing import NamedTuple

from gongbao.repair.glosses import syllables
from gongbao.repair.shifted import gbk

MARKERS = "?？\ufffd"
"""What a decoder writes for a byte or pair that it cannot read."""
MARKS = "?？!！;；,，:：、（(）).．"
"""Marks whose bytes may have been found across a border, as they stand now."""
LATIN = "a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹ"
GLOSS = re.compile(rf"[(（]?([{LATIN}]{{1,6}})[)）]")
LONE_LETTER = re.compile(r"[A-Za-z\[-`{-~](?![!-~])")
TAG = re.compile(rf"(?<=[{MARKERS}])/?[a-z]{{1,6}}[1-6]?>")
"""What a marker leaves of a tag whose first byte it swallowed."""
_VARIANTS = dict(
    zip("儘縕緪線蘊託諮轀醞餘瀋逕暱鉅鏇鍾穭麼麴麪钁", "侭緼縆缐藴讬谘輼醖馀渖迳昵钜镟锺稆麽麹麺䦆", strict=True)
)
"""What converters to traditional characters write, and the variant that it may come from beside the simplified form."""
WINDOW = 160
"""Characters after a seam that are looked at."""
ON_TIME = -1
"""Pending byte of a path that has come to its end: characters begin on time again."""


class Token(NamedTuple):
    """A character of the window with its gloss, if it has one. `end` is that of the gloss."""

    character: str
    start: int
    end: int
    gloss: str | None


def tokens(text: str, start: int, count: int) -> list[Token]:
    """Up to `count` characters of the line from `start` on, glosses apart."""
    found: list[Token] = []
    while start < len(text) and len(found) < count and text[start] != "\n":
        gloss = None
        end = start + 1
        match = GLOSS.match(text, end)
        # An invalid pair swallows the bracket: `?chuàng)`.
        if match and (text[start] in MARKERS or (match[0][0] in "(（" and not text[start].isspace())):
            gloss = syllables(match[1]).letters
            end = match.end()
        found.append(Token(text[start], start, end, gloss))
        start = end
    return found


def token_bytes(token: Token, other: str) -> tuple[tuple[int, int], ...]:
    """What a character that was read one byte late gives: a second byte, and the first byte of the next character.

    A letter gives a second byte, after which characters begin on time. Markers give nothing. `other` is another
    character that may have stood in its place.
    """
    if token.character in MARKERS:
        return ()
    if "@" <= token.character <= "~":
        return ((ord(token.character), ON_TIME),)
    origins = dict.fromkeys((token.character, other, _VARIANTS.get(token.character, "") if other else ""))
    pairs = (gbk.pair(character) for character in origins if character)
    return tuple(pair for pair in pairs if pair is not None)
