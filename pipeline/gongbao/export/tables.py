"""The tables of every database export, made from the schema: `articles`, `records`, `evidence`, `gongbao`.

Columns have names that need no quotes in SQL: `span_start` and `span_end` are `start` and `end` of records.jsonl. The
views `records_old_names` and `evidence_old_names` have the names of records.jsonl.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.postgresql import JSONB

from gongbao.export.columns import Column, evidence_columns, record_columns

_DIALECTS = ("mysql", "mariadb")
_COLLATION = "utf8mb4_bin"
_MYSQL: dict[str, Any] = {
    f"{name}_{key}": v for name in _DIALECTS for key, v in (("engine", "InnoDB"), ("charset", "utf8mb4"))
}
_KEYS = {"key": 64, "record_id": 64, "field": 64, "id": 700, "article_id": 700}
"""The columns that are keys, and how long MySQL lets them be (3072 bytes a key)."""
_LONGEST = {"postgresql": 63, "mysql": 64, "mariadb": 64}
"""Bytes of a column's name."""
_PREFIX = 100
"""How much of a long text an index of MySQL covers."""
FORMAT = "3"
"""The version of the tables. Those of versions `BEFORE` get new names and columns, others are never written into."""
BEFORE = ("1", "2")
ADDED = ("status", "field_confidence", "alternatives", "extra")
"""The columns of `records` that came later: earlier tables get them."""
_OLD_NAMES = "_old_names"
INDEXES = (("article_id",), ("place_code", "year"), ("year",), ("kind",), ("initiative",))
ARTICLE_COLUMNS = (
    Column("id", "文章号", "Identifier of the article", "文章的编号", "string", nullable=False),
    Column("title", "标题", "Title", "文章标题", "string"),
    Column("pub_date", "发布日期", "Publication date", "文章发布日期", "date"),
    Column("source", "来源", "Who published it", "发布者", "string"),
    Column("text", "原文", "The text as read: all offsets count in it", "读入的原文，各处位置均按它计", "string"),
    Column("simplified", "简体", "The text repaired and simplified", "修复并转为简体的文字", "string"),
    Column("run_id", "运行", "The run that the article comes from", "文章来自哪次运行", "string"),
)
RUN_ID = Column("run_id", "运行", "The run that the record as it is came with", "记录的现值来自哪次运行", "string")
SEQUENCE = Column("seq", "序号", "Number that the full-text index knows the record by", "全文索引用的序号", "integer")
EXACT = Column(
    "exact",
    "精确值",
    "JSON of value and value_max where a double cannot hold them",
    "双精度数存不下时的精确值",
    "string",
)
FIELD = Column("field", "字段", "The field that was read there", "依据所属的字段", "string", nullable=False)
RECORD_ID = Column("record_id", "记录号", "The record", "所属记录", "string", nullable=False)


@dataclass(frozen=True)
class DatabaseTables:
    """The tables, with the schema columns each was made from."""

    about: sa.Table
    articles: sa.Table
    records: sa.Table
    evidence: sa.Table | None
    views: dict[str, sa.Select[Any]]
    """By name: tables with their columns as records.jsonl calls them."""
    columns: dict[str, tuple[Column, ...]]


