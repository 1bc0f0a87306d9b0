"""Lines that belong to the page and not to the article: sharing buttons, pagers, view counts, footers, lists of links.

Only what is clearly such is named: a sentence lost to this module would be a lost fact.
"""

from __future__ import annotations

from collections.abc import Sequence

from gongbao.read.labels import Line, is_prose, metadata_of
from gongbao.rulebook.cues import reading_cues

HEADING = 60
"""A longer line heads no list of links."""
TAIL = 60
"""Lines at the end that are searched for footers and lists of links."""


def is_boilerplate(line: Line) -> bool:
    """Whether a line, wherever it stands, clearly belongs to the page."""
    folded, cues = line.folded, reading_cues()
    if not folded or len(folded) > 120 or cues["page_word"].search(folded) is None:
        return False
    if cues["copyright"].search(folded) or cues["breadcrumb"].match(folded) or cues["neighbour"].match(folded):
        return True
    if ("\t" not in line.text and cues["buttons"].match(folded)) or ("页" in folded and cues["pager"].match(folded)):
        return True
    if cues["scan"].match(folded) and not is_prose(folded):
        return True
    if cues["counter"].match(folded):
        return True
    values = metadata_of(line)
    return bool(values) and all(value.field in ("views", "page") for value in values or ())


def is_footer(line: Line) -> bool:
    """Whether a line among the last of a text belongs to the page (publisher, address, disclaimer, advertisement)."""
    return is_boilerplate(line) or bool(0 < len(line.folded) <= 160 and reading_cues()["footer"].match(line.folded))


def links_from(lines: Sequence[Line]) -> int:
    """The index from which on a text is nothing but a list of links (相关新闻 and titles below it); else its length.

    Their titles are full of figures of other articles. A 相关链接 with sentences below it is part of the article.
    """
    for index in range(max(0, len(lines) - TAIL), len(lines)):
        if len(lines[index].folded) <= HEADING and reading_cues()["links"].match(lines[index].folded):
            below = [line for line in lines[index + 1 :] if line.folded]
            if below and all(_is_title(line) or is_footer(line) or metadata_of(line) is not None for line in below):
                return index
    return len(lines)


def credit_at_end(text: str) -> tuple[int, int] | None:
    """The span of a credit in brackets at the end of a line: (責編:…), （来源：…）."""
    match = reading_cues()["credit"].search(text[-90:])
    if match is None:
        return None
    shift = max(0, len(text) - 90)
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    return start + shift, match.start() + len(match.group().rstrip()) + shift


def _is_title(line: Line) -> bool:
    return len(line.folded) <= 60 and "\t" not in line.text and not line.folded.endswith(("。", "；", ";", "！"))
