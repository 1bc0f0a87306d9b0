"""Data frames: types, exact numbers, the accessor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas
import pytest
from gongbao.canonical import record_id
from gongbao.errors import GongbaoError
from gongbao.frames import display_amount, read_records, to_pandas
from gongbao.record import Evidence, Record
from gongbao.run.runner import Options, run


def record(start: int = 0, **fields: Any) -> Record:
    evidence = {"amount": Evidence(how="stated", rule="money.yuan", start=start, end=start + 3)}
    known: dict[str, Any] = {
        "record_id": record_id("a", start, start + 3, "money"), "article_id": "a", "pub_date": date(2021, 1, 9),
        "place": "广东省/广州市", "place_code": "440100", "initiative": "专利权质押融资", "indicator": "融资额",
        "amount": "54.14亿元", "kind": "money", "value": Decimal(5414000000), "unit": "元", "bound": "=", "year": 2020,
        "start": start, "end": start + 3, "raw": "abc", "sentence": "abc", "sentence_start": 0, "sentence_end": 3,
        "evidence": evidence, "confidence": 0.9, "flags": [],
    }  # fmt: skip
    return Record.model_validate(known | fields)


def test_dtypes() -> None:
    frame = to_pandas(
        [record(), record(5, year=None, place=None, place_code=None, value_max=Decimal("0.1"), kind="count")]
    )
    assert list(frame.columns) == list(Record.model_fields)
    kinds = {name: str(frame[name].dtype) for name in ("value", "value_max", "year", "start", "kind", "confidence")}
    assert kinds == {
        "value": "float64",
        "value_max": "float64",
        "year": "Int64",
        "start": "int64",
        "kind": "category",
        "confidence": "float64",
    }
    assert str(frame["pub_date"].dtype).startswith("datetime64")
    assert frame["place_code"].dtype == "string" and frame.loc[0, "place_code"] == "440100"
    assert frame["year"].isna().tolist() == [False, True] and frame["place"].isna().tolist() == [False, True]
    assert frame.loc[0, "evidence"]["amount"]["rule"] == "money.yuan"


def test_no_records_give_the_same_columns_and_types() -> None:
    empty, one = to_pandas([]), to_pandas([record()])
    assert len(empty) == 0 and list(empty.columns) == list(one.columns)
    assert empty.dtypes.equals(one.dtypes)


def test_frames_of_several_articles_put_together_keep_their_types() -> None:
    parts = [to_pandas([record()]), to_pandas([record(5, kind="count", unit="家", bound=">")]), to_pandas([])]
    both = pandas.concat(parts, ignore_index=True)
    assert both.dtypes.equals(parts[0].dtypes)
    assert both["kind"].tolist() == ["money", "count"]
    assert both.groupby("kind", observed=True).size().to_dict() == {"money": 1, "count": 1}


def test_exact_keeps_decimals() -> None:
    long = Decimal("1234567890123456.7891")
    assert to_pandas([record(value=long)], exact=True)["value"].tolist() == [long]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (5414000000.0, "元", "54.14亿元"), (Decimal("-350000000"), "元", "-3.5亿元"), (35000, "件", "3.5万件"), (9999, "人", "9999人"),
        (0.1, "%", "0.1%"), (100000000, "美元", "1亿美元"), (1e-7, "元", "0.0000001元"), (0, "元", "0元"), (1200.0, "元", "1200元"),
    ],
)  # fmt: skip
def test_amounts_as_people_read_them(value: Any, unit: str, shown: str) -> None:
    assert display_amount(value, unit) == shown


def test_display_shows_ranges_bounds_and_growth() -> None:
    frame = to_pandas([
        record(), record(5, bound="~", value=Decimal(30000), value_max=Decimal(50000), unit="人", kind="count"),
        record(9, kind="growth", value=Decimal(-3), unit="%"),
    ])  # fmt: skip
    shown = frame.gongbao.display()
    assert shown["amount"].tolist() == ["54.14亿元", "约3万–5万人", "-3%"]
    assert list(shown.columns) == ["place", "initiative", "indicator", "amount", "year", "kind", "status"]


def test_pivot_has_a_row_a_place_and_initiative_and_a_column_a_year() -> None:
    frame = to_pandas([
        record(), record(5, year=2019, value=Decimal(1000)), record(9, place=None, place_code=None, year=2019, initiative=None),
        record(13, kind="count", unit="件"), record(17, unit="美元", value=Decimal(5)), record(21, confidence=0.5, value=Decimal(1)),
    ])  # fmt: skip
    table = frame.gongbao.pivot()
    assert list(table.columns) == [2019, 2020]
    row = table.loc[("广东省/广州市", "专利权质押融资", "融资额", "元")]
    assert row.tolist() == [1000.0, 5414000000.0], "of two records the surer one counts"
    assert ("", "", "融资额", "元") in table.index and len(table) == 3
    assert len(frame.gongbao.pivot(kind="percent")) == 0


def test_pivot_leaves_out_what_is_no_level() -> None:
    said = [record(0, value=Decimal(3)), *(record(at, status=name) for at, name in ((4, "planned"), (8, "rule")))]
    assert to_pandas(said).gongbao.pivot()[2020].tolist() == [3.0]


def test_amounts_in_yi_and_wan() -> None:
    frame = to_pandas([record(), record(5, unit="美元"), record(9, kind="count", unit="件")])
    assert frame.gongbao.money().tolist()[0] == 54.14 and frame.gongbao.money().isna().tolist() == [False, True, True]
    assert frame.gongbao.money("万元").tolist()[0] == 541400.0
    with pytest.raises(ValueError, match="亿元"):
        frame.gongbao.money("千元")


def test_a_frame_of_other_things_has_no_accessor() -> None:
    with pytest.raises(AttributeError, match="not a frame of records"):
        pandas.DataFrame({"a": [1]}).gongbao  # noqa: B018


def test_read_records(tmp_path: Any) -> None:
    (tmp_path / "records.jsonl").write_text(record().to_json() + "\n", encoding="utf-8")
    assert read_records(tmp_path / "records.jsonl").equals(to_pandas([record()]))
    assert len(read_records(tmp_path / "records.jsonl", where="year=1900")) == 0


def test_read_records_knows_runs_by_name(tmp_path: Any) -> None:
    (tmp_path / "in.txt").write_text("2020年，绍兴市发放贷款3亿元。\n", encoding="utf-8")
    for value in (3, 4):
        (tmp_path / "in.txt").write_text(f"2020年，绍兴市发放贷款{value}亿元。\n", encoding="utf-8")
        run([tmp_path / "in.txt"], tmp_path / "out", Options(ner=None))
    assert read_records(outputs=tmp_path / "out")["amount"].tolist() == ["4亿元"]
    assert read_records("previous", outputs=tmp_path / "out")["amount"].tolist() == ["3亿元"]
    with pytest.raises(GongbaoError):
        read_records("latest", outputs=tmp_path / "nothing")
