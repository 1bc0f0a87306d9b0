"""The damage that we make is the damage that such pages show."""

from __future__ import annotations

import pytest

from corpus import damage


def spoil(clean: str, *, chars: str = damage.LIGHT, at: str | None = None, config: str = "s2tw") -> damage.Damaged:
    result = damage.gloss(damage.to_traditional(clean, config=config), clean=clean, chars=chars)
    return damage.shift(result, [clean.index(at)]) if at else result


@pytest.mark.parametrize(
    ("clean", "at", "shown"),
    [
        ("选用海康、大华", "海康", "選用??怠⒋笕A"),
        ("收尾。科技金融与", "。科", "收尾??萍冀鹑谂c"),
        ("学校、企业", "校、", "學?!⑵髽I(yè)"),
    ],
)
def test_shift_gives_what_is_read_on_real_pages(clean: str, at: str, shown: str) -> None:
    assert spoil(clean, at=at).text == shown


def test_glosses() -> None:
    assert spoil("区域创新发展").text == "區(qū)域創(chuàng)新發(fā)展"
    assert damage.gloss("關於", clean="关于", chars="關於", toneless=True).text == "關(guan) 於(yu) "


def test_spans_follow_the_text() -> None:
    clean = "合肥创业板海康、大华共3家"
    spoilt = spoil(clean, at="海康")
    start, end = spoilt.span(clean.index("3家"), len(clean))
    assert spoilt.text[start:end] == "3家"
    assert len(spoilt.pieces) == len(clean)


def test_conversion_keeps_length_and_can_go_wrong() -> None:
    assert damage.to_traditional("制度全面", wrong=1.0) == "製度全麵"
    assert damage.to_traditional("制度全面") == "制度全面"


def test_where_nothing_can_be_cut() -> None:
    with pytest.raises(ValueError, match="no mark"):
        spoil("南京市", at="南京")
