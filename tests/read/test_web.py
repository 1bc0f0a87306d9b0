"""Web pages: the article's lines, its title and date, and nothing of the page around it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from gongbao.document import Article, Failure
from gongbao.read.web import read_page
from hypothesis import given, settings
from hypothesis import strategies as st

BODY = (
    "宁波市今年上半年新能源装机容量达到412万千瓦，同比增长18.6%，占全市电力装机的比重升至三成。",
    "其中，象山县建成海上光伏项目5个，总投资36.8亿元；慈溪市屋顶光伏覆盖工业企业1,240家。",
    "下一步，全市计划到2025年新增储能规模50万千瓦，年均节约标准煤约120万吨。",
)


def page(body: str, head: str = "", charset: str = "utf-8") -> str:
    return f"""<!DOCTYPE html><html><head><meta charset="{charset}">
<title>宁波绿电占比升至三成_能源要闻_某某网</title>{head}
<script>var n = "3.5亿元"; document.write("<p>脚本里的段落，增长99%。</p>");</script>
<style>p{{color:red}}</style></head><body>
<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/n">新闻</a></li></ul></div>
<div class="crumb">当前位置：<a href="/">首页</a> &gt; 能源</div>
<div id="main"><h1>宁波绿电占比升至三成</h1>
<div class="info"><span>发布时间：2023-07-19 10:20</span>&nbsp;<span>来源：甬能日报</span>
<span>浏览次数：</span><em>1356</em></div>
{body}
<div class="share">分享到：<a>微信</a><a>微博</a></div>
<p>上一篇：<a href="1">温州半年外贸增长11%</a></p><p>下一篇：<a href="2">没有了</a></p></div>
<div class="related"><h3>相关新闻</h3><ul><li><a href="3">嘉兴投资增长9.9%，总额再创新高</a></li>
<li><a href="4">湖州签约88亿元</a></li></ul></div>
<div class="comments"><p>网友甲：这个数字太高了吧，我不相信，增长100%？</p></div>
<div class="footer">版权所有 &copy; 某某网 浙ICP备00000号</div></body></html>"""


PARAGRAPHS = "".join(f"<p>　　{text}</p>" for text in BODY)
ARTICLE = f'<div class="TRS_Editor">{PARAGRAPHS}</div>'


def test_the_article_and_nothing_else() -> None:
    found = read_page(page(ARTICLE))
    lines = found.text.split("\n")
    assert lines[0] == "宁波绿电占比升至三成" == found.title
    assert lines[1] == "发布时间：2023-07-19 10:20\xa0来源：甬能日报 浏览次数：1356"
    assert [line.strip("\u3000") for line in lines[2:]] == list(BODY)


@pytest.mark.parametrize(
    "body",
    [
        f'<div id="zoom">{PARAGRAPHS}</div>',
        f"<div><div><div>{PARAGRAPHS}</div></div></div>",
        "<div>" + "<br><br>".join(BODY) + "</div>",
        "<table><tr><td>" + PARAGRAPHS + "</td></tr></table>",
        "".join(f"<div>{text}</div>" for text in BODY),
        "<article><section>" + "</section><section>".join(f"<p>{text}</p>" for text in BODY) + "</section></article>",
        "<font><b>" + "<p>".join(BODY),  # old pages close nothing
    ],
)
def test_however_the_page_is_built(body: str) -> None:
    text = read_page(page(body)).text
    lines = [line.strip("\u3000 ") for line in text.split("\n")]
    assert [line for line in lines if line in BODY] == list(BODY)
    for foreign in ("99%", "9.9%", "100%", "88亿元", "ICP", "首页"):
        assert foreign not in text


def test_the_article_knows_its_metadata_and_boilerplate(tmp_path: Path, one: Callable[..., Article]) -> None:
    path = tmp_path / "a.html"
    path.write_text(page(PARAGRAPHS), encoding="utf-8")
    article = one(path)
    assert (article.title, article.pub_date, article.source) == ("宁波绿电占比升至三成", date(2023, 7, 19), "甬能日报")
    assert article.text[article.content_start :].startswith("　　宁波市今年上半年")
    content = article.text[article.content_start :]
    for start, end in article.boilerplate:
        content = content.replace(article.text[start:end], "")
    assert [line.strip("\u3000") for line in content.split("\n") if line.strip()] == list(BODY)


def test_headings_lists_and_tables_keep_their_lines() -> None:
    table = (
        "<table><thead><tr><th>地区</th><th>装机（万千瓦）</th><th>增速</th></tr></thead>"
        "<tr><td>鄞州区</td><td>61.5</td><td>12%</td></tr><tr><td>奉化区</td><td></td><td>8%</td></tr></table>"
    )
    items = "<ol><li>光伏<b>300</b>万千瓦</li><li>风电112万千瓦</li></ol>"
    body = f"<div id=zoom><h2>一、总体情况</h2>{PARAGRAPHS}<h3>（二）分地区</h3>{table}{items}</div>"
    lines = read_page(page(body)).text.split("\n")
    assert lines[2] == "一、总体情况"
    assert lines[6:] == [
        "（二）分地区",
        "地区\t装机（万千瓦）\t增速",
        "鄞州区\t61.5\t12%",
        "奉化区\t\t8%",
        "光伏300万千瓦",
        "风电112万千瓦",
    ]


def test_cells_that_stretch_keep_their_columns() -> None:
    table = (
        "<table><tr><th rowspan=2>县区</th><th colspan='2'>投资</th><th rowspan=9999999999>备注</th></tr>"
        "<tr><th>总额（亿元）</th><th>增速（%）</th></tr>"
        "<tr><td rowspan=2>鄞州区</td><td>61.5</td><td rowspan=2>12</td></tr><tr><td>8</td></tr>"
        "<tr><td colspan=x>奉化区</td><td colspan=0>7</td><td></td></tr></table>"
    )
    lines = read_page(page(f"<div id=zoom>{PARAGRAPHS}{table}</div>")).text.split("\n")
    assert lines[-5:] == [
        "县区\t投资\t\t备注",
        "县区\t总额（亿元）\t增速（%）\t备注",
        "鄞州区\t61.5\t12\t备注",
        "鄞州区\t8\t\t备注",
        "奉化区\t7\t\t备注",
    ]


def test_entities_ruby_comments_and_hidden_parts() -> None:
    body = (
        "<p>全市投资&#51;亿元&nbsp;&ldquo;占比&rdquo;&lt;5%，A&amp;B公司<ruby>甬<rt>yǒng</rt></ruby>投产，实现产值7亿元。</p>"
        "<!-- <p>注释9亿元，不应出现。</p> --><p style='display:none'>隐藏段落，增长77%，不应出现。</p>"
        "<noscript><p>请打开脚本，下载量8亿次，不应出现。</p></noscript>" + PARAGRAPHS
    )
    text = read_page(page(body)).text
    assert "全市投资3亿元\xa0“占比”<5%，A&B公司甬投产，实现产值7亿元。" in text
    assert "不应出现" not in text


def test_a_page_that_hides_everything_is_read_all_the_same() -> None:
    assert BODY[0] in read_page(f"<body style='display:none'>{PARAGRAPHS}</body>").text


def test_a_short_page_without_sentences() -> None:
    text = read_page("<html><body><div>总投资3.2亿元</div><div>项目12个</div></body></html>").text
    assert text == "总投资3.2亿元\n项目12个"


def test_what_the_head_says_of_the_article() -> None:
    head = (
        '<meta name="ArticleTitle" content="宁波绿电占比升至三成"><meta name="PubDate" content="2023-07-18 08:00">'
        '<meta name="ContentSource" content="市能源局"><meta name="Author" content="李能">'
    )
    found = read_page(page(ARTICLE, head))
    assert (found.title, found.pub_date) == ("宁波绿电占比升至三成", date(2023, 7, 18))
    assert (found.source, found.author) == ("市能源局", "李能")


@pytest.mark.parametrize(
    ("declared", "encoding", "name"),
    [
        ("gb2312", "gbk", "gb18030"),
        ("GBK", "gb18030", "gb18030"),
        ("utf-8", "utf-8", "utf-8"),
        ("gb2312", "utf-8", "utf-8"),  # pages lie
        ("utf-8", "gbk", "gb18030"),
        ("iso-8859-1", "gbk", "gb18030"),
        ("utf-8", "utf-16", "utf-16-le"),
    ],
)
def test_the_encoding_is_the_one_that_fits(
    tmp_path: Path, one: Callable[..., Article], declared: str, encoding: str, name: str
) -> None:
    path = tmp_path / "a.htm"
    path.write_bytes(page(ARTICLE, charset=declared).replace("&copy;", "").encode(encoding))
    article = one(path)
    assert article.encoding == name
    assert BODY[1] in article.text


def test_big5_pages(tmp_path: Path, one: Callable[..., Article], traditional: str) -> None:
    lines = "".join(f"<p>{line}</p>" for line in (traditional + "恒春").split("\n"))
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=big5">'
    html = f"<html><head>{meta}</head><body>{lines}</body></html>"
    (tmp_path / "a.html").write_bytes(html.encode("cp950"))
    article = one(tmp_path / "a.html")
    assert article.encoding == "cp950"
    assert "累計補助新台幣1億3,500萬元" in article.text
    assert article.pub_date == date(2022, 10, 5)


def test_a_cut_character_matters_only_in_the_article(
    tmp_path: Path, read: Callable[..., tuple[list[Article], list[Failure]]]
) -> None:
    html = page(ARTICLE, '<meta name="description" content="宁波@@">', "gbk").replace("&copy;", "")
    data = html.encode("gbk")
    (tmp_path / "head.html").write_bytes(data.replace(b"@@", "市".encode("gbk")[:1]))
    at = data.index("象山县".encode("gbk"))
    (tmp_path / "text.html").write_bytes(data[:at] + b"\xcf\xff" + data[at:])
    articles, failures = read(tmp_path)
    assert [article.id for article in articles] == ["head.html"]
    assert [(failure.id, failure.code) for failure in failures] == [("text.html", "read.encoding")]
    assert f"byte {at}" in failures[0].message


def test_pages_without_text(tmp_path: Path, refused: Callable[..., Failure]) -> None:
    for name, content in (
        ("a.html", ""),
        ("b.html", "<html><body><script>x</script></body></html>"),
        ("c.html", "<p>&nbsp;"),
    ):
        (tmp_path / name).write_text(content)
        assert refused(tmp_path / name).code == "read.empty"


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("<>/=\"' &;#!-[]pdivtable123。，亿元\n\0"), max_size=300))
def test_any_tag_soup_is_read(soup: str) -> None:
    text = read_page(soup).text
    assert text == read_page(soup).text
    assert "\n\n" not in text
