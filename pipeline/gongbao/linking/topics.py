"""Which places the sentences of an article may be about.

A place that is only compared with (高于全国), reached (出口美国), worked with (与上海合作), at the end of a route
(成都—昆明铁路) or that pays (对口支援的上海市捐资) is named, but nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from gongbao.document import Document, Place
from gongbao.linking.respectively import name_runs
from gongbao.places.paths import nested
from gongbao.rulebook.cues import LinkingCues
from gongbao.rulebook.load import RuleSet

_ROUTE = regex.compile(r"\s?[—–－\-~～―]{1,2}\s?")
"""Between the ends of a line, pipeline or road (成都—昆明)."""
_QUOTED_NAME = 12
"""Longest quoted name, in characters, within which a place is part of the name (“横县茉莉花茶”)."""


class TopicRules:
    """Tells the places that a sentence may be about from those that it only names.

    Args:
        rules: Supplies the cue lexicons `place_object_cues` (words before a place that make it an object),
            `place_comparison_before` (words before 全国 that make it one side of a comparison) and
            `place_comparison_after` (words after 全国, 全省, 全市 that do).
        cues: The words that linking asks for.
    """

    def __init__(self, rules: RuleSet, cues: LinkingCues) -> None:
        self._cues = cues
        self._object = _suffix_pattern(rules.lexicon("place_object_cues"))
        self._country_comparison = _suffix_pattern(rules.lexicon("place_comparison_before"))
        self._comparison_after = _prefix_pattern(rules.lexicon("place_comparison_after"))

    def of(self, document: Document) -> list[Place]:
        """The places of a document that its sentences may be about, in order."""
        text = document.text
        apart: set[Place] = set()
        for run in name_runs(self._cues, text, document.places):
            if any(_is_foreign(place) for place in run) or not self.is_topic(text, run[0]):
                apart.update(run)
        for place, end in pairwise(document.places):
            if (
                place.place
                and end.place
                and _ROUTE.fullmatch(text, place.end, end.start)
                and not nested((place.place, end.place))
            ):
                apart.update((place, end))
        return [
            place
            for place in document.places
            if place not in apart and self.is_topic(text, place) and not _in_quoted_name(text, place)
        ]

    def is_topic(self, text: str, place: Place) -> bool:
        """True if the sentence may be about this place, False where it is only compared with or an object."""
        if place.form == "embedded" or place.dateline or (place.place is None and place.form != "relative"):
            return False
        before, after = text[max(0, place.start - 8) : place.start], text[place.end : place.end + 8]
        if self._object.search(before):
            return False
        # 在渝投资 tells of a place; elsewhere its one character is part of a name (西延、康渝).
        if place.form == "adjective" and not self._cues["locative"].match(before[-1:]):
            return False
        if place.rank == "country":
            return not (self._country_comparison.search(before) or self._comparison_after.match(after))
        measures = self._comparison_after.match(after) or self._cues["compared_before"].search(before)
        return not (place.form == "relative" and measures)


def is_donor(cues: LinkingCues, text: str, run: Sequence[Place]) -> bool:
    """Whether places named together give to another (对口支援的上海市捐资…): the money is spent there."""
    before = text[max(0, run[0].start - 12) : run[0].start]
    return bool(cues["donor_after"].match(text, run[-1].end) or cues["donor_before"].search(before))


def _suffix_pattern(words: Sequence[str]) -> regex.Pattern[str]:
    return regex.compile(r"(?:\L<words>)$" if words else r"(?!)", words=list(words))


def _prefix_pattern(words: Sequence[str]) -> regex.Pattern[str]:
    return regex.compile(r"(?:\L<words>)" if words else r"(?!)", words=list(words))


def _is_foreign(place: Place) -> bool:
    return place.place is None and place.form in {"name", "adjective"}


def _in_quoted_name(text: str, place: Place) -> bool:
    opening = text.rfind("“", max(0, place.start - _QUOTED_NAME), place.start)
    closing = text.find("”", place.end, place.end + _QUOTED_NAME)
    if opening < 0 or closing < 0 or "”" in text[opening : place.start]:
        return False
    return closing - opening <= _QUOTED_NAME and closing - opening - 1 > place.end - place.start
