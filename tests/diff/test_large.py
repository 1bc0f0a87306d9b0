"""10,000 articles with 200,000 records on each side are compared in a gigabyte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from gongbao.canonical import dump_json, record_id

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = 10_000
PROGRAM = """
import json, resource, sys
from gongbao.diff.compare import compare
from gongbao.diff.report import Report
from gongbao.diff.sources import Places, open_side
comparison = compare(*(open_side(name, Places()) for name in sys.argv[1:]))
print(json.dumps({
    "groups": len(comparison.groups), "changes": len(comparison.changes), "same": comparison.same,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def write(build: ModuleType, folder: Path, *, new: bool, every: int) -> Path:
    """A run of articles with twenty records each, written without the models: they would take minutes."""
    folder.mkdir(parents=True)
    base = build.make_record("x", "南京市投资1.00亿元。\n", "1.00亿元", place_span=(0, 3), year_span=(0, 1))
    lines = [f"截至2020年底，第{k}项融资登记金额累计达{k}.00亿元，惠及企业若干，位居前列。\n" for k in range(100, 120)]
    text = "".join(lines)
    spans = []
    offset = 0
    for k, line in zip(range(100, 120), lines, strict=True):
        start = offset + line.index(f"{k}.00亿元")
        spans.append((k, start, start + len(f"{k}.00亿元"), offset, offset + len(line) - 1))
        offset += len(line)
    with (
        (folder / "records.jsonl").open("w", encoding="utf-8") as records,
        (folder / "articles.jsonl").open("w") as articles,
    ):
        for n in range(ARTICLES):
            key = f"{n:05}.txt"
            articles.write(
                dump_json({"id": key, "title": "x", "text": text, "simplified": text, "seconds": n % 7}) + "\n"
            )
            for k, start, end, low, high in spans:
                words = f"{k}.00亿元"
                row = base | {
                    "record_id": record_id(key, start, end, "money"),
                    "article_id": key,
                    "start": start,
                    "end": end,
                }
                row |= {"raw": words, "amount": words, "value": k * 10**8, "sentence": text[low:high]}
                row |= {"sentence_start": low, "sentence_end": high}
                if new and (n * 20 + k) % every == 0:
                    row |= {"year": 2021} if k % 2 else {"value": k * 10**12}
                records.write(dump_json(row) + "\n")
    (folder / "manifest.json").write_text(json.dumps({"schema_version": "1.0", "run_id": folder.name}))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("every", [10, 1], ids=["a tenth changed", "everything changed"])
def test_a_large_comparison_is_small(build: ModuleType, tmp_path: Path, every: int) -> None:
    old = write(build, tmp_path / "old", new=False, every=every)
    new = write(build, tmp_path / "new", new=True, every=every)
    command = [sys.executable, "-c", PROGRAM, str(old), str(new)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    assert result["changes"] == ARTICLES * 20 // every
    assert result["same"] == ARTICLES * 20 - result["changes"]
    assert result["megabytes"] <= 1024
