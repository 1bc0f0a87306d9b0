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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from gongbao.chinese.language_model import ORDER, UNITS, LanguageModel, symbols
from gongbao.chinese.script import script
from gongbao.document import Repair, Residue
from gongbao.repair.shifted.reading import RARE, TOLD, Gap, Reading, chance, reading
from gongbao.repair.shifted.search import WIDE, Path, Search
from gongbao.repair.shifted.tokens import GLOSS, LATIN, LONE_LETTER, MARKERS, MARKS, TAG, tokens

_MARKED = re.compile(f"[{MARKERS}]+")
_SHOUTED = re.compile(r"[!！;；:：](?=[^\x00-\x7f\s，。、]{1,24}[@-~](?![A-Za-z0-9]))")
_GLOSSED = re.compile(rf"[A-Za-z\[-`{{-~][(（][{LATIN}]{{1,6}}[)）]")
"""A letter that is the second byte of a glossed character: `,F(xiàn)`."""
_LONE = re.compile("[,，](?=[A-Z@][\u4e00-\u9fff])")
_BEFORE_TWO = re.compile("[!！;；:：](?=([\u4e00-\u9fff]{2}))")
_LINE = re.compile("(?m)^[\u3000 ]*(?=[、。〃々～‖’”〕〉》」』〗】±×÷∶∧∨∑∏∪∩∷√⊥∥∠⌒⊙∫∮≡≌≈∽∝≠≮≯≤≥∞∵∴♂♀°′″℃＄¤￠￡‰§№〓])")
"""A line that begins with the two bytes of no mark that begins lines, the first of them A1."""
_SIGNS = "⒈-⒛⑴-⒇㈠-㈩Ⅰ-Ⅻⅰ-ⅹΑ-Ωα-ωА-яㄅ-ㄩ─-╿▀-▟﹉-﹫＿Ａ-Ｚａ-ｚ\ue000-\uf8ff\ufffd"
_SELDOM = 160
"""The cost, without context, of a character of which texts seldom have three side by side."""
_UNLIKELY = 18.5 * UNITS
"""The cost of two characters that seldom begin what stands behind a mark."""
_FIGURE = re.compile(r"[.．]?\d|[%％]")
"""What stands behind a marker that may have swallowed a digit."""
_FOREIGN = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_MOST = 400
"""Seams tried in one article: time stays in bounds whatever the text is."""
_FEWEST, _EACH = 12, 1000
"""Seams tried in vain: so many, and one more for so many characters. Then no more are."""
_UNCLOSED = re.compile(r"“[^“”\n]*\Z")
_QUOTED = 400
"""Characters in a quotation."""
_EMPHASIS = frozenset("?？!！")
_QUESTION = frozenset("?？")
_ASKED = 7 * UNITS
"""Cost of a question mark where a question may end."""
_STOP = re.compile(r"[，。、；,;\n]")
_SAME = 16
_MARKERS = 4
"""More markers in a row are no trace of one cut."""
_NATURAL, _NATURAL_MANY = 5.5 * UNITS, 5.0 * UNITS
"""Cost of a character of ordinary text, on average, after one mark and after several; garbled text costs twice that."""
_ODD = 11.0 * UNITS
"""Cost of a character that ordinary text does not have among the first four."""
_GARBLED, _REST = 7.0 * UNITS, 6
"""Cost of a character of garbled text, on average, and the characters behind a reading that are looked at."""
_SURE = 0.8
"""The probability from which on a reading is taken."""
_CERTAIN = 0.98
"""The same from which on, where pairs may have been dropped, nothing else is looked for."""
_SURE_PART = 0.95
"""The same for a part of one that is not sure as a whole: where much is lost, more may be than the search can tell."""
_LEAST_SURE, _PARTLY = 6, 25.0
"""Characters that must be sure, and nats that a reading must gain, for parts of it to be taken."""
_BETWEEN = 3
"""Fewer characters between places in doubt are as doubtful."""


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
        if start < done or not _may_be_seam(text, start, end):
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
        if writing > 0 and (best is None or best.probability < _SURE or _goes_on_garbled(best)):
            # Some sites converted to traditional characters after the damage.
            other = _best(Search(text, start, end, model, -1, converted=True))
            if other is not None and (best is None or other.gain > best.gain):
                best = other
        made = _made(best) if best is not None else Passages((), ())
        if made.repairs:
            repairs += made.repairs
            residues += made.residues
            done = max(made.repairs[-1].end, *(one.end for one in made.residues), 0)
            continue
        failures -= 1
        done = end
        if _MARKED.match(text, start):
            # What follows may be part of the same passage; on its own it would be read wrong.
            stop = _STOP.search(text, end, end + _SAME)
            done = stop.end() if stop else end + _SAME
        if best is not None and chance(gap for gap in best.gaps if not gap.is_number) >= TOLD:
            whole = _repair(best, best.kept, len(best.path.out), best.probability)
            guess = None if any(gap.is_number for gap in best.gaps) else whole.after
            residues.append(Residue(whole.start, whole.end, whole.before, guess, whole.probability if guess else 0.0))
            done = max(done, whole.end)
        elif _MARKED.match(text, start) and _is_garbled(text[end:done]):
            residues.append(Residue(start, done, text[start:done]))
    return Passages(tuple(repairs), tuple(residues))


