"""Repair of shifted GBK: `其中,??怠⒋笕A、宇視` is 其中,海康、大華、宇視.

A program that edited the page as GBK bytes searched for the two bytes of a full-width mark without looking where
characters begin. It found the mark across the border of two characters (海康 is BA *A3 BF* B5, and A3 BF is ？) and cut
there: the first byte of the left character was read as an invalid `?`, the mark stands alone, and from then on every
pair is made of the second byte of one character and the first byte of the next. A second byte below 0x80, which shows
as a letter (`A`), or a pair that cannot be read (`?`, or nothing at all) puts the decoder on time again.
Glosses were put in the same way, now and then between the two bytes of a character: `發(fā)展?jié)摿` is 發展潛力.
Where the first byte of the space that began a line was cut, the line is shifted from its beginning: `。ㄒ唬﹫@區`.

All bytes but the first of the left character are still there, so the passage is read again with each possible first
byte, and with the bytes of pairs that no character has filled in. The reading that the language model finds likeliest
is taken if it is sure; if not, the passage stays as it is and is told as residue. Numbers are never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from math import exp, log1p

from gongbao.chinese.language_model import ORDER, UNITS, LanguageModel, symbols
from gongbao.chinese.script import script, simplify_characters
from gongbao.document import Repair, Residue
from gongbao.repair.shifted.search import Candidate, Path, Search
from gongbao.repair.shifted.tokens import GLOSS, LATIN, LONE_LETTER, MARKERS, MARKS, TAG, tokens

_MARKED = re.compile(f"[{MARKERS}]+")
_SHOUTED = re.compile(r"[!！;；:：](?=[^\x00-\x7f\s，。、]{1,24}[@-~](?![A-Za-z0-9]))")
_GLOSSED = re.compile(rf"[A-Za-z\[-`{{-~][(（][{LATIN}]{{1,6}}[)）]")
"""A letter that is the second byte of a glossed character: `,F(xiàn)`."""
_LINE = re.compile("(?m)^[\u3000 ]*(?=[、。〃々～‖’”〕〉》」』〗】±×÷∶∧∨∑∏∪∩∷√⊥∥∠⌒⊙∫∮≡≌≈∽∝≠≮≯≤≥∞∵∴♂♀°′″℃＄¤￠￡‰§№〓])")
"""A line that begins with the two bytes of no mark that begins lines, the first of them A1."""
_RARE = 216
"""The cost, without context, of a character that is a sign of damage."""
_FIGURE = re.compile(r"[.．]?\d|[%％]")
"""What stands behind a marker that may have swallowed a digit."""
_FOREIGN = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_MOST = 400
"""Seams tried in one article: time stays in bounds whatever the text is."""
_FEWEST, _EACH = 12, 1000
"""Seams tried in vain: so many, and one more for so many characters. Then no more are."""
_EMPHASIS = frozenset("?？!！")
_STOP = re.compile(r"[，。、；,;\n]")
_SAME = 16
_MARKERS = 4
"""More markers in a row are no trace of one cut."""
_NATURAL, _NATURAL_MANY = 5.5 * UNITS, 5.0 * UNITS
"""Cost of a character of ordinary text, on average, after one mark and after several; garbled text costs twice that."""
_ODD = 11.0 * UNITS
"""Cost of a character that ordinary text does not have among the first four."""
_GARBLED = 7.0 * UNITS
_NUMERALS = frozenset("〇零一二三四五六七八九十百千萬万億亿兩两几幾半廿壹贰叁肆伍陆柒捌玖拾０１２３４５６７８９")
_SURE, _TOLD = 0.7, 0.05
"""The probability from which on a reading is taken, and from which on a passage counts as damaged."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Shifted passages of a text: those that were restored, and those that stay as they are."""

    repairs: tuple[Repair, ...]
    residues: tuple[Residue, ...]


