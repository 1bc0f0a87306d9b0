"""What tests of the service ask and how they read its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TEXT = "青岛市2022年投入海岸带修复资金3.7亿元，惠及18个村。"
SECRET = "绝不可写入日志的句子"


def in_fresh_loop(work: Callable[[], Any]) -> Any:
    """The result of a coroutine run in a thread of its own: browser tests leave a loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"code", "message", "where", "fix"}
    assert body["code"] == code
    return dict(body)
