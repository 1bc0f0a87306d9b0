"""Shifted GBK, made here the way the pages got it: bytes cut without regard to characters, then decoded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import pytest
from gongbao.chinese.script import convert
from gongbao.repair.text import repair

MARKS = {"？": "?", "！": "!", "，": ",", "；": ";", "：": ":"}

SENTENCES = [
    "今年全市發展勢頭良好。科技型企業新增320家",
    "清潔能源裝機快速增長。可再生能源發電量占比達到31%",
    "園區建設初具規模。開發區全年實現稅收12.6億元",
    "農業提質增效。合作社發展到1280家",
    "企業信心增強。“小巨人”企業達到86家",
    "其中,海康、大華、宇視等安防企業",
    "鎮村面貌煥然一新。現代農業園投資2.4億元",
    "紅利持續釋放。惠民工程完成投資3.6億元",
    "改革穩步推進。和諧社區建成48個",
]


@dataclass(frozen=True)
class Decoder:
    """How a site's decoder treats what it cannot read."""

    marks: str
    """`half` or `full`: the width of the mark where it was found."""
    invalid: str
    """What it writes for a byte or pair that is no character: a marker, or nothing."""
    unassigned: str
    """The same for pairs that GBK leaves unassigned."""


DECODERS = [
    Decoder(marks, invalid, unassigned)
    for marks in ("half", "full")
    for invalid in ("?", "\ufffd")
    for unassigned in ("", "?")
]


def cuts(text: str) -> list[int]:
    """Where the bytes of a mark lie across the border of two characters."""
    found = []
    for at, pair in enumerate(pairwise(text)):
        left, right = (character.encode("gb18030") for character in pair)
        if len(left) == len(right) == 2 and (left[1:] + right[:1]).decode("gb18030", "ignore") in MARKS:
            found.append(at)
    return found


def shift(text: str, at: int, decoder: Decoder) -> str:
    """Cut `text` at the pair `text[at : at + 2]` and decode what is left."""
    data = text[at:].encode("gb18030")
    borders = {len(text[at : at + n].encode("gb18030")): n for n in range(1, len(text) - at + 1)}
    mark = data[1:3].decode("gb18030")
    shown, place = decoder.invalid + (MARKS[mark] if decoder.marks == "half" else mark), 3
    while place < len(data) and place not in borders:
        pair = data[place : place + 2]
        if data[place] < 0x80:
            shown, place = shown + chr(data[place]), place + 1
        elif len(pair) < 2 or pair[1] < 0x40:
            shown, place = shown + decoder.invalid, place + 2  # the second byte is swallowed
        else:
            character = pair.decode("gb18030") if pair[0] > 0x80 else "\ue000"  # no pair begins with 80
            shown, place = shown + (decoder.unassigned if "\ue000" <= character <= "\uf8ff" else character), place + 2
    return text[:at] + shown + text[at + borders.get(place, len(text) - at) :]


def test_the_mechanism() -> None:
    """The simulator gives the forms seen on real pages."""
    page = Decoder("half", "?", "?")
    assert shift("選用海康、大華", 2, page) == "選用??怠⒋笕A"
    assert shift("融資。科技金融與", 2, page) == "融資??萍冀鹑谂c"
    assert shift("重視。現在", 2, page) == "重視?,F在"
    assert shift("強調。“一區", 2, page) == "強調?!耙粎^"


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda d: f"{d.marks}-{ord(d.invalid):x}-{d.unassigned or 'dropped'}")
@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s[:6])
def test_sentences_come_back(sentence: str, decoder: Decoder) -> None:
    places = cuts(sentence)
    assert places
    for at in places:
        damaged = shift(sentence, at, decoder)
        assert damaged != sentence
        revision = repair(damaged)
        assert revision.text == sentence
        assert [change.kind for change in revision.repairs] == ["shifted"]


HARDER = [
    "市場信心逐步恢復。現貨價格連續三周回升",  # two bytes make a letter
    "兜牢基層“三保”底線。出臺支持企業的若干措施",  # no pair begins with the second byte of 線
    "企業家信心增強。”霍經理介紹",
    "公司負責人信心滿滿。”中國市場前景廣闊",
    "施工難度不小。混凝土用量達到3萬方",
    "規劃綱要草案提請審議。“十四五”時期新增綠地320公頃",  # a byte is left of each numeral
]


@pytest.mark.parametrize("decoder", [*DECODERS, Decoder("half", "", ""), Decoder("full", "", "")], ids=str)
@pytest.mark.parametrize("sentence", HARDER, ids=lambda s: s[:6])
def test_sentences_that_leave_little(sentence: str, decoder: Decoder) -> None:
    """Where decoders write nothing for an invalid byte, a mark before what no sentence begins with is all there is."""
    for at in cuts(sentence):
        assert repair(shift(sentence, at, decoder)).text == sentence


@pytest.mark.parametrize("marks", ["half", "full"])
def test_two_pairs_in_a_row_that_no_character_has(marks: str) -> None:
    """Of ，正常 the second byte of 常 is left: what is likely at first sight is not what stood there."""
    sentence = "工程進展順利。”張經理表示，正常情況下年底投產"
    damaged = shift(sentence, sentence.index("。"), Decoder(marks, "?", "?"))
    assert "正" not in damaged and repair(damaged).text == sentence