def shifted(text: str) -> Passages:
    """Shifted passages of a text, glosses included, in order, each with the text that was there before the damage."""
    seams = _seams(text)
    if not seams:
        return Passages((), ())
    model: LanguageModel | None = None
    repairs: list[Repair] = []
    residues: list[Residue] = []
    writing = done = tried = 0
    failures = _FEWEST + len(text) // _EACH
    for start, end in seams:
        if start < done or not _may_be_seam(text, end):
            continue
        if _is_natural(text, start, end) or (start < end and _FIGURE.match(text, end)):
            continue
        if tried >= _MOST or not failures:
            break
        tried += 1
        if model is None:
            sound = _sound(text, seams)
            model, writing = LanguageModel(sound), script(sound)
        best = _best(Search(text, start, end, model, writing))
        if writing > 0 and (best is None or best.probability < _SURE):
            # Some sites converted to traditional characters after the damage.
            other = _best(Search(text, start, end, model, -1, converted=True))
            if other is not None and (best is None or other.probability > best.probability):
                best = other
        if best is not None and best.probability >= _SURE:
            repairs.append(best)
            done = best.end
            continue
        failures -= 1
        done = end
        if _MARKED.match(text, start):
            # What follows may be part of the same passage; on its own it would be read wrong.
            stop = _STOP.search(text, end, end + _SAME)
            done = stop.end() if stop else end + _SAME
        if best is not None and best.probability >= _TOLD:
            guess = best.after or None
            residues.append(Residue(best.start, best.end, best.before, guess, best.probability if guess else 0.0))
            done = max(done, best.end)
        elif _MARKED.match(text, start) and _is_garbled(text[end:done]):
            residues.append(Residue(start, done, text[start:done]))
    return Passages(tuple(repairs), tuple(residues))


@cache
def _before_rare() -> re.Pattern[str]:
    """A mark with a character soon behind it that is so rare that it is a sign of damage."""
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    model = LanguageModel()
    common = "".join(one for one, symbol in zip(han, symbols(han), strict=True) if model.cost((), symbol) < _RARE)
    return re.compile(f"[!！;；:：,，.．。](?=[{common}]{{0,2}}(?![{common}])[\u3400-\u9fff])")


def _seams(text: str) -> list[tuple[int, int]]:
    """Where a shift may begin: at what decoders write for an invalid byte, or at a mark where they write nothing."""
    found: list[tuple[int, int]] = []
    if any(marker in text for marker in MARKERS):
        found += [(max(match.start(), match.end() - _MARKERS), match.end()) for match in _MARKED.finditer(text)]
    if any(mark in text for mark in "!！;；:："):
        found += [match.span() for match in _SHOUTED.finditer(text)]
    if "(" in text or "（" in text:
        letters = (match.start() for match in _GLOSSED.finditer(text))
        found += [(at - 1, at) for at in letters if at and text[at - 1] in MARKS and text[at - 1] not in MARKERS]
    found += [match.span() for match in _before_rare().finditer(text)]
    found += [(match.end(), match.end()) for match in _LINE.finditer(text)]
    return sorted(set(found))


def _may_be_seam(text: str, end: int) -> bool:
    """A mark at the end of its line, before a space or before a closing quote is what it looks like."""
    following = text[end : end + 1]
    return bool(following) and not following.isspace() and following not in "”’」』\"'）)》"


def _sound(text: str, seams: list[tuple[int, int]]) -> str:
    """The text without glosses and without what follows a seam, as evidence for what stands in the article."""
    pieces, at = [], 0
    for start, _ in seams:
        if start >= at:
            pieces.append(text[at:start])
            at = min(len(text), start + 24)
    pieces.append(text[at:])
    return GLOSS.sub("", "\n".join(pieces))


def _is_natural(text: str, start: int, end: int) -> bool:
    """Whether what follows the marks reads like a sentence of its own: most marks are what they look like."""
    several = end - start > 1
    shown = "".join(token.character for token in tokens(text, end, 5 if several else 12))
    following = _MARKED.split(shown)[0]
    if not following or following[0] in MARKS or LONE_LETTER.match(following) or start == end:
        return False
    passage, model, context = symbols(following), LanguageModel(), (symbols("\n")[0],)
    if any(
        model.cost((*context, *passage[:at])[1 - ORDER :], passage[at]) > _ODD for at in range(min(4, len(passage)))
    ):
        return False
    return model.total(passage) < (_NATURAL_MANY if several else _NATURAL) * len(passage)


def _is_garbled(passage: str) -> bool:
    found = symbols(character for character in passage if character not in MARKS)
    model = LanguageModel()
    rare = any(model.cost((), symbol) > _RARE for symbol in found)
    return rare and not _FOREIGN.search(passage) and model.total(found) > _GARBLED * len(found)


