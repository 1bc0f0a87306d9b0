"""What a reviewer may be about to type: places of the gazetteer, names of the article and of the accepted records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gongbao.diff.fields import RecordRow
from gongbao.places.gazetteer import Gazetteer, PlaceEntry
from gongbao.places.paths import lies_in

MOST = 8
_RANKS = {"country": 0, "province": 1, "city": 2, "district": 3}


def places(gazetteer: Gazetteer, typed: str, near: Sequence[str] = ()) -> list[str]:
    """Paths of today's places whose name, or path, holds what was typed.

    Args:
        gazetteer: The places there are.
        typed: A name or a piece of one; of a path, its last part and what it lies in (`江苏 鼓楼`, `江苏/鼓楼`).
        near: Paths of places that the article speaks of; what lies in them or above them comes first.
    """
    words = typed.replace("/", " ").split()
    if not words:
        return list(dict.fromkeys(near))[:MOST]
    name = words[-1]
    found = []
    for entry in gazetteer.entries:
        names = (entry.name, *entry.short)
        if entry.current and any(name in one for one in names) and all(word in entry.path for word in words[:-1]):
            found.append((_fit(entry, names, name), not _is_near(entry, near), _RANKS.get(entry.rank, 4), entry.path))
    abroad = [
        (_begins(name, (country,)), True, 9, country)
        for country, rank in gazetteer.foreign.items()
        if rank == "country" and name in country
    ]
    return [path for *_, path in sorted([*found, *abroad])][:MOST]


def names(field: str, typed: str, here: Iterable[RecordRow], accepted: Counter[str]) -> list[str]:
    """Names of a field that hold what was typed: of the article's records, their runners-up, then accepted ones, the
    more often used first.
    """
    own: Counter[str] = Counter()
    for row in here:
        if row.get(field):
            own[str(row[field])] += 100
        for item in (row.get("alternatives") or {}).get(field, ()):
            if item["value"] is not None:
                own[str(item["value"])] += 1
    ranked = [*(name for name, _ in own.most_common()), *(name for name, _ in accepted.most_common())]
    fitting = [name for name in dict.fromkeys(ranked) if typed in name and name != typed]
    return sorted(fitting, key=lambda name: not name.startswith(typed))[:MOST]


def _fit(entry: PlaceEntry, names: Sequence[str], typed: str) -> int:
    return 0 if typed in names else _begins(typed, names)


def _begins(typed: str, names: Sequence[str]) -> int:
    return 1 if any(name.startswith(typed) for name in names) else 2


def _is_near(entry: PlaceEntry, near: Sequence[str]) -> bool:
    return any(entry.within(path) or lies_in(path, entry.path) for path in near)
