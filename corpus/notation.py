"""The notation of `corpus/sources` and `corpus/training`: articles as written, what damage they suffer, their facts.

README.md beside this file explains it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from corpus import damage

KINDS = {
    "m": "money",
    "c": "count",
    "p": "percent",
    "g": "growth",
    "x": "multiple",
    "d": "duration",
    "s": "measure",
}
_DIGITS = {"百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "百亿": 10, "千亿": 11, "万亿": 12, "": 0}
_SCALE = "百万(?!分)|千万|百亿|千亿|万亿|百(?!分)|千(?![瓦米克])|[万亿]"
_PLAIN = re.compile(
    rf"([\d.,]+)\ ?((?:{_SCALE})?)[余多]?(?:个(?=[百千万亿]))?((?:{_SCALE})?)[余多]?([^\d\s]*?)"
    r"(?:以上|左右|以下|以内|上下)?"
)
"""An amount in plain digits: 3.5万件, 1300余万条, 50个亿元."""
_ARTICLE = re.compile(r"^%%% (\S+)\n", re.MULTILINE)


@dataclass
class Source:
    """One article: its head (`key: value` lines), its annotation lines and its clean text."""

    name: str
    head: dict[str, str]
    lines: list[str]
    text: str
    simplified: str = ""
    damaged: damage.Damaged = field(default_factory=lambda: damage.Damaged(()))

    @property
    def article(self) -> str:
        return self.head["article"]

    def names(self, key: str) -> list[str]:
        return [name.strip() for name in self.head.get(key, "").split(" / ") if name.strip()]


def load(path: Path) -> list[Source]:
    """The articles of a file: each is a line `%%% name`, head, annotation and clean text, with `---` between."""
    before, *pieces = _ARTICLE.split(path.read_text(encoding="utf-8"))
    if before:
        raise ValueError(f"{path}: begins with {before[:20]!r} and not with `%%% name`")
    return [_source(name, content) for name, content in zip(pieces[::2], pieces[1::2], strict=True)]


def _source(name: str, content: str) -> Source:
    head_text, body, text = content.split("\n---\n", 2)
    head: dict[str, str] = {}
    hands: list[str] = []
    for line in head_text.splitlines():
        key, _, value = line.partition(": ")
        if key == "hand":
            hands.append(value)
        elif key in ("initiatives", "orgs", "places") and key in head:
            head[key] += " / " + value
        else:
            head[key] = value.strip()
    source = Source(name, head, body.splitlines(), text)
    source.simplified, source.damaged = spoil(source.text, head, hands)
    return source


def spoil(text: str, head: dict[str, str], hands: Sequence[str]) -> tuple[str, damage.Damaged]:
    """The simplified clean text, and the text that the article shows, character by character."""
    if head["script"] == "hans" or "traditional" in head:
        simplified = text
    else:
        simplified = damage.to_traditional(text, config="tw2s")
    shown = text
    if "traditional" in head:
        config, _, wrong = head["traditional"].partition(" ")
        shown = damage.to_traditional(text, config=config, wrong=float(wrong or 0), seed=len(text))
    if "gloss" in head:
        options = dict((*part.split("="), "")[:2] for part in head["gloss"].split())
        result = damage.gloss(
            shown,
            clean=simplified,
            chars=(damage.LIGHT if "light" in options else "") + options.get("chars", ""),
            share=float(options.get("share", 0)),
            toneless="toneless" in options,
            seed=int(options.get("seed", 0)),
        )
    else:
        result = damage.Damaged(tuple(shown))
    if "shift" in head:
        for before in head["shift"].split(" / "):
            result = damage.shift(result, [simplified.index(before)])
    if "halfwidth" in head:
        result = damage.Damaged(tuple(map(damage.halfwidth, result.pieces)))
    for hand in hands:
        before, after = hand.split(" => ")
        result = damage.substitute(result, simplified, before, json.loads(f'"{after}"'))
    return simplified, result


Fact = tuple[int, int, dict[str, Any]]


def facts(source: Source) -> list[Fact]:
    """Start and end in the clean text, and the fact without what the final text decides; in the order of the text."""
    return sorted((*_listed(source), *_counted_in_passing(source)), key=lambda fact: fact[:2])


def _counted_in_passing(source: Source) -> Iterator[Fact]:
    """Spelled-out counts such as 四座城市, from lines `?四座城市 4`: each occurrence is an optional fact."""
    for line in source.lines:
        if line.startswith("?"):
            passage, value = line[1:].split()
            shown, noun = passage[:2], passage[2:]
            fact = {"amount": shown, "kind": "count", "value": int(value), "unit": shown[1], "bound": "="}
            fact |= {"place": None, "year": None, "initiative": [noun], "indicator": [noun], "optional": True}
            for hit in re.finditer(passage, source.simplified):
                start, end = hit.start(), hit.start() + len(shown)
                yield start, end, {**fact, "indicator_in_text": (end, hit.end()), "initiative_in_text": None}


def _listed(source: Source) -> Iterator[Fact]:
    place: Any = None
    year: list[int] | None = None
    initiative: list[str] = []
    indicator: list[str] = []
    position = 0
    for line in filter(None, map(str.strip, source.lines)):
        tag, rest = line[0], line[1:].strip()
        if tag == "@":
            place = None if rest == "null" else rest
        elif tag == "#":
            year = years(rest)
        elif tag == "*":
            initiative = variants(rest)
        elif tag != "?":
            cells = [cell.strip() for cell in line.split(" | ")]
            options = dict(cell.split("=", 1) if "=" in cell else (cell, "") for cell in cells[2:])
            start, end, fact = amount(source, cells[0], position)
            position = end
            if len(cells) > 1 and cells[1] != "^":
                indicator = variants(cells[1])
            fact["place"] = options.get("place", place) if options.get("place") != "null" else None
            if "also" in options:
                fact["place_also"] = options["also"].split(",")
            fact["year"] = years(options["year"]) if "year" in options else year
            fact["initiative"] = variants(options["init"]) if "init" in options else initiative
            fact["indicator"] = indicator
            if "opt" in options:
                fact["optional"] = True
            for key, names in (("indicator", indicator), ("initiative", fact["initiative"])):
                fact[f"{key}_in_text"] = where(source.simplified, start, end, options.get(key[:4] + "_in"), names, key)
            yield start, end, fact


def variants(text: str) -> list[str]:
    return [name.strip() for name in text.split("/") if name.strip()]


def years(text: str) -> list[int] | None:
    return None if text == "null" else [int(part) for part in text.split(",")]


def amount(source: Source, cell: str, position: int) -> tuple[int, int, dict[str, Any]]:
    """Find the amount after `position` and read its value: from the `{…}` beside it, or from plain digits."""
    match = re.fullmatch(r"([mcpgxds])(-?)([=~><]) (.+?)(?: \{(.+)\})?", cell)
    if not match:
        raise ValueError(f"{source.name}: cannot read {cell!r}")
    kind, sign, bound, shown, given = match.groups()
    passage, inner = shown, shown
    if bracket := re.search(r"\[(.+?)\]", shown):
        inner = bracket[1]
        passage = shown[: bracket.start()] + inner + shown[bracket.end() :]
    found = -1
    while True:
        found = source.simplified.find(passage, position if found < 0 else found + 1)
        if found < 0:
            raise ValueError(
                f"{source.name}: {passage!r} is not in the text after {source.simplified[position - 20 : position]!r}"
            )
        if not (re.match(r"[\d.]", passage) and re.search(r"[\d.,]$", source.simplified[max(found - 1, 0) : found])):
            break
    start = found + (bracket.start() if bracket else 0)
    low, high, unit = values(source.name, inner, given)
    factor = -1 if sign else 1
    fact = {"amount": inner, "kind": KINDS[kind], "value": number(low * factor), "unit": unit, "bound": bound}
    if high is not None:
        fact["value_max"] = number(high * factor)
    return start, start + len(inner), fact


def values(name: str, shown: str, given: str | None) -> tuple[Decimal, Decimal | None, str]:
    """Value, upper value of a range, and unit of an amount."""
    if given:
        span, unit = given.split(" ")
        low, _, high = span.partition("..")
        return Decimal(low), Decimal(high) if high else None, unit
    match = _PLAIN.fullmatch(shown.replace("个百分点", "百分点"))
    if not match or not match[4]:
        raise ValueError(f"{name}: give the value of {shown!r} in braces")
    return Decimal(match[1].replace(",", "")).scaleb(_DIGITS[match[2]] + _DIGITS[match[3]]), None, match[4]


def number(value: Any) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def where(text: str, start: int, end: int, given: str | None, names: Sequence[str], key: str) -> tuple[int, int] | None:
    """The span that names the indicator or the initiative: nearest in the sentence, failing that before the amount."""
    if given == "-":
        return None
    names = [given] if given else names
    left = max(text.rfind(mark, 0, start) for mark in "。！？\n") + 1
    right = min(hit for hit in (text.find(mark, end) for mark in "。！？\n") if hit >= 0)
    for name in names:
        before = text.rfind(name, left, start)
        if before >= 0:
            return before, before + len(name)
        after = text.find(name, end, right)
        if after >= 0:
            return after, after + len(name)
    if key == "indicator" and not given:
        left = text.rfind("\n", 0, start) + 1
        hits = [(text.rfind(name, left, start), name) for name in names]
    else:
        hits = [(text.rfind(name, 0, start), name) for name in names]
    for hit, name in hits:
        if hit >= 0:
            return hit, hit + len(name)
    return None
