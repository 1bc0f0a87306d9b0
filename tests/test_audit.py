"""The audit of the lock file: what is vulnerable fails, what nobody looked up is told and does not count."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
UNKNOWN = {"name": "b", "skip_reason": "not found"}
SOUND = {"name": "b", "version": "2.0", "vulns": []}
FLAW = {"id": "PYSEC-1", "fix_versions": ["1.1"], "description": "reads too much"}
VULNERABLE = {"name": "a", "version": "1.0", "vulns": [FLAW]}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci/audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("answers", "status", "says"),
    [
        ([[SOUND]], 0, ["1 packages audited, 0 known vulnerabilities"]),
        ([[VULNERABLE, SOUND]], 1, ["a 1.0: PYSEC-1, mended in 1.1: reads too much", "2 packages audited, 1 known"]),
        (
            [[UNKNOWN], None],
            0,
            ["pypi: did not know 1 packages", "osv: could not be asked: no route", "NOT AUDITED: b"],
        ),
        ([[VULNERABLE, UNKNOWN], None], 1, ["vulnerable: a 1.0", "NOT AUDITED: b"]),
        ([[UNKNOWN], [SOUND]], 0, ["1 packages audited"]),
        ([None, None], 0, ["pypi: could not be asked: no route", "NOT AUDITED: anything"]),
    ],
    ids=["sound", "vulnerable", "unknown", "both", "second service", "no service"],
)
def test_verdicts(audit: ModuleType, answers: list[list[object] | None], status: int, says: list[str]) -> None:
    read = [
        audit.Answer.of(service, "" if items is None else json.dumps({"dependencies": items}), "trace\nno route\n")
        for service, items in zip(audit.SERVICES, answers, strict=False)
    ]
    lines, got = audit.judge(read)
    assert got == status
    for words in says:
        assert words in "\n".join(lines)
    assert ("NOT AUDITED" in lines[-1]) == any("NOT AUDITED" in words for words in says)


def test_every_pin_has_a_hash_and_no_index_is_named() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    entries = lock.replace("\\\n", " ").splitlines()
    assert len(entries) > 100
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert not any(word in lock for word in ("index-url", "find-links", "http://", "https://", "file:"))
