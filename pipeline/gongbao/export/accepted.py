"""The baseline as a source of exports: the table of what a person accepted or edited, by the name `baseline`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gongbao.diff.baseline import open_baseline
from gongbao.diff.reading import Side
from gongbao.errors import ExportError
from gongbao.export.columns import Row
from gongbao.export.rows import RecordSource, parse_row

NAME = "baseline"


@dataclass(frozen=True)
class Accepted(RecordSource):
    """The baseline; `side` is what comparisons see of it."""

    side: Side | None = None

    @property
    def run_id(self) -> str:
        """`baseline`: what an export of it is named after."""
        return NAME

    def rows(self) -> Iterator[Row]:
        """The accepted records, by article, in text order."""
        side = self._side
        for article_id in side.articles:
            for number, (ref, line) in enumerate(side.lines(article_id), 1):
                yield parse_row(line, side.files[ref.file], number)

    def article_rows(self) -> Iterator[Row]:
        """The articles, by id; none if the baseline was written by a version that kept no texts."""
        if self.articles is None:
            return
        for article_id in self._side.articles:
            article = self._side.article(article_id)
            assert article is not None, "the side lists it"
            about = {"id": article_id, "title": article.title, "pub_date": article.pub_date, "source": article.source}
            yield about | {"text": article.text}

    @property
    def _side(self) -> Side:
        assert self.side is not None, "made by open_accepted"
        return self.side


def open_accepted(folder: Path) -> Accepted:
    """Open the baseline.

    Raises:
        ExportError: there is none yet (`export.missing`).
        CompareError: it is damaged or of a newer schema.
    """
    side = open_baseline(folder)
    if not side.articles:
        raise ExportError(
            "there is no baseline yet: nothing was accepted",
            where=str(folder),
            fix="Review and accept first (gongbao review, gongbao accept), or take a run over as it is:"
            " gongbao accept --all",
            code="export.missing",
        )
    has_texts = all(known.ref is not None for known in side.articles.values())
    counts = {"articles": len(side.articles), "records": side.records}
    listed = folder / "articles.jsonl" if has_texts else None
    return Accepted(folder, folder / "records", listed, {"counts": counts}, side)
