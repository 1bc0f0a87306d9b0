"""Pairing the records of one article: one to one, by the overlap of their raw spans, best overlap first.

Value, rule and place in the file play no part. Where two pairs overlap equally well, the one with less outside the
overlap wins, then the one of equal kind (span and kind make a record's identity), then the order of the text: each of
these is the same seen from either side, so that comparing B with A mirrors comparing A with B.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from gongbao.diff.alignment import Alignment
from gongbao.diff.fields import RecordRow

Pair = tuple[RecordRow | None, RecordRow | None]


def pair_records(old: Sequence[RecordRow], new: Sequence[RecordRow], alignment: Alignment | None = None) -> list[Pair]:
    """Pair the records of one article.

    Args:
        old: Records of the old side, any order.
        new: Records of the new side, any order.
        alignment: How the old text maps to the new one; None where the text is the same.

    Returns:
        Every record of both sides exactly once; None stands for a missing partner. In the order of the text.
    """
    left, right = in_text_order(old), in_text_order(new)
    starts = [int(record["start"]) for record in right]
    longest = max((int(record["end"]) - int(record["start"]) for record in right), default=0)
    candidates: list[tuple[int, int, bool, int, int, int, int]] = []
    for i, record in enumerate(left):
        size = record["end"] - record["start"]
        pieces = [(record["start"], record["end"])]
        if alignment is not None:
            pieces = alignment.map_span(record["start"], record["end"])
        overlaps: dict[int, int] = {}
        for low, high in pieces:
            j = bisect_right(starts, high) - 1
            while j >= 0 and starts[j] >= low - longest:
                shared = min(high, right[j]["end"]) - max(low, starts[j])
                if shared > 0 or (shared == 0 and low == high == starts[j] == right[j]["end"]):
                    overlaps[j] = overlaps.get(j, 0) + shared
                j -= 1
        for j, shared in overlaps.items():
            outside = size + right[j]["end"] - starts[j] - 2 * shared
            candidates.append(
                (-shared, outside, record.get("kind") != right[j].get("kind"), max(i, j), min(i, j), i, j)
            )
    candidates.sort()
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for *_, i, j in candidates:
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    pairs: list[Pair] = [(record, right[partner[i]] if i in partner else None) for i, record in enumerate(left)]
    pairs += [(None, record) for j, record in enumerate(right) if j not in taken]
    return pairs


def in_text_order(records: Sequence[RecordRow]) -> list[RecordRow]:
    """Sort an article's records by span, then kind, then (only where these are equal) content."""
    ordered = sorted(records, key=_place)
    if any(_place(a) == _place(b) for a, b in pairwise(ordered)):
        ordered.sort(key=lambda record: (*_place(record), repr(sorted(record.items()))))
    return ordered


def _place(record: RecordRow) -> tuple[int, int, str]:
    return int(record["start"]), int(record["end"]), str(record.get("kind"))
