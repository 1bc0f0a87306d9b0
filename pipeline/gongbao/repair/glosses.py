"""Removal of pinyin glosses: `區(qū)域創(chuàng)新` is 區域創新.

Web pages converted to traditional characters carry, behind some or all of the characters that conversion changed, the
reading in brackets. A gloss goes only if its syllable is a reading of the character before it, in its traditional or
simplified form and in any tone; so (PCT), (上海), (km) and 歲(a) stay. A syllable without tone mark can be an
abbreviation (帕(pa), 安(an)): a short one goes only in company of others that cannot.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from gongbao.chinese.script import simplify_characters
from gongbao.document import Repair

_VOWELS = "aeiouüāáǎàăēéěèĕīíǐìĭōóǒòŏūúǔùŭǖǘǚǜâêîôûńňǹḿɑαаеоу"
_LETTERS = f"a-zA-Z{_VOWELS}{_VOWELS.upper()}ɡŋ\u0300-\u036fａ-ｚＡ-Ｚ"
_LOOKALIKE = str.maketrans("ɑαаеоуɡŋ", "aaaeoygŋ")
_TONES = frozenset("\u0300\u0301\u0304\u030c\u0306\u0302")
"""Grave, acute, macron, caron; breve and circumflex, which take the caron's place."""
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BRACKETS = re.compile(rf"[(（\[［〔][ \u3000]?([{_LETTERS}][{_LETTERS}0-5 :'’]{{0,23}})[ \u3000]?[)）\]］〕]")
_OPEN = re.compile(rf"[(（]([{_LETTERS}]{{1,8}})(?=[{_HAN}，。、；：！？“”《》,;]|$)", re.MULTILINE)
_CLOSE = re.compile(rf"[)）](?<=[{_LETTERS}].)")
_BEFORE_CLOSE = re.compile(rf"[{_LETTERS}]{{1,8}}\Z")
_ROUND = frozenset("(（")
_TONELESS, _COMPANY = 3, 3
"""Characters that a gloss without tones reads at most, and the sure glosses that one of several needs beside it."""
_LONGEST = 6
"""Syllables in one pair of brackets: idioms are glossed as a whole."""


@dataclass(frozen=True, slots=True)
class Syllables:
    """What stands in the brackets: letters only, ü as v, and whether a tone mark says that it is pinyin."""

    letters: str
    toned: bool


@dataclass(frozen=True, slots=True)
class _Gloss:
    start: int
    end: int
    syllables: Syllables
    complete: bool
    several: bool = False
    """Without tones, and the reading of two characters or three: so stand names of firms, too (淘寶(taobao))."""


def glosses(text: str) -> Iterator[Repair]:
    """Glosses of a text, in order; each repair takes the brackets and what is in them away.

    Where glosses are as a rule followed by a space (`關(guan) 於(yu) 發展`), the space goes with them.
    """
    found = _find(text)
    if not found:
        return
    toned = sum(gloss.syllables.toned and gloss.complete for gloss in found)
    single = [gloss for gloss in found if not gloss.syllables.toned and not gloss.several]
    sure = toned + sum(len(gloss.syllables.letters) > 2 for gloss in single)
    spaced = sum(_space_follows(text, gloss.end) for gloss in found)
    spacious = spaced > 1 and 2 * spaced > len(found)
    for gloss in found:
        if gloss.syllables.toned:
            trusted = gloss.complete or toned > 0
        elif gloss.several:
            trusted = toned > 0 or sure >= _COMPANY
        else:
            trusted = sure >= {1: 3, 2: 1}.get(len(gloss.syllables.letters), 0)
        if trusted:
            end = gloss.end + (spacious and _space_follows(text, gloss.end))
            yield Repair(gloss.start, end, text[gloss.start : end], "", "gloss")


@lru_cache(maxsize=4096)
def syllables(inside: str) -> Syllables:
    """Read what stands between brackets, in whatever letters: `qū`, `qu1`, `q ū`, `ｑｕ`, `chuɑng`, `lu:`, `LǛ`."""
    letters: list[str] = []
    toned = False
    for letter in unicodedata.normalize("NFKD", inside.lower().translate(_LOOKALIKE)):
        if letter in _TONES or letter in "12345":
            toned = True
        elif letter in "\u0308:" and letters and letters[-1] == "u":
            letters[-1] = "v"
        elif letter == "ŋ":
            letters += "ng"
        elif "a" <= letter <= "z":
            letters.append(letter)
    return Syllables("".join(letters), toned)


