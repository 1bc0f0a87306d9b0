"""The outputs of `gongbao diff` and its exit status, through the command itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from gongbao.cli import diff as diff_command
from gongbao.errors import CompareError
from typer.testing import CliRunner

TEXT = "南京市质押融资\n2020年全市融资额达12.5亿元，惠及企业300家。\n鼓楼区贷款8000万元，占比6%。\n"
HOSTILE = "</td><script>alert(1)</script> | `x` [a](b) **粗** 5亿元\n"


def invoke(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(folder)
    app = typer.Typer()
    app.command()(diff_command.command)
    return CliRunner().invoke(app, list(arguments))


def gold(folder: Path, facts: list[dict[str, Any]], text: str = TEXT) -> None:
    path = folder / "corpus" / "gold" / "some.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps({"id": "a.txt", "text": text, "facts": facts}, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def fact(context: str, amount: str, **fields: Any) -> dict[str, Any]:
    base = {"kind": "money", "unit": "元", "bound": "=", "place": "江苏省/南京市", "year": [2020]}
    return {"ctx": context, "amount": amount, "initiative": None, "indicator": None, **base, **fields}


@pytest.fixture
def project(build: ModuleType, tmp_path: Path) -> Path:
    old = [
        build.make_record("a.txt", TEXT, "12.5亿元", value=1250000000),
        build.make_record("a.txt", TEXT, "300家", kind="count", value=300, unit="家", confidence=0.3),
        build.make_record("a.txt", TEXT, "8000万元", value=80000000),
    ]
    new = [
        build.make_record("a.txt", TEXT, "12.5亿元", value=12500000000000, amount_rule="money.new"),
        build.make_record("a.txt", TEXT, "300家", kind="count", value=300, unit="家"),
        build.make_record("a.txt", TEXT, "6%", kind="percent", value=6, unit="%"),
    ]
    outputs = tmp_path / "outputs"
    build.write_run(outputs, "1", {"a.txt": TEXT}, old)
    build.write_run(outputs, "2", {"a.txt": TEXT, "b.txt": HOSTILE}, new, rule_versions={"amount.test": "2"})
    return tmp_path


def test_the_json_output_holds_everything(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = invoke(project, "previous", "latest", "--json", monkeypatch=monkeypatch)
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["summary"] == "1 of 2 articles compared; 1 only in latest"
    expected = {"same": 0, "added": 1, "removed": 1, "changed": 1, "quiet": 1, "unreviewed": 3, "decided": 0}
    assert expected.items() <= data["totals"].items()
    assert [group["title"] for group in data["groups"]] == ["value ×10000", "lost money", "new percent"]
    assert data["groups"][0]["rule_old"] == "amount.test" and data["groups"][0]["rule_new"] == "money.new"
    assert data["changes"][0]["fields"] == {"value": {"old": 1250000000, "new": 12500000000000}}
    assert data["changes"][0]["old"]["raw"] == "12.5亿元"
    assert data["quiet_classes"] == {"confidence": 1}
    assert [item["name"] for item in data["rule_versions"]] == ["amount.test"]
    assert data["gold"] is None


def test_gold_says_better_or_worse(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [
        fact("融资额达12.5亿元，惠", "12.5亿元", value=1250000000),
        fact("区贷款8000万元，占", "8000万元", value=80000000, optional=True),
        fact("万元，占比6%。", "6%", value=6, kind="percent", unit="%"),
    ]
    gold(project, facts)
    data = json.loads(invoke(project, "previous", "latest", "--json", monkeypatch=monkeypatch).stdout)
    assert [change["gold"] for change in data["changes"]] == ["worse", "neither", "better"]
    assert data["gold"] == {"articles": 1, "stale": [], "better": 1, "worse": 1, "neither": 1}
    assert data["fields"]["value"] == {"changes": 1, "gains": 0, "losses": 1}
    assert data["fields"]["record"]["gains"] == 1


def test_gold_made_on_another_text_is_told_and_not_used(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold(project, [], text=TEXT + "后来加的一句。")
    data = json.loads(invoke(project, "previous", "latest", "--json", monkeypatch=monkeypatch).stdout)
    assert data["gold"]["stale"] == ["a.txt"]
    assert {change["gold"] for change in data["changes"]} == {None}


def test_the_terminal_names_what_was_compared_and_the_worst_first(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = invoke(project, "previous", "latest", monkeypatch=monkeypatch)
    assert result.exit_code == 1
    assert "1 of 2 articles compared; 1 only in latest" in result.stdout
    assert result.stdout.index("value ×10000") < result.stdout.index("lost money") < result.stdout.index("new percent")
    assert "3 unreviewed" in result.stdout


def test_equal_runs_pass_and_still_say_what_was_compared(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = invoke(project, "latest", "latest", monkeypatch=monkeypatch)
    assert result.exit_code == 0
    assert "2 of 2 articles compared" in result.stdout and "Nothing unreviewed" in result.stdout


def test_what_cannot_be_compared_exits_with_two(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = invoke(project, "nowhere", "latest", monkeypatch=monkeypatch)
    assert isinstance(result.exception, CompareError)
    assert result.exception.exit_status == 2


def test_markdown_and_html_take_texts_literally(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [build.make_record("b|<b>.txt", HOSTILE, "5亿元", value=1, indicator="<img src=x>")]
    new = [build.make_record("b|<b>.txt", HOSTILE, "5亿元", value=2, indicator="<img src=y>")]
    for name, records in (("1", old), ("2", new)):
        build.write_run(tmp_path / "outputs", name, {"b|<b>.txt": HOSTILE}, records)
    markdown = invoke(tmp_path, "previous", "latest", "--markdown", monkeypatch=monkeypatch).stdout
    assert re.search(r"\| b\\\|&lt;b&gt;\.txt:\d+ \| 5亿元 \| value: 1 → 2 \(\+ indicator\)", markdown)
    page = invoke(tmp_path, "previous", "latest", "--html", "-", monkeypatch=monkeypatch).stdout
    assert "<script" not in page and "<img" not in page and "http" not in page.replace("http-equiv", "")
    assert "&lt;/td&gt;&lt;script&gt;" in page


def test_markdown_folds_all_but_totals_and_stops_at_fifty(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(f"第{n}项投资{n}亿元。\n" for n in range(100, 170))
    for name, year in (("1", 2020), ("2", 2021)):
        records = [build.make_record("a.txt", text, f"{n}亿元", value=n, year=year) for n in range(100, 170)]
        build.write_run(tmp_path / "outputs", name, {"a.txt": text}, records)
    markdown = invoke(tmp_path, "previous", "latest", "--markdown", monkeypatch=monkeypatch).stdout
    assert "<summary>The first 50 of 70 changes</summary>" in markdown
    assert markdown.count("| a.txt:") == 50
    assert "**1 of 1 articles compared.**" in markdown and "**70 unreviewed**" in markdown


def test_the_html_file_is_written_where_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = invoke(project, "previous", "latest", "--html", "page.html", monkeypatch=monkeypatch)
    assert result.exit_code == 1 and result.stdout == ""
    page = (project / "page.html").read_text(encoding="utf-8")
    assert "value ×10000" in page and "1 of 2 articles compared" in page


def test_only_common_articles_are_compared_when_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.loads(invoke(project, "previous", "latest", "--json", "--common", monkeypatch=monkeypatch).stdout)
    assert data["summary"] == "1 of 2 articles compared; 1 on one side only, left out"
