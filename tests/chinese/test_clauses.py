"""Where sentences, statements and clauses begin and end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from gongbao.chinese.clauses import (
    STATEMENT_ENDS,
    clause_end,
    clause_start,
    pieces,
    sentences,
    statement_around,
    statement_start,
)


@dataclass(frozen=True)
class Stretch:
    start: int
    end: int


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一厂投产。二厂停工！", ["一厂投产。", "二厂停工！"]),
        ("一厂投产；二厂停工。", ["一厂投产；二厂停工。"]),
        ("他说：“明年投产。”会议结束。", ["他说：“明年投产。”", "会议结束。"]),
        ("（去年开工。）今年投产", ["（去年开工。）", "今年投产"]),
        ("真的吗？！是的", ["真的吗？！", "是的"]),
        ("标题\n正文", ["标题\n", "正文"]),
        ("。\n", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_what_ends_a_sentence_may_be_said() -> None:
    text = "一厂投产；二厂停工。”三厂"
    found = sentences(text, ends=STATEMENT_ENDS, closing="")
    assert [text[start:end] for start, end in found] == ["一厂投产；", "二厂停工。", "”三厂"]


def test_a_sentence_without_an_end_is_cut_where_it_is_asked_for() -> None:
    assert list(sentences("一" * 25, longest=10)) == [(0, 10), (10, 20), (20, 25)]


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("一厂投产。", [], ["一厂投产。"]),
        ("一厂投产，二厂停工，三厂开工", [], ["一厂投产，二厂停工，", "三厂开工"]),  # as far on as can be
        ("一厂、二厂、三厂、四厂、五厂", [], ["一厂、二厂、三厂、", "四厂、五厂"]),
        ("一，二厂三厂四厂五厂六厂", [], ["一，二厂三厂四厂五厂", "六厂"]),  # too early a comma cuts nothing
        ("一厂二厂三厂产值50亿元多", [(8, 13)], ["一厂二厂三厂产值", "50亿元多"]),
        ("产值12345678901亿元多", [(2, 15)], ["产值", "12345678901亿元", "多"]),  # a long span stays whole
        ("", [], []),
    ],
)
def test_what_is_too_long_is_cut_where_a_clause_ends(
    text: str, spans: list[tuple[int, int]], expected: list[str]
) -> None:
    found = pieces(text, 0, len(text), [Stretch(*span) for span in spans], longest=10)
    assert [text[start:end] for start, end in found] == expected


def test_sentences_of_a_part_of_a_text() -> None:
    assert list(sentences("一厂。二厂。三厂。", 3, 8)) == [(3, 6), (6, 8)]


@pytest.mark.parametrize(
    ("text", "at", "low", "expected"),
    [
        ("一厂投产；二厂，产值5亿元", "5", 0, "二厂，产值"),
        ("一厂投产，产值5亿元", "5", 0, "一厂投产，产值"),
        ("一厂投产，产值5亿元", "5", 3, "产，产值"),
    ],
)
def test_where_a_statement_begins(text: str, at: str, low: int, expected: str) -> None:
    offset = text.index(at)
    assert text[statement_start(text, offset, low) : offset] == expected


def test_the_statement_around_a_span() -> None:
    text = "一厂投产；二厂产值5亿元，增长一成。三厂停工"
    at = text.index("5")
    start, end = statement_around(text, at, at + 3)
    assert text[start:end] == "二厂产值5亿元，增长一成"


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("去年投产，产值5亿元，增长一成", "产值5亿元"),
        ("去年投产（含二厂，三厂）的产值5亿元，增长", "去年投产（含二厂，三厂）的产值5亿元"),
        ("去年投产（其中二厂5亿元）的产值", "其中二厂5亿元"),
        ("产值：5亿元", "5亿元"),
    ],
)
def test_clauses(text: str, clause: str) -> None:
    sentence, at = Stretch(0, len(text)), text.index("5")
    assert text[clause_start(text, sentence, at) : clause_end(text, sentence, at + 1)] == clause
