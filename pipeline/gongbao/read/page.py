"""Web pages as a list of blocks: each line of text with where it stands and how much of it is links.

lxml feeds the tags one by one and no tree is built, so that a million nested tags cost no more than a million others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from gongbao.read.blocks import LONG, one_line


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_UNSEEN = _tags(
    "script style noscript template svg math iframe object applet select option datalist textarea button "
    "canvas audio video map rt rp nav footer aside dialog"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = _tags(
    "p div section article main header table tbody thead tfoot tr td th caption ul ol li dl dt dd "
    "blockquote pre figure figcaption form fieldset center address hr body br html details summary "
    "frameset h1 h2 h3 h4 h5 h6"
)
_CONTAINERS = _tags("div section article main header table td th ul ol dl form center body blockquote figure")
_VOID = _tags("br hr img input meta link area base col embed source track wbr param")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MOST_COLUMNS, MOST_ROWS = 64, 1000
"""What a cell may stretch over."""
MAX_DEPTH = 64
"""Containers nested deeper count as the one at this depth."""
MOST_IN_HEAD = 1000
"""Characters of a <title> or <meta> that are kept: longer ones name nothing."""
MOST_TABLES = 16
"""Tables inside one another; the rows of deeper ones are lines of the cell around them."""


@dataclass(slots=True, eq=False)
class Container:
    """A box of the page: `hint` is its class and id, by which pages say what it holds.

    `prose` counts characters of sentences in it, `own` of those outside any smaller box.
    """

    parent: Container | None
    tag: str
    hint: str
    depth: int
    prose: int = 0
    own: int = 0


@dataclass(slots=True)
class Block:
    """One line of the page: its text, how many of its characters are links, its heading level (0 none)."""

    text: str
    links: int
    heading: int
    container: Container


@dataclass(slots=True)
class _Cell:
    """A cell of a table: what it holds, and how many columns and rows it stretches over."""

    blocks: list[Block]
    columns: int = 1
    rows: int = 1


Hanging = dict[int, tuple[int, str]]
"""For each column of a table that a cell above hangs into: for how many rows more, and the text to repeat there."""


class _Allowance:
    """How many characters may still be said again: no more in all than the page has, or a small one fills memory."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def covers(self, text: str) -> bool:
        """Whether a cell of this text may be said again; it counts as said then."""
        self._left -= len(text) + 1
        return self._left >= 0


@dataclass(slots=True)
class Page:
    """What a page holds: its blocks in order, its <title>, and its <meta> fields by lower-case name."""

    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)


def parse_page(html: str, *, hidden: bool = False) -> Page:
    """Read a page.

    Args:
        html: The page, decoded.
        hidden: Whether parts that the page hides (display: none) are read too.

    """
    from lxml import etree

    target = _Target(hidden=hidden, characters=len(html))
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=False)
    page: Page = etree.fromstring(html.encode("utf-8", "replace") or b"<html></html>", parser)
    return page


