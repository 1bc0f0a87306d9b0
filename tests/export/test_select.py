"""Filters, columns, merging, reviewed records and the wide table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from gongbao.errors import ExportError
from gongbao.export.columns import choose, record_columns
from gongbao.export.formats import Style
from gongbao.export.select import Data, Selection
from gongbao.export.sources import open_source
from gongbao.export.where import compile_where, not_found
from gongbao.record import Evidence, Record

from tests.export.exporting import code_of, export_to, hard_extractions, records_of, write_run

Row = dict[str, Any]
ROW: Row = dict.fromkeys(column.name for column in record_columns()) | {
    "place": "广东省/广州市", "place_code": "440100", "kind": "money", "value": 5414000000, "value_max": None, "unit": "元",
    "bound": ">", "year": 2020, "pub_date": "2021-01-09", "confidence": 0.82, "flags": ["place_guessed"],
    "initiative": "知识产权 (试点), “示范”", "title": None, "raw": "and", "start": 3,
    "evidence": {"place": {"how": "heading", "rule": "outline.heading"}}, "status": "planned", "article_id": "a/1.txt",
}  # fmt: skip

TRUE = [
    "kind=money", "kind = money and year>=2019 and place^=广东省", "place ^= 广东省/", "place~广州", "类别=money 	and 年份=2020",
    "kind=count or year=2020", "kind=count or kind=growth or year=2020 and not bound=~", "not kind=count",
    "not (kind=count or year<2020)", "not not kind=money", "kind in [count, money]", "kind not in [count,percent]",
    "year in [2019,2020]", "value=5414000000.0", "value>=5.414e9", "value_max=null", "value_max = NULL", "value_max!=3",
    "title=null and place!=null", "place_code=440100", "pub_date>=2021-01-01 and pub_date<2022-01-01", "bound=>", 'bound=">"',
    "bound in [>, <]", "flags=place_guessed", "flags~guessed", "confidence>0.8", "confidence>=0.82",
    'initiative~"(试点), “示"', "initiative~'(试点)'", 'raw="and"', "kind=money AND year=2020", "evidence=place", "unit!=件",
    "year≥2020", "year ≤ 2020 and year≠2019", "year==2020", "（年份＝2020） and value＞1", "place in [北京市，广东省/广州市]",
    "value>54亿", "value=54.14亿 and value<5414001万", "value < 1万亿", "类别=金额", "kind in [计数，金额]", "flags!=null",
    "place=广州市", "place in [深圳市, 广州市]", "界限=超过", "状态=计划 且 （类别=计数 或 年份=2020）", "非 状态=实际", "标题=空",
    "flag=place_guessed", '提示="地点为推断，原文没有直接写明"', "rule=outline.heading", "规则~outline", "article=a/1.txt", "文章~1",
]  # fmt: skip
FALSE = [
    "kind=count", "kind!=money", "year>2020", "year<2020", "place^=广州", "place~深圳", "value_max>0", "value_max<0",
    "title^=a", "title~a", "title=a", "kind=money and year=2019", "not kind=money or year=2019", "place=null", "place=州市", "place!=广州市",
    "bound in [=, ~]", "not (kind=money and (year=2020))", "confidence>0.82", "pub_date=2020-01-09", "kind not in [money]",
    "year≥2021", "place in [北京市，深圳市]", "rule=place.name", "value>55亿", "kind=计数", "flags=null", 'initiative~"（试点）"',
]  # fmt: skip


@pytest.mark.parametrize("text", TRUE)
def test_filters_that_hold(text: str) -> None:
    assert compile_where(text)(ROW)


@pytest.mark.parametrize("text", FALSE)
def test_filters_that_do_not(text: str) -> None:
    assert not compile_where(text)(ROW)


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 1, "empty"),
        ("   ", 4, "empty"),
        ("kind=", 6, "expected a value"),
        ("kind money", 6, "expected ="),
        ("kind=mony", 6, "one of money"),
        ("year>x", 6, "is a number"),
        ("pub_date>2020", 10, "is a date"),
        ("(year=2020", 11, "expected ')'"),
        ("year=2020)", 10, "expected 'and'"),
        ("year=2020 kind=money", 11, "expected 'and'"),
        ('place="广东', 7, "not closed"),
        ("year~20", 5, "is no text"),
        ("kind in money", 9, "expected '['"),
        ("kind in [money", 15, "expected ']'"),
        ("kind=money and", 15, "expected a column"),
        ("and kind=money", 1, "expected a column"),
        ("flags>damaged", 7, "cannot be compared"),
        ("kind!money", 5, "cannot read '!'"),
        ("year>null", 6, "cannot be compared"),
        ("value>NaN", 7, "is a number"),
        ("value>=亿", 8, "is a number"),
        ("value>1亿2", 7, "is a number"),
        ("kind=资金", 6, "one of money"),
        ("flags=guessed", 7, "one of damaged"),
        ("状态=计化", 4, "one of actual"),
        ("year≥", 6, "expected a value"),
        ("(" * 100_000 + "year=2020" + ")" * 100_000, 101, "100 brackets"),
        ("not (" * 5_000 + "year=2020" + ")" * 5_000, 505, "100 brackets"),
    ],
)
def test_filters_that_do_not_parse_say_where(text: str, position: int, said: str) -> None:
    with pytest.raises(ExportError) as error:
        compile_where(text)
    assert code_of(error) == "export.where"
    assert f"position {position}:" in (error.value.where or "") and said in error.value.message


def test_as_many_brackets_as_anybody_needs() -> None:
    assert compile_where("(" * 100 + "year=2020" + ")" * 100)(ROW) == compile_where("year=2020")(ROW)
    assert compile_where(" or ".join(["(kind=money)"] * 5_000))(ROW) == compile_where("kind=money")(ROW)


@pytest.mark.parametrize(
    ("text", "near"),
    [("plase=a", "place"), ("地方=a", "地点"), ("kind=mony", "money"), ("flags=place_gessed", "place_guessed")],
)
def test_a_slip_names_the_nearest(text: str, near: str) -> None:
    with pytest.raises(ExportError) as error:
        compile_where(text)
    assert f"Did you mean {near}" in (error.value.fix or "")


@pytest.mark.parametrize(
    ("text", "wanted", "near"),
    [
        ("place=广洲市", "广洲市", ("广东省/广州市",)),
        ("place=广东省", "广东省", ("广东省/广州市",)),
        ("year=2031 and place=广州市", "2031", ("2020",)),
        ("initiative in [新店]", "新店", ("新店贷款",)),
        ("rule=place.nowhere", "place.nowhere", ("place.test",)),
    ],
)
def test_what_a_filter_names_and_no_record_has_is_told(
    hard_run: Path, text: str, wanted: str, near: tuple[str, ...]
) -> None:
    ((_, found, there),) = not_found(text, open_source(hard_run).rows())
    assert found == wanted and set(near) <= set(there)


@pytest.mark.parametrize("text", ["place=广州市", "year=2020", "place~深圳", "year!=2031", "kind=count and year=2020"])
def test_what_is_there_or_not_named_is_not_missed(hard_run: Path, text: str) -> None:
    assert not_found(text, open_source(hard_run).rows()) == []


def test_a_column_is_chosen_by_each_of_its_names() -> None:
    assert [column.name for column in choose(record_columns(), ["地点", "span_end", "start"])] == [
        "place",
        "end",
        "start",
    ]


def test_an_unknown_column_names_the_nearest() -> None:
    for ask in (lambda: compile_where("plase=a"), lambda: choose(record_columns(), ["plase"])):
        with pytest.raises(ExportError) as error:
            ask()
        assert error.value.code == "export.column" and "Did you mean place?" in (error.value.fix or "")


def test_wide_brackets_in_quotes_are_text() -> None:
    row = {**ROW, "initiative": "农村改革（试点），一期"}
    assert compile_where('initiative="农村改革（试点），一期"')(row)
    assert not compile_where('initiative="农村改革(试点),一期"')(row)


def test_no_flags_is_null() -> None:
    assert compile_where("flags=null")({**ROW, "flags": []})


@pytest.mark.parametrize("text", ["status=planned", "状态=计划", "status in [planned, rule]", "status!=actual"])
def test_plans_are_told_from_what_is_so(text: str) -> None:
    test = compile_where(text)
    assert test({**ROW, "status": "planned"}) and not test({**ROW, "status": "actual"})


def test_numbers_are_compared_exactly() -> None:
    long = Decimal("1234567890123456.7891")
    assert compile_where("value=1234567890123456.7891")({**ROW, "value": long})
    assert not compile_where("value=1234567890123456.7892")({**ROW, "value": long})
    assert compile_where("value=0.1")({**ROW, "value": 0.1})


def test_columns_keep_the_order_asked_for(hard_run: Path, tmp_path: Path) -> None:
    export_to(hard_run, "csv", tmp_path / "a.csv", columns=("value", "地点", "kind"), where="kind=count")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "value,place,kind\n30000,,count\n"


@pytest.mark.parametrize("to", ["csv", "xlsx", "parquet", "jsonl", "sqlite", "datapackage"])
@pytest.mark.parametrize(
    "selection", [{"columns": ("place", "value")}, {"wide": True}, {"where": "year=1900"}, {"min_confidence": 0.8}]
)
def test_every_table_takes_every_option(hard_run: Path, tmp_path: Path, to: str, selection: dict[str, Any]) -> None:
    expected = {"columns": 6, "wide": 4, "where": 0, "min_confidence": 5}[next(iter(selection))]
    assert export_to(hard_run, to, tmp_path / "x", **selection) == expected
    assert (tmp_path / "x").exists()


def test_of_two_runs_the_newer_has_the_article(tmp_path: Path) -> None:
    first, empty, numbers = hard_extractions()
    new = replace(first, records=(first.records[0].model_copy(update={"value": Decimal(9)}),))
    older = write_run(tmp_path, "a", [first, empty], started="2026-01-01T00:00:00+00:00")
    newer = write_run(tmp_path, "b", [new, numbers], started="2026-01-02T00:00:00+00:00")
    for order in ((older, newer), (newer, older)):
        rows = list(Data([open_source(folder) for folder in order]).rows())
        assert [row["value"] for row in rows if row["article_id"] == first.article.id] == [9]
        assert len(rows) == 4
        assert {article["id"] for article, _ in Data([open_source(f) for f in order]).by_article()} == {
            first.article.id, "no records", "numbers",
        }  # fmt: skip


def test_of_runs_of_one_folder_the_one_finished_last_is_newer_whatever_clocks_said(tmp_path: Path) -> None:
    first, _, _ = hard_extractions()
    for number, (name, value, day) in enumerate((("a", 1, 2), ("b", 9, 1)), 1):
        records = (first.records[0].model_copy(update={"value": Decimal(value)}),)
        folder = write_run(tmp_path, name, [replace(first, records=records)], started=f"2026-01-0{day}T00:00:00")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        (folder / "manifest.json").write_text(json.dumps(manifest | {"sequence": number}), encoding="utf-8")
    sources = [open_source(tmp_path / "runs" / name) for name in ("b", "a")]
    assert [row["value"] for row in Data(sources).rows()] == [9]


def test_records_files_merge_too(hard_run: Path, corpus_run: Path) -> None:
    sources = [open_source(hard_run / "records.jsonl"), open_source(corpus_run)]
    assert len(list(Data(sources).rows())) == len(records_of(hard_run)) + len(records_of(corpus_run))


def test_wide_shows_the_surest_record_and_names_conflicts(tmp_path: Path) -> None:
    first = hard_extractions()[0]
    sure = first.records[0].model_copy(update={"record_id": "0" * 16, "value": Decimal(8), "confidence": 0.95})
    folder = write_run(tmp_path, "a", [replace(first, records=(*first.records, sure))])
    table = Data([open_source(folder)], Selection(wide=True)).table()
    row = next(row for row in table.rows if row["place_code"] == "440100")
    assert row["贷款（元）"] == 8 and row["records"] == 2 and row["conflicts"] == ["贷款（元）"]
    assert row["客流 增长（%）"] is None


def test_wide_holds_what_is_so_and_what_is_planned_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    first = hard_extractions()[0]
    said = ("actual", "planned", "previous")
    records = tuple(record.model_copy(update={"status": s}) for record, s in zip(first.records, said, strict=True))
    data = Data([open_source(write_run(tmp_path, "a", [replace(first, records=records)]))], Selection(wide=True))
    table = data.table()
    assert [(row["place"], row["贷款（元）"], row["客流 增长 计划（%）"]) for row in table.rows] == [
        (None, None, -3), ("广东省/广州市", 350000000, None),
    ]  # fmt: skip
    assert data.left_out == {"previous": 1} == data.facts()["left_out"]


YEAR = Evidence(how="stated", rule="t")
SAID: list[tuple[int, str | None, str | None, str, float]] = [  # value, start, end, how the year was read, confidence
    (10, "2020-01-01", "2020-06-30", "stated", 0.9),
    (20, "2020-01-01", "2020-12-31", "stated", 0.5),
    (20, "2020-01-01", "2020-12-31", "stated", 0.4),
    (30, "2020-12-31", "2020-12-31", "stated", 0.95),
    (40, "2020-01-01", "2020-12-31", "published", 0.99),
    (50, None, None, "stated", 0.99),
]


@pytest.mark.parametrize(
    ("which", "shown", "left_out"),
    [
        ((0, 1), 20, {"other_period": 1}),  # of half a year and the year the newer
        ((1, 0), 20, {"other_period": 1}),
        ((3, 1), 20, {"other_period": 1}),  # of two that end together the longer
        ((4, 0), 10, {"other_period": 1}),  # what the text states, not what the publication lets guess
        ((0, 5), 10, {"other_period": 1}),
        ((1, 2), 20, {"repeated": 1}),
        ((0, 1, 2, 3, 4, 5), 20, {"other_period": 4, "repeated": 1}),
    ],
)
def test_of_several_periods_the_newest_stated_one_is_shown(
    tmp_path: Path, which: tuple[int, ...], shown: int, left_out: dict[str, int]
) -> None:
    first = hard_extractions()[0]
    loan = first.records[0]
    records = []
    for number in which:
        value, start, end, how, confidence = SAID[number]
        evidence = {**loan.evidence, "year": replace(YEAR, how=how)}  # type: ignore[arg-type]
        fields = {"value": value, "period_start": start, "period_end": end, "confidence": confidence}
        records.append(
            Record.model_validate({**dict(loan), **fields, "evidence": evidence, "record_id": f"{number:016}"})
        )
    folder = write_run(tmp_path, "a", [replace(first, records=tuple(records))])
    data = Data([open_source(folder)], Selection(wide=True))
    assert [(row["贷款（元）"], row["conflicts"]) for row in data.table().rows] == [(shown, [])]
    assert data.left_out == left_out


def test_people_read_the_wide_table_in_yi_and_wan(tmp_path: Path) -> None:
    first = hard_extractions()[0]
    loan = first.records[0]
    small = loan.model_copy(update={"indicator": "补贴", "value": Decimal(12000), "record_id": "0" * 16})
    folder = write_run(tmp_path, "a", [replace(first, records=(loan, small))])
    export_to(folder, "csv", tmp_path / "people.csv", Style("excel"), wide=True)
    with (tmp_path / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert list(row)[:5] == ["地点", "年份", "事项", "最低可信度", "数值不一"]
    assert (row["贷款（亿元）"], row["补贴（万元）"]) == ("3.5", "1.2")
    export_to(folder, "csv", tmp_path / "data.csv", wide=True)
    with (tmp_path / "data.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["贷款（元）"], row["补贴（元）"]) == ("350000000", "12000")


def test_records_of_schema_1_are_read_without_status(hard_run: Path, tmp_path: Path) -> None:
    old = [json.loads(line) for line in (hard_run / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in old:
        del row["status"], row["field_confidence"], row["alternatives"]
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in old), encoding="utf-8")
    source = open_source(tmp_path / "records.jsonl")
    assert {(row["status"], *row["field_confidence"], *row["alternatives"]) for row in source.rows()} == {(None,)}
    assert len(list(Data([source], Selection(where="status=null")).rows())) == 6
    for to in ("csv", "xlsx", "parquet", "sqlite", "jsonl"):
        assert export_to(tmp_path / "records.jsonl", to, tmp_path / to) == 6


@pytest.mark.parametrize(
    ("line", "said"),
    [("{", "not JSON"), ("[]", "not a JSON object"), ('{"a": 1}', "no record"), (None, "no record: value")],
)
def test_a_damaged_record_is_named_by_its_line(hard_run: Path, tmp_path: Path, line: str | None, said: str) -> None:
    rows = (hard_run / "records.jsonl").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "records.jsonl"
    path.write_text(f"{rows[0]}\n{line or json.dumps({**json.loads(rows[1]), 'value': 'much'})}\n", encoding="utf-8")
    with pytest.raises(ExportError) as error:
        export_to(path, "csv", tmp_path / "a.csv")
    assert code_of(error) == "export.broken"
    assert said in error.value.message and str(error.value.where).endswith("records.jsonl:2")
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "export.manifest"),
        (lambda folder: (folder / "records.jsonl").unlink(), "export.missing"),
        (lambda folder: (folder / "manifest.json").write_text('{"schema_version": "99.0"}'), "export.schema"),
    ],
)
def test_folders_that_are_no_finished_run(tmp_path: Path, break_it: Callable[[Path], Any], code: str) -> None:
    folder = write_run(tmp_path, "a", hard_extractions())
    break_it(folder)
    with pytest.raises(ExportError) as error:
        open_source(folder)
    assert code_of(error) == code


@pytest.mark.shared
def test_the_corpus_of_filters_on_real_records(annotated_run: Path) -> None:
    truth = records_of(annotated_run)
    data = Data([open_source(annotated_run)], Selection(where="kind=money and year>=2019 and place^=江苏省"))
    expected = [
        r
        for r in truth
        if r["kind"] == "money" and (r["year"] or 0) >= 2019 and (r["place"] or "").startswith("江苏省")
    ]
    assert [row["record_id"] for row in data.rows()] == [row["record_id"] for row in expected]
    assert expected


def test_reviewed_records_need_the_articles(hard_run: Path) -> None:
    with pytest.raises(ExportError) as error:
        Data([open_source(hard_run / "records.jsonl")], Selection(reviewed=lambda article, rows: rows))
    assert code_of(error) == "export.no_text"
