"""Chinese words: jieba's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gongbao.names.segment import Cut, load_cut


@lru_cache(maxsize=1)
def _cutter() -> Cut:
    return load_cut()


def cut(text: str) -> Iterable[str]:
    """The words of a text, joining to it exactly."""
    return _cutter()(text)
