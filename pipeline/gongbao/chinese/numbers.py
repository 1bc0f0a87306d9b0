"""Reading written numbers, exactly: Arabic, full-width, Chinese and mixed, to `decimal.Decimal`.

Understood are `1,273.36`, `３．２６`, `三千五百`, `二〇二〇`, `廿五`, `两百`, `肆佰陆拾`, `3千万`, `1.2万亿`,
`5万4千6百`, `四百五` (450), `十二点五`, `三分之一`, `一又二分之一`, `负三`, `零下三`, `半`; and numbers that
only say how much at least: `几十`, `数百`, `上千`, `二十几万`, `500余万`, `13亿多`. Simplified and traditional
characters are both read. The module works on a string that is a number as a whole; finding numbers in prose is the
matcher's work. It imports nothing of gongbao.

Scale words follow the Chinese system: 万 10^4, 亿 10^8, 兆 10^12 (as in Taiwan; the caller keeps 兆瓦 away).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import Literal

NumberBound = Literal["=", "~", ">"]

MAX_DIGITS = 60
"""Longer runs of digits are no amounts (keys, serial numbers) and are not read."""

_EXACT = Context(prec=8 * MAX_DIGITS)
_QUOTIENT = Context(prec=28)
_DIGIT_FORMS = ("零〇○", "一壹壱弌", "二两贰貳兩俩倆", "三叁参參叄", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
_DIGITS = {char: value for value, forms in enumerate(_DIGIT_FORMS) for char in forms}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_SCALES = _SMALL | _LARGE
_REWRITE = str.maketrans(
    {chr(ord("０") + i): str(i) for i in range(10)}
    | dict(
        zip(
            "．，點－−負幾數餘來廿卄卅卌",
            (".", ",", "点", "-", "-", "负", "几", "数", "余", "来", "二十", "二十", "三十", "四十"),
            strict=True,
        )
    )
    | dict.fromkeys(" \t\u00a0\u3000\u2009\u202f", "")
)
_PLAIN = re.compile(r"([0-9]+(?:\.[0-9]+)?)([万亿]?)")
_HANZI_POINT = re.compile(rf"(?<=[{''.join(_DIGITS)}十])[.·‧](?=[{''.join(_DIGITS)}])")
_ARABIC = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+")
_HANZI_DIGITS = re.compile(f"[{''.join(_DIGITS)}]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read. `upper` is set where two digits name a span (三四百: 300 to 400; 三五百).

    `bound` is `>` where the words say at least that much (几十, 余, 多, 上千), `~` for 来 (百来), else `=`.
    """

    value: Decimal
    bound: NumberBound = "="
    upper: Decimal | None = None


def parse_number(text: str) -> Decimal | None:
    """The value of a written number, or None if the string is no number. Of a span (三四百) the lower end."""
    number = read_number(text)
    return number.value if number else None


@lru_cache(maxsize=8192)
def read_number(text: str) -> Number | None:
    """Read a string that is a number as a whole, spaces allowed anywhere; None if it is none."""
    plain = _PLAIN.fullmatch(text)
    if plain and len(text) <= MAX_DIGITS:
        return Number(_times(Decimal(plain[1]), _LARGE.get(plain[2], 1)))
    text = _HANZI_POINT.sub("点", text.translate(_REWRITE).replace("零下", "负"))
    if not text or len(text) > MAX_DIGITS:
        return None
    if "分之" in text:
        return _fraction(text)
    if text[0] in "-负":
        number = _magnitude(text[1:])
        return number and Number(number.value.copy_negate(), number.bound, number.upper and number.upper.copy_negate())
    return _magnitude(text)


def quotient(numerator: Decimal, denominator: Decimal, places: int | None = None) -> Decimal:
    """`numerator / denominator`: exact where that is a finite decimal, else to `places` (28 digits if None)."""
    exact = _QUOTIENT.copy()
    value = exact.divide(numerator, denominator)
    if exact.flags[Inexact] and places is not None:
        value = value.quantize(Decimal(1).scaleb(-places), context=_EXACT)
    return _tidy(value)


def times(value: Decimal, factor: Decimal | int) -> Decimal:
    """The exact product, without trailing zeros after the point."""
    return _times(value, factor)


def plus(value: Decimal, other: Decimal) -> Decimal:
    """The exact sum."""
    return _tidy(_EXACT.add(value, other))


def _times(value: Decimal, factor: Decimal | int) -> Decimal:
    return _tidy(_EXACT.multiply(value, Decimal(factor)))


def _tidy(value: Decimal) -> Decimal:
    """Drop zeros after the point, so that 1.50亿 and 1.5亿 print alike."""
    whole = value.to_integral_value()
    if value == whole:
        return _EXACT.quantize(whole, Decimal(1))
    return value.normalize(_EXACT)


def _fraction(text: str) -> Number | None:
    below, _, above = text.partition("分之")
    whole, both, below = below.rpartition("又")
    sign = 1
    parts: list[Decimal] = []
    for part in (whole if both else "零", below, above):
        sign, part = (-sign, part[1:]) if part[:1] in ("-", "负") else (sign, part)
        number = _magnitude(part)
        if number is None:
            return None
        parts.append(number.value)
    if parts[1] == 0:
        return None
    return Number(_times(plus(parts[0], quotient(parts[2], parts[1])), sign))


