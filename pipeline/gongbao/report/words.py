"""The Chinese words of the page."""

from __future__ import annotations

from decimal import Decimal

from gongbao.export.titles import FLAG_TITLES, KIND_TITLES, STATUS_TITLES

KINDS = KIND_TITLES
STATUSES = STATUS_TITLES
FIELDS = {"place": "地点", "year": "年份", "initiative": "事项", "indicator": "指标", "amount": "数量"}
HOW = {
    "stated": "本句写明",
    "heading": "小标题",
    "carried": "承前文",
    "title": "标题",
    "published": "按发布日期",
    "default": "默认",
    "missing": "未知",
}
BOUNDS = {"=": "", "~": "约", ">": "超过", "<": "不足"}
FLAGS = FLAG_TITLES


def short_place(path: str) -> str:
    """The last part of a place's path, with the city of a district: `江苏省/南京市/江宁区` is 南京市江宁区."""
    parts = path.split("/")
    return "".join(parts[-2:]) if len(parts) > 2 else parts[-1]


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
