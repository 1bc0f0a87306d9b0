"""From a rule's match to an amount: the exact value in the base unit, the unit, the bound that the number states."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

import regex

from gongbao.chinese.numbers import Number, plus, quotient, read_number, times
from gongbao.quantities.cues import Direction
from gongbao.record import Bound, Kind
from gongbao.rulebook.gives import QuantityGives
from gongbao.rulebook.match import Match

_STAGE = "quantities"
_PLACES = 2
"""Decimals of a fraction that is no finite decimal: 三分之一 is 33.33 %."""
_OWN_SCALE = regex.compile(r"(?P<large>[万亿兆])|[十百千]")
_SCALE = regex.compile(
    r"(?:(?:(?<=[0-9０-９])|(?<=^[一二两三四五六七八九]))(?P<small>[百千]))?(?P<large>[万亿兆]*)[余多]?$"
)
"""What a number lends to one before it that has none: 千万 of 3千万 and 三千万, 万 of 一百五十万."""
_BRACKETS = str.maketrans("", "", "()（）")


class Amount:
    """An amount in the making; `Quantity` is what becomes of it."""

    __slots__ = (
        "bare",
        "bound",
        "change",
        "continues",
        "cue_start",
        "currency_said",
        "end",
        "joined",
        "kind",
        "lent",
        "rule",
        "start",
        "stated",
        "unit",
        "upper",
        "value",
        "written",
        "wrote_unit",
    )

    def __init__(self, match: Match, kind: Kind, value: Decimal, unit: str, bound: Bound) -> None:
        self.start = match.start
        self.end = match.end
        self.rule = match.rule.id
        self.kind: Kind = kind
        self.value = value
        self.upper: Decimal | None = None
        self.unit = unit
        self.bound: Bound = bound
        self.stated: Bound = "="
        """The bound that the words before it state."""
        self.written = match.groups.get("number") or ""
        """The number as written."""
        self.lent = 1
        """The scale that a following amount or the rule (15k, 5个亿) lent to this number."""
        self.wrote_unit = True
        self.bare = False
        """A number without a unit that may stand alone."""
        self.joined = False
        """A number that is an amount only if a following one lends it a unit."""
        self.continues = False
        """Follows another amount in a list and shares its verb."""
        self.change: Direction | None = None
        self.cue_start: int | None = None
        self.currency_said = False
        """The name of the currency stands before the amount, or before the list that it is in."""

    def scaled_as(self, following: Amount) -> Decimal | None:
        """The value of this number if the one that follows lends it its scale: 两到三万 begins at 20,000, 七千到九千亿
        at 700 billion. None if it has one of its own, if there is none to lend, or if the whole would be out of reason
        (8500到3万).
        """
        match = _SCALE.search(following.written)
        large, small = (match["large"], match["small"] or "") if match else ("", "")
        own = _OWN_SCALE.search(self.written)
        if own and (own["large"] or not large or following.written[0].isascii()):
            return None
        number = read_number(f"1{large if own else small + large}") if small or large else None
        factor = int(number.value) if number else following.lent
        value = times(self.value, factor)
        return value if factor > 1 and value <= 100 * following.value else None

    def lacks_unit_of(self, following: Amount) -> bool:
        """True for 0.72亿 before 0.45亿美元 and 0.13个 before 0.22个百分点."""
        if self.bare or self.joined:
            return True
        is_point = following.kind == "growth" and following.unit.endswith("点")
        return is_point and self.kind == "count" and self.unit == "个"

    def exceeds(self, following: Amount) -> bool:
        """True if this cannot be the low end of a range up to the other: only changes run downwards (下降8%至10%)."""
        if following.kind in ("growth", "percent"):
            return False
        scaled = self.scaled_as(following)
        return (self.value if scaled is None or scaled > following.value > self.value else scaled) > following.value

    def borrow(self, following: Amount, *, ranged: bool) -> None:
        """Take the unit of the amount that follows, and its 万 or 亿 if this number has none.

        A range runs upwards: in 8500到3万 the 8500 is what it says.
        """
        scaled = self.scaled_as(following)
        if scaled is not None and not (ranged and scaled > following.value):
            self.lent = int(scaled / self.value) if self.value else 1
            self.value = scaled
        self.kind, self.unit = following.kind, following.unit
        self.bare, self.joined, self.wrote_unit = following.bare, following.joined, False

    def extend(self, following: Amount) -> None:
        """Become the range from this amount to the one that follows."""
        self.upper, self.end, self.bound, self.rule = following.value, following.end, following.bound, following.rule
        self.unit = following.unit

    def negate(self) -> None:
        """Turn a rise into a fall; a value written with a minus stays."""
        if self.value > 0:
            self.value = self.value.copy_negate()
            self.upper = self.upper.copy_negate() if self.upper is not None else None


def read_amount(match: Match) -> Amount | None:
    """The amount of a match; None for matches of other stages and for numbers that cannot be read."""
    if match.rule.stage != _STAGE:
        return None
    gives: QuantityGives = match.gives
    groups = match.groups
    number = _number(gives, groups)
    if number is None:
        return None
    unit = groups.get("unit")
    given = gives.unit
    if unit is None:
        unit = given or ""
    elif given is not None and unit[0] == given[0] and not ("/" in unit or "每" in unit or "／" in unit):
        unit = given
    elif len(unit) > 1:
        unit = unit.translate(_BRACKETS).replace("每", "/").replace("／", "/")
    bound: Bound = ">" if groups.get("more") else number.bound  # 三个多月
    amount = Amount(match, gives.kind or cast(Kind, match.rule.kind), number.value, unit, bound)
    amount.upper = number.upper
    amount.bare = gives.bare
    amount.joined = gives.joined
    amount.lent = int(gives.scale or 1)
    amount.wrote_unit = not (amount.bare or amount.joined)
    return amount


def _number(gives: QuantityGives, groups: Mapping[str, str | None]) -> Number | None:
    """Value and bound, with the parts that some rules name: half, tenths, denominators, powers."""
    written = groups.get("number")
    if written is None:
        return Number(gives.value) if gives.value is not None else None
    number = read_number(written)
    if number is None:
        return None
    if gives.power is not None:
        return Number(gives.power**number.value)
    if "above" in groups or "below" in groups:
        other = read_number(groups.get("above") or groups.get("below") or "")
        if other is None or not other.value or not number.value:
            return None
        above, below = (other, number) if "above" in groups else (number, other)
        return Number(quotient(times(above.value, 100), below.value, _PLACES))
    scale = gives.scale
    value, upper = number.value, number.upper
    if scale is not None:
        value = times(value, scale)
        upper = times(upper, scale) if upper is not None else None
    if groups.get("half"):
        value = plus(value, gives.half)
    for name, part in (("tenth", "0.1"), ("hundredth", "0.01"), ("ones", "1")):
        written = groups.get(name)
        if written:
            digit = read_number(written)
            value = plus(value, times(digit.value, Decimal(part))) if digit else value
    return number if value is number.value and upper is number.upper else Number(value, number.bound, upper)
