"""Evaluation: the same figures as the shared scoring tool, and answers to bad gold."""

from __future__ import annotations

import importlib.util
import json
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from gongbao import Pipeline
from gongbao.document import Article
from gongbao.errors import ReadError
from gongbao.evaluate.gold import read_gold
from gongbao.evaluate.report import as_dict, as_html, below_floors
from gongbao.evaluate.scoring import evaluate

GOLD = Path(__file__).resolve().parents[2] / "corpus" / "gold"


def shared_tool(shared: Path) -> Any:
    spec = importlib.util.spec_from_file_location("shared_score", shared / "tools" / "score.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def extracted() -> list[dict[str, Any]]:
    pipeline = Pipeline(ner=None)
    articles = [Article(gold.id, gold.text, title=gold.data.get("title")) for gold in read_gold([GOLD])]
    return [json.loads(r.to_json()) for result in pipeline.pipe(articles) for r in result.records]  # type: ignore[union-attr]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("of_facts", "of_records"),
    [
        ((), ()),
        ((), ("actual",)),
        (("actual", "planned", None), ()),
        (("actual", "planned", None), ("actual", "change")),
    ],
    ids=["no status", "records alone have one", "facts alone have one", "both have one"],
)
def test_figures_equal_those_of_the_shared_tool(
    shared: Path,
    tmp_path: Path,
    extracted: list[dict[str, Any]],
    of_facts: tuple[str | None, ...],
    of_records: tuple[str, ...],
) -> None:
    gold = [json.loads(line) for file in sorted(GOLD.glob("*.jsonl")) for line in file.open(encoding="utf-8")]
    for fact, status in zip((fact for article in gold for fact in article["facts"]), cycle(of_facts), strict=False):
        fact["status"] = status
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, gold)), encoding="utf-8")
    stated = zip(extracted, cycle(of_records), strict=False)
    records = [{**record, "status": status} for record, status in stated] or extracted
    expected, mistakes = shared_tool(shared).score(gold, records, errors=10**9)
    scores = evaluate(read_gold([tmp_path / "gold.jsonl"]), records)
    figures = scores.total.figures()
    assert {name: pytest.approx(value) for name, value in expected.items() if name != "articles"} == figures
    ours = sorted((m.article_id, m.what, m.amount) for m in scores.mistakes)
    assert ours == sorted((article, what, amount) for article, what, amount, *_ in mistakes)


def test_figures_by_kind_and_article_add_up(extracted: list[dict[str, Any]]) -> None:
    scores = evaluate(read_gold([GOLD]), extracted)
    assert sum(t.facts for t in scores.by_kind.values()) == scores.total.facts
    assert sum(t.matched for t in scores.by_article.values()) == scores.total.matched
    assert sum(int(row[0]) for row in scores.calibration) == scores.total.matched
    assert as_dict(scores)["calibration_error"] == scores.calibration_error


def test_records_of_unknown_articles_count_as_spurious(extracted: list[dict[str, Any]]) -> None:
    stray = [{**extracted[0], "article_id": "elsewhere"}]
    assert evaluate(read_gold([GOLD]), stray).total.records == 1


def test_the_page_shows_text_as_text(tmp_path: Path) -> None:
    gold = tmp_path / "g.jsonl"
    fact = {"ctx": "<b>投3亿元", "amount": "3亿元", "kind": "money", "value": 3e8, "unit": "元", "bound": "="}
    gold.write_text(json.dumps({"id": "x", "text": "<b>投3亿元</b>", "facts": [fact]}), encoding="utf-8")
    page = as_html(evaluate(read_gold([gold]), []))
    assert "&lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("not json", "gold.format"),
        ('{"id": "x", "text": "甲"}', "gold.format"),
        ('{"id": "x", "text": "甲", "facts": [{"ctx": "乙", "amount": "乙", "kind": "count"}]}', "gold.context"),
        ('{"id": "x", "text": "甲", "facts": [{"ctx": "甲", "amount": "乙", "kind": "count"}]}', "gold.context"),
    ],
)
def test_bad_gold_is_named_with_its_line(tmp_path: Path, line: str, code: str) -> None:
    gold = tmp_path / "g.jsonl"
    gold.write_text(line, encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        list(read_gold([gold]))
    assert caught.value.code == code and (caught.value.where or "").endswith(":1")


def test_missing_gold(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        list(read_gold([tmp_path / "none.jsonl"]))
    assert caught.value.code == "gold.missing"


def test_floors(tmp_path: Path, extracted: list[dict[str, Any]]) -> None:
    scores = evaluate(read_gold([GOLD]), extracted)
    floors = tmp_path / "floors.yaml"
    floors.write_text("mention_f1: 0.5\nplace: 1.01\n", encoding="utf-8")
    (line,) = below_floors(scores, floors)
    assert line.startswith("place is 0.")
    floors.write_text("no_such: 1\n", encoding="utf-8")
    with pytest.raises(ReadError, match="no such figure"):
        below_floors(scores, floors)
