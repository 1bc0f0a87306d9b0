"""The tables of every database export, made from the schema: `articles`, `records`, `evidence`, `gongbao`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.export.columns import Column, evidence_columns, record_columns

FORMAT = "1"
"""The version of the tables; another one is never written into."""
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
RUN_ID = Column("run_id", "运行", "The run that the record comes from", "记录来自哪次运行", "string")
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
class Tables:
    """The tables, with the schema columns each was made from."""

    about: sa.Table
    articles: sa.Table
    records: sa.Table
    evidence: sa.Table | None
    columns: dict[str, tuple[Column, ...]]


def make_tables(columns: Sequence[Column], *, sqlite: bool) -> Tables:
    """The tables that hold `columns` of the records (and always their keys).

    SQLite has no exact decimals: there `exact` keeps what its numbers cannot; `seq` ties records to the search index.
    """
    wanted = {column.name for column in columns} | {"record_id", "article_id"}
    record = [column for column in record_columns() if column.name in wanted and column.type != "object"]
    record += [RUN_ID, SEQUENCE, EXACT] if sqlite else [RUN_ID]
    meta = sa.MetaData()
    about = sa.Table("gongbao", meta, sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.Text))
    articles = sa.Table("articles", meta, *(_column(c, key=c.name == "id") for c in ARTICLE_COLUMNS))
    records = sa.Table(
        "records",
        meta,
        *(_column(c, key=c.name == "record_id") for c in record),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"]),
        *([sa.UniqueConstraint("seq")] if sqlite else []),
    )
    for names in INDEXES:
        if set(names) <= wanted:
            sa.Index(f"records_{'_'.join(names)}", *(records.c[name] for name in names))
    made = {"articles": ARTICLE_COLUMNS, "records": tuple(record)}
    evidence = None
    if "evidence" in wanted:
        parts = (RECORD_ID, FIELD, *evidence_columns())
        evidence = sa.Table(
            "evidence",
            meta,
            *(_column(c, key=c.name in ("record_id", "field")) for c in parts),
            sa.ForeignKeyConstraint(["record_id"], ["records.record_id"]),
        )
        made["evidence"] = parts
    return Tables(about, articles, records, evidence, made)


def wide_table_of(columns: Sequence[Column]) -> sa.Table:
    """The table of a wide export."""
    return sa.Table("wide", sa.MetaData(), *(_column(c, key=False) for c in columns))


def _column(column: Column, *, key: bool) -> sa.Column[Any]:
    nullable = column.nullable and not key
    comment = f"{column.title}：{column.description_zh}"
    return sa.Column(column.name, sql_types()[column.type], primary_key=key, nullable=nullable, comment=comment)


@lru_cache(maxsize=1)
def sql_types() -> dict[str, sa.types.TypeEngine[Any]]:
    """The SQL type of each type of the schema."""
    return {
        "string": sa.Text(),
        "integer": sa.BigInteger(),
        "decimal": sa.Numeric(asdecimal=True),
        "number": sa.Double(),
        "date": sa.Date(),
        "list": sa.JSON().with_variant(JSONB(), "postgresql"),
        "object": sa.JSON().with_variant(JSONB(), "postgresql"),
    }
