"""The numbers that Word puts in front of headings: 一、 （二） 第三条 are not in the text but in the list's definition.

Only numbers in Chinese numerals are given back: they make the outline. An Arabic one would run into the figures of its
line (`1.` in front of `2020年` reads as 1.2020).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_COUNTING = frozenset(
    [
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "ideographDigital",
        "japaneseDigitalTenThousand",
        "taiwaneseDigital",
    ]
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: number format, text around the number (`%1、`), first number."""

    format: str
    text: str
    start: int


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted.

    `lists` maps a list's number to its definition's number, `levels` a definition to its levels by depth, `styles` a
    paragraph style to list and depth.
    """

    lists: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, Mapping[int, Level]] = field(default_factory=dict)
    styles: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def next(self, list_number: str, depth: int) -> str:
        """Count one paragraph of a list and give its number as Word prints it; empty if it has none in Chinese."""
        definition = self.lists.get(list_number)
        levels = self.levels.get(definition or "", {})
        if definition is None or depth not in levels:
            return ""
        counts = self._counts.setdefault(definition, {})
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        numbers = {
            level: _number(levels[level].format, counts.get(level, levels[level].start))
            for level in levels
            if level <= depth
        }
        label = re.sub(r"%(\d)", lambda match: numbers.get(int(match[1]) - 1, ""), levels[depth].text)
        return label if re.search(f"[{_DIGITS}十百{_STEMS}]", label) and not re.search(r"\d", label) else ""


def read_numbering(numbering: Any, styles: Any) -> Numbering:
    """The lists that numbering.xml and styles.xml (parsed, or None) define."""
    if numbering is None:
        return Numbering()
    levels = {
        _attribute(definition, "abstractNumId"): {
            int(_attribute(level, "ilvl") or 0): Level(
                _child(level, "numFmt"), _child(level, "lvlText"), int(_child(level, "start") or 1)
            )
            for level in definition.iterfind("{*}lvl")
        }
        for definition in numbering.iterfind("{*}abstractNum")
    }
    lists = {_attribute(item, "numId"): _child(item, "abstractNumId") for item in numbering.iterfind("{*}num")}
    found: dict[str, tuple[str, int]] = {}
    for style in () if styles is None else styles.iterfind("{*}style"):
        properties = style.find("{*}pPr/{*}numPr")
        if properties is not None and _child(properties, "numId"):
            found[_attribute(style, "styleId")] = (_child(properties, "numId"), int(_child(properties, "ilvl") or 0))
    return Numbering(lists, levels, found)


def _number(kind: str, value: int) -> str:
    if kind in _COUNTING and 0 < value < 1000:
        return _chinese(value)
    if kind == "ideographTraditional" and 0 < value <= len(_STEMS):
        return _STEMS[value - 1]
    return str(value) if kind != "bullet" else ""


def _chinese(value: int) -> str:
    hundreds, tens, ones = value // 100, value // 10 % 10, value % 10
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{_DIGITS[tens]}十" if tens > 1 or hundreds else "十"
    elif hundreds and ones:
        text += "〇"
    return text + (_DIGITS[ones] if ones else "")


def _attribute(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _child(element: Any, name: str) -> str:
    child = element.find(f"{{*}}{name}")
    return "" if child is None else _attribute(child, "val")
