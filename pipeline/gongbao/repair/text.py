"""Repair of what web pages and converters broke, before an article is read for facts.

Steps, in this order, each on the text that the one before left: invisible characters, entities of HTML, compatibility
forms, shifted GBK, pinyin glosses, width, decimal points, spaces. They are repeated until nothing changes, for one kind
of damage can hide another (an escaped full-width digit, a gloss with a soft hyphen in it); so repairing twice is
repairing once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gongbao.document import Repair, Residue, Revision
from gongbao.offsets import Edit, OffsetMap
from gongbao.repair import characters
from gongbao.repair.glosses import glosses
from gongbao.repair.shifted.runs import Passages, shifted
from gongbao.repair.traces import traces

_STEPS: tuple[Callable[[str], Iterable[Repair] | Passages], ...] = (
    characters.invisible,
    characters.entities,
    characters.compatible,
    shifted,
    glosses,
    characters.width,
    characters.decimal_points,
    characters.number_spaces,
    characters.spaces,
)
_ROUNDS = 8
"""More than any text needs that was not made to need more."""
_FOR_UNUSUAL = frozenset({characters.invisible, characters.compatible, characters.width, characters.spaces})
"""Steps that one search tells to have nothing to do: on most texts."""


def repair(text: str) -> Revision:
    """Mend an article.

    Args:
        text: The article as read, any script, code points.

    Returns:
        The repaired text, the map back to `text`, and the repairs in order. A repair's `start` and `end` count in
        `text`, `before` is `text[start:end]`, and `after` is what stands for it in the repaired text. Kinds:
        `invisible`, `entity`, `compatibility`, `shifted`, `gloss`, `width`, `decimal`, `space`. Text without damage
        comes back as it is, with the identity map. Digits are never made up. A passage that looks shifted, and of which
        nobody can be sure what it was, stays as it is and is one of the residues, as are other traces of damage; their
        spans count in `text`.

    """
    repaired, offsets, unusual = text, OffsetMap(), characters.is_unusual(text)
    found: list[Repair] = []
    residues: list[Residue] = []
    settled: list[Residue] = []
    for _ in range(_ROUNDS):
        before = repaired
        for step in _STEPS:
            if step in _FOR_UNUSUAL and not unusual:
                continue
            made = step(repaired)
            if isinstance(made, Passages):
                left = [(one, _in_source(one, offsets)) for one in made.residues]
                residues = settled + [there for _, there in left if not _touches(there, settled)]
                made = tuple(_apart(made.repairs, settled, offsets))
                # What stays between parts that were restored was looked at in the light of all its bytes.
                settled += [there for one, there in left if _touches(one, made)]
            repairs = _joined(made)
            if repairs:
                spans = [offsets.to_source(repair.start, repair.end) for repair in repairs]
                found += [
                    replace(repair, start=start, end=end, before=text[start:end])
                    for (start, end), repair in zip(spans, repairs, strict=True)
                ]
                repaired, change = _applied(repaired, repairs)
                offsets = offsets.then(change)
                unusual = characters.is_unusual(repaired)
        if repaired == before:
            break
    residues += (_in_source(residue, offsets) for residue in traces(repaired))
    residues.sort(key=lambda residue: residue.start)
    if not found:
        return Revision(text, residues=tuple(residues))
    return Revision(repaired, offsets, _in_terms_of(text, repaired, offsets, found), tuple(residues))


def _in_source(residue: Residue, offsets: OffsetMap) -> Residue:
    start, end = offsets.to_source(residue.start, residue.end)
    return replace(residue, start=start, end=end)


def _apart(repairs: Iterable[Repair], settled: list[Residue], offsets: OffsetMap) -> list[Repair]:
    """Those that change nothing of what was left as it was found."""
    kept = []
    for one in repairs:
        start, end = offsets.to_source(one.start, one.end)
        if not any(start < residue.end and residue.start < end for residue in settled):
            kept.append(one)
    return kept


def _touches(one: Residue, others: Sequence[Repair | Residue]) -> bool:
    """Whether a passage overlaps, or stands beside, one of others."""
    return any(one.start <= other.end and other.start <= one.end for other in others)


def _joined(repairs: Iterable[Repair]) -> list[Repair]:
    """Neighbours of one kind that replace text become one: `５６` `．` `７` is one number."""
    joined: list[Repair] = []
    for one in repairs:
        last = joined[-1] if joined else None
        if last and last.end == one.start and last.kind == one.kind and last.after and one.after:
            chance = min(last.probability, one.probability)
            joined[-1] = Repair(
                last.start, one.end, last.before + one.before, last.after + one.after, last.kind, chance
            )
        else:
            joined.append(one)
    return joined


def _applied(text: str, repairs: list[Repair]) -> tuple[str, OffsetMap]:
    """The text with its repairs. A shifted passage is one edit even where its length stays: its bytes moved."""
    pieces: list[str] = []
    edits: list[Edit] = []
    at = shift = 0
    for repair in repairs:
        pieces += text[at : repair.start], repair.after
        size = len(repair.after)
        if size != repair.end - repair.start or repair.kind == "shifted":
            edits.append(Edit(repair.start, repair.end, repair.start + shift, repair.start + shift + size))
            shift += size - (repair.end - repair.start)
        at = repair.end
    pieces.append(text[at:])
    return "".join(pieces), OffsetMap(tuple(edits))


def _in_terms_of(text: str, repaired: str, offsets: OffsetMap, found: list[Repair]) -> tuple[Repair, ...]:
    """One repair for each stretch of `text` that was changed, once or more often; the first step gives the kind."""
    stretches: list[tuple[int, int, str, float]] = []
    spans = [(one.start, one.end, order, one.kind, one.probability) for order, one in enumerate(found)]
    spans += [(edit.source_start, edit.source_end, len(found), "", 1.0) for edit in offsets.edits]
    for start, end, _, kind, chance in sorted(spans):
        if stretches and (start < stretches[-1][1] or start == stretches[-1][0]):
            last_start, last_end, last_kind, last_chance = stretches[-1]
            # Where a gloss stood beside a shifted passage, what was chosen is the passage.
            kind = kind if kind == "shifted" else last_kind or kind
            stretches[-1] = last_start, max(last_end, end), kind, min(last_chance, chance)
        else:
            stretches.append((start, end, kind, chance))
    result: list[Repair] = []
    shift = 0
    edits = iter(offsets.edits)
    edit = next(edits, None)
    for start, end, kind, chance in stretches:
        target = start + shift
        while edit is not None and edit.source_end <= end:
            shift += (edit.target_end - edit.target_start) - (edit.source_end - edit.source_start)
            edit = next(edits, None)
        after = repaired[target : end + shift]
        if text[start:end] != after:
            result.append(Repair(start, end, text[start:end], after, kind, chance))
    return tuple(result)
