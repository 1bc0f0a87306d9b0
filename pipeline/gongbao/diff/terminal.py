"""The comparison as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from gongbao.context import in_context
from gongbao.diff.causes import Cause, Danger
from gongbao.diff.compare import Change
from gongbao.diff.report import Report, title

Say = Callable[[str], str]
"""Says an English phrase in the user's language."""


def render(
    report: Report,
    *,
    limit: int = 10,
    width: int = 100,
    say: Say = str,
    title_of: Callable[[Cause], str] = title,
) -> RenderableType:
    """The terminal view: what was compared, totals, then the groups with up to `limit` changes each.

    Args:
        report: What is shown.
        limit: Changes of each group.
        width: Cells of a line: to it a change's sentence is cut.
        say: Says an English phrase in another language.
        title_of: A group's title in that language.
    """
    parts: list[RenderableType] = [_head(report, say)]
    for group in report.comparison.groups:
        shown = report.open_changes(group)
        if not shown:
            continue
        parts.append(Text(""))
        heading = Text(title_of(group.cause), style=_style(group.cause.danger))
        count = f"{len(shown)} of {len(group.changes)}" if len(shown) < len(group.changes) else f"{len(shown)}"
        heading.append(f"  {say(count)}", style="bold")
        if group.cause.rules:
            heading.append(f"  {group.cause.rules}", style="dim")
        parts.append(heading)
        parts += (line for change in shown[:limit] for line in _change(report, change, width, say))
        if len(shown) > limit:
            parts.append(Text("  " + say(f"… {len(shown) - limit} more (--limit 0 shows all)"), style="dim"))
    parts.append(Text(""))
    parts.append(_foot(report, say))
    return Group(*parts)


def print_report(
    report: Report,
    console: Console,
    *,
    limit: int = 10,
    say: Say = str,
    title_of: Callable[[Cause], str] = title,
) -> None:
    """Print the terminal view; `limit` 0 shows every change."""
    most = limit or len(report.comparison.changes)
    page = render(report, limit=most, width=console.width, say=say, title_of=title_of)
    console.print(page, soft_wrap=False)


def _head(report: Report, say: Say) -> RenderableType:
    comparison = report.comparison
    totals = report.totals()
    lines = [
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
    sides = f"[bold]{escape(say(comparison.old.name))}[/] → [bold]{escape(say(comparison.new.name))}[/]"
    return Group(Text.from_markup(sides), *(Text(say(line)) for line in lines))


def _change(report: Report, change: Change, width: int, say: Say) -> list[RenderableType]:
    """A change on one line, and under it its sentence."""
    old, new = report.comparison.records(change)
    record = new or old or {}
    said = f"{change.before or '∅'} → {change.after or '∅'}" if change.kind == "changed" else _said(record)
    line = Text.assemble("  ", (change.raw, "bold"), "  ", said)
    verdict = report.verdict(change)
    if verdict:
        line.append(f"  {say(verdict)}", style={"better": "green", "worse": "red"}.get(verdict, ""))
    line.append(f"  {change.article_id}:{change.start}", style="dim")
    sentence = in_context(record, width - 4)
    return [line, Padding(sentence, (0, 0, 0, 4))] if sentence.plain else [line]


def _said(record: Mapping[str, object]) -> str:
    return " · ".join(str(record[name]) for name in ("place", "year", "initiative", "indicator") if record.get(name))


def _foot(report: Report, say: Say) -> Text:
    totals = report.totals()
    if totals["unreviewed"]:
        text = f"{totals['unreviewed']} unreviewed, {totals['decided']} decided. Review: gongbao review"
        return Text(say(text), "bold")
    return Text(say(f"Nothing unreviewed ({totals['decided']} decided)."), "bold green")


def _style(danger: Danger) -> str:
    return "bold red" if danger <= Danger.LOST else "bold yellow" if danger <= Danger.KIND else "bold"
