"""From text to the character numbers of the LAC vocabulary.

LAC was trained on lower-case, half-width text: in jieba's copy of the network the rows of `，`, `。`, `“`, `Ａ`, `A`
still hold their random start, and jieba feeds them all the same (commas come out as verbs). Here each such character is
read as its trained twin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]

_PLANE = 0x10000  # characters beyond the basic plane are unknown to LAC
_TWINS = str.maketrans(
    {
        "。": ".", "．": ".", "…": ".", "、": ",", "﹐": ",", "､": ",", "｡": ".", "，": ",",
        "“": '"', "”": '"', "„": '"', "「": '"', "」": '"', "『": '"', "』": '"', "‘": "'", "’": "'",
        "—": "-", "–": "-", "－": "-", "―": "-", "【": "[", "】": "]", "〔": "[", "〕": "]", "〈": "《", "〉": "》",
        "•": "·", "・": "·", "‧": "·",
    }
)  # fmt: skip


def twin(character: str) -> str:
    """The half-width, lower-case, plainly punctuated form of one character; itself if it has none."""
    plain = character.translate(_TWINS)
    if len(plain) == 1 and 0xFF01 <= ord(plain) <= 0xFF5E:
        plain = chr(ord(plain) - 0xFEE0)
    lower = plain.lower()
    return lower if len(lower) == 1 else plain


class Vocabulary:
    """Numbers for characters: 0 is unknown, `characters[i]` has i + 1; a character not there counts as its `twin`."""

    def __init__(self, characters: str) -> None:
        numbers = {character: number for number, character in enumerate(characters, 1)}
        plain = map(chr, range(_PLANE))
        full_width = map(chr, range(0xFF01, 0xFF5F))
        has_twin = {
            *map(chr, _TWINS),
            *full_width,
            *(character for character in plain if character.lower() != character),
        }
        table = np.zeros(_PLANE, np.int32)
        for character, number in {**{c: numbers.get(twin(c), 0) for c in has_twin}, **numbers}.items():
            table[ord(character)] = number
        self._table = table

    def encode(self, text: str) -> IntArray:
        """One number a code point, shape [len(text)]."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        return np.where(codes < _PLANE, self._table[np.minimum(codes, _PLANE - 1)], 0).astype(np.int32)


def batches_by_length(lengths: Sequence[int], *, rows: int = 64, cells: int = 4096) -> list[list[int]]:
    """Group item numbers into batches of similar length: at most `rows` items and `cells` padded characters each.

    Items of length 0 are left out. The grouping depends on the lengths alone. A batch is closed once its padding comes
    to as much as four items more, which costs about what another batch does.
    """
    order = sorted(
        (index for index, length in enumerate(lengths) if length), key=lambda index: (-lengths[index], index)
    )
    batches: list[list[int]] = []
    longest = padding = 0
    for index in order:
        count = len(batches[-1]) if batches else rows
        padding += longest - lengths[index]
        if count >= rows or (count + 1) * longest > cells or padding > 4 * longest:
            batches.append([])
            longest, padding = lengths[index], 0
        batches[-1].append(index)
    return batches
