"""Outline: what is a heading, what it governs, where sentences end."""

from __future__ import annotations

import pytest
from gongbao.document import Place
from gongbao.layout.outline import outline

BODY = "本市今年继续推进项目建设，全年安排资金若干，用于支持企业开展技术改造和人才培养工作。"


def places(text: str, *names: str) -> list[Place]:
    found = [
        Place(at, at + len(name), name, f"某省/{name}市", None, "city", "name", "place.test")
        for name in names
        for at in range(len(text))
        if text.startswith(name, at)
    ]
    return sorted(found, key=lambda place: place.start)


def headings(text: str, *names: str, title: str | None = None) -> list[tuple[str, str, str | None]]:
    """(heading, style, enclosing heading) of every section."""
    layout = outline(text, title=title, places=places(text, *names))
    sections = layout.sections

    def head(index: int) -> str:
        return text[sections[index].heading_start : sections[index].heading_end]

    return [(head(i), s.style, head(s.parent) if s.parent is not None else None) for i, s in enumerate(sections) if i]


def test_place_headings_govern_their_slogans() -> None:
    text = f"三地经验\n编者按\n{BODY}\n苏州\n以创新引领发展\n{BODY}\n无锡\n让专利变现\n{BODY}"
    assert headings(text, "苏州", "无锡", title="三地经验") == [
        ("编者按", "line", None),
        ("苏州", "place", None),
        ("以创新引领发展", "line", "苏州"),
        ("无锡", "place", None),
        ("让专利变现", "line", "无锡"),
    ]


def test_numbered_headings_nest_by_their_style() -> None:
    text = f"一、总体情况\n（一）投资\n{BODY}\n（二）消费\n{BODY}\n二、下步打算\n{BODY}"
    assert headings(text, title="无") == [
        ("一、总体情况", "一、", None),
        ("（一）投资", "（一）", "一、总体情况"),
        ("（二）消费", "（一）", "一、总体情况"),
        ("二、下步打算", "一、", None),
    ]


@pytest.mark.parametrize("line", ["【苏州】", "▲苏州", "苏州：", "苏州——", "——苏州", "苏州 以创新引领发展"])
def test_ways_to_write_a_place_heading(line: str) -> None:
    text = f"通报\n{line}\n{BODY}"
    (section,) = headings(text, "苏州", title="通报")
    assert section[1] == "place"


@pytest.mark.parametrize(("tails", "style"), [(("经验",), "place"), ((), "line")])
def test_what_may_follow_a_place_in_its_heading_is_a_word_list(tails: tuple[str, ...], style: str) -> None:
    text = f"通报\n苏州经验\n{BODY}"
    assert outline(text, title="通报", places=places(text, "苏州"), tails=tails).sections[1].style == style


@pytest.mark.parametrize("head", ["【苏州】", "苏州："])
def test_a_run_in_place_heading_leaves_its_paragraph(head: str) -> None:
    text = f"通报\n{head}{BODY}"
    layout = outline(text, title="通报", places=places(text, "苏州"))
    assert layout.sections[1].style == "place"
    body = [text[s.start : s.end] for s in layout.sentences if s.role == "body"]
    assert body == [BODY]


@pytest.mark.parametrize("line", ["苏州市今年完成投资。", "全年进出口总额同比增长，", "图为活动现场！"])
def test_lines_with_end_punctuation_are_no_headings(line: str) -> None:
    assert headings(f"通报\n{line}\n{BODY}", title="通报") == []


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("他说：“办得好！”群众满意。", ["他说：“办得好！”", "群众满意。"]),
        ("增速如何？目前看，平稳。", ["增速如何？", "目前看，平稳。"]),
        ("（见附件。）随后公布。", ["（见附件。）", "随后公布。"]),
        ("无标点的一行", ["无标点的一行"]),
    ],
)
def test_sentences_keep_their_closing_marks(text: str, sentences: list[str]) -> None:
    layout = outline(f"题目\n{text}", title="题目")
    assert [("题目\n" + text)[s.start : s.end] for s in layout.sentences if s.role != "title"] == sentences


def test_a_sentence_without_an_end_is_cut_into_pieces_of_one_paragraph() -> None:
    text = "本市推进项目建设，" * 200
    found = outline(text, title="无").sentences
    assert [(one.start, one.paragraph) for one in found] == [(at, 0) for at in range(0, len(text), 495)]
    assert "".join(text[one.start : one.end] for one in found) == text


def test_metadata_and_boilerplate_are_no_content() -> None:
    text = f"题目\n来源：某报\n{BODY}\n浏览次数：35"
    end = text.index("浏览")
    layout = outline(text, title="题目", content_start=text.index(BODY), boilerplate=[(end, len(text))])
    assert [text[s.start : s.end] for s in layout.sentences] == ["题目", BODY]
