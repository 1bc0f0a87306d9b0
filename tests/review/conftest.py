"""Builders, the demo runs, a running `gongbao review` and a real browser, as fixtures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.diff import building
from tests.review import demo as demo_runs
from tests.review import driving

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUN = "import typer; from gongbao.cli.review import command; typer.run(command)"


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """`make_record`, `write_records` and `write_run` of tests/diff/building.py."""
    return building


@pytest.fixture(scope="session")
def demo() -> ModuleType:
    """Two runs that differ by two rules."""
    return demo_runs


@pytest.fixture(scope="session")
def drive() -> ModuleType:
    """`press`, `until`, `settle` and the like of driving.py."""
    return driving


@pytest.fixture
def project(tmp_path: Path, build: ModuleType, demo: ModuleType) -> Path:
    """A folder with `outputs/` holding the two demo runs, and nothing else."""
    demo.write_demo(build, tmp_path / "outputs")
    return tmp_path


class Server:
    """A `gongbao review` process in a project's folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.arguments = arguments or ("previous", "latest")
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", RUN, *self.arguments, "--no-browser", "--port", str(self.port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline")}
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            assert self.process.stderr is not None
            raise AssertionError(f"did not start: {self.process.stderr.read()}")
        self.port = int(self.url.rstrip("/").rsplit(":", 1)[1])

    def kill(self) -> None:
        """End it as a crash would: no handler of the program runs."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=600)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=600)
            except subprocess.TimeoutExpired:
                self.kill()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start review servers; all are stopped at the end."""
    servers: list[Server] = []

    def start(folder: Path, *arguments: str) -> Server:
        servers.append(Server(folder, *arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open pages, each a browser of its own with its own cookies; a script error in any of them fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_(url: str, *, reviewer: str = "", language: str = "en", width: int = 1280, height: int = 800) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": url}])
        context.add_init_script(f"if (!localStorage.reviewer) localStorage.reviewer = {reviewer!r}")
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not errors, errors
