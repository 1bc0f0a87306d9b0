"""The pipeline and its records in other people's hands: other processes, sets, notebooks."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import pickle
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import joblib
import nbformat
import pytest
from gongbao import Pipeline, Record
from gongbao.document import Document
from gongbao.errors import GongbaoError
from gongbao.html import sentence_html
from gongbao.pipeline import Records
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
TEXTS = [
    f"2021年，{city}投入绿道建设资金{n + 2}亿元，同比增长{n + 1}%。"
    for n, city in enumerate(("韶关市", "梅州市", "清远市"))
]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


def lines(results: Any) -> list[str]:
    return [record.to_json() for records in results for record in records]


def shouted(document: Document) -> Document:
    return replace(document, records=tuple(r.model_copy(update={"flags": ["shouted"]}) for r in document.records))


def test_several_processes_give_what_one_gives(pipeline: Pipeline) -> None:
    expected = lines(map(pipeline.extract, TEXTS))
    assert expected
    assert lines(joblib.Parallel(n_jobs=2)(joblib.delayed(pipeline.extract)(text) for text in TEXTS)) == expected
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn) as pool:
        assert lines(pool.map(pipeline.extract, TEXTS)) == expected


def test_what_was_replaced_goes_along(pipeline: Pipeline) -> None:
    link = pipeline.components["link"]
    assert len(pickle.dumps(pipeline)) < 2_000, "names go, no weights"
    again = pickle.loads(pickle.dumps(Pipeline(ner=None).replacing(tables=shouted)))
    assert again.components["tables"] is shouted and again.ner is None
    assert pipeline.components["link"] is link
    once, twice = (pickle.loads(pickle.dumps(pipeline)) for _ in range(2))
    assert once is twice, "loaded once in a process"


def test_rules_of_ones_own_go_by_their_folder_and_must_be_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("same", "changed"):
        words = tmp_path / name / "lexicon" / "activities.txt"
        words.parent.mkdir(parents=True)
        words.write_text("贝壳展\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    sent = {name: pickle.dumps(Pipeline(rules=[name], ner=None)) for name in ("same", "changed")}
    monkeypatch.chdir("/")
    words.write_text("贝壳展\n海螺展\n", encoding="utf-8")
    assert pickle.loads(sent["same"]).extract("2021年，韶关市贝壳展投入3亿元。")
    with pytest.raises(GongbaoError, match="not those that the pipeline was made with") as error:
        pickle.loads(sent["changed"])
    assert error.value.code == "rules.version" and str(tmp_path) in str(error.value.where)


def test_slices_and_sets_of_records(pipeline: Pipeline) -> None:
    records = pipeline.extract(TEXTS[0])
    assert isinstance(records[:1], Records) and isinstance(records[::-1], Records) and isinstance(records[0], Record)
    assert list(records[:1].to_pandas()["amount"]) == ["2亿元"]
    both = records[:1] + records[:1]
    assert isinstance(both, Records) and len(both) == 2
    assert len({*records, *pipeline.extract(TEXTS[0])}) == len(records) == 2
    assert records[0] == pickle.loads(pickle.dumps(records))[0]


class Marks(HTMLParser):
    """The marked words of a page with their labels, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.marked: list[str] = []
        self.tables = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tables += tag == "table"
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "mark" in self.open:
            self.marked[-1] += f"[{data}]" if self.open[-1] == "span" else data


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("2021年，韶关市投入绿道建设资金3亿元。", ["2021年[year]", "韶关市[place]", "3亿元[amount]"]),
        ("2021年，韶關(guān)市投入綠道建設(shè)資金3億(yì)元。", ["2021年[year]", "韶关市[place]", "3亿元[amount]"]),
    ],
    ids=["as it was", "repaired"],
)
def test_a_sentence_has_its_evidence_marked(pipeline: Pipeline, text: str, marks: list[str]) -> None:
    page = Marks()
    page.feed(sentence_html(pipeline.extract(text)[0]))
    assert set(marks) <= set(page.marked) and not page.open


def test_notebooks_show_a_table_and_nothing_that_a_text_says_is_markup(pipeline: Pipeline) -> None:
    records = pipeline.extract("2021年，韶关市<绿道>投入3亿元。")
    for shown in (records._repr_html_(), records[0]._repr_html_()):
        page = Marks()
        page.feed(shown)
        assert page.tables == 1 and "<绿" not in shown and "&lt;" in shown
    assert "60 records, of which 50 are shown" in Records(records[:1] * 60)._repr_html_()


def test_the_notebook_runs() -> None:
    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", 4)
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    shown = [out for cell in notebook.cells for out in cell.get("outputs", ()) if "text/html" in out.get("data", {})]
    assert any("<mark" in out["data"]["text/html"] for out in shown)
