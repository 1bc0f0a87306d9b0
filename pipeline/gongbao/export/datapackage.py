"""A Frictionless data package: datapackage.json (schema, keys, descriptions in both languages, hashes) and CSV."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson

from gongbao.export.columns import Row, RowTable
from gongbao.export.delimited import write_table
from gongbao.export.formats import PLAIN, Style
from gongbao.export.schema import table_schema
from gongbao.export.select import Data
from gongbao.export.tables import ARTICLE_COLUMNS


def write(data: Data, path: Path, style: Style) -> int:
    """Write the package into the folder; returns the number of records."""
    table = data.table()
    count = write_table(table, path / f"{table.name}.csv", PLAIN)
    resources = [_resource(path, table, "Facts / 事实", count)]
    if all(source.articles is not None for source in data.sources):
        articles = RowTable(
            "articles", ARTICLE_COLUMNS, (_article(s.run_id, row) for s, row in data.articles()), ("id",)
        )
        number = write_table(articles, path / "articles.csv", PLAIN)
        resources.append(_resource(path, articles, "Articles / 文章", number))
        if any(column.name == "article_id" for column in table.columns):
            reference = {"resource": "articles", "fields": ["id"]}
            resources[0]["schema"]["foreignKeys"] = [{"fields": ["article_id"], "reference": reference}]
    facts = data.facts()
    package = {
        "profile": "tabular-data-package",
        "name": "gongbao-records",
        "title": "公报数据 / Facts out of Chinese bulletins",
        "description": "Place, initiative, amount, year, each with its evidence / 地点、事项、数量、年份，各有依据。"
        " Text that a spreadsheet would run as a formula has one ' in front.",
        "gongbao": facts,
        "resources": resources,
    }
    (path / "datapackage.json").write_bytes(orjson.dumps(package, option=orjson.OPT_INDENT_2) + b"\n")
    return count


def _resource(folder: Path, table: RowTable, title: str, rows: int) -> dict[str, Any]:
    path = folder / f"{table.name}.csv"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": path.name,
        "title": title,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "rows": rows,
        "schema": table_schema(table.columns, table.key),
    }


def _article(run_id: str, row: Row) -> Row:
    return {column.name: row.get(column.name) for column in ARTICLE_COLUMNS} | {"run_id": run_id}
