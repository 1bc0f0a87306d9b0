"""The whole pipeline: offsets always true, nothing depends on order or batches, one bad article stops nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from gongbao import Article, Pipeline
from gongbao.chinese.clauses import LONGEST
from gongbao.components import BatchComponent
from gongbao.document import Document, Extraction, Failure
from gongbao.errors import GongbaoError
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = st.sampled_from(
    [
        "2021年，",
        "宁波市",
        "投入3.5萬(wàn)億(yì)元，",
        "同比增長(zhǎng)8%。",
        "區(qū)域創(chuàng)新",
        "??怠⒋笕A、",
        "５６．７ 億元",
        "𠮷野家120家",
        "😀",
        "&nbsp;",
        "\u200b",
        "\n",
        "由30天縮短到10天；",
        "（GDP）",
        "？",
        "1,273.36亿元",
        "三千五百余人",
    ]
)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ner=None)


def lines(results: list[Extraction | Failure]) -> dict[str, list[str]]:
    return {r.article.id: [record.to_json() for record in r.records] for r in results if isinstance(r, Extraction)}


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_raw_is_the_text_at_its_span(pipeline: Pipeline, pieces: list[str]) -> None:
    text = "".join(pieces)
    for record in pipeline.extract(Article("x", text, pub_date=date(2022, 3, 1))):
        assert record.raw == text[record.start : record.end]
        assert record.sentence_start <= record.start < record.end <= record.sentence_end
        for evidence in record.evidence.values():
            if evidence.start is not None and evidence.end is not None:
                assert 0 <= evidence.start < evidence.end <= len(text)


@pytest.mark.shared
def test_raw_is_the_text_at_its_span_on_every_annotated_article(pipeline: Pipeline, shared: Path) -> None:
    rows = [
        json.loads(x) for file in sorted((shared / "annotated").glob("*.jsonl")) for x in file.open(encoding="utf-8")
    ]
    results = list(pipeline.pipe(Article(row["id"], row["text"]) for row in rows))
    records = [(r.article.text, record) for r in results if isinstance(r, Extraction) for record in r.records]
    assert len(results) == len(rows) and len(records) > 1000
    assert all(record.raw == text[record.start : record.end] for text, record in records)


def test_order_and_batches_change_nothing() -> None:
    corpus = Path(__file__).resolve().parents[1] / "corpus" / "gold" / "releases.jsonl"
    articles = [Article(row["id"], row["text"]) for row in map(json.loads, corpus.open(encoding="utf-8"))][:6]
    whole = Pipeline()
    forwards = lines(list(whole.pipe(articles)))
    assert forwards and all(forwards.values())
    assert lines(list(whole.pipe(reversed(articles), batch_size=1))) == forwards
    assert lines(list(Pipeline().pipe(articles, batch_size=4))) == forwards


@pytest.mark.parametrize("failing", ["repair", "places", "names", "link"])
def test_a_failing_article_stands_for_itself(failing: str) -> None:
    good = Article("good", "2021年，宁波市投入3亿元。")
    broken = Article("broken", good.text)
    whole = Pipeline()
    step = whole.components[failing]

    def poisoned(document: Document) -> Document:
        if document.article.id == "broken":
            raise ZeroDivisionError("poisoned")
        return step(document)

    pipeline = whole.replacing(**{failing: poisoned})
    first, second, third = pipeline.pipe([good, broken, good])
    assert isinstance(first, Extraction) and isinstance(third, Extraction)
    assert first.records == third.records == whole.extract(good)
    assert isinstance(second, Failure)
    assert (second.id, second.stage, second.code) == ("broken", failing, f"{failing}.crash")
    with pytest.raises(GongbaoError, match="poisoned"):
        pipeline.extract(broken)


def test_an_article_that_spoils_a_batch_stands_for_itself() -> None:
    good = Article("good", "2021年，宁波市投入3亿元。")
    whole = Pipeline()
    names = whole.components["names"]
    assert isinstance(names, BatchComponent)

    class Poisoned:
        def __call__(self, document: Document) -> Document:
            return self.batch([document])[0]

        def batch(self, documents: Sequence[Document]) -> Sequence[Document]:
            if any(document.article.id == "broken" for document in documents):
                raise ZeroDivisionError("poisoned")
            return names.batch(documents)

    first, second, third = whole.replacing(names=Poisoned()).pipe([good, Article("broken", good.text), good])
    assert isinstance(first, Extraction) and first.records == whole.extract(good)
    assert isinstance(second, Failure) and second.code == "names.crash"
    assert isinstance(third, Extraction) and third.records == first.records


def test_a_component_that_is_not_there_cannot_be_replaced(pipeline: Pipeline) -> None:
    with pytest.raises(ValueError, match="no component 'names', there are repair, "):
        pipeline.replacing(names=lambda document: document)


def test_each_component_adds_its_layer(pipeline: Pipeline) -> None:
    text = "2021年，寧波市投入3億(yì)元。"
    layers = ["repairs", "text", "quantities", "periods", "places", "tables", "outline", "title_places", "records"]
    document = Document.of(Article("x", text, title="余姚市的投入"))
    for name, layer in zip(pipeline.components, layers, strict=True):
        before, document = document, pipeline.components[name](document)
        changed = {
            field for field in Document.__dataclass_fields__ if getattr(before, field) != getattr(document, field)
        }
        assert layer in changed or name == "tables", name
    assert document.text == "2021年，宁波市投入3亿元。"
    assert [place.text for place in document.title_places] == ["余姚市"]
    assert document.extraction() == next(iter(pipeline.pipe([Article("x", text, title="余姚市的投入")])))


def test_the_sentence_of_the_readme_gives_its_table() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    sentence = next(line[2:] for line in readme.splitlines() if line.startswith("> "))
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in readme.splitlines()
        if "| 江苏省/苏州市 |" in line
    ]
    found = [
        [r.place, r.initiative, r.indicator, r.amount, r.kind, f"{r.value:f} {r.unit}", r.bound, str(r.year)]
        for r in Pipeline().extract(sentence)
    ]
    assert [[cell or "" for cell in row] for row in found] == rows


@pytest.mark.parametrize("piece", ["3亿元", "投资3亿元，", "企业3家、", "分别增长5%、6%和7%，"])
def test_a_sentence_without_an_end_gives_evidence_of_bounded_length(pipeline: Pipeline, piece: str) -> None:
    """What an article gives is in proportion to its length: each record holds a piece of the sentence, not the whole."""
    text = piece * (3_000 // len(piece))
    records = pipeline.extract(text)
    assert len(records) >= len(text) // len(piece)
    for record in records:
        assert record.sentence_start <= record.start < record.end <= record.sentence_end
        assert record.sentence == text[record.sentence_start : record.sentence_end]
        assert len(record.sentence) <= LONGEST


def test_parse_gives_offsets_into_the_line(pipeline: Pipeline) -> None:
    text = "2021年前三季度,寧波市投入3.5萬(wàn)元"
    found = pipeline.parse(text, date(2022, 1, 5))
    (quantity,) = found["quantities"]
    assert text[quantity["start"] : quantity["end"]] == "3.5萬(wàn)元"
    assert (quantity["value"], quantity["unit"]) == (35000, "元")
    assert [p["year"] for p in found["periods"]] == [2021]
    assert [p["place_code"] for p in found["places"]] == ["330200"]
    assert found["simplified"] == "2021年前三季度,宁波市投入3.5万元"
    assert [(r["before"], r["kind"]) for r in found["repairs"]] == [("(wàn)", "gloss")]


def test_records_go_to_pandas(pipeline: Pipeline) -> None:
    frame = pipeline.extract("2021年，宁波市投入3亿元。").to_pandas()
    assert list(frame["value"]) == [3e8] and list(frame["place"]) == ["浙江省/宁波市"]


@pytest.mark.parametrize("text", ["", "\n\n", "无数字的一句话。", "😀" * 1000, "１" * 3000])
def test_texts_without_facts_give_none(pipeline: Pipeline, text: str) -> None:
    assert not [r for r in pipeline.extract(Article("x", text)) if r.kind == "money"]