class _Target:
    """Receives lxml's events. Everything is kept in flat stacks; nothing recurses."""

    def __init__(self, *, hidden: bool, characters: int) -> None:
        self._page = Page()
        self._again = _Allowance(characters)
        self._hidden = hidden
        self._unseen: list[str] = []
        self._root = Container(None, "html", "", 0)
        self._containers = [self._root]
        self._deeper: list[str] = []
        self._rows: list[list[_Cell]] = []
        self._rows_too_deep = 0
        self._hanging: list[Hanging] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._in_link = False
        self._heading = 0
        self._pre = 0
        self._in_title = False

    def start(self, tag: str, attributes: Any) -> None:
        if self._unseen:
            if tag == self._unseen[0] and tag not in _VOID:
                self._unseen.append(tag)
            return
        if tag == "meta":
            name = attributes.get("name") or attributes.get("property") or attributes.get("itemprop")
            if name and attributes.get("content"):
                self._page.meta.setdefault(name.strip().lower(), one_line(attributes["content"][:MOST_IN_HEAD]))
            return
        if tag == "title":
            self._in_title = not self._page.title
            return
        if tag in _UNSEEN or (not self._hidden and tag not in _VOID and _is_hidden(tag, attributes)):
            self._unseen.append(tag)
            return
        if tag in _BLOCKS:
            self._flush()
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "a":
            self._in_link = "href" in attributes  # <a name=…> is a mark, and often never closed
        elif tag == "pre":
            self._pre += 1
        elif tag == "table":
            self._hanging.append({})
        elif tag == "tr" and (self._rows_too_deep or len(self._rows) == MOST_TABLES):
            self._rows_too_deep += 1
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th") and self._rows and not self._rows_too_deep:
            self._rows[-1].append(
                _Cell([], _span(attributes, "colspan", MOST_COLUMNS), _span(attributes, "rowspan", MOST_ROWS))
            )
        if tag in _CONTAINERS:
            self._open(tag, attributes)

    def end(self, tag: str) -> None:
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.pop()
            return
        if tag == "title":
            self._in_title = False
        if tag in _BLOCKS:
            self._flush()
        if tag in _HEADINGS:
            self._heading = 0
        elif tag == "a":
            self._in_link = False
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag == "tr" and self._rows_too_deep:
            self._rows_too_deep -= 1
        elif tag == "tr" and self._rows:
            self._emit(_row(self._rows.pop(), self._hanging[-1] if self._hanging else {}, self._again))
        elif tag == "table" and self._hanging:
            self._hanging.pop()
        if tag in _CONTAINERS:
            self._close(tag)

    def data(self, text: str) -> None:
        if self._in_title:
            self._page.title += text[: MOST_IN_HEAD - len(self._page.title)]
        elif not self._unseen:
            if self._pre and "\n" in text:
                for line in text.split("\n"):
                    self._add(line)
                    self._flush()
            else:
                self._add(text)

    def comment(self, text: str) -> None:
        """Comments are not on the page."""

    def close(self) -> Page:
        self._flush()
        while self._rows:
            self._emit(_row(self._rows.pop(), {}, self._again))
        self._page.title = one_line(self._page.title)
        return self._page

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        if self._in_link:
            self._linked += len(text.strip())

    def _flush(self) -> None:
        if not self._pieces:
            return
        text = one_line("".join(self._pieces))
        if text.strip("\xa0\u3000\u200b\ufeff "):
            self._emit([Block(text, min(self._linked, len(text)), self._heading, self._containers[-1])])
        self._pieces.clear()
        self._linked = 0

    def _emit(self, blocks: list[Block]) -> None:
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].blocks += blocks
        else:
            self._page.blocks += blocks

    def _open(self, tag: str, attributes: Any) -> None:
        if len(self._containers) > MAX_DEPTH:
            self._deeper.append(tag)
            return
        hint = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".strip().lower()[:200]
        parent = self._containers[-1]
        self._containers.append(Container(parent, tag, hint, parent.depth + 1))

    def _close(self, tag: str) -> None:
        if self._deeper:
            if self._deeper[-1] == tag:
                self._deeper.pop()
            return
        for index in range(len(self._containers) - 1, 0, -1):  # a stray end tag closes nothing
            if self._containers[index].tag == tag:
                del self._containers[index:]
                return


def _is_hidden(tag: str, attributes: Any) -> bool:
    style = attributes.get("style")
    return "hidden" in attributes or (style is not None and _HIDDEN.search(style) is not None)


def _span(attributes: Any, name: str, most: int) -> int:
    """The number of columns or rows of a cell; nonsense counts as one, and pages cannot ask for millions."""
    value = (attributes.get(name) or "").strip()[:9]
    return min(max(int(value), 1), most) if value.isascii() and value.isdigit() else 1


def _row(cells: list[_Cell], hanging: Hanging, again: _Allowance) -> list[Block]:
    """A row of data as one block, cells apart by tabs; a row that lays out the page as the blocks that it holds."""
    filled = [cell.blocks for cell in cells if cell.blocks]
    prose = any(len(cell) > 3 or any(len(block.text) > LONG * 2 for block in cell) for cell in filled)
    if not filled or prose or (len(filled) == 1 and not hanging):
        hanging.clear()
        return [block for cell in filled for block in cell]
    text = "\t".join(_cell_texts(cells, hanging, again)).rstrip("\t")
    links = sum(block.links for cell in filled for block in cell)
    return [Block(text, links, 0, filled[0][0].container.parent or filled[0][0].container)]


def _cell_texts(cells: list[_Cell], hanging: Hanging, again: _Allowance) -> list[str]:
    """The cells of a row by column: blank where a cell stretches, its words again where one hangs in from above.

    A figure is not said again: it stands once on the page.
    """
    texts: list[str] = []

    def hang() -> None:
        while len(texts) in hanging:
            rows, text = hanging.pop(len(texts))
            if not again.covers(text):
                hanging.clear()
                return
            if rows > 1:
                hanging[len(texts)] = rows - 1, text
            texts.append(text)

    for cell in cells:
        hang()
        text = " ".join(block.text for block in cell.blocks)
        for column in range(cell.columns):
            if cell.rows > 1:
                hanging[len(texts)] = cell.rows - 1, "" if column or any(map(str.isdigit, text)) else text
            texts.append("" if column else text)
    hang()
    return texts