def _magnitude(text: str) -> Number | None:
    """A number without sign."""
    bound: NumberBound = "="
    if text in ("半", "一半", "1半"):
        return Number(Decimal("0.5"))
    if len(text) > 1 and text[0] == "上" and text[1] in _SCALES:
        text, bound = text[1:], ">"
    span = _Reader(text)
    value = span.read()
    if value is None:
        return None
    upper = None
    if span.alternative is not None:
        upper = _Reader(span.alternative).read()
    return Number(value, span.bound if span.bound != "=" else bound, upper)


class _Reader:
    """One pass over a number written with scale words.

    `_total` holds what is complete up to the last 万, 亿 or 兆, `_section` what is complete below it (三千五百),
    `_pending` the digits still waiting for their scale.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.bound: NumberBound = "="
        self.alternative: str | None = None
        """The text with the upper digit, where two digits name a span."""
        self._total = self._section = Decimal(0)
        self._pending: Decimal | None = None
        self._small = 10**4  # the last small scale of this section: scales must fall
        self._large = 0  # the last large scale
        self._scale = 0  # the scale directly before `pending`, for 四百五
        self._at = 0

    def read(self) -> Decimal | None:
        text, seen = self.text, False
        while self._at < len(text):
            char = text[self._at]
            if char in _SCALES:
                if not self._apply(_SCALES[char]):
                    return None
                self._at += 1
            elif char in _DIGITS:
                if not self._hanzi():
                    return None
            elif char in "0123456789.":
                match = _ARABIC.match(text, self._at)
                if match is None or self._pending is not None:
                    return None
                self._pending, self._scale = Decimal(match[0].replace(",", "")), 0
                self._at = match.end()
            elif char == "点" and seen:
                return self._decimals()
            elif char in "几数" and self._pending is None:
                followed = text[self._at + 1 : self._at + 2] in _SCALES
                if not followed and not (char == "几" and seen):
                    return None
                self._pending, self._scale = Decimal(0 if seen else 1), 0
                self.bound = ">"
                self._at += 1
            elif char in "余多来" and seen:
                rest = text[self._at + 1 : self._at + 2]
                if rest and rest not in _LARGE:
                    return None
                self.bound = "~" if char == "来" else ">"
                self._at += 1
            else:
                return None
            seen = True
        return self._sum() if seen else None

    def _hanzi(self) -> bool:
        match = _HANZI_DIGITS.match(self.text, self._at)
        assert match is not None
        if self._pending is not None:
            return False
        digits = "".join(str(_DIGITS[char]) for char in match[0])
        after_scale = self._scale or self._at > 0
        following = self.text[match.end() : match.end() + 1]
        if (
            len(digits) == 2
            and (int(digits[1]) == int(digits[0]) + 1 or (digits == "35" and following in _SCALES))
            and digits[0] != "0"
            and (not following or following in _SCALES)
        ):
            self.alternative = self.text[: self._at] + self.text[self._at + 1 :]
            digits = digits[0]
            self._scale = 0 if self._scale > 10 else self._scale
        if after_scale and digits[0] == "0":
            self._scale, digits = 0, digits.lstrip("0")
        elif len(digits) > 1:
            self._scale = 0
        if digits:
            self._pending = Decimal(digits)
        self._at = match.end()
        return True

    def _apply(self, scale: int) -> bool:
        if scale < 10**4:
            if scale >= self._small:
                return False
            factor = Decimal(1) if self._pending is None else self._pending
            self._section = _EXACT.add(self._section, _EXACT.multiply(factor, Decimal(scale)))
            self._small = scale
        else:
            if self._scale >= 10**4:  # the digits stand between two large scales (五亿四万): they are whole
                self._scale = 0
            inner = _EXACT.add(self._section, self._rest()) if self._at else Decimal(1)
            if self._large and scale >= self._large:  # 万亿, 亿亿, 一万五千亿
                self._total = _EXACT.multiply(_EXACT.add(self._total, inner), Decimal(scale))
            else:
                self._total = _EXACT.add(self._total, _EXACT.multiply(inner, Decimal(scale)))
            self._section, self._small, self._large = Decimal(0), 10**4, scale
        self._pending, self._scale = None, scale
        return True

    def _rest(self) -> Decimal:
        """What the digits without a scale of their own are worth: 四百五 is 450, 一万三 is 13000, 四百零五 is 405."""
        pending = self._pending or Decimal(0)
        return pending * (self._scale // 10) if self._scale > 10 and pending < 10 else pending

    def _sum(self) -> Decimal:
        return _tidy(_EXACT.add(_EXACT.add(self._total, self._section), self._rest()))

    def _decimals(self) -> Decimal | None:
        """The rest after 点: digits, then perhaps large scales that count for all of it (二点三万亿)."""
        rest = self.text[self._at + 1 :]
        digits = rest.rstrip("".join(_LARGE))
        if not digits or not all(char in _DIGITS or char in "0123456789" for char in digits):
            return None
        decimals = Decimal("0." + "".join(str(_DIGITS.get(char, char)) for char in digits))
        value = _EXACT.add(self._sum(), decimals)
        for char in rest[len(digits) :]:
            value = _EXACT.multiply(value, Decimal(_LARGE[char]))
        return _tidy(value)
