"""What a text says of itself: title, dates, source, credits, dateline; what of it is no content."""

from __future__ import annotations

from datetime import date

import pytest
from gongbao.read import article_from_text, find_metadata
from gongbao.read.dates import complete, find_dates, parse_date
from hypothesis import given, settings
from hypothesis import strategies as st

PROSE = "今年以来，全市新开工重点项目86个，完成投资152.7亿元，同比增长9.4%。"
DAY = date(2021, 1, 9)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2021-01-09", DAY),
        ("2021-1-9 11:36:48", DAY),
        ("2021/01/09 09:20", DAY),
        ("2021.1.9", DAY),
        ("2021年1月9日", DAY),
        ("2021 年 1 月 9 日", DAY),
        ("2021年01月09日 星期六", DAY),
        ("2021年1月9日（周六）上午9时30分", DAY),
        ("2021-01-09T11:36:48+08:00", DAY),
        ("2021-01-09T03:36:48.123Z", DAY),
        ("二〇二一年一月九日", DAY),
        ("二○二一年十二月二十七日", date(2021, 12, 27)),
        ("２０２１年１月９日", DAY),
        ("民國110年1月9日", DAY),
        ("中華民國一百一十年一月九日", DAY),
        ("民国九十九年三月廿五日", date(2010, 3, 25)),
        ("110-01-09", DAY),
        ("110/01/09", DAY),
        ("110年1月9日", DAY),
        ("2021-02-29", None),
        ("2021-13-01", None),
        ("2021年1月", None),
        ("1月9日", None),
        ("2021-01-09至2021-01-12", None),
        ("12021-01-09", None),
        ("", None),
    ],
)
def test_dates(written: str, day: date | None) -> None:
    assert parse_date(written) == day


@given(st.dates(date(1950, 1, 1), date(2090, 12, 31)))
def test_every_day_is_read_in_every_form(day: date) -> None:
    year, month = day.year, day.month
    digits = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
    forms = [
        day.isoformat(),
        f"{year}年{month}月{day.day}日",
        f"{digits}年{month}月{day.day}日",
        f"民國{year - 1911}年{month}月{day.day}日",
    ]
    for form in forms:
        assert parse_date(form) == day
        assert [found.day for found in find_dates(f"（{form} 发布）")] == [day]


@pytest.mark.parametrize(
    ("month", "day", "published", "meant"),
    [
        (1, 8, DAY, date(2021, 1, 8)),
        (12, 30, DAY, date(2020, 12, 30)),
        (1, 10, DAY, date(2021, 1, 10)),  # the paper of the day before
        (None, 5, DAY, date(2021, 1, 5)),
        (None, 28, DAY, date(2020, 12, 28)),
        (2, 29, date(2021, 3, 2), None),
    ],
)
def test_days_without_a_year(month: int | None, day: int, published: date, meant: date | None) -> None:
    assert complete(month, day, published) == meant


@pytest.mark.parametrize(
    ("head", "title", "day", "source"),
    [
        (["某市半年经济报告", "发布时间：2021-01-09"], "某市半年经济报告", DAY, None),
        (["某市半年经济报告", "發佈時間:2021-01-09 11:36  來源:某某日報"], "某市半年经济报告", DAY, "某某日報"),
        (
            ["某市半年经济报告", "- 作者:", "- 某某研究院", "- 最后修訂:", "- 2021-01-09 11:36:48", "摘要:"],
            "某市半年经济报告",
            DAY,
            None,
        ),
        (["某市半年经济报告", "2021年1月9日  来源：某某网"], "某市半年经济报告", DAY, "某某网"),
        (["某市半年经济报告", "某某日报 2021-01-09 09:20 【字体：大 中 小】"], "某市半年经济报告", DAY, "某某日报"),
        (["某市半年经济报告", "来 源：某某报", "日 期：2021.01.09"], "某市半年经济报告", DAY, "某某报"),
        (
            ["某市半年经济报告", "时间：", "2021-01-09 09:20", "来源：", "某省人民政府", "分享:"],
            "某市半年经济报告",
            DAY,
            "某省人民政府",
        ),
        (["某市半年经济报告", "發(fā)布時(shí)間：2021-01-09 來(lái)源：某報(bào)"], "某市半年经济报告", DAY, "某報"),
        (
            ["某縣智慧農業成果", "發布單位：某縣政府農業處", "發布日期：110-01-09", "點閱數：1,204"],
            "某縣智慧農業成果",
            DAY,
            "某縣政府農業處",
        ),
        (["某市半年经济报告", "更新时间：2021-01-12 发布时间：2021-01-09"], "某市半年经济报告", DAY, None),
        (["某市半年经济报告", "（2021年1月9日 《某某通讯》）"], "某市半年经济报告", DAY, "《某某通讯》"),
        (
            ["标题：某市半年经济报告", "索引号：000000000/2021-00001", "成文日期：2021年01月09日"],
            "某市半年经济报告",
            DAY,
            None,
        ),
        (["# 某市半年经济报告", "", "来源：某网 | 2021-01-09"], "某市半年经济报告", DAY, "某网"),
        (["---", "title: 某市半年经济报告", "date: 2021-01-09", "---"], "某市半年经济报告", DAY, None),
        (
            ["某市半年经济报告", "——2021年1月9日在某市第十六届人民代表大会第五次会议上", "市长 某某"],
            "某市半年经济报告",
            DAY,
            None,
        ),
        (["某市政府工作报告（2021年1月9日）"], "某市政府工作报告（2021年1月9日）", DAY, None),
        (["某市半年经济报告"], "某市半年经济报告", None, None),
        (["稳了！某市上半年增长9%，你猜为什么？"], "稳了！某市上半年增长9%，你猜为什么？", None, None),
        (["原标题：某市半年报", "2021-01-09 11:36"], "某市半年报", DAY, None),
        ([], None, None, None),
    ],
)
def test_heads(head: list[str], title: str | None, day: date | None, source: str | None) -> None:
    text = "\n".join([*head, PROSE, "第二段，完成产值3.1亿元。"])
    found = find_metadata(text)
    assert (found.title, found.pub_date, found.source) == (title, day, source)
    assert PROSE in text[found.content_start :]
    if len(head) > 1 and "在某市" not in head[1]:
        rest = text[found.content_start :].lstrip("-\n")
        assert rest.startswith(PROSE)


