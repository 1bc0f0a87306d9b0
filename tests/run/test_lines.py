"""What a record is in the files of a run: the same as its canonical forms, written faster."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from gongbao.canonical import dump_json
from gongbao.document import Article, Extraction
from gongbao.formulas import unguard
from gongbao.record import Alternative, Evidence, Record
from gongbao.run.lines import to_lines
from hypothesis import given
from hypothesis import strategies as st

FULL = Record(
    record_id="0123456789abcdef",
    article_id="a.txt",
    title="标题",
    pub_date=date(2021, 3, 5),
    amount="12亿元",
    kind="money",
    value=Decimal("1200000000"),
    unit="元",
    bound="=",
    status="planned",
    start=3,
    end=7,
    raw="12億元",
    sentence="投资12亿元。",
    sentence_start=1,
    sentence_end=8,
    evidence={
        "amount": Evidence("stated", "money.yuan", 3, 7),
        "place": Evidence("default", "place.none"),
    },
    confidence=0.5,
    field_confidence={"place": 0.0, "year": 0.97, "status": 1.0},
    alternatives={
        "place": (Alternative("广东省/广州市", 0.31, 0, 2), Alternative(None, 0.04)),
        "year": (Alternative(2020, 0.03, 5, 6),),
    },
    flags=["no_place", "no_year"],
)
AWKWARD = ['"', "\\", "\x1b[0m", "\u2028", "😀", "\ud800", 'a,"b"\nc', "", "\x00", "\x7f"]


def lines_of(record: Record) -> tuple[str, dict[str, str]]:
    """A record's line, and its row by column."""
    extraction = Extraction(Article("a.txt", "."), ".", (), (record,), {})
    line, row, *_ = to_lines([(extraction, 0.0)]).sections
    (cells,) = csv.reader(io.StringIO(row.decode(), newline=""))
    return line.decode(), dict(zip(Record.model_fields, cells, strict=True))


def check(record: Record) -> None:
    line, row = lines_of(record)
    assert line == record.to_json() + "\n"
    said = record.to_dict()
    for name in ("evidence", "field_confidence", "alternatives"):
        assert row[name] == dump_json(said.pop(name))
    assert row["flags"] == ";".join(said.pop("flags"))
    for name, value in said.items():
        written = "" if value is None else str(value)
        cell = row[name] if name == "bound" else unguard(row[name])
        assert cell == written.encode("utf-8", "backslashreplace").decode(), name


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_characters(text: str) -> None:
    check(FULL.model_copy(update={"title": text, "initiative": text, "sentence": text}))


@pytest.mark.parametrize(
    "text", ["=1+1", "+8613800000000", "-5", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "''-", '=HYPERLINK("x")']
)
def test_no_cell_is_run_as_a_formula(text: str) -> None:
    record = FULL.model_copy(update=dict.fromkeys(("article_id", "title", "initiative", "raw", "sentence"), text))
    check(record)
    _, row = lines_of(record)
    assert {row[name] for name in ("article_id", "title", "initiative", "raw", "sentence")} == {f"'{text}"}
    assert row["bound"] == "=", "what a formula needs is not there"


@pytest.mark.parametrize(
    "value", ["0", "12", "0.1", "33.33", "-4.5", "1E+3", "12345678901234567890.5", "0.30000000000000000001", "1E-7"]
)
def test_numbers_are_exact(value: str) -> None:
    check(FULL.model_copy(update={"value": Decimal(value), "value_max": Decimal(value)}))


@given(
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.floats(0, 1),
    st.none() | st.dates(),
    st.none() | st.integers(1949, 2100),
)
def test_any_record(text: str, value: Decimal, confidence: float, day: date | None, year: int | None) -> None:
    fields = {"raw": text, "value": value, "confidence": confidence, "period_start": day, "year": year}
    check(FULL.model_copy(update=fields))
