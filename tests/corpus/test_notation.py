"""The notation in which the corpus is written: articles of a file, their damage, and the facts that its lines state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.notation import Source, facts, load

FILE = """\
%%% first
title: 宁波扩建泵站
script: hans
initiatives: 泵站扩建工程
---
@浙江省/宁波市
#2021
*泵站扩建工程/泵站扩建
m= 3.5亿元 | 投资
c> 两百余户 {200 户} | 受益农户 | opt
g-~ 4% | 能耗 | year=2020,2021
---
宁波扩建泵站
宁波推进泵站扩建工程，投资3.5亿元，受益农户两百余户，能耗约降4%。
---
%%% second
script: hant
---
@null
#null
*补贴
m= 5万元 | 补贴
---
發放補貼5万元。
"""


def written(folder: Path, content: str = FILE) -> list[Source]:
    path = folder / "articles.txt"
    path.write_text(content, encoding="utf-8")
    return load(path)


def test_a_file_holds_articles_one_after_the_other(tmp_path: Path) -> None:
    first, second = written(tmp_path)
    assert (first.name, first.head["title"], first.names("initiatives")) == ("first", "宁波扩建泵站", ["泵站扩建工程"])
    assert first.text.endswith("能耗约降4%。\n---\n"), "a line of the text may look like one that ends a part"
    assert (second.name, second.text, second.simplified) == ("second", "發放補貼5万元。\n", "发放补贴5万元。\n")


def test_facts_in_the_order_of_the_text(tmp_path: Path) -> None:
    first, second = written(tmp_path)
    rows: list[tuple[Any, ...]] = [
        (f["amount"], f["kind"], f["bound"], f["value"], f["unit"], f["place"], f["year"], f.get("optional", False))
        for _, _, f in (*facts(first), *facts(second))
    ]
    assert rows == [
        ("3.5亿元", "money", "=", 350_000_000, "元", "浙江省/宁波市", [2021], False),
        ("两百余户", "count", ">", 200, "户", "浙江省/宁波市", [2021], True),
        ("4%", "growth", "~", -4, "%", "浙江省/宁波市", [2020, 2021], False),
        ("5万元", "money", "=", 50_000, "元", None, None, False),
    ]
    named = [first.simplified[slice(*fact["initiative_in_text"])] for _, _, fact in facts(first)]
    assert named == ["泵站扩建工程"] * 3


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("m= 8亿元 | 投资", "not in the text"),
        ("c> 两百余户 | 受益农户", "in braces"),
        ("投资3.5亿元", "cannot read"),
    ],
)
def test_a_line_that_states_no_fact(tmp_path: Path, line: str, says: str) -> None:
    first, _ = written(tmp_path, FILE.replace("m= 3.5亿元 | 投资", line))
    with pytest.raises(ValueError, match=says):
        facts(first)


def test_a_file_that_begins_with_no_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="begins with 'title"):
        written(tmp_path, FILE.removeprefix("%%% first\n"))
