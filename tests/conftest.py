"""Shared by all tests: where the annotated articles are, and what a skip means in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

# What tests read of commands is in English, whatever the developer's terminal speaks.
os.environ["LC_ALL"] = "C.UTF-8"

# The clock says what else the machine does; the same examples each time, so that a failure is of the change at hand.
settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of annotated articles and suites beside the checkout; the test skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip("the annotated articles are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's chromium, one for the whole session: Playwright's drivers do not bear one another in a process."""
    if not shutil.which(CHROMIUM):
        pytest.skip("Debian's chromium is not installed: apt-get install chromium fonts-noto-cjk")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test is a failed one: CI installs every tool that a test asks for."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("GONGBAO_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


@pytest.fixture(scope="session")
def gongbao() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command and wait for it; its standard output and error are texts."""

    def call(*arguments: object, **keywords: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from gongbao.cli import main; main()", *map(str, arguments)],
            **{"capture_output": True, "text": True, "timeout": 600, **keywords},  # type: ignore[call-overload]
        )

    return call


@pytest.fixture(scope="session")
def start_gongbao() -> Callable[..., subprocess.Popen[bytes]]:
    """Start the command in a process group of its own; its children say nothing."""

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", "from gongbao.cli import main; main()", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    return start
