"""Shifted runs made on purpose, each with what stood there: what the repair is tuned and measured with.

A line of clean simplified text suffers what pages suffered, in bytes: it is made traditional (or stays simplified, or
is made traditional at the end), encoded as GBK, glossed behind some characters; then the two bytes of a full-width mark
that lie across the border of two characters are replaced, and the whole is decoded by one of several decoders, which
treat what they cannot read in different ways. Every choice hangs on the line and a seed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from corpus.damage import readings

MARKS = {
    b"\xa3\xbf": "?",
    b"\xa3\xac": ",",
    b"\xa3\xa1": "!",
    b"\xa3\xbb": ";",
    b"\xa3\xba": ":",
    b"\xa1\xa3": ".",
}
"""Pairs that programs replaced, and by what."""
_FULL = str.maketrans("?,!;:.", "？，！；：。")
_LINE = re.compile(r"[^\n]{30,}")
_BEFORE, _AFTER = 60, 140


@dataclass(frozen=True)
class Decoder:
    """How a decoder treats what it cannot read."""

    invalid: str
    """Shown for a byte without a partner: a marker, or nothing."""
    unassigned: str | None
    """The same for a pair that GBK leaves unassigned; None where it becomes a character for private use."""
    apart: bool
    """Whether of such a pair only the first byte is taken for invalid: then characters are on time again."""
    swallows: bool
    """Whether an ASCII character that cannot be a second byte is lost with the first."""
    full: bool
    """Whether the mark is shown full-width in the end."""


@dataclass(frozen=True)
class Run:
    """A line with one shifted run, and what it was."""

    text: str
    before: str
    """What stood before the run, simplified, without glosses."""
    truth: str
    """What stood in the run, the same; an ASCII character that its last marker swallowed is `lost`, and not in it."""
    after: str
    shown: str
    """The run as it stands in `text` (before conversion, if that came last)."""
    lost: str
    how: str
    above: str = ""
    """What stands before `text` in its article, undamaged, in the page's script."""
    below: str = ""
    """What stands after it."""

    @property
    def page(self) -> str:
        """The article with the run in it."""
        return self.above + self.text + self.below


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("s2t")


def traditional(text: str) -> str:
    """Simplified text in traditional characters, as many as there were."""
    converted = str(_converter().convert(text))
    return converted if len(converted) == len(text) else text


def runs(text: str, seed: int = 0) -> Iterator[Run]:
    """One run for each line of a text that has a border with the bytes of a mark."""
    for match in _LINE.finditer(text):
        chosen = random.Random(hashlib.sha256(f"{seed}{match[0]}".encode()).digest())
        run = _run(match[0], chosen)
        if run is not None:
            first, last = match.start() + run[1][0], match.start() + run[1][1]
            above, below = text[:first], text[last:]
            if not run[0].how.startswith("simplified"):
                above, below = traditional(above), traditional(below)
            yield replace(run[0], above=above, below=below)


def _run(line: str, chosen: random.Random) -> tuple[Run, tuple[int, int]] | None:
    """A run made of a line, and where the part of the line that stands in it begins and ends."""
    script = chosen.choices(("traditional", "simplified", "converted"), (8, 1, 1))[0]
    written = traditional(line) if script == "traditional" else line
    coded = [one.encode("gbk", "ignore") for one in written]
    borders = [at for at in range(len(coded) - 1) if len(coded[at]) == 2 and coded[at][1:] + coded[at + 1][:1] in MARKS]
    if not borders or b"" in coded:
        return None
    border = chosen.choice(borders)
    marker = chosen.choice("???\ufffd")
    drops = chosen.random() < 0.2
    decoder = Decoder(
        invalid="" if drops else marker,
        unassigned=chosen.choice(("", marker, None)),
        apart=chosen.random() < 0.4,
        swallows=not drops and chosen.random() < 0.25,
        full=chosen.random() < 0.25,
    )
    share = chosen.choice((0.0, 0.2, 0.6)) if script == "traditional" else 0.0
    said = readings(line) if share else [""] * len(line)
    first, last = max(0, border - _BEFORE), min(len(line), border + _AFTER)
    owner: list[int] = []  # of each byte the character that it belongs to
    on_time = set()  # bytes where a character begins, that of a gloss too
    data = b""
    for at in range(first, last):
        gloss = ""
        if at != border and written[at] != line[at] and said[at] and chosen.random() < share:
            gloss = f"({said[at]})"
        if at == border:
            place = len(data)
        for one in written[at] + gloss:
            on_time.add(len(data))
            data += one.encode("gbk")
        owner += [at] * (len(data) - len(owner))
    on_time.add(len(data))
    shown, end, lost = _decoded(data, place, decoder, on_time)
    stop = owner[end] if end < len(data) else last
    gloss = lost == "(" or (data[end : end + 1] == b"(" and owner[end - 1] == stop)
    truth = line[border : stop + gloss]
    if lost and not gloss:
        truth = truth.removesuffix(lost)
    inside = owner.index(border), end
    text = data[: inside[0]].decode("gbk") + shown + data[end:].decode("gbk")
    if script == "converted":
        text = traditional(text)
    how = f"{script} {'drops' if drops else 'swallows' if decoder.swallows else 'marks'}"
    how += f" {MARKS[data[place + 1 : place + 3]]}{' glossed' if share else ''}"
    lost = "" if gloss else lost
    after = line[stop + gloss : last].removeprefix(lost)
    return Run(text, line[first:border], truth, after, shown, lost, how), (first, last)


def _decoded(data: bytes, at: int, decoder: Decoder, on_time: set[int]) -> tuple[str, int, str]:
    """The run from its left character on: what is shown, the byte where it ends, and what its last marker swallowed."""
    mark = MARKS[data[at + 1 : at + 3]]
    shown = decoder.invalid + ("" if decoder.swallows else mark.translate(_FULL) if decoder.full else mark)
    at, lost = at + 3, ""
    while at not in on_time:
        lead, trail = data[at], data[at + 1] if at + 1 < len(data) else 0
        if lead < 0x80:
            shown, at = shown + chr(lead), at + 1
        elif _is_pair(lead, trail):
            shown, at = shown + bytes((lead, trail)).decode("gbk"), at + 2
        elif trail < 0x80:
            shown, at = shown + decoder.invalid, at + 1
            if decoder.swallows and trail:
                lost, at = chr(trail), at + 1
        elif decoder.apart:
            shown, at = shown + decoder.invalid, at + 1
        else:
            private = bytes((lead, trail)).decode("gb18030", "replace")
            shown, at = shown + (private if decoder.unassigned is None else decoder.unassigned), at + 2
    return shown, at, lost


def _is_pair(lead: int, trail: int) -> bool:
    try:
        bytes((lead, trail)).decode("gbk")
    except UnicodeDecodeError:
        return False
    return True
