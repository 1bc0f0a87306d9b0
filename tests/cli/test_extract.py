"""`gongbao extract` as a filter between other programs, and `gongbao run -` told JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Gongbao = Callable[..., subprocess.CompletedProcess[str]]
ROWS = [
    {"id": "a", "text": "2021年，韶关市投入绿化资金3亿元。", "url": "https://example.org/a"},
    {"text": "2020年，梅州市投入绿化资金2亿元。", "pub_date": "2021/01/09"},
    {"id": "none", "text": "没有数字。"},
]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def test_records_out_in_order_and_errors_as_lines(tmp_path: Path, gongbao: Gongbao) -> None:
    given = LINES.splitlines()
    given.insert(1, "no json")
    given.insert(2, '{"id": "a", "text": "再来一次3亿元"}')
    done = gongbao("extract", "-", "--no-ner", input="\n".join(given), cwd=tmp_path)
    assert done.returncode == 1
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["article_id"], r["place"], r["amount"]) for r in records] == [
        ("a", "广东省/韶关市", "3亿元"),
        ("-:4", "广东省/梅州市", "2亿元"),
    ]
    assert records[0]["extra"] == {"url": "https://example.org/a"} and "extra" not in records[1]
    errors = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(e["id"], e["code"]) for e in errors] == [("-:2", "read.jsonl"), ("a", "read.duplicate_id")]
    assert all(e["where"] and e["fix"] for e in errors)
    assert not list(tmp_path.iterdir()), "no run folder, no latest"


def test_nothing_in_is_nothing_out(gongbao: Gongbao) -> None:
    done = gongbao("extract", "-", "--no-ner", input="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_answers_come_while_lines_still_go_in() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from gongbao.cli import main; main()", "extract", "-", "--no-ner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for line in LINES.splitlines()[:2]:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["place"]
        process.stdin.close()
        assert process.wait(600) == 0


def test_the_records_are_those_of_a_run(tmp_path: Path, gongbao: Gongbao) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(LINES, encoding="utf-8")
    done = gongbao("extract", source, "--no-ner")
    summary = json.loads(gongbao("run", source, "--no-ner", "--out", tmp_path / "out", "--json").stdout)
    assert done.returncode == 0
    assert done.stdout == (Path(summary["run"]) / "records.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "articles", "failed"),
    [
        (LINES, 3, 0),
        ("\ufeff\n" + LINES, 3, 0),
        ("2021年，韶关市投入绿化资金3亿元。\n{“text”}\n", 1, 0),
        ("{2021}年，韶关市投入绿化资金3亿元。", 1, 0),
        (json.dumps(ROWS, ensure_ascii=False), 0, 1),
        (json.dumps(ROWS[0], indent=1), 0, 4 + 1),
    ],
    ids=["lines", "lines with a mark", "prose", "prose in braces", "a list", "one object over several lines"],
)
def test_run_tells_json_lines_from_prose(
    tmp_path: Path, gongbao: Gongbao, given: str, articles: int, failed: int
) -> None:
    done = gongbao("run", "-", "--no-ner", "--out", tmp_path / "out", "--json", input=given)
    summary = json.loads(done.stdout)
    assert (summary["articles"], summary["failed"]) == (articles, failed)
    assert done.returncode == (2 if not articles else 1 if failed else 0)
