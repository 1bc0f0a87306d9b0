"""A change of two rules over the project's own corpus: extracted, compared, reviewed by keyboard to the empty queue,
accepted, and gone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]


def gongbao(folder: Path, *arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-c", "from gongbao.cli import main; main()", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT / "pipeline")}, timeout=300
    )
    assert done.returncode == status, done.stderr
    return done.stdout


def two_other_rules(folder: Path) -> Path:
    """成 read as hundreds of percent, 去年 as this year: the sort of mistake that a review is for."""
    changes = {
        "quantities/percent.yaml": ("percent.tenths", "scale: 10,", "scale: 100,"),
        "periods/years.yaml": ("period.relative_year", "去: -1", "去: 0"),
    }
    for name, (rule, before, after) in changes.items():
        text = (ROOT / "rules" / name).read_text(encoding="utf-8")
        block = text[text.index(f"  - id: {rule}\n") :]
        block = block[: block.find("\n  - id:", 5) + 1 or None]
        assert before in block
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text("rules:\n" + block.replace(before, after, 1), encoding="utf-8")
    return folder


def test_a_change_of_two_rules_is_reviewed_by_keyboard_and_then_gone(
    tmp_path: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    articles = str(ROOT / "corpus" / "articles")
    gongbao(tmp_path, "run", articles, "--no-ner")
    gongbao(tmp_path, "run", articles, "--no-ner", "--rules", str(two_other_rules(tmp_path / "mine")))
    report = json.loads(gongbao(tmp_path, "diff", "previous", "latest", "--json", status=1))
    differing = {item["name"] for item in report["rule_versions"]}
    assert differing == {"percent.tenths", "period.relative_year"}
    assert report["groups"][0]["title"].startswith("value ×10")
    assert any(group["field"] == "year" for group in report["groups"])
    total = report["totals"]["unreviewed"]
    assert total > 50
    page = open_page(serve(tmp_path).url)
    assert page.inner_text("#progress-text") == f"0 of {total} decided"
    presses = 0
    while page.query_selector(".change"):
        before = page.inner_text("#progress-text")
        page.keyboard.press("Shift+R" if presses % 2 else "Shift+Enter")
        presses += 1
        while page.inner_text("#progress-text") == before or page.get_attribute("#detail", "aria-busy") == "true":
            page.wait_for_timeout(20)
    assert presses == len(report["groups"])
    assert page.inner_text("#progress-text") == f"{total} of {total} decided"
    gongbao(tmp_path, "accept")
    shown = gongbao(tmp_path, "diff", "latest", "baseline")
    assert "Nothing unreviewed" in shown
    count = report["articles"]["total"]
    assert f"{count} of {count} articles compared" in shown
    assert (tmp_path / "tests/cases/reviewed.jsonl").exists()
