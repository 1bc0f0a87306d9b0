"""Decisions make names known: what was accepted or written, and wordings that are surely the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gongbao.errors import RuleError
from gongbao.names.known import FILE, read_known
from gongbao.review.known import decided_names, is_wording, keep_names
from gongbao.review.ledger import Event, Ledger


def event(action: Any, old: str | None = None, new: str | None = None, edited: str | None = None) -> Event:
    rows = [{"initiative": name} if name else None for name in (old, new, edited)]
    return Event(1, f"{action}{new}", action, "1", None, "Li", "", "a.txt", 0, *rows, {})


@pytest.mark.parametrize(
    ("wording", "name", "same"),
    [
        ("海岸带修复的计划", "海岸带修复计划", True),
        ("知识产权质押融资", "知识产权证券化融资", False),
        ("融资服务", "融资服务平台", False),  # goes on, and is another thing
        ("修复计划", "海岸带修复计划", False),  # might be any
        ("渔港", "海岸带修复计划", False),
        ("海岸带修复计划", "海岸带修复计划", False),
    ],
)
def test_only_what_is_surely_the_same_is_a_wording(wording: str, name: str, same: bool) -> None:
    assert is_wording(wording, name) is same


def test_names_found_right_are_known_and_those_refused_are_not(tmp_path: Path) -> None:
    names = decided_names(
        [
            event("accept", new="渔港改造贷款"),
            event("reject", old="湿地公园", new="公园"),
            event("edit", new="海岸带修复的计划", edited="海岸带修复计划"),
            event("edit", new="企业", edited="海岸带修复计划"),
            event("accept", old="旧城"),  # the record is gone, and so is its name
            event("accept", new="“渔光行动"),  # cut out of its text
            event("accept", new="“一港一策”工程"),
        ]
    )
    for name in ("渔光行动", "“一港一策”工程"):
        assert names.pop(name) == []
    assert names == {"渔港改造贷款": [], "湿地公园": [], "海岸带修复计划": ["海岸带修复的计划"]}
    kept = keep_names(tmp_path / "mine", names)
    assert (kept.names, kept.aliases) == (3, 1)
    first = kept.path.read_bytes()
    again = keep_names(tmp_path / "mine", names)
    assert (again.names, again.aliases) == (0, 0) and kept.path.read_bytes() == first


def test_what_stands_in_the_table_stays(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("name,aliases\n滨海修复,海岸带修复计划\n", encoding="utf-8")
    keep_names(tmp_path, {"海岸带修复计划": ["海岸带修复的计划"], "渔港改造贷款": ["海岸带修复计划"]})
    assert (tmp_path / FILE).read_text("utf-8") == "name,aliases\n滨海修复,海岸带修复计划\n渔港改造贷款,\n"


def test_columns_order_and_marks_of_the_table_stay(tmp_path: Path) -> None:
    table = "\ufeffname,aliases,note\r\n海岸带修复计划,,ours\r\n渔光行动,渔光计划,\r\n"
    (tmp_path / FILE).write_bytes(table.encode())
    keep_names(tmp_path, {"海岸带修复计划": ["海岸带修复的计划"], "渔港改造贷款": []})
    expected = table.replace("计划,,ours", "计划,海岸带修复的计划,ours") + "渔港改造贷款,,\r\n"
    assert (tmp_path / FILE).read_bytes().decode() == expected


def test_line_ends_are_no_part_of_a_name(tmp_path: Path) -> None:
    names = decided_names([event("accept", new="“”\u2028渔港改造\x0b贷款"), event("accept", new="渔\x00港改造贷款")])
    keep_names(tmp_path, names)
    assert len(names) == 1 and list(read_known(keep_names(tmp_path, names).path)) == [*names]


def test_a_table_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a file", encoding="utf-8")
    with pytest.raises(RuleError, match="cannot be written"):
        keep_names(tmp_path / "mine", {"渔港改造贷款": []})


def test_a_name_that_an_edit_replaced_is_a_wording_and_no_name() -> None:
    place = {"start": 1, "end": 4, "raw": "5亿元", "kind": "money"}
    first, mine = ({**place, "initiative": name} for name in ("海岸带修复的计划", "海岸带修复计划"))
    about: Any = ("1", None, "Li", "", "a.txt", 0)
    ledger = Ledger()
    ledger.replay(
        [
            Event(1, "a", "accept", *about, None, first, None, {}),
            Event(2, "b", "edit", *about, {**first, "value": 4}, first, mine, {}),
        ]
    )
    assert decided_names(ledger.standing()["a.txt"]) == {"海岸带修复计划": ["海岸带修复的计划"]}
