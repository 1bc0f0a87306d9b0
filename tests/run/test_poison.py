"""One article that crashes, hangs or fills a worker: it ends in errors.jsonl, every other is complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from gongbao.run import worker
from gongbao.run.runner import Options, run

HERE = Path(__file__).resolve().parent


@pytest.fixture
def poisonable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        worker,
        "_CHILD",
        f"import sys; sys.path.append(sys.argv[2]); sys.path.append({str(HERE)!r}); import poison; poison.install(); "
        "from gongbao.run.worker import main; main()",
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


def test_a_worker_that_waits_for_ever_is_given_up_by_the_clock(
    tmp_path: Path,
    poisonable: None,
    monkeypatch: pytest.MonkeyPatch,
    make_articles: Callable[[Path, Sequence[int]], Path],
) -> None:
    """It uses no processor time, so the system's limit never comes."""
    monkeypatch.setattr(worker, "BLOCKED", 5.0)
    source = make_articles(tmp_path / "articles.jsonl", range(3))
    lines = [json.loads(line) for line in source.open(encoding="utf-8")]
    lines[1]["text"] += "\n等待"
    source.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    summary = run([source], tmp_path / "out", Options(ner=None, timeout=1.0))
    assert summary.folder is not None
    [error] = _errors(summary.folder)
    assert (error["id"], error["code"]) == ("a-000001", "extract.timeout")
    assert "nothing came of it" in error["message"] and "--timeout" in error["fix"]
    assert summary.articles == 2


def test_a_poisoned_article_on_dask(
    tmp_path: Path, poisonable: None, make_articles: Callable[[Path, Sequence[int]], Path]
) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    source = _source(tmp_path, {17: "崩溃"}, make_articles)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=50
    ) as cluster:
        options = Options(ner=None, engine="dask", scheduler=cluster.scheduler_address)
        summary = run([source], tmp_path / "out", options)
    assert summary.folder is not None
    assert [(error["id"], error["code"]) for error in _errors(summary.folder)] == [("a-000017", "extract.crash")]
    assert summary.articles == 39


def test_a_row_with_fields_nested_as_deep_as_can_be_costs_nothing(tmp_path: Path) -> None:
    """Unknown fields are ignored; sending them to a worker once ended the run."""
    with (tmp_path / "deep.jsonl").open("w", encoding="utf-8") as file:
        for depth in range(10, 1000, 90):
            text = f"2021年南通市完成投资{depth}亿元。"
            file.write(f'{{"id": "{depth}", "text": "{text}", "more": {"[" * depth + "]" * depth}}}\n')
        file.write('{"id": "bottomless", "text": "x", "more": ' + "[" * 100_000 + "\n")
    summary = run([tmp_path / "deep.jsonl"], tmp_path / "out", Options(ner=None, workers=1))
    assert summary.articles == 11
    assert [failure.code for failure in summary.failures] == ["read.jsonl"]
