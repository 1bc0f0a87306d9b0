"""The page itself: one HTML file with everything in it, whose policy forbids it to load or send anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from gongbao import __version__
from gongbao.errors import ExportError
from gongbao.export.columns import Row
from gongbao.export.rows import LOW_CONFIDENCE
from gongbao.export.select import Data
from gongbao.export.summary import Summary
from gongbao.export.titles import FLAG_TITLES, HOW_TITLES, KIND_TITLES, STATUS_TITLES
from gongbao.report.charts import charts, filter_link
from gongbao.report.content import collect, embedded
from gongbao.report.figures import Figures, figures
from gongbao.report.words import BOUNDS, FIELDS, money

MAX_RECORDS = 20_000
"""Records on one page at most: more make a file that browsers open slowly and nobody reads."""


def report(data: Data, *, title: str | None = None, most: int = MAX_RECORDS) -> str:
    """The page of the selected records.

    Args:
        data: The records with their articles.
        title: The page's heading; names of the runs if None.
        most: How many records it may hold.

    Raises:
        ExportError: there are more (`report.too_large`), the records have no articles (`export.no_text`), or the
            drawing library is not installed (`report.extra`).
    """
    found: list[tuple[Row, list[Row]]] = []
    articles = records = 0
    for article, rows in data.by_article():
        articles += 1
        records += len(rows)
        if records > most:
            raise ExportError(
                f"more than {most:,} records",
                where=", ".join(source.run_id for source in data.sources),
                fix="Choose with --where or --min-confidence, or raise --max-records",
                code="report.too_large",
            )
        found.append((article, rows))
    return render(found, data, articles, title)


def render(found: Sequence[tuple[Row, Sequence[Row]]], data: Data, articles: int, title: str | None) -> str:
    """Count, draw and write the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    rows = [row for _, some in found for row in some]
    doubtful = {row["record_id"] for row in data.doubtful()}

    def look(row: Row) -> bool:
        return row["record_id"] in doubtful

    counted = figures(rows, articles=articles, failed=_failed(data), look=look)
    facts = data.facts()
    style, script = _asset("report.css"), _asset("report.js")
    words = {
        "kinds": KIND_TITLES,
        "statuses": STATUS_TITLES,
        "fields": FIELDS,
        "how": HOW_TITLES,
        "bounds": BOUNDS,
        "flags": FLAG_TITLES,
    }
    environment = Environment(
        loader=PackageLoader("gongbao.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals.update(money=money, filter_link=filter_link)
    page = environment.get_template("report.html").render(
        title=title or "公报数据报告",
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; "
        "form-action 'none'",
        style=Markup(style),
        script=Markup(script),
        data=Markup(embedded({**collect(found, look), "words": words})),
        charts={name: Markup(svg) for name, svg in charts(counted).items()},
        figures=counted,
        totals=totals(rows),
        kinds=KIND_TITLES,
        low=LOW_CONFIDENCE,
        version=__version__,
        facts=facts,
        selection=_selection(facts["selection"]),
        tiles=_tiles(counted),
    )
    return page.encode("utf-8", "backslashreplace").decode()


def totals(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The table of totals by place and year."""
    summary = Summary()
    for row in rows:
        summary.add(row)
    return list(summary.rows())


def _tiles(counted: Figures) -> list[tuple[str, str, str]]:
    """The figures at the top: what, how many, and a word on it."""
    years = counted.years
    span = "" if not years else f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"
    share = f"{counted.to_check / counted.records:.0%}" if counted.records else ""
    mean = "–" if counted.confidence is None else f"{counted.confidence:.2f}"
    money = [f"另有计划 {len(counted.plans):,} 条"] if counted.plans else []
    money += [f"外币 {counted.foreign:,} 条"] if counted.foreign else []
    return [
        ("文章", f"{counted.articles:,}", f"{counted.failed} 篇未能读取" if counted.failed else "全部读取"),
        ("记录", f"{counted.records:,}", "每个数量一条"),
        ("金额", f"{len(counted.amounts):,}", "，".join(money) or "人民币"),
        ("地点", f"{counted.places:,}", "省、市、区县"),
        ("事项", f"{counted.initiatives:,}", "项目、平台、资金等"),
        ("年份", f"{len(years)}", span),
        ("平均可信度", mean, "0 到 1"),
        ("待核对", f"{counted.to_check:,}", f"占 {share}" if share else ""),
    ]


def _selection(chosen: Mapping[str, Any]) -> str:
    """The filters in force, in words; empty if there are none."""
    parts = [f"筛选：{chosen['where']}"] if chosen.get("where") else []
    if chosen.get("min_confidence"):
        parts.append(f"可信度不低于 {chosen['min_confidence']}")
    if chosen.get("reviewed_only"):
        parts.append("只含人工核对过的记录")
    return "；".join(parts)


def _failed(data: Data) -> int:
    return sum(int((source.manifest.get("counts") or {}).get("errors") or 0) for source in data.sources)


def _asset(name: str) -> str:
    return files("gongbao.report").joinpath("static", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
