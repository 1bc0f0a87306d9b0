"""The search for what stood in a shifted passage, among all that its bytes allow.

A passage is gone through character by character, each with the byte that waits for its partner: the second byte of the
character before, as decoded, is the first byte of the next one, as written. Bytes that are lost are tried in turn, and
only the likeliest readings are carried on (a beam search).

Tens of thousands of characters are tried for one passage, of which some hundred are carried on. So the characters that
a byte allows are weighed together, for their scores alone; a reading is made of those only that can still be among the
best of their step, and a group of characters is passed over where a bound on its scores says that none of them can.
"""

from __future__ import annotations

from functools import lru_cache, partial
from heapq import nlargest
from itertools import accumulate
from typing import NamedTuple

from gongbao.chinese.language_model import LETTER_GAIN, LanguageModel, Reading, agreement, simplified
from gongbao.repair.glosses import readings
from gongbao.repair.shifted import gbk
from gongbao.repair.shifted.readings import Best, Path
from gongbao.repair.shifted.tokens import (
    LONE_LETTER,
    MARKERS,
    MARKS,
    ON_TIME,
    WINDOW,
    Token,
    token_bytes,
    tokens,
)

_FULL = str.maketrans("?!;,:().", "？！；，：（）．")
_CONTEXT = 6
_BEAM, _BEAM_HIDDEN, _ENDED = 48, 12, 16
"""Readings carried on in each step, the same where dropped pairs are assumed, and complete readings kept."""
_STEPS = 30_000
"""Characters tried in one search; most need half of it."""
_FLUENT, _GAIN_FLUENT = -4.2, 6.0
_HOPELESS = 18.0
"""Readings so much worse than the passage as it stands, or than the best reading, are given up."""
_UNFINISHED = frozenset("与與和及或在由对對为為被把将將从從向以于於的之其该該并並而所第各")
"""Characters after which no sentence ends."""
_ROUNDING = 1e-6
"""What bounds allow for: they add up in another order."""

