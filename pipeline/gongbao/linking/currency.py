"""Which currency a bare 元 is, by the place of its record.

A text from Hong Kong or Taiwan means its own currency by 元, as the matcher of quantities tells from its words. Where
two places' money meets in one text, the place that an amount belongs to decides, and the record is flagged: a bare 元
of a mainland city is renminbi whatever the rest of the text counts in, one of Taipei is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gongbao.document import Quantity
from gongbao.places.paths import COUNTRY, province_of
from gongbao.rulebook.cues import LinkingCues
from gongbao.rulebook.load import RuleSet

GUESSED = "currency_guessed"
_OWN: Mapping[str, str] = {"香港特别行政区": "港元", "台湾省": "新台币", "澳门特别行政区": "澳门元"}
_REACH = 48
"""Characters before an amount, or the list that it is in, within which its currency may be named."""


class Currencies:
    """Knows the words that betray where a text comes from (rules of kind `home_currency`)."""

    def __init__(self, rules: RuleSet, cues: LinkingCues) -> None:
        self._cues = cues
        homes = [rule for rule in rules.stage("quantity_cues") if rule.kind == "home_currency"]
        self._words = {h.gives.unit: (h.gives.at_least, rules.lexicon(h.gives.words)) for h in homes}

    def judged(self, text: str, quantity: Quantity, place: str | None) -> Quantity:
        """The quantity in the currency of its place; one that is not money, or says its currency, stays as it is.

        Args:
            text: The simplified text.
            quantity: A quantity of it.
            place: The path of its place, None if unknown.
        """
        if quantity.kind != "money" or place is None or place == COUNTRY:
            return quantity
        own = _OWN.get(province_of(place), "元")
        unit, slash, per = quantity.unit.partition("/")
        if unit == own or unit not in {"元", *self._words} or not self._is_bare(text, quantity):
            return quantity
        if own != "元" and not self._is_spoken(text, own):
            own = unit  # a text of elsewhere that says neither
        return replace(quantity, unit=own + slash + per, flags=(*quantity.flags, GUESSED))

    def _is_bare(self, text: str, quantity: Quantity) -> bool:
        before = text[max(0, quantity.start - _REACH) : quantity.start]
        said = self._cues["currency_before"].search(before) or self._cues["currency_after"].match(text, quantity.end)
        return bool(said is None and self._cues["bare_yuan"].fullmatch(quantity.text))

    def _is_spoken(self, text: str, unit: str) -> bool:
        at_least, words = self._words.get(unit, (1, ()))
        return sum(word in text for word in words) >= int(at_least)
