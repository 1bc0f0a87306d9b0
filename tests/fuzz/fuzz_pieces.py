"""What fuzzed inputs are made of: words, signs and damage of bulletins, and the marks of every format that is read.

`pieces/NAME.txt` holds pieces between blanks (␣ ␤ ␍ ␉ stand for blank, line feed, carriage return, tab within one),
`seeds/NAME.txt` whole inputs between lines of `====`.

A guided fuzzer changes bytes. `Coder` reads one byte as one piece, so that a changed byte is another unit, place or
tag rather than half a Chinese character, and turns whole texts into such bytes, with which the fuzzer begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_BLANKS = str.maketrans({"␣": " ", "␤": "\n", "␍": "\r", "␉": "\t"})
STRANGE = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\xe9",
    "e\u0301",
    "\u200b",
    "\ufeff",
    "\xad",
    "\xa0",
    "\u3000",
    "\u202e",
    "\x00",
    "\x1b[31m",
    "\ufffd",
    "\n",
    "\n\n",
    "\t",
    "\u3000\u3000",
    "\r",
)


def pieces(name: str) -> tuple[str, ...]:
    """The pieces of a list."""
    return tuple(word.translate(_BLANKS) for word in (HERE / f"pieces/{name}.txt").read_text("utf-8").split())


def seeds(name: str) -> tuple[str, ...]:
    """Whole inputs of a format."""
    return tuple((HERE / f"seeds/{name}.txt").read_text("utf-8").split("\n====\n"))


TEXTS = (*pieces("plain"), *STRANGE)
"""What texts of bulletins are made of, whole and damaged."""

_TIMES, _HAN, _POINT, _LATIN, _BYTE = 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
_WIDTHS = {_TIMES: 1, _HAN: 2, _POINT: 3, _LATIN: 1, _BYTE: 1}


@dataclass(frozen=True, slots=True)
class Coder:
    """Bytes to text and back: a byte is a piece; the five highest bytes begin a repetition or any character at all.

    Texts are cut at `longest` characters. Where `raw` is set, the highest byte gives a byte that is no character
    (as `surrogateescape` has it).
    """

    pieces: tuple[str, ...]
    longest: int = 300
    raw: bool = False

    @classmethod
    def of(cls, *groups: Sequence[str], longest: int = 300, raw: bool = False) -> Coder:
        """A coder of these pieces, each once, as far as bytes go."""
        return cls(tuple(dict.fromkeys(piece for group in groups for piece in group))[:_TIMES], longest, raw)

    def text(self, data: bytes) -> str:
        """The text that bytes stand for."""
        found: list[str] = []
        size, at = 0, 0
        while at < len(data) and size < self.longest:
            head, width = data[at], _WIDTHS.get(data[at], 0)
            value = int.from_bytes(data[at + 1 : at + 1 + width], "big")
            at += 1 + width
            found.append(self._piece(head, value, found[-1] if found else ""))
            size += len(found[-1])
        return "".join(found)[: self.longest]

    def _piece(self, head: int, value: int, last: str) -> str:
        if head == _TIMES:
            return last[:16] * (value % 32)
        if head == _HAN:
            return chr(0x4E00 + value % 0x5200)
        if head == _POINT:
            return chr(value % 0x110000)
        if head == _LATIN:
            return chr(value)
        if head == _BYTE:
            return chr((0xDC80 if self.raw else 0x2000) + value % 0x80)
        return self.pieces[head % len(self.pieces)]

    def data(self, text: str) -> bytes:
        """Bytes that stand for a text."""
        order = sorted(range(len(self.pieces)), key=lambda number: -len(self.pieces[number]))
        data = bytearray()
        at = 0
        while at < len(text):
            number = next((n for n in order if text.startswith(self.pieces[n], at)), None)
            code = ord(text[at])
            if number is not None:
                data.append(number)
                at += len(self.pieces[number]) - 1
            elif code < 0x100:
                data += bytes((_LATIN, code))
            elif 0x4E00 <= code < 0xA000:
                data += bytes((_HAN, *(code - 0x4E00).to_bytes(2, "big")))
            else:
                data += bytes((_POINT, *code.to_bytes(3, "big")))
            at += 1
        return bytes(data)
