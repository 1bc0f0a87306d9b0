"""What a rule may give: the kinds, tags and values that the code of each stage asks for.

This is the one place where code says which it knows. What is not here is refused when a rules folder is loaded, with
file and line; a kind that no rule has, a tag or value that no rule gives is a failure of `gongbao rules check`. Code
goes by tags and never by a rule's id, so that a user's rule with the same tags does what a shipped one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import regex
from pydantic import BaseModel, ConfigDict, Field, field_validator

from gongbao.document import Authority, Rank, YearShift
from gongbao.record import Kind

TimeReader = Literal[
    "years",
    "relative_year",
    "plan",
    "decade",
    "months",
    "days",
    "first_months",
    "quarters",
    "window",
    "same",
    "date",
    "year_month",
    "now",
    "shift_days",
    "day_alone",
    "shift_months",
    "shift_weeks",
    "span_back",
    "span_ahead",
    "ago",
    "years_before",
    "next_months",
    "season_word",
    "event",
    "none",
]
"""Readers of periods/readers.py."""


LinkingCue = Literal[
    # places: words around a mention, an amount, or at the head of a sentence
    "announces",
    "share_of",
    "institution",
    "parts",
    "many_places",
    "here",
    "anaphor",
    "own_district",
    "own_county",
    "compared_before",
    "locative",
    "donor_after",
    "donor_before",
    # periods: what the article is, what is planned, what once happened, what changed
    "work_report",
    "annual_report",
    "plan",
    "firm_plan",
    "plan_paragraph",
    "plan_name",
    "still_plans",
    "continues",
    "opening",
    "founding",
    "milestone",
    "began",
    "told",
    "right_before",
    "compared_time",
    "level_of_time",
    "growth_from_it",
    "change_from",
    "change_from_period",
    "change_to",
    "from_word",
    "to_word",
    # lists
    "amount_joint",
    "place_joint",
    "name_joint",
    "respectively",
    "rates_respectively",
    "yearly",
    "listed_in_step",
    "collective",
    "open_list",
    # names of what is measured
    "compared_tail",
    "rate_alone",
    "number_label",
    # tables
    "row_head",
    "caption_head",
    "caption_tail",
    "each",
    "place_header",
    "subject_header",
    "time_header",
    # currencies
    "currency_before",
    "currency_after",
    "bare_yuan",
]
"""Kinds of words that the code of linking/ asks for; each rule of rules/linking/ has one of them and gives nothing."""

ReadingCue = Literal[
    # lines of the page
    "page_word",
    "buttons",
    "pager",
    "neighbour",
    "breadcrumb",
    "copyright",
    "scan",
    "counter",
    "footer",
    "links",
    "credit",
    # datelines
    "dateline_hint",
    "wire",
    "wire_reporter",
    "from_place",
    "news",
    "day_alone",
    "not_place",
    # dates
    "date_hint",
    "date",
    # metadata lines and their values
    "bare_label",
    "source_word",
    "byline",
    "delivered",
    "decoration",
    "views",
    "sizes",
    "numbered",
    "reporter",
    # pages of a PDF
    "page_number",
    "list_mark",
]
"""Kinds of words that the code of read/ asks for, as those of linking/. Here only the shipped rules count: articles are
read before anyone chooses rules."""


class Gives(BaseModel):
    """What rules give that only veto, join or feed others: nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# -- quantities ------------------------------------------------------------------------------------------------------


class QuantityGives(Gives):
    """Of a rule that finds amounts."""

    unit: str | None = None
    """The unit; that of the group `unit` if there is one, but for other ways of writing the same."""
    kind: Kind | None = None
    """The kind of quantity, where it is not that of the rule."""
    value: Decimal | None = None
    """The value of words that hold no number (百分之百)."""
    scale: Decimal | None = None
    """What the number is multiplied by (几成)."""
    half: Decimal = Decimal("0.5")
    """What 半 adds."""
    power: Decimal | None = None
    """The number is an exponent of this (翻两番)."""
    bare: bool = False
    """A number without a unit that may stand alone."""
    joined: bool = False
    """A number that is an amount only if a following one lends it a unit."""


class BoundGives(Gives):
    """Of words before or behind an amount that bound it."""

    bound: Literal["~", ">", "<"]
    inside: bool = False
    """The words belong to the amount (以上)."""


class ChangeGives(Gives):
    """Of words that say whether a percentage is a growth."""

    meaning: Literal["growth", "percent", "level", "same"] = Field(alias="as")
    """`level`: what was reached (提高到), `same`: as the percentage before."""
    sign: Literal[1, -1] = 1
    noun: bool = False
    """The word is part of what is measured (增速), not of the amount."""


class ChainGives(Gives):
    """Of what may stand between the percentages of one list."""

    closed: bool = False
    """Only where the list goes on or ends right behind the percentage."""


class CurrencyGives(Gives):
    """Of the name or sign of a currency before an amount."""

    unit: str | None = None
    """The currency; the words themselves if not given."""


class HomeCurrencyGives(Gives):
    """Of the words that betray where a text comes from."""

    unit: str
    """What 元 means there."""
    words: str
    """A lexicon of such words."""
    unless: str
    """A lexicon of words that none of may stand in the text."""
    at_least: int
    """How many different ones there must be."""


