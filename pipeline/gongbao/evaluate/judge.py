"""Judging one record against one gold fact, field by field, as the annotation guide settles it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import regex

from gongbao.names.candidates import alike

FIELDS = ("value", "kind", "bound", "place", "year", "status", "initiative", "indicator")

_IGNORED = regex.compile(r"[\s“”\"'‘’《》〈〉「」『』（）()·、,，。]+")
_UNITS = {
    "个月": "月",
    "平方千米": "平方公里",
    "千米": "公里",
    "平": "平方米",
    "平米": "平方米",
    "％": "%",
    "人民币": "元",
    "元人民币": "元",
    "港币": "港元",
    "新台币元": "新台币",
    "台币": "新台币",
}
"""Unit names taken as equal, from the guide's settled cases."""
_SIMILAR = 0.7
"""Dice overlap of character pairs from which two names are taken as the same."""


def judge(record: Mapping[str, Any], fact: Mapping[str, Any]) -> dict[str, bool | None]:
    """Each field right (True), wrong (False) or not asked by the fact (None); a status, where both sides have one."""
    years = fact.get("year")
    return {
        "value": _same_value(record, fact),
        "kind": record.get("kind") == fact["kind"],
        "bound": record.get("bound") == fact["bound"],
        "place": (record.get("place") or None) in [fact.get("place") or None, *(fact.get("place_also") or [])],
        "year": record.get("year") in years if years else None,
        "status": record["status"] == fact["status"] if "status" in record and fact.get("status") else None,
        "initiative": same_name(record.get("initiative"), fact["initiative"]) if fact.get("initiative") else None,
        "indicator": same_name(record.get("indicator"), fact["indicator"]) if fact.get("indicator") else None,
    }


def is_tuple_right(verdict: Mapping[str, bool | None]) -> bool:
    """Value, place, year and initiative all right."""
    return _base_right(verdict) and verdict["initiative"] is not False


def is_core_right(verdict: Mapping[str, bool | None]) -> bool:
    """Value, place and year right, and initiative or indicator right."""
    return _base_right(verdict) and (verdict["initiative"] is not False or bool(verdict["indicator"]))


def same_name(got: str | None, accepted: Iterable[str]) -> bool:
    """True if `got` equals, holds or is held by (half its length at least), or closely resembles an accepted name."""
    name = _squeeze(got)
    return bool(name) and any(_names_match(name, want) for want in map(_squeeze, accepted) if want)


def _base_right(verdict: Mapping[str, bool | None]) -> bool:
    return bool(verdict["value"]) and bool(verdict["place"]) and verdict["year"] is not False


def _names_match(one: str, other: str) -> bool:
    return one == other or alike(one, other) or resembles(one, other)


def resembles(one: str, other: str) -> bool:
    """True if two names have most of their pairs of characters in common."""
    pairs, others = _pairs(one), _pairs(other)
    return 2 * (pairs & others).total() >= _SIMILAR * (pairs.total() + others.total())


def _pairs(name: str) -> Counter[str]:
    return Counter(name[at : at + 2] for at in range(len(name) - 1)) or Counter([name])


def _squeeze(name: str | None) -> str:
    return str(_IGNORED.sub("", name or ""))


def _same_value(record: Mapping[str, Any], fact: Mapping[str, Any]) -> bool:
    return (
        _close(record.get("value"), fact["value"])
        and _close(record.get("value_max"), fact.get("value_max"))
        and _same_unit(record.get("unit"), fact)
    )


def _same_unit(got: str | None, fact: Mapping[str, Any]) -> bool:
    want = _squeeze(fact.get("unit"))
    canonical = _UNITS.get(want, want)
    written = want in fact["amount"] or canonical in fact["amount"]
    if fact["kind"] != "money" and want and not written:
        return True  # a unit that the text leaves out is not asked
    name = _squeeze(got)
    return _UNITS.get(name, name) == canonical


def _close(got: Any, want: Any) -> bool:
    if got is None or want is None:
        return got is None and want is None
    return abs(float(got) - float(want)) <= 1e-6 * max(1.0, abs(float(want)))
