"""Articles that end, hang or fill the process that reads them: put into a worker before it starts."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gongbao.document import Document
    from gongbao.pipeline import Pipeline


def install() -> None:
    """Have the pipeline of this process act on what the articles tell it."""
    from gongbao.pipeline import Pipeline

    make = Pipeline.__init__

    def poisoned(self: Pipeline, **options: Any) -> None:
        make(self, **options)
        repair = self.components["repair"]

        def obedient(document: Document) -> Document:
            _obey(document.text)
            return repair(document)

        self.components = {**self.components, "repair": obedient}

    Pipeline.__init__ = poisoned  # type: ignore[method-assign]


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
        elif order == "等待":
            time.sleep(600)
        elif order == "吃掉内存":
            hoard = []
            while True:
                hoard.append(bytearray(1 << 24))
        elif order == "只崩一次" and not Path(flag).exists():
            Path(flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
