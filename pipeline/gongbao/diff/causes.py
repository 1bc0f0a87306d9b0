"""Why a change happened, as far as two records can tell: the field, the rules before and after, the shape.

Changes of one cause form a group that is reviewed together; groups are ordered by what a mistake in them would cost.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

from gongbao.canonical import as_decimal
from gongbao.diff.fields import FIELDS, RecordRow, display, rule_of
from gongbao.places.paths import name_of

ChangeClass = Literal["added", "removed", "changed", "quiet"]


class Danger(IntEnum):
    """What a wrong change of this cause would cost, worst first."""

    MONEY_POWER_OF_TEN = 0
    POWER_OF_TEN = 1
    LOST_MONEY = 2
    LOST = 3
    VALUE = 4
    UNIT = 5
    PLACE = 6
    YEAR = 7
    STATUS = 8
    KIND = 9
    ADDED = 10
    BOUND = 11
    PERIOD = 12
    INITIATIVE = 13
    INDICATOR = 14
    NONE = 15


_OF_FIELD = {name: Danger[name.upper()] for name in FIELDS}


@dataclass(frozen=True, slots=True)
class Cause:
    """What the changes of a group have in common.

    Args:
        change: Class of the changes.
        field: The most dangerous field that changed (`FIELDS`); for added and removed records `record`; for quiet
            changes the class of difference (`QUIET`).
        rule_old: Rule that gave the field in the old records.
        rule_new: Rule that gives it in the new ones.
        shape: What happened to it: `×10000`, `2020 → 2021`, `江苏省/南京市 → 江苏省/南京市/江宁区`, `filled`, ...
        also: Other fields that changed with it.
        danger: See `Danger`.
        articles: `only_old` or `only_new` where the whole article is on that side only, `failed` where it failed in
            the new run, else empty.
    """

    change: ChangeClass
    field: str
    rule_old: str | None
    rule_new: str | None
    shape: str
    also: tuple[str, ...]
    danger: Danger
    articles: str = ""

    @property
    def id(self) -> str:
        """A short stable identifier."""
        parts = (self.change, self.field, self.rule_old, self.rule_new, self.shape, self.also, self.articles)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    @property
    def short_shape(self) -> str:
        """The shape with places cut to their last part: `南京市 → 江宁区`."""
        if self.field != "place":
            return self.shape
        return " → ".join(name_of(path) for path in self.shape.split(" → "))

    @property
    def rules(self) -> str:
        """`money.cny → money.usd`, one name where it is the same, empty where none is known."""
        before, after = self.rule_old, self.rule_new
        if before == after or self.change in ("added", "removed"):
            return before or after or ""
        return f"{before or '–'} → {after or '–'}"


def cause_of_loss(old: RecordRow, articles: str = "") -> Cause:
    """The cause of a record that only the old side has."""
    kind = str(old.get("kind"))
    danger = Danger.LOST_MONEY if kind == "money" else Danger.LOST
    return Cause("removed", "record", rule_of(old, "value"), None, kind, (), danger, articles)


def cause_of_gain(new: RecordRow, articles: str = "") -> Cause:
    """The cause of a record that only the new side has."""
    return Cause("added", "record", None, rule_of(new, "value"), str(new.get("kind")), (), Danger.ADDED, articles)


def cause_of_change(old: RecordRow, new: RecordRow, fields: tuple[str, ...]) -> Cause:
    """The cause of a change of `fields` (not empty, in the order of `FIELDS`)."""
    ranked = sorted(fields, key=lambda name: _danger(old, new, name))
    field = ranked[0]
    # the days of a period move with its year: that is no cause of its own
    also = tuple(name for name in fields if name != field and not (name == "period" and "year" in fields))
    rules = rule_of(old, field), rule_of(new, field)
    return Cause("changed", field, *rules, _shape(old, new, field), also, _danger(old, new, field))


def cause_of_quiet(old: RecordRow, new: RecordRow, quiet: tuple[str, ...]) -> Cause:
    """The cause of a difference that needs no eyes."""
    rules: tuple[str | None, str | None] = (None, None)
    if quiet[0] == "rule":
        before, after = old.get("evidence") or {}, new.get("evidence") or {}
        changed = [n for n in ("amount", *sorted(before | after)) if _rule(before, n) != _rule(after, n)]
        rules = (_rule(before, changed[0]), _rule(after, changed[0]))
    return Cause("quiet", quiet[0], *rules, "", quiet[1:], Danger.NONE)


def power_of_ten(old: Any, new: Any) -> int:
    """The n for which `new` is exactly `old` × 10ⁿ, 0 if there is none."""
    if old is None or new is None:
        return 0
    before, after = as_decimal(old).normalize().as_tuple(), as_decimal(new).normalize().as_tuple()
    if before[:2] != after[:2] or before.digits == (0,):
        return 0
    assert isinstance(before.exponent, int) and isinstance(after.exponent, int)
    return after.exponent - before.exponent


def _danger(old: RecordRow, new: RecordRow, field: str) -> Danger:
    if field == "value" and power_of_ten(old.get("value"), new.get("value")):
        return Danger.MONEY_POWER_OF_TEN if "money" in (old.get("kind"), new.get("kind")) else Danger.POWER_OF_TEN
    return _OF_FIELD[field]


def _shape(old: RecordRow, new: RecordRow, field: str) -> str:
    before, after = display(old, field), display(new, field)
    if field == "value":
        return _value_shape(old, new)
    if before is None or after is None:
        emptied = before is not None
        named = field in ("initiative", "indicator", "period")
        if named:
            return "emptied" if emptied else "filled"
        return f"{before or '∅'} → {after or '∅'}"
    if field in ("initiative", "indicator"):
        return "shorter" if after in before else "longer" if before in after else "other words"
    if field == "period":
        return "other days"
    if before == after:  # only a derived column differs, such as place_code
        return "code"
    return f"{before} → {after}"


def _value_shape(old: RecordRow, new: RecordRow) -> str:
    before, after = old.get("value"), new.get("value")
    exponent = power_of_ten(before, after)
    if exponent:
        factor = 10 ** abs(exponent) if abs(exponent) <= 16 else f"10^{abs(exponent)}"
        return f"×{factor}" if exponent > 0 else f"÷{factor}"
    if before is None or after is None:
        return "emptied" if after is None else "filled"
    if as_decimal(before) == as_decimal(after):
        return "range"
    return "sign" if as_decimal(before) == -as_decimal(after) else "other number"


def _rule(evidence: Any, name: str) -> str | None:
    item = evidence.get(name)
    return str(item["rule"]) if item and item.get("rule") else None
