"""How much is tried: a little in CI, much in `make fuzz` (`GONGBAO_FUZZ=100000`). The end of a run tells the number."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import wraps
from typing import Any

import pytest
from gongbao.pipeline import Pipeline
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("GONGBAO_FUZZ", "25")),
    deadline=None,  # the tests bound processor time themselves; the clock says what else the machine does
    derandomize="GONGBAO_FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """Rules alone, loaded once and warm."""
    loaded = Pipeline(ner=None)
    loaded.extract("2021年,绍兴市完成投资3.5亿元,??萍冀鹑谂c產(chǎn)業(yè)。")
    return loaded


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """The profile counts for the tests of this folder alone: a test takes its settings when its module is loaded."""
    others = settings.get_current_profile_name()
    settings.load_profile("fuzz")
    yield
    settings.load_profile(others)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count the inputs that Hypothesis really tries in a test."""
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    if handle is None:
        yield
        return
    inner, tried = handle.inner_test, 0

    @wraps(inner)
    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal tried
        tried += 1
        return inner(*args, **kwargs)

    handle.inner_test = counted
    yield
    handle.inner_test = inner
    item.user_properties.append(("inputs", tried))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    found = [value for report in reports for name, value in report.user_properties if name == "inputs"]
    if found:
        terminalreporter.write_line(f"Hypothesis tried {sum(found):,} inputs in {len(found)} tests")
