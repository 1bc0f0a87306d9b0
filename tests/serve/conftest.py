"""A running `gongbao serve` over a small finished run; every process is stopped by its id."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="httpx is not installed")

MAIN = "from gongbao.cli import main; main()"
POISONED = f"""
import sys
from gongbao.run import worker
worker._CHILD = (
    "import sys; sys.path.append(sys.argv[2]); sys.path.append({str(Path(__file__).parents[1] / "run")!r}); "
    "import poison; poison.install(); from gongbao.run.worker import main; main()"
)
{MAIN}
"""
"""A service whose workers act on what an article tells them (tests/run/poison.py)."""
TOPICS = ("创业担保贷款", "城市绿道建设", "老旧管网改造", "职业技能培训")


def article(number: int) -> dict[str, str]:
    """An article of its own: the figures follow from the number."""
    topic = TOPICS[number % len(TOPICS)]
    city = ("杭州市", "苏州市", "青岛市")[number % 3]
    return {
        "id": f"s-{number}",
        "title": f"{city}{topic}简报",
        "text": f"{city}{topic}简报\n2022年，{city}{topic}投入{number + 2}.5亿元，惠及{number + 30}家企业。\n",
        "pub_date": "2023-02-01",
    }


class Service:
    """A `gongbao serve` process."""

    def __init__(
        self, out: Path, log: Path, *arguments: str, environment: dict[str, str] | None = None, main: str = MAIN
    ) -> None:
        self._log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", main, "serve", "--port", "0", "--out", str(out), "--ner", "none", *arguments],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **(environment or {})},
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip().rstrip("/")
        if not self.url:
            self.process.wait(600)
            raise AssertionError(f"did not start: {self.log}")

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def client(self, **options: Any) -> Any:
        return httpx.Client(base_url=self.url, timeout=600, trust_env=False, **options)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(600)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(600)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with one finished run of nine articles."""
    import json

    from gongbao.run.runner import Options, run

    folder = tmp_path_factory.mktemp("served")
    with (folder / "in.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(article(n), ensure_ascii=False) + "\n" for n in range(9))
    run([folder / "in.jsonl"], folder / "outputs", Options(ner=None, workers=0))
    return folder / "outputs"


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory, runs: Path) -> Iterator[Callable[..., Service]]:
    """Start services; all are stopped at the end."""
    started: list[Service] = []

    def begin(
        *arguments: str, out: Path = runs, environment: dict[str, str] | None = None, poisoned: bool = False
    ) -> Service:
        log = tmp_path_factory.mktemp("log") / "stderr"
        started.append(Service(out, log, *arguments, environment=environment, main=POISONED if poisoned else MAIN))
        return started[-1]

    yield begin
    for service in started:
        service.stop()


@pytest.fixture(scope="session")
def service(start: Callable[..., Service]) -> Service:
    """One service that most tests share."""
    return start("--workers", "1", "--max-body", "2000000", "--max-characters", "30000")
