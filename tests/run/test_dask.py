"""A Dask cluster somewhere else: its address, and the loss of one of its workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from gongbao.errors import RunError
from gongbao.run.runner import Options, RunSummary, run

distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")


@pytest.mark.slow
def test_a_lost_dask_worker_costs_nothing(tmp_path: Path, make_articles: Callable[[Path, Sequence[int]], Path]) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(400))
    expected = run([source], tmp_path / "here", Options(ner=None, workers=0))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        killed: list[int] = []

        def kill_one(counts: object, summary: RunSummary) -> None:
            if not killed:
                killed.append(cluster.workers[0].pid)
                os.kill(killed[0], signal.SIGKILL)

        options = Options(ner=None, engine="dask", scheduler=cluster.scheduler_address)
        summary = run([source], tmp_path / "there", options, progress=kill_one)
    assert killed
    assert (summary.exit_status, summary.articles) == (0, 400)
    assert summary.folder is not None and expected.folder is not None
    assert (summary.folder / "records.jsonl").read_bytes() == (expected.folder / "records.jsonl").read_bytes()


def test_a_scheduler_that_does_not_answer(
    tmp_path: Path, make_articles: Callable[[Path, Sequence[int]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongbao.run.dask_engine.CONNECT_TIMEOUT", 2)
    source = make_articles(tmp_path / "articles.jsonl", range(3))
    with pytest.raises(RunError) as caught:
        run([source], tmp_path / "out", Options(ner=None, engine="dask", scheduler="tcp://127.0.0.1:9"))
    assert caught.value.code == "run.scheduler"
    assert "--scheduler" in str(caught.value)
