"""Driving the review page in a browser: pressing keys, waiting, reading what came of it."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"


def shoot(page: Any, name: str) -> None:
    """Keep a picture for the documentation, when asked to."""
    if os.environ.get("GONGBAO_SCREENSHOTS"):
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(250)
        page.screenshot(path=str(SHOTS / f"{name}.png"))


STATE = """[location.href, document.getElementById('detail')?.getAttribute('aria-busy'), document.activeElement.outerHTML.slice(0, 80),
    document.querySelector('.change')?.dataset.key, document.getElementById('alert-text')?.textContent,
    document.documentElement.lang, document.body?.dataset.ready, document.cookie]"""


def until(page: Any, condition: str, arg: Any = None, seconds: float = 300) -> None:
    """Wait for a condition; asked from outside, since the page's policy forbids evaluating text inside."""
    from playwright.sync_api import Error

    end = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(condition, arg):
                return
        except Error as error:  # asked while the page was being replaced by the next one
            if "context was destroyed" not in str(error):
                raise
        assert time.monotonic() < end, f"never came true: {condition}; {page.evaluate(STATE)}"
        page.wait_for_timeout(20)


def events(project: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(project / "outputs" / "reviews.db") as db:
        return list(db.execute("SELECT action, reviewer, key, undoes FROM event ORDER BY id"))


def progress(page: Any) -> tuple[int, int]:
    done, total = page.inner_text("#progress-text").replace(" decided", "").split(" of ")
    return int(done), int(total)


def press(page: Any, key: str, done: int | None = None) -> None:
    """Press a key; with `done`, wait until so many changes are decided."""
    page.keyboard.press(key)
    if done is not None:
        until(page, f"document.getElementById('progress-text').textContent.startsWith('{done} of')")
    settle(page)


def settle(page: Any) -> None:
    """Wait until the change that the address names is the one shown, and the last key has done its work."""
    until(
        page,
        "document.getElementById('detail').getAttribute('aria-busy') === 'false' && (document.querySelector('.empty')"
        " || document.querySelector('.change')?.dataset.key === location.hash.slice(1))",
    )
