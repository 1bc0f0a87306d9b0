"""Files and rules of random bytes: an article, or an error that says what to do; never a crash."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from gongbao.errors import RuleError
from gongbao.read.reader import read_file
from gongbao.rulebook.load import RuleSet
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import fuzz_checks as checks
from tests.fuzz.fuzz_pieces import pieces

KINDS = (".txt", ".md", ".html", ".csv", ".jsonl", ".docx", ".xlsx", ".txt.gz", ".jsonl.zst")
HEADS = st.sampled_from(
    [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04", b"%PDF-1.4\n", b"<html><p>", b'{"id": 1, "text": "', b"\x1f\x8b"]
)
CHINESE = "2021年，绍兴市完成投资3.5亿元。".encode("gb18030")
BYTES = st.lists(st.one_of(st.binary(max_size=40), st.just(CHINESE), st.sampled_from([b"\n", b'"', b",", b"</p>"])))


@pytest.mark.parametrize("kind", KINDS)
@given(head=HEADS, body=BYTES)
def test_readers(kind: str, head: bytes, body: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzz{kind}"
    path.write_bytes(head + b"".join(body))
    checks.check_articles(read_file(path), path.read_bytes(), foreign=kind == ".xlsx")


@given(
    st.recursive(
        st.none() | st.text() | st.integers() | st.floats(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_rows(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.jsonl"
    path.write_text(json.dumps({"id": value, "text": value, "pub_date": value}) + "\n" + json.dumps(value) + "\n")
    checks.check_articles(read_file(path), path.read_bytes())


YAML = st.lists(st.sampled_from(pieces("yaml")) | st.text(string.printable, max_size=8), max_size=40).map("".join)


@given(YAML)
def test_rule_loader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    checks.check_rules(tmp_path_factory.getbasetemp() / "shipped", text)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "rules: !!python/object/apply:os.system [echo]\n",
        "[" * 100_000,
        "{a: " * 100_000,
        "rules: {" + "x: {" * 5_000,
        "- " * 50_000,
        "? " * 50_000,
        "\x00",
    ],
    ids=["anchors", "tag", "brackets", "braces", "mappings", "lists", "keys", "nul"],
)
def test_hostile_rule_files(text: str, tmp_path: Path) -> None:
    (tmp_path / "quantities").mkdir()
    (tmp_path / "quantities" / "hostile.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        RuleSet.load(shipped=tmp_path)
    assert "hostile.yaml" in str(caught.value)
