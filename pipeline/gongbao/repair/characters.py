"""Repair of single characters: invisible ones, entities of HTML, compatibility forms, width, spaces inside numbers.

Each function takes a text and gives the changes it needs, in order and apart from one another; a text without such
characters costs one search in C. Full-width punctuation (，。（）：) is right in Chinese and stays.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from html.entities import html5

from gongbao.document import Repair

_ALWAYS = "\x00-\x08\x0e-\x1b\x7f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_JOINERS = "\u200c\u200d\ufe00-\ufe0f\U000e0001\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f"
_FORMS = "\u2e9f\u2ef3\u2f00-\u2fd5\uf900-\ufaff"
"""Radicals and compatibility ideographs that PDF fonts put in place of characters (⾦ for 金)."""
_CIRCLES = "○◯"
_FULL_WIDTH = "０-９Ａ-Ｚａ-ｚ％﹪＄．－＆"
_UNUSUAL = re.compile(f"[{_ALWAYS}{_JOINERS}{_SPACES}{_FORMS}{_CIRCLES}{_FULL_WIDTH}]")
_INVISIBLE = re.compile(f"[{_ALWAYS}{_JOINERS}]+")
_JOINER = re.compile(f"[{_JOINERS}]")
_KEYCAP = "\u20e3"
_PLAIN = re.compile("[\x00-\u024f\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Scripts in which joiners and variation selectors say nothing. Between emoji and in Indic scripts they do."""
_ENTITY = re.compile(
    r"&(?:amp;|#0{0,5}38;|#[xX]0{0,5}26;)*"
    r"((?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});)"
)
_SPACE = re.compile(f"[{_SPACES}]+")
_WIDE = re.compile(f"[{_FULL_WIDTH}]+")
_INSIDE = {"．": re.compile("[0-9０-９]"), "－": re.compile("[0-9０-９]"), "＆": re.compile("[A-Za-zＡ-Ｚａ-ｚ]")}
"""Marks that are narrowed between two of these only."""
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord("﹪"): "%"}
_COMPATIBLE = re.compile(f"[{_FORMS}]+")
_ZERO = re.compile(f"[{_CIRCLES}]+")
_NUMERALS = frozenset("一二三四五六七八九〇零○◯")


def is_unusual(text: str) -> bool:
    """Whether a text has characters that `invisible`, `compatible`, `width` or `spaces` may change."""
    return _UNUSUAL.search(text) is not None


def invisible(text: str) -> Iterator[Repair]:
    """Characters that nobody sees: zero-width, soft hyphens, byte order marks, direction marks, control characters."""
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        # Joiners after an emoji, and the selector of a keycap, are part of what one sees.
        if (start and not _PLAIN.match(text, start - 1)) or text[end : end + 1] == _KEYCAP:
            kept = "".join(_JOINER.findall(match[0]))
            if kept != match[0]:
                yield Repair(start, end, match[0], kept, "invisible")
        else:
            yield Repair(start, end, match[0], "", "invisible")


def entities(text: str) -> Iterator[Repair]:
    """Complete entities left over from HTML (`&nbsp;`, `&#65292;`), escaped twice or more as well (`&amp;nbsp;`)."""
    if "&" not in text:
        return
    for match in _ENTITY.finditer(text):
        if match[1][0] == "#" or match[1] in html5:
            yield Repair(match.start(), match.end(), match[0], html.unescape("&" + match[1]), "entity")


def width(text: str) -> Iterator[Repair]:
    """Full-width digits, Latin letters and what belongs to a number (５６．７％); compatibility forms of characters."""
    for match in _WIDE.finditer(text):
        start, end = match.span()
        for at in range(start, end):
            beside = _INSIDE.get(text[at])
            if beside is None or (at and beside.match(text, at - 1) and beside.match(text, at + 1)):
                yield Repair(at, at + 1, text[at], text[at].translate(_NARROW), "width")


def compatible(text: str) -> Iterator[Repair]:
    """Radicals, compatibility ideographs and circles that stand for the character they look like."""
    for match in _COMPATIBLE.finditer(text):
        after = unicodedata.normalize("NFKC", match[0])
        if after != match[0]:
            yield Repair(match.start(), match.end(), match[0], after, "compatibility")
    for match in _ZERO.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if before in _NUMERALS and (after in _NUMERALS or after == "年"):
            yield Repair(match.start(), match.end(), match[0], "〇" * len(match[0]), "compatibility")


