from __future__ import annotations

import gongbao.names.spacy_component  # noqa: F401  (registers the factories where the package is not installed)
import pytest
import spacy
from gongbao.names.spacy_component import ENTITIES_KEY
from spacy.language import Language
from spacy.tokens import Doc, Span

TEXT = "绍兴市科学技术局与浙江大学签约。李建国出席。"


@pytest.fixture(params=["lac_ner", "gongbao_lac_ner"])
def nlp(request: pytest.FixtureRequest) -> Language:
    language = spacy.blank("zh")
    language.add_pipe(request.param)
    return language


def test_entities_and_spans(nlp: Language) -> None:
    doc = nlp(TEXT)
    assert {("ORG", "绍兴市科学技术局"), ("ORG", "浙江大学"), ("PER", "李建国")} <= {
        (e.label_, e.text) for e in doc.ents
    }
    assert {span.text for span in doc.spans["entities"]} >= {"浙江大学"}
    assert all(TEXT[e["start"] : e["end"]] == e["text"] for e in doc.user_data[ENTITIES_KEY])


def test_traditional_characters_are_read_as_simplified_ones(nlp: Language) -> None:
    text = "紹興市科學技術局與浙江大學簽約。李建國出席。"
    doc = nlp(text)
    assert {("ORG", "紹興市科學技術局"), ("ORG", "浙江大學"), ("PER", "李建國")} <= {
        (e.label_, e.text) for e in doc.ents
    }
    assert all(text[e["start"] : e["end"]] == e["text"] for e in doc.user_data[ENTITIES_KEY])


def test_a_doc_with_names_can_be_saved(nlp: Language) -> None:
    doc = nlp(TEXT)
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert again.user_data[ENTITIES_KEY] == doc.user_data[ENTITIES_KEY]
    assert [e.text for e in again.ents] == [e.text for e in doc.ents]


def test_pipe_gives_the_same(nlp: Language) -> None:
    texts = [TEXT, "", "增长8.3%", TEXT * 3]
    assert [[e.text for e in d.ents] for d in nlp.pipe(texts)] == [[e.text for e in nlp(t).ents] for t in texts]


def test_only_candidates_are_read(nlp: Language) -> None:
    doc = nlp.make_doc(TEXT)
    doc.spans["candidates"] = [doc.char_span(TEXT.index("李"), len(TEXT))]
    assert [entity.text for entity in nlp(doc).ents] == ["李建国"]


def test_earlier_entities_stay(nlp: Language) -> None:
    doc = nlp.make_doc(TEXT)
    doc.ents = [Span(doc, 0, 3, label="GPE")]
    labels = [(entity.label_, entity.text) for entity in nlp(doc).ents]
    assert labels[0] == ("GPE", "绍兴市")
    assert ("ORG", "浙江大学") in labels


def test_misaligned_names_are_no_entities() -> None:
    language = spacy.blank("zh")
    language.add_pipe("lac_ner")
    doc = spacy.tokens.Doc(language.vocab, words=["与浙江", "大学", "签约"], spaces=[False] * 3)
    doc = language.get_pipe("lac_ner")(doc)
    assert doc.ents == ()
    assert [span.text for span in doc.spans["entities"]] == ["与浙江大学"]
