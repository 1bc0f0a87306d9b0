"""The document: an article as read, and the layers that the components of the pipeline lay over it.

Spans (`start`, `end`) are half-open code-point offsets. They count in the *simplified* text of the article, those of
`Article` and `Repair` in the text as read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from gongbao.offsets import OffsetMap
from gongbao.record import Bound, Kind, Record

CellSpan = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Article:
    """One bulletin as read; `text` is what every offset of its records counts in.

    `metadata` keeps what else the reader found (author, editor, modified, ...); `extra` keeps a row's own fields as
    JSON has them, which come out again with each record. `encoding` says how bytes became text, `origin` the file,
    `row` file and line in it.
    """

    id: str
    text: str
    title: str | None = None
    pub_date: date | None = None
    source: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    encoding: str | None = None
    origin: str | None = None
    content_start: int = 0
    """Where the metadata lines at the top end: nothing before it but the title is content."""
    boilerplate: tuple[tuple[int, int], ...] = ()
    """Spans of `text` that belong to the page (view counts, credits, copyright), ordered: nothing there is a fact."""
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An article that could not be read or extracted: one line of errors.jsonl. The run goes on without it.

    `id` is the article's as far as it is known, `stage` the stage that gave up (`read`, `repair`, ...), `code` the
    error's stable code. `message`, `where` and `fix` are for people: control characters in them are escaped.
    """

    id: str
    stage: str
    code: str
    message: str
    where: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """One repaired piece of damage: `before` stood at `[start, end)` of the stage's input, `after` stands there now."""

    start: int
    end: int
    before: str
    after: str
    kind: str
    """`gloss`, `shifted`, `width`, `invisible`, `space`, `entity`, ..."""
    probability: float = 1.0
    """That this is what stood there; below 1 for `shifted`, where a model of the language chose."""


@dataclass(frozen=True, slots=True)
class Residue:
    """Damage that stays as found: `text` stands at `[start, end)` of the stage's input.

    `guess` is the likeliest of what may have stood there, not likely enough to be taken, with its `probability`; None
    where nothing reads better.
    """

    start: int
    end: int
    text: str
    guess: str | None = None
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Revision:
    """What a text-changing stage gives: the new text, the map back to its input, and what it repaired and could not."""

    text: str
    offsets: OffsetMap = field(default_factory=OffsetMap)
    repairs: tuple[Repair, ...] = ()
    residues: tuple[Residue, ...] = ()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity that would become a record. `start`/`end` hold the amount: number, magnitude, unit, 余/多/以上."""

    start: int
    end: int
    text: str
    kind: Kind
    value: Decimal
    value_max: Decimal | None
    unit: str
    bound: Bound
    rule: str
    cue_start: int | None = None  # where the words before the amount that belong to it begin (约, 增长, 不足)
    unit_span: tuple[int, int] | None = None  # where a table says the unit, if not in the amount's own cell
    flags: tuple[str, ...] = ()  # why a person should look at the amount: flags of its record


PeriodAnchor = Literal["absolute", "published", "context"]
PeriodRole = Literal["time", "comparison", "since", "vague"]
YearShift = Literal["context", "same"]


@dataclass(frozen=True, slots=True)
class Period:
    """A time expression.

    `anchor` says what the year rests on: `absolute` (written out: 2020年, “十三五”), `published` (今年, 去年, 目前:
    counted from the publication date) or `context` (一季度, 上半年, 9月, 当年, 同期, 年底: the year of the time
    before it in the text, failing that of the publication). `role` is `comparison` for the base of a comparison
    (比2017年, 较上年, 同比, 为2017年的6倍), `since` for 2017年以来 and 2019年至今, `vague` for 目前, 近年来, 截至目前,
    otherwise `time`. `shift_from` says what the year of a `context` period is counted from, where that is more than a
    part of a year: `context` for so many years off the text's (上年, 次年), `same` for the part named before (同期).
    """

    start: int
    end: int
    text: str
    year: int | None
    period_start: date | None
    period_end: date | None
    anchor: PeriodAnchor
    role: PeriodRole
    rule: str
    shift_from: YearShift | None = None

    def in_year(self, year: int) -> Period:
        """The same expression read in another year (for `context` periods)."""
        if self.year is None or self.year == year:
            return replace(self, year=year)
        delta = year - self.year
        return replace(
            self, year=year, period_start=_shift(self.period_start, delta), period_end=_shift(self.period_end, delta)
        )


def _shift(day: date | None, years: int) -> date | None:
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


Rank = Literal["country", "province", "city", "district"]
PLACE_RANKS = ("none", "country", "abroad", "province", "city", "district")
"""What the place of a quantity may be: none, 全国, a country abroad, a place of a rank."""
Authority = Literal["office", "own", "people"]
PlaceForm = Literal["name", "zone", "organisation", "embedded", "relative", "adjective"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place mention.

    `place` is the path of records.md (`广东省/广州市`), None for a relative expression (全市, 该区) whose `rank` says
    what it needs from the scope, and for places outside China. `form` says how the place is carried: `name`
    (广州市), `zone` (东湖高新区: `place` is where it lies), `organisation` (广州市知识产权局: the span is that of the
    place inside it; offices and departments of that place), `embedded` (inside another proper name that does not make
    the sentence about the place: 北京大学, 上海国际知识产权论坛), `relative` (全市, 我省), `adjective` (京沪, 粤港澳).
    """

    start: int
    end: int
    text: str
    place: str | None
    place_code: str | None
    rank: Rank
    form: PlaceForm
    rule: str
    ambiguous: bool = False
    """True where the name alone fits several places and context chose one."""
    authority: Authority | None = None
    """Of a relative expression, who is meant: an `office` (市财政局), the level's `own` (市本级), `people` (市里)."""
    dateline: bool = False
    """True where the name only says where the article was written (新华社长春9月1日电)."""
    country: str | None = None
    """Of a place abroad the usual name of its country (俄罗斯 for 莫斯科), None at home and where it has none."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A named span: an organisation, a named initiative, an indicator, a person, a product."""

    start: int
    end: int
    text: str
    label: Literal["ORG", "LOC", "PER", "TIME", "WORK", "INITIATIVE", "INDICATOR"]
    rule: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class NamePrediction:
    """What a trained model says of one quantity: its names, best first, shares of `gongbao.record.Status`, and of
    `PLACE_RANKS` for the place that it belongs to.
    """

    indicators: tuple[Entity, ...] = ()
    initiatives: tuple[Entity, ...] = ()
    statuses: tuple[float, ...] = ()
    ranks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what it governs: `[start, end)` from the heading to the next heading of its level.

    `parent` is the index of the enclosing section, None at the top. The first section of an outline has an empty
    heading and holds what stands before the first heading.
    """

    heading_start: int
    heading_end: int
    start: int
    end: int
    parent: int | None
    style: str  # how the heading is written (`一、`, `（一）`, `1.`, `place`, `line`); one style, one level


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence `[start, end)` of a paragraph; a heading or title is one of its own."""

    start: int
    end: int
    paragraph: int
    section: int
    role: Literal["title", "heading", "body"]


