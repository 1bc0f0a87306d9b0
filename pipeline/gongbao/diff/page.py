"""The comparison as one self-contained HTML page: no script, nothing loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gongbao.diff.compare import Change
from gongbao.diff.fields import display
from gongbao.diff.report import Report, title


def to_html(report: Report) -> str:
    """Render the page; every text of an article is escaped."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("gongbao.diff"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    groups = [
        {
            "title": title(group.cause),
            "rules": group.cause.rules,
            "danger": int(group.cause.danger),
            "changes": [_row(report, change) for change in report.open_changes(group)],
        }
        for group in report.comparison.groups
        if report.open_changes(group)
    ]
    return environment.get_template("page.html").render(
        report=report,
        comparison=report.comparison,
        totals=report.totals(),
        fields=report.by_field(),
        quiet=report.quiet_classes(),
        groups=groups,
    )


def _row(report: Report, change: Change) -> dict[str, Any]:
    old, new = report.comparison.records(change)
    record = new or old or {}
    return {
        "article": change.article_id,
        "start": change.start,
        "raw": change.raw,
        "kind": change.kind,
        "fields": list(_fields(old, new, change)),
        "sentence": list(_marked(str(record.get("sentence") or ""), str(record.get("amount") or ""))),
        "verdict": report.verdict(change),
    }


def _fields(old: dict[str, Any] | None, new: dict[str, Any] | None, change: Change) -> Iterator[tuple[str, str, str]]:
    names = change.fields or ("value", "unit", "place", "year", "initiative", "indicator")
    for name in names:
        yield name, display(old, name) or "", display(new, name) or ""


def _marked(sentence: str, amount: str) -> Iterator[tuple[str, bool]]:
    """The sentence in pieces, the amount marked."""
    before, found, after = sentence.partition(amount) if amount else (sentence, "", "")
    yield from ((piece, marked) for piece, marked in ((before, False), (found, True), (after, False)) if piece)
