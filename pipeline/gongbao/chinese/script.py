"""Conversion of an article to simplified characters.

OpenCC's `t2s` does the work; its `tw2s`, made for text from Taiwan, turns 專著 into 专着 and, in text that is
simplified already, 显著 into 显着 and 什么 into 什幺. What `t2s` leaves undone (著 for 着, the variants of Hong Kong
and Taiwan) and what machine conversion spoilt before the article came here (為瞭) is data:
`lexicon/conversion.txt` and `lexicon/conversion_keep.txt` of the rules.

Simplified text comes out as it went in. Characters that belong to both scripts (乾 著 瞭 於 藉) are converted only on
lines that are not simplified, and lines of Japanese are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from gongbao.document import Revision
from gongbao.errors import RuleError
from gongbao.offsets import Edit, OffsetMap
from gongbao.rulebook.load import SHIPPED

_HAN = ((0x2E80, 0x2FE0), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x33480))
_AT_ONCE = 2048
_SURROGATE = re.compile("[\ud800-\udfff]")
_KANA = re.compile("[\u3041-\u30fa]")
_JAPANESE = 0.1
"""A line with a larger share of kana is Japanese."""


def convert(text: str) -> Revision:
    """Convert an article to simplified characters.

    Args:
        text: The repaired article, any script, code points.

    Returns:
        The simplified text and the map back to `text`: the identity, unless a phrase changed its length. Conversion
        is no repair: `repairs` is empty.

    Raises:
        RuleError: `lexicon/conversion.txt` or `lexicon/conversion_keep.txt` is missing or not two words a line.

    """
    converted = _opencc(text)
    if converted == text and not _scripts().simplified.isdisjoint(text):
        return Revision(text)
    if len(converted) != len(text):
        return _convert_unequal(text)
    return Revision(_by_line(text, converted))


def simplify_characters(characters: str) -> str:
    """Convert single characters one by one, without phrases: as many characters as went in."""
    return characters.translate(_scripts().table)


def _opencc(text: str) -> str:
    # OpenCC takes UTF-8, in which a lone surrogate (a broken emoji) cannot be written.
    lone = [match.start() for match in _SURROGATE.finditer(text)]
    converted = str(_engine().convert(_SURROGATE.sub("\ufffd", text) if lone else text))
    if not lone or len(converted) != len(text):
        return converted
    letters = list(converted)
    for at in lone:
        letters[at] = text[at]
    return "".join(letters)


@cache
def _engine() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@dataclass(frozen=True, slots=True)
class _Scripts:
    """What tells the scripts apart, asked of OpenCC and of the two national character sets once a process."""

    table: dict[int, str]
    traditional: frozenset[str]
    """Characters that no simplified text has: `t2s` changes them and GB 2312 does not know them."""
    simplified: frozenset[str]
    """Characters that no traditional text has: in GB 2312, not in Big5."""


@cache
def _scripts() -> _Scripts:
    changed = dict(_changed())
    national = [
        character
        for row in range(0xB0, 0xF8)
        for character in bytes(b for cell in range(0xA1, 0xFF) for b in (row, cell)).decode("gb2312", "ignore")
    ]
    # 着 is the standard form in Hong Kong, though Big5 has only 著.
    simplified = frozenset(c for c in national if c not in changed and c != "着" and not c.encode("big5", "ignore"))
    table = {ord(a): b for a, b in changed.items() if len(b) == 1}
    return _Scripts(table, frozenset(changed).difference(national, "昇"), simplified)


def _changed() -> Iterator[tuple[str, str]]:
    """The characters that OpenCC changes, and what to; asked of it some thousand a time, to keep memory low."""
    convert_ = _engine().convert
    for start, end in _HAN:
        for first in range(start, end, _AT_ONCE):
            lines = "\n".join(map(chr, range(first, min(first + _AT_ONCE, end))))
            converted = str(convert_(lines))
            if converted != lines:
                pairs = zip(lines.split("\n"), converted.split("\n"), strict=True)
                yield from ((before, after) for before, after in pairs if before != after)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the lexicon as it bears on one of its characters, at `offset`."""

    word: str
    offset: int
    right: str


