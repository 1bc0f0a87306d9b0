"""Articles that end, hang or fill the process that reads them: put into a worker before it starts."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def install() -> None:
    """Have the pipeline of this process act on what the articles tell it."""
    from pipeline.extractor import Pipeline

    extract = Pipeline.pipe

    def pipe(self: Any, articles: Iterable[Any], **keywords: Any) -> Iterator[Any]:
        def poisoned() -> Iterator[Any]:
            for article in articles:
                _obey(article.text)
                yield article

        return extract(self, poisoned(), **keywords)

    def _extract(self: Any, article: Any) -> Any:
        if "吃掉内存" in article.text:
            hoard = []
            while True:
                hoard.append(bytearray(1 << 24))
        return whole(self, article)

    whole = Pipeline._extract
    Pipeline.pipe = pipe  # type: ignore[method-assign]
    Pipeline._extract = _extract  # type: ignore[method-assign]


def _obey(text: str) -> None:
    for line in text.splitlines():
        order, _, flag = line.partition("=")
        if order == "崩溃":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif order == "退出":
            os._exit(3)
        elif order == "死循环":
            while True:
                pass
        elif order == "只崩一次" and not Path(flag).exists():
            Path(flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
