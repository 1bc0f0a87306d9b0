"""Repair: tables of damaged text and what it must become, and the text that must stay as it is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from gongbao.chinese.script import convert
from gongbao.document import Revision
from gongbao.repair.text import repair

CASES = Path(__file__).resolve().parents[1] / "cases"


def load(name: str) -> list[Any]:
    return list(yaml.safe_load((CASES / name).read_text(encoding="utf-8")))


def table(name: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in load(name)]


def digits(text: str) -> str:
    """The digits of an amount, plain ones for wide ones."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


def simplified(text: str) -> str:
    return convert(repair(text).text).text


def check_account(text: str, revision: Revision) -> None:
    """The list of repairs is the whole difference: carried out on the text it gives the repaired text."""
    pieces, at = [], 0
    for change in revision.repairs:
        assert at <= change.start < change.end <= len(text)
        assert text[change.start : change.end] == change.before != change.after
        pieces += text[at : change.start], change.after
        at = change.end
    assert "".join([*pieces, text[at:]]) == revision.text


@pytest.mark.parametrize("case", table("in_the_wild/repair_pages.yaml"))
def test_pages(case: dict[str, str]) -> None:
    result = simplified(case["text"])
    if case.get("contains"):
        assert case["contains"] in result
    else:
        assert result == case["clean"]
    check_account(case["text"], repair(case["text"]))


@pytest.mark.parametrize("case", table("synthetic/repair_glosses.yaml"))
def test_glosses(case: dict[str, str]) -> None:
    revision = repair(case["text"])
    assert revision.text == case["clean"]
    assert {change.kind for change in revision.repairs} <= {"gloss", "invisible"}
    check_account(case["text"], revision)


@pytest.mark.parametrize("case", table("synthetic/repair_characters.yaml"))
def test_characters(case: dict[str, Any]) -> None:
    revision = repair(case["text"])
    assert revision.text == case["clean"]
    assert [change.kind for change in revision.repairs] == case["kinds"]
    check_account(case["text"], revision)


@pytest.mark.parametrize("text", load("negative/repair_none.yaml"))
def test_sound_text_stays(text: str) -> None:
    assert repair(text) == Revision(text)


@pytest.mark.parametrize("case", table("negative/repair_no_digits.yaml"))
def test_numbers_are_never_made_up(case: dict[str, Any]) -> None:
    revision = repair(case["text"])
    assert revision.text == case["clean"]
    assert not any(word in revision.text for word in case["never"])


@pytest.mark.parametrize("case", table("known_failures/repair_open.yaml"))
@pytest.mark.xfail(strict=True, reason="damage that repair does not mend")
def test_known_failures(case: dict[str, str]) -> None:
    assert simplified(case["text"]) == case["clean"]


def test_an_amount_maps_to_the_whole_of_what_stood_there() -> None:
    text = "投資達１５萬(wàn)億(yì)元，增長7.5\u200b％"
    repaired = repair(text)
    converted = convert(repaired.text)
    offsets = repaired.offsets.then(converted.offsets)
    assert converted.text == "投资达15万亿元，增长7.5%"
    start, end = offsets.to_source(3, 8)
    assert text[start:end] == "１５萬(wàn)億(yì)元"
    start, end = offsets.to_source(11, 15)
    assert text[start:end] == "7.5\u200b％"


def test_a_shifted_passage_maps_as_a_whole() -> None:
    text = "其中,??怠⒋笕A、宇視等3家"
    revision = repair(text)
    at = revision.text.index("大華")
    start, end = revision.offsets.to_source(at, at + 2)
    assert text[start:end] == "??怠⒋笕A"
    at = revision.text.index("3家")
    start, end = revision.offsets.to_source(at, at + 2)
    assert text[start:end] == "3家"


def test_a_passage_beside_a_gloss_is_told_as_what_it_is() -> None:
    text = "一場接着一場(cháng)?,F在，不少企業都來了"
    (repaired,) = repair(text).repairs
    assert (repaired.before, repaired.after, repaired.kind) == ("(cháng)?,F", "。現", "shifted")


def test_the_article_decides() -> None:
    """Of two names that the bytes allow, the one that stands elsewhere in the article."""
    passage = "新型材料?：訉嶒炇胰胲夁\\行"
    (alone,) = repair(passage).repairs
    found = repair(f"海河實驗室掛牌，海河實驗室擴建。{passage}")
    assert found.text.endswith("新型材料海河實驗室入軌運行")
    assert found.repairs[0].probability > alone.probability


@pytest.mark.shared
def test_annotated_articles(shared: Path) -> None:
    """Sound articles have nothing but width, spaces and entities repaired; in damaged ones no gloss is left.

    No amount is lost, and no digit of one is added or taken.
    """
    for path in sorted((shared / "annotated").glob("*.jsonl")):
        damaged = path.stem in {"damaged_simulated", "seed"}
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            revision = repair(article["text"])
            check_account(article["text"], revision)
            assert repair(revision.text).text == revision.text, article["id"]
            kinds = Counter(change.kind for change in revision.repairs)
            sound = {"width", "space", "invisible", "entity", "decimal"}
            assert damaged or set(kinds) <= sound, (article["id"], revision.repairs)
            converted = convert(revision.text)
            offsets = revision.offsets.then(converted.offsets)
            for fact in article["facts"]:
                start = article["text"].index(fact["ctx"]) + fact["ctx"].index(fact["amount"])
                end = start + len(fact["amount"])
                amount = converted.text[offsets.to_target(start) : offsets.to_target(end)]
                assert not set("?？□") & set(amount), (article["id"], amount)
                assert digits(amount) == digits(fact["amount"]), (article["id"], amount)


@pytest.mark.shared
def test_the_seed_article(shared: Path) -> None:
    text = (shared / "articles" / "seed.txt").read_text(encoding="utf-8")
    revision = repair(text)
    assert "海康、大華、宇視" in revision.text
    assert Counter(change.kind for change in revision.repairs)["shifted"] == 1
    assert not any(f"({letter}" in revision.text for letter in "abcdefghijklmnopqrstuvwxyz")
