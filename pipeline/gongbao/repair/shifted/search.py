"""The search for what stood in a shifted passage, among all that its bytes allow.

A passage is gone through character by character, each with the byte that waits for its partner: the second byte of the
character before, as decoded, is the first byte of the next one, as written. Bytes that are lost are tried in turn, and
only the likeliest readings are carried on (a beam search). The characters that a byte allows are weighed together.

Costs are those of the language model, negative logarithms in units of 1/16 nat; what a kind of damage costs is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from heapq import nsmallest
from typing import NamedTuple

import numpy as np

from gongbao.chinese.language_model import ORDER, UNITS, Context, LanguageModel, Symbols, names_in_lists, symbols
from gongbao.chinese.script import simplify_characters
from gongbao.repair.glosses import readings
from gongbao.repair.shifted import gbk
from gongbao.repair.shifted.tokens import MARKERS, ON_TIME, TAG, WINDOW, Token, token_bytes, tokens

CUTS = {
    "?": (0xA3, 0xBF),
    "!": (0xA3, 0xA1),
    ",": (0xA3, 0xAC),
    ";": (0xA3, 0xBB),
    ":": (0xA3, 0xBA),
    ".": (0xA1, 0xA3),
    "(": (0xA3, 0xA8),
    ")": (0xA3, 0xA9),
    "、": (0xA1, 0xA2),
}
"""Pairs that programs replaced, by what they put there."""
_NARROW = str.maketrans("？！，；：。．（）", "?!,;:..()")
_SWALLOWED_CUTS = "!:;?,."
_BEFORE, _AFTER = 12, 8
"""Characters around a passage that it is weighed with."""
_AGAIN, _PAIRS = 2, 24
"""Readings for which two dropped pairs are assumed, and with how many pairs of characters around one."""


class Width(NamedTuple):
    """How much a search carries on."""

    beam: int
    """Readings at each step."""
    dropped: int
    """Those for which a dropped pair is assumed."""
    first: int
    """Characters tried before a dropped pair."""
    second: int
    """Characters tried elsewhere."""
    twice: int
    """Characters tried where little is known."""


NARROW, WIDE = Width(16, 6, 12, 8, 4), Width(32, 10, 20, 12, 8)
_AHEAD, _FLUENT, _ODD = 3, 15 * UNITS, 10 * UNITS
"""Where so many characters more cost no more than this, and none of them this, no pair was dropped before them."""
_LINE = 400
"""Characters before and after a passage in which its quotes may have been opened or closed."""
_HOPELESS, _NEAR = 25 * UNITS, 12 * UNITS
"""Readings so much costlier than the best, or than the passage as it stands, are given up, and are not tried with
dropped pairs."""
_ENDED = 24
_STEPS = 4000
"""Readings carried on in one search."""

# Added to the cost of a reading:
_SWALLOWED, _NO_MARKER, _SKIPPED = 2 * UNITS, 3 * UNITS, 2 * UNITS
_DROPPED, _LOST_MARKED, _LOST_UNMARKED, _NOT_ASCII = 2 * UNITS, UNITS, 2 * UNITS, UNITS
_GLOSS_AGREES, _GLOSS_DIFFERS, _OTHER_SCRIPT = -3 * UNITS, 10 * UNITS, 5 * UNITS
_LINE_START = 2 * UNITS
_STOP_BARE = 3 * UNITS
FAR = 8 * UNITS
"""A reading that is so much costlier is no rival."""
_NAMED = 6
"""Characters before the place of a reading in which a list may name two of a kind."""
_UNPAIRED, _LONE_MEMBER, _RECURS, _NAME_IN_LIST = 4 * UNITS, 4 * UNITS, 2 * UNITS, 3 * UNITS
_LONE = re.compile("[。；！？，：][\u4e00-\u9fff]、")
_WIDE_LETTER = re.compile("[＂-＇＊＋．-９＜-＞＠-～]")
_QUOTE = re.compile("[“”]")


class Rival(NamedTuple):
    """Where another reading, which goes on in the same way, differs from one, and how much likelier the one is."""

    start: int
    end: int
    behind: int
    """The difference in cost."""


class Path(NamedTuple):
    """A reading of the tokens before `at`. `pending` is the byte that waits for its partner."""

    cost: int
    at: int
    pending: int
    context: Context
    out: str
    guessed: tuple[int, ...]
    """Places in `out` that rest on a lost byte."""
    agreed: tuple[int, ...] = ()
    """Those of them that a gloss confirms."""
    dropped: int = 0
    """Pairs that are assumed to be lost unseen."""
    in_quotes: bool = False
    """Whether a quote is open at its end."""
    reached: bytes = b""
    """For each character of `out`, the tokens that had been read when it was there."""
    rivals: tuple[Rival, ...] = ()


class Candidate(NamedTuple):
    """A complete reading and what it gains over the passage as it stands, in nats."""

    gain: float
    path: Path


class Search:
    """One seam, its markers being `text[start:end]` (nothing at the start of a line).

    Args:
        text: The text.
        start: Where the markers begin.
        end: Where they end.
        model: Judges readings.
        writing: Above zero if the passage was written in traditional characters, below in simplified ones.
        converted: Whether the damaged passage was converted to traditional characters afterwards.

    """

    def __init__(
        self, text: str, start: int, end: int, model: LanguageModel, writing: int, *, converted: bool = False
    ) -> None:
        self.tokens = tokens(text, start, WINDOW)
        tag = TAG.search(text, start, self.tokens[-1].end) if self.tokens else None
        if tag:
            self.tokens = [token for token in self.tokens if token.end <= tag.start()]
        self.text, self.model, self._markers = text, model, end - start
        self._script = (writing > 0) - (writing < 0)
        line = max(text.rfind("\n", 0, start) + 1, start - 6 * _BEFORE)
        before = [token.character for token in tokens(text, line, 6 * _BEFORE) if token.end <= start]
        # Where the text itself begins, nothing is known of what stood before.
        self.before = symbols(["\n", *before] if line else before)[-_BEFORE:]
        self.context: Context = tuple(self.before[1 - ORDER :])
        self.shown = [token.character for token in self.tokens]
        plain = simplify_characters("".join(self.shown))
        self._bytes = [
            token_bytes(token, other if converted else "") for token, other in zip(self.tokens, plain, strict=True)
        ]
        last = self.tokens[-1].end if self.tokens else start
        at_end = ["\n"] if tag or text[last : last + 1] in ("", "\n") else []
        self.symbols = symbols([*self.shown, *at_end])
        costs = [0]
        context = self.context
        for symbol in self.symbols:
            costs.append(costs[-1] + model.cost(context, symbol))
            context = _longer(context, symbol)
        quoted = text[max(text.rfind("\n", 0, start) + 1, start - _LINE) : start]
        self.in_quotes = quoted.rfind("“") > quoted.rfind("”")
        rest = _QUOTE.search(text, last, last + _LINE)
        following, self._quotes = rest[0] if rest else "", list[str]()
        for character in reversed(self.shown):
            following = character if character in "“”" else following
            self._quotes.insert(0, following)
        self._width = NARROW
        self.costs = costs
        """Of the tokens before each place, as they stand."""

    def bytes_of(self, at: int) -> tuple[tuple[int, int], ...]:
        """The bytes of a token, as `token_bytes` gives them; none of one that is not there."""
        return self._bytes[at] if 0 <= at < len(self._bytes) else ()

    def candidates(self, *, dropped: bool, width: Width = NARROW) -> list[Candidate]:
        """The likeliest readings, best first, no text twice.

        Args:
            dropped: Whether pairs that no character has may have been dropped or marked. They seldom were, and a search
                for them takes ten times as long.
            width: How much is carried on.

        """
        self._width = width
        ended = sorted(self._ended(dropped=dropped), key=lambda path: (path.cost - self.costs[path.at], path.out))
        found: dict[tuple[int, str], Candidate] = {}
        for path in ended[: 2 * _ENDED]:
            rest = self.symbols[path.at : path.at + _AFTER]
            found_cost = self.costs[path.at + len(rest)] + self._marks("".join(self.shown[: path.at]), path.at)
            cost = path.cost + self.model.total(rest, path.context) + self._marks_behind(path)
            cost -= _NAME_IN_LIST * self._names(path)
            key = path.at, simplify_characters(path.out)
            if key not in found or found_cost - cost > found[key].gain * UNITS:
                found[key] = Candidate((found_cost - cost) / UNITS, path)
        return sorted(found.values(), key=lambda one: (-one.gain, one.path.out))[:_ENDED]

    def _names(self, path: Path) -> int:
        """Lists of proper nouns that a reading makes."""
        if "、" not in path.out:
            return 0
        return names_in_lists(simplify_characters(path.out + "".join(self.shown[path.at : path.at + 3])))

    def _marks(self, passage: str, at: int) -> int:
        """What marks cost that four characters do not show.

        Quotes open inside others, close what is not open, or are not closed on the line; a list begins with a member of
        one character.
        """
        is_open = self.in_quotes
        cost = _LONE_MEMBER * len(_LONE.findall(passage + "".join(self.shown[at : at + 2])))
        following = self._quotes[at] if at < len(self._quotes) else ""
        for quote in (*_QUOTE.findall(passage), following):
            cost += _UNPAIRED if quote and (quote == "”") != is_open else 0
            is_open = quote == "“" if quote else is_open
        return cost + (_UNPAIRED if is_open and not following else 0)

    def _marks_behind(self, path: Path) -> int:
        """The same for what follows a reading; what it holds itself was counted on the way."""
        cost = _LONE_MEMBER * len(_LONE.findall(path.out[-2:] + "".join(self.shown[path.at : path.at + 2])))
        following = self._quotes[path.at] if path.at < len(self._quotes) else ""
        if path.out[-1:] == "、":
            cost -= _LONE_MEMBER * len(_LONE.findall(path.out[-3:]))
        return cost + (_UNPAIRED if (following == "”") != path.in_quotes else 0)

    def _ended(self, *, dropped: bool) -> list[Path]:
        """Readings that come to an end: from there on characters begin on time."""
        waiting = [dict[_State, Path]() for _ in range(len(self.tokens) + 2)]
        ended: dict[_State, Path] = {}
        steps = 0
        for path in self._starts():
            _keep(path, ended if path.pending == ON_TIME else waiting[path.at])
        for at in range(len(self.tokens) + 1):
            alive = nsmallest(self._width.beam, waiting[at].values(), key=lambda path: (path.cost, path.out))
            steps += len(alive)
            if steps > _STEPS:
                break
            least = alive[0].cost if alive else 0
            for rank, path in enumerate(alive):
                if path.cost > least + _HOPELESS or path.cost > self.costs[at] + _HOPELESS:
                    break
                near = rank < self._width.dropped and path.cost < least + _NEAR
                for longer in self._moves(path, near=near, dropped=near and dropped, again=rank < _AGAIN):
                    _keep(longer, ended if longer.pending == ON_TIME else waiting[longer.at])
        return list(ended.values())

    def _starts(self) -> Iterator[Path]:
        if not self._markers:
            yield from self._at_line_start()
        context = self.context
        for skip in range(self._markers):
            token = self.tokens[skip]
            left = "".join(self.shown[:skip])
            cost = self.costs[skip] + (_SKIPPED if skip else 0)
            base = Path(cost, skip, 0, context, left, (), in_quotes=self.in_quotes, reached=bytes(range(1, skip + 1)))
            context = _longer(context, self.symbols[skip])
            following = self.shown[skip + 1].translate(_NARROW) if skip + 1 < len(self.shown) else ""
            mark = token.character.translate(_NARROW)
            if token.character in MARKERS and token.gloss is not None:
                for lead in _leads_read(self.text[token.start - 1 : token.start], token.gloss):
                    yield base._replace(at=skip + 1, pending=lead)
            if token.character in MARKERS and following in CUTS:
                yield from self._cut(base, skip + 2, following, 0)
            if mark in CUTS:
                yield from self._cut(base, skip + 1, mark, _NO_MARKER)
            if token.character in MARKERS and token.gloss is None:
                for swallowed in _SWALLOWED_CUTS:
                    if swallowed != mark:
                        yield from self._cut(base, skip + 1, swallowed, _SWALLOWED + _NO_MARKER)

    def _cut(self, base: Path, at: int, mark: str, penalty: int) -> Iterator[Path]:
        """The left character ends in the mark's first byte; its second byte waits for a partner."""
        trail, pending = CUTS[mark]
        for path in self._guesses(base, gbk.with_trail(trail), at, pending, penalty, most=self._width.beam):
            # A model without context counts in how many a character stands, not how often: stops come off badly.
            yield path._replace(cost=path.cost - _STOP_BARE) if not path.context[1:] and path.out == "。" else path

    def _at_line_start(self) -> Iterator[Path]:
        """Of a space that the line began with, the first byte was cut off."""
        for first, pending in self._bytes[0] if self._bytes else ():
            if first == 0xA1:
                yield Path(_LINE_START, 1, pending, self.context, "", (), in_quotes=self.in_quotes)

    def _moves(self, path: Path, *, near: bool, dropped: bool, again: bool) -> Iterator[Path]:
        """All ways in which a reading goes on over the next token."""
        token = self.tokens[path.at] if path.at < len(self.tokens) else None
        lead, at = path.pending, path.at + 1
        if lead < ON_TIME:
            yield from self._after_lost(path, token)
            return
        if token and token.gloss and token.gloss in readings(token.character):
            token = token._replace(gloss=None)  # the garbled character itself was glossed
        if token is None or not self._bytes[path.at]:
            yield from self._lost(path, token, dropped=dropped)
            return
        broken = near and not self._is_fluent(path)
        if broken and token.gloss is None and len(path.guessed) < len(path.out):
            # Some decoders drop one byte alone of a pair that no character has: then characters are on time again.
            group = gbk.before_unassigned(lead)
            yield from self._guesses(path, group, path.at, ON_TIME, _DROPPED + _LOST_UNMARKED, most=self._width.twice)
        for trail, pending in self._bytes[path.at]:
            known = gbk.tables().entries.get(lead << 8 | trail)
            if known is not None:
                made = self._on_time(self._emitted(path, known, at, pending))
                if token.gloss is None or made.pending == ON_TIME:
                    yield self._glossed(made, token.gloss)
                else:
                    # The gloss of the next character, whose first byte the decoder dropped.
                    group = gbk.with_lead(pending)
                    yield from self._guesses(made, group, at, ON_TIME, _LOST_UNMARKED, token.gloss)
            if dropped and broken:
                yield from self._over_dropped(path, path.at, trail, pending, token.gloss, _DROPPED, again=again)

    def _lost(self, path: Path, token: Token | None, *, dropped: bool) -> Iterator[Path]:
        """On from a first byte whose partner is not there: before a marker, or before what is no second byte."""
        group, at = gbk.with_lead(path.pending), path.at
        if dropped and (token is None or (token.character in MARKERS and token.gloss is None)):
            # A pair that no character has, and a first byte behind it: only the text around can tell.
            for one in self._lost_pairs(path, gbk.before_unassigned(path.pending), _DROPPED, self._width.twice):
                last = gbk.any_after_unassigned(-one.pending)
                lost = _LOST_UNMARKED if token is None else _LOST_MARKED
                yield from self._guesses(one, last, at + (token is not None), ON_TIME, lost, most=self._width.twice)
        if token is None or token.character not in MARKERS:
            yield from self._guesses(path, group, at, ON_TIME, _LOST_UNMARKED)
            return
        following = self.shown[at + 1 : at + 2]
        ascii_ = not following or following[0].isascii() or token.gloss is not None
        penalty = _LOST_MARKED + (0 if ascii_ else _NOT_ASCII)
        yield from self._guesses(path, group, at + 1, ON_TIME, penalty, token.gloss)
        if dropped and token.gloss is None and at + 1 < len(self.tokens):
            if self.shown[at + 1] in MARKERS:
                for made in self._lost_pairs(
                    path, gbk.before_unassigned(path.pending), _LOST_MARKED, self._width.first
                ):
                    yield made._replace(at=at + 1)
            for trail, pending in self._bytes[at + 1]:
                yield from self._over_dropped(path, at + 1, trail, pending, self.tokens[at + 1].gloss, _LOST_MARKED)

    def _lost_pairs(self, path: Path, group: gbk.Group, penalty: int, most: int) -> Iterator[Path]:
        """On to a character whose second byte was lost with a pair; its negative waits then."""
        if not len(group):
            return
        costs = self._weighed(path, group, None) + (path.cost + penalty)
        for place in np.argsort(costs, kind="stable")[:most].tolist():
            entry = group.entries[place]
            made = self._grown(path, entry, int(costs[place]), path.at, -group.partners[place], guessed=True)
            yield made._replace(dropped=path.dropped + 1)

    def _after_lost(self, path: Path, token: Token | None) -> Iterator[Path]:
        """On from a pair that is lost, over another or over a character."""
        if token is None or token.gloss is not None:
            return
        if token.character in MARKERS:
            group = gbk.between_unassigned(-path.pending)
            for made in self._lost_pairs(path, group, _LOST_MARKED, self._width.first):
                yield made._replace(at=path.at + 1)
        for trail, pending in self._bytes[path.at]:
            group = gbk.after_unassigned(-path.pending, trail)
            for made in self._guesses(path, group, path.at + 1, pending, 0, most=self._width.second):
                yield self._on_time(made)

    def _over_dropped(
        self, path: Path, at: int, trail: int, pending: int, gloss: str | None, penalty: int, *, again: bool = False
    ) -> Iterator[Path]:
        """On over a pair that no character has, of which the decoder left nothing, or a marker before token `at`."""
        if gloss is not None and pending != ON_TIME:
            return
        first = gbk.before_unassigned(path.pending)
        weighed = self._weighed(path, first, None)
        if again:
            for one in self._lost_pairs(path, first, penalty, self._width.twice):
                for two in self._lost_pairs(one, gbk.between_unassigned(-one.pending), _DROPPED, self._width.twice):
                    group = gbk.after_unassigned(-two.pending, trail)
                    for made in self._guesses(two, group, at + 1, pending, 0, gloss, most=self._width.twice):
                        yield self._on_time(made)
        found: list[tuple[int, int, gbk.Entry]] = []
        for place in np.argsort(weighed, kind="stable")[: self._width.first].tolist():
            entry = first.entries[place]
            group = gbk.after_unassigned(first.partners[place], trail)
            if len(group):
                after = self._weighed(path._replace(context=_longer(path.context, entry.symbol)), group, gloss)
                best = np.argsort(after, kind="stable")[: self._width.second].tolist()
                found += ((int(weighed[place] + after[one]), place, group.entries[one]) for one in best)
        for cost, place, last in nsmallest(_PAIRS, found, key=lambda one: (one[0], one[2].character)):
            both = self._grown(path, first.entries[place], path.cost, path.at, path.pending, guessed=True)
            made = self._grown(both, last, both.cost + penalty + cost, at + 1, pending, guessed=True)
            yield self._on_time(made._replace(dropped=path.dropped + 1))

    def _is_fluent(self, path: Path) -> bool:
        """Whether the next characters read well as their bytes are."""
        cost, lead, context = 0, path.pending, path.context
        for at in range(path.at, path.at + _AHEAD):
            pairs = self._bytes[at] if at < len(self.tokens) else ()
            known = gbk.tables().entries.get(lead << 8 | pairs[0][0]) if pairs else None
            if known is None:
                return False
            added = self.model.cost(context, known.symbol)
            cost += added
            lead, context = pairs[0][1], _longer(context, known.symbol)
            if cost > _FLUENT or added > _ODD:
                return False
            if lead == ON_TIME:
                break
        return True

    def _weighed(self, path: Path, group: gbk.Group, gloss: str | None) -> Symbols:
        """The costs of a group's characters behind a reading."""
        costs = self.model.costs(path.context, group.symbols)
        if self._script:
            costs += np.where(group.scripts * self._script < 0, _OTHER_SCRIPT, 0)
        if gloss is not None:
            agrees = [gloss in readings(entry.character) for entry in group.entries]
            costs += np.where(agrees, _GLOSS_AGREES, _GLOSS_DIFFERS)
        return costs

    def _guesses(
        self,
        path: Path,
        group: gbk.Group,
        at: int,
        pending: int,
        penalty: int,
        gloss: str | None = None,
        most: int | None = None,
    ) -> Iterator[Path]:
        """The likeliest readings that go on with one of a group's characters.

        Args:
            path: The reading.
            group: The characters.
            at: The token that comes after them.
            pending: The byte that waits after them.
            penalty: Added for each character.
            gloss: The gloss of the character.
            most: How many readings; as many as are tried elsewhere if None.

        """
        if not len(group):
            return
        costs = self._weighed(path, group, gloss) + (path.cost + penalty)
        most_costly = self.costs[at] + _HOPELESS
        for place in np.argsort(costs, kind="stable")[: most or self._width.second].tolist():
            if costs[place] > most_costly:
                return
            entry = group.entries[place]
            made = self._grown(path, entry, int(costs[place]), at, pending, guessed=True)
            agrees = gloss is not None and gloss in readings(entry.character)
            yield made._replace(agreed=(*path.agreed, len(path.out))) if agrees else made

    def _emitted(self, path: Path, entry: gbk.Entry, at: int, pending: int) -> Path:
        """The reading with a character of which both bytes are known."""
        cost = path.cost + self.model.cost(path.context, entry.symbol)
        if entry.script * self._script < 0 or _WIDE_LETTER.match(entry.character):
            cost += _OTHER_SCRIPT
        return self._grown(path, entry, cost, at, pending, guessed=False)

    def _grown(self, path: Path, entry: gbk.Entry, cost: int, at: int, pending: int, *, guessed: bool) -> Path:
        """The reading with one character more; what n-grams do not show is added to its cost."""
        character, place, in_quotes = entry.character, len(path.out), path.in_quotes
        guesses = (*path.guessed, place) if guessed else path.guessed
        if place and guesses and guesses[-1] >= place - 1 and self.model.has(path.context[-1], entry.symbol):
            # A character that was chosen has the neighbour that it has elsewhere in the article.
            cost -= _RECURS
        if character in "“”":
            cost += _UNPAIRED if (character == "”") != in_quotes else 0
            in_quotes = character == "“"
        elif character == "、" and _LONE.fullmatch(path.out[-2:] + character):
            cost += _LONE_MEMBER
        return Path(
            cost,
            at,
            pending,
            _longer(path.context, entry.symbol),
            path.out + character,
            guesses,
            path.agreed,
            path.dropped,
            in_quotes,
            path.reached + bytes((at,)),
            path.rivals,
        )

    def _on_time(self, path: Path) -> Path:
        """A byte that waits and is ASCII was a letter of its own; it ends the shift."""
        if not 0 <= path.pending < 0x80:
            return path
        letter = chr(path.pending)
        symbol = symbols(letter)[0]
        return path._replace(
            cost=path.cost + self.model.cost(path.context, symbol),
            pending=ON_TIME,
            context=_longer(path.context, symbol),
            out=path.out + letter,
            reached=path.reached + bytes((path.at,)),
        )

    @staticmethod
    def _glossed(path: Path, gloss: str | None) -> Path:
        if gloss is None:
            return path
        return path._replace(cost=path.cost + (_GLOSS_AGREES if gloss in readings(path.out[-1]) else _GLOSS_DIFFERS))


