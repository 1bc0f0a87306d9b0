"""Phrases in both languages, and which of them a user's environment asks for."""

from __future__ import annotations

import pytest
from gongbao.language import Catalogue, Language, spoken


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB", "LC_MESSAGES": "zh_CN", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_environment_says_the_language(environment: dict[str, str], language: Language) -> None:
    assert spoken(environment) == language


PHRASES = Catalogue(
    {
        "the disk is full": {"zh": "磁盘已满"},
        "{n_rows} rows: {place}": {"zh": "{place}：{n_rows} 行"},
        "{n_rows} rows: {place}, none new": {"zh": "{place}：{n_rows} 行，没有新的"},
        "no column {name}": {"zh": "没有列 {name}"},
        "{n_left} left": {"zh": "剩 {n_left}"},
        "greeting": {"zh": "你好，{name}", "en": "Hello, {name}"},
    }
)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the disk is full", "磁盘已满"),
        ("12 rows: a.csv", "a.csv：12 行"),
        ("12 rows: a.csv, none new", "a.csv：12 行，没有新的"),  # the phrase with more words of its own
        ("no column '{x}'", "没有列 '{x}'"),  # braces of a text are no blanks
        ("no column the disk is full", "没有列 磁盘已满"),
        ("3 left; the disk is full", "剩 3；磁盘已满"),
        ("3 left; something else", "3 left; something else"),  # half a list would be neither language
        ("nobody left", "nobody left"),  # a number is asked for
        ("Hello, you", "你好，you"),
        ("", ""),
    ],
)
def test_english_is_found_by_its_wording(english: str, chinese: str) -> None:
    assert PHRASES.translated(english, "zh") == chinese
    assert PHRASES.translated(english, "en") == english


def test_a_phrase_is_said_by_its_key() -> None:
    assert [PHRASES.say("greeting", language, name="x") for language in ("zh", "en")] == ["你好，x", "Hello, x"]
    assert PHRASES.phrases("en")["the disk is full"] == "the disk is full"
