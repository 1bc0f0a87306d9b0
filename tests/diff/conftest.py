"""The builders of records and run folders, as a fixture."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.diff import building


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """`make_record`, `write_records` and `write_run` of building.py."""
    return building