@pytest.mark.parametrize(
    "first",
    [
        "2021年1月9日，全市召开经济工作会议，部署项目42个。",
        "来源：我市财政收入主要来自三个方面，其中税收占七成。",
        "时间：3月1日至5日，地点：市会展中心，参展企业320家。",
        "记者：去年全市投资增长多少？答：增长8.2%。",
        "一、2020年1月1日以来的工作",
        "单位：亿元",
        "日期 投资 增速",
        "编辑部设在南京的三家刊物发行量达到12万份。",
        "阅读推广活动举办1260场。",
        "摘要：全市完成投资3亿元。",
    ],
)
def test_lines_that_only_look_like_metadata_are_content(first: str) -> None:
    text = f"某市半年经济报告\n{first}\n{PROSE}"
    found = find_metadata(text)
    assert found.content_start <= text.index(first)
    assert found.boilerplate == ()
    assert found.pub_date is None


@pytest.mark.parametrize(
    ("line", "place", "day", "agency", "source"),
    [
        ("本报南京1月8日电（记者 某某）", "南京", "2021-01-08", "本报", None),
        ("新华社北京1月8日电", "北京", "2021-01-08", "新华社", "新华社"),
        ("新华社北京2020年12月30日电 ", "北京", "2020-12-30", "新华社", "新华社"),
        ("中新网哈尔滨12月27日电（记者 某某）", "哈尔滨", "2020-12-27", "中新网", "中新网"),
        ("（中央社記者某大明台北5日電）", "台北", "2021-01-05", "中央社", "中央社"),
        ("【記者某小明／台中報導】", "台中", None, None, None),
        ("央视网消息（新闻联播）：", None, None, "央视网", "央视网"),
        ("【某城商报讯】（首席记者 某某）", None, None, "某城商报", "某城商报"),
        ("1月8日讯 ", None, "2021-01-08", None, None),
        ("本报讯（记者 某某）", None, None, "本报", None),
        ("某某财经记者某某 东莞报道 ", "东莞", None, None, None),
        ("近日，据人民日报1月8日报道，", None, None, None, None),
        ("记者1月8日从市统计局获悉，", None, None, None, None),
    ],
)
def test_datelines_are_told_and_stay_content(
    line: str, place: str | None, day: str | None, agency: str | None, source: str | None
) -> None:
    text = f"某市半年经济报告\n发布时间：2021-01-09\n{line}{PROSE}\n第二段。"
    found = find_metadata(text)
    fields = found.fields
    assert (fields.get("dateline_place"), fields.get("dateline_date"), fields.get("agency")) == (place, day, agency)
    assert found.source == source
    assert text[found.content_start :].startswith(line)


