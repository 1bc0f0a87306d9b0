"""The queue as the browser gets it: groups and changes, compact, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.diff.compare import Change
from pipeline.diff.fields import RecordRow
from pipeline.review.session import Session, Status
from pipeline.review.strings import Language, cause_title


def queue(session: Session, language: Language) -> dict[str, Any]:
    """Everything that the queue shows: groups, worst first, and their changes in reading order."""
    comparison = session.comparison
    rows, groups = [], []
    for number, group in enumerate(comparison.groups):
        groups.append(
            {
                "id": group.cause.id,
                "title": cause_title(group.cause, language),
                "rules": group.cause.rules,
                "danger": int(group.cause.danger),
                "field": group.cause.field,
            }
        )
        rows += [_row(session, change, number) for change in group.changes]
    return {"groups": groups, "changes": rows, "event": session.store.ledger.last}


def status_rows(statuses: Iterable[Status]) -> list[list[Any]]:
    """Statuses as `[key, verdict, reviewer, at, version]`."""
    return [[s.key, s.verdict, s.reviewer, s.at, s.version] for s in statuses]


def _row(session: Session, change: Change, group: int) -> dict[str, Any]:
    old, new = session.comparison.records(change)
    record = new if new is not None else old
    assert record is not None
    return {
        "key": change.key,
        "group": group,
        "article": change.article_id,
        "raw": change.raw,
        "kind": record.get("kind"),
        "before": change.before,
        "after": change.after,
        "class": change.kind,
        "fields": list(change.fields),
        "gold": session.judgement.verdicts.get(change.key) if session.judgement else None,
        "places": _distinct(old, new, "place"),
        "rules": sorted(_rules(old) | _rules(new)),
        "text": " ".join(str(record.get(name) or "") for name in ("sentence", "initiative", "indicator", "title")),
    }


def _distinct(old: RecordRow | None, new: RecordRow | None, name: str) -> list[str]:
    return list(dict.fromkeys(str(row[name]) for row in (old, new) if row is not None and row.get(name)))


def _rules(record: RecordRow | None) -> set[str]:
    evidence = (record or {}).get("evidence") or {}
    return {str(item["rule"]) for item in evidence.values() if item.get("rule")}
