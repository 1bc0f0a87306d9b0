"""The records of the sample corpus are the expected ones on whatever machine reads it: fields, evidence, confidences.

What is expected is the accepted baseline. A change that means to change records accepts them with it:
`gongbao run corpus/articles`, `gongbao diff baseline latest`, `gongbao accept baseline latest --all --quiet`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


def records(paths: Iterable[Path]) -> dict[str, Any]:
    lines = [line for path in paths for line in path.read_text("utf-8").split("\n") if line]
    return {record["record_id"]: record for record in map(json.loads, lines)}


def test_the_sample_corpus_gives_the_expected_records(gongbao: Callable[..., Any], tmp_path: Path) -> None:
    expected = records(sorted((CORPUS / "baseline" / "records").iterdir()))
    done = gongbao("run", CORPUS / "articles", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    found = records([tmp_path / "latest" / "records.jsonl"])
    assert len(expected) > 900
    assert found.keys() == expected.keys()
    changed = {key: (expected[key], record) for key, record in found.items() if record != expected[key]}
    assert not changed, f"{len(changed)} changed, as {next(iter(changed.values()))}"
