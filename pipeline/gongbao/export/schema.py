"""The record's schema for other tools: JSON Schema (`gongbao schema`) and Table Schema (data packages)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from gongbao.export.columns import Column, alternative_columns, evidence_columns, fields_of, record_columns
from gongbao.record import (
    MOST_ALTERNATIVES,
    SCHEMA_VERSION,
    Alternative,
    Evidence,
    JudgedField,
    LinkedField,
    Record,
)

_JSON_TYPES = {"string": "string", "integer": "integer", "decimal": "number", "number": "number", "date": "string"}
_TABLE_TYPES = {"string": "string", "integer": "integer", "decimal": "number", "number": "number", "date": "date"}


def record_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of records.jsonl, titles in Chinese, descriptions in English and Chinese."""
    evidence, other = (
        {column.name: _property(column, fields_of(part)[column.name]) for column in columns}
        for part, columns in ((Evidence, evidence_columns()), (Alternative, alternative_columns()))
    )
    other["value"]["type"] = ["string", "integer", "null"]
    others = {"type": "array", "maxItems": MOST_ALTERNATIVES, "items": _object("其他可能", other)}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    properties = {column.name: _property(column, Record.model_fields[column.name]) for column in record_columns()}
    properties["evidence"] |= {"type": "object", "additionalProperties": _object("依据", evidence)}
    properties["field_confidence"] |= _some(get_args(JudgedField), share)
    properties["alternatives"] |= _some(get_args(LinkedField), others)
    properties["flags"] |= {"type": "array", "items": {"type": "string"}}
    properties["extra"] |= {"type": "object", "minProperties": 1}
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gongbao:record:{SCHEMA_VERSION}",
        "description": "One fact out of a bulletin: a quantity with who, what and when, each with its evidence",
    }
    record = _object("公报记录", properties)
    record["required"].remove("extra")
    return about | record


def table_schema(columns: Sequence[Column], key: Sequence[str] = ()) -> dict[str, Any]:
    """Table Schema (Frictionless) of a CSV table; lists are `;`-joined text, objects JSON."""
    schema: dict[str, Any] = {"fields": [_field(column) for column in columns], "missingValues": [""]}
    return schema | ({"primaryKey": list(key)} if key else {})


def _some(names: Sequence[str], each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(names, each), "additionalProperties": False}


def _object(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(column: Column, field: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "title": column.title,
        "description": column.description,
        "description_zh": column.description_zh,
    }
    if column.type in _JSON_TYPES:
        kind = _JSON_TYPES[column.type]
        made["type"] = [kind, "null"] if column.nullable else kind
    if column.type == "date":
        made["format"] = "date"
    if column.choices:
        made["enum"] = [*column.choices, None] if column.nullable else list(column.choices)
    for limit in field.metadata:
        for name, word in (("ge", "minimum"), ("le", "maximum")):
            if getattr(limit, name, None) is not None:
                made[word] = getattr(limit, name)
    return made


def _field(column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "type": _TABLE_TYPES.get(column.type, "string" if column.type == "list" else "object"),
        "title": column.title,
        "description": f"{column.description} / {column.description_zh}",
    }
    # An empty cell of text that is always there means the empty text: 187万 without a measure word has the unit "".
    empty = column.nullable or (column.type in ("string", "list") and not column.choices)
    limits: dict[str, Any] = {} if empty else {"required": True}
    if column.choices:
        limits["enum"] = list(column.choices)
    return made | ({"constraints": limits} if limits else {})
