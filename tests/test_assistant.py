"""The tools for language models, asked by MCP's official client over standard input and output."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from gongbao.assistant import MOST_RECORDS
from gongbao.run.runner import Options, run
from mcp import Client, StdioServerParameters

TEXT = "2021年，韶关市投入绿道建设资金3亿元，同比增长8%。"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assistant")
    rows = [{"id": f"a{n}", "text": TEXT.replace("3亿", f"{n + 3}亿")} for n in range(3)]
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    run([folder / "in.jsonl"], folder / "out", Options(ner=None))
    return folder / "out"


def asked(outputs: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the server answers: the tools it names, then each call's result."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from gongbao.cli import main; main()", "mcp", "--no-ner", "--out", str(outputs)],
        env=dict(os.environ),
    )

    async def talk() -> list[Any]:
        async with Client(server) as client:
            answers: list[Any] = [(await client.list_tools()).tools]
            return answers + [await client.call_tool(name, arguments) for name, arguments in calls]

    # In a thread of its own: the browser of other tests keeps an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, talk).result()


def test_a_figure_is_checked_against_its_sentence(outputs: Path) -> None:
    tools, extracted, page, rest, refused, unknown = asked(
        outputs,
        ("extract", {"text": TEXT.replace("3亿元", "3億(yì)元"), "pub_date": "2022-01-01"}),
        ("records", {"where": "kind=money", "limit": 2}),
        ("records", {"where": "kind=money", "limit": 2, "offset": 2}),
        ("records", {"limit": MOST_RECORDS + 1}),
        ("evidence", {"record_id": "none"}),
    )
    assert {tool.name for tool in tools} == {"extract", "records", "evidence"}
    amount = extracted.structured_content["records"][0]
    assert (amount["place"], amount["value"], amount["year"]) == ("广东省/韶关市", 300_000_000, 2021)
    found = page.structured_content
    assert [r["amount"] for r in found["records"]] == ["3亿元", "4亿元"] and found["next_offset"] == 2
    assert [r["amount"] for r in rest.structured_content["records"]] == ["5亿元"]
    assert rest.structured_content["next_offset"] is None
    assert refused.is_error and unknown.is_error and "no record 'none'" in unknown.content[0].text
    _, shown = asked(outputs, ("evidence", {"record_id": found["records"][1]["record_id"]}))
    evidence = shown.structured_content
    assert evidence["raw_is_in_text"] and evidence["article"]["id"] == "a1"
    assert evidence["text"].startswith("2021年，韶关市投入绿道建设资金4亿元")
    assert {
        field: part["words"] for field, part in evidence["read"].items() if field in ("place", "year", "amount")
    } == {
        "place": "韶关市",
        "year": "2021年",
        "amount": "4亿元",
    }


@pytest.mark.parametrize("name", ["../../etc", ".hidden", "/etc"])
def test_no_other_folder_is_read(outputs: Path, name: str) -> None:
    _, answer = asked(outputs, ("records", {"run": name}))
    assert answer.is_error and "no run" in answer.content[0].text


UNBOUNDED = [
    ("extract", {"text": "3亿元", "pub_date": "2" * 41}),
    ("records", {"where": "x" * 1001}),
    ("records", {"offset": 10**30}),
    ("records", {"run": "a" * 300}),
    ("evidence", {"record_id": "x" * 101}),
]


def test_what_is_asked_for_is_bounded_and_the_refusal_says_what(outputs: Path) -> None:
    _, *answers = asked(outputs, *UNBOUNDED, ("records", {"where": "value>1e999999亿"}), ("records", {"limit": 1}))
    for answer in answers[:-1]:
        assert answer.is_error and answer.content[0].text.partition("Error executing tool")[2].count(":") >= 1
    assert len(answers[-1].structured_content["records"]) == 1
