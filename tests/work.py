"""Counting work: what a function does, whatever the machine does beside it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(function: Callable[[], Any]) -> int:
    """How many lines of Python a call runs: the same number each time, and no other process changes it.

    What C does within a line is not counted. A loop that grows faster than its input shows in the ratio of two inputs.
    """
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


_SHORTEST = 0.01
"""Processor seconds below which the clock says nothing: what takes less counts as this much."""


def growth(run: Callable[[Any], Any], few: Any, many: Any) -> float:
    """How many times the processor time of `many` is that of `few`: the least of three tries each.

    For what C does, patterns above all, where `steps` sees nothing. No time is asked for, only a ratio, and what is so
    short that the clock cannot tell counts as growing too little.
    """

    def seconds(given: Any) -> float:
        best = float("inf")
        for _ in range(3):
            clock = time.process_time()
            run(given)
            best = min(best, time.process_time() - clock)
            if best < _SHORTEST:
                break
        return max(best, _SHORTEST)

    return seconds(many) / seconds(few)
