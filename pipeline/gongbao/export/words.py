"""Words for full-text search over Chinese: jieba's, and the shorter words inside long ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_WORD = re.compile(r"\w", re.UNICODE)


@lru_cache(maxsize=1)
def _cutters() -> tuple[Callable[[str], Iterable[str]], Callable[[str], Iterable[str]]]:
    """Cut into words; cut into words for an index. rjieba, jieba in Rust with the same words, where it is installed."""
    try:
        import rjieba

        return rjieba.cut, rjieba.cut_for_search
    except ImportError:
        import logging

        import jieba

        jieba.setLogLevel(logging.WARNING)
        tokenizer = jieba.Tokenizer()
        return tokenizer.lcut, tokenizer.lcut_for_search


def cut(text: str) -> Iterable[str]:
    """The words of a text, joining to it exactly."""
    return _cutters()[0](text)


@lru_cache(maxsize=8192)
def index_text(text: str | None) -> str:
    """A text as the full-text index takes it: its words, a blank between them, punctuation left out."""
    if not text:
        return ""
    return " ".join(word for word in _cutters()[1](text) if _WORD.search(word))


def query_text(text: str) -> str:
    """What a person typed as a full-text query: every word of it must occur, in any order.

    Blanks separate words too. Each word is quoted, so that nothing in it is read as an operator.
    """
    cut = _cutters()[0]
    words = [word for part in text.split() for word in cut(part) if _WORD.search(word)]
    return " ".join('"{}"'.format(word.replace('"', '""')) for word in words) or '""'
