"""In which language people are spoken to, and phrases in both.

A catalogue is a file of JSON: `{"key": {"zh": …, "en": …}}`, where `en` is left out if the key is the English phrase
itself. Phrases may have blanks, `{name}`. What the program says in English, its errors above all, is found in the
catalogue by its wording, so that libraries raise errors in one language and who shows them translates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_NUMBER = r"[\d,.]+"
_HOLDS = dict.fromkeys(("path", "list"), "(?:(?!: ).)*?")
"""What blanks of these names hold: they end at a colon, else they would take in what introduces them."""
_BLANK = re.compile(r"\{(\w+)\}")


def spoken(environment: Mapping[str, str]) -> Language:
    """The language that the environment asks for: LC_ALL before LC_MESSAGES before LANG, as of other programs."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for name in names if (value := environment.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


class Catalogue:
    """The phrases of one file."""

    def __init__(self, phrases: Mapping[str, Mapping[str, str]]) -> None:
        self._phrases = {key: {"en": key, **pair} for key, pair in phrases.items()}

    @classmethod
    def load(cls, package: str) -> Catalogue:
        """The catalogue that lies in a package."""
        return cls(json.loads(files(package).joinpath("strings.json").read_text(encoding="utf-8")))

    def __contains__(self, key: object) -> bool:
        """Whether there is a phrase of this key."""
        return key in self._phrases

    def phrases(self, language: Language) -> dict[str, str]:
        """All phrases in one language, by key."""
        return {key: pair[language] for key, pair in self._phrases.items()}

    def say(self, key: str, language: Language, **about: object) -> str:
        """One phrase with its blanks filled."""
        text = self._phrases[key][language]
        return text.format(**about) if about else text

    def translated(self, text: str, language: Language) -> str:
        """An English text in another language; as it is where the catalogue does not have it.

        Where several phrases fit, the one with the most words of its own is taken. What fills a blank is translated by
        itself where the catalogue has that too, and so is a list of which it has every part. Blanks whose name begins
        with `n_` are numbers; those named `path` and `list` hold no colon and space.
        """
        found = self._found(text, language) if language != "en" else None
        return text if found is None else found

    def _found(self, text: str, language: Language) -> str | None:
        whole = self._whole.get(text)
        if whole is not None:
            return self._phrases[whole][language]
        for pattern, key in self._patterns:
            if match := pattern.fullmatch(text):
                about = {name: self.translated(value, language) for name, value in match.groupdict().items()}
                return _filled(self._phrases[key][language], about)
        for between, there in _BETWEEN.items():
            if between in text:
                parts = [self._found(part, language) for part in text.split(between)]
                return there.join(part for part in parts if part) if all(parts) else None
        return None

    @cached_property
    def _whole(self) -> dict[str, str]:
        return {pair["en"]: key for key, pair in self._phrases.items() if not _BLANK.search(pair["en"])}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        blanks = [(pair["en"], key) for key, pair in self._phrases.items() if _BLANK.search(pair["en"])]
        blanks.sort(key=lambda item: -len(_BLANK.sub("", item[0])))
        return [(_pattern(english), key) for english, key in blanks]


_BETWEEN = {"; ": "；", ", ": "，"}


def _filled(phrase: str, about: Mapping[str, str]) -> str:
    # Not by str.format: what fills a blank, or stands beside it, may hold braces.
    return _BLANK.sub(lambda blank: about[blank[1]], phrase)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _BLANK.split(english)  # text, name, text, name, …
    made = [
        re.escape(p) if at % 2 == 0 else f"(?P<{p}>{_NUMBER if p.startswith('n_') else _HOLDS.get(p, '.*?')})"
        for at, p in enumerate(parts)
    ]
    return re.compile("".join(made), re.DOTALL)