@dataclass(frozen=True, slots=True)
class Outline:
    """Sections and sentences of an article, both in text order; page boilerplate and metadata lines are left out."""

    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)  # of each sentence

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple([sentence.start for sentence in self.sentences]))

    def path(self, section: int | None) -> Iterator[int]:
        """The section and its enclosing sections, innermost first."""
        while section is not None:
            yield section
            section = self.sections[section].parent


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of cells, of which some are numbers; spans count in the simplified text.

    `lines` are all lines from the header, with a line above it that only says the unit, to the last row. `columns`
    holds for every column the cells of its header, the upper one first; it is empty where there is none. `unit` is
    what is said of the unit of all, `caption` the line above the table.
    """

    lines: tuple[CellSpan, ...]
    columns: tuple[tuple[CellSpan, ...], ...]
    rows: tuple[tuple[CellSpan, ...], ...]
    unit: CellSpan | None = None
    caption: CellSpan | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An article with the layers that the components of the pipeline lay over it, one after another.

    A layer that is not there yet is empty. Once text is repaired and simplified it stays, and spans count in it.
    """

    article: Article
    text: str
    """The article's text, as read at first, then repaired, then simplified."""
    title: str | None = None
    """Its title, repaired and simplified like the text."""
    offsets: OffsetMap = field(default_factory=OffsetMap)
    """From the text as read to `text`."""
    repairs: tuple[Repair, ...] = ()
    residues: tuple[Residue, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    periods: tuple[Period, ...] = ()
    places: tuple[Place, ...] = ()
    tables: tuple[Table, ...] = ()
    numbers_left: int = 0
    """Bare numbers in tables that nothing says the unit of."""
    outline: Outline = field(default_factory=lambda: Outline((), ()))
    title_places: tuple[Place, ...] = ()
    """Places of a title that stands outside the text, as `title_periods`; their spans count in the title."""
    title_periods: tuple[Period, ...] = ()
    entities: tuple[Entity, ...] = ()
    """Names that a model found; empty where the linker goes by rules, or by `names`."""
    names: tuple[NamePrediction, ...] | None = None
    """What a model proposes for each quantity; None where rules alone name things."""
    records: tuple[Record, ...] = ()

    @classmethod
    def of(cls, article: Article) -> Document:
        """An article of which nothing is known yet."""
        return cls(article, article.text, article.title)

    def extraction(self) -> Extraction:
        """What is kept of a document that has gone through the whole pipeline."""
        counts = {
            "records": len(self.records),
            "quantities": len(self.quantities),
            "periods": len(self.periods),
            "places": len(self.places),
            "repairs": len(self.repairs),
            "repairs_unsure": sum(residue.guess is not None for residue in self.residues),
            "damage_left": sum(residue.guess is None for residue in self.residues),
            "table_numbers_left": self.numbers_left,
        }
        return Extraction(self.article, self.text, self.repairs, self.records, counts, self.residues)


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that one article gave: its records and what stands between the text as read and the simplified text."""

    article: Article
    simplified: str
    repairs: tuple[Repair, ...]
    records: tuple[Record, ...]
    counts: Mapping[str, int]
    residues: tuple[Residue, ...] = ()