def spaces(text: str) -> Iterator[Repair]:
    """No-break and typographic spaces: plain ones take their place."""
    for match in _SPACE.finditer(text):
        yield Repair(match.start(), match.end(), match[0], " " * len(match[0]), "space")


_STOPPED = re.compile("[0-9０-９]。[0-9０-９]")
_DECIMAL = re.compile(
    r"(?<![0-9０-９.．,:：/第])(?:[0-9]{1,3}|[0-9]{5,9})(。)(?=[0-9]{1,2}"
    r"(?:[%％‰℃倍]|[万萬亿億](?!科|达|達)|[个個]?百分[点點]|元|[美港欧歐日]元|人民[币幣]|吨|噸|公里|千米|平方|立方|千瓦|兆瓦|[，,；;、]))"
)
"""A number whose point became a full stop: a sentence neither ends in so bare a number nor begins with the rest."""


def decimal_points(text: str) -> Iterator[Repair]:
    """Decimal points that were read as 。 (`25。5萬輛`): only where the digits behind it cannot begin a sentence."""
    if not _STOPPED.search(text):
        return
    for match in _DECIMAL.finditer(text):
        yield Repair(match.start(1), match.end(1), "。", ".", "decimal")


_THIN = "\u2005\u2006\u2008\u2009\u200a\u202f"
_UNIT = (
    "(?:[%％‰℃倍件吨噸亩畝户戶条條辆輛岁歲所座月]|[万萬](?![科达達向华華])|[亿億](?![欧歐])|元(?!旦|宵|宇)|[美港欧歐日]元|人民[币幣]"
    "|[个個](?![人体體税稅])|家(?![庭长長属屬电電具乡鄉])|人(?![民才均口员員工大社力类類文生物])|[项項](?!目)|名(?![单單称稱牌城])"
    "|[台臺](?![湾灣北州山])|天(?![津河然猫貓下山府])|年(?![报報])|日(?![报報本前常均])|公里|千米|平方|立方|千瓦|兆瓦|百分)"
)
_GROUPED = re.compile(
    rf"(?<![0-9.,])[0-9]{{1,3}}(?:[ \xa0{_THIN}][0-9]{{3}})++(?![0-9])(?=(?:\.[0-9]+)?[ \xa0]?{_UNIT})"
)
_POINT = re.compile(rf"(?<![0-9A-Za-z.,])[0-9]{{1,12}}(?:[ \xa0]\.[ \xa0]?|\.[ \xa0])[0-9]{{1,6}}(?=[ \xa0]?{_UNIT})")
_BEFORE_UNIT = re.compile(rf"(?<=[0-9])[ \xa0{_THIN}]{{1,3}}(?={_UNIT})")
_ANY_SPACE = re.compile(f"[ \xa0{_THIN}]")
_BROKEN = re.compile(f"[0-9.][ \xa0{_THIN}]{{1,3}}[0-9.%％‰℃\u4e00-\u9fff]")
"""What the three patterns above have in common, quick to look for."""
_INTRODUCES = frozenset("达達到为為至额額共约約近超过過逾计計值资資入出了")
_NUMBERS = frozenset("第表图圖式节節章附款条條")
"""What a list number or the number of a table stands behind; a space after its point is no damage."""


def number_spaces(text: str) -> Iterator[Repair]:
    """Spaces inside a number (56. 7億元, 達1 273萬元) and between a number and its unit (3.5 億元)."""
    if not _BROKEN.search(text):
        return
    found = [match for match in _GROUPED.finditer(text) if _is_grouped(text, match)]
    found += [match for match in _POINT.finditer(text) if _follows_word(text, match.start())]
    found += list(_BEFORE_UNIT.finditer(text))
    for match in sorted(found, key=lambda m: m.start()):
        yield Repair(match.start(), match.end(), match[0], _ANY_SPACE.sub("", match[0]), "space")


def _follows_word(text: str, start: int) -> bool:
    """A list number (1. 7家企業) begins a line or a clause; a broken number follows a word."""
    before = text[start - 1 : start]
    return before.isalpha() and not before.isascii() and before not in _NUMBERS


def _is_grouped(text: str, match: re.Match[str]) -> bool:
    """One plain space may part two cells of a table; thin ones, two in a row or a verb before say it is one number."""
    gaps = _ANY_SPACE.findall(match[0])
    thin = all(gap in _THIN for gap in gaps)
    return thin or len(gaps) > 1 or text[match.start() - 1 : match.start()] in _INTRODUCES
