"""The analyst's day in a real browser: run, first pass, publish; next month's articles, only what is new, publish again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.review.analyst import Analyst, Knowledge, Work, records_of

pytestmark = pytest.mark.browser
CORPUS = Path(__file__).resolve().parents[2] / "corpus"
FIRST = ["roundups/wuhan-districts.txt", "releases/xiamen-pledge.txt"]
NEXT_MONTH = ["releases/housing-changsha.txt"]
EYES = 18


def records(folder: Path) -> Iterable[dict[str, Any]]:
    return (row for rows in records_of(folder).values() for row in rows)


def run(project: Path, articles: Iterable[str], gongbao: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    for name in articles:
        target = project / "bulletins" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CORPUS / "articles" / name, target)
    done = gongbao("run", "bulletins", cwd=project)
    assert done.returncode == 0, done.stderr
    return (project / "outputs" / "latest").resolve()


def publish(page: Any, project: Path, drive: Any) -> int:
    page.click("#apply")
    page.wait_for_selector("#apply-dialog[open]")
    page.click("#apply-confirm")
    drive.until(page, "document.getElementById('apply-body').textContent.includes('Written')")
    page.click("#publish")
    drive.until(page, "document.querySelector('#apply-body a') !== null")
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(project / "outputs/exports/baseline.xlsx").worksheets[0]
    page.keyboard.press("Escape")
    return int(sheet.max_row)


def test_a_day(
    tmp_path: Path,
    serve: Callable[..., Any],
    open_page: Callable[..., Any],
    drive: Any,
    gongbao: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    knows = Knowledge.of([CORPUS / "gold"])
    baseline = tmp_path / "corpus" / "baseline"
    folder = run(tmp_path, FIRST, gongbao)
    untouched = knows.wrong(records(folder))
    server = serve(tmp_path, "baseline", "latest")
    page = open_page(server.url, reviewer="Li")
    work = Work()
    analyst = Analyst(page, knows, records_of(folder), work)
    for _ in range(EYES):
        assert analyst.decide()
    doubtful = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.row.decided .sure')].map((e) => Number(e.textContent)))"
    )
    assert doubtful <= 0.8, "the most doubtful came first"
    page.keyboard.press("c")
    page.fill("#sure-above", "0.01")
    page.check("#sure-doubtful")
    left = untouched[0] - EYES
    assert f"{left} records" in page.inner_text("#sure-text")
    page.keyboard.press("Enter")
    drive.until(page, "document.querySelector('.empty') !== null")
    assert publish(page, tmp_path, drive) > 1
    seen = knows.wrong(records(baseline))
    assert seen[1] < untouched[1], "what was looked at is better than what nobody saw"
    assert sum(work.keys) / len(work.keys) < 6
    server.stop()

    folder = run(tmp_path, NEXT_MONTH, gongbao)
    page = open_page(serve(tmp_path, "baseline", "latest").url, reviewer="Li")
    analyst = Analyst(page, knows, records_of(folder), work)
    asked = set()
    while (shown := page.query_selector(".change")) is not None:
        asked.add(shown.get_attribute("data-of"))
        assert analyst.decide()
    assert asked == set(NEXT_MONTH), "only what is new is asked"
    before = len(list(records(baseline)))
    publish(page, tmp_path, drive)
    assert len(list(records(baseline))) > before
    new = [row for row in records(baseline) if row["article_id"] in NEXT_MONTH]
    assert knows.wrong(new)[1] <= 1
    assert work.sorts.keys() >= {"accept", "edit"}