def _best(search: Search) -> Repair | None:
    """The likeliest reading of a seam, with its probability, or None where nothing reads better than what is there."""
    candidates = search.candidates(dropped=False)
    if not candidates or candidates[0].gain < _LITTLE or not _is_fluent(search, candidates[0].path):
        candidates = search.candidates(dropped=True)
    if not candidates or candidates[0].gain <= 0:
        return None
    chance = _probability(search, candidates)
    path = candidates[0].path
    if not _rests_on_something(search, path):
        return None
    kept = 0  # markers at the front that the reading leaves as they are
    while kept not in path.guessed and path.out[kept : kept + 1] and path.out[kept] in MARKERS:
        kept += 1
    first, last = search.tokens[kept], search.tokens[path.at - 1]
    # The gloss of the last character is whole; that of a marker lost its bracket and goes.
    end = last.start + 1 if last.gloss and last.character not in MARKERS else last.end
    out = path.out[kept:]
    if last.character in MARKERS and not last.gloss:
        if _FIGURE.match(search.text, end):
            out += last.character  # it may have swallowed a digit
        elif tag := TAG.match(search.text, end):
            end = tag.end()
    if _NUMERALS.intersection(path.out[at] for at in path.guessed):
        out, chance = "", _TOLD  # a number is never guessed, nor told as a guess
    return Repair(first.start, end, search.text[first.start : end], out, "shifted", chance)


def _rests_on_something(search: Search, path: Path) -> bool:
    """Whether a reading is more than a guess: people write ?? and ?!? too.

    A character is read from bytes that are there, or its gloss agrees, or a mark stands there that nobody writes beside
    another, or a quote is closed that was open.
    """
    if len(path.guessed) < len(path.out) or path.agreed:
        return True
    shown = {token.character for token in search.tokens[: path.at]}
    return not shown <= _EMPHASIS or (("!" in shown or "！" in shown) and path.out[-1] == "”" and search.in_quotes)


def _probability(search: Search, candidates: list[Candidate]) -> float:
    """That the first of the candidates is what stood there, by a logistic model fitted on runs made on purpose."""
    best, path = candidates[0], candidates[0].path
    same = simplify_characters(path.out)
    rivals = (one.gain for one in candidates if simplify_characters(one.path.out) != same)
    average, worst = _how_fluent(search, path)
    features = (
        min(best.gain - max(rivals, default=-_MOST_AHEAD), _MOST_AHEAD),
        log1p(best.gain),
        min(best.gain / path.at, _MOST_AHEAD),
        average,
        worst,
        len(path.guessed),
        path.dropped,
        path.dropped > 0,
    )
    if any(search.model.cost((), symbol) > _RARE for symbol in symbols(path.out)):
        return _TOLD  # a character so rare is rather a sign of more damage
    odds = _BIAS + sum(weight * feature for weight, feature in zip(_WEIGHTS, features, strict=True))
    return round(1 / (1 + exp(-odds)), 2)


def _how_fluent(search: Search, path: Path) -> tuple[float, float]:
    """What a character of a reading, and of what stands behind it, costs on average, and its worst three together."""
    costs: list[float] = []
    context = search.context
    for symbol in (*symbols(path.out), *search.symbols[path.at : path.at + 4]):
        costs.append(search.model.cost(context, symbol) / UNITS)
        context = (*context, symbol)[1 - ORDER :]
    return sum(costs) / len(costs), max(sum(costs[at : at + 3]) for at in range(max(1, len(costs) - 2)))


def _is_fluent(search: Search, path: Path) -> bool:
    average, worst = _how_fluent(search, path)
    return average < _FLUENT and worst < _FLUENT_WORST


_LITTLE, _FLUENT, _FLUENT_WORST = 8.0, 4.5, 17.0
"""Nats: a reading that gains more and costs less is so good that none with pairs dropped can be better."""
_MOST_AHEAD = 8.0
_BIAS = 2.001
_WEIGHTS = (0.734, 0.345, -0.02, 0.269, -0.263, -0.022, -0.106, -0.9)
"""Of how far the best reading is ahead of the next and of what stands there (in all, and by character), of the cost of
its characters (on average, and of the worst three in a row), of how many rest on lost bytes, how many pairs are lost,
and whether any is."""
