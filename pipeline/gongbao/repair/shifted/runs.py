"""Repair of shifted GBK: `其中,??怠⒋笕A、宇視` is 其中,海康、大華、宇視.

A program that edited the page as GBK bytes searched for the two bytes of a full-width mark without looking where
characters begin. It found the mark across the border of two characters (海康 is BA *A3 BF* B5, and A3 BF is ？) and cut
there: the first byte of the left character was read as an invalid `?`, the mark stands alone, and from then on every
pair is made of the second byte of one character and the first byte of the next. A second byte below 0x80, which shows
as a letter (`A`), or a pair that cannot be read (`?`, or nothing at all) puts the decoder on time again.
Glosses were put in the same way, now and then between the two bytes of a character: `發(fā)展?jié)摿` is 發展潛力.

All bytes but the first of the left character are still there, so the passage is read again with each possible first
byte, and with the bytes of pairs that no character has filled in; the reading that makes the best words wins, if it
is clearly better than what stands there. A character that stays open is written □, and so is any digit that rests on a
byte that is lost: numbers are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gongbao.chinese.language_model import LanguageModel, commonness, simplified
from gongbao.chinese.script import script
from gongbao.document import Repair
from gongbao.repair.shifted.readings import Path
from gongbao.repair.shifted.search import Candidate, Search
from gongbao.repair.shifted.tokens import GLOSS, LATIN, LONE_LETTER, MARKERS, MARKS, WINDOW, tokens

OPEN = "□"
"""Stands for a character that the bytes and the words around it leave open."""
_MARKED = re.compile(f"[{MARKERS}]+")
_SHOUTED = re.compile(r"[!！](?=[^\x00-\x7f\s，。、]{1,24}[@-~](?![A-Za-z0-9]))")
_GLOSSED = re.compile(rf"[A-Za-z\[-`{{-~][(（][{LATIN}]{{1,6}}[)）]")
"""A letter that is the second byte of a glossed character: `,F(xiàn)`."""
_MARGIN, _MARGIN_STOP, _MARGIN_EACH = 9.0, 3.4, 5.5
"""How much better (natural logarithm) a repair must read than what stands there: in all, and for each character."""
_CLOSE, _CLOSE_LOST = 2.5, 5.0
"""Where another reading comes so near to the best one, what differs between them stays open."""
_SWALLOWER = re.compile(r"[\w%％.,]")
"""After a marker for the last byte: had that byte swallowed nothing, it would have made a pair with a character, and a
digit that stands there may have lost the one before it."""
_NATURAL, _NATURAL_MANY = -7.2, -6.0
"""Log-probability of a character of ordinary text, on average, after one mark and after several; garbled text has -10
and less."""
_READABLE, _GARBLED = -8.0, -12.0
_UNCOMMON, _LESS_COMMON = -9.6, -8.0
_MOST_ALONE = 0.3
"""Share of a repair's characters that may be less common ones, each a word of its own."""
_MOST_OPEN = 0.45
"""Share of characters of a repair that may stay open."""
MOST = 15_000_000
"""Characters tried in one article, some six hundred seams: time stays in bounds whatever the text is."""
_FEWEST, _EACH = 12, 1000
"""Seams tried in vain: so many, and one more for so many characters. Then no more are."""
_STOP = re.compile(r"[，。、；,;\n]")
_SAME = 16
_MARKERS = 4
"""More markers in a row are no trace of one cut."""
_NUMERALS = frozenset("〇零一二三四五六七八九十百千萬万億亿兩两几幾半廿壹贰叁肆伍陆柒捌玖拾０１２３４５６７８９")


def shifted(text: str, steps: int = MOST) -> Iterator[Repair]:
    """Shifted passages of a text, in order, each with the text that was there before the damage.

    Args:
        text: The text, glosses included.
        steps: How many characters may be tried; then what is left stays as it is.

    """
    seams = _seams(text)
    model: LanguageModel | None = None
    writing = done = 0
    failures = _FEWEST + len(text) // _EACH
    for start, end in seams:
        if start < done or not _may_be_seam(text, end) or _is_natural(text, start, end):
            continue
        if steps <= 0 or not failures:
            break
        if model is None:
            sound = _sound(text, seams)
            model, writing = LanguageModel(simplified(sound)), script(sound)
        search = Search(text, start, end, model, writing)
        repair = _best(search, text, model)
        steps -= search.steps
        if repair is None and writing > 0:
            # Some sites converted to traditional characters after the damage.
            search = Search(text, start, end, model, -1, reconverted=True)
            repair = _best(search, text, model)
            steps -= search.steps
        if repair is not None:
            yield repair
            done = repair.end
        else:
            failures -= 1
            # What follows may be part of the same passage; on its own it would be read wrong.
            stop = _STOP.search(text, end, end + _SAME)
            done = stop.end() if stop else end + _SAME


