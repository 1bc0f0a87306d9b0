"""Datelines: 本报南京1月8日电（记者…）, 新华社北京1月8日电, 央视网消息, （中央社記者…台北5日電）, 记者…／台北報導."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OWN = "本报|本報|本刊|本网|本網|本台|本社"
_AGENCY = (
    "新华社|新華社|新华网|新華網|中新社|中新网|中新網|中国新闻网|人民网|人民網|央视网|央視網|央广网|央廣網|中国网|中央社|中通社|中評社|"
    r"[\u4e00-\u9fff]{2,6}?(?:日报|日報|晚报|晚報|商报|商報|时报|時報|早报|早報|晨报|晨報|都市报|都市報|财经|新闻网|新聞網|通讯社|電視台|电视台|客户端)"
)
_DAY = r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})[日號号]"
_END = r"(?:综合|綜合)?(?:专|專|外|特)?(?:电|電|讯|訊|消息|报道|報導|報道)"
_REPORTERS = r"(?:[（(][^（）()\n]{1,40}[）)])?"
_CITIES = (
    "台北|臺北|新北|桃園|台中|臺中|台南|臺南|高雄|基隆|新竹|苗栗|彰化|南投|雲林|嘉義|屏東|宜蘭|花蓮|台東|臺東|澎湖|金門"
    "|馬祖|連江|香港|澳門|澳门|北京|上海|天津|重慶|重庆|廣州|广州|深圳"
)
"""Places in front of which a reporter's name stands without a blank; elsewhere the blank tells them apart."""

_WIRE = re.compile(
    rf"(?:据|據)?(?P<agency>{_OWN}|{_AGENCY})\s*{_REPORTERS}\s*(?P<place>[\u4e00-\u9fff]{{2,8}}?)?\s*{_DAY}\s*{_REPORTERS}\s*{_END}"
)
_NAMES = r"[\u4e00-\u9fff·]{2,4}?(?:[、 ][\u4e00-\u9fff·]{2,4}?){0,3}"
_WIRE_REPORTER = re.compile(
    rf"[（(【]\s*(?P<agency>{_AGENCY})\s*(?:记者|記者)\s*{_NAMES}\s*"
    rf"(?P<place>{_CITIES}|(?<=\s)[\u4e00-\u9fff]{{2,6}}){_DAY}{_END}"
)
_FROM_PLACE = re.compile(
    r"(?:记者|記者)\s*[／/:：]?\s*[^，。,／/\n]{2,24}?\s*[／/ 　]\s*(?P<place>[\u4e00-\u9fff]{2,4}?)"
    r"(?:综合|綜合|专题|專題|连线|連線)?(?:报道|報導|報道)(?![出了])"
)
_NEWS = re.compile(
    rf"[【〔\[（(]?\s*(?P<agency>{_OWN}|{_AGENCY})\s*(?:综合|綜合)?(?P<news>讯|訊|消息|报道|報導)(?=[\s】〕\]）)（(:：]|\S{{2}})"
)
_BARE = re.compile(rf"[【（(]?\s*{_DAY}[讯訊电電](?=[\s】）)（(])")

_HINT = re.compile("[日號号记記本社网網报報][^。]{0,60}?[电電讯訊息报報]")

REACH = 160
"""Code points from the start of a line within which a dateline stands (some pages glue it to the title)."""


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
    if _HINT.search(head) is None:
        return None
    for pattern in (_WIRE_REPORTER, _WIRE):
        match = pattern.search(head)
        if match is not None and _may_stand(head, match):
            return _dateline(match)
    for pattern in (_BARE, _NEWS):
        match = pattern.match(head)
        if match is not None:
            return _dateline(match)
    match = _FROM_PLACE.search(head[:60])
    return _dateline(match) if match is not None else None


def _may_stand(head: str, match: re.Match[str]) -> bool:
    """At the start, behind an opening bracket, or right behind a title; in mid-sentence it quotes another paper."""
    before = head[: match.start()].rstrip("【（( \u3000")
    return not before or not re.search(r"[。，；,;]", before)


def _dateline(match: re.Match[str]) -> Dateline:
    found = match.groupdict()
    place = found.get("place")
    if place is not None and re.search(r"记者|記者|通讯员|消息|[年月日]|今天|昨天|近日", place):
        place = None
    year, month, day = (int(value) if (value := found.get(name)) else None for name in ("year", "month", "day"))
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        year = month = day = None
    return Dateline(found.get("agency"), place, year, month, day)
