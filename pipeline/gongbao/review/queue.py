"""The queue as the browser gets it: groups and changes, compact, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gongbao.diff.compare import Change, group_changes
from gongbao.diff.fields import RecordRow
from gongbao.export.columns import record_columns
from gongbao.export.where import compile_where
from gongbao.review.contradictions import key_of
from gongbao.review.doubt import SECTIONS, DoubtBand, band_of, confidence_of, section_of
from gongbao.review.session import Session, Status
from gongbao.review.strings import Language, cause_title, section_title

WARM = 8
CALM = 10
_LISTED = ("place", "year", "indicator", "initiative", "kind", "status")
"""Fields whose values the page counts."""


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """Changes reviewed together: of one cause, or records that nobody has seen, of one degree of doubt."""

    id: str
    changes: tuple[Change, ...]
    danger: int
    field: str
    rules: str = ""
    section: DoubtBand | None = None

    def title(self, language: Language) -> str:
        """What the changes have in common."""
        if self.section is not None:
            return section_title(self.section, language)
        return cause_title(self.changes[0].cause, language)


def queue_groups(session: Session, rows: Mapping[str, dict[str, Any]]) -> tuple[QueueGroup, ...]:
    """The groups in the order of the queue, of the changes described by `describe`.

    Between two runs, changes are grouped by cause, the worst first. Against accepted records, what changed or was lost
    comes first in the same way, then the records that are new, by doubt.
    """
    asked = session.comparison.old.kind == "baseline"
    # What an accepted record was edited from differs from it for ever: decided in its first review, and seen there.
    past = {s.key for s in session.statuses() if asked and s.verdict in ("edit", "add") and s.version == 0}
    changes = [change for change in session.comparison.changes if change.key not in past]
    unseen = [change for change in changes if asked and change.kind == "added"]
    causes = (
        QueueGroup(group.cause.id, group.changes, int(group.cause.danger), group.cause.field, group.cause.rules)
        for group in group_changes(change for change in changes if not asked or change.kind != "added")
    )
    return (*causes, *_by_doubt(unseen, rows))


def describe(session: Session) -> dict[str, dict[str, Any]]:
    """What the filter asks for of each change, by its key."""
    return {change.key: _row(session, change, old, new) for change, old, new in session.changes()}


def group_rows(groups: Iterable[QueueGroup], language: Language) -> list[dict[str, Any]]:
    """The groups with their titles in a language."""
    return [
        {
            "id": group.id,
            "title": group.title(language),
            "rules": group.rules,
            "danger": group.danger,
            "field": group.field,
        }
        for group in groups
    ]


def change_rows(groups: Iterable[QueueGroup], rows: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes of all groups in the order of the queue, as described, each with the number of its group."""
    numbered = enumerate(groups)
    return [rows[change.key] | {"group": number} for number, group in numbered for change in group.changes]


def matching(session: Session, where: str) -> list[str]:
    """The keys of the changes whose new record, or lost old one, a filter of `gongbao export --where` lets through.

    Raises:
        ExportError: it is no filter.
    """
    test = compile_where(where)
    columns: dict[str, Any] = dict.fromkeys(column.name for column in record_columns())
    shown = ((change.key, new if new is not None else old or {}) for change, old, new in session.changes())
    return [key for key, record in shown if test(columns | dict(record))]


def status_rows(statuses: Iterable[Status]) -> list[list[Any]]:
    """Statuses as `[key, verdict, reviewer, at, version]`."""
    return [[s.key, s.verdict, s.reviewer, s.at, s.version] for s in statuses]


def _by_doubt(changes: Iterable[Change], rows: Mapping[str, dict[str, Any]]) -> Iterable[QueueGroup]:
    members: dict[DoubtBand, list[Change]] = {section: [] for section in SECTIONS}
    for change in changes:
        row = rows[change.key]
        members[section_of(row, contradicted=row["contradicted"])].append(change)
    for section, found in members.items():
        if found:
            ordered = sorted(
                found, key=lambda change: (rows[change.key]["confidence"], -len(rows[change.key]["flags"]))
            )
            danger = CALM if section.reason == "confidence" and section.low >= 0.8 else WARM
            yield QueueGroup(section.id, tuple(ordered), danger, "record", section=section)


def _row(session: Session, change: Change, old: RecordRow | None, new: RecordRow | None) -> dict[str, Any]:
    record = new if new is not None else old
    assert record is not None
    return {
        "key": change.key,
        "article": change.article_id,
        "raw": change.raw,
        "before": change.before,
        "after": change.after,
        "class": change.kind,
        "fields": list(change.fields),
        "gold": session.judgement.verdicts.get(change.key) if session.judgement else None,
        **{name: _distinct(old, new, name) for name in _LISTED},
        "rules": sorted(_rules(old) | _rules(new)),
        "flags": list(record.get("flags") or ()),
        "contradicted": key_of(record) in session.contradictions,
        "confidence": confidence_of(record),
        "band": band_of(record),
        "text": " ".join(str(record.get(name) or "") for name in ("sentence", "title")),
    }


def _distinct(old: RecordRow | None, new: RecordRow | None, name: str) -> list[str]:
    rows = (row for row in (new, old) if row is not None)
    return list(dict.fromkeys(str(row[name]) for row in rows if row.get(name) is not None))


def _rules(record: RecordRow | None) -> set[str]:
    evidence = (record or {}).get("evidence") or {}
    return {str(item["rule"]) for item in evidence.values() if item.get("rule")}
