"""The search for what stood in a shifted passage, among all that its bytes allow.

A passage is gone through character by character, each with the byte that waits for its partner: the second byte of the
character before, as decoded, is the first byte of the next one, as written. Bytes that are lost are tried in turn, and
only the likeliest readings are carried on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from heapq import nlargest
from itertools import accumulate
from typing import NamedTuple

from pipeline.stages import gbk
from pipeline.stages.glosses import readings, syllables
from pipeline.stages.plausibility import Plausibility, Reading, agreement, simplified

MARKERS = "?？\ufffd"
"""What a decoder writes for a byte or pair that it cannot read."""
MARKS = "?？!！;；,，:：、（(）).．"
"""Marks whose bytes may have been found across a border, as they stand now."""
_FULL = str.maketrans("?!;,:().", "？！；，：（）．")
LATIN = "a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹ"
GLOSS = re.compile(rf"[(（]?([{LATIN}]{{1,6}})[)）]")
LONE_LETTER = re.compile(r"[A-Za-z\[-`{-~](?![!-~])")
_CONTEXT = 6
WINDOW = 48
"""Characters after a seam that are looked at."""
_BEAM, _BEAM_HIDDEN = 48, 12
_STEPS = 30_000
"""Characters tried in one search; most need half of it."""
_FLUENT, _GAIN_FLUENT = -4.2, 6.0
_HOPELESS = 18.0
"""Readings so much worse than the passage as it stands, or than the best reading, are given up."""
_UNFINISHED = frozenset("与與和及或在由对對为為被把将將从從向以于於的之其该該并並而所第各")
"""Characters after which no sentence ends."""
_ON_TIME = -1
"""Pending byte of a path that has come to its end: characters begin on time again."""

# Added to the logarithm of a reading's probability:
_LOST_PAIR, _LOST_BYTE, _NO_MARKER, _SWALLOWED = -1.5, -7.0, -5.0, -2.0
_GLOSS_AGREES, _GLOSS_DIFFERS, _NO_STOP, _OTHER_SCRIPT, _STRAY = 8.0, -12.0, -6.0, -5.0, -8.0


class Token(NamedTuple):
    """A character of the window with its gloss, if it has one. `end` is that of the gloss."""

    character: str
    start: int
    end: int
    gloss: str | None


class Path(NamedTuple):
    """A reading of the bytes so far, `at` being the next token. (A tuple: thousands are made for one seam.)

    `pending` is the byte that waits for its partner. Where it is lost with its pair, `pending` is the first byte of
    that pair, negative.
    """

    at: int
    pending: int
    reading: Reading
    penalty: float
    out: str
    guessed: tuple[int, ...]
    """Places in `out` that rest on a lost byte."""
    agreed: tuple[int, ...] = ()
    """Places in `out` that a gloss confirms."""

    @property
    def score(self) -> float:
        return self.reading.score + self.penalty

    @property
    def rests_on_something(self) -> bool:
        """Whether at least one character is read from bytes that are there, or agrees with its gloss."""
        return len(self.guessed) < len(self.out) or bool(self.agreed)


class Candidate(NamedTuple):
    """A complete reading and what it gains over the passage as it stands, in natural logarithms."""

    gain: float
    path: Path


class Search:
    """One seam, its markers being `text[start:end]`.

    Args:
        text: The text.
        start: Where the markers begin.
        end: Where they end.
        judge: Scores readings.
        writing: Above zero if the passage was written in traditional characters, below in simplified ones.
        reconverted: Whether the damaged passage was converted to traditional characters afterwards.

    """

    def __init__(
        self, text: str, start: int, end: int, judge: Plausibility, writing: int, *, reconverted: bool = False
    ) -> None:
        self.tokens = tokens(text, start, WINDOW)
        self._text, self._judge, self._script, self._markers = text, judge, writing, end - start
        line = max(text.rfind("\n", 0, start) + 1, start - 4 * _CONTEXT)
        before = (token.character for token in tokens(text, line, 4 * _CONTEXT) if token.end <= start)
        self.before = "".join(before)[-_CONTEXT:]
        self.context = judge.read(simplified(self.before))
        self._shown = "".join(token.character for token in self.tokens)
        self.plain = simplified(self._shown)
        self._bytes = [
            _bytes(token, one if reconverted else "") for token, one in zip(self.tokens, self.plain, strict=True)
        ]
        self.steps = 0
        """Characters tried so far: what the search has cost."""
        self._scores = [reading.score for reading in accumulate(self.plain, judge.extend, initial=self.context)]

    def candidates(self) -> list[Candidate]:
        """The likeliest readings, best first."""
        found = self._weighed(hidden=False)
        if not found or not self._is_fluent(found[0]):
            found += self._weighed(hidden=True)
        found.sort(key=lambda candidate: (-candidate.gain, candidate.path.out))
        # Both searches find what needs no dropped pair.
        return [one for at, one in enumerate(found) if not at or one.path.out != found[at - 1].path.out]

    def _weighed(self, *, hidden: bool) -> list[Candidate]:
        plain, found = self._scores, []
        ended = self._ended(hidden=hidden)
        for path in nlargest(16, ended, key=lambda path: (path.score - plain[path.at], path.out)):
            if path.rests_on_something:
                stop = min(len(self.plain), path.at + 4)
                rest = self._judge.read(self.plain[path.at : stop], path.reading).score + path.penalty
                alike = agreement(simplified(path.out) + self.plain[path.at : path.at + 5])
                # A letter that the shift leaves between two characters belongs to the one before it.
                stray = _STRAY if LONE_LETTER.match(self.plain, path.at) else 0.0
                found.append(Candidate(rest - plain[stop] + alike + stray, path))
        return sorted(found, key=lambda candidate: (-candidate.gain, candidate.path.out))

    def _is_fluent(self, best: Candidate) -> bool:
        """Whether a reading is so good that none with dropped pairs can be better."""
        certain = len(best.path.guessed) == 1 and best.gain > _GAIN_FLUENT * best.path.at
        return certain and self.per_character(best.path) > _FLUENT

    def per_character(self, path: Path) -> float:
        """Log-probability of a character of the reading, on average."""
        return (path.reading.score - self.context.score) / max(1, len(path.out))

    def _starts(self) -> Iterator[Path]:
        for skip in range(self._markers):
            left = self._shown[:skip]
            context = self._judge.read(simplified(left), self.context)
            token = self.tokens[skip]
            following = self._shown[skip + 1 : skip + 2]
            if token.character in MARKERS and token.gloss is not None:
                for lead in _leads_read(self._text[token.start - 1 : token.start], token.gloss):
                    yield Path(skip + 1, lead, context, _GLOSS_AGREES, left, ())
            if token.character in MARKERS and following and following in MARKS:
                yield from self._cut(following, skip + 2, context, 0.0, left)
            if token.character in MARKS:
                lone = _SWALLOWED if token.character in MARKERS else _NO_MARKER
                yield from self._cut(token.character, skip + 1, context, lone, left)

    def _cut(self, mark: str, at: int, context: Reading, penalty: float, left: str) -> Iterator[Path]:
        """The left character of the cut pair ends in the mark's first byte; its second byte waits for a partner."""
        pair = gbk.pair(mark.translate(_FULL))
        if pair is None:
            return
        unfinished = (left or self.before)[-1:] in _UNFINISHED
        start = Path(at, pair[1], context, penalty, left, ())
        for entry in gbk.tables().by_trail[pair[0]]:
            cost = _NO_STOP if unfinished and entry.character == "。" else 0.0
            yield self._emit(start, entry, at, pair[1], guessed=True, penalty=cost)

    def _ended(self, *, hidden: bool) -> Iterator[Path]:
        """All readings that come to an end; with `hidden`, those also that assume pairs dropped without a trace."""
        plain, most, limit = self._scores, -_HOPELESS, self.steps + _STEPS
        alive = list(self._starts())
        while alive:
            ahead: list[Path] = []
            beam = _BEAM_HIDDEN if hidden else _BEAM
            for path in nlargest(beam, alive, key=lambda path: (path.score - plain[path.at], path.out)):
                if path.score - plain[path.at] < most - _HOPELESS:
                    break
                if self.steps > limit:
                    return
                for moved in self._moves(path, hidden):
                    if moved.pending == _ON_TIME:
                        most = max(most, moved.score - plain[moved.at])
                        yield moved
                    else:
                        ahead.append(moved)
            alive = ahead

    def _moves(self, path: Path, hidden: bool) -> Iterator[Path]:
        token = self.tokens[path.at] if path.at < len(self.tokens) else None
        if path.pending < 0:
            if token is not None and token.character in MARKERS:
                for entry, partner in _between(path):
                    yield self._emit(path, entry, path.at + 1, -partner, guessed=True)
            elif token is not None:
                yield from self._from_lost(path, token, gbk.tables().by_trail)
            return
        yield from self._from_byte(path, path.pending, token)
        if hidden and token is not None and token.character not in MARKERS:
            yield from self._over_hidden(path, path.pending, token)

    def _from_byte(self, path: Path, lead: int, token: Token | None) -> Iterator[Path]:
        """On from a first byte that is known, over one token."""
        tables, at = gbk.tables(), path.at + 1
        bytes_ = self._bytes[path.at] if token else ()
        if not bytes_:
            # The decoder dropped the byte, or wrote a marker for it and what came after it, or for it alone.
            marker = token is not None and token.character in MARKERS
            gloss = token.gloss if token and marker else None
            for entry in tables.by_lead.get(lead, ()):
                end, lost = (at, 0.0) if marker else (path.at, _LOST_BYTE)
                yield self._emit(path, entry, end, _ON_TIME, guessed=True, penalty=lost, gloss=gloss)
            if marker and gloss is None:
                for entry, first in tables.before_unassigned.get(lead, ()):
                    yield self._emit(path, entry, at, -first, guessed=True)
        for trail, pending in bytes_:
            known = tables.entries.get(lead << 8 | trail)
            if known is not None:
                gloss = token.gloss if token else None
                yield self._on(self._emit(path, known, at, pending, guessed=False, gloss=gloss))

    def _from_lost(self, path: Path, token: Token, by_trail: dict[int, list[gbk.Entry]]) -> Iterator[Path]:
        """On from a first byte that is lost with its pair, over one token."""
        leads = gbk.tables().unassigned[-path.pending]
        for trail, pending in self._bytes[path.at]:
            for entry in by_trail.get(trail, ()):
                if entry.lead in leads:
                    yield self._on(self._emit(path, entry, path.at + 1, pending, guessed=True, gloss=token.gloss))

    def _over_hidden(self, path: Path, lead: int, token: Token) -> Iterator[Path]:
        """A pair that no character has can leave no trace; two such pairs can stand in a row."""
        tables = gbk.tables()
        first = [
            self._emit(path, entry, path.at, -partner, guessed=True, penalty=_LOST_PAIR)
            for entry, partner in tables.before_unassigned.get(lead, ())
        ]
        second = [
            self._emit(likely, entry, path.at, -partner, guessed=True, penalty=_LOST_PAIR)
            for likely in nlargest(3, first, key=lambda path: path.score)
            for entry, partner in _between(likely)
        ]
        by_trail = tables.frequent_by_trail if token.gloss is None else tables.by_trail
        for moved in (*first, *nlargest(3, second, key=lambda path: path.score)):
            yield from self._from_lost(moved, token, by_trail)

    def _on(self, path: Path) -> Path:
        """A second byte that is ASCII was a letter of its own, read as half of a pair; it ends the shift."""
        if path.pending >= 0x80 or path.pending == _ON_TIME:
            return path
        letter = chr(path.pending)
        return self._emit(path, gbk.Entry(letter, letter, 0), path.at, _ON_TIME, guessed=False)

    def _emit(
        self,
        path: Path,
        entry: gbk.Entry,
        at: int,
        pending: int,
        *,
        guessed: bool,
        penalty: float = 0.0,
        gloss: str | None = None,
    ) -> Path:
        guesses, agreed = path.guessed, path.agreed
        if guessed:
            guesses = (*guesses, len(path.out))
        if gloss is not None:
            agrees = gloss in readings(entry.character)
            penalty += _GLOSS_AGREES if agrees else _GLOSS_DIFFERS
            agreed = (*agreed, len(path.out)) if agrees else agreed
        if entry.script * self._script < 0:
            penalty += _OTHER_SCRIPT
        self.steps += 1
        reading = self._judge.extend(path.reading, entry.simplified)
        return Path(at, pending, reading, path.penalty + penalty, path.out + entry.character, guesses, agreed)