@cache
def _before_signs() -> re.Pattern[str]:
    """A mark with a sign of damage soon behind it, or three characters that are seldom seen together.

    Signs are characters that are very rare, those that stand in GBK but hardly in texts, those for private use, and a
    marker between characters.
    """
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    model = LanguageModel()
    costs = [model.cost((), symbol) for symbol in symbols(han)]
    common = "".join(one for one, cost in zip(han, costs, strict=True) if cost < RARE)
    frequent = "".join(one for one, cost in zip(han, costs, strict=True) if cost < _SELDOM)
    soon = f"[{common}]{{0,2}}(?:(?![{common}])[\u3400-\u9fff]|[{_SIGNS}]|(?<=[{common}])[?？](?=[{common}]))"
    together = f"(?:[{frequent}]{{0,4}}(?:(?![{frequent}])[\u3400-\u9fff]|[{_SIGNS}])){{3}}"
    return re.compile(f"[!！;；:：,，.．。](?={soon}|{together})")


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
    found += [match.span() for match in _LONE.finditer(text)]
    found += _before_unlikely(text)
    found += [match.span() for match in _before_signs().finditer(text)]
    found += [(match.end(), match.end()) for match in _LINE.finditer(text)]
    return sorted(set(found))


def _before_unlikely(text: str) -> list[tuple[int, int]]:
    """Marks behind which two characters stand that seldom do."""
    found = list(_BEFORE_TWO.finditer(text))
    known, model = symbols(match[0] + match[1] for match in found), LanguageModel()
    threes = zip(found, known[::3], known[1::3], known[2::3], strict=True)
    return [match.span() for match, mark, *two in threes if model.total(two, (mark,)) > _UNLIKELY]


def _may_be_seam(text: str, start: int, end: int) -> bool:
    """Whether marks are not plainly what they look like: at the end of a line, before a space or a closing quote."""
    following = text[end : end + 1]
    if not following or following == "\n":
        # 。” may have stood there, if a quote is open.
        return end - start > 1 and bool(_UNCLOSED.search(text, max(0, start - _QUOTED), start))
    return not following.isspace() and following not in "”’」』\"'）)》"


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
    rare = any(model.cost((), symbol) > RARE for symbol in found)
    return rare and not _FOREIGN.search(passage) and model.total(found) > _GARBLED * len(found)


def _goes_on_garbled(found: Reading) -> bool:
    """Whether what follows a reading on its line makes no sense either."""
    search, at = found.search, found.path.at
    rest = search.symbols[at : at + _REST]
    return len(rest) == _REST and search.model.total(rest, found.path.context) > _GARBLED * _REST


def _best(search: Search) -> Reading | None:
    """The likeliest reading of a seam, or None where nothing reads better than what is there."""
    candidates = search.candidates(dropped=False)
    dropped = not candidates or candidates[0].gain < _LITTLE or not _is_fluent(search, candidates[0].path)
    if dropped:
        candidates = search.candidates(dropped=True)
    if not candidates or candidates[0].gain <= 0 or not _rests_on_something(search, candidates[0].path):
        return None
    found = reading(search, candidates)
    doubtful = found.probability < (_CERTAIN if dropped else _SURE) or found.path.dropped > 1
    if found.gain > _LITTLE and doubtful:
        # What was not carried on may be what stood there, or a rival of it.
        candidates = search.candidates(dropped=True, width=WIDE)
        if candidates and candidates[0].gain > 0:
            found = reading(search, candidates)
    return found


