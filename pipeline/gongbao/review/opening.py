"""Opening a review: comparing the two sides and opening the database."""

from __future__ import annotations

import getpass
from collections.abc import Sequence

from gongbao.diff.compare import compare
from gongbao.diff.sources import Places, in_order, open_side
from gongbao.read.ids import as_text
from gongbao.review.session import Session
from gongbao.review.store import Store


def open_review(
    old: str,
    new: str,
    places: Places,
    *,
    reviewer: str | None = None,
    rules: Sequence[str] = (),
    common: bool = False,
    gone: bool = True,
) -> Session:
    """Compare two sides by name and open the database of decisions; `common` and `gone` as `compare` takes them.

    Raises:
        CompareError: they cannot be compared, or the database cannot be used.
    """
    left, right, _ = in_order(open_side(old, places), open_side(new, places))
    comparison = compare(left, right, common_only=common, gone=gone)
    store = Store(places.reviews)
    store.remember_sides(
        *("baseline" if side.kind == "baseline" else str(side.path.resolve()) for side in (left, right))
    )
    return Session(comparison, places, store, as_text(reviewer or login()), rules, common, gone)


def login() -> str:
    """The name of who runs the program, `reviewer` where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reviewer"
