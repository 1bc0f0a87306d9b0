"""Running the command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def gongbao() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command and wait for it; its standard output and error are texts."""

    def call(*arguments: object, **keywords: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from gongbao.cli import main; main()", *map(str, arguments)],
            **{"capture_output": True, "text": True, "timeout": 600, **keywords},  # type: ignore[call-overload]
        )

    return call
