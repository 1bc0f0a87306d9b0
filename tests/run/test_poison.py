"""One article that crashes, hangs or fills a worker: it ends in errors.jsonl, every other is complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import worker
from pipeline.run.runner import Options, run

HERE = Path(__file__).resolve().parent


@pytest.fixture
def poisonable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        worker,
        "_CHILD",
        f"import sys; sys.path.append(sys.argv[2]); sys.path.append({str(HERE)!r}); import poison; poison.install(); "
        "from pipeline.run.worker import main; main()",
    )


def _source(folder: Path, poison: dict[int, str], make: Callable[[Path, Sequence[int]], Path]) -> Path:
    path = make(folder / "articles.jsonl", range(40))
    lines = [json.loads(line) for line in path.open(encoding="utf-8")]
    for number, order in poison.items():
        lines[number]["text"] += "\n" + order
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def _errors(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "errors.jsonl").open(encoding="utf-8")]


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        ("崩溃", "extract.crash", "SIGSEGV"),
        ("退出", "extract.crash", "status 3"),
        ("死循环", "extract.timeout", "more time than it may"),
        ("吃掉内存", "extract.memory", "more memory"),
    ],
)
def test_poisoned_article_costs_only_itself(
    order: str,
    code: str,
    says: str,
    tmp_path: Path,
    poisonable: None,
    make_articles: Callable[[Path, Sequence[int]], Path],
    contents: Callable[[Path], dict[str, bytes]],
) -> None:
    healthy = [number for number in range(40) if number != 17]
    clean = run([make_articles(tmp_path / "clean.jsonl", healthy)], tmp_path / "clean", Options(ner=None))
    source = _source(tmp_path, {17: order}, make_articles)
    summary = run([source], tmp_path / "out", Options(ner=None, timeout=5.0, memory=1024))
    assert summary.exit_status == 1
    assert clean.folder is not None and summary.folder is not None
    [error] = _errors(summary.folder)
    assert (error["id"], error["code"]) == ("a-000017", code)
    assert says in error["message"] and error["fix"] and error["where"] == str(source)
    assert (summary.folder / "records.jsonl").read_bytes() == (clean.folder / "records.jsonl").read_bytes()
    assert summary.articles == 39


def test_several_poisoned_articles_of_one_shard(
    tmp_path: Path, poisonable: None, make_articles: Callable[[Path, Sequence[int]], Path]
) -> None:
    source = _source(tmp_path, {3: "崩溃", 4: "退出", 30: "崩溃"}, make_articles)
    summary = run([source], tmp_path / "out", Options(ner=None, workers=2))
    assert summary.folder is not None
    assert [error["id"] for error in _errors(summary.folder)] == ["a-000003", "a-000004", "a-000030"]
    assert summary.articles == 37


def test_a_worker_killed_from_outside_costs_nothing(
    tmp_path: Path, poisonable: None, make_articles: Callable[[Path, Sequence[int]], Path]
) -> None:
    source = _source(tmp_path, {9: f"只崩一次={tmp_path / 'flag'}"}, make_articles)
    summary = run([source], tmp_path / "out", Options(ner=None))
    assert (tmp_path / "flag").exists(), "the worker was not killed"
    assert (summary.exit_status, summary.articles) == (0, 40)


def test_failed_articles_are_tried_again_by_the_next_run(
    tmp_path: Path, poisonable: None, make_articles: Callable[[Path, Sequence[int]], Path]
) -> None:
    source = _source(tmp_path, {9: f"只崩一次={tmp_path / 'none' / 'flag'}"}, make_articles)
    first = run([source], tmp_path / "out", Options(ner=None))
    assert (first.failed, first.articles) == (1, 39)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "flag").touch()
    second = run([source], tmp_path / "out", Options(ner=None))
    assert (second.failed, second.articles) == (0, 40)
    assert second.folder != first.folder
