"""Lines that belong to the page and not to the article: sharing buttons, pagers, view counts, footers, lists of links.

Only what is clearly such is named: a sentence lost to this module would be a lost fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gongbao.read.labels import Line, is_prose, metadata_of

# Repetitions of alternatives are possessive (++) throughout: a line made to backtrack fails at once.
_BUTTON = (
    "打印(?:本页|此页|文章|该页|此文|预览)?|列印|友善列印|(?:关闭|关掉)(?:窗口|本页|页面|此页)?|"
    "返回(?:顶部|首页|列表|上页|上一页|页首)?|回(?:到)?(?:顶部|首页|上一?页|列表)|"
    "收藏(?:本页|本文|此页)?|加入收藏|(?:我要)?纠错|字体|字号|文字大小|字级|放大|缩小|大|中|小|特大|默认|A[-+]?|朗读|无障碍|"
    "分享(?:到|至|本文|此文|文章)?|转发|点赞|复制链接|微信(?:好友)?|朋友圈|(?:新浪|腾讯)?微博|QQ(?:空间|好友)?|人人网|豆瓣|"
    "Facebook|Twitter|Line|LINE|脸书|下载附件|下载|举报|投稿|推荐|更多|评论|我要评论|发表评论|扫一扫|手机看新闻|移动版|电脑版"
)
_BUTTONS = re.compile(rf"[\s|/·,、>\[\]【】()+:-]*+(?>(?:{_BUTTON})[\s|/·,、>\[\]【】()+:\d-]*)++$")
_PAGER = re.compile(
    r"(?:首页|上一?页|下一?页|尾页|末页|最后一页|全文|共\s?\d{1,4}\s?页|第\s?\d{1,4}\s?页|\d|[\s|/\[\].…<>«»·,-])++$"
)
_PAGER_WORD = re.compile("页")
_NEIGHBOUR = re.compile(r"[<>«»\[【]?\s*(?:上|下)一?(?:篇|条|则|页|条新闻|篇文章)\s*[\]】]?\s*(?:[:>»]|$|没有|无|暂无)")
_BREADCRUMB = re.compile(
    r"(?:您|你)?(?:的)?(?:现在|当前|目前)(?:所在|所处)?(?:的)?位置(?:是)?\s*[:>]|(?:您|你)?所在(?:的)?位置\s*[:>]|"
    r"(?:位置\s*[:>]\s*)?(?:网站|本站)?首页\s*(?:>|»|›|/|--)"
)
_COPYRIGHT = re.compile(
    r"^版权(?:所有|声明\s*[:©])|版权所有\s*(?:$|[:©@]|不得|未经|违者|侵权)|©\s*\d|(?i:copyright)\s*(?:©|\(c\)|\d{4}|@)|ICP[备证]\s*\d|"
    r"公网安备\s*\d|网站标识码\s*:?\s*\w{6}|经营许可证(?:编号)?\s*:|(?i:all rights reserved)"
)
_SCAN = re.compile(
    r"(?:微信|手机)?扫(?:一扫|码|描)\D{0,12}(?:手机|微信|打开|关注|分享|下载|二维码|阅读)\D{0,12}$|\D{0,12}二维码$"
)
_COUNTER = re.compile(
    r"(?:浏览|阅读|点击|点阅|访问|评论)(?:次数|人数|人次|量|数|率)?\s*\(?\d[\d,.]{0,9}\)?\s*万?[次人]?$"
)
_HINT = re.compile(
    "打印|列印|关闭|返回|顶部|收藏|纠错|字体|字号|字级|文字大小|分享|转发|微信|微博|朋友圈|上一|下一|上页|下页|页|位置|首页|版权|opyright|OPYRIGHT|©|ICP|公网安备"
    "|网站标识码|ights|扫|二维码|浏览|阅读|点击|点阅|访问|人气|评论|A\\+|复制链接|更多|推荐|手机看新闻|下载"
)

_FOOTER = re.compile(
    r"(?:主办|承办|协办|主管|技术支持|运行维护|网站管理|投稿|联系(?:电话|人|方式)|值班电话|新闻热线|举报电话|服务热线|客服|地址|邮编|电话|传真|邮箱|E-?mail)"
    r"(?:单位|部门|方|电话|邮箱|热线)?\s*:[^。]{0,80}$|"
    r"(?>[\s|]*(?:网站地图|联系我们|关于我们|网站声明|免责声明|隐私(?:政策|声明)|法律声明|友情链接|建议使用\S{1,30}))++[\s|]*$|"
    r"(?:声明|免责声明|特别声明|版权声明)\s*[:】]|凡本(?:网|站|报)|本(?:网|站)(?:转载|刊登|部分)|如(?:有|涉及)(?:侵权|版权)|"
    r"更多(?:精彩|新闻|资讯|内容).{0,30}$|点击进入.{0,30}$|(?:欢迎|敬请|请)?关注.{0,20}公众号|(?:扫码|立即)?下载.{0,16}客户端$"
)
_LIST_HEADING = re.compile(
    r"(?:相关(?:链接|新闻|阅读|报道|文章|推荐|附件|信息|稿件|专题|内容|资讯)|热门(?:新闻|推荐|文章|阅读|资讯|排行)|(?:推荐|延伸|拓展|更多|猜你喜欢)(?:阅读|新闻|文章)?|"
    r"(?:新闻|点击|阅读|热点|一周|本周|24小时)排行(?:榜)?|最新(?:新闻|文章|资讯|消息|更新)|今日(?:热点|头条|推荐)|图片新闻|精彩(?:推荐|图片)|网友(?:评论|留言)|"
    r"(?:视频|编辑)推荐|为您推荐|您可能(?:还)?(?:喜欢|感兴趣)|大家都在看|往期(?:回顾|精彩))\s*[:>»]*\s*(?:更多|MORE|more)?\s*[>»]*$"
)
_CREDIT = re.compile(
    r"\s*[(（【\[]\s*(?:责编|責編|责任编辑|責任編輯|编辑|編輯|来源|來源|文章来源|稿件来源|稿源|审核|校对|作者|编审|值班编辑)\s*[:：]"
    r"[^()（）【】\[\]\n]{1,60}[)）】\]]\s*$"
)

HEADING = 60
"""A longer line heads no list of links."""
TAIL = 60
"""Lines at the end that are searched for footers and lists of links."""


def is_boilerplate(line: Line) -> bool:
    """Whether a line, wherever it stands, clearly belongs to the page."""
    folded = line.folded
    if not folded or len(folded) > 120 or _HINT.search(folded) is None:
        return False
    if _COPYRIGHT.search(folded) or _BREADCRUMB.match(folded) or _NEIGHBOUR.match(folded):
        return True
    if ("\t" not in line.text and _BUTTONS.match(folded)) or (_PAGER.match(folded) and _PAGER_WORD.search(folded)):
        return True
    if _SCAN.match(folded) and not is_prose(folded):
        return True
    if _COUNTER.match(folded):
        return True
    values = metadata_of(line)
    return bool(values) and all(value.field in ("views", "page") for value in values or ())


def is_footer(line: Line) -> bool:
    """Whether a line among the last of a text belongs to the page (publisher, address, disclaimer, advertisement)."""
    return is_boilerplate(line) or (0 < len(line.folded) <= 160 and _FOOTER.match(line.folded) is not None)


def links_from(lines: Sequence[Line]) -> int:
    """The index from which on a text is nothing but a list of links (相关新闻 and titles below it); else its length.

    Their titles are full of figures of other articles. A 相关链接 with sentences below it is part of the article.
    """
    for index in range(max(0, len(lines) - TAIL), len(lines)):
        if len(lines[index].folded) <= HEADING and _LIST_HEADING.match(lines[index].folded):
            below = [line for line in lines[index + 1 :] if line.folded]
            if below and all(_is_title(line) or is_footer(line) or metadata_of(line) is not None for line in below):
                return index
    return len(lines)


def credit_at_end(text: str) -> tuple[int, int] | None:
    """The span of a credit in brackets at the end of a line: (責編:…), （来源：…）."""
    match = _CREDIT.search(text[-90:])
    if match is None:
        return None
    shift = max(0, len(text) - 90)
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    return start + shift, match.start() + len(match.group().rstrip()) + shift


def _is_title(line: Line) -> bool:
    return len(line.folded) <= 60 and "\t" not in line.text and not line.folded.endswith(("。", "；", ";", "！"))
