"""kill -9 at random moments: nothing half-done under a final name, and the resumed run ends as if undisturbed.

`GONGBAO_KILLS` sets the number of kills (`make fuzz`: 50).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

KILLS = int(os.environ.get("GONGBAO_KILLS", "4"))
ARTICLES = 150


def test_killed_runs_end_as_if_undisturbed(
    tmp_path: Path,
    make_articles: Callable[[Path, Sequence[int]], Path],
    contents: Callable[[Path], dict[str, bytes]],
    start_gongbao: Callable[..., subprocess.Popen[bytes]],
    gongbao: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(ARTICLES))
    clock = time.monotonic()
    assert gongbao("run", source, "--no-ner", "--workers", 2, "--out", tmp_path / "whole").returncode == 0
    length = time.monotonic() - clock
    expected = contents(tmp_path / "whole" / "latest")
    assert expected["records.jsonl"].count(b"\n") > ARTICLES

    chance = random.Random(2021)
    kills = chains = 0
    while kills < KILLS:
        out = tmp_path / f"out-{chains}"
        chains += 1
        done = 0
        for _ in range(chance.randint(1, 4)):
            clock = time.monotonic()
            process = start_gongbao("run", source, "--no-ner", "--workers", 2, "--out", out, "--resume")
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.05, length))
            if process.poll() is None:
                kills += 1
                # The run alone, as the system's memory killer does it, or with its workers, as a power cut does.
                (os.killpg if chance.random() < 0.5 else os.kill)(process.pid, signal.SIGKILL)
            else:  # the machine is quicker than it was: strike earlier
                length = min(length, time.monotonic() - clock)
            process.communicate()
            _no_half_run(out)
            now = len(list(out.glob("runs/.*.unfinished/shards/[!.]*")))
            assert now >= done or (out / "latest").exists(), "a killed run lost shards that were done"
            done = now
        resumed = gongbao("run", source, "--no-ner", "--workers", 2, "--out", out, "--resume", timeout=1200)
        assert resumed.returncode == 0, resumed.stderr
        assert contents(out / "latest") == expected
        assert not list(out.glob("runs/.*.unfinished")), "nothing is left of the unfinished run"
    print(f"{kills} kills in {chains} runs")


def _no_half_run(out: Path) -> None:
    for folder in out.glob("runs/[!.]*"):
        assert json.loads((folder / "manifest.json").read_text())["counts"]["articles"] == ARTICLES
    latest = out / "latest"
    if latest.is_symlink():
        assert (latest / "manifest.json").is_file()
