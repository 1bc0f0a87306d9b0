"""What of the records is exported: several runs merged, filtered, narrowed to columns, or made wide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from gongbao.errors import ExportError
from gongbao.export.columns import Row, RowTable, choose, record_columns
from gongbao.export.rows import is_doubtful
from gongbao.export.sources import Accepted, RecordSource
from gongbao.export.where import compile_where
from gongbao.export.wide import Wide
from gongbao.record import SCHEMA_VERSION

Reviewed = Callable[[Row, Iterable[Row]], Iterable[Row]]
"""Of an article and its records, those that a person found right: as extracted, as edited, or added, in text order."""


@dataclass(frozen=True)
class Selection:
    """The common options of all exports.

    Args:
        where: A filter (`gongbao.export.where`).
        columns: Names of columns to keep, in order; empty for all.
        min_confidence: Leave out records below it.
        reviewed: Keep only records that a person found right, as that person has them.
        wide: One row a place, initiative and year (`gongbao.export.wide`).
    """

    where: str | None = None
    columns: tuple[str, ...] = ()
    min_confidence: float = 0.0
    reviewed: Reviewed | None = field(default=None, compare=False)
    wide: bool = False


class Data:
    """The selected records of one or several sources, to be streamed as often as a writer needs.

    Where an article is in several sources, its records come from the baseline, which a person found right; without one
    from the run that was finished last, of runs of different output folders, which nothing counts together, the one
    started last (of equals, the one named last): records of two extractions of one article are never mixed.
    """

    def __init__(self, sources: Sequence[RecordSource], selection: Selection = Selection()) -> None:
        if not 0 <= selection.min_confidence <= 1:
            raise ExportError("a confidence is between 0 and 1", where="--min-confidence", code="export.option")
        self.sources = tuple(sources)
        self.selection = selection
        self._test = compile_where(selection.where) if selection.where else None
        self._owner = self._owners() if len(sources) > 1 else None
        if selection.reviewed is not None:
            self._need_texts()  # decisions are found again by their articles

    def rows(self) -> Iterator[Row]:
        """The selected records with all their columns."""
        test, least = self._test, self.selection.min_confidence
        for row in self._found():
            if row["confidence"] >= least and (test is None or test(row)):
                yield row

    def _found(self) -> Iterator[Row]:
        for index, source in enumerate(self.sources):
            rows = source.rows()
            if self._owner is not None:
                owner = self._owner
                rows = (row for row in rows if owner[row["article_id"]] == index)
            reviewed = self.selection.reviewed
            if reviewed is None:
                yield from rows
                continue
            # An article without any record of its own may still have some that a person added: go by articles.
            groups = groupby(rows, key=itemgetter("article_id"))
            article_id, group = next(groups, (None, iter(())))
            for owned, article in self.articles():
                if owned is source:
                    mine: Iterable[Row] = ()
                    if article_id == article["id"]:
                        mine = list(group)
                        article_id, group = next(groups, (None, iter(())))
                    yield from ({"extra": None} | row for row in reviewed(article, mine))

    def articles(self) -> Iterator[tuple[RecordSource, Row]]:
        """The articles, each with the source it comes from."""
        for index, source in enumerate(self.sources):
            for row in source.article_rows():
                if self._owner is None or self._owner[row["id"]] == index:
                    yield source, row

    def by_article(self) -> Iterator[tuple[Row, list[Row]]]:
        """Articles with their selected records, in order; for tools that show texts.

        Raises:
            ExportError: a source has no articles (`export.no_text`), or its records come in another order than its
                articles (`export.order`).
        """
        self._need_texts()
        groups = groupby(self.rows(), key=itemgetter("article_id"))
        article_id, group = next(groups, (None, iter(())))
        for _, article in self.articles():
            found: list[Row] = []
            if article_id == article["id"]:
                found = list(group)
                article_id, group = next(groups, (None, iter(())))
            yield article, found
        if article_id is not None:
            fix = "Run again: a run writes records in the order of its articles"
            raise ExportError("records out of the articles' order", where=article_id, fix=fix, code="export.order")

    def _need_texts(self) -> None:
        missing = next((source for source in self.sources if source.articles is None), None)
        if missing is not None:
            fix = "Name the run folder: its articles.jsonl holds the texts"
            raise ExportError(
                "records without their articles' texts", where=str(missing.path), fix=fix, code="export.no_text"
            )

    def table(self, rows: Iterable[Row] | None = None) -> RowTable:
        """The selected columns of the selected records (or of `rows` of them), or the wide table."""
        if self.selection.wide:
            table = self._wide.table(self.facts())
        else:
            table = RowTable(
                "records", record_columns(), self.rows() if rows is None else rows, ("record_id",), self.facts()
            )
        if not self.selection.columns:
            return table
        columns = choose(table.columns, self.selection.columns)
        names = [column.name for column in columns]
        key = table.key if set(table.key) <= set(names) else ()
        return RowTable(table.name, columns, ({n: row[n] for n in names} for row in table.rows), key, table.facts)

    @cached_property
    def _wide(self) -> Wide:
        return Wide(self.rows())

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many records the wide table leaves out, by why (`gongbao.export.wide.LEFT_OUT`); empty where none."""
        return self._wide.left_out if self.selection.wide else {}

    def doubtful(self) -> Iterator[Row]:
        """The selected records that a person should look at: those of low confidence that nobody has accepted."""
        accepted = {id(source) for source in self.sources if isinstance(source, Accepted)}
        owners = self.owners() if accepted and len(accepted) < len(self.sources) else None
        if accepted and owners is None:
            return
        for row in self.rows():
            if is_doubtful(row) and (owners is None or id(owners[row["article_id"]]) not in accepted):
                yield row

    def facts(self) -> dict[str, Any]:
        """What an export says about itself: the same for the same runs and options, without a clock."""
        from gongbao import __version__

        chosen: dict[str, Any] = {"where": self.selection.where, "columns": list(self.selection.columns)}
        chosen |= {
            "min_confidence": self.selection.min_confidence,
            "reviewed_only": self.selection.reviewed is not None,
        }
        return {
            "gongbao": __version__,
            "schema_version": SCHEMA_VERSION,
            "runs": [
                {
                    "run_id": source.run_id,
                    "started": source.manifest.get("started"),
                    "versions": source.manifest.get("versions", {}),
                    "counts": source.manifest.get("counts", {}),
                }
                for source in self.sources
            ],
            "selection": chosen | {"wide": self.selection.wide},
        } | ({"left_out": dict(self.left_out)} if self.selection.wide else {})

    def owners(self) -> Mapping[str, RecordSource]:
        """Which source each article comes from."""
        owner = self._owner if self._owner is not None else self._owners()
        return {article_id: self.sources[index] for article_id, index in owner.items()}

    def _by_age(self) -> list[int]:
        """The sources' numbers, that which was finished last at the end, the baseline behind all."""
        runs = [i for i, source in enumerate(self.sources) if not isinstance(source, Accepted)]
        accepted = [i for i, source in enumerate(self.sources) if isinstance(source, Accepted)]
        if len({self.sources[i].path.resolve().parent for i in runs}) == 1:
            runs.sort(key=lambda i: (self.sources[i].sequence, self.sources[i].started, i))
        else:
            runs.sort(key=lambda i: (self.sources[i].started, i))
        return runs + accepted

    def _owners(self) -> dict[str, int]:
        owner: dict[str, int] = {}
        for index in self._by_age():
            source = self.sources[index]
            if source.articles is not None:
                owner.update((row["id"], index) for row in source.article_rows())
            else:
                owner.update((row["article_id"], index) for row in source.rows())
        return owner
