"""The charts: Vega-Lite specifications drawn to SVG when the page is made, so that it needs no script for them.

Marks link into the page: `#r=` and a record's id, or `#f=` and filters of the table.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from gongbao.errors import ExportError, install
from gongbao.export.titles import HOW_TITLES, KIND_TITLES, STATUS_TITLES
from gongbao.places.paths import called
from gongbao.report.figures import FIELDS, ChartedAmount, Figures, by_place_and_year, ranked
from gongbao.report.words import FIELDS as FIELD_WORDS
from gongbao.report.words import money, shortened

PLACES, INITIATIVES, DOTS, YEARS = 15, 15, 2000, 8
"""How many places, initiatives, single amounts and years the charts show."""
SURE, LOOK, PLANNED = "#3b6ea5", "#d98324", "#8a6fb0"
_WIDTH = 520
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "Noto Sans CJK SC",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 240,
        "gridColor": "#e6e6e6",
        "domainColor": "#999",
        "tickColor": "#999",
        "labelColor": "#222",
        "titleColor": "#555",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "orient": "top"},
}
_MONEY: dict[str, Any] = {
    "field": "value",
    "type": "quantitative",
    "scale": {"type": "log", "nice": False, "padding": 12},
    "title": "单笔金额（元，对数刻度）",
    "axis": {
        "labelExpr": "datum.value >= 10000 ? format(datum.value / 10000, ',') + '万亿' : datum.value >= 1 ? "
        "format(datum.value, ',') + '亿' : datum.value >= 0.0001 ? format(datum.value * 10000, ',') + '万' : "
        "format(datum.value * 100000000, ',')",
        "tickCount": 6,
        "gridOpacity": 0.6,
        "labelOverlap": "greedy",
        "labelSeparation": 12,
    },
}
_LINK_BASE = "https://vega.github.io/vega-datasets/"
"""What the library puts before every link that names no site."""


def filter_link(**fields: object) -> str:
    """A link that filters the table."""
    return "#f=" + "&".join(f"{name}:{quote(str(value))}" for name, value in fields.items())


def charts(found: Figures) -> dict[str, str]:
    """All charts as SVG by name; those without data are left out.

    Raises:
        ExportError: the drawing library is not installed (`report.extra`).
    """
    made = {
        "places": _ranked(found.amounts, "place", SURE),
        "planned_places": _ranked(found.plans, "place", PLANNED),
        "years": _years(found),
        "place_year": _place_year(found),
        "amounts": _amounts(found),
        "initiatives": _ranked(found.amounts, "initiative", SURE),
        "plans": _ranked(found.plans, "initiative", PLANNED),
        "kinds": _kinds(found),
        "coverage": _coverage(found),
        "confidence": _confidence(found),
    }
    return {name: _svg(spec) for name, spec in made.items() if spec is not None}


def _order(found: Figures) -> list[str]:
    """The places of the charts in the order of their codes: the country first, districts after their city."""
    shown = {place for place, _ in by_place_and_year(found.amounts, places=PLACES)}
    codes = {amount.place: amount.code for amount in found.amounts if amount.place in shown}
    return list(dict.fromkeys(called(place) for place, _ in sorted(codes.items(), key=lambda item: item[::-1])))


def _place_year(found: Figures) -> Mapping[str, Any] | None:
    cells = by_place_and_year(found.amounts, places=PLACES)
    busiest = Counter(year for _, year in cells)
    shown = [year for year, _ in busiest.most_common(YEARS)]
    values: list[dict[str, Any]] = [
        {
            "place": called(place),
            "year": str(year),
            "value": float(cell.largest.value),
            "text": money(cell.largest.value).removesuffix("元"),
            "link": filter_link(place=place, year=year, kind="money", status="actual"),
            "about": f"{place} {year}年：最大 {money(cell.largest.value)}，共 {cell.count} 笔",
        }
        for (place, year), cell in cells.items()
        if year in shown
    ]
    if not values:
        return None
    positive = [v["value"] for v in values if v["value"] > 0] or [1.0]
    base = {
        "y": {"field": "place", "type": "nominal", "sort": _order(found), "title": None},
        "x": {"field": "year", "type": "ordinal", "title": None, "axis": {"orient": "top", "labelAngle": 0}},
        "href": {"field": "link"},
        "description": {"field": "about"},
    }
    scale = {"type": "log", "range": ["#f1f6fb", "#6fa3d3"], "domain": [min(positive), max(positive) * 1.001]}
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": 24},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 2},
                "encoding": {
                    **base,
                    "color": {"field": "value", "type": "quantitative", "scale": scale, "legend": None},
                },
            },
            {
                "mark": {"type": "text", "fontSize": 11.5, "aria": False},
                "encoding": {
                    **base,
                    "text": {"field": "text"},
                    "color": {"value": "#1c2430"},
                },
            },
        ],
    }


def _by_status(found: Figures) -> Mapping[str, Sequence[ChartedAmount]]:
    """What is so and what is planned, by the words for them."""
    return {STATUS_TITLES["actual"]: found.amounts, STATUS_TITLES["planned"]: found.plans}


def _status(said: Mapping[str, Any], marks: Sequence[str]) -> Mapping[str, Any]:
    """What tells the statuses apart: a colour or a shape for each."""
    return {"field": "status", "title": None, "scale": {"domain": list(said), "range": marks}}


def _amounts(found: Figures) -> Mapping[str, Any] | None:
    places = {place for place, _ in by_place_and_year(found.amounts, places=PLACES)}
    said = _by_status(found)
    values = [
        {
            "place": called(amount.place),
            "value": float(amount.value / 10**8),
            "status": status,
            "link": f"#r={amount.record}",
            "about": f"{amount.place} {amount.year or '年份不详'}：{amount.initiative or '事项不详'} {amount.text}"
            f"（{status}）",
        }
        for status, amounts in said.items()
        for amount in [one for one in amounts if one.place and one.value > 0][:DOTS]
        if amount.place in places
    ]
    if not values:
        return None
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": 24},
        "mark": {"type": "point", "filled": True, "size": 64, "opacity": 0.55},
        "encoding": {
            "color": _status(said, [SURE, PLANNED]),
            "y": {"field": "place", "type": "nominal", "sort": _order(found), "title": None, "axis": {"grid": True}},
            "x": _MONEY,
            "href": {"field": "link"},
            "description": {"field": "about"},
        },
    }


def _years(found: Figures) -> Mapping[str, Any] | None:
    """Each amount at its year, what is planned in another colour and shape; the years that have most."""
    said = _by_status(found)
    dated = {status: [one for one in amounts if one.year and one.value > 0] for status, amounts in said.items()}
    busiest = Counter(amount.year for amounts in dated.values() for amount in amounts)
    shown = {year for year, _ in busiest.most_common(2 * YEARS)}
    values = [
        {
            "year": str(amount.year),
            "value": float(amount.value / 10**8),
            "status": status,
            "link": f"#r={amount.record}",
            "about": f"{amount.year}年 {amount.place or '地点不详'}：{amount.initiative or '事项不详'} {amount.text}"
            f"（{status}）",
        }
        for status, amounts in dated.items()
        for amount in amounts[:DOTS]
        if amount.year in shown
    ]
    if not values:
        return None
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": 300,
        "mark": {"type": "point", "filled": True, "size": 64, "opacity": 0.6},
        "encoding": {
            "color": _status(said, [SURE, PLANNED]),
            "shape": _status(said, ["circle", "diamond"]),
            "xOffset": {"field": "status", "scale": {"domain": list(said)}},
            "x": {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0, "grid": False}},
            "y": _MONEY,
            "href": {"field": "link"},
            "description": {"field": "about"},
        },
    }


def _ranked(
    amounts: Sequence[ChartedAmount], by: Literal["initiative", "place"], colour: str
) -> Mapping[str, Any] | None:
    best = ranked([amount for amount in amounts if amount.value > 0], by, most=INITIATIVES)
    if not best:
        return None
    least = float(best[-1][1].largest.value / 10**8)
    values = []
    for rank, (name, cell) in enumerate(best):
        top = cell.largest
        what = called(top.place) if by == "initiative" else shortened(top.initiative or "", 12)
        when = " ".join(part for part in (what, f"{top.year}年" if top.year else "") if part)
        values.append(
            {
                "rank": rank,
                "name": shortened(name) if by == "initiative" else called(name),
                "left": top.value**2 < best[0][1].largest.value * best[-1][1].largest.value,
                "from": least / 2,
                "value": float(top.value / 10**8),
                "text": f"{money(top.value)}  {when}",
                "link": f"#r={top.record}",
                "about": f"{name}：最大一笔 {money(top.value)}，{when}，共 {cell.count} 笔",
            }
        )
    names = [value["name"] for value in values]
    base = {
        "y": {
            "field": "rank",
            "type": "ordinal",
            "title": None,
            "axis": {"labelExpr": f"{json.dumps(names)}[datum.value]", "ticks": False, "domain": False},
        },
        "href": {"field": "link"},
        "description": {"field": "about"},
    }
    return {
        "data": {"values": values},
        "width": _WIDTH - 60,
        "height": {"step": 26},
        "layer": [
            {
                "mark": {"type": "bar", "height": 20, "opacity": 0.25, "color": colour, "aria": False},
                "encoding": {**base, "x": _MONEY, "x2": {"field": "from"}},
            },
            {"mark": {"type": "point", "filled": True, "size": 90, "color": colour}, "encoding": {**base, "x": _MONEY}},
            {
                "mark": {
                    "type": "text",
                    "align": {"expr": "datum.left ? 'left' : 'right'"},
                    "fontSize": 12,
                    "dx": {"expr": "datum.left ? 9 : -9"},
                    "color": "#1c2430",
                    "aria": False,
                },
                "encoding": {**base, "x": _MONEY, "text": {"field": "text"}},
            },
        ],
    }


def _kinds(found: Figures) -> Mapping[str, Any] | None:
    values = [
        {
            "kind": KIND_TITLES[kind],
            "state": state,
            "order": order,
            "count": count,
            "link": filter_link(kind=kind, **({"look": 1} if order else {})),
            "about": f"{KIND_TITLES[kind]}：{state} {count} 条",
        }
        for kind, counts in found.kinds.items()
        for order, (state, count) in enumerate(zip(("可信", "待核对"), counts, strict=True))
        if count
    ]
    if not values:
        return None
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": 26},
        "mark": {"type": "bar", "height": 18},
        "encoding": {
            "y": {
                "field": "kind",
                "type": "nominal",
                "title": None,
                "sort": [KIND_TITLES[kind] for kind in found.kinds],
            },
            "x": {"field": "count", "type": "quantitative", "title": "记录数", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "state",
                "title": None,
                "scale": {"domain": ["可信", "待核对"], "range": [SURE, LOOK]},
            },
            "order": {"field": "order"},
            "href": {"field": "link"},
            "description": {"field": "about"},
        },
    }


def _coverage(found: Figures) -> Mapping[str, Any] | None:
    if not found.records:
        return None
    ways = [way for way in HOW_TITLES if any(found.coverage[name][way] for name in FIELDS)]
    colours = {
        "stated": "#2f6299",
        "heading": "#5b8fc0",
        "title": "#8fb5d6",
        "carried": "#9cc4a2",
        "published": "#e0c070",
        "default": "#d9a679",
        "missing": "#d0d0d0",
    }
    values = [
        {
            "field": FIELD_WORDS[name],
            "how": HOW_TITLES[way],
            "order": ways.index(way),
            "share": found.coverage[name][way] / found.records,
            "link": filter_link(how=f"{name}-{way}"),
            "about": f"{FIELD_WORDS[name]}{HOW_TITLES[way]}：{found.coverage[name][way]} 条",
        }
        for name in FIELDS
        for way in ways
        if found.coverage[name][way]
    ]
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": 32},
        "mark": {"type": "bar", "height": 22},
        "encoding": {
            "y": {"field": "field", "type": "nominal", "title": None, "sort": [FIELD_WORDS[name] for name in FIELDS]},
            "x": {
                "field": "share",
                "type": "quantitative",
                "title": "占全部记录",
                "axis": {"format": ".0%", "tickCount": 5},
                "scale": {"domain": [0, 1]},
            },
            "color": {
                "field": "how",
                "title": None,
                "scale": {"domain": [HOW_TITLES[way] for way in ways], "range": [colours[way] for way in ways]},
            },
            "order": {"field": "order"},
            "href": {"field": "link"},
            "description": {"field": "about"},
        },
    }


def _confidence(found: Figures) -> Mapping[str, Any] | None:
    if not found.records:
        return None
    values = [
        {
            "low": n / 10,
            "high": (n + 1) / 10,
            "count": count,
            "state": "待核对" if n < 6 else "可信",
            "link": filter_link(confidence=f"{n / 10:.1f}"),
            "about": f"可信度 {n / 10:.1f}–{(n + 1) / 10:.1f}：{count} 条",
        }
        for n, count in enumerate(found.histogram)
        if count
    ]
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": 170,
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {
                "field": "low",
                "type": "quantitative",
                "bin": {"binned": True},
                "title": "可信度",
                "scale": {"domain": [0, 1]},
                "axis": {"values": [n / 10 for n in range(11)], "format": ".1f", "grid": False},
            },
            "x2": {"field": "high"},
            "y": {"field": "count", "type": "quantitative", "title": "记录数", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "state",
                "scale": {"domain": ["可信", "待核对"], "range": [SURE, LOOK]},
                "legend": None,
            },
            "href": {"field": "link"},
            "description": {"field": "about"},
        },
    }


def _svg(spec: Mapping[str, Any]) -> str:
    try:
        import vl_convert
    except ModuleNotFoundError as error:
        raise ExportError(
            f"the report's charts need {error.name}",
            fix=install("report"),
            code="report.extra",
        ) from error
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": _CONFIG, **spec}
    drawn = str(vl_convert.vegalite_to_svg(whole, vl_version="6.4", allowed_base_urls=[]))
    drawn = drawn.replace(f'xlink:href="{_LINK_BASE}#', 'href="#')
    # The page's own font: the reader's machine has another than the one this was drawn on.
    return re.sub(r' font-family="[^"]*"', "", drawn)
