"""How much is tried: a little in CI, much in `make fuzz` (`GONGBAO_FUZZ=100000`)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from pipeline.extractor import Pipeline

settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("GONGBAO_FUZZ", "25")),
    deadline=None,  # the tests bound processor time themselves; the clock says what else the machine does
    derandomize="GONGBAO_FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("fuzz")


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """Rules alone, loaded once and warm."""
    loaded = Pipeline(ner=None)
    loaded.extract("2021年,绍兴市完成投资3.5亿元,??萍冀鹑谂c產(chǎn)業(yè)。")
    return loaded
