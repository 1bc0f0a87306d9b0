"""The published table: what was accepted and edited, as any export by the name `baseline`, grown by the next run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from gongbao.diff.sources import Places
from gongbao.document import Article, Extraction
from gongbao.errors import ExportError
from gongbao.export.select import Data
from gongbao.export.sources import open_accepted, open_named, open_source
from gongbao.frames import read_records
from gongbao.review.accept import accept, unwritten
from gongbao.review.opening import open_review
from gongbao.review.session import Session

from tests.export.exporting import code_of, export_to, make_record, write_run
from tests.export.test_commands import gongbao

LOANS = Article("1月.txt", "雨城区发放绿色贷款3亿元，扶持茶园120家，另投入5000万元修渠。", title="一月简报")
ROADS = Article("2月.txt", "名山区修路投入2.5亿元。", title="二月简报")


def extractions(*articles: Article) -> list[Extraction]:
    records = {
        LOANS.id: (
            make_record(LOANS, "3亿元", value=300000000, place="四川省/雅安市/雨城区", year=2024, indicator="绿色贷款"),
            make_record(LOANS, "120家", kind="count", unit="家", value=120, indicator="茶园", confidence=0.3),
            make_record(LOANS, "5000万元", value=50000000, initiative="修渠"),
        ),
        ROADS.id: (make_record(ROADS, "2.5亿元", value=250000000, initiative="修路"),),
    }
    return [Extraction(article, article.text, (), records[article.id], {}) for article in articles]


class Desk:
    """An analyst's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.places = Places(root / "outputs", root / "corpus/baseline", root / "corpus/gold", root / "tests/cases")

    def run(self, name: str, *articles: Article) -> None:
        write_run(self.places.outputs, name, extractions(*articles))

    def review(self) -> Session:
        return open_review("baseline", "latest", self.places, reviewer="Li")

    def decide(self, raw: str, verdict: Any, **form: str) -> None:
        session = self.review()
        keys = [change.key for change in session.comparison.changes if change.raw == raw]
        assert session.decide(keys, verdict, "Li", {}, form).written == tuple(keys)
        session.store.close()

    def accept(self) -> None:
        session = self.review()
        accept(session.comparison, session.store.ledger, self.places)
        session.store.close()

    def published(self) -> list[dict[str, Any]]:
        done = gongbao("export", "baseline", "--to", "jsonl", "-o", "-", cwd=self.root)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """One month reviewed: a record accepted, one edited, one rejected."""
    made = Desk(tmp_path)
    made.run("one", LOANS)
    made.decide("3亿元", "accept")
    made.decide("120家", "edit", indicator="受扶持茶园", year="2024")
    made.decide("5000万元", "reject")
    made.accept()
    return made


def test_it_holds_what_was_accepted_as_it_was_edited_and_nothing_else(desk: Desk) -> None:
    assert [(row["raw"], row["indicator"], row["year"]) for row in desk.published()] == [
        ("3亿元", "绿色贷款", 2024), ("120家", "受扶持茶园", 2024),
    ]  # fmt: skip


@pytest.mark.parametrize("to", ["csv", "xlsx", "parquet", "sqlite", "datapackage", "doccano", "brat", "json"])
def test_it_goes_to_every_format(desk: Desk, tmp_path: Path, to: str) -> None:
    assert export_to(desk.places.baseline, to, tmp_path / "t" / f"table-{to}") >= 1


def test_for_excel_in_one_command(desk: Desk) -> None:
    done = gongbao("export", "baseline", "--to", "xlsx", cwd=desk.root)
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(desk.root / "outputs" / "exports" / "baseline.xlsx")
    assert book["记录"].max_row == 3
    done = gongbao("export", "baseline", "--for", "excel", "--columns", "指标,数值", "-o", "-", cwd=desk.root)
    assert list(csv.reader(io.StringIO(done.stdout.decode("utf-8-sig")))) == [
        ["指标", "数值"], ["绿色贷款", "300000000"], ["受扶持茶园", "120"],
    ]  # fmt: skip


def test_the_next_month_adds_to_it(desk: Desk) -> None:
    desk.run("two", LOANS, ROADS)
    session = desk.review()
    settled = {status.key for status in session.statuses() if status.verdict}
    assert [c.raw for c in session.comparison.changes if c.key not in settled] == ["2.5亿元"]
    session.store.close()
    desk.decide("2.5亿元", "accept")
    desk.accept()
    assert [row["raw"] for row in desk.published()] == ["3亿元", "120家", "2.5亿元"]


def test_the_next_month_may_be_read_alone(desk: Desk) -> None:
    desk.run("two", ROADS)
    desk.decide("2.5亿元", "accept")
    desk.accept()
    assert [row["raw"] for row in desk.published()] == ["3亿元", "120家", "2.5亿元"]


def test_decisions_that_are_not_in_it_yet_are_told(desk: Desk) -> None:
    assert unwritten(desk.places) == 0
    desk.run("two", LOANS, ROADS)
    desk.decide("2.5亿元", "accept")
    done = gongbao("export", "baseline", "-o", "-", cwd=desk.root)
    assert "1 decision is not in the baseline yet: gongbao accept" in done.stderr.decode()
    assert "2.5" not in done.stdout.decode()
    desk.accept()
    assert unwritten(desk.places) == 0


def test_beside_a_run_the_baseline_has_the_articles_it_knows(desk: Desk) -> None:
    desk.run("two", LOANS, ROADS)
    names = ("baseline", "latest")
    for order in (names, names[::-1]):
        data = Data([open_named(name, desk.places.outputs, desk.places.baseline) for name in order])
        assert {row["indicator"] or row["initiative"] for row in data.rows()} == {"绿色贷款", "受扶持茶园", "修路"}


def test_what_was_accepted_is_not_to_be_checked_again(desk: Desk) -> None:
    desk.run("two", LOANS, ROADS)
    for names, doubtful in ((["latest"], ["120家"]), (["baseline"], []), (["baseline", "latest"], [])):
        data = Data([open_named(name, desk.places.outputs, desk.places.baseline) for name in names])
        assert [row["raw"] for row in data.doubtful()] == doubtful


def test_from_python_and_as_a_report(desk: Desk) -> None:
    frame = read_records("baseline", baseline=desk.places.baseline)
    assert list(frame.indicator) == ["绿色贷款", "受扶持茶园"]
    done = gongbao("report", "baseline", cwd=desk.root)
    assert done.returncode == 0, done.stderr
    assert "受扶持茶园" in (desk.root / "outputs" / "reports" / "baseline.html").read_text(encoding="utf-8")


def test_without_a_baseline_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as error:
        open_accepted(tmp_path / "baseline")
    assert code_of(error) == "export.missing" and "gongbao accept" in str(error.value.fix)


def test_a_baseline_of_records_alone_goes_to_tables_only(desk: Desk) -> None:
    for text in (desk.places.baseline / "texts").iterdir():
        text.unlink()
    data = Data([open_source(desk.places.baseline)])
    assert len(list(data.rows())) == 2
    with pytest.raises(ExportError) as error:
        list(data.by_article())
    assert code_of(error) == "export.no_text"
