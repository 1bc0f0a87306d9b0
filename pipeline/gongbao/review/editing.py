"""A reviewer's own record: an edited one, or one that the extraction missed, checked as the schema says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from pydantic import ValidationError

from gongbao.canonical import as_decimal, record_id
from gongbao.diff.fields import RecordRow, plain
from gongbao.export.columns import record_columns
from gongbao.places.gazetteer import Gazetteer
from gongbao.record import JudgedField, Record
from gongbao.review.texts import TextPair, sentence_around

LONGEST = 300
"""Characters of a field that a person writes."""
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Controls, ends of lines and marks of direction: what shows as something else than what it is."""
REVIEWER = "reviewer"
"""What stands as the rule in the evidence of a field that a person wrote."""
EDITABLE = (
    "value", "value_max", "unit", "kind", "bound", "status", "place", "year",
    "period", "period_start", "period_end", "initiative", "indicator", "start", "end",
)  # fmt: skip
NULLABLE = {"value_max", "status", "place", "year", "period", "period_start", "period_end", "initiative", "indicator"}
_EVIDENCE = {
    "value": "amount", "value_max": "amount", "unit": "amount", "kind": "amount", "bound": "amount", "start": "amount",
    "end": "amount", "place": "place", "year": "year", "period": "year", "period_start": "year", "period_end": "year",
    "initiative": "initiative", "indicator": "indicator",
}  # fmt: skip


