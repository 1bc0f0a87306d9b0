"""Annotation tools: spans in each tool's own unit, and corrections that come back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gongbao.errors import ExportError
from gongbao.export import brat, conll, docbin, doccano, label_studio
from gongbao.export.annotations import FIELDS, Annotated, Mark, Utf16, annotated
from gongbao.export.corrected import Corrected, Corrector, pair_up
from gongbao.export.select import Data
from gongbao.export.sources import open_source
from gongbao.pipeline import Pipeline
from hypothesis import given
from hypothesis import strategies as st

from tests.export.exporting import code_of, export_to, records_of

READERS: dict[str, Callable[[Path], Iterator[Annotated]]] = {
    "label-studio": label_studio.read,
    "doccano": doccano.read,
    "brat": brat.read,
    "conll": conll.read,
    "spacy": docbin.read,
}


@given(st.text(alphabet="国𠮷😀a\n👨‍👩‍👧", max_size=40))
def test_utf16_there_and_back(text: str) -> None:
    units = Utf16(text)
    for at in range(len(text) + 1):
        assert units.from_points(at) == len(text[:at].encode("utf-16-le")) // 2
        assert units.to_points(units.from_points(at)) == at


def spans(item: Annotated) -> set[tuple[int, int, str]]:
    return {(mark.start, mark.end, mark.label) for mark in item.marks}


@pytest.mark.parametrize("tool", READERS)
def test_every_span_comes_back(any_run: Path, tmp_path: Path, tool: str) -> None:
    export_to(any_run, tool, tmp_path / "x")
    data = Data([open_source(any_run)])
    expected = {str(item.article_id): item for item in annotated(data)}
    found = {str(item.article_id): item for item in READERS[tool](tmp_path / "x")}
    assert found.keys() == expected.keys()
    for name, item in found.items():
        assert item.text == expected[name].text
        assert spans(item) == spans(expected[name])
        if item.links is not None:
            pairs = [
                {(one.marks[k.amount], one.marks[k.field].label) for k in one.links or ()}
                for one in (item, expected[name])
            ]
            assert {(a.start, a.end, n) for a, n in pairs[0]} == {(a.start, a.end, n) for a, n in pairs[1]}


@pytest.mark.parametrize("words", ["甲方案 ", "\u3000甲方案", "甲 方 案", "甲方案\n乙", "甲方案\t"])
def test_conll_keeps_the_blanks_of_a_span(tmp_path: Path, words: str) -> None:
    """Blanks have no line of their own; a span that ends with one comes back as long as it was."""
    item = Annotated("a", f"按{words}投3亿元", (Mark(1, 1 + len(words), "initiative"),), None)
    (tmp_path / "x.conll").write_text(conll.article(item), encoding="utf-8")
    (found,) = conll.read(tmp_path / "x.conll")
    assert spans(found) == spans(item)


def test_label_studio_counts_in_utf16(hard_run: Path, tmp_path: Path) -> None:
    export_to(hard_run, "label-studio", tmp_path / "x.json")
    tasks = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    seen = 0
    for task in tasks:
        text = task["data"]["text"].encode("utf-16-le")
        for region in task["predictions"][0]["result"]:
            if region["type"] == "labels":
                value = region["value"]
                assert text[2 * value["start"] : 2 * value["end"]].decode("utf-16-le") == value["text"]
                seen += value["text"] == "3.5亿元"
    assert seen == 1


def test_doccano_counts_in_utf16(hard_run: Path, tmp_path: Path) -> None:
    export_to(hard_run, "doccano", tmp_path / "x.jsonl")
    row = json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()[0])
    text = row["text"].encode("utf-16-le")
    words = {text[2 * e["start_offset"] : 2 * e["end_offset"]].decode("utf-16-le"): e["label"] for e in row["entities"]}
    assert words == {"广州市": "place", "2020年": "year", "新店贷款": "initiative", "贷款": "indicator", "3.5亿元": "money",
                     "客流": "indicator", "-3%": "growth", "𠮷林市": "place", "1元": "money"}  # fmt: skip
    assert {r["type"] for r in row["relations"]} == set(FIELDS)


def test_brat_counts_in_code_points(hard_run: Path, tmp_path: Path) -> None:
    export_to(hard_run, "brat", tmp_path / "x")
    names = {path.stem for path in (tmp_path / "x").glob("*.ann")}
    assert len(names) == 3 and "[relations]" in (tmp_path / "x" / "annotation.conf").read_text()
    for name in names:
        text = (tmp_path / "x" / f"{name}.txt").read_text(encoding="utf-8")
        for line in (tmp_path / "x" / f"{name}.ann").read_text(encoding="utf-8").splitlines():
            if line.startswith("T"):
                _, span, words = line.split("\t")
                start, end = map(int, span.split(" ")[1:])
                assert text[start:end] == words


def test_spacy_reads_the_docbin(corpus_run: Path, tmp_path: Path) -> None:
    import spacy
    from spacy.tokens import DocBin

    export_to(corpus_run, "spacy", tmp_path / "x.spacy")
    truth: dict[str, dict[str, Any]] = {row["record_id"]: row for row in records_of(corpus_run)}
    docs = list(DocBin(store_user_data=True).from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("zh").vocab))
    found = {span.id_: span for doc in docs for span in doc.spans["amount"]}
    assert found.keys() == truth.keys()
    for record_id, span in found.items():
        row = truth[record_id]
        assert (span.text, span.start_char, span.end_char, span.label_) == (
            row["raw"],
            row["start"],
            row["end"],
            row["kind"],
        )
    assert any(doc.ents for doc in docs)


@pytest.fixture(scope="module")
def corrector() -> Corrector:
    return Corrector(Pipeline(ner=None))


def correct(folder: Path, items: Iterator[Annotated], corrector: Corrector) -> list[Corrected]:
    data = Data([open_source(folder)])
    return [corrector.correct(item, article, rows) for item, article, rows in pair_up(items, data.by_article())]


@pytest.mark.parametrize("tool", READERS)
def test_what_nobody_touched_comes_back_as_it_was(
    any_run: Path, tmp_path: Path, tool: str, corrector: Corrector
) -> None:
    export_to(any_run, tool, tmp_path / "x")
    done = correct(any_run, READERS[tool](tmp_path / "x"), corrector)
    rows = sorted(row["record_id"] for one in done for row in one.rows)
    assert rows == sorted(row["record_id"] for row in records_of(any_run))
    assert sum(one.changed + one.added + one.removed for one in done) == 0


def test_corrections_in_label_studio(hard_run: Path, tmp_path: Path, corrector: Corrector) -> None:
    """An annotator removes one amount, moves another, draws a third and links another year."""
    path = tmp_path / "x.json"
    export_to(hard_run, "label-studio", path)
    tasks = json.loads(path.read_text(encoding="utf-8"))
    first, numbers = tasks[0], tasks[2]
    text = first["data"]["text"]
    units = Utf16(text)

    def region(words: str, label: str, name: str) -> dict[str, Any]:
        at = text.index(words)
        # As Label Studio saves what is drawn since 1.4: in code points.
        value = {"start": at, "end": at + len(words), "text": words, "labels": [label]}
        return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}

    result = first["predictions"][0]["result"]
    one_yuan = next(r for r in result if r["type"] == "labels" and r["value"]["text"] == "1元")
    result = [r for r in result if r is not one_yuan and one_yuan["id"] not in (r.get("from_id"), r.get("to_id"))]
    growth = next(r for r in result if r["type"] == "labels" and r["value"]["text"] == "-3%")
    growth["value"] |= {"start": growth["value"]["start"] + 1, "text": "3%"}
    result.append(region("1+1元", "money", "drawn"))
    result.append({"from_id": "drawn", "to_id": "year-new", "type": "relation", "direction": "right", "labels": []})
    result.append(region("新店", "initiative", "year-new"))
    first["annotations"] = [{"id": 1, "updated_at": "2026-02-01", "result": result}]
    numbers["annotations"] = [{"id": 2, "updated_at": "2026-02-01", "result": []}]
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")

    done = correct(hard_run, label_studio.read(path), corrector)
    rows = {row["raw"]: row for row in done[0].rows}
    assert set(rows) == {"3.5亿元", "3%", "1+1元"}
    assert rows["3.5亿元"]["place"] == "广东省/广州市" and rows["3.5亿元"]["confidence"] == 0.9
    assert (rows["3%"]["kind"], rows["3%"]["year"]) == ("growth", 2020)
    assert rows["3%"]["start"] == text.index("-3%") + 1 and units.from_points(5) > 5
    assert rows["1+1元"]["initiative"] == "新店" and rows["1+1元"]["value"] == 1
    assert done[2].rows == [] and done[2].removed == 3


def test_a_place_drawn_anew_is_looked_up(corpus_run: Path, corrector: Corrector, tmp_path: Path) -> None:
    data = Data([open_source(corpus_run)])
    for article, rows in data.by_article():
        row = next((r for r in rows if r["evidence"]["place"]["start"] is None and "上海" in article["text"]), None)
        if row is None:
            row = next((r for r in rows if r["place"] and r["evidence"]["place"]["how"] == "stated"), None)
        if row is not None:
            break
    assert row is not None
    at = article["text"].index(row["raw"])
    assert at >= 0
    evidence = row["evidence"]["place"]
    amount = Mark(row["start"], row["end"], row["kind"], row["record_id"])
    without = Annotated(article["id"], article["text"], (amount,), ())
    done = corrector.correct(without, article, [row])
    assert done.rows[0]["place"] is None and done.changed == 1
    moved = dict(row) | {"place": "浙江省", "evidence": row["evidence"] | {"place": {**evidence, "start": 0, "end": 1}}}
    from gongbao.export.annotations import FieldLink

    place = Mark(evidence["start"], evidence["end"], "place")
    done = corrector.correct(
        Annotated(article["id"], article["text"], (amount, place), (FieldLink(0, 1),)), article, [moved]
    )
    assert (done.rows[0]["place"], done.rows[0]["place_code"]) == (row["place"], row["place_code"])


@pytest.mark.parametrize(
    ("tool", "damage", "code"),
    [
        ("label-studio", lambda text: text.replace("3.5亿元", "3.6亿元", 1), "import.offsets"),
        ("label-studio", lambda text: text[:-40], "import.format"),
        ("doccano", lambda text: text.replace('"text"', '"texts"'), "import.format"),
        ("doccano", lambda text: text.replace('"entities"', '"facts"'), "import.format"),
        ("conll", lambda text: text.replace("\n州\t", "\n洲\t", 1), "import.offsets"),
        ("conll", lambda text: text.replace("\t", " "), "import.format"),
        ("spacy", lambda text: "nothing", "import.format"),
    ],
)
def test_what_a_tool_broke(hard_run: Path, tmp_path: Path, tool: str, damage: Callable[[str], str], code: str) -> None:
    path = tmp_path / "x"
    export_to(hard_run, tool, path)
    path.write_text(damage(path.read_text(encoding="utf-8", errors="replace")), encoding="utf-8")
    with pytest.raises(ExportError) as error:
        list(READERS[tool](path))
    assert code_of(error) == code


def test_brat_with_a_changed_text(hard_run: Path, tmp_path: Path) -> None:
    export_to(hard_run, "brat", tmp_path / "x")
    path = tmp_path / "x" / "numbers.txt"
    path.write_text("新" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ExportError) as error:
        list(brat.read(tmp_path / "x"))
    assert code_of(error) == "import.offsets"


def test_an_article_that_the_run_does_not_have(
    hard_run: Path, corpus_run: Path, tmp_path: Path, corrector: Corrector
) -> None:
    export_to(hard_run, "doccano", tmp_path / "x.jsonl")
    with pytest.raises(ExportError) as error:
        correct(corpus_run, doccano.read(tmp_path / "x.jsonl"), corrector)
    assert code_of(error) == "import.article"


def test_records_without_texts_cannot_go_to_an_annotation_tool(hard_run: Path, tmp_path: Path) -> None:
    shutil.copy(hard_run / "records.jsonl", tmp_path / "records.jsonl")
    with pytest.raises(ExportError) as error:
        export_to(tmp_path / "records.jsonl", "doccano", tmp_path / "x.jsonl")
    assert code_of(error) == "export.no_text"
    assert {path.name for path in tmp_path.iterdir()} == {"records.jsonl"}
