"""In which order a person looks at records that nobody has seen: the most doubtful first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gongbao.diff.fields import RecordRow

Reason = Literal["confidence", "flagged", "contradicted"]


@dataclass(frozen=True, slots=True)
class DoubtBand:
    """Records looked at together: those of a band of confidence (`low` <= confidence < `high`), or those that have
    another reason for doubt though their confidence is high.
    """

    reason: Reason
    low: float = 0.0
    high: float = 1.01

    @property
    def id(self) -> str:
        """A name that stays."""
        return f"{self.reason}-{self.low:.2f}"

    @property
    def band(self) -> str:
        """The confidences in it, as people read them: `0.50–0.69`."""
        return f"{self.low:.2f}–{self.high - 0.01:.2f}"


SECTIONS = (
    DoubtBand("confidence", 0.0, 0.5),
    DoubtBand("confidence", 0.5, 0.7),
    DoubtBand("confidence", 0.7, 0.8),
    DoubtBand("flagged", 0.8),
    DoubtBand("contradicted", 0.8),
    DoubtBand("confidence", 0.8, 0.9),
    DoubtBand("confidence", 0.9),
)
"""In the order in which they are looked at."""


def confidence_of(record: RecordRow) -> float:
    """The chance that a record is right; 0 where nobody said."""
    found = record.get("confidence")
    return float(found) if found is not None else 0.0


def band_of(record: RecordRow) -> str:
    """The band that a record's confidence is in, whatever else speaks against it: `0.50–0.69`."""
    confidence = confidence_of(record)
    bands = (section for section in SECTIONS if section.reason == "confidence")
    return next(section.band for section in bands if section.low <= confidence < section.high)


def section_of(record: RecordRow, *, contradicted: bool) -> DoubtBand:
    """Where a record that nobody has seen is looked at."""
    confidence = confidence_of(record)
    reasons: dict[Reason, bool] = {
        "confidence": True,
        "flagged": bool(record.get("flags")),
        "contradicted": contradicted,
    }
    return next(section for section in SECTIONS if section.low <= confidence < section.high and reasons[section.reason])
