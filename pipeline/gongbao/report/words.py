"""The Chinese words of the page."""

from __future__ import annotations

from decimal import Decimal

from gongbao.export.titles import BOUND_TITLES

FIELDS = {"place": "地点", "year": "年份", "initiative": "事项", "indicator": "指标", "amount": "数量"}
BOUNDS = {**BOUND_TITLES, "=": ""}
"""What stands before an amount."""


def shortened(text: str, most: int = 18) -> str:
    """A label of no more than so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def money(value: Decimal) -> str:
    """An amount in 元 as people write it: 万亿元, 亿元, 万元 or 元, with the digits it has."""
    for size, unit in ((Decimal(10) ** 12, "万亿元"), (Decimal(10) ** 8, "亿元"), (Decimal(10) ** 4, "万元")):
        if abs(value) >= size:
            return f"{_digits(value / size)}{unit}"
    return f"{_digits(value)}元"


def _digits(value: Decimal) -> str:
    text = f"{value.normalize():,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
