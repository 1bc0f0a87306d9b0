"""Records as marked stretches of their article, for annotation tools, and the offsets that each tool counts in.

| tool | unit | source |
|---|---|---|
| Label Studio | UTF-16 | its page draws by JavaScript strings; regions drawn there are saved in code points since 1.4 |
| doccano | UTF-16 | doccano/doccano#2290 (projects without grapheme clusters) |
| brat, CoNLL, spaCy | code points | Python strings |

An amount is a span labelled with its kind (`money`, `count`, ...); the place, year, initiative and indicator are spans
labelled so, and linked to the amount. A field that was read nowhere (the year of publication) has no span.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from gongbao.errors import ExportError
from gongbao.export.columns import Row
from gongbao.export.select import Data
from gongbao.record import Kind

KINDS: tuple[str, ...] = get_args(Kind)
FIELDS = ("place", "year", "initiative", "indicator")
LABELS = (*KINDS, *FIELDS)


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch; offsets in code points. `id` is the record's for amounts, None if the tool lost it."""

    start: int
    end: int
    label: str
    id: str | None = None

    @property
    def is_amount(self) -> bool:
        """True for an amount, False for a field that belongs to one."""
        return self.label in KINDS


@dataclass(frozen=True, slots=True)
class FieldLink:
    """A field that belongs to an amount; indexes into `Annotated.marks`. Its kind is the field's label."""

    amount: int
    field: int


@dataclass(frozen=True)
class Annotated:
    """An article with its marks, in text order. `links` is None where a tool keeps none."""

    article_id: str | None
    text: str
    marks: tuple[Mark, ...]
    links: tuple[FieldLink, ...] | None
    about: dict[str, Any] = field(default_factory=dict)
    records: tuple[Row, ...] = ()
    """The records that the marks were made of; none where a tool gave the marks."""


def annotate(article: Row, rows: Iterable[Row]) -> Annotated:
    """An article and its records as marks and links."""
    rows = tuple(rows)
    marks: dict[tuple[int, int, str], Mark] = {}
    pairs: list[tuple[tuple[int, int, str], tuple[int, int, str]]] = []
    for row in rows:
        amount = (row["start"], row["end"], row["kind"])
        marks[amount] = Mark(*amount, row["record_id"])
        for name in FIELDS:
            item = row["evidence"].get(name)
            if (
                item is not None
                and item["start"] is not None
                and item["end"] is not None
                and item["end"] > item["start"]
            ):
                span = (item["start"], item["end"], name)
                marks.setdefault(span, Mark(*span, f"{name}-{span[0]}-{span[1]}"))
                pairs.append((amount, span))
    order = {key: number for number, key in enumerate(sorted(marks, key=lambda k: (k[0], -k[1], LABELS.index(k[2]))))}
    links = tuple(FieldLink(order[amount], order[span]) for amount, span in pairs)
    about = {name: article.get(name) for name in ("title", "pub_date", "source")}
    return Annotated(article["id"], article["text"], tuple(marks[key] for key in order), links, about, rows)


def annotated(data: Data) -> Iterator[Annotated]:
    """All articles with their selected records.

    Raises:
        ExportError: a record's span is not in its article (`export.span`); see also `Data.by_article`.
    """
    for article, rows in data.by_article():
        text = article["text"]
        for row in rows:
            if text[row["start"] : row["end"]] != row["raw"]:
                raise ExportError(
                    f"record {row['record_id']} is not where it says",
                    where=article["id"],
                    fix="The run folder was changed by hand: run again",
                    code="export.span",
                )
        yield annotate(article, rows)


class Utf16:
    """Offsets of a text in UTF-16 code units, as JavaScript counts, and back."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._astral = [index for index, char in enumerate(text) if char > "\uffff"]
        # Where each astral character ends, counted in code units.
        self._units = [index + number + 2 for number, index in enumerate(self._astral)]

    def from_points(self, offset: int) -> int:
        """The offset in code units of an offset in code points."""
        return offset + bisect_right(self._astral, offset - 1)

    def to_points(self, offset: int) -> int:
        """The offset in code points; one inside a surrogate pair is moved before it."""
        number = bisect_right(self._units, offset)
        inside = number < len(self._units) and self._units[number] - 1 == offset
        return min(offset - number - inside, self._length)
