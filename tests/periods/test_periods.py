"""Time expressions: what is found, which year it means, and what is not one."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from gongbao.chinese.calendar import Window, context_year, five_year_plan, full_year, shift_months
from gongbao.document import Period
from gongbao.errors import RuleError
from gongbao.periods.match import PeriodMatcher, found_rows
from gongbao.rulebook.load import RuleSet, check_examples
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = Path(__file__).resolve().parents[1] / "cases"
PUBLISHED = date(2021, 1, 9)


@cache
def rules() -> RuleSet:
    return RuleSet.load()


@cache
def matcher() -> PeriodMatcher:
    return PeriodMatcher(rules())


def cases(name: str) -> list[Any]:
    return list(yaml.safe_load((CASES / name).read_text(encoding="utf-8")))


def said(period: Period, *, dates: bool) -> list[str]:
    """A period as the case files write it."""
    row = [period.text, str(period.year or "-"), period.role]
    return [*row, f"{period.period_start or '-'}..{period.period_end or '-'}"] if dates else row


def fields(line: str) -> list[str]:
    return [field.strip() for field in line.split(" | ")]


def check_sentence(case: dict[str, Any]) -> None:
    expected = [fields(line) for line in case["periods"]]
    found = matcher().match(case["text"], case["pub_date"])
    got = [said(period, dates=False) for period in found]
    assert got == [row[:3] for row in expected]
    with_dates = [said(period, dates=True) for period, row in zip(found, expected, strict=True) if len(row) > 3]
    assert with_dates == [row for row in expected if len(row) > 3]


@pytest.mark.parametrize("case", cases("in_the_wild/periods_sentences.yaml"), ids=lambda case: case["text"][:16])
def test_sentences(case: dict[str, Any]) -> None:
    check_sentence(case)


@pytest.mark.parametrize("line", cases("synthetic/periods_forms.yaml"))
def test_forms(line: str) -> None:
    text, find, year, role, anchor, days = fields(line)
    (period,) = matcher().match(text, PUBLISHED)
    assert [*said(period, dates=True), period.anchor] == [find, year, role, days, anchor]


@pytest.mark.parametrize("text", cases("negative/periods_none.yaml"))
def test_not_a_time(text: str) -> None:
    found = [period.text for period in matcher().match(text, PUBLISHED) if period.role != "comparison" or period.year]
    assert found == []


@pytest.mark.parametrize("case", cases("known_failures/periods_open.yaml"), ids=lambda case: case["text"][:16])
@pytest.mark.xfail(strict=True, raises=AssertionError, reason="no rule yet says this")
def test_known_failures(case: dict[str, Any]) -> None:
    check_sentence(case)


def test_rule_examples_hold_both_ways() -> None:
    stage = rules().stage("periods")
    assert len(stage) > 50
    assert check_examples(stage, lambda text, day: found_rows(matcher(), text, day)) == []


def test_every_event_has_a_date() -> None:
    (rule,) = (rule for rule in rules().stage("periods") if rule.id == "period.event")
    assert set(rule.gives.event) == set(rules().lexicon("period_events"))


# -- without a publication date -----------------------------------------------------------------------------------


RELATIVE = [
    "今年",
    "去年9月",
    "目前",
    "近日",
    "近三年",
    "上月",
    "一季度",
    "12月",
    "上年",
    "三年前",
    "前年11月到去年3月",
    "今天（1月9日）",
]


@pytest.mark.parametrize("text", RELATIVE)
def test_relative_expressions_have_no_year_without_publication_date(text: str) -> None:
    (period,) = matcher().match(text, None)
    assert (period.text, period.year) == (text, None)
    assert period.period_start is None or period.role == "since"


def test_what_began_keeps_its_first_year_without_publication_date() -> None:
    (period,) = matcher().match("2017年以来", None)
    assert (period.year, period.period_start, period.period_end) == (2017, date(2017, 1, 1), None)


# -- context ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "year", "days"),
    [
        ("一季度", 2018, (date(2018, 1, 1), date(2018, 3, 31))),
        ("12月", 2018, (date(2018, 12, 1), date(2018, 12, 31))),
        ("截至6月底", 2018, (None, date(2018, 6, 30))),
        ("上年", 2017, (date(2017, 1, 1), date(2017, 12, 31))),
        ("次年", 2019, (date(2019, 1, 1), date(2019, 12, 31))),
        ("11年后", 2029, (date(2029, 1, 1), date(2029, 12, 31))),
        ("同期", 2018, (None, None)),
        ("2月", 2018, (date(2018, 2, 1), date(2018, 2, 28))),
    ],
)
@pytest.mark.parametrize("published", [None, PUBLISHED])
def test_in_context(text: str, year: int, days: tuple[date | None, date | None], published: date | None) -> None:
    sentence = f"其中，{text}，完成3亿元"
    (period,) = matcher().match(sentence, published)
    placed = matcher().in_context(period, 2018)
    assert (placed.year, (placed.period_start, placed.period_end)) == (year, days)
    assert sentence[placed.start : placed.end] == placed.text == text


def test_in_context_leaves_written_years_alone() -> None:
    (period,) = matcher().match("2020年前三季度", PUBLISHED)
    assert matcher().in_context(period, 2018) is period


@pytest.mark.parametrize(
    ("window", "lead", "published", "year"),
    [
        (Window(12, 1, 12, 31), 7, date(2021, 1, 9), 2020),
        (Window(12, 1, 12, 31), 7, date(2021, 10, 9), 2021),
        (Window(1, 1, 3, 31), 4, date(2021, 4, 20), 2021),
        (Window(1, 1, 6, 30), 4, date(2021, 1, 20), 2020),
        (Window(1, 1, 9, 30), 2, date(2021, 10, 20), 2021),
    ],
)
def test_context_year(window: Window, lead: int, published: date, year: int) -> None:
    assert context_year(window, lead, published) == year


# -- locale, overlaps, calendar -----------------------------------------------------------------------------------


def test_bare_roc_years_need_a_taiwan_context() -> None:
    assert matcher().match("110年度核定6件", PUBLISHED) == ()
    (period,) = matcher().match("补助新台币2亿元，110年度核定6件", PUBLISHED)
    assert (period.text, period.year) == ("110年度", 2021)


@pytest.mark.parametrize(
    ("number", "years"), [(1, (1953, 1957)), (3, (1966, 1970)), (10, (2001, 2005)), (14, (2021, 2025))]
)
def test_five_year_plans(number: int, years: tuple[int, int]) -> None:
    assert five_year_plan(number) == years


@pytest.mark.parametrize(
    ("written", "published", "year"),
    [
        (98, date(2001, 1, 1), 1998),
        (98, date(1997, 1, 1), 1998),
        (24, date(2021, 1, 1), 2024),
        (70, date(1965, 1, 1), 1970),
        (49, None, 2049),
        (50, None, 1950),
    ],
)
def test_two_digit_years(written: int, published: date | None, year: int) -> None:
    assert full_year(written, published) == year


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(-600, 600))
def test_shift_months_lands_in_the_month(day: date, months: int) -> None:
    moved = shift_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day


# -- any text -----------------------------------------------------------------------------------------------------

CHARACTERS = "年月日季度上下前后今去明本同比较至到—-、，。\n“”（）《》0129一二三四五十廿〇元个 😀𠀀\ue000\ue001"
WORDS = st.sampled_from([*CHARACTERS, "2020", "2021年", "“十四五”", "以来", "截至", "民国"])


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=60).map("".join), st.none() | st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_any_text_gives_ordered_spans_that_hold_their_text(text: str, published: date | None) -> None:
    found = matcher().match(text, published)
    for period in found:
        assert text[period.start : period.end] == period.text
        assert period.text
        if period.period_start and period.period_end:
            assert period.period_start <= period.period_end
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert found == matcher().match(text, published)


# -- broken rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    [
        "2021年1月1日至", "2021年至", "2021—", "2018、", "2018年、", "1月至", "1日至", "3月、", "前三季度至", "“十四五”至", "上年同期", "同期", "去年",
        "年底", "年底前", "今年以来", "至今", "自2015年", "截至2021年底", "比2018年", "2021年1月1日", "12:30", "近年来", "二〇二一年至", "第一季度和",
    ],
)  # fmt: skip
def test_what_goes_on_without_end_is_no_period(piece: str) -> None:
    """A period stands in each record that it dates: one as long as the article would make results of its square."""
    for text in (piece * 800, f"自{piece * 800}今，投资3亿元"):
        assert max((len(period.text) for period in matcher().match(text, PUBLISHED)), default=0) <= 150


def test_a_hole_in_a_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "periods").mkdir()
    (tmp_path / "periods" / "mine.yaml").write_text(
        "rules:\n  - id: mine.old\n    name: 昔年\n    kind: year\n    pattern: '(?P<word>昔)年'\n"
        "    gives: {read: relative_year, word: {旧: 0}}\n"
        "    examples: {yes: [{text: 昔年}]}\n",
        encoding="utf-8",
    )
    with pytest.raises(RuleError, match="gives no word for '昔'") as caught:
        PeriodMatcher(RuleSet.load(tmp_path)).match("昔年", PUBLISHED)
    assert caught.value.code == "rules.gives"
    assert str(caught.value.where).endswith("mine.yaml:2")
