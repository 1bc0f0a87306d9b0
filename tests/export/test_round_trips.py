"""Every table export, read back by the tool it is for, gives the same records."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sqlite3
import subprocess
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from gongbao.export.columns import record_columns
from gongbao.export.formats import Style
from gongbao.export.select import Data
from gongbao.export.sources import open_source
from gongbao.export.titles import WORDS
from gongbao.export.writing import export, target_of
from gongbao.formulas import unguard

from tests.export.exporting import code_of, export_to, records_of, soffice

Row = dict[str, Any]
MONEY = ("金额(亿元)", "金额(万元)")


def codes(name: str, words: list[str], excel: bool = True) -> list[str]:
    """The codes that stand behind the words of a cell for people."""
    back = {word: code for code, word in WORDS.get(name, {}).items()} if excel else {}
    return [back.get(word, word) for word in words]


def from_cells(cells: Row, *, excel: bool = False) -> Row:
    """A record out of its cells as text."""
    row: Row = {}
    for column in record_columns():
        text = cells[column.title if excel else column.name]
        match column.type:
            case "integer":
                row[column.name] = int(text) if text else None
            case "decimal":
                row[column.name] = Decimal(text) if text else None
            case "number":
                row[column.name] = float(text)
            case "list":
                row[column.name] = codes(column.name, text.split("；" if excel else ";"), excel) if text else []
            case "object":
                row[column.name] = json.loads(text) if text else None
            case _ if column.choices:
                row[column.name] = codes(column.name, [text], excel)[0]
            case _ if excel and column.name == "place_code":
                row[column.name] = re.fullmatch(r'="(\d{6})"', text)[1] if text else None  # type: ignore[index]
            case _:
                row[column.name] = unguard(text, numbers=excel) if text or not column.nullable else None
    return row


def test_jsonl_is_the_master_copy_byte_for_byte(any_run: Path, tmp_path: Path) -> None:
    export_to(any_run, "jsonl", tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (any_run / "records.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("style", "encoding"),
    [
        (Style(), "utf-8"),
        (Style("excel"), "utf-8-sig"),
        (Style("data", "gb18030"), "gb18030"),
        (Style("excel", "gb18030"), "gb18030"),
    ],
)
def test_csv(any_run: Path, tmp_path: Path, style: Style, encoding: str) -> None:
    path = tmp_path / "a.csv"
    export_to(any_run, "csv", path, style)
    with path.open(encoding=encoding, newline="") as file:
        rows = [from_cells(cells, excel=style.audience == "excel") for cells in csv.DictReader(file)]
    assert rows == records_of(any_run)


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.jsonl.gz", "a.json.gz", "a.csv.gz", "a.tsv", "a.TSV.GZ"])
def test_each_ending_means_what_pandas_takes_it_for(hard_run: Path, tmp_path: Path, name: str) -> None:
    import pandas

    path = tmp_path / name
    data = Data([open_source(hard_run)])
    assert export(data, target_of(None, str(path), lambda format: path)).rows == 6
    if "json" in name:
        text = gzip.decompress(path.read_bytes()).decode() if name.endswith(".gz") else path.read_text("utf-8")
        rows = json.loads(text) if ".json." in f"{name}." else list(map(json.loads, text.splitlines()))
        frame = pandas.DataFrame(rows)
    else:
        packing = "gzip" if name.lower().endswith("gz") else None
        frame = pandas.read_csv(path, sep="\t" if "tsv" in name.lower() else ",", compression=packing)
    assert [unguard(text) for text in frame["raw"]] == [row["raw"] for row in records_of(hard_run)]


def test_csv_for_excel_has_a_byte_order_mark_and_chinese_headers(hard_run: Path, tmp_path: Path) -> None:
    export_to(hard_run, "csv", tmp_path / "a.csv", Style("excel"))
    assert (tmp_path / "a.csv").read_bytes().startswith("\ufeff地点,年份,事项,指标,数值,单位,".encode())


@pytest.mark.parametrize("audience", ["data", "excel"])
def test_no_cell_of_a_csv_is_a_formula(hard_run: Path, tmp_path: Path, audience: Any) -> None:
    export_to(hard_run, "csv", tmp_path / "a.csv", Style(audience))
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    columns = {name: c for c in record_columns() for name in (c.name, c.title)}
    numbers = {i for i, n in enumerate(rows[0]) if n in MONEY or columns[n].type in ("integer", "decimal", "number")}
    for row in rows:
        for at, cell in enumerate(row):
            own = cell == "=" or re.fullmatch(r'="\d{6}"', cell)  # a bound, a code as text
            assert cell[:1] not in tuple("=+-@\t\r") or own or at in numbers, cell
    assert any("'=SUM(A1:A9)" in row for row in rows)


def test_pandas_reads_the_csv(corpus_run: Path, tmp_path: Path) -> None:
    import pandas

    export_to(corpus_run, "csv", tmp_path / "a.csv")
    frame = pandas.read_csv(tmp_path / "a.csv", dtype={"place_code": str, "year": "Int64"})
    truth = records_of(corpus_run)
    assert frame["value"].tolist() == [float(row["value"]) for row in truth]
    assert frame["start"].tolist() == [row["start"] for row in truth]
    assert frame["place_code"].fillna("").tolist() == [row["place_code"] or "" for row in truth]


def test_duckdb_reads_parquet(any_run: Path, tmp_path: Path) -> None:
    import duckdb

    export_to(any_run, "parquet", tmp_path / "a.parquet")
    found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "a.parquet")])
    assert found.description is not None
    names = [{"span_start": "start", "span_end": "end"}.get(column[0], column[0]) for column in found.description]
    rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    for row in rows:
        for name, value in row.items():
            row[name] = value.isoformat() if isinstance(value, date) else value
        for name in ("evidence", "alternatives"):  # a struct has all its fields, empty ones too
            row[name] = {field: part for field, part in row[name].items() if part is not None}
        row["extra"] = json.loads(row["extra"]) if row["extra"] else None
    truth = records_of(any_run)
    for other in (item for row in truth for found in row["alternatives"].values() for item in found):
        other["value"] = None if other["value"] is None else str(other["value"])  # a column has one type
    assert rows == truth


def test_parquet_is_typed_and_says_what_it_is(corpus_run: Path, tmp_path: Path) -> None:
    import pandas
    import pyarrow.parquet as pq
    import pyarrow.types as types

    export_to(corpus_run, "parquet", tmp_path / "a.parquet")
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert types.is_decimal(schema.field("value").type)
    assert types.is_date32(schema.field("pub_date").type)
    known = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    assert known["gongbao.run_id"] == corpus_run.name
    assert json.loads(known["gongbao.schema"])["properties"]["value"]["title"] == "数值"
    assert json.loads(known["gongbao.runs"])[0]["versions"]["rules"]
    assert schema.field("place").metadata[b"title"].decode() == "地点"
    frame = pandas.read_parquet(tmp_path / "a.parquet")
    assert [Decimal(v) for v in frame["value"]] == [row["value"] for row in records_of(corpus_run)]


def test_sqlite(any_run: Path, tmp_path: Path) -> None:
    export_to(any_run, "sqlite", tmp_path / "a.db")
    assert sqlite_records(tmp_path / "a.db") == records_of(any_run)


def sqlite_records(path: Path) -> list[Row]:
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        evidence: dict[str, Row] = {}
        for item in db.execute("SELECT * FROM evidence ORDER BY rowid"):
            part = {"how": item["how"], "rule": item["rule"], "start": item["span_start"], "end": item["span_end"]}
            evidence.setdefault(item["record_id"], {})[item["field"]] = part
        rows = []
        for item in db.execute("SELECT * FROM records_old_names ORDER BY seq"):
            row = {key: item[key] for key in item.keys() if key not in ("run_id", "seq", "exact")}  # noqa: SIM118
            row |= {name: json.loads(row[name]) for name in ("field_confidence", "alternatives", "flags")}
            row["extra"] = json.loads(row["extra"]) if row["extra"] else None
            row["evidence"] = evidence[row["record_id"]]
            exact = json.loads(item["exact"] or "{}")
            for name in ("value", "value_max"):
                text = exact.get(name, None if row[name] is None else repr(row[name]))
                row[name] = None if text is None else Decimal(text)
            rows.append(row)
    return rows


def test_frictionless_finds_the_data_package_valid(any_run: Path, tmp_path: Path) -> None:
    import frictionless

    export_to(any_run, "datapackage", tmp_path / "package")
    report = frictionless.validate(str(tmp_path / "package" / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:3]
    described = json.loads((tmp_path / "package" / "datapackage.json").read_text())["resources"][0]
    assert described["schema"]["primaryKey"] == ["record_id"]
    place = next(field for field in described["schema"]["fields"] if field["name"] == "place")
    assert (
        place["title"] == "地点" and "Path from the province" in place["description"] and "全称" in place["description"]
    )
    with (tmp_path / "package" / "records.csv").open(encoding="utf-8", newline="") as file:
        assert [from_cells(cells) for cells in csv.DictReader(file)] == records_of(any_run)


def test_a_changed_data_package_is_found_out(hard_run: Path, tmp_path: Path) -> None:
    import frictionless

    export_to(hard_run, "datapackage", tmp_path / "package")
    path = tmp_path / "package" / "records.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("350000000", "450000000"), encoding="utf-8")
    assert not frictionless.validate(str(tmp_path / "package" / "datapackage.json")).valid


@pytest.mark.libreoffice
def test_libreoffice_shows_the_workbook_cell_by_cell(any_run: Path, tmp_path: Path) -> None:
    office = soffice()
    export_to(any_run, "xlsx", tmp_path / "a.xlsx")
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    arguments = [office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", every_sheet]
    subprocess.run(
        [*arguments, "--outdir", tmp_path, tmp_path / "a.xlsx"], check=True, capture_output=True, timeout=600
    )
    sheets = {path.stem.partition("-")[2]: path for path in tmp_path.glob("a-*.csv")}
    assert set(sheets) == {"记录", "待核对", "汇总", "说明"}
    truth = records_of(any_run)
    rows = _sheet(sheets["记录"])
    assert len(rows) == len(truth)
    for cells, record in zip(rows, truth, strict=True):
        _compare(cells, record)
    doubtful = [record for record in truth if record["confidence"] < 0.6]
    assert [cells["记录号"] for cells in _sheet(sheets["待核对"])] == [record["record_id"] for record in doubtful]
    assert sum(int(cells["记录数"]) for cells in _sheet(sheets["汇总"])) == len(truth)
    notes = sheets["说明"].read_text(encoding="utf-8")
    assert any_run.name in notes and all(column.title in notes for column in record_columns())


def _sheet(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _compare(cells: dict[str, str], record: Row) -> None:
    for column in record_columns():
        shown, value = cells[column.title], record[column.name]
        if value is None:
            assert shown == "", (column.name, shown)
        elif column.type == "decimal":
            assert Decimal(shown) == value, (column.name, shown, value)
        elif column.type in ("integer", "number"):
            assert float(shown) == pytest.approx(value), (column.name, shown)
        elif column.type == "date":
            assert shown == value
        elif column.name in WORDS:
            assert codes(column.name, shown.split("；") if shown else []) == (
                value if column.type == "list" else [value]
            )
        elif column.type == "object":
            assert json.loads(shown) == value
        else:
            assert shown == value, (column.name, shown, value)
    yuan = record["kind"] == "money" and record["unit"] == "元"
    for name, size in zip(MONEY, (10**8, 10**4), strict=True):
        assert (shown := cells[name]) == "" if not yuan else Decimal(shown := cells[name]) == record["value"] / size, (
            shown
        )


def test_codes_are_text_and_numbers_numbers_in_the_workbook(corpus_run: Path, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    export_to(corpus_run, "xlsx", tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx")["记录"]
    head = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref
    for row in range(2, sheet.max_row + 1):
        assert isinstance(sheet.cell(row, head["行政区划代码"]).value, str | None)
        assert isinstance(sheet.cell(row, head["数值"]).value, int | float)
        assert isinstance(sheet.cell(row, head["发布日期"]).value, datetime | None)


def test_where_when_what_and_how_much_stand_on_the_first_screen(hard_run: Path, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    export_to(hard_run, "xlsx", tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx")["记录"]
    first = [cell.value for cell in sheet[1]][:10]
    assert first == ["地点", "年份", "事项", "指标", "数值", "单位", "金额(亿元)", "金额(万元)", "数量原文", "状态"]
    assert sum(sheet.column_dimensions[chr(65 + at)].width for at in range(10)) < 170  # of 1366 pixels, about 190


@pytest.mark.libreoffice
def test_codes_of_the_csv_for_excel_are_text(hard_run: Path, tmp_path: Path) -> None:
    office = soffice()
    export_to(hard_run, "csv", tmp_path / "a.csv", Style("excel"))
    where = ["--headless", "--infilter=CSV:44,34,76,1", "--convert-to", "xlsx", "--outdir", tmp_path]
    command = [office, f"-env:UserInstallation=file://{tmp_path}/office", *where, tmp_path / "a.csv"]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    from openpyxl import load_workbook

    sheet = load_workbook(tmp_path / "a.xlsx", data_only=True).active
    assert sheet is not None
    at = [cell.value for cell in sheet[1]].index("行政区划代码")
    assert {row[at].value for row in sheet.iter_rows(min_row=2)} - {None} == {"440100", "000000"}


@pytest.mark.parametrize(
    "to", ["csv", "xlsx", "parquet", "jsonl", "sqlite", "label-studio", "doccano", "conll", "spacy"]
)
def test_the_same_records_give_the_same_bytes(hard_run: Path, tmp_path: Path, to: str) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        export_to(hard_run, to, tmp_path / name / "x")
    assert (tmp_path / "a" / "x").read_bytes() == (tmp_path / "b" / "x").read_bytes()


def test_a_sheet_with_too_many_columns(hard_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gongbao.errors import ExportError

    monkeypatch.setattr("gongbao.export.workbook.MAX_COLUMNS", 3)
    with pytest.raises(ExportError) as error:
        export_to(hard_run, "xlsx", tmp_path / "a.xlsx")
    assert code_of(error) == "export.too_many"
    assert list(tmp_path.iterdir()) == []