_State = tuple[int, int, Context, str, bool]
"""What the costs of all that may follow a reading depend on."""


def _keep(path: Path, others: dict[_State, Path]) -> None:
    """Put a reading among others: of those that go on alike the likeliest stays, and remembers the next."""
    tail = path.out[-_NAMED:]
    state = path.at, path.pending, path.context, tail if "、" in tail else "", path.in_quotes
    other = others.get(state)
    if other is not None:
        if (other.cost, other.out) <= (path.cost, path.out):
            path, other = other, path
        path = beaten(path, other, other.cost - path.cost)
    others[state] = path


def beaten(path: Path, other: Path, behind: int) -> Path:
    """A reading with another as its rival, so much costlier, if it is not too far behind and no other spelling."""
    if behind >= FAR:
        return path
    one, two = simplify_characters(path.out), simplify_characters(other.out)
    if one == two:
        return path
    start = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    end, left = len(one), len(two)
    if path.at == other.at:
        while end > start and left > start and one[end - 1] == two[left - 1]:
            end, left = end - 1, left - 1
    for rival in path.rivals:
        if start <= rival.start and rival.end <= end and rival.behind <= behind:
            return path
    return path._replace(rivals=(*path.rivals, Rival(start, end, behind)))


def _longer(context: Context, symbol: int) -> Context:
    return (*context, symbol)[1 - ORDER :]


@lru_cache(maxsize=256)
def _leads_read(before: str, letters: str) -> tuple[int, ...]:
    """First bytes that make, with the last byte of `before`, a character read so: `展?jié)` is 展 + 節(jié)."""
    pair = gbk.pair(before) if before else None
    if pair is None:
        return ()
    entries = ((trail, gbk.tables().entries.get(pair[1] << 8 | trail)) for trail in range(0x81, 0xFF))
    return tuple(trail for trail, entry in entries if entry and letters in readings(entry.character))
