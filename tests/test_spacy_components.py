"""The pipeline and its matchers as spaCy components, found by name through the installed package's entry points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gongbao.spacy_components  # noqa: F401  (registers the factories where the package is not installed)
import pytest
import spacy
from gongbao import Pipeline
from spacy.tokens import Doc, DocBin

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


@pytest.fixture(scope="module")
def whole() -> spacy.Language:
    made = spacy.blank("zh")
    made.add_pipe("gongbao", config={"pub_date": "2021-01-09"})
    return made


TEXTS = [
    "去年，寧波市專(zhuān)利質(zhì)押融資額達(dá)41.6億元，同比增長(zhǎng)18.3%。",
    "𠮷😀南京市有35家企业。",
    "一切照旧。",
    "",
]


def test_the_whole_pipeline_as_a_component(whole: spacy.Language) -> None:
    doc = whole(TEXTS[0])
    (amount, growth) = doc._.records
    expected = Pipeline().extract(TEXTS[0], pub_date="2021-01-09")
    assert [record.to_json() for record in doc._.records] == [record.to_json() for record in expected]
    assert (amount.place, amount.year, amount.value) == ("浙江省/宁波市", 2020, 4_160_000_000)
    assert [(s.text, s.label_, s.id_) for s in doc.spans["amount"]] == [
        (doc.text[amount.start : amount.end], "money", amount.record_id),
        ("18.3%", "growth", growth.record_id),
    ]
    assert {span.text for span in doc.spans["place"]} == {"寧波市"}


def test_a_doc_says_what_it_is(whole: spacy.Language) -> None:
    doc = whole.make_doc("今年，宁波市投入资金3亿元。")
    doc.user_data |= {"pub_date": "2015/06/01", "id": "a-1", "title": "题"}
    (record,) = whole(doc)._.records
    assert (record.year, record.article_id, record.title) == (2015, "a-1", "题")


def test_records_survive_bytes_docbins_and_processes(whole: spacy.Language) -> None:
    expected = [[record.to_json() for record in whole(text)._.records] for text in TEXTS]
    assert expected[0] and not expected[2]

    def records(docs: Any) -> list[list[str]]:
        return [[record.to_json() for record in doc._.records] for doc in docs]

    docs = list(whole.pipe(TEXTS, batch_size=3))
    assert records(docs) == expected
    assert records(Doc(whole.vocab).from_bytes(doc.to_bytes()) for doc in docs) == expected
    saved = DocBin(docs=docs, store_user_data=True).to_bytes()
    again = list(DocBin(store_user_data=True).from_bytes(saved).get_docs(whole.vocab))
    assert records(again) == expected
    assert [s.id_ for s in again[0].spans["amount"]] == [s.id_ for s in docs[0].spans["amount"]]
    assert records(whole.pipe(TEXTS, n_process=2)) == expected


def test_a_pipeline_with_it_is_saved_and_loaded(whole: spacy.Language, tmp_path: Path) -> None:
    whole.to_disk(tmp_path / "model")
    assert spacy.load(tmp_path / "model")(TEXTS[0])._.records == whole(TEXTS[0])._.records


def test_a_doc_that_fails_is_the_error_handlers(whole: spacy.Language) -> None:
    failed: list[str] = []
    whole.set_error_handler(lambda name, component, docs, error: failed.append(f"{name}: {error}"))
    docs = [whole.make_doc(text) for text in TEXTS[:2]]
    docs[0].user_data["pub_date"] = "soon"
    (left,) = whole.pipe(docs)
    whole.set_error_handler(spacy.util.raise_error)
    assert left.text == TEXTS[1] and len(failed) == 1 and "'soon' is no date" in failed[0]