def _seams(text: str) -> list[tuple[int, int]]:
    """Where a shift may begin: at what decoders write for an invalid byte, or at a mark where they write nothing."""
    found: list[tuple[int, int]] = []
    if any(marker in text for marker in MARKERS):
        found += [(max(match.start(), match.end() - _MARKERS), match.end()) for match in _MARKED.finditer(text)]
    if "!" in text or "！" in text:
        found += [match.span() for match in _SHOUTED.finditer(text)]
    if "(" in text or "（" in text:
        letters = (match.start() for match in _GLOSSED.finditer(text))
        found += [(at - 1, at) for at in letters if at and text[at - 1] in MARKS and text[at - 1] not in MARKERS]
    return sorted(set(found))


def _may_be_seam(text: str, end: int) -> bool:
    """A mark at the end of its line, before a space or before a closing quote is what it looks like."""
    following = text[end : end + 1]
    return bool(following) and not following.isspace() and following not in "”’」』\"'）)》"


def _sound(text: str, seams: list[tuple[int, int]]) -> str:
    """The text without glosses and without what follows a seam, as evidence for the pairs of characters in it."""
    pieces, at = [], 0
    for start, _ in seams:
        if start >= at:
            pieces.append(text[at:start])
            at = min(len(text), start + WINDOW // 2)
    pieces.append(text[at:])
    return GLOSS.sub("", "\n".join(pieces))


def _is_natural(text: str, start: int, end: int) -> bool:
    """Whether what follows the marks reads like a sentence of its own: most marks are what they look like."""
    single = end - start == 1
    shown = "".join(token.character for token in tokens(text, end, 12 if single else 5))
    following = simplified(_MARKED.split(shown)[0])
    if not following or following[0] in MARKS or LONE_LETTER.match(following):
        return False
    return LanguageModel().read(following).score > (_NATURAL if single else _NATURAL_MANY) * len(following)


def _best(search: Search, text: str, model: LanguageModel) -> Repair | None:
    """The repair of a seam, or None where nothing reads clearly better than what stands there."""
    candidates = search.candidates()
    if not candidates:
        return None
    gain, best = candidates[0].gain, candidates[0].path
    # Most left characters are full stops; any other needs to read better.
    each = _MARGIN_STOP if best.guessed and best.out[best.guessed[0]] in "。”" else _MARGIN_EACH
    if gain < max(_MARGIN, each * best.at) or search.per_character(best) < _READABLE:
        return None
    rest = search.plain[best.at : best.at + 4]
    if model.read(rest).score < _GARBLED * len(rest):
        return None  # what the reading leaves is no text either
    before = simplified(search.before)
    passage = before + simplified(best.out) + search.plain[best.at : best.at + 6]
    alone = {at - len(before) for at in model.alone(passage) if 0 <= at - len(before) < len(best.out)}
    if alone.intersection(best.guessed[:1]):
        return None  # the left character is a stop or part of a word
    if sum(commonness(simplified(best.out[at])) < _LESS_COMMON for at in alone) > max(1, _MOST_ALONE * len(best.out)):
        return None
    last = search.tokens[best.at - 1]
    lost = last.character in MARKERS and last.gloss is None
    out = _with_open(best, _rivals(candidates, lost), alone)
    if out.count(OPEN) > _MOST_OPEN * len(out):
        return None
    if lost and _SWALLOWER.match(text, last.end):
        out += OPEN
    kept = 0  # markers at the front that the reading leaves as they are
    while kept not in best.guessed and out[kept : kept + 1] and out[kept] in MARKERS:
        kept += 1
    first = search.tokens[kept]
    # The gloss of the last character is whole; that of a marker lost its bracket and goes.
    end = last.start + 1 if last.gloss and last.character not in MARKERS else last.end
    return Repair(first.start, end, text[first.start : end], out[kept:], "shifted")


def _rivals(candidates: list[Candidate], lost: bool) -> list[str]:
    """Readings that come close to the best.

    They need not come so close where they differ in the last character and its last byte is lost, or in several
    characters that rest on lost bytes: then many readings share what the best one lacks to certainty.
    """
    best = candidates[0]
    rivals = []
    for other in candidates[1:]:
        ours, theirs = best.path.out, other.path.out
        low, high = _difference(ours, theirs)
        loose = (lost and low == len(ours) - 1) or sum(low <= place < high for place in best.path.guessed) > 1
        if best.gain - other.gain < (_CLOSE_LOST if loose else _CLOSE):
            rivals.append(theirs)
    return rivals


def _with_open(path: Path, rivals: list[str], alone: set[int]) -> str:
    """The best reading, with □ for what is not certain in it."""
    out = list(path.out)
    for rival in rivals:
        low, high = _difference(path.out, rival)
        out[low:high] = OPEN * (high - low)
    for place in alone:
        # An uncommon character on its own: a pair dropped beside it may have made another character of it.
        if place not in path.agreed and commonness(simplified(path.out[place])) < _UNCOMMON:
            out[place] = OPEN
    for place in path.guessed:
        if out[place] in _NUMERALS:
            out[place] = OPEN
    return "".join(out)


def _difference(ours: str, theirs: str) -> tuple[int, int]:
    """Where our reading stops, and where it begins again, to be the same as another."""
    shorter = min(len(ours), len(theirs))
    low = next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
    same = next((at for at in range(shorter - low) if ours[-1 - at] != theirs[-1 - at]), shorter - low)
    return low, len(ours) - same
