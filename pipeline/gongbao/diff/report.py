"""A comparison with what is known about its changes, as plain data: what every renderer shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gongbao.canonical import dump_json
from gongbao.diff.causes import Cause
from gongbao.diff.compare import Change, ChangeGroup, Comparison, VersionChange
from gongbao.diff.fields import FIELDS, QUIET, RecordRow
from gongbao.diff.judge import Judgement
from gongbao.diff.reading import Side
from gongbao.record import SCHEMA_VERSION


@dataclass(frozen=True)
class Report:
    """A comparison, its judgement, and the changes that were decided before (key -> verdict)."""

    comparison: Comparison
    judgement: Judgement | None = None
    decided: Mapping[str, str] = field(default_factory=dict)

    @property
    def unreviewed(self) -> int:
        """Changes that nobody has decided on."""
        return sum(1 for change in self.comparison.changes if change.key not in self.decided)

    @property
    def exit_status(self) -> int:
        """0: nothing unreviewed; 1: unreviewed changes."""
        return 1 if self.unreviewed else 0

    def open_changes(self, group: ChangeGroup) -> list[Change]:
        """The undecided changes of a group."""
        return [change for change in group.changes if change.key not in self.decided]

    def verdict(self, change: Change) -> str | None:
        """`better`, `worse` or `neither`; None where the article has no annotations."""
        return self.judgement.verdicts.get(change.key) if self.judgement else None

    def totals(self) -> dict[str, int]:
        """Records on both sides, and changes by class."""
        comparison = self.comparison
        classes = Counter(change.kind for change in comparison.changes)
        return {
            "records_old": comparison.old.records,
            "records_new": comparison.new.records,
            "same": comparison.same,
            "added": classes["added"],
            "removed": classes["removed"],
            "changed": classes["changed"],
            "quiet": len(comparison.quiet),
            "decided": len(comparison.changes) - self.unreviewed,
            "unreviewed": self.unreviewed,
        }

    def by_field(self) -> dict[str, dict[str, int]]:
        """For each field: changes, and gains and losses against the annotations; only fields with any."""
        changed = Counter(name for change in self.comparison.changes for name in (change.fields or (change.kind,)))
        gains = self.judgement.gains if self.judgement else {}
        losses = self.judgement.losses if self.judgement else {}
        names = [
            name
            for name in ("added", "removed", *FIELDS, "record")
            if changed[name] or gains.get(name) or losses.get(name)
        ]
        return {
            name: {"changes": changed[name], "gains": gains.get(name, 0), "losses": losses.get(name, 0)}
            for name in names
        }

    def quiet_classes(self) -> dict[str, int]:
        """Pairs that need no eyes, by class."""
        counts = Counter(change.cause.field for change in self.comparison.quiet)
        return {name: counts[name] for name in QUIET if counts[name]}

    def compared(self) -> str:
        """The line that no output goes without: `38 of 40 articles compared`, and what became of the rest."""
        comparison = self.comparison
        parts = [f"{len(comparison.compared)} of {comparison.articles} articles compared"]
        failed = sum(1 for key in comparison.only_old if key in comparison.new.failed)
        if comparison.only_old:
            why = f" ({failed} of them failed)" if failed else ""
            parts.append(f"{len(comparison.only_old)} only in {comparison.old.name}{why}")
        if comparison.only_new:
            parts.append(f"{len(comparison.only_new)} only in {comparison.new.name}")
        if comparison.left_out:
            parts.append(f"{comparison.left_out} on one side only, left out")
        if comparison.text_changed:
            parts.append(f"{len(comparison.text_changed)} with changed text")
        return "; ".join(parts)


def title(cause: Cause) -> str:
    """A group's title in English: `money value ×10000`, `place A → B + year`."""
    also = f" + {', '.join(cause.also)}" if cause.also and cause.change == "changed" else ""
    if cause.change == "removed":
        where = {"only_old": ", article gone", "failed": ", article failed"}.get(cause.articles, "")
        return f"lost {cause.shape}{where}"
    if cause.change == "added":
        return f"new {cause.shape}{', new article' if cause.articles else ''}"
    return f"{cause.field} {cause.short_shape}{also}".strip()


def to_json(report: Report) -> str:
    """The whole report as one JSON object; records are given in full, as records.jsonl has them."""
    comparison = report.comparison
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        "summary": report.compared(),
        "articles": {
            "total": comparison.articles,
            "compared": len(comparison.compared),
            "only_old": list(comparison.only_old),
            "only_new": list(comparison.only_new),
            "left_out": comparison.left_out,
            "text_changed": list(comparison.text_changed),
            "text_unknown": list(comparison.text_unknown),
            "about_changed": list(comparison.about_changed),
            "failed": dict(comparison.new.failed),
        },
        "versions": [_version(item) for item in comparison.versions],
        "rule_versions": [_version(item) for item in comparison.rule_versions],
        "totals": report.totals(),
        "fields": report.by_field(),
        "quiet_classes": report.quiet_classes(),
        "gold": _gold(report),
        "groups": [_group(report, group) for group in comparison.groups],
        "changes": [_change(report, change) for group in comparison.groups for change in group.changes],
        "quiet": [_change(report, change) for change in comparison.quiet],
    }
    return dump_json(data)


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "path": side.path.as_posix(),
        "kind": side.kind,
        "run_id": side.run_id,
        "articles": len(side.articles),
        "records": side.records,
        "versions": dict(side.versions),
    }


def _version(item: VersionChange) -> dict[str, str | None]:
    return {"name": item.name, "old": item.old, "new": item.new}


def _gold(report: Report) -> dict[str, Any] | None:
    judgement = report.judgement
    if judgement is None:
        return None
    verdicts = Counter(judgement.verdicts.values())
    return {
        "articles": judgement.articles,
        "stale": list(judgement.stale),
        **{name: verdicts[name] for name in ("better", "worse", "neither")},
    }


def _group(report: Report, group: ChangeGroup) -> dict[str, Any]:
    cause = group.cause
    return {
        "id": cause.id,
        "title": title(cause),
        "danger": cause.danger.name.lower(),
        "class": cause.change,
        "field": cause.field,
        "rule_old": cause.rule_old,
        "rule_new": cause.rule_new,
        "shape": cause.shape,
        "also": list(cause.also),
        "count": len(group.changes),
        "unreviewed": len(report.open_changes(group)),
        "changes": [change.key for change in group.changes],
    }


def _change(report: Report, change: Change) -> dict[str, Any]:
    old, new = report.comparison.records(change)
    return {
        "key": change.key or None,
        "class": change.kind,
        "group": change.cause.id,
        "article_id": change.article_id,
        "fields": {name: _values(old, new, name) for name in change.fields},
        "quiet": list(change.quiet),
        "gold": report.verdict(change),
        "decision": report.decided.get(change.key) if change.key else None,
        "old": old,
        "new": new,
    }


def _values(old: RecordRow | None, new: RecordRow | None, name: str) -> dict[str, Any]:
    """A field on both sides; of fields with several columns the first, the rest is in the records."""
    column = FIELDS[name][0]
    return {"old": (old or {}).get(column), "new": (new or {}).get(column)}
