from __future__ import annotations

import pytest
from gongbao.review.texts import MarkedSpan, TextPair, lines_around, pieces, sentence_around, simplified_spans
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(alphabet="ab产(č)12。\n😀", max_size=40)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[MarkedSpan]]:
    text = draw(TEXT)
    spans = []
    for n in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text)))
        spans.append(MarkedSpan(start, draw(st.integers(start, len(text))), str(n)))
    return text, spans


@given(marked())
def test_pieces_make_up_the_text_and_carry_exactly_the_labels_over_them(given_: tuple[str, list[MarkedSpan]]) -> None:
    text, spans = given_
    cut = pieces(text, spans)
    assert "".join(piece.text for piece in cut) == text
    for piece in cut:
        for at in range(piece.start, piece.start + len(piece.text)):
            assert set(piece.labels) == {s.label for s in spans if s.start <= at < s.end}


@given(marked(), st.integers(0, 40), st.integers(0, 40))
def test_a_part_of_the_text_is_cut_the_same(given_: tuple[str, list[MarkedSpan]], one: int, other: int) -> None:
    text, spans = given_
    low, high = sorted((min(one, len(text)), min(other, len(text))))
    assert "".join(piece.text for piece in pieces(text, spans, low, high)) == text[low:high]


def test_spans_are_found_in_the_simplified_text() -> None:
    raw = "產(chǎn)業(yè)投資５億元"
    repairs = [{"start": i, "end": i + n, "after": ""} for i, n in ((1, 6), (8, 4))]
    texts = TextPair(raw, "产业投资5亿元", tuple(repairs))
    span = MarkedSpan(raw.index("５"), len(raw), "amount")
    (found,) = simplified_spans(texts, [span])
    assert texts.simplified[found.start : found.end] == "5亿元"


def test_where_the_repairs_do_not_explain_the_text_nothing_is_claimed() -> None:
    texts = TextPair("abc", "something else", ())
    assert texts.simplify(0, 1) is None
    assert simplified_spans(texts, [MarkedSpan(0, 1, "amount")]) == []


def test_the_lines_around_take_in_where_a_part_was_read() -> None:
    text = "南京\n\n第一行\n第二行\n第三行\n第四行有5亿元\n第五行\n第六行\n第七行\n"
    at = text.index("5亿元")
    shown = [text[low:high] for low, high in lines_around(text, [MarkedSpan(0, 2, "place")], at, at + 3, around=1)]
    assert shown == ["南京", "第三行", "第四行有5亿元", "第五行"]


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("前一句。投资5亿元，很好。后一句。", "5亿元", "投资5亿元，很好。"),
        ("标题\n投资5亿元\n下一行", "5亿元", "投资5亿元"),
        ("5亿元", "5亿元", "5亿元"),
        ("增长6%；\u3000投资5亿元；", "5亿元", "投资5亿元；"),
    ],
)
def test_the_sentence_around_a_selection(text: str, words: str, sentence: str) -> None:
    at = text.index(words)
    low, high = sentence_around(text, at, at + len(words))
    assert text[low:high] == sentence
