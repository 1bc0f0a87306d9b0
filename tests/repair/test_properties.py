"""Repair under random mixtures of damage: the account is complete, offsets are true, repairing twice is repairing once."""

from __future__ import annotations

from dataclasses import dataclass

from gongbao.chinese.script import convert
from gongbao.repair.text import repair
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PLAIN = [
    "企業",
    "知識產權",
    "運營",
    "，",
    "、",
    "2400余人",
    "19.75",
    "億元",
    "増",
    "GDP",
    "(PCT)",
    "（上海）",
    "😀",
    "𠮷野家",
    "👩‍👩‍👧",
    "A股",
    "\n",
]
"""Pieces without damage: they stay as they are and where they are."""
DAMAGED = {
    "區(qū)": "區",
    "創(chuàng)": "創",
    "業（yè）": "業",
    "萬(wàn)": "萬",
    "長(cháng)(zhǎng)": "長",
    "發(fā\u200b)": "發",
    "企\u00ad業": "企業",
    "５６．７": "56.7",
    "７％": "7%",
    "&#65292;": "，",
    "\ufeff": "",
    "⾦": "金",
    "產業。其中,??怠⒋笕A、宇視等3家": "產業。其中,海康、大華、宇視等3家",
    "重視?，F(xiàn)在": "重視。現在",
}
ANYTHING = st.text(
    st.one_of(
        st.sampled_from("?？!！,，;；：:（()）&;.#xXamp　 \n\u00a0\u200b\u200d\ufe0f\ufeff\ufffd○\u20e3"),
        st.sampled_from("區創業發產萬億怠⒋笕萍冀鹑谂耙粎粠宦贰著瞭后國国の"),
        st.sampled_from("ABFhcqūāàǎéǚ1２３％．－"),
        st.characters(codec="utf-8"),
        st.characters(categories=["Cs", "Co"]),
    ),
    max_size=60,
)


@dataclass(frozen=True)
class Piece:
    shown: str
    clean: str


def pieces() -> st.SearchStrategy[list[Piece]]:
    plain = st.sampled_from([Piece(text, text) for text in PLAIN])
    damaged = st.sampled_from([Piece(shown, clean) for shown, clean in DAMAGED.items()])
    return st.lists(st.one_of(plain, damaged).map(lambda p: p), max_size=14).map(_apart)


def _apart(found: list[Piece]) -> list[Piece]:
    """Pieces with a neutral character between, so that one does not change what another means."""
    return [piece for one in found for piece in (one, Piece("的", "的"))]


RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(pieces())
def test_every_piece_comes_back_and_maps_to_where_it_stood(found: list[Piece]) -> None:
    text = "".join(piece.shown for piece in found)
    revision = repair(text)
    assert revision.text == "".join(piece.clean for piece in found)
    converted = convert(revision.text)
    offsets = revision.offsets.then(converted.offsets)
    shown = clean = 0
    for piece in found:
        if piece.clean:
            start, end = offsets.to_source(clean, clean + len(piece.clean))
            assert shown <= start < end <= shown + len(piece.shown)
            if piece.shown == piece.clean:
                assert text[start:end] == piece.clean
        shown, clean = shown + len(piece.shown), clean + len(piece.clean)


@RELAXED
@given(ANYTHING)
def test_any_text(text: str) -> None:
    revision = repair(text)
    again = repair(revision.text)
    assert (again.text, again.repairs) == (revision.text, ())
    rebuilt, at = [], 0
    for change in revision.repairs:
        assert at <= change.start < change.end
        assert text[change.start : change.end] == change.before != change.after
        rebuilt += text[at : change.start], change.after
        at = change.end
    assert "".join([*rebuilt, text[at:]]) == revision.text
    changed = {place for change in revision.repairs for place in range(change.start, change.end)}
    for place, character in enumerate(revision.text):
        start, end = revision.offsets.to_source(place, place + 1)
        assert 0 <= start < end <= len(text)
        assert text[start:end] == character or changed.issuperset(range(start, end))


@RELAXED
@given(ANYTHING)
def test_conversion_of_any_text(text: str) -> None:
    converted = convert(text)
    assert len(converted.text) == len(text) and converted.offsets.is_identity
    assert convert(converted.text).text == converted.text
    assert all(a == b for a, b in zip(text, converted.text, strict=True) if a.isascii())


@RELAXED
@given(st.lists(st.sampled_from("0123456789.%万亿元?？區(qū)怠⒋笕A。，１２３"), max_size=40).map("".join))
def test_digits_are_neither_made_nor_lost(text: str) -> None:
    narrow = str.maketrans("０１２３４５６７８９", "0123456789")
    shown = [character for character in text.translate(narrow) if character in "0123456789"]
    repaired = [character for character in repair(text).text if character in "0123456789"]
    assert repaired == shown
