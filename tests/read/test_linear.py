"""Reading takes time and memory in proportion to a file, whatever its lines and tags are made of.

Each piece is one that a pattern of the readers repeats, begins with or looks for; each form is a place where it meets
other patterns. A search that tries again from every character of a run of blanks takes 64 times as long for 8 times the
run.
"""

from __future__ import annotations

import pytest
from gongbao.read import article_from_text
from gongbao.read.page import MOST_IN_HEAD, parse_page
from gongbao.read.web import read_page

from tests.work import growth

FEW, MANY = 5_000, 40_000
BETWEEN = 24
"""A ratio between that of work in proportion, 8, and that of work that grows with the square, 64."""
PROSE = "<p>全市完成投资3亿元，增长5%，其中企业投资2亿元。</p>"
LINES = {
    "a line": "标题\n{}x\n末行",
    "behind a heading of links": "正文一句话。\n相关链接{}x",
    "behind a date": "2021年1月9日{}x",
    "behind a label": "来源：{}x\n责任编辑{}x",
}
PAGES = {
    "the title": "<title>{}x</title>" + PROSE,
    "a field of the head": '<meta name="pubdate" content="2021年1月9日{}x">' + PROSE,
    "a style and a class": '<div style="display{}x" class="{}x">' + PROSE,
    "a heading": "<h1>{}x</h1>" + PROSE,
    "attributes": "<div {}x>" + PROSE,
    "a table": "<table><tr>{}" + PROSE,
}
PIECES = (
    *" \t\u3000\xa0-—=#|_>(（)[【】:：.·,，、/1年日报a",
    *(
        "2021年",
        "1-",
        "记者",
        "来源：",
        "本报讯",
        "上一页",
        "打印 ",
        "首页>",
        "更多",
        "(a)",
        "扫一扫",
        "文/图",
        "&nbsp;",
    ),
)
TAGS = ("<td>", "<b>", "<a href=x>", "</p>", "<title>", "<td rowspan=999 colspan=99>字", "<table><tr><td>")


@pytest.mark.parametrize("form", LINES)
def test_lines(form: str) -> None:
    for piece in PIECES:
        few, many = (LINES[form].replace("{}", piece * (size // len(piece))) for size in (FEW, MANY))
        assert growth(lambda text: article_from_text(text, id="a"), few, many) < BETWEEN, piece


@pytest.mark.parametrize("form", PAGES)
def test_pages(form: str) -> None:
    for piece in (*PIECES, *TAGS):
        few, many = (PAGES[form].replace("{}", piece * (size // len(piece))) for size in (FEW, MANY))
        assert growth(read_page, few, many) < BETWEEN, piece


def test_what_a_head_says_is_kept_as_far_as_it_may_name_something() -> None:
    page = parse_page(f'<title>{"长" * 5_000}</title><meta name="author" content="{"长" * 5_000}">{PROSE}')
    assert len(page.title) == len(page.meta["author"]) == MOST_IN_HEAD


def test_cells_that_hang_into_many_rows_say_no_more_than_the_page() -> None:
    """300 cells over 900 rows each would be 270,000 times 90 characters, of a page of 45,000."""
    page = "<table><tr>" + f"<td rowspan=999>{'某' * 90}</td>" * 300 + "</tr>" + "<tr><td>3亿元</td></tr>" * 900
    assert len(read_page(page).text) < 3 * len(page)
