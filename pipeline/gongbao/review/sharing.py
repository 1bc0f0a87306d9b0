"""Sharing the queue out between reviewers: whole articles, or whole provinces, to each about equally many changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from gongbao.diff.compare import Comparison
from gongbao.places.paths import province_of

By = Literal["article", "place"]


class Share(NamedTuple):
    """A part of the queue and who has it; of `place` the value is a province, empty for records without a place."""

    by: By
    value: str
    reviewer: str


def share_out(comparison: Comparison, by: By, reviewers: Sequence[str]) -> list[Share]:
    """Who has what: the largest parts first, each to who has least so far."""
    if not reviewers:
        return []
    sizes: Counter[str] = Counter()
    for change in comparison.changes:
        old, new = comparison.records(change)
        record = new if new is not None else old
        place = province_of(str((record or {}).get("place") or ""))
        sizes[change.article_id if by == "article" else place] += 1
    load = dict.fromkeys(reviewers, 0)
    shares = []
    for value, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        who = min(load, key=lambda name: load[name])
        load[who] += size
        shares.append(Share(by, value, who))
    return shares
