"""Filling in the form for a missed record: what the rules read in the selected words, and the record nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pipeline.diff.fields import RecordRow, as_decimal, plain
from pipeline.errors import GongbaoError
from pipeline.review.texts import TextPair, sentence_around

_INHERITED = ("place", "year", "period", "period_start", "period_end", "initiative")


@dataclass(frozen=True)
class Proposer:
    """Proposes fields; loads the rules when first asked."""

    rules: tuple[str, ...] = ()

    @cached_property
    def _pipeline(self) -> Any:
        from pipeline.extractor import Pipeline

        return Pipeline(rules=self.rules, ner=None)

    def propose(
        self, texts: TextPair, pub_date: str | None, start: int, end: int, near: Sequence[RecordRow]
    ) -> dict[str, str]:
        """Fields of the form as strings: kind, value, unit and bound as read, the rest from the nearest record."""
        form: dict[str, str] = {"bound": "=", "kind": "count", "value": "", "unit": ""}
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
