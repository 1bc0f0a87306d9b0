"""Writing scores out: as a dictionary, as a page, and against floors."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import yaml

from gongbao.errors import ReadError
from gongbao.evaluate.scoring import Scores, Tally

FIGURES = (
    "mention_f1", "value", "kind", "bound", "place", "year", "status", "initiative", "indicator", "tuple_f1", "core_f1",
)  # fmt: skip
"""The figures that a reader is shown, in this order."""
_COLUMNS = ("mention_p", "mention_r", *FIGURES[:-2])
_LAST = FIGURES[-2:]


def as_dict(scores: Scores) -> dict[str, Any]:
    """All figures, JSON-ready."""
    return {
        "articles": scores.articles,
        **scores.total.figures(),
        "calibration_error": scores.calibration_error,
        "calibration": [
            {"records": int(n), "stated": stated / n if n else None, "right": right / n if n else None}
            for n, stated, right in scores.calibration
        ],
        "by_kind": {name: tally.figures() for name, tally in sorted(scores.by_kind.items())},
        "by_how": {
            f"{field}/{how}": {"right": right, "asked": asked}
            for (field, how), (right, asked) in sorted(scores.by_how.items())
        },
        "by_article": {name: tally.figures() for name, tally in scores.by_article.items()},
        "mistakes": [
            {name: getattr(mistake, name) for name in mistake.__dataclass_fields__} for mistake in scores.mistakes
        ],
    }


def below_floors(scores: Scores, path: Path) -> list[str]:
    """One line for each figure below its floor in a YAML file of `figure: least value`.

    Raises:
        ReadError: the file is missing, no mapping, or names no figure.
    """
    try:
        floors = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ReadError(
            str(error), where=str(path), fix="Write lines such as `mention_f1: 0.95`", code="gold.floors"
        ) from error
    figures = scores.total.figures()
    unknown = [name for name in floors if name not in figures]
    if unknown:
        known = ", ".join(figures)
        raise ReadError(
            f"no such figure: {unknown[0]}", where=str(path), fix=f"Use one of: {known}", code="gold.floors"
        )
    return [
        f"{name} is {figures[name] or 0:.3f}, below its floor of {floor}"
        for name, floor in floors.items()
        if (figures[name] or 0) < floor
    ]


def as_html(scores: Scores) -> str:
    """A self-contained page: figures by kind, by how, by article, calibration, and every error with its context."""
    kinds = _table(
        ("", "facts", *_COLUMNS, *_LAST),
        (_row(name, tally) for name, tally in [("all", scores.total), *sorted(scores.by_kind.items())]),
    )
    articles = _table(
        ("article", "facts", *_COLUMNS, *_LAST), (_row(name, tally) for name, tally in scores.by_article.items())
    )
    hows = _table(
        ("field", "how", "right", "asked", "share"),
        (
            (field, how, right, asked, f"{right / asked:.3f}" if asked else "–")
            for (field, how), (right, asked) in sorted(scores.by_how.items())
        ),
    )
    bins = _table(
        ("confidence", "records", "stated", "right"),
        (
            (f"{i / 10:.1f}–{(i + 1) / 10:.1f}", int(n), f"{s / n:.3f}" if n else "–", f"{r / n:.3f}" if n else "–")
            for i, (n, s, r) in enumerate(scores.calibration)
        ),
    )
    mistakes = _table(
        ("article", "what", "amount", "context", "want", "got", "how", "rule"),
        (
            (m.article_id, m.what, m.amount, m.context, _show(m.want), _show(m.got), m.how or "", m.rule or "")
            for m in scores.mistakes
        ),
    )
    return _PAGE.format(
        articles=scores.articles,
        error=f"{scores.calibration_error:.3f}",
        kinds=kinds,
        hows=hows,
        bins=bins,
        by_article=articles,
        mistakes=mistakes,
    )


def _row(name: str, tally: Tally) -> tuple[Any, ...]:
    figures = tally.figures()
    return (name, tally.facts, *(f"{figures[c]:.3f}" if figures[c] is not None else "–" for c in (*_COLUMNS, *_LAST)))


def _show(value: Any) -> str:
    if value is None:
        return "–"
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>\n{body}</tbody></table>"


_PAGE = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>gongbao evaluate</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; max-width: 110rem; color: #1b1b1b; background: #fff }}
table {{ border-collapse: collapse; margin: .5rem 0 2rem }}
th, td {{ padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }}
thead th {{ position: sticky; top: 0; background: #f4f4f4 }}
td {{ font-variant-numeric: tabular-nums }}
</style>
<h1>评测 Evaluation</h1>
<p>{articles} articles; expected calibration error {error}</p>
<h2>按类别 By kind</h2>{kinds}
<h2>按依据 By how a field was found</h2>{hows}
<h2>可信度校准 Calibration</h2>{bins}
<h2>按文章 By article</h2>{by_article}
<h2>错误 Errors</h2>{mistakes}
</html>
"""