def make_tables(columns: Sequence[Column], *, sqlite: bool) -> DatabaseTables:
    """The tables that hold `columns` of the records (and always their keys).

    SQLite has no exact decimals: there `exact` keeps what its numbers cannot; `seq` ties records to the search index.
    """
    wanted = {column.name for column in columns} | {"record_id", "article_id"}
    record = [column for column in record_columns() if column.name in wanted and column.name != "evidence"]
    record += [RUN_ID, SEQUENCE, EXACT] if sqlite else [RUN_ID]
    meta = sa.MetaData()
    about = about_table(meta)
    articles = sa.Table("articles", meta, *(_column(c, key=c.name == "id") for c in ARTICLE_COLUMNS), **_MYSQL)
    records = sa.Table(
        "records",
        meta,
        # In SQLite `seq` is the row's own number, which the search index goes by, and stays so when space is reclaimed.
        *(_column(c, key=c.name == ("seq" if sqlite else "record_id")) for c in record),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"]),
        *([sa.UniqueConstraint("record_id")] if sqlite else []),
        **_MYSQL,
    )
    for names in INDEXES:
        if set(names) <= wanted:
            parts = {name: _PREFIX for name in names if name not in _KEYS and name != "year"}
            lengths: dict[str, Any] = {"mysql_length": parts, "mariadb_length": parts}
            sa.Index(f"records_{'_'.join(names)}", *(records.c[name] for name in names), **lengths)
    made = {"articles": ARTICLE_COLUMNS, "records": tuple(record)}
    evidence = None
    if "evidence" in wanted:
        cells = (RECORD_ID, FIELD, *evidence_columns())
        evidence = sa.Table(
            "evidence",
            meta,
            *(_column(c, key=c.name in ("record_id", "field")) for c in cells),
            sa.ForeignKeyConstraint(["record_id"], ["records.record_id"]),
            **_MYSQL,
        )
        made["evidence"] = cells
    views = {
        f"{table.name}{_OLD_NAMES}": sa.select(*(column.label(column.key) for column in table.columns))
        for table in (records, evidence)
        if table is not None and any(column.key != column.name for column in table.columns)
    }
    return DatabaseTables(about, articles, records, evidence, views, made)


def create_view(name: str, view: sa.Select[Any], dialect: sa.Dialect) -> str:
    """The statement that makes a view."""
    return f"CREATE VIEW {dialect.identifier_preparer.quote(name)} AS {view.compile(dialect=dialect)}"


def about_table(meta: sa.MetaData | None = None) -> sa.Table:
    """The table that says which gongbao made the others, out of which runs."""
    columns = (sa.Column("key", _key("key"), primary_key=True), sa.Column("value", sa.Text))
    return sa.Table("gongbao", meta or sa.MetaData(), *columns, **_MYSQL)


def wide_table_of(columns: Sequence[Column], dialect: str) -> sa.Table:
    """The table of a wide export. Names longer than the dialect takes are cut; their comments hold them whole."""
    names = _cut([column.name for column in columns], _LONGEST.get(dialect, 10_000))
    made = (_column(replace(c, name=name), key=False, name=name) for c, name in zip(columns, names, strict=True))
    return sa.Table("wide", sa.MetaData(), *made, **_MYSQL)


def _cut(names: Sequence[str], most: int) -> list[str]:
    """The names with no more than `most` bytes each, still all different."""
    made: dict[str, None] = {}
    for name in names:
        short, number = name.encode()[:most].decode(errors="ignore"), 1
        while short in made:
            number += 1
            end = f"~{number}"
            short = name.encode()[: most - len(end)].decode(errors="ignore") + end
        made[short] = None
    return list(made)


def _column(column: Column, *, key: bool, name: str | None = None) -> sa.Column[Any]:
    """A column that rows fill by the record's name of it; the database knows it by `name`, or one that SQL lets be."""
    nullable = column.nullable and not key
    comment = f"{column.title}：{column.description_zh}"
    kind = _key(column.name) if column.name in _KEYS else sql_types()[column.type]
    if column is SEQUENCE:
        kind = sa.Integer()  # SQLite's own word for its numbers of rows
    named = name or column.sql_name
    return sa.Column(named, kind, key=column.name, primary_key=key, nullable=nullable, comment=comment)


def _key(name: str) -> sa.types.TypeEngine[str]:
    """A text that is a key: MySQL needs its length, and a collation by which `a` and `A` are two."""
    return sa.Text().with_variant(mysql.VARCHAR(_KEYS[name], collation=_COLLATION), *_DIALECTS)


@lru_cache(maxsize=1)
def sql_types() -> dict[str, sa.types.TypeEngine[Any]]:
    """The SQL type of each type of the schema."""
    return {
        "string": sa.Text().with_variant(mysql.LONGTEXT(collation=_COLLATION), *_DIALECTS),
        "integer": sa.BigInteger(),
        "decimal": sa.Numeric(asdecimal=True).with_variant(mysql.DECIMAL(65, 20), *_DIALECTS),
        "number": sa.Double(),
        "date": sa.Date(),
        "list": sa.JSON().with_variant(JSONB(), "postgresql"),
        "object": sa.JSON().with_variant(JSONB(), "postgresql"),
    }