@lru_cache(maxsize=8192)
def readings(character: str) -> frozenset[str]:
    """All readings of a character and of its simplified form, without tones, ü as v. Empty for what is no character."""
    found = set()
    for form in {character, simplify_characters(character)}:
        for reading in _pinyin().get(ord(form), "").split(","):
            found.add(syllables(reading).letters)
    found.discard("")
    # Keyboards have no ü: 綠(lu), 略(lue).
    found |= {reading.replace("v", "u") for reading in found}
    return frozenset(found)


@cache
def _pinyin() -> dict[int, str]:
    """Readings by code point, as pypinyin has them.

    Its table of characters is loaded alone: `import pypinyin` loads all its phrases too, four times the time and 45 MB.
    """
    package = find_spec("pypinyin")
    folder = Path(package.origin).parent if package and package.origin else Path()
    spec = spec_from_file_location("pinyin_dict", folder / "pinyin_dict.py")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("pypinyin is not installed")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[int, str] = module.pinyin_dict
    return table


def reads(letters: str, before: str) -> bool:
    """Whether the letters read the last characters of `before`: 区 `qu`, 发展 `fazhan`, 花儿 `huar`, 点 `dianr`."""
    if not before:
        return False
    last = before[-1]
    if letters in readings(last):
        return True
    if letters.endswith("r") and letters[:-1] in (readings(before[-2:-1]) if last in "兒儿" else readings(last)):
        return True
    return any(_reads_all(letters, before[-count:]) for count in range(2, min(_LONGEST, len(before)) + 1))


def _reads_all(letters: str, characters: str) -> bool:
    rests = {letters}
    for character in characters:
        rests = {rest[len(r) :] for rest in rests for r in readings(character) if rest.startswith(r)}
    return "" in rests


def _find(text: str) -> list[_Gloss]:
    if not any(bracket in text for bracket in "(（)）[［〔"):
        return []
    found: list[_Gloss] = []
    for match in _BRACKETS.finditer(text):
        said = syllables(match[1])
        # Several readings in a row, 長(cháng)(zhǎng), gloss the same character.
        start = match.start() - (text[match.start() - 1 : match.start()] == " ")
        host = found[-1].start if found and found[-1].end == start else start
        before = text[max(0, host - _LONGEST) : host]
        if not said.toned and not _is_plain(match):
            continue
        if _suits(said.letters, before if said.toned and len(said.letters) > 1 else before[-1:]):
            found.append(_Gloss(start, match.end(), said, complete=True))
        elif not said.toned and len(said.letters) > 3 and _suits(said.letters, before[-_TONELESS:]):
            found.append(_Gloss(start, match.end(), said, complete=True, several=True))
    for start, end, inside in _half_open(text):
        said = syllables(inside)
        if said.toned and _suits(said.letters, text[max(0, start - 1) : start]):
            found.append(_Gloss(start, end, said, complete=False))
    return sorted(found, key=lambda gloss: gloss.start)


def _half_open(text: str) -> Iterator[tuple[int, int, str]]:
    """Letters after an opening bracket or before a closing one, with start and end, the bracket included."""
    for match in _OPEN.finditer(text):
        yield match.start(), match.end(), match[1]
    for match in _CLOSE.finditer(text):
        letters = _BEFORE_CLOSE.search(text[max(0, match.start() - 8) : match.start()])
        start = match.start() - len(letters[0]) if letters else 0
        if letters and text[start - 1 : start] not in _ROUND:
            yield start, match.end(), letters[0]


def _is_plain(match: re.Match[str]) -> bool:
    """Abbreviations stand in capitals, (PCT), names begin with one, (Beijing), notes have other brackets, [a]."""
    letters = unicodedata.normalize("NFKC", match[1]).translate(_LOOKALIKE).replace("ü", "v")
    return letters.islower() and letters.isascii() and match[0][0] in _ROUND


def _suits(letters: str, before: str) -> bool:
    return bool(letters) and before[-1:] > "\u3000" and reads(letters, before)


def _space_follows(text: str, end: int) -> bool:
    return text[end : end + 1] == " " and text[end + 1 : end + 2] > "\u3000"
