"""Reading back what gongbao wrote: JSON objects, and lines of them."""

from __future__ import annotations

import json
from typing import Any, AnyStr


def lines_of(data: AnyStr) -> list[AnyStr]:
    r"""The lines of a file of JSON lines, without their ends and without blank ones.

    `\n` alone ends a line: `str.splitlines` would cut at U+2028, U+2029 and U+0085 too, which JSON holds as they are.
    """
    end: AnyStr = "\n" if isinstance(data, str) else b"\n"
    return [line for line in data.split(end) if line.strip()]


def object_of(data: str | bytes) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        ValueError: it is none, or nested too deeply to be read.
    """
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found