class BareGives(Gives):
    """Of words that say what a number without a unit counts."""

    kind: Kind
    unit: str


class JoinGives(Gives):
    """Of what stands between two amounts."""

    meaning: Literal["range", "list", "turn"] = Field(alias="as")
    """`turn` joins a list where its direction changes (提高0.2和下降0.6个百分点): one unit, a verb each."""


# -- periods ---------------------------------------------------------------------------------------------------------


class PieceGives(Gives):
    """Of a time expression, or a piece of one."""

    read: TimeReader
    """How its groups are read (periods/readers.py)."""
    word: Mapping[str, Any] | None = None
    unit: Mapping[str, Any] | None = None
    shift: Mapping[str, Any] | None = None
    event: Mapping[str, Any] | None = None
    """Tables: what the text of the group of that name stands for."""
    era: int = 0
    """Added to written years (民国: 1911)."""
    window: tuple[str, str] | None = None
    """The part of the year that is meant, MM-DD; months above 12 are in the year after."""
    consecutive: bool = False
    """The second year must be the one after the first."""
    lead: int = 7
    """Months from publication within which the part of a year is still that of the year it came out in."""
    anchor: Literal["published", "context"] | None = None
    sign: Literal[1, -1] = 1
    """Which way a span counts: 1 after, -1 before."""
    role: Literal["comparison", "since", "vague"] | None = None
    locale: str | None = None
    """Only in articles that a rule of kind `locale` with this name matches."""
    shift_from: YearShift | None = None
    """What the year is counted from: `context`, that of the text before (上年); `same`, the part named there (同期)."""


class FrameGives(Gives):
    """Of words around a time expression."""

    role: Literal["comparison", "since"] | None = None
    open: Literal["start"] | None = None
    """`start`: the period has no beginning (截至)."""
    widens: bool = False
    """The whole match belongs to the expression."""


class LocaleGives(Gives):
    """Of words that tell where an article counts its years."""

    locale: str


# -- places ----------------------------------------------------------------------------------------------------------


class ExpressionGives(Gives):
    """Of an expression for a place without its name."""

    form: Literal["name", "organisation", "embedded", "relative", "adjective"]
    rank: Rank
    place: str | None = None
    """The path, where it is always the same."""
    named: bool = False
    """Rules of place_forms say how it is carried (中国银行)."""
    authority: Authority | None = None
    """Who is meant of a level of government: an office (市财政局), its own means (市本级), the people there (市里)."""


class FormGives(Gives):
    """Of what follows a place's name."""

    form: Literal["name", "zone", "organisation", "embedded"]
    extend: bool = False
    """What matched belongs to the mention."""
    open: str | None = None
    """A pattern for what must stand before the name."""
    backs: bool = False
    """It shows a little-known short name to be a place's."""
    of: Literal["run"] | None = None
    """`run`: stands behind abbreviations in a row (京沪)."""
    dateline: bool = False
    """The name is only where the article was written."""

    @field_validator("open")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            regex.compile(pattern or "")
        except regex.error as error:
            raise ValueError(f"no pattern: {error}") from error
        return pattern


_PERIOD_PIECES = ("year", "part", "suffix", "whole", "tail")
READING = "reading"
STAGES: Mapping[str, Mapping[str, type[Gives]]] = {
    "not_facts": {"": Gives},
    "quantities": dict.fromkeys((*get_args(Kind), "alone"), QuantityGives),
    "quantity_cues": {
        "bound_before": BoundGives,
        "bound_reach": BoundGives,
        "bound_after": BoundGives,
        "change_before": ChangeGives,
        "change_reach": ChangeGives,
        "change_after": ChangeGives,
        "change_across": Gives,
        "chain": ChainGives,
        "currency": CurrencyGives,
        "home_currency": HomeCurrencyGives,
        "bare_before": BareGives,
        "bare_after": BareGives,
        "join": JoinGives,
        "not_low": Gives,
        "changed_by": Gives,
        "approximate": Gives,
    },
    "periods": {
        **dict.fromkeys(_PERIOD_PIECES, PieceGives),
        "frame": FrameGives,
        "joint": Gives,
        "list": Gives,
        "locale": LocaleGives,
    },
    "places": {"expression": ExpressionGives, "": ExpressionGives},
    "place_forms": {"form": FormGives, "": FormGives},
    "linking": dict.fromkeys(get_args(LinkingCue), Gives),
    "reading": dict.fromkeys(get_args(ReadingCue), Gives),
}
"""The stages, the kinds of rules that each of them knows, and what these give."""


def tags(stage: str) -> Iterator[tuple[type[Gives], str, str]]:
    """The tags that the code of a stage asks for, as rules write them, each with the schema and field that say so."""
    for schema in dict.fromkeys(STAGES[stage].values()):
        for name, field in schema.model_fields.items():
            yield schema, name, field.alias or name


def values(schema: type[Gives], name: str) -> tuple[str | int, ...]:
    """The single values of a tag that code asks for one by one; none of a tag that takes any, or any kind of amount."""
    found = _literals(schema.model_fields[name].annotation)
    return () if found == get_args(Kind) else found


def _literals(annotation: Any) -> tuple[str | int, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for part in get_args(annotation) for value in _literals(part))