class FieldErrors(Exception):
    """What is wrong with a form, by field: a message key of `strings` and what it is about."""

    def __init__(self, errors: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(", ".join(f"{name}: {key} {about}" for name, (key, about) in errors.items()))
        self.errors = dict(errors)


def edit(base: RecordRow, form: Mapping[str, str], texts: TextPair | None, gazetteer: Gazetteer) -> dict[str, Any]:
    """A record with some fields written anew.

    Args:
        base: The record to start from.
        form: Fields of `EDITABLE` as typed; empty means null.
        texts: The article's text, needed where the span changes.
        gazetteer: The places there are.

    Returns:
        The record, with everything that follows from the fields (code and parts of the place, the amount's words, the
        identifier) and `reviewer` as the rule of each field that changed.

    Raises:
        FieldErrors: a field is not as the schema says.
    """
    errors: dict[str, tuple[str, str]] = {}
    record, shown = dict(base), fields_of(base)
    changed: set[str] = set()
    for name in EDITABLE:
        if form.get(name, shown[name]) == shown[name]:
            continue
        try:
            value = _read(name, form[name].strip(), gazetteer)
        except _BadField as problem:
            errors[name] = problem.args[0], problem.args[1]
            continue
        if not _same(value, base.get(name)):
            record[name] = value
            changed.add(name)
    if errors:
        raise FieldErrors(errors)
    _follow_year(record, base, changed)
    _check_order(record, changed)
    if changed & {"start", "end"}:
        _move(record, texts)
    if "place" in changed:
        path = record["place"]
        record["place_code"] = gazetteer.code_of(path)
        record["province"], record["city"], record["district"] = gazetteer.split(path)
    if changed & {"start", "end", "kind"}:
        record["record_id"] = record_id(str(record["article_id"]), record["start"], record["end"], record["kind"])
    if changed:
        _sign(record, {_EVIDENCE[name] for name in changed if name in _EVIDENCE})
    return _checked(record)


def new_record(
    about: Mapping[str, Any], start: int, end: int, texts: TextPair, form: Mapping[str, str], gazetteer: Gazetteer
) -> dict[str, Any]:
    """A record that the extraction missed.

    Args:
        about: `article_id`, `title`, `pub_date` of the article.
        start: Start of the amount in the text as found.
        end: Its end.
        texts: The article's text.
        form: The fields as typed; at least value, unit, kind and bound.
        gazetteer: The places there are.

    Raises:
        FieldErrors: a field is missing or not as the schema says.
    """
    missing = {name: ("needed", "") for name in ("value", "unit", "kind", "bound") if not form.get(name, "").strip()}
    if missing:
        raise FieldErrors(missing)
    empty: dict[str, Any] = dict.fromkeys(Record.model_fields)
    empty |= {"kind": "", "bound": "", "status": "actual", "evidence": {}, "start": -1, "end": -1, **about}
    fields = {name: form[name] for name in EDITABLE if name in form} | {"start": str(start), "end": str(end)}
    record = edit(empty, fields, texts, gazetteer)
    _sign(record, {"place", "year", "initiative", "indicator", "amount"})
    return record


def fields_of(record: RecordRow) -> dict[str, str]:
    """The fields of a record as the form shows them."""
    shown = {}
    for name in EDITABLE:
        value = record.get(name)
        number = name in ("value", "value_max") and value is not None
        shown[name] = "" if value is None else plain(value) if number else str(value)
    return shown


def moved(record: RecordRow, start: int, end: int, texts: TextPair) -> dict[str, Any]:
    """The same record at another place of (another version of) the text."""
    copy = dict(record) | {"start": start, "end": end}
    _move(copy, texts)
    copy["record_id"] = record_id(str(copy["article_id"]), start, end, str(copy["kind"]))
    copy["evidence"] = {
        name: {**item, "start": None, "end": None} for name, item in (copy.get("evidence") or {}).items()
    }
    return copy


class _BadField(Exception):
    pass


def _read(name: str, text: str, gazetteer: Gazetteer) -> Any:
    if not text:
        if name in NULLABLE:
            return None
        raise _BadField("needed", "")
    readers: dict[str, Callable[[str], Any]] = {
        "value": _number,
        "value_max": _number,
        "year": _year,
        "period_start": _date,
        "period_end": _date,
        "start": _offset,
        "end": _offset,
        "kind": lambda given: _one_of(given, _choices("kind")),
        "bound": lambda given: _one_of(given, _choices("bound")),
        "status": lambda given: _one_of(given, _choices("status")),
        "place": lambda given: _place(given, gazetteer),
    }
    return readers.get(name, _words)(text)


def _words(text: str) -> str:
    if len(text) > LONGEST:
        raise _BadField("long", str(LONGEST))
    if found := _UNSEEN.search(text):
        raise _BadField("unseen", f"U+{ord(found[0]):04X}")
    return text


def _choices(name: str) -> tuple[str, ...]:
    return next(column.choices for column in record_columns() if column.name == name)


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise _BadField("one_of", " ".join(allowed))
    return text


def _number(text: str) -> Decimal:
    bare = re.sub(r"[,，\s]", "", text)
    if not re.fullmatch(r"[+-]?\d{1,30}(\.\d{1,20})?", bare, re.ASCII):
        raise _BadField("number", text)
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise _BadField("number", text) from None


def _year(text: str) -> int:
    if not re.fullmatch(r"[12]\d{3}", text, re.ASCII):
        raise _BadField("year", text)
    return int(text)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _BadField("date", text) from None


def _offset(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise _BadField("offset", text)
    return int(text)


def _place(text: str, gazetteer: Gazetteer) -> str:
    if gazetteer.by_path(text) is not None or gazetteer.foreign.get(text) == "country":
        return text
    senses = gazetteer.lookup(text)
    now = [entry for entry in senses if entry.current] or list(senses)
    if len(now) == 1:
        return now[0].path
    if now:
        raise _BadField("place_ambiguous", "、".join(entry.path for entry in now[:6]))
    raise _BadField("place", text)


def _follow_year(record: dict[str, Any], base: RecordRow, changed: set[str]) -> None:
    """Move the days of the period along with the year, and drop the words that said another, unless they were written
    as well.
    """
    if "year" not in changed:
        return
    if "period" not in changed:
        record["period"] = None
    if changed & {"period_start", "period_end"}:
        return
    before, after = base.get("year"), record["year"]
    if after is None:
        record["period_start"] = record["period_end"] = None
    elif before is not None:
        for name in ("period_start", "period_end"):
            if record.get(name):
                year, rest = str(record[name]).split("-", 1)
                shifted = f"{int(year) + after - before:04d}-{rest}"
                record[name] = shifted if _is_date(shifted) else shifted[:-2] + "28"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_order(record: RecordRow, changed: set[str]) -> None:
    if changed & {"value", "value_max", "kind"} and record.get("value_max") is not None:
        low, high = (as_decimal(record[name]) for name in ("value", "value_max"))
        falls = record["kind"] in ("growth", "percent") or high < low < 0  # 下降8%至10%
        if high == low or (high < low and not falls):
            raise FieldErrors({"value_max": ("order", plain(high))})
    first, last = record.get("period_start"), record.get("period_end")
    if first and last and str(first) > str(last):
        raise FieldErrors({"period_end": ("order", str(last))})
    if record["end"] <= record["start"]:
        raise FieldErrors({"end": ("order", str(record["end"]))})


def _move(record: dict[str, Any], texts: TextPair | None) -> None:
    """Everything that follows from the span: the words as found and simplified, the sentence."""
    start, end = record["start"], record["end"]
    if texts is None or end > len(texts.raw):
        raise FieldErrors({"end": ("outside", str(end))})
    left, right = sentence_around(texts.raw, start, end)
    record["raw"] = texts.raw[start:end]
    record["sentence_start"], record["sentence_end"] = left, right
    for name, low, high in (("amount", start, end), ("sentence", left, right)):
        place = texts.simplify(low, high)
        record[name] = texts.simplified[slice(*place)] if place else texts.raw[low:high]


def _sign(record: dict[str, Any], names: set[str]) -> None:
    evidence = dict(record.get("evidence") or {})
    for name in sorted(names):
        span = {"start": record["start"], "end": record["end"]} if name == "amount" else {"start": None, "end": None}
        evidence[name] = {"how": "stated", "rule": REVIEWER, **span}
    order = ("place", "year", "initiative", "indicator", "amount")
    record["evidence"] = {name: evidence[name] for name in sorted(evidence, key=_position(order))}
    guessed = {f"{name}_guessed" for name in names} | {f"no_{name}" for name in names}
    record["flags"] = [flag for flag in record.get("flags") or [] if flag not in guessed]
    record["confidence"] = 1.0
    record["field_confidence"] = dict.fromkeys(get_args(JudgedField), 1.0)
    record["alternatives"] = {}


def _position(order: tuple[str, ...]) -> Callable[[str], tuple[int, str]]:
    return lambda name: (order.index(name) if name in order else len(order), name)


def _checked(record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return Record.model_validate(dict(record)).to_dict()
    except ValidationError as problem:
        found = {str(item["loc"][0]): ("schema", item["msg"]) for item in problem.errors()}
        raise FieldErrors(found) from problem


def _same(new: Any, old: Any) -> bool:
    if isinstance(new, Decimal) and old is not None:
        return new == as_decimal(old)
    return bool(new == old)
