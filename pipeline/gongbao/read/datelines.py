"""Datelines: 本报南京1月8日电（记者…）, 新华社北京1月8日电, 央视网消息, （中央社記者…台北5日電）, 记者…／台北報導."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gongbao.rulebook.cues import reading_cues
from gongbao.rulebook.gives import ReadingCue

REACH = 160
"""Code points from the start of a line within which a dateline stands (some pages glue it to the title)."""


_GLUED: tuple[ReadingCue, ...] = ("wire_reporter", "wire")
_FIRST: tuple[ReadingCue, ...] = ("day_alone", "news")


@dataclass(frozen=True, slots=True)
class Dateline:
    """What a dateline says; the year and month are often left to the reader."""

    agency: str | None
    place: str | None
    year: int | None
    month: int | None
    day: int | None


def find_dateline(line: str) -> Dateline | None:
    """The dateline of a paragraph, at its start or (agencies only) behind a title glued to it; None without one."""
    head = line[:REACH].strip()
    cues = reading_cues()
    if cues["dateline_hint"].search(head) is None:
        return None
    for kind in _GLUED:
        match = cues[kind].search(head)
        if match is not None and _may_stand(head, match):
            return _dateline(match)
    for kind in _FIRST:
        match = cues[kind].match(head)
        if match is not None:
            return _dateline(match)
    match = cues["from_place"].search(head[:60])
    return _dateline(match) if match is not None else None


def _may_stand(head: str, match: Any) -> bool:
    """At the start, behind an opening bracket, or right behind a title; in mid-sentence it quotes another paper."""
    before = head[: match.start()].rstrip("【（( \u3000")
    return not before or not re.search(r"[。，；,;]", before)


def _dateline(match: Any) -> Dateline:
    found = match.groupdict()
    place = found.get("place")
    if place is not None and reading_cues()["not_place"].search(place):
        place = None
    year, month, day = (int(value) if (value := found.get(name)) else None for name in ("year", "month", "day"))
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        year = month = day = None
    return Dateline(found.get("agency"), place, year, month, day)
