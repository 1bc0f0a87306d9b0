"""Which differences between two records need eyes, and what a record's content is.

A record is handled here as the JSON object of records.jsonl (`RecordRow`): rows of files that other tools wrote are
compared too, so that a missing field counts as null.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gongbao.canonical import as_decimal

RecordRow = Mapping[str, Any]

FIELDS: dict[str, tuple[str, ...]] = {
    "value": ("value", "value_max"),
    "unit": ("unit",),
    "kind": ("kind",),
    "bound": ("bound",),
    "status": ("status",),
    "place": ("place", "place_code", "province", "city", "district"),
    "year": ("year",),
    "period": ("period_start", "period_end"),
    "initiative": ("initiative",),
    "indicator": ("indicator",),
}
"""What needs eyes, and the columns each field consists of."""

QUIET: dict[str, tuple[str, ...]] = {
    "span": ("start", "end", "raw", "record_id"),
    "rule": (),
    "wording": ("sentence", "sentence_start", "sentence_end", "amount", "period", "title", "pub_date"),
    "confidence": ("confidence", "field_confidence", "alternatives", "flags"),
}
"""What needs no eyes, in the order in which a pair with several is filed. `rule` and the rest of `wording` are in
`evidence`."""

_EVIDENCE_OF = {"value": "amount", "unit": "amount", "kind": "amount", "bound": "amount", "period": "year"}
_FIELD_OF = {column: name for name, columns in FIELDS.items() for column in columns}
_QUIET_OF = {column: name for name, columns in QUIET.items() for column in columns}
_EYES = tuple(_FIELD_OF)
_KNOWN = frozenset((*_FIELD_OF, *_QUIET_OF, "evidence", "article_id"))


def changed_fields(old: RecordRow, new: RecordRow) -> tuple[str, ...]:
    """The fields needing eyes in which two records differ, in the order of `FIELDS`.

    A status is compared where both records have one: those of schema version 1 say nothing that could have changed.
    """
    differing = {_FIELD_OF[column] for column in _EYES if _differ(old.get(column), new.get(column))}
    if "status" in differing and None in (old.get("status"), new.get("status")):
        differing.remove("status")
    return tuple(name for name in FIELDS if name in differing) if differing else ()


def quiet_differences(old: RecordRow, new: RecordRow) -> tuple[str, ...]:
    """The classes of differences that need no eyes, in the order of `QUIET`."""
    found = {_QUIET_OF[column] for column in _QUIET_OF if old.get(column) != new.get(column)}
    if (old.get("status") is None) != (new.get("status") is None):
        found.add("wording")
    evidence_old, evidence_new = old.get("evidence") or {}, new.get("evidence") or {}
    if evidence_old != evidence_new:
        rules_old = {name: item.get("rule") for name, item in evidence_old.items()}
        rules_new = {name: item.get("rule") for name, item in evidence_new.items()}
        found.add("rule" if rules_old != rules_new else "wording")
    if not (old.keys() <= _KNOWN and new.keys() <= _KNOWN):
        rest = (old.keys() | new.keys()) - _KNOWN
        if any(old.get(name) != new.get(name) for name in rest):
            found.add("wording")
    return tuple(name for name in QUIET if name in found)


def rule_of(record: RecordRow | None, field: str) -> str | None:
    """The rule that gave a field of a record, None where the record says nothing."""
    item = ((record or {}).get("evidence") or {}).get(_EVIDENCE_OF.get(field, field))
    rule = item.get("rule") if item else None
    return str(rule) if rule else None


def display(record: RecordRow | None, field: str) -> str | None:
    """A field's value as a person reads it: digits in threes, ranges with both ends, the period with both days."""
    if record is None:
        return None
    values = [record.get(column) for column in FIELDS[field]]
    if field == "value":
        return _range(values, "–", grouped)
    if field == "period":
        return _range(values, " – ", str)
    return None if values[0] is None else str(values[0])


def plain(value: Any) -> str:
    """A number digit for digit, without exponent and trailing zeros."""
    if type(value) is int:
        return str(value)
    text = repr(value)
    if type(value) is not float or "e" in text:
        text = format(as_decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: Any) -> str:
    """A number with its digits in threes: `1,250,000.5`."""
    whole, point, rest = plain(value).partition(".")
    return f"{int(whole):,}{point}{rest}" if whole not in ("-0", "0") else whole + point + rest


def content_key(old: RecordRow | None, new: RecordRow | None, occurrence: int = 0) -> str:
    """The key of a change: the same as long as the two records say the same of the same words of the same article.

    Offsets, rules, confidence and the wording of the evidence are left out, so that a decision outlives changes that
    need no eyes; so is the status where it is the usual one, so that decisions made before there was a status hold.
    `occurrence` tells apart changes of one article that are alike in all of this.
    """
    said = f"{_content(old)}\x1e{_content(new)}\x1e"
    if occurrence:
        said += str(occurrence)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _content(record: RecordRow | None) -> str:
    if record is None:
        return ""
    parts = [str(record.get("article_id")), str(record.get("raw"))]
    for column in _EYES:
        value = record.get(column)
        if column == "status":
            parts += [value] if value not in (None, "actual") else []
        elif value is None:
            parts.append("\x00")
        else:
            parts.append(value if isinstance(value, str) else plain(value))
    return "\x1f".join(parts)


def _differ(old: Any, new: Any) -> bool:
    if old == new:
        return False
    if isinstance(old, float | Decimal) or isinstance(new, float | Decimal):
        return old is None or new is None or as_decimal(old) != as_decimal(new)
    return True


def _range(ends: list[Any], dash: str, form: Any) -> str | None:
    low, high = ends
    if low is None and high is None:
        return None
    if high is None or low is None or low == high:
        return str(form(low if low is not None else high))
    return f"{form(low)}{dash}{form(high)}"
