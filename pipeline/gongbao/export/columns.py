"""The columns of every export, read off `Record`: names, titles in both languages, types. Nothing is listed twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from gongbao.errors import ExportError
from gongbao.record import Alternative, Evidence, Record

Type = Literal["string", "integer", "decimal", "number", "date", "list", "object"]
Row = dict[str, Any]
"""One record as its JSON object, numbers exact: whole ones int, others `Decimal` or a float that is exact."""


_RESERVED = {"start": "span_start", "end": "span_end"}
"""Names that SQL reserves (`end` everywhere; `start` is its pair), and what stands for them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `choices` are all values there may be, empty where any may; `decimal` is exact, `number` binary.

    People are shown its numbers divided by ten to the power of `scale`, under `scaled_title` (`gongbao.export.people`).
    """

    name: str
    title: str
    description: str
    description_zh: str
    type: Type
    nullable: bool = True
    choices: tuple[str, ...] = ()
    scale: int = 0
    scaled_title: str = ""

    @property
    def sql_name(self) -> str:
        """Its name where SQL asks for it, in databases and Parquet: one that needs no quotes."""
        return _RESERVED.get(self.name, self.name)

    @property
    def is_text(self) -> bool:
        """True for free text, as far as a spreadsheet is concerned."""
        return self.type in ("string", "list", "object")


@dataclass(frozen=True)
class RowTable:
    """Columns and a stream of rows, in one order. `facts` says about the whole: run ids, versions, schema, filter."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]
    key: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)
def record_columns() -> tuple[Column, ...]:
    """The columns of a record, in the order of the schema."""
    return tuple(_column(name, field) for name, field in Record.model_fields.items())


def fields_of(part: type[Evidence] | type[Alternative]) -> dict[str, FieldInfo]:
    """The fields of a part of a record as pydantic describes those of `Record`."""
    hints = get_type_hints(part, include_extras=True)
    return {field.name: FieldInfo.from_annotation(hints[field.name]) for field in fields(part)}


@lru_cache(maxsize=1)
def evidence_columns() -> tuple[Column, ...]:
    """The columns of one field's evidence."""
    words = {
        "how": (
            "依据方式",
            "stated, heading, carried, title, published or default",
            "本句、小标题、上文、标题、发布日期或默认",
        ),
        "rule": ("规则", "The rule in rules/, or the model's name", "rules/ 中的规则编号或模型名"),
        "start": ("依据起", "Where it was read: start in the article's text", "依据在原文中的起点"),
        "end": ("依据止", "Where it was read: end in the article's text", "依据在原文中的终点"),
    }
    return tuple(_column(name, field, *words[name]) for name, field in fields_of(Evidence).items())


@lru_cache(maxsize=1)
def alternative_columns() -> tuple[Column, ...]:
    """The columns of one alternative. Its value is text, but for a year, which JSON has as a number."""
    words = {
        "value": ("取值", "Another answer; null where the text may give none", "另一可能的取值；空表示可能没有"),
        "confidence": ("可信度", "The chance that it is right, 0-1", "其可信度，0 到 1"),
        "start": ("起", "Where it was read: start in the article's text", "在原文中的起点"),
        "end": ("止", "Where it was read: end in the article's text", "在原文中的终点"),
    }
    return tuple(_column(name, field, *words[name]) for name, field in fields_of(Alternative).items())


def choose(columns: Sequence[Column], names: Iterable[str]) -> tuple[Column, ...]:
    """The named columns, in the order asked for; English names, those of databases, and Chinese titles are understood.

    Raises:
        ExportError: there is no such column (`export.column`).
    """
    known: Mapping[str, Column] = {n: c for c in columns for n in (c.title, c.sql_name)} | {c.name: c for c in columns}
    chosen: dict[str, Column] = {}
    for name in names:
        if name not in known:
            raise unknown_column(name, columns)
        chosen[known[name].name] = known[name]
    return tuple(chosen.values())


def unknown_column(name: str, columns: Sequence[Column], *, where: str | None = None) -> ExportError:
    """The error for a name that no column has, with the nearest ones, of the English or the Chinese names."""
    from difflib import get_close_matches

    names = [column.name for column in columns]
    titles = [column.title for column in columns]
    foreign = not name.isascii()
    near = get_close_matches(name, titles if foreign else names, 3, 0.5 if foreign else 0.7)
    near += [title for title in titles if foreign and title not in near and (name in title or title in name)]
    hint = f"Did you mean {', '.join(near[:3])}? " if near else ""
    shown = titles if foreign else names
    listed = ", ".join(shown[:40]) + (", ..." if len(shown) > 40 else "")
    return ExportError(f"no column {name!r}", where=where, fix=f"{hint}Columns: {listed}", code="export.column")


def _column(name: str, field: Any, title: str = "", description: str = "", description_zh: str = "") -> Column:
    annotation, nullable = field.annotation, False
    if NoneType in get_args(annotation):
        nullable = True
        annotation = Union[tuple(a for a in get_args(annotation) if a is not NoneType)]  # noqa: UP007
    extra = field.json_schema_extra or {}
    return Column(
        name,
        title or field.title or name,
        description or field.description or "",
        description_zh or str(extra.get("description_zh", "")),
        _type(annotation),
        nullable,
        tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else (),
    )


def _type(annotation: Any) -> Type:
    kinds: dict[Any, Type] = {str: "string", int: "integer", Decimal: "decimal", float: "number", date: "date"}
    if annotation in kinds:
        return kinds[annotation]
    outer = get_origin(annotation)
    if outer is Literal or (outer is Union and str in get_args(annotation)):
        return "string"
    return "list" if outer is list else "object"
