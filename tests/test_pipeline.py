"""The whole pipeline: offsets always true, nothing depends on order or batches, one bad article stops nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from gongbao import Article, Pipeline
from gongbao.document import Extraction, Failure
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


def test_a_failing_article_stands_for_itself(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Article("good", "2021年，宁波市投入3亿元。")
    broken = Article("broken", good.text)
    link = pipeline._linker.link

    def fail(document, predictions=None):  # type: ignore[no-untyped-def]
        if document.article.id == "broken":
            raise ZeroDivisionError("poisoned")
        return link(document, predictions)

    monkeypatch.setattr(pipeline._linker, "link", fail)
    first, second, third = pipeline.pipe([good, broken, good])
    assert isinstance(first, Extraction) and isinstance(third, Extraction) and first.records == third.records
    assert isinstance(second, Failure)
    assert (second.id, second.stage, second.code) == ("broken", "link", "link.crash")
    with pytest.raises(GongbaoError, match="poisoned"):
        pipeline.extract(broken)


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
