"""Reading written numbers: tables of forms, and properties over generated numbers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from gongbao.chinese.numbers import MAX_DIGITS, parse_number, plus, quotient, read_number, times
from hypothesis import given
from hypothesis import strategies as st

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/synthetic/quantities_numbers.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("text", "value"), CASES["reads"].items())
def test_reads(text: str, value: str) -> None:
    number = read_number(text)
    assert number is not None
    assert (number.value, number.bound, number.upper) == (Decimal(value), "=", None)


@pytest.mark.parametrize(("text", "value"), CASES["at_least"].items())
def test_at_least(text: str, value: str) -> None:
    number = read_number(text)
    assert number is not None
    assert (number.value, number.bound) == (Decimal(value), ">")


@pytest.mark.parametrize(("text", "span"), CASES["spans"].items())
def test_two_digits_name_a_span(text: str, span: tuple[str, str]) -> None:
    number = read_number(text)
    assert number is not None
    assert (number.value, number.upper) == tuple(map(Decimal, span))


def test_about() -> None:
    number = read_number("百来")
    assert number is not None
    assert (number.value, number.bound) == (100, "~")


@pytest.mark.parametrize("text", [*CASES["none"], "9" * (MAX_DIGITS + 1)])
def test_reads_nothing(text: str) -> None:
    assert parse_number(text) is None


def test_values_are_exact() -> None:
    assert str(parse_number("19.75亿")) == "1975000000"
    assert str(parse_number("0.1")) == "0.1"
    assert str(parse_number("123456789012345678901234567890.12万")) == "1234567890123456789012345678901200"
    assert str(parse_number("1.50亿")) == str(parse_number("1.5亿")) == "150000000"


@pytest.mark.parametrize(
    ("above", "below", "value"),
    [("100", "3", "33.33"), ("200", "3", "66.67"), ("100", "8", "12.5"), ("1", "10000", "0.0001")],
)
def test_a_quotient_is_exact_where_it_is_finite(above: str, below: str, value: str) -> None:
    assert quotient(Decimal(above), Decimal(below), 2) == Decimal(value)


def test_sums_and_products_are_exact() -> None:
    assert str(times(Decimal("0.1"), Decimal(3))) == "0.3"
    assert str(plus(Decimal("0.1"), Decimal("0.2"))) == "0.3"


_DIGITS = "零一二三四五六七八九"


def _spell(value: int) -> str:
    """An integer below 10^16 in Chinese, by the school rules."""

    def section(number: int) -> str:
        out, gap = "", False
        for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit = number // scale % 10
            if digit:
                out += ("零" if gap else "") + _DIGITS[digit] + name
                gap = False
            else:
                gap = bool(out)
        return out

    if value == 0:
        return "零"
    out, gap = "", False
    for scale, name in ((10**12, "兆"), (10**8, "亿"), (10**4, "万"), (1, "")):
        part = value // scale % 10**4
        if part:
            out += ("零" if out and (gap or part < 1000) else "") + section(part) + name
            gap = False
        else:
            gap = bool(out)
    return out


@given(st.integers(min_value=0, max_value=10**16 - 1))
def test_spelled_integers_come_back(value: int) -> None:
    assert parse_number(_spell(value)) == value


@given(
    st.integers(min_value=0, max_value=10**12),
    st.integers(min_value=0, max_value=10**6 - 1),
    st.sampled_from(["", "万", "亿", "万亿"]),
)
def test_arabic_decimals_come_back(whole: int, decimals: int, scale: str) -> None:
    factor = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}[scale]
    value = Decimal(f"{whole}.{decimals:06}")
    for written in (f"{whole}.{decimals:06}", f"{whole:,}.{decimals:06}"):
        assert parse_number(written + scale) == value * factor


@given(st.text(alphabet="0123456789.,，０５一二三十百千万亿兆零〇点分之又半几数余多来上负- 廿", max_size=20))
def test_never_raises(text: str) -> None:
    number = read_number(text)
    assert number is None or number.value.is_finite()


@given(st.text(max_size=12))
def test_never_raises_on_anything(text: str) -> None:
    parse_number(text)