@cache
def _corrections() -> dict[str, tuple[_Word, ...]]:
    """Words by the character they decide about; the longest that covers it decides, a correction before a keep."""
    words: dict[str, list[_Word]] = {}
    for line in lexicon("conversion"):
        wrong, *rest = line.split()
        if len(rest) != 1 or len(rest[0]) != len(wrong):
            raise RuleError(
                f"{line!r} is not two words of one length",
                where=str(SHIPPED / "lexicon" / "conversion.txt"),
                fix="Write what OpenCC gives, a space, and what it should be",
            )
        for offset, (a, b) in enumerate(zip(wrong, rest[0], strict=True)):
            if a != b:
                words.setdefault(a, []).append(_Word(wrong, offset, b))
    for word in lexicon("conversion_keep"):
        for offset, character in enumerate(word):
            if character in words:
                words[character].append(_Word(word, offset, character))
    return {key: tuple(sorted(found, key=lambda w: (-len(w.word), w.right == key))) for key, found in words.items()}


def _correct(line: str) -> str:
    corrections = _corrections()
    if corrections.keys().isdisjoint(line):
        return line
    letters = list(line)
    for at, character in enumerate(line):
        for word in corrections.get(character, ()):
            if at >= word.offset and line.startswith(word.word, at - word.offset):
                letters[at] = word.right
                break
    return "".join(letters)


def lexicon(name: str) -> Iterator[str]:
    """The words of a shipped `lexicon/<name>.txt`: conversion and repair run before any rules are loaded.

    Raises:
        RuleError: the file cannot be read.

    """
    path: Path = SHIPPED / "lexicon" / f"{name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError("cannot be read", where=str(path), fix="Reinstall gongbao: the file is part of it") from error
    return (word for line in lines if (word := line.split("#", 1)[0].strip()))


def _by_line(text: str, converted: str) -> str:
    """Take over of the conversion what suits the script of each line; all three texts have one length."""
    scripts, triggers = _scripts(), _corrections().keys()
    lines: list[str] = []
    article: int | None = None
    for before, after in zip(text.splitlines(keepends=True), _slices(text, converted), strict=True):
        if before == after and triggers.isdisjoint(before):
            lines.append(before)
            continue
        if len(_KANA.findall(before)) > _JAPANESE * len(before):
            lines.append(before)
            continue
        balance = script(before)
        if not balance:
            # Nothing on this line to tell by (有著, 乾隆): the article decides, failing that it is converted.
            article = script(text) if article is None else article
            balance = article
        if balance < 0:
            changed = scripts.traditional
            lines.append("".join(b if a in changed else a for a, b in zip(before, after, strict=True)))
        else:
            lines.append(_correct(after))
    return "".join(lines)


def _slices(text: str, converted: str) -> Iterator[str]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield converted[at : at + len(line)]
        at += len(line)


def script(text: str) -> int:
    """Above zero for traditional text, below for simplified text, zero where nothing tells."""
    scripts = _scripts()
    if scripts.simplified.isdisjoint(text):
        return 0 if scripts.traditional.isdisjoint(text) else 1
    return sum(map(scripts.traditional.__contains__, text)) - sum(map(scripts.simplified.__contains__, text))


def scripts(characters: str) -> list[int]:
    """The script of each character by itself: 1 for traditional, -1 for simplified, 0 for one of both."""
    known = _scripts()
    return [(one in known.traditional) - (one in known.simplified) for one in characters]


def _convert_unequal(text: str) -> Revision:
    """Line by line, aligned where the length changed. No phrase of OpenCC 1.4 does that; one of another edition may."""
    pieces: list[str] = []
    edits: list[Edit] = []
    source = target = 0
    for line in text.splitlines(keepends=True):
        after = _opencc(line)
        if len(after) == len(line):
            after = _by_line(line, after)
        else:
            matcher = SequenceMatcher(None, simplify_characters(line), after, autojunk=False)
            for tag, i1, i2, j1, j2 in matcher.get_opcodes():
                if tag != "equal" and i2 - i1 != j2 - j1:
                    edits.append(Edit(source + i1, source + i2, target + j1, target + j2))
        pieces.append(after)
        source, target = source + len(line), target + len(after)
    return Revision("".join(pieces), OffsetMap(tuple(edits)))
