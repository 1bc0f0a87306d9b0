"""Bytes become text in the right encoding, or an error names the byte and the candidates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gongbao.document import Article, Failure
from gongbao.errors import ReadError
from gongbao.read.encoding import decode, plausibility, sniff
from hypothesis import given, settings
from hypothesis import strategies as st

SENTENCES = (
    "今年前三季度，全市实现地区生产总值4385.6亿元，同比增长6.1%。",
    "该区新建成社区养老服务站37个，惠及老年人约2.9万人。",
    "截至去年底，高新技术企业突破1500家，研发投入强度达到3.2%。",
    "会议强调，要把扩大内需战略同深化供给侧结构性改革结合起来。",
    "项目总投资12.8亿元，建成后年产值可达30亿元以上。",
)
TRADITIONAL_SENTENCES = (
    "今年前三季,全市工業產值達4,385億元,較去年同期成長6.1%。",
    "市政府表示,計畫投入經費新台幣2億5千萬元,設置據點37處。",
    "統計顯示,觀光人次突破1,500萬,帶動消費約98億元。",
    "教育局長指出,將持續推動數位學習,讓學生受惠。",
)
NAMES = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}


def text_of(sentences: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(sentences), min_size=1, max_size=6).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(
    text_of(SENTENCES), st.sampled_from(("utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"))
)
def test_simplified_text_comes_back_in_every_encoding(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.encoding == {"gbk": "gb18030", **NAMES}.get(encoding, encoding)


@settings(max_examples=60, deadline=None)
@given(text_of(TRADITIONAL_SENTENCES), st.sampled_from(("utf-8", "big5", "cp950", "big5hkscs", "gb18030", "utf-16-be")))
def test_traditional_text_comes_back_in_every_encoding(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.encoding == {"cp950": "big5", "big5hkscs": "big5"}.get(encoding, encoding)


@settings(max_examples=60, deadline=None)
@given(
    text_of(SENTENCES), st.text("𠮷😀āǎéūǚ①㎡★\u3000\xa0", max_size=6), st.sampled_from(("utf-8", "gb18030", "utf-16"))
)
def test_rare_characters_do_not_mislead(text: str, extra: str, encoding: str) -> None:
    assert decode((text + extra).encode(encoding)).text == text + extra


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except ReadError as error:
        assert error.code in ("read.encoding", "read.binary")
        assert error.fix
    else:
        assert decoded.text.encode(decoded.encoding) in data  # all bytes, but for a mark


@pytest.mark.parametrize(
    ("characters", "encoding"),
    [("恒裏碁銹", "cp950"), ("嘅咗喺啲嚟", "big5hkscs")],
)
def test_extensions_of_big5(characters: str, encoding: str) -> None:
    text = TRADITIONAL_SENTENCES[1] + characters
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_a_text_cut_in_the_middle_of_a_character(encoding: str) -> None:
    data = "".join(SENTENCES).encode(encoding)
    cut = data[: len(data) - len("。".encode(encoding)) + 1]
    with pytest.raises(ReadError) as caught:
        decode(cut, where="cut.txt")
    assert caught.value.code == "read.encoding"
    assert f"byte {len(cut) - 1}" in caught.value.message
    assert caught.value.where == "cut.txt"


@pytest.mark.parametrize(
    ("encoding", "half"),
    [("utf-8", b"\xe4\xbb"), ("gb18030", b"\xff"), ("big5", b"\xff")],
)
def test_half_a_character_in_the_middle(encoding: str, half: bytes) -> None:
    sentences = TRADITIONAL_SENTENCES if encoding == "big5" else SENTENCES
    before = "".join(sentences).encode(encoding)
    with pytest.raises(ReadError) as caught:
        decode(before + half + "\n".join(sentences).encode(encoding))
    assert caught.value.code == "read.encoding"
    assert f"byte {len(before)}" in caught.value.message
    assert encoding in caught.value.message


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("本日、東京都は新しい計画を発表しました。予算はおよそ三百億円です。", "shift_jis"),
        ("Вчера город объявил о новом плане развития промышленности.", "cp1251"),
        ("서울시는 올해 예산을 발표했다. 총액은 사십조원이다.", "euc-kr"),
    ],
)
def test_other_encodings_are_not_taken_for_chinese(text: str, encoding: str) -> None:
    with pytest.raises(ReadError) as caught:
        decode(text.encode(encoding))
    assert caught.value.code == "read.encoding"
    assert "gb18030" in caught.value.message  # the candidates are named
    assert "UTF-8" in str(caught.value.fix)


def test_a_few_bytes_that_fit_two_encodings_are_not_guessed() -> None:
    with pytest.raises(ReadError, match="not clear"):
        decode("500千".encode("gb18030"))


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04" + bytes(60), "zip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "PNG"),
        (b"\xd0\xcf\x11\xe0" + bytes(60), "Office"),
        (b"{\\rtf1\\ansi ...}", "RTF"),
        (bytes(range(256)) * 4, "NUL"),
        (b"\x01\x02\x03\x04\x05 abc" * 20, "control"),
    ],
)
def test_what_is_no_text(data: bytes, names: str) -> None:
    with pytest.raises(ReadError) as caught:
        decode(data)
    assert caught.value.code == "read.binary"
    assert names in caught.value.message


def test_sniffing_a_beginning_that_ends_inside_a_character() -> None:
    data = "".join(SENTENCES * 3).encode("gb18030")
    for length in (200, 201, 202, 203):
        assert sniff(data[:length], complete=False) == ("gb18030", 0)
    data = "".join(SENTENCES).encode()
    for length in (100, 101, 102):
        assert sniff(data[:length], complete=False) == ("utf-8", 0)


def test_plausibility_tells_prose_from_garbage() -> None:
    text = "".join(SENTENCES)
    assert plausibility(text) > 0.8
    assert plausibility(text.encode().decode("gb18030", "replace")) < 0.3
    assert plausibility(text.encode("gb18030").decode("big5", "replace")) < 0.3


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_become_line_feeds(ending: str, tmp_path: Path, one: Callable[..., Article], simplified: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(simplified.replace("\n", ending).encode("gb18030"))
    article = one(path)
    assert article.text == simplified
    assert article.encoding == "gb18030"


def test_the_error_reaches_the_stream(tmp_path: Path, refused: Callable[..., Failure], simplified: str) -> None:
    path = tmp_path / "cut.txt"
    path.write_bytes(simplified.encode().rstrip()[:-1])
    failure = refused(path)
    assert failure.code == "read.encoding"
    assert failure.id == "cut.txt"
    assert "middle of a character" in failure.message
