"""Conversion to simplified characters: tables of cases, OpenCC's own suite, and text that must not change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from gongbao.chinese import script as module
from gongbao.chinese.script import convert
from gongbao.offsets import OffsetMap

CASES = Path(__file__).resolve().parents[1] / "cases"
DIFFERENT = {
    # (config, beginning of the input): why convert gives something else than that configuration
    (
        "t2s",
        "慰藉著受傷的心靈",
    ): "t2s knows no 著 for 着; Taiwan's bulletins write it, and tw2s gives 慰藉着 as convert does",
    ("hk2s", "慰藉著受傷的心靈"): "hk2s knows no 著 for 着; tw2s gives 慰藉着 as convert does",
    ("t2s", "袷袢 袷衣 袷裙；袷袢 夹衣"): "夹 makes the line simplified text, which stays as it is",
}


def load(name: str) -> list[Any]:
    return list(yaml.safe_load((CASES / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in load("synthetic/convert_forms.yaml")])
def test_forms(case: dict[str, str]) -> None:
    revision = convert(case["text"])
    assert revision.text == case["clean"]
    assert revision.offsets == OffsetMap() and revision.repairs == ()


@pytest.mark.parametrize("text", load("negative/convert_none.yaml"))
def test_simplified_text_stays(text: str) -> None:
    assert convert(text).text == text


@pytest.mark.shared
def test_suite_of_opencc(shared: Path) -> None:
    """All `bulletin` cases of t2s, tw2s and hk2s, by one function, but for those that differ on purpose."""
    lines = (shared / "suites" / "opencc_t2s.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["bulletin"] and case["config"] in {"t2s", "tw2s", "hk2s"}]
    assert len(cases) > 100
    differing = {(c["config"], c["input"]) for c in cases if convert(c["input"]).text != c["expected"]}
    unexplained = [one for one in differing if not any(one[0] == d[0] and one[1].startswith(d[1]) for d in DIFFERENT)]
    assert not unexplained
    assert len(differing) == len(DIFFERENT)


@pytest.mark.shared
def test_annotated_articles_in_simplified_characters_stay(shared: Path) -> None:
    for path in sorted((shared / "annotated").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            if article["script"] == "hans":
                changed = [
                    (a, b) for a, b in zip(article["text"], convert(article["text"]).text, strict=True) if a != b
                ]
                # Stray traditional characters of a simplified page are converted; nothing else is.
                assert len(changed) < 10, (article["id"], changed)


def test_every_word_of_the_lexicon_holds() -> None:
    """Each line of conversion.txt and conversion_keep.txt does what it says, between two traditional characters."""
    corrections = dict(line.split() for line in module.lexicon("conversion"))
    for wrong, right in corrections.items():
        assert convert(f"於國際關係與{wrong}國").text == f"于国际关系与{right}国"
    for word in module.lexicon("conversion_keep"):
        right = corrections.get(word, word)  # 钜著: one character stays, the other does not
        assert convert(f"於國際關係與國{word}國").text == f"于国际关系与国{right}国"


def test_a_phrase_that_changes_length_maps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """No phrase of today's OpenCC does; one of another edition may."""
    opencc = module._opencc
    monkeypatch.setattr(module, "_opencc", lambda text: opencc(text).replace("资讯科技", "IT"))
    text = "第一行國\n發展資訊科技與國防\n國"
    revision = convert(text)
    assert revision.text == "第一行国\n发展IT与国防\n国"
    at = revision.text.index("IT")
    start, end = revision.offsets.to_source(at, at + 2)
    assert text[start:end] == "資訊科技"
    start, end = revision.offsets.to_source(at + 3, at + 5)
    assert text[start:end] == "國防"


def test_lone_surrogates_pass_through() -> None:
    assert convert("發展\ud83d國際").text == "发展\ud83d国际"