def test_a_dateline_without_a_year_anywhere() -> None:
    found = find_metadata(f"本报南京1月8日电（记者 某某）{PROSE}")
    assert found.fields["dateline_date"] == "--01-08"
    assert found.pub_date is None
    assert find_metadata(f"本报南京1月8日电 {PROSE}", pub_date=DAY).fields["dateline_date"] == "2021-01-08"
    assert find_metadata(f"新华社北京2021年1月9日电 {PROSE}").pub_date == DAY


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("(責編:某甲、某乙)", "editor", "某甲、某乙"),
        ("【责任编辑：某甲】", "editor", "某甲"),
        ("编辑：某甲  审核：某乙", "editor", "某甲"),
        ("（本文来源：某某网）", None, None),
        ("来源：某某网", None, None),
        ("浏览次数：1203", None, None),
        ("【打印】【关闭】【返回顶部】", None, None),
        ("分享到： 微信 微博 QQ空间", None, None),
        ("上一篇：邻市上半年增长8.5%", None, None),
        ("下一则：鄰縣完成投資12億元", None, None),
        ("版权所有：某某网 京ICP备00000000号", None, None),
        ("Copyright © 2021 某某网 All Rights Reserved", None, None),
        ("主办单位：某市人民政府办公室", None, None),
        ("联系电话：000-88886666", None, None),
        ("扫一扫在手机打开当前页", None, None),
        ("免责声明：本文数据仅供参考，不构成投资建议，涨幅5%以上。", None, None),
        ("当前位置：首页 > 要闻 > 正文", None, None),
        ("第1页 共3页", None, None),
    ],
)
def test_the_pages_own_lines_at_the_end(line: str, field: str | None, value: str | None) -> None:
    text = f"某市半年经济报告\n{PROSE}\n{line}"
    if line.startswith("（本文"):
        line = ""
    found = find_metadata(text)
    covered = [text[start:end] for start, end in found.boilerplate]
    assert covered == ([line] if line else covered)
    if field:
        assert found.fields[field] == value


def test_a_credit_at_the_end_of_a_paragraph() -> None:
    text = f"某市半年经济报告\n{PROSE}（责编：某甲）"
    found = find_metadata(text)
    assert [text[start:end] for start, end in found.boilerplate] == ["（责编：某甲）"]
    assert found.fields["editor"] == "某甲"


def test_lists_of_other_articles_are_no_content_but_background_is() -> None:
    links = "相关新闻\n邻市上半年投资增长11%\n邻县签约项目88亿元\n更多>>"
    text = f"某市半年经济报告\n{PROSE}\n{links}"
    found = find_metadata(text)
    assert "".join(text[start:end] for start, end in found.boilerplate) == links.replace("\n", "")
    text = f"某市半年经济报告\n{PROSE}\n相关链接\n去年，该市还完成技改投资37亿元，增长6%。\n邻市12个项目开工"
    assert find_metadata(text).boilerplate == ()


@pytest.mark.parametrize(
    "line",
    [
        "全市核发食品经营许可证2.3万张",
        "全年办理版权登记1.2万件，版权交易额3亿元",
        "下一步，完成投资3亿元",
        "下载量\t320万次",
        "大\t300\t小\t1200",
        "扫码支付3.5亿笔",
        "分享经济规模达到3亿元",
        "上一年度投资12亿元",
        "第3页岩气田产量12亿立方米",
        "主办企业320家",
        "地址变更企业120家",
        "更多企业受益，减税3亿元。",
        "中\t25.6\t8%",
        "位置服务产值达到120亿元",
        "点击率提高3个百分点",
    ],
)
def test_lines_with_facts_are_never_boilerplate(line: str) -> None:
    for text in (
        f"标题一二三\n{PROSE}\n{line}",
        f"标题一二三\n{PROSE}\n{line}\n{PROSE}",
        f"标题一二三\n{line}\n{PROSE}",
    ):
        found = find_metadata(text)
        at = text.index(line)
        assert not any(start <= at < end for start, end in found.boilerplate)
        assert found.content_start <= at


def test_the_text_is_never_changed() -> None:
    text = "某市半年经济报告\r\n来源：某网 2021-01-09\r\n" + PROSE + "\r\n（责编：某甲）\r\n"
    article = article_from_text(text, id="a", title="给定", source="给定来源")
    assert article.text == text
    assert (article.title, article.source, article.pub_date) == ("给定", "给定来源", DAY)
    assert text[article.content_start :].startswith(PROSE)


@pytest.mark.parametrize(
    "line",
    [
        "打印" + "1" * 110 + "x",
        "打印" + "A+" * 50 + "x",
        "1" * 110 + "页x",
        "建议使用" * 35 + "x",
        "大中小" * 35 + "分享x",
        "来源" + " " * 190 + "x",
        "记者" * 90,
        "记者 " * 60 + "报道",
        "本报" * 70 + "1月8日电",
        "日报" * 75 + "8日",
        "2021" + " " * 180 + "年",
        "【" * 190,
        "-" * 190 + "a:",
        "，" * 190,
        "：" * 190,
        "首页>" * 45 + "。",
        "2021-01-09 " * 17,
    ],
)
def test_lines_made_to_backtrack_end(line: str) -> None:
    for text in (f"{line}\n{PROSE}", f"标题\n{PROSE}\n{line}", "\n".join([line] * 200)):
        find_metadata(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "来源：",
                    "发布时间：2021-01-09",
                    "- 作者:",
                    "【字体：",
                    "大",
                    "南京",
                    PROSE,
                    "责编：某甲",
                    "上一篇：某",
                    "相关新闻",
                    "",
                ]
            ),
            st.text(max_size=30),
        ),
        max_size=12,
    )
)
def test_spans_are_always_true(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = find_metadata(text)
    assert 0 <= found.content_start <= len(text)
    previous = 0
    for start, end in found.boilerplate:
        assert previous <= start < end <= len(text)
        previous = end
    assert PROSE not in [text[start:end] for start, end in found.boilerplate]
