"""The queue as the browser gets it: groups and changes, compact, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gongbao.diff.compare import Change
from gongbao.diff.fields import RecordRow
from gongbao.review.session import Session, Status
from gongbao.review.strings import Language, cause_title


def group_rows(session: Session, language: Language) -> list[dict[str, Any]]:
    """The groups, worst first, with their titles in a language."""
    return [
        {
            "id": group.cause.id,
            "title": cause_title(group.cause, language),
            "rules": group.cause.rules,
            "danger": int(group.cause.danger),
            "field": group.cause.field,
        }
        for group in session.comparison.groups
    ]


def change_rows(session: Session) -> list[dict[str, Any]]:
    """The changes of all groups in reading order, each with what the filter asks for."""
    groups = enumerate(session.comparison.groups)
    return [_row(session, change, number) for number, group in groups for change in group.changes]


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
