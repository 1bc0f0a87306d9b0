"""The objects that pass between stages, and the record that leaves the pipeline.

Spans (`start`, `end`) are half-open code-point offsets. Inside the pipeline they count in the *simplified* text of the
article; `Record` and `Repair` count in the article's text as read. `Record` is the one schema from which CSV headers,
SQL tables, JSON Schema and the forms of the review page are generated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.canonical import dump_json as dump_json
from pipeline.canonical import plain_number as plain_number
from pipeline.canonical import record_id as record_id
from pipeline.offsets import OffsetMap

CellSpan = tuple[int, int]
Kind = Literal["money", "count", "percent", "growth", "multiple", "duration", "measure"]
Bound = Literal["=", "~", ">", "<"]
How = Literal["stated", "heading", "carried", "title", "published", "default"]

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Article:
    """One bulletin as read; `text` is what every offset of its records counts in.

    `metadata` keeps what else the reader found (author, editor, modified, ...); `extra` keeps unknown fields of a
    JSONL/CSV row, untouched. `encoding` says how bytes became text, `origin` the file, `row` file and line in it.
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
    furniture: tuple[tuple[int, int], ...] = ()
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
    """One mended piece of damage: `before` stood at `[start, end)` of the stage's input, `after` stands there now."""

    start: int
    end: int
    before: str
    after: str
    kind: str
    """`gloss`, `shifted`, `width`, `invisible`, `space`, `entity`, ..."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What a text-changing stage gives: the new text, the map back to its input, and what it mended."""

    text: str
    offsets: OffsetMap = field(default_factory=OffsetMap)
    repairs: tuple[Repair, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Period:
    """A time expression.

    `anchor` says what the year rests on: `absolute` (written out: 2020年, “十三五”), `published` (今年, 去年, 目前:
    counted from the publication date) or `context` (一季度, 上半年, 9月, 当年, 同期, 年底: the year of the time
    before it in the text, failing that of the publication). `role` is `comparison` for the base of a comparison
    (比2017年, 较上年, 同比, 为2017年的6倍), `since` for 2017年以来 and 2019年至今, `vague` for 目前, 近年来, 截至目前,
    otherwise `time`.
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
    """Sections and sentences of an article, both in text order; page furniture and metadata lines are left out."""

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
    """What is known of an article before linking: its simplified text with everything that was matched in it."""

    article: Article
    text: str
    offsets: OffsetMap
    repairs: tuple[Repair, ...]
    outline: Outline
    quantities: tuple[Quantity, ...]
    periods: tuple[Period, ...]
    places: tuple[Place, ...]
    title_places: tuple[Place, ...] = ()
    """Places of a title that stands outside the text, as `title_periods`; their spans count in the title."""
    title_periods: tuple[Period, ...] = ()
    entities: tuple[Entity, ...] = ()
    """Names that a model found; empty where the linker goes by rules, or by predictions for each quantity."""
    tables: tuple[Table, ...] = ()
    numbers_left: int = 0
    """Bare numbers in tables that nothing says the unit of."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one field of a record was read, and by which rule; checked as part of a record."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    how: How
    rule: str
    start: int | None = None
    end: int | None = None

    def to_dict(self) -> dict[str, Any]:  # as JSON has it
        return {"how": self.how, "rule": self.rule, "start": self.start, "end": self.end}


def _column(title: str, zh: str, en: str, **kwargs: Any) -> Any:
    """A column: its Chinese title, and what it means in Chinese and in English."""
    return Field(title=title, description=en, json_schema_extra={"description_zh": zh}, **kwargs)


class Record(BaseModel):
    """One fact: a quantity with who, what and when. Field order is the column order of every export."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: str = _column(
        "记录号",
        "稳定编号：由文章、位置和类别算出，不含时间和随机数",
        "Stable identifier: article, span and kind; no time, no random part",
    )
    article_id: str = _column("文章号", "文章的编号", "Identifier of the article")
    title: str | None = _column("标题", "文章标题", "Title of the article", default=None)
    pub_date: date | None = _column("发布日期", "文章发布日期", "Publication date of the article", default=None)
    place: str | None = _column(
        "地点",
        "自省级起的全称路径（简体），如 广东省/广州市；全国 指全国范围",
        "Path from the province, simplified full names",
        default=None,
    )
    place_code: str | None = _column(
        "行政区划代码",
        "GB/T 2260 六位代码；全国为 000000",
        "6-digit GB/T 2260 code, 000000 for the whole country",
        default=None,
    )
    province: str | None = _column("省", "地点中的省级部分", "Province-level part of the place", default=None)
    city: str | None = _column("市", "地点中的地级部分", "City-level part of the place", default=None)
    district: str | None = _column("区县", "地点中的县级部分", "County-level part of the place", default=None)
    initiative: str | None = _column(
        "事项",
        "项目、平台、园区、基金、政策工具或活动",
        "Programme, platform, zone, fund, instrument or activity",
        default=None,
    )
    indicator: str | None = _column("指标", "所计量的指标", "What is measured", default=None)
    amount: str = _column("数量原文", "文中写法（简体）", "The amount as written, simplified")
    kind: Kind = _column("类别", "数量的类别：金额 计数 占比 增长 倍数 时长 计量", "Kind of quantity")
    value: Decimal = _column("数值", "以基本单位计的精确数值", "Number in the base unit, exact")
    value_max: Decimal | None = _column(
        "数值上限", "区间的上端；不是区间则为空", "Upper end of a range, else null", default=None
    )
    unit: str = _column("单位", "基本单位或量词", "Base unit or measure word")
    bound: Bound = _column("界限", "= 恰为，~ 约，> 超过，< 不足", "= exact, ~ about, > more than, < less than")
    year: int | None = _column(
        "年份", "事实所属年份；时间段取其末年", "The year the fact holds for; of a period its end", default=None
    )
    period: str | None = _column(
        "时间原文", "时间的文中写法（简体）", "The period as written, simplified", default=None
    )
    period_start: date | None = _column("时间起", "时间段的第一天", "First day of the period", default=None)
    period_end: date | None = _column("时间止", "时间段的最后一天", "Last day of the period", default=None)
    start: int = _column(
        "起", "数量在原文中的起点（按码点计）", "Start of the amount in the article's text, code points"
    )
    end: int = _column(
        "止", "数量在原文中的终点（不含，按码点计）", "End of the amount in the article's text, code points"
    )
    raw: str = _column("原文", "原文中从起点到终点的文字，一字不改", "text[start:end], exactly")
    sentence: str = _column("句子", "数量所在的句子（简体）", "The sentence of the amount, simplified")
    sentence_start: int = _column("句起", "句子在原文中的起点", "Start of the sentence in the article's text")
    sentence_end: int = _column("句止", "句子在原文中的终点", "End of the sentence in the article's text")
    evidence: dict[str, Evidence] = _column(
        "依据",
        "地点、年份、事项、指标、数量各自的依据：方式、规则、位置",
        "For place, year, initiative, indicator, amount: how, rule, span",
    )
    confidence: float = _column(
        "可信度",
        "校准后的可信度：此类记录中正确者所占比例，0 到 1",
        "Calibrated share of such records that are right, 0-1",
        ge=0,
        le=1,
    )
    flags: list[str] = _column(
        "提示", "请人工核对的原因，如 damaged、place_guessed", "Why a person should look: damaged, place_guessed, ..."
    )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict in field order; decimals become int or float where that is exact, else `Decimal`."""
        out: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Decimal):
                value = plain_number(value)
            elif isinstance(value, date):
                value = value.isoformat()
            elif name == "evidence":
                value = {key: item.to_dict() for key, item in value.items()}
            out[name] = value
        return out

    def to_json(self) -> str:
        """One line of records.jsonl: canonical, the same bytes for the same record everywhere."""
        return dump_json(self.to_dict())


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that one article gave: its records and what stands between the text as read and the simplified text."""

    article: Article
    simplified: str
    repairs: tuple[Repair, ...]
    records: tuple[Record, ...]
    counts: Mapping[str, int]
