"""Damage clean text as old web pages did, with a character map from the clean text to the result.

The steps, in the order in which such pages suffered them:

1. `to_traditional`: simplified to traditional by OpenCC, with the wrong choices of a naive converter (製度, 全麵);
2. `halfwidth`: full-width commas, brackets and the like become ASCII;
3. `gloss`: `區` becomes `區(qū)`, on a list of characters or on a share of all of them;
4. `shift`: a program replaces the two bytes of a full-width `？！；，` by ASCII in GBK bytes without looking where
   characters begin, so that a pair of neighbours such as 海康 (BA *A3 BF* B5) is cut and the rest read one byte late.

Everything is deterministic: choices hang on the characters and a seed, never on a clock or a random state.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

LIGHT = "業發區創優醫態規戰環鎮續執養"
"""Characters that lightly damaged pages gloss."""

_WRONG = {
    "制度": "製度",
    "全面": "全麵",
    "体系": "體係",
    "发挥": "髮揮",
    "里程": "裡程",
    "干部": "乾部",
    "方面": "方麵",
}
"""What character-by-character converters give for words that they do not know."""

_HALF = str.maketrans("，；：！？（）％", ",;:!?()%")
_CUT = {b"\xa3\xbf": b"?", b"\xa3\xa1": b"!", b"\xa3\xac": b",", b"\xa3\xbb": b";"}


@dataclass(frozen=True)
class Damaged:
    """A damaged text made of one piece for each clean character (an empty piece where a neighbour swallowed it)."""

    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the clean characters `[start, end)` stand in the damaged text."""
        return sum(map(len, self.pieces[:start])), sum(map(len, self.pieces[:end]))


def chance(seed: int, *parts: object) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.sha256(repr((seed, *parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def to_traditional(text: str, *, config: str = "s2t", wrong: float = 0.0, seed: int = 0) -> str:
    """Convert character for character; `wrong` is the share of `_WRONG` words that come out wrong."""
    import opencc

    converter = opencc.OpenCC(config)
    lines = []
    for line in text.split("\n"):
        converted = converter.convert(line)
        if len(converted) != len(line):
            raise ValueError(f"conversion changes the length of {line!r}")
        for word, bad in _WRONG.items():
            for hit in re.finditer(word, line):
                if chance(seed, word, hit.start(), line[:8]) < wrong:
                    converted = converted[: hit.start()] + bad + converted[hit.end() :]
        lines.append(converted)
    return "\n".join(lines)


def readings(text: str) -> list[str]:
    """The reading of each character with tone mark in its context (an empty string where there is none)."""
    from pypinyin import Style, pinyin

    found: list[str] = []
    for run in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
        if "\u4e00" <= run[0] <= "\u9fff":
            found.extend(syllable[0] for syllable in pinyin(run, style=Style.TONE))
        else:
            found.extend("" for _ in run)
    return found


def gloss(
    text: str,
    *,
    clean: str,
    chars: Collection[str] = (),
    share: float = 0.0,
    skip: Collection[str] = (),
    toneless: bool = False,
    seed: int = 0,
) -> Damaged:
    """Gloss `chars`, and `share` of all characters that conversion changed, with their reading.

    `clean` is the simplified text, which knows the readings of words. `toneless` gives the form `關(guan) `.
    """
    pieces = []
    for char, simple, reading in zip(text, clean, readings(clean), strict=True):
        marked = char in chars or (char != simple and char not in skip and chance(seed, char) < share)
        if not marked or not reading:
            pieces.append(char)
        elif toneless:
            pieces.append(f"{char}({_without_tone(reading)}) ")
        else:
            pieces.append(f"{char}({reading})")
    return Damaged(tuple(pieces))


def _without_tone(reading: str) -> str:
    import unicodedata

    flat = unicodedata.normalize("NFD", reading.replace("ü", "v"))
    return "".join(char for char in flat if not unicodedata.combining(char))


def shift_points(text: str) -> list[int]:
    """Where two neighbours hold the bytes of a full-width mark across their border: places that this damage can hit."""
    points = []
    for index, (left, right) in enumerate(itertools.pairwise(text)):
        a, b = left.encode("gbk", "ignore"), right.encode("gbk", "ignore")
        if len(a) == 2 and len(b) == 2 and a[1:] + b[:1] in _CUT:
            points.append(index)
    return points


def shift(damaged: Damaged, points: Iterable[int]) -> Damaged:
    """Cut the pairs that start at the clean characters `points`, and read on until characters begin on time again."""
    pieces = list(damaged.pieces)
    for point in points:
        last, run = _shifted_run("".join(pieces[point:]))
        spent = 0
        for index in range(point, len(pieces)):
            size = len(pieces[index])
            spent += size
            rest = pieces[index][size - (spent - last) :] if spent > last else ""
            pieces[index] = (run if index == point else "") + rest
            if spent >= last:
                break
    return Damaged(tuple(pieces))


def _shifted_run(text: str) -> tuple[int, str]:
    """How many characters of `text` the shift spoils, and what they are read as."""
    data = text[:40].encode("gbk")
    cut = data[1:3]
    if cut not in _CUT:
        raise ValueError(f"no mark across the border of {text[:2]!r}")
    shown, position = "?" + _CUT[cut].decode(), 3
    while position <= len(data):
        before = data[:position].decode("gbk", "ignore")
        if len(before.encode("gbk")) == position:
            return len(before), shown
        pair = data[position : position + 2]
        if pair[0] < 0x80:
            shown += chr(pair[0])
            position += 1
            continue
        try:
            shown += pair.decode("gbk")
        except UnicodeDecodeError:
            shown += "?"
        position += 2
    raise ValueError(f"the shift in {text[:20]!r} does not end")


def halfwidth(text: str) -> str:
    return text.translate(_HALF)


def substitute(damaged: Damaged, clean: str, before: str, after: str) -> Damaged:
    """Put `after` for the one clean passage `before`: damage written by hand."""
    if clean.count(before) != 1:
        raise ValueError(f"{before!r} stands {clean.count(before)} times in the text")
    start = clean.index(before)
    middle = tuple(after) if len(before) == len(after) else (after, *[""] * (len(before) - 1))
    return Damaged((*damaged.pieces[:start], *middle, *damaged.pieces[start + len(before) :]))
