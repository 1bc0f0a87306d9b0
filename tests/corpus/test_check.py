"""`corpus/build.py --check` finds what is wrong with articles and facts: one sound article, spoiled in every way."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from corpus.check import copied, faults, problems

TEXT = "宁波扩建泵站\n2021年，宁波市投资3.5亿元，惠及农户12万户，能耗下降4%。\n"
NAMES = {"place": "浙江省/宁波市", "year": [2021], "initiative": ["泵站"], "initiative_in_text": "泵站"}
SOUND: dict[str, Any] = {
    "id": "a", "title": "宁波扩建泵站", "pub_date": "2022-01-08", "source": None, "script": "hans", "text": TEXT,
    "initiatives": ["泵站"], "orgs": [], "places": ["宁波", "宁波市"],
    "facts": [
        {"ctx": "投资3.5亿元，", "amount": "3.5亿元", "kind": "money", "value": 350000000, "unit": "元", "bound": "=",
         "indicator": ["投资"], "indicator_in_text": "投资", **NAMES},
        {"ctx": "农户12万户，", "amount": "12万户", "kind": "count", "value": 120000, "unit": "户", "bound": "=",
         "indicator": ["农户"], "indicator_in_text": "农户", **NAMES},
        {"ctx": "下降4%。", "amount": "4%", "kind": "growth", "value": -4, "unit": "%", "bound": "=",
         "indicator": ["能耗"], "indicator_in_text": "能耗", **NAMES},
    ],
}  # fmt: skip


def test_nothing_is_wrong_with_a_sound_article() -> None:
    assert list(faults(SOUND)) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"script": None, "note": "?"}, "fields ['note']"),
        ({"text": " "}, "no text"),
        ({"orgs": ["水利局"]}, "orgs: a name twice, or not in the text"),
        ({"places": ["宁波", "宁波"]}, "places: a name twice"),
        ({"text": TEXT.replace("能耗", "投资3.5亿元，能耗")}, "not anchored once: 投资3.5亿元，"),
        ({"text": TEXT + "另有8家企业参与。\n"}, "no fact covers"),
        (
            {"pub_date": "1949-01-01", "facts": [SOUND["facts"][0] | {"place": "北京市/通州区"}]},
            "no such place at the time",
        ),
        ({"facts": SOUND["facts"][::-1]}, "not in the order of the text"),
    ],
)
def test_a_spoiled_article(changes: dict[str, Any], says: str) -> None:
    assert says in " / ".join(faults({**SOUND, **changes}))


@pytest.mark.parametrize(
    ("number", "changes", "says"),
    [
        (0, {"ctx": "投资8亿元，"}, "not anchored once"),
        (0, {"amount": ".5亿元"}, "is not the value of"),
        (1, {"amount": "2万户", "value": 20000}, "cut badly"),
        (0, {"kind": "sum"}, "not allowed"),
        (0, {"bound": "≥"}, "not allowed"),
        (0, {"year": []}, "not allowed"),
        (0, {"initiative": []}, "not allowed"),
        (0, {"optional": False}, "not allowed"),
        (0, {"indicator_in_text": "投入"}, "not allowed"),
        (0, {"unit": "户"}, "do not agree"),
        (1, {"unit": "元"}, "do not agree"),
        (1, {"value": -120000}, "do not agree"),
        (0, {"value": 35000000000, "amount": "3.5亿元"}, None),
        (0, {"value": 360000000}, "is not the value of"),
        (0, {"place": "浙江省/宁坡市"}, "no such place"),
        (0, {"page": 3}, "fields ['page']"),
    ],
)
def test_a_spoiled_fact(number: int, changes: dict[str, Any], says: str | None) -> None:
    """The digits are compared and not the scale, which 万 and 百万 write in many ways."""
    article = copy.deepcopy(SOUND)
    article["facts"][number] |= changes
    found = list(faults(article))
    assert says in " / ".join(found) if says else found == []


def test_articles_are_compared_with_what_the_reader_gives(tmp_path: Path) -> None:
    def written(name: str) -> dict[str, Any]:
        return {
            **SOUND,
            "id": f"{name}.txt",
            "facts": [],
            "text": f"{name}发布简报\n二月八日。\n",
            "title": f"{name}发布简报",
        }

    for name in ("甲县", "乙县", "丙县"):
        (tmp_path / f"{name}.txt").write_text(f"{name}发布简报\n二月八日。\n", encoding="utf-8")
    gold = [written("甲县"), {**written("乙县"), "text": "别的"}, written("丁县")]
    found = "\n".join(problems(gold, [written("甲县")], tmp_path))
    assert "甲县.txt: two articles have this id" in found
    assert "乙县.txt: text, title or date are not what the reader gives" in found
    assert "丙县.txt: in only one of articles/ and gold/" in found
    assert "丁县.txt: in only one of articles/ and gold/" in found
    assert "no article is .pdf" in found and "no article is hant-pinyin" in found


def test_sentences_of_real_articles_are_found_whatever_their_white_space(tmp_path: Path) -> None:
    sentence = "去年以来镇里新修了三条通村公路并给两座老桥装上了新的护栏。"
    (tmp_path / "annotated").mkdir()
    line = json.dumps({"text": sentence}, ensure_ascii=False)
    (tmp_path / "annotated" / "x.jsonl").write_text(line, encoding="utf-8")
    ours = {"a": f"开头。{sentence[:10]}\n{sentence[10:]}", "b": sentence[:20], "c": TEXT}
    assert {fault.partition(":")[0] for fault in copied(ours, tmp_path)} == {"a"}
    assert list(copied(ours, tmp_path / "absent")) == []
