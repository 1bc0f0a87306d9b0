"""Datasette's metadata file: Chinese descriptions of tables and columns, facets, and the search index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gongbao.export.columns import Column
from gongbao.export.search import TABLE, VOCABULARY
from gongbao.export.select import Data
from gongbao.export.tables import make_tables

FACETS = ("province", "city", "kind", "year", "unit", "flags")
_FTS_PARTS = ("data", "idx", "content", "docsize", "config")
_TABLES = {
    "records": ("记录", "每行一条事实：地点、事项、指标、数量、年份"),
    "articles": ("文章", "读入的公报文章；各处位置均按 text 计"),
    "evidence": ("依据", "每条记录的每个字段在原文何处、由哪条规则读出"),
}


def datasette_metadata(database: str, data: Data, searched: Sequence[str]) -> dict[str, Any]:
    """The metadata for a database of this name."""
    if data.selection.wide:
        described = {column.name: column.description_zh for column in data.table().columns}
        return _metadata(database, {"wide": {"title": "宽表", "columns": described}}, data)
    from gongbao.export.columns import choose, record_columns

    chosen = choose(record_columns(), data.selection.columns) if data.selection.columns else record_columns()
    made = make_tables(chosen, sqlite=True).columns
    tables: dict[str, Any] = {}
    for name, columns in made.items():
        title, description = _TABLES[name]
        tables[name] = {"title": title, "description": description, "columns": _described(columns)}
    names = {column.name for column in made["records"]}
    tables["records"] |= {
        "facets": [facet if facet != "flags" else {"array": "flags"} for facet in FACETS if facet in names],
        "label_column": "amount",
        "sort": "seq",
        "size": 50,
    }
    if names & set(searched):
        tables["records"] |= {"fts_table": TABLE, "fts_pk": "seq"}
    tables["articles"] |= {"label_column": "title"}
    hidden = ("gongbao", TABLE, VOCABULARY, *(f"{TABLE}_{part}" for part in _FTS_PARTS))
    tables |= {name: {"hidden": True} for name in hidden}
    return _metadata(database, tables, data)


def _metadata(database: str, tables: dict[str, Any], data: Data) -> dict[str, Any]:
    runs = "、".join(source.run_id for source in data.sources)
    about = f"从公报文章中提取的事实（运行 {runs}）。金额等数值以基本单位计。"
    return {"title": "公报数据", "description": about, "databases": {database: {"tables": tables}}}


def _described(columns: Sequence[Column]) -> dict[str, str]:
    return {column.sql_name: f"{column.title}：{column.description_zh}" for column in columns}
