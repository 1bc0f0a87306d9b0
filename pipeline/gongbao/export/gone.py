"""What a database holds and an export no longer does: found with tables of its own time, and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gongbao.export.columns import Row
from gongbao.export.tables import DatabaseTables
from gongbao.record import EVIDENCE_FIELDS


class Gone:
    """Remembers, in temporary tables, what an export holds, and deletes what else is there of its articles."""

    def __init__(self, tables: DatabaseTables, connection: Connection) -> None:
        self._tables, self._connection = tables, connection
        meta = sa.MetaData()
        self._records, self._articles = (
            sa.Table(name, meta, sa.Column("id", column.type, primary_key=True), prefixes=["TEMPORARY"])
            for name, column in (("gongbao_seen", tables.records.c.record_id), ("gongbao_done", tables.articles.c.id))
        )
        meta.drop_all(connection)
        meta.create_all(connection, checkfirst=False)

    def holds_articles(self, ids: Iterable[str]) -> None:
        """Note articles of the export."""
        self._note(self._articles, ids)

    def holds_records(self, batch: Sequence[Row]) -> None:
        """Note records of the export, and delete evidence of theirs that is no longer given."""
        self._note(self._records, (row["record_id"] for row in batch))
        evidence = self._tables.evidence
        if evidence is None:
            return
        for field in EVIDENCE_FIELDS:
            without = [row["record_id"] for row in batch if field not in row["evidence"]]
            if without:
                self._delete(evidence, evidence.c.field == field, evidence.c.record_id.in_(without))

    def delete(self, *, prune: bool) -> tuple[int, int]:
        """Delete the records of the export's articles that it does not hold; returns how many, and how many articles.

        Args:
            prune: Delete articles too that the export does not hold, with all their records.
        """
        records, articles, evidence = self._tables.records, self._tables.articles, self._tables.evidence
        ours = records.c.article_id.in_(sa.select(self._articles.c.id))
        kept = records.c.record_id.in_(sa.select(self._records.c.id))
        gone = ~kept if prune else sa.and_(ours, ~kept)
        if evidence is not None:
            self._delete(evidence, evidence.c.record_id.in_(sa.select(records.c.record_id).where(gone)))
        deleted = self._delete(records, gone)
        pruned = self._delete(articles, articles.c.id.not_in(sa.select(self._articles.c.id))) if prune else 0
        self._records.drop(self._connection)
        self._articles.drop(self._connection)
        return deleted, pruned

    def _note(self, table: sa.Table, ids: Iterable[str]) -> None:
        rows = [{"id": one} for one in dict.fromkeys(ids)]
        if rows:
            self._connection.execute(table.insert(), rows)

    def _delete(self, table: sa.Table, *where: sa.ColumnElement[Any]) -> int:
        return int(self._connection.execute(table.delete().where(*where)).rowcount)