@pytest.mark.parametrize(
    ("damaged", "clean"),
    [
        ("他說：“企業需要更多支持??", "他說：“企業需要更多支持。”"),
        ("他說：“企業需要更多支持??\n會後，代表們參觀了展區", "他說：“企業需要更多支持。”\n會後，代表們參觀了展區"),
        ("有人問：“這到底是怎麼回事??", "有人問：“這到底是怎麼回事??"),
        ("他說企業需要更多支持??", "他說企業需要更多支持??"),
        ("他說：“企業需要更多支持??”會後參觀", "他說：“企業需要更多支持??”會後參觀"),
    ],
)
def test_the_end_of_a_quotation(damaged: str, clean: str) -> None:
    """Of 。” at the end of a line nothing is left but markers: a quote that is open tells, unless a question ends."""
    assert repair(damaged).text == clean


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s[:6])
def test_a_decoder_that_takes_one_byte_for_invalid(sentence: str) -> None:
    """As Python's own does: behind a pair that no character has, characters are on time again."""
    for at in cuts(sentence):
        data, cut = sentence.encode("gbk"), len(sentence[:at].encode("gbk")) + 1
        mark = MARKS[data[cut : cut + 2].decode("gbk")].encode()
        damaged = (data[:cut] + mark + data[cut + 2 :]).decode("gbk", "replace")
        assert damaged != sentence and repair(damaged).text == sentence


@pytest.mark.parametrize(
    ("damaged", "clean"),
    [
        ("他說：“企業需要更多支持?！?/p>", "他說：“企業需要更多支持。”"),
        ("有望實現規?；?/p>", "有望實現規模化"),
        ("。ㄒ唬﹫@區建設", "（一）園區建設"),
        ("??怠⒋笕A、宇視等3家龍頭企業", "海康、大華、宇視等3家龍頭企業"),
    ],
)
def test_where_passages_begin_and_end(damaged: str, clean: str) -> None:
    """At a line's start, whose space lost a byte, and at a tag, whose `<` was swallowed."""
    assert repair(damaged).text == clean


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s[:6])
def test_simplified_pages(sentence: str) -> None:
    """Without traditional characters a shift runs on to the next figure and swallows its first digit: `?` says so."""
    simple = convert(sentence).text
    for at in cuts(simple):
        damaged = shift(simple, at, Decoder("half", "?", ""))
        repaired = repair(damaged).text
        assert repaired[: at + 1] in (simple[: at + 1], damaged[: at + 1])
        numbers = re.findall(r"[0-9.]+", simple)
        for number in re.findall(r"[0-9.]+", repaired):
            lost = repaired[repaired.index(number) - 1]
            assert number in numbers or lost == "?", (damaged, repaired)


LONG = [
    "去年全市重点项目建设提速。科研院所和龙头企业联合攻关，突破了一批关键核心技术，高新技术企业数量稳步增加，新产品产值占比继续提高",
    "社区养老服务不断完善。可就近用餐的老年食堂、日间照料中心和康复站点已经覆盖主城区，农村老人也能享受上门服务",
    "会议研究部署下一步工作。会议强调，要坚持项目为王，推动招商引资提质增效，确保十四五规划目标任务如期完成",
]


@pytest.mark.parametrize("unassigned", ["?", ""])
@pytest.mark.parametrize("line", LONG, ids=lambda s: s[:6])
def test_the_sure_parts_of_a_long_passage(line: str, unassigned: str) -> None:
    """Pairs that nobody can tell stay as they were found, and are told; what stands around them is restored."""
    for at in cuts(line):
        damaged = shift(line, at, Decoder("half", "?", unassigned))
        revision = repair(damaged)
        repairs = [change for change in revision.repairs if change.kind == "shifted"]
        assert sum(len(change.after) for change in repairs) > 0.6 * (len(line) - at)
        assert all(change.after in line for change in repairs)
        for residue in revision.residues:
            assert damaged[residue.start : residue.end] == residue.text
            assert residue.guess is None or not set(residue.guess) & set("零一二三四五六七八九十百千万亿")
        assert repair(revision.text).text == revision.text


def test_converted_after_the_damage() -> None:
    """Simplified bytes were shifted; then the page, garbled passage included, became traditional."""
    import opencc

    simple = "企业主体地位增强。科技型中小企业新增A类平台"
    damaged = opencc.OpenCC("s2t").convert(shift(simple, 8, Decoder("half", "?", "?")))
    assert "増" not in damaged and damaged != simple
    repaired = convert(repair("產業發展勢頭良好。" + damaged).text).text
    assert "增强。科技型中小企业新" in repaired


@pytest.mark.parametrize("mark", ["?", "??", "？", "?，", "?；", "！", "\ufffd"])
def test_marks_put_into_sound_text_change_nothing(mark: str) -> None:
    for sentence in SENTENCES:
        for stop in "。：":
            text = sentence.replace(stop, mark)
            assert repair(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "??萍冀鹑" * 60,
        "你好??怎么了??" * 300,
        "?" * 20_000,
        "?" + "萍" * 20_000,
        "!" + "耙粠" * 5_000 + "h",
        "(qū" * 5_000,
    ],
    ids=lambda text: text[:6],
)
def test_hostile_text_comes_to_an_end(text: str) -> None:
    assert repair(text).text


def test_a_long_article_is_mended_to_its_end() -> None:
    """The limit on what is tried in one article is for texts that nobody wrote."""
    damaged = [shift(text, at, decoder) for text in SENTENCES for at in cuts(text) for decoder in DECODERS]
    repaired = repair("\n".join(damaged * 4)).text.split("\n")
    assert repaired == [text for text in SENTENCES for _ in cuts(text) for _ in DECODERS] * 4
