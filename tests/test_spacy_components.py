"""The matchers as spaCy components, found by name through the installed package's entry points."""

from __future__ import annotations

from typing import Any

import pytest
import spacy
from spacy.tokens import Doc

GROUPS = {"gongbao_quantities": "quantities", "gongbao_periods": "periods", "gongbao_places": "places"}


@pytest.fixture(scope="module", params=["char", "jieba"])
def nlp(request: pytest.FixtureRequest) -> spacy.Language:
    made = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": request.param}}})
    for name in GROUPS:
        made.add_pipe(name, config={"pub_date": "2021-01-09"} if name == "gongbao_periods" else {})
    return made


def found(doc: Doc, group: str) -> list[tuple[str, str, Any]]:
    key = {"quantities": "value", "periods": "year", "places": "place"}[group]
    return [(doc.text[s._.gongbao["start"] : s._.gongbao["end"]], s.label_, s._.gongbao[key]) for s in doc.spans[group]]


@pytest.mark.parametrize(
    ("text", "group", "expected"),
    [
        ("去年寧波市發放貸款86.5億元", "quantities", [("86.5億元", "money", 8650000000)]),
        ("𠮷😀南京有35家企業，增長12.5%", "quantities", [("35家", "count", 35), ("12.5%", "growth", 12.5)]),
        ("去年寧波市發放貸款86.5億元", "periods", [("去年", "time", 2020)]),
        ("𠮷😀南京市有35家企业", "places", [("南京市", "name", "江苏省/南京市")]),
        ("一切照舊。", "quantities", []),
        ("", "places", []),
    ],
)
def test_spans_are_those_of_the_doc(nlp: spacy.Language, text: str, group: str, expected: list[Any]) -> None:
    assert found(nlp(text), group) == expected


def test_spans_are_widened_to_whole_tokens() -> None:
    nlp = spacy.blank("zh")
    quantities = nlp.add_pipe("gongbao_quantities")
    doc = quantities(Doc(nlp.vocab, words=["贷款3.5", "亿元", "。"], spaces=[False] * 3))
    (span,) = doc.spans["quantities"]
    assert span.text == "贷款3.5亿元" and (span._.gongbao["start"], span._.gongbao["end"]) == (2, 7)


def test_a_doc_may_say_its_own_date(nlp: spacy.Language) -> None:
    doc = nlp.make_doc("今年完成投资3亿元")
    doc.user_data["pub_date"] = "2015-06-01"
    assert found(nlp(doc), "periods") == [("今年", "time", 2015)]


def test_what_was_read_is_kept_when_a_doc_is_saved(nlp: spacy.Language) -> None:
    doc = nlp("2020年投资1234567890123456.7891元")
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert again.spans["quantities"][0]._.gongbao == doc.spans["quantities"][0]._.gongbao
    assert again.spans["quantities"][0]._.gongbao["value"] == "1234567890123456.7891"


def test_a_pipeline_is_saved_and_loaded_by_name(nlp: spacy.Language, tmp_path: Any) -> None:
    nlp.to_disk(tmp_path / "model")
    assert [found(spacy.load(tmp_path / "model")("去年3亿元"), g) for g in GROUPS.values()] == [
        found(nlp("去年3亿元"), g) for g in GROUPS.values()
    ]
