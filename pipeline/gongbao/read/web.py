"""The article of a web page: which of its blocks are the text, its title and its date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gongbao.read.dates import find_dates
from gongbao.read.labels import fold, metadata_of
from gongbao.read.page import Block, Container, Page, parse_page

_BESIDE = re.compile(
    r"comment|pinglun|footer|foot\b|(?:^|[\s_-])(?:nav|navbar|menu|sidebar|side|aside|ad|ads|advert|banner|login|search)(?:[\s_-]|$)|"
    r"related|relate|recommend|tuijian|xiangguan|breadcrumb|crumb|position|copyright|share|hot-?(?:news|list)|rank|pagination|pager|"
    r"prev-?next|toolbar|qrcode|erweima|friend-?link|popup|modal|tags?\b"
)
_TITLE_META = ("articletitle", "og:title", "twitter:title", "title", "headline")
_DATE_META = (
    "pubdate",
    "publishdate",
    "article:published_time",
    "og:release_date",
    "datepublished",
    "publish_time",
    "publish-date",
    "weibo:article:create_at",
    "apub:date",
    "date",
    "dc.date",
    "dc.date.issued",
    "og:pubdate",
    "parsely-pub-date",
)
_SOURCE_META = ("contentsource", "og:site_name", "mediaid", "source", "article:author")
_AUTHOR_META = ("author", "article:author", "og:article:author")
_SEPARATOR = re.compile(r"\s*[_|丨–—]+\s*|\s+[-·>]\s+|\s*--+\s*")
_PROSE = re.compile(r"[。；！？，,;]")
_ARTICLE = re.compile(
    r"article|artibody|content|zhengwen|wenzhang|trs_|ucap|editor|rich_media|paragraph|"
    r"(?:^|[\s_-])(?:zoom|text|txt|detail|entry|post|main|con)(?:[\s_-]|$)|text$"
)
MOST, NAMED = 0.9, 0.6
"""Share of the prose around it that the article's box holds; the less, if its name says what it is."""
SMALL = 3
"""A box named like navigation or comments is such only if it holds less than one part in three of the page's prose."""


@dataclass(frozen=True, slots=True)
class WebArticle:
    """What a page gives: the lines of its article, and what its head says of it."""

    text: str
    title: str | None = None
    pub_date: date | None = None
    source: str | None = None
    author: str | None = None


def read_page(html: str) -> WebArticle:
    """Find the article of a page; its text begins with the visible title and the lines of date and source below it."""
    page = parse_page(html)
    lines, title = _article(page)
    if not lines:
        page = parse_page(html, hidden=True)
        lines, title = _article(page)
    return WebArticle(
        text="\n".join(lines),
        title=title or _title_of(page) or None,
        pub_date=_meta_date(page),
        source=_meta(page, _SOURCE_META[:1]),
        author=_meta(page, _AUTHOR_META[:1]),
    )


def _article(page: Page) -> tuple[list[str], str | None]:
    """The lines of the article, and the title as it stands in them."""
    blocks = page.blocks
    chosen = _choose(blocks)
    if not chosen:
        return [], None
    title = _title_block(page, chosen[0])
    lines = [blocks[index].text for index in chosen]
    if title is None:
        return lines, None
    text = blocks[title].text
    if title in chosen:
        return [text, *(blocks[index].text for index in chosen if index > title)], text
    between = [
        blocks[index].text for index in range(title + 1, chosen[0]) if metadata_of(fold(blocks[index].text)) is not None
    ]
    return [text, *between, *lines], text


def _choose(blocks: list[Block]) -> list[int]:
    """The indexes of the blocks that are the article's: those of the smallest container with most of the prose."""
    boxes: dict[int, Container] = {}
    for block in blocks:
        for box in _around(block.container):
            boxes[id(box)] = box
            box.prose += _weight(block)
    total = sum(_weight(block) for block in blocks)
    beside = {key for key, box in boxes.items() if box.prose * SMALL <= total and box.hint and _BESIDE.search(box.hint)}
    candidates = [
        index for index, block in enumerate(blocks) if not any(id(box) in beside for box in _around(block.container))
    ]
    for box in boxes.values():
        box.own = box.prose = 0
    for index in candidates:
        weight = _weight(blocks[index])
        blocks[index].container.own += weight
        for box in _around(blocks[index].container):
            box.prose += weight
    inner = _smallest(boxes.values())
    return [
        index
        for index in candidates
        if (inner is None or any(box is inner for box in _around(blocks[index].container)))
        and not _is_links(blocks[index])
    ]


def _smallest(boxes: Iterable[Container]) -> Container | None:
    """The innermost box that holds most of the prose; None if the page has none."""
    inside: dict[int, list[Container]] = {}
    current: Container | None = None
    for box in boxes:
        if box.parent is None:
            current = box
        elif box.prose:
            inside.setdefault(id(box.parent), []).append(box)
    if current is None or not current.prose:
        return None
    while True:
        boxes_inside = inside.get(id(current), [])
        best = max(boxes_inside, key=lambda box: box.prose, default=None)
        if best is None:
            return current
        alone = all(box is best or box.hint != best.hint for box in boxes_inside) and current.own * 10 <= current.prose
        share = NAMED if alone and _ARTICLE.search(best.hint) else MOST
        if best.prose < share * current.prose:
            return current
        current = best


def _around(container: Container | None) -> Iterable[Container]:
    while container is not None:
        yield container
        container = container.parent


def _weight(block: Block) -> int:
    """How much a block counts as prose, in characters."""
    if len(block.text) < 20 or block.links * 3 > len(block.text) or not _PROSE.search(block.text):
        return 0
    return len(block.text) - block.links


def _is_links(block: Block) -> bool:
    """A line of links only; a name linked in a sentence is none."""
    return block.links * 10 > len(block.text) * 7 and not block.heading


def _title_block(page: Page, first: int) -> int | None:
    """The index of the visible title: the heading, or the line, that the page's title begins with."""
    title = _key(_title_of(page))
    whole = _key(page.title)
    best: int | None = None
    for index, block in enumerate(page.blocks[: first + 4]):
        key = _key(block.text)
        if len(key) < 4 or len(block.text) > 120:
            continue
        if key == title or (len(key) >= 8 and (whole.startswith(key) or (title and key.startswith(title)))):
            if best is None or block.heading or not page.blocks[best].heading:
                best = index
        elif block.heading == 1 and best is None and index >= first - 12:
            best = index
    return best


def _title_of(page: Page) -> str:
    """The article's title as the page's head has it, without the names of column and site behind it."""
    named = _meta(page, _TITLE_META)
    return _SEPARATOR.split(named or page.title)[0].strip()


def _key(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _meta(page: Page, names: Iterable[str]) -> str | None:
    return next((page.meta[name] for name in names if page.meta.get(name)), None)


def _meta_date(page: Page) -> date | None:
    for name in _DATE_META:
        dates = find_dates(page.meta.get(name, ""))
        if dates and dates[0].start == 0 and not dates[0].bare_roc:
            return dates[0].day
    return None