def _made(found: Reading) -> Passages:
    """What is taken of a reading, all of it or the parts that are sure, and what stays as it is."""
    path, whole = found.path, (found.kept, len(found.path.out))
    if found.probability >= _SURE:
        return Passages((_repair(found, *whole, found.probability),), ())
    unsure = _unsure(found)
    sure = [span for span in _between(unsure, *whole) if span[0] < span[1]]
    if sum(end - start for start, end in sure) < _LEAST_SURE or found.gain < _PARTLY:
        return Passages((), ())
    residues = []
    for start, end in unsure:
        before, first, last = _span(found, start, end, inside=True)
        gaps = found.gaps_in(start, end)
        guess = None if any(gap.is_number for gap in gaps) else path.out[start:end]
        residues.append(Residue(first, last, before, guess, round(chance(gaps), 2) if guess else 0.0))
    repairs = (_repair(found, *span, chance(found.gaps_in(*span))) for span in sure)
    return Passages(tuple(repairs), tuple(residues))


def _unsure(found: Reading) -> list[tuple[int, int]]:
    """Places that stay as found, so that each part between them is sure: always the least sure one next, in order."""
    unsure = [gap for gap in found.gaps if gap.probability < _SURE_PART]
    while True:
        spans = _widened(unsure, found.kept, len(found.path.out))
        parts = [found.gaps_in(*span) for span in _between(spans, found.kept, len(found.path.out))]
        doubtful = [min(part, key=lambda gap: gap.probability) for part in parts if part and chance(part) < _SURE_PART]
        if not doubtful:
            return spans
        unsure = sorted((*unsure, *doubtful))


def _widened(gaps: Sequence[Gap], first: int, last: int) -> list[tuple[int, int]]:
    """The spans of gaps; those with little between them, or between them and the border, as one."""
    spans: list[tuple[int, int]] = []
    for start, end, *_ in gaps:
        before = spans[-1][1] if spans else first
        if start - before < _BETWEEN:
            start = spans.pop()[0] if spans else first
        spans.append((start, last if last - end < _BETWEEN else end))
    return spans


def _between(spans: Sequence[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """What lies between spans, and between them and both ends."""
    return list(pairwise((first, *(at for span in spans for at in span), last)))[::2]


def _span(found: Reading, start: int, end: int, *, inside: bool) -> tuple[str, int, int]:
    """What stands for characters of a reading, and where; of what holds bytes of two, only `inside` has both."""
    search, path = found.search, found.path
    at = path.reached[start - 1] - inside if start > found.kept else found.kept
    to = path.reached[end - 1] - (not inside) if end < len(path.out) else path.at
    first, last = search.tokens[at].start, search.tokens[to - 1].end
    return search.text[first:last], first, last


def _repair(found: Reading, start: int, end: int, probability: float) -> Repair:
    """Of characters of a reading."""
    search, out = found.search, found.path.out[start:end]
    _, first, stop = _span(found, start, end, inside=False)
    if end == len(found.path.out):
        last = search.tokens[found.path.at - 1]
        # The gloss of the last character is whole; that of a marker lost its bracket and goes.
        stop = last.start + 1 if last.gloss and last.character not in MARKERS else last.end
        if last.character in MARKERS and not last.gloss:
            if _FIGURE.match(search.text, stop):
                out += last.character  # it may have swallowed a digit
            elif tag := TAG.match(search.text, stop):
                stop = tag.end()
    return Repair(first, stop, search.text[first:stop], out, "shifted", round(probability, 2))


def _rests_on_something(search: Search, path: Path) -> bool:
    """Whether a reading is more than a guess: people write ?? and ?!? too.

    A character is read from bytes that are there, or its gloss agrees, or a mark stands there that nobody writes beside
    another, or a quote is closed that was open.
    """
    if len(path.guessed) < len(path.out) or path.agreed:
        return True
    shown = {token.character for token in search.tokens[: path.at]}
    if not shown <= _EMPHASIS:
        return True
    is_question = shown <= _QUESTION and search.model.cost(search.context, symbols("？")[0]) < _ASKED
    return path.out[-1] == "”" and search.in_quotes and not is_question


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
