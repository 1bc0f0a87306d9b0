"""The record that leaves the pipeline.

The one schema from which CSV headers, SQL tables, JSON Schema and the forms of the review page are generated. Spans
(`start`, `end`) are half-open code-point offsets into the article's text as read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gongbao.canonical import dump_json, plain_number

Kind = Literal["money", "count", "percent", "growth", "multiple", "duration", "measure"]
Bound = Literal["=", "~", ">", "<"]
Status = Literal["actual", "previous", "change", "planned", "rule"]
How = Literal["stated", "heading", "carried", "title", "published", "default"]

LinkedField = Literal["place", "year", "initiative", "indicator"]
"""The fields that are chosen among what the article offers."""
JudgedField = Literal[LinkedField, "status"]
"""The fields that have a confidence of their own."""

EVIDENCE_FIELDS = (*get_args(LinkedField), "amount", "unit")
"""The fields that evidence may be given for; `unit` only where it was not read beside the amount."""

SCHEMA_VERSION = "2"
MOST_ALTERNATIVES = 4


def _to_hundredths(share: float) -> float:
    return round(share, 2)


Share = Annotated[float, Field(ge=0, le=1), AfterValidator(_to_hundredths)]
"""A calibrated chance from 0 to 1. Two decimals are what is equal on every machine, so more are not kept."""


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


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another answer that a field may have; `value` None says that the text may give none.

    The span is where it was read in the article's text, None if nowhere; checked as part of a record.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    value: str | int | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    start: int | None = None
    end: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "confidence", _to_hundredths(self.confidence))

    def to_dict(self) -> dict[str, Any]:  # as JSON has it
        return {"value": self.value, "confidence": self.confidence, "start": self.start, "end": self.end}


def _column(title: str, zh: str, en: str, **kwargs: Any) -> Any:
    """A column: its Chinese title, and what it means in Chinese and in English."""
    return Field(title=title, description=en, json_schema_extra={"description_zh": zh}, **kwargs)


class Record(BaseModel):
    """One fact: a quantity with who, what and when. Field order is the column order of every export.

    Records of schema version 1 are read with `status` None and without confidences of fields and alternatives.
    """

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
        "自省级起的全称路径（简体），如 广东省/广州市；全国 指全国范围；境外为国名，如 美国",
        "Path from the province, simplified full names; abroad the country's usual name",
        default=None,
    )
    place_code: str | None = _column(
        "行政区划代码",
        "GB/T 2260 六位代码；全国为 000000，境外为空",
        "6-digit GB/T 2260 code, 000000 for the whole country, null abroad",
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
    status: Status | None = _column(
        "状态",
        "该数量所述：actual 实际，previous 变化之前的值，change 增减量，planned 计划或预测，rule 规定或标准；"
        "只有第 1 版的旧记录为空",
        "What the amount says of the world: actual is or was so, previous stood before a change, change is by how much,"
        " planned is for a time to come, rule is a norm; null only in old records, of schema version 1",
        default=None,
    )
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
    sentence: str = _column(
        "句子",
        "数量所在的句子（简体）；超过 500 字的句子只取其中一段",
        "The sentence of the amount, simplified; of one beyond 500 characters a piece",
    )
    sentence_start: int = _column("句起", "句子在原文中的起点", "Start of the sentence in the article's text")
    sentence_end: int = _column("句止", "句子在原文中的终点", "End of the sentence in the article's text")
    evidence: dict[str, Evidence] = _column(
        "依据",
        "地点、年份、事项、指标、数量各自的依据：方式、规则、位置",
        "For place, year, initiative, indicator, amount: how, rule, span",
    )
    confidence: Share = _column(
        "可信度",
        "校准后的可信度：此类记录中正确者所占比例，0 到 1",
        "Calibrated share of such records that are right, 0-1",
    )
    field_confidence: dict[JudgedField, Share] = _column(
        "各项可信度",
        "地点、年份、事项、指标、状态各自的可信度，0 到 1",
        "The same for place, year, initiative, indicator and status, each by itself, 0-1",
        default_factory=dict,
    )
    alternatives: dict[LinkedField, Annotated[tuple[Alternative, ...], Field(max_length=MOST_ALTERNATIVES)]] = _column(
        "其他可能",
        "地点、年份、事项、指标的其他可能取值（至多四个，可能性大者在前）：取值、可信度、位置",
        "For place, year, initiative, indicator: at most four other answers, best first, with confidence and span",
        default_factory=dict,
    )
    flags: list[str] = _column(
        "提示", "请人工核对的原因，如 damaged、place_guessed", "Why a person should look: damaged, place_guessed, ..."
    )
    extra: dict[str, Any] | None = _column(
        "附加字段",
        "文章所在行自带的其他字段（如 url、外部编号），原样给出；没有则不出现",
        "The article's own further fields (a url, a number of another system), as given; absent where it has none",
        default=None,
    )

    def __hash__(self) -> int:
        return hash(self.record_id)  # equal records have it in common; the rest cannot all be hashed

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict in field order; decimals become int or float where that is exact, else `Decimal`.

        `extra` is absent where the article has no further fields.
        """
        out: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Decimal):
                value = plain_number(value)
            elif isinstance(value, date):
                value = value.isoformat()
            elif name == "evidence":
                value = {key: item.to_dict() for key, item in value.items()}
            elif name == "field_confidence":
                value = dict(value)
            elif name == "alternatives":
                value = {key: [item.to_dict() for item in items] for key, items in value.items()}
            out[name] = value
        if self.extra is None:
            del out["extra"]
        return out

    def _repr_html_(self) -> str:
        from gongbao.html import record_html

        return record_html(self)

    def to_json(self) -> str:
        """One line of records.jsonl: canonical, the same bytes for the same record everywhere."""
        return dump_json(self.to_dict())
