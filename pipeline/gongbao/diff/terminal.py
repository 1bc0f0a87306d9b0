"""The comparison as text for a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gongbao.diff.causes import Danger
from gongbao.diff.compare import Change
from gongbao.diff.report import Report, title


def render(report: Report, *, limit: int = 10) -> RenderableType:
    """The terminal view: what was compared, totals, then the groups with up to `limit` changes each."""
    parts: list[RenderableType] = [_head(report)]
    for group in report.comparison.groups:
        shown = report.open_changes(group)
        if not shown:
            continue
        parts.append(Text(""))
        heading = Text(title(group.cause), style=_style(group.cause.danger))
        heading.append(
            f"  {len(shown)}" + (f" of {len(group.changes)}" if len(shown) < len(group.changes) else ""), style="bold"
        )
        if group.cause.rules:
            heading.append(f"  {group.cause.rules}", style="dim")
        parts.append(heading)
        parts.append(_changes(report, shown[:limit]))
        if len(shown) > limit:
            parts.append(Text(f"  … {len(shown) - limit} more (--limit 0 shows all)", style="dim"))
    parts.append(Text(""))
    parts.append(_foot(report))
    return Group(*parts)


def print_report(report: Report, console: Console, *, limit: int = 10) -> None:
    """Print the terminal view; `limit` 0 shows every change."""
    console.print(render(report, limit=limit or len(report.comparison.changes)), soft_wrap=False)


def _head(report: Report) -> RenderableType:
    comparison = report.comparison
    totals = report.totals()
    lines = [
        f"[bold]{escape(comparison.old.name)}[/] → [bold]{escape(comparison.new.name)}[/]",
        report.compared(),
        f"{totals['records_old']} → {totals['records_new']} records: {totals['same']} the same, "
        f"{totals['added']} added, {totals['removed']} removed, {totals['changed']} changed",
    ]
    quiet = report.quiet_classes()
    if quiet:
        lines.append("needing no eyes: " + ", ".join(f"{count} {name} only" for name, count in quiet.items()))
    for name, old, new in comparison.versions:
        lines.append(f"{name}: {old or '–'} → {new or '–'}")
    if comparison.rule_versions:
        names = [item.name for item in comparison.rule_versions]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        lines.append(f"rules that differ: {', '.join(names[:8])}{more}")
    if report.judgement is not None and report.judgement.articles:
        fields = [
            f"{name} +{counts['gains']} −{counts['losses']}"
            for name, counts in report.by_field().items()
            if counts["gains"] or counts["losses"]
        ]
        lines.append(
            f"against {report.judgement.articles} annotated articles: " + (", ".join(fields) or "no gain, no loss")
        )
    if report.judgement is not None and report.judgement.stale:
        lines.append(f"annotations not used, made on another text: {', '.join(report.judgement.stale[:5])}")
    head, *rest = lines
    return Group(Text.from_markup(head), *(Text(line) for line in rest))


def _changes(report: Report, changes: list[Change]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    for _ in range(4):
        table.add_column(overflow="fold")
    for change in changes:
        old, new = report.comparison.records(change)
        record = new or old or {}
        verdict = report.verdict(change)
        mark = {"better": Text("better", "green"), "worse": Text("worse", "red")}.get(
            verdict or "", Text(verdict or "")
        )
        table.add_row(
            Text(f"  {change.article_id}:{change.start}", "dim"),
            Text(change.raw),
            Text(f"{change.before or '∅'} → {change.after or '∅'}" if change.kind == "changed" else _said(record)),
            mark,
        )
    return table


def _said(record: dict[str, object]) -> str:
    return " · ".join(str(record[name]) for name in ("place", "year", "initiative", "indicator") if record.get(name))


def _foot(report: Report) -> Text:
    totals = report.totals()
    if totals["unreviewed"]:
        return Text(f"{totals['unreviewed']} unreviewed, {totals['decided']} decided. Review: gongbao review", "bold")
    return Text(f"Nothing unreviewed ({totals['decided']} decided).", "bold green")


def _style(danger: Danger) -> str:
    return "bold red" if danger <= Danger.LOST else "bold yellow" if danger <= Danger.KIND else "bold"