# Added to the logarithm of a reading's probability:
_LOST_PAIR, _LOST_BYTE, _NO_MARKER, _SWALLOWED = -1.5, -7.0, -5.0, -2.0
_GLOSS_AGREES, _GLOSS_DIFFERS, _NO_STOP, _OTHER_SCRIPT, _STRAY = 8.0, -12.0, -6.0, -5.0, -8.0


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
        model: Scores readings.
        writing: Above zero if the passage was written in traditional characters, below in simplified ones.
        reconverted: Whether the damaged passage was converted to traditional characters afterwards.

    """

    def __init__(
        self, text: str, start: int, end: int, model: LanguageModel, writing: int, *, reconverted: bool = False
    ) -> None:
        self.tokens = tokens(text, start, WINDOW)
        self._text, self._model, self._markers = text, model, end - start
        self._script = (writing > 0) - (writing < 0)
        line = max(text.rfind("\n", 0, start) + 1, start - 4 * _CONTEXT)
        before = (token.character for token in tokens(text, line, 4 * _CONTEXT) if token.end <= start)
        self.before = "".join(before)[-_CONTEXT:]
        self.context = model.read(simplified(self.before))
        self._shown = "".join(token.character for token in self.tokens)
        self.plain = simplified(self._shown)
        self._bytes = [
            token_bytes(token, one if reconverted else "") for token, one in zip(self.tokens, self.plain, strict=True)
        ]
        self.steps = 0
        """Characters tried so far: what the search has cost."""
        self._scores = [reading.score for reading in accumulate(self.plain, model.extend, initial=self.context)]

        self._ended, self._ahead = Best(_ENDED), Best(_BEAM)

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
        for path in self._complete(hidden=hidden):
            if path.rests_on_something:
                stop = min(len(self.plain), path.at + 4)
                rest = self._model.read(self.plain[path.at : stop], path.reading).score + path.penalty
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

    def _complete(self, *, hidden: bool) -> list[Path]:
        """The best readings that come to an end; with `hidden`, also of those that assume pairs dropped unseen."""
        plain, limit = self._scores, self.steps + _STEPS
        beam = _BEAM_HIDDEN if hidden else _BEAM
        self._ended, self._ahead = Best(_ENDED), Best(beam)
        self._start()
        alive = self._ahead.taken()
        while alive:
            self._ahead = Best(beam)
            for path in alive:
                if path.score - plain[path.at] < max(self._ended.most, -_HOPELESS) - _HOPELESS:
                    break
                if self.steps > limit:
                    return self._ended.taken()
                self._move(path, hidden)
            alive = self._ahead.taken()
        return self._ended.taken()

    def _start(self) -> None:
        for skip in range(self._markers):
            left = self._shown[:skip]
            context = self._model.read(simplified(left), self.context)
            token = self.tokens[skip]
            following = self._shown[skip + 1 : skip + 2]
            if token.character in MARKERS and token.gloss is not None:
                for lead in _leads_read(self._text[token.start - 1 : token.start], token.gloss):
                    self._offer(Path(skip + 1, lead, context, _GLOSS_AGREES, left, ()))
            if token.character in MARKERS and following and following in MARKS:
                self._cut(following, skip + 2, context, 0.0, left)
            if token.character in MARKS:
                lone = _SWALLOWED if token.character in MARKERS else _NO_MARKER
                self._cut(token.character, skip + 1, context, lone, left)

    def _cut(self, mark: str, at: int, context: Reading, penalty: float, left: str) -> None:
        """The left character of the cut pair ends in the mark's first byte; its second byte waits for a partner."""
        pair = gbk.pair(mark.translate(_FULL))
        if pair is None:
            return
        full_stop = _NO_STOP if (left or self.before)[-1:] in _UNFINISHED else 0.0
        start = Path(at, pair[1], context, penalty, left, ())
        self._guess(start, gbk.with_trail(pair[0]), at, pair[1], full_stop=full_stop)

    def _move(self, path: Path, hidden: bool) -> None:
        """Offer all ways in which a reading goes on over the next token."""
        token = self.tokens[path.at] if path.at < len(self.tokens) else None
        if path.pending >= 0:
            self._from_byte(path, token)
            if hidden and token is not None and token.character not in MARKERS:
                self._over_hidden(path, token)
        elif token is not None and token.character in MARKERS:
            self._guess(path, gbk.between_unassigned(-path.pending), path.at + 1)
        elif token is not None:
            self._from_lost(path, token)

    def _from_byte(self, path: Path, token: Token | None) -> None:
        """On from a first byte that is known, over one token."""
        lead, at = path.pending, path.at + 1
        bytes_ = self._bytes[path.at] if token else ()
        if not bytes_:
            # The decoder dropped the byte, or wrote a marker for it and what came after it, or for it alone.
            marker = token is not None and token.character in MARKERS
            gloss = token.gloss if token and marker else None
            end, lost = (at, 0.0) if marker else (path.at, _LOST_BYTE)
            self._guess(path, gbk.with_lead(lead), end, ON_TIME, penalty=lost, gloss=gloss)
            if marker and gloss is None:
                self._guess(path, gbk.before_unassigned(lead), at)
        for trail, pending in bytes_:
            known = gbk.tables().entries.get(lead << 8 | trail)
            if known is not None:
                self.steps += _count(1, pending)
                self._offer(self._emit(path, known, at, pending, guessed=False, gloss=token.gloss if token else None))

    def _from_lost(self, path: Path, token: Token, *, frequent: bool = False) -> None:
        """On from a first byte that is lost with its pair, over one token."""
        for trail, pending in self._bytes[path.at]:
            group = gbk.after_unassigned(-path.pending, trail, frequent=frequent)
            self._guess(path, group, path.at + 1, pending, gloss=token.gloss)

    def _over_hidden(self, path: Path, token: Token) -> None:
        """A pair that no character has can leave no trace; two such pairs can stand in a row."""
        first = gbk.before_unassigned(path.pending)
        self.steps += len(first)
        scores, inside = self._weigh(path, first, _LOST_PAIR)
        moved = partial(self._guessed, path, first, penalty=_LOST_PAIR)
        second: list[tuple[float, Path, gbk.Group, int]] = []
        for likely in map(moved, nlargest(3, range(len(first)), key=scores.__getitem__)):
            between = gbk.between_unassigned(-likely.pending)
            self.steps += len(between)
            weighed, _ = self._weigh(likely, between, _LOST_PAIR)
            second += ((score, likely, between, place) for place, score in enumerate(weighed))
        frequent = token.gloss is None
        before = path.reading.score + path.penalty + _LOST_PAIR
        for trail, pending in self._bytes[path.at]:
            following = gbk.over_dropped(path.pending, trail, frequent=frequent)
            for place, (score, (group, word)) in enumerate(zip(scores, following, strict=True)):
                most = max(score + group.choices.top, before + word)
                most += self._model.adds_after(first.entries[place].simplified, group.choices)
                if place in inside or self._may_be_best(most, path.at + 1, pending, token.gloss):
                    self._guess(moved(place), group, path.at + 1, pending, gloss=token.gloss)
                else:
                    self.steps += _count(len(group), pending)
        for _, likely, between, place in nlargest(3, second, key=lambda item: item[0]):
            self._from_lost(self._guessed(likely, between, place, penalty=_LOST_PAIR), token, frequent=frequent)

    def _guess(
        self,
        path: Path,
        group: gbk.Group,
        at: int,
        pending: int | None = None,
        *,
        penalty: float = 0.0,
        gloss: str | None = None,
        full_stop: float = 0.0,
    ) -> None:
        """Offer the readings that go on with one of a group's characters.

        Args:
            path: The reading.
            group: The characters.
            at: The token that comes after them.
            pending: The byte that waits after them; if None, each has its own partner in the group.
            penalty: Added for each character.
            gloss: The gloss of the character.
            full_stop: Added for a full stop.

        """
        self.steps += _count(len(group), pending)
        most = self._model.at_most(path.reading, group.choices) + path.penalty + penalty
        if not self._may_be_best(most, at, pending, gloss):
            return
        scores, _ = self._weigh(path, group, penalty, gloss, full_stop)
        best, gain = self._best_with(pending)
        plain, least = self._scores[at], best.floor - gain
        for place in [place for place, score in enumerate(scores) if score - plain >= least]:
            added = penalty + full_stop if group.entries[place].character == "。" else penalty
            made = partial(self._guessed, path, group, place, at, pending, penalty=added, gloss=gloss)
            if gain:
                self._offer(made())
            else:
                best.offer(scores[place] - plain, made)

    def _guessed(
        self,
        path: Path,
        group: gbk.Group,
        place: int,
        at: int | None = None,
        pending: int | None = None,
        *,
        penalty: float = 0.0,
        gloss: str | None = None,
    ) -> Path:
        at = path.at if at is None else at
        pending = -group.partners[place] if pending is None else pending
        return self._emit(path, group.entries[place], at, pending, guessed=True, penalty=penalty, gloss=gloss)

    def _weigh(
        self, path: Path, group: gbk.Group, penalty: float, gloss: str | None = None, full_stop: float = 0.0
    ) -> tuple[list[float], set[int]]:
        """The scores of the readings that go on with one of a group's characters.

        With them, the places of the characters that go on with a word begun before.
        """
        scores, inside = self._model.scores(path.reading, group.choices)
        if gloss is not None:
            penalties = (self._penalty(entry, penalty, gloss) for entry in group.entries)
            return [score + (path.penalty + added) for score, added in zip(scores, penalties, strict=True)], inside
        same = path.penalty + penalty
        found = [score + same for score in scores]
        for place in group.foreign.get(self._script, ()):
            found[place] = scores[place] + (path.penalty + (penalty + _OTHER_SCRIPT))
        if full_stop:
            for place in group.choices.places.get(ord("。"), ()):
                found[place] = scores[place] + (path.penalty + (penalty + full_stop))
        return found, inside

    def _best_with(self, pending: int | None) -> tuple[Best, float]:
        """Where readings belong with such a byte pending, and what the letter can add that it may be."""
        if pending is None or pending >= 0x80 or pending < ON_TIME:
            return self._ahead, 0.0
        return self._ended, LETTER_GAIN if pending >= 0 else 0.0

    def _may_be_best(self, most: float, at: int, pending: int | None, gloss: str | None) -> bool:
        """Whether a reading whose score is at most so high, but for a gloss that agrees, can be among the best."""
        best, gain = self._best_with(pending)
        agreed = 0.0 if gloss is None else _GLOSS_AGREES
        return most + agreed + gain + _ROUNDING - self._scores[at] >= best.floor

    def _offer(self, path: Path) -> None:
        """Offer a reading. A second byte that is ASCII was a letter of its own; it ends the shift."""
        if 0 <= path.pending < 0x80:
            letter = chr(path.pending)
            path = self._emit(path, gbk.Entry(letter, letter, 0), path.at, ON_TIME, guessed=False)
        best = self._ended if path.pending == ON_TIME else self._ahead
        best.offer(path.score - self._scores[path.at], path)

    def _penalty(self, entry: gbk.Entry, penalty: float, gloss: str | None) -> float:
        if gloss is not None:
            penalty += _GLOSS_AGREES if gloss in readings(entry.character) else _GLOSS_DIFFERS
        if entry.script * self._script < 0:
            penalty += _OTHER_SCRIPT
        return penalty

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
        """The reading with one more character."""
        _, _, reading, before, out, guesses, agreed = path
        if guessed:
            guesses = (*guesses, len(out))
        if gloss is not None and gloss in readings(entry.character):
            agreed = (*agreed, len(out))
        reading = self._model.extend(reading, entry.simplified)
        penalty = before + self._penalty(entry, penalty, gloss)
        return Path(at, pending, reading, penalty, out + entry.character, guesses, agreed)


def _count(characters: int, pending: int | None) -> int:
    """What trying characters counts; a letter that stands behind each is tried as well."""
    return 2 * characters if pending is not None and 0 <= pending < 0x80 else characters


@lru_cache(maxsize=256)
def _leads_read(before: str, letters: str) -> tuple[int, ...]:
    """First bytes that make, with the last byte of `before`, a character read so: `展?jié)` is 展 + 節(jié)."""
    pair = gbk.pair(before) if before else None
    if pair is None:
        return ()
    entries = ((trail, gbk.tables().entries.get(pair[1] << 8 | trail)) for trail in range(0x81, 0xFF))
    return tuple(trail for trail, entry in entries if entry and letters in readings(entry.character))
