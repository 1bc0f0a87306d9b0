"""Chinese words: jieba's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache


@lru_cache(maxsize=1)
def _cutter() -> Callable[[str], Iterable[str]]:
    """rjieba, jieba in Rust with the same words, where it is installed."""
    try:
        import rjieba

        return rjieba.cut  # type: ignore[no-any-return,unused-ignore]
    except ImportError:
        import logging

        import jieba

        jieba.setLogLevel(logging.WARNING)
        tokenizer = jieba.Tokenizer()
        return tokenizer.lcut  # type: ignore[no-any-return,unused-ignore]


def cut(text: str) -> Iterable[str]:
    """The words of a text, joining to it exactly."""
    return _cutter()(text)
