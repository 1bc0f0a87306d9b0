"""Filling in the form for a missed record: what the rules read in the selected words, and the record nearest to it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from gongbao.canonical import as_decimal
from gongbao.diff.fields import RecordRow, plain
from gongbao.errors import GongbaoError
from gongbao.review.texts import TextPair, sentence_around

_INHERITED = ("place", "year", "period", "period_start", "period_end", "initiative")


@dataclass(frozen=True)
class Proposer:
    """Proposes fields; loads the rules when first asked."""

    rules: tuple[str, ...] = ()

    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    @cached_property
    def _loaded(self) -> Any:
        from gongbao.pipeline import Pipeline

        return Pipeline(rules=self.rules, ner=None)

    @property
    def _pipeline(self) -> Any:
        with self._lock:  # loading takes a second or two: once is enough
            return self._loaded

    def warm(self) -> None:
        """Load the rules in the background, so that the first proposal comes at once."""

        def load() -> None:
            with suppress(GongbaoError):  # told when a proposal is asked for
                self._pipeline  # noqa: B018

        if "_loaded" not in self.__dict__:
            threading.Thread(target=load, daemon=True).start()

    def propose(
        self, texts: TextPair, pub_date: str | None, start: int, end: int, near: Sequence[RecordRow]
    ) -> dict[str, str]:
        """Fields of the form as strings: kind, value, unit and bound as read, the rest from the nearest record."""
        form: dict[str, str] = {"bound": "=", "status": "actual", "kind": "count", "value": "", "unit": ""}
        nearest = min(near, key=lambda row: abs(row["start"] - start), default=None)
        if nearest is not None:
            form |= {name: str(nearest[name]) for name in _INHERITED if nearest.get(name) is not None}
        low, high = sentence_around(texts.raw, start, end)
        try:
            found = self._pipeline.parse(texts.raw[low:high], date.fromisoformat(pub_date) if pub_date else None)
        except (GongbaoError, ValueError):
            return form  # a person can fill in what the rules could not read
        for item in found["quantities"]:
            if low + item["start"] < end and low + item["end"] > start:
                numbers = {n: plain(as_decimal(item[n])) for n in ("value", "value_max") if item[n] is not None}
                form |= {name: str(item[name]) for name in ("kind", "unit", "bound")} | numbers
                break
        return form
