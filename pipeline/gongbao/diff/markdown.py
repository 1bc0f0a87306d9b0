"""The comparison as Markdown, for the description of or a comment on a merge request."""

from __future__ import annotations

import re

from gongbao.diff.compare import Change
from gongbao.diff.report import Report, title

FIRST = 50
"""Changes listed in the folded part."""


def to_markdown(report: Report) -> str:
    """Totals, gains and losses by field, groups by danger, and the first 50 unreviewed changes folded away."""
    comparison, totals = report.comparison, report.totals()
    lines = [
        f"### Extraction diff: {_code(comparison.old.name)} → {_code(comparison.new.name)}",
        "",
        f"**{report.compared()}.** {totals['records_old']} → {totals['records_new']} records: "
        f"{totals['same']} the same, {totals['added']} added, {totals['removed']} removed, {totals['changed']} changed"
        f"{_quiet(report)}. **{totals['unreviewed']} unreviewed**, {totals['decided']} decided.",
        "",
    ]
    lines += _versions(report)
    fields = report.by_field()
    if fields:
        judged = report.judgement is not None and report.judgement.articles > 0
        lines += ["| field | changes | gains | losses |" if judged else "| field | changes |"]
        lines += ["|---|--:|--:|--:|" if judged else "|---|--:|"]
        for name, counts in fields.items():
            tail = f" {counts['gains']} | {counts['losses']} |" if judged else ""
            lines.append(f"| {name} | {counts['changes']} |{tail}")
        lines.append("")
        if judged and report.judgement is not None:
            lines += [f"Gains and losses against {report.judgement.articles} annotated articles.", ""]
    open_groups = [(group, len(report.open_changes(group))) for group in comparison.groups]
    open_groups = [(group, count) for group, count in open_groups if count]
    if not open_groups:
        return "\n".join([*lines, "Nothing unreviewed.", ""])
    lines += ["| cause, worst first | rules | changes |", "|---|---|--:|"]
    lines += [f"| {_text(title(g.cause))} | {_text(g.cause.rules)} | {count} |" for g, count in open_groups[:FIRST]]
    if len(open_groups) > FIRST:
        lines.append(f"| … {len(open_groups) - FIRST} more causes | | {sum(c for _, c in open_groups[FIRST:])} |")
    shown = [change for group, _ in open_groups for change in report.open_changes(group)]
    head = f"The first {FIRST} of {len(shown)} changes" if len(shown) > FIRST else f"All {len(shown)} changes"
    lines += [
        "",
        f"<details><summary>{head}</summary>",
        "",
        "| article | amount | change | gold |",
        "|---|---|---|---|",
    ]
    lines += [_row(report, change) for change in shown[:FIRST]]
    return "\n".join([*lines, "", "</details>", ""])


def _row(report: Report, change: Change) -> str:
    old, new = report.comparison.records(change)
    if change.kind == "changed":
        what = f"{change.cause.field}: {change.before or '∅'} → {change.after or '∅'}"
        if change.cause.also:
            what += f" (+ {', '.join(change.cause.also)})"
    else:
        row = new or old or {}
        said = [str(row[name]) for name in ("place", "year", "indicator") if row.get(name)]
        what = f"{change.kind}: {' · '.join(said)}"
    cells = (f"{change.article_id}:{change.start}", change.raw, what, report.verdict(change) or "")
    return f"| {' | '.join(map(_text, cells))} |"


def _versions(report: Report) -> list[str]:
    items = [f"{name} {_code(old or '–')} → {_code(new or '–')}" for name, old, new in report.comparison.versions]
    rules = [item.name for item in report.comparison.rule_versions]
    if rules:
        more = f" and {len(rules) - 10} more" if len(rules) > 10 else ""
        items.append(f"rules that differ: {', '.join(map(_code, rules[:10]))}{more}")
    return [*(f"- {item}" for item in items), ""] if items else []


def _quiet(report: Report) -> str:
    quiet = report.quiet_classes()
    return f" (and {', '.join(f'{count} {name} only' for name, count in quiet.items())})" if quiet else ""


def _text(text: str) -> str:
    """Text that Markdown and HTML take literally, on one line of a table."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|~!@])", r"\\\1", re.sub(r"\s+", " ", text))


def _code(text: str) -> str:
    return f"`{re.sub(r'[`|]|[^ -~一-鿿]', ' ', text)}`"