def _bytes(token: Token, other: str) -> tuple[tuple[int, int], ...]:
    """What a character that was read one byte late gives: a second byte, and the first byte of the next character.

    A letter gives a second byte, after which characters begin on time. Markers, and characters that have a gloss and so
    were read on time, give nothing. `other` is another character that may have stood in its place.
    """
    if token.character in MARKERS:
        return ()
    if "@" <= token.character <= "~":
        return ((ord(token.character), _ON_TIME),)
    if token.gloss is not None:
        return ()
    pairs = (gbk.pair(character) for character in dict.fromkeys((token.character, other)) if character)
    return tuple(pair for pair in pairs if pair is not None)


def _between(path: Path) -> Iterator[tuple[gbk.Entry, int]]:
    """Characters between the pair that was lost last and another, with the first byte of that other pair."""
    leads = gbk.tables().unassigned[-path.pending]
    return (item for item in gbk.tables().between_unassigned if item[0].lead in leads)


def tokens(text: str, start: int, count: int) -> list[Token]:
    """Up to `count` characters of the line from `start` on, glosses apart."""
    found: list[Token] = []
    while start < len(text) and len(found) < count and text[start] != "\n":
        gloss = None
        end = start + 1
        match = GLOSS.match(text, end)
        # An invalid pair swallows the bracket: `?chuàng)`.
        if match and (text[start] in MARKERS or (match[0][0] in "(（" and not text[start].isspace())):
            gloss = syllables(match[1]).letters
            end = match.end()
        found.append(Token(text[start], start, end, gloss))
        start = end
    return found


@lru_cache(maxsize=256)
def _leads_read(before: str, letters: str) -> tuple[int, ...]:
    """First bytes that make, with the last byte of `before`, a character read so: `展?jié)` is 展 + 節(jié)."""
    pair = gbk.pair(before) if before else None
    if pair is None:
        return ()
    entries = ((trail, gbk.tables().entries.get(pair[1] << 8 | trail)) for trail in range(0x81, 0xFF))
    return tuple(trail for trail, entry in entries if entry and letters in readings(entry.character))
