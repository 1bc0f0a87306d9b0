"""The words of the review page, in Chinese and English (strings.json)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from gongbao.diff.causes import Cause
from gongbao.language import LANGUAGES, Catalogue, Language
from gongbao.review.doubt import DoubtBand

__all__ = ["LANGUAGES", "Language", "Words", "cause_title", "say", "section_title", "strings"]


@cache
def _catalogue() -> Catalogue:
    return Catalogue.load("gongbao.review")


class Words:
    """The words of one language for templates, as attributes or items; a dict's own `keys` and `clear` would hide
    words of these names.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __getattr__(self, name: str) -> str:
        """The word of this name."""
        try:
            return self._words[name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, name: str) -> str:
        """The word of this name."""
        return self._words[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a word of this name."""
        return name in self._words


def strings(language: Language) -> dict[str, str]:
    """All words in one language."""
    return _catalogue().phrases(language)


def say(key: str, language: Language, **about: object) -> str:
    """One phrase with its blanks filled."""
    return _catalogue().say(key, language, **about)


def cause_title(cause: Cause, language: Language) -> str:
    """A group's title: `金额丢失`, `value ×10000 + year`."""
    if cause.change in ("removed", "added"):
        kind = _or_itself(f"k_{cause.shape}", cause.shape, language)
        text = say("s_lost" if cause.change == "removed" else "s_new", language, kind=kind)
        return f"{text} · {say(f'a_{cause.articles}', language)}" if cause.articles else text
    shape = _or_itself(f"s_{cause.shape}", cause.short_shape, language)
    if cause.field == "kind":
        shape = " → ".join(_or_itself(f"k_{part}", part, language) for part in cause.shape.split(" → "))
    also = "".join(f" + {say(f'f_{name}', language)}" for name in cause.also)
    return f"{say(f'f_{cause.field}', language)} {shape}{also}"


def section_title(section: DoubtBand, language: Language) -> str:
    """A section's title: `可信度 0.50–0.69`, `flagged`."""
    if section.reason != "confidence":
        return say(f"d_{section.reason}", language)
    return say("d_confidence", language, band=section.band)


def _or_itself(key: str, text: str, language: Language) -> str:
    return say(key, language) if key in _catalogue() else text
