"""The numbers and words of the report, and the page as text."""

from __future__ import annotations

import errno
import html
import json
import re
from collections import Counter
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any, get_args

import pytest
from gongbao.errors import ExportError
from gongbao.export.rows import is_doubtful
from gongbao.export.select import Data, Selection
from gongbao.export.sources import open_source
from gongbao.export.titles import FLAG_TITLES, KIND_TITLES
from gongbao.record import Kind
from gongbao.report.charts import charts
from gongbao.report.content import Units, embedded
from gongbao.report.figures import by_place_and_year, figures, ranked
from gongbao.report.words import money
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5414000000", "54.14亿元"),
        ("2800000000000", "2.8万亿元"),
        ("123456789012", "1,234.56789012亿元"),
        ("10000", "1万元"),
        ("9999.5", "9,999.5元"),
        ("0", "0元"),
        ("0.35", "0.35元"),
        ("-30000000", "-3,000万元"),
        ("1E+9", "10亿元"),
    ],
)
def test_money_keeps_every_digit(value: str, text: str) -> None:
    assert money(Decimal(value)) == text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60), st.data())
def test_offsets_in_utf16(text: str, data: Any) -> None:
    at = data.draw(st.integers(0, len(text)))
    assert Units(text)(at) == len(text[:at].encode("utf-16-le")) // 2


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4))
def test_embedded_data_cannot_leave_its_element(value: dict[str, str]) -> None:
    text = embedded(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_counts_are_those_of_the_records(outputs: Path, records: list[dict[str, Any]]) -> None:
    found = figures(records, articles=42, failed=0)
    assert found.records == len(records)
    assert {kind: sum(counts) for kind, counts in found.kinds.items()} == Counter(r["kind"] for r in records)
    assert sum(found.histogram) == len(records)
    assert all(sum(counts.values()) == len(records) for counts in found.coverage.values())
    assert found.coverage["year"]["missing"] == sum(r["year"] is None for r in records)
    assert found.to_check == sum(map(is_doubtful, records))
    assert len(found.amounts) == sum(r["kind"] == "money" and r["unit"] == "元" for r in records)


def test_plans_stand_apart_from_what_is_so(records: list[dict[str, Any]]) -> None:
    money = [r for r in records if r["kind"] == "money" and r["unit"] == "元"]
    said = [{**r, "status": s} for r, s in zip(money, cycle(["actual", "planned", "change"]), strict=False)]
    found = figures(said, articles=42, failed=0)
    for amounts, status in ((found.amounts, "actual"), (found.plans, "planned")):
        assert [a.record for a in amounts] == [r["record_id"] for r in said if r["status"] == status]
    assert {"places", "planned_places", "years", "initiatives", "plans"} <= charts(found).keys()
    assert not {"plans", "planned_places"} & charts(figures(money, articles=42, failed=0)).keys()


def test_the_largest_single_amount_stands_for_a_place_and_nothing_is_added_up(records: list[dict[str, Any]]) -> None:
    found = figures(records, articles=42, failed=0)
    cells = by_place_and_year(found.amounts, places=20)
    assert cells
    for (place, year), cell in cells.items():
        values = [r["value"] for r in records if r["place"] == place and r["year"] == year and r["kind"] == "money"]
        assert (cell.largest.value, cell.count) == (max(values), len(values))
    places = dict(ranked(found.amounts, "place", most=20))
    for place, cell in places.items():
        values = [amount.value for amount in found.amounts if amount.place == place]
        assert (cell.largest.value, cell.count) == (max(values), len(values))
    best = ranked(found.amounts, "initiative", most=5)
    values_of = [cell.largest.value for _, cell in best]
    assert values_of == sorted(values_of, reverse=True)


def test_the_page_is_one_file_of_the_same_bytes(page_file: Path, outputs: Path) -> None:
    from gongbao.report.page import report

    text = page_file.read_text(encoding="utf-8")
    assert report(Data([open_source(outputs / "latest")])) == text
    assert text.count("</script>") == 2, "no text of an article ends a script"
    loads = re.findall(
        r"""(?:src|href|action)\s*=\s*["']?(?!#)([^"'\s>]+)|url\(([^)]+)\)|@import""", text.split('id="data"')[0]
    )
    assert loads == []
    policy = html.unescape(text.split('content="', 2)[1].split('"', 1)[0])
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy


def test_only_what_was_asked_for(outputs: Path) -> None:
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    from gongbao.report.page import report

    text = report(Data([open_source(outputs / "latest")], Selection("kind=money and place^=海南省", (), 0.1)))
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert {(r["kind"], r["place"]) for r in data["records"]} == {("money", "海南省/海口市")}
    assert "筛选：kind=money and place^=海南省；可信度不低于 0.1" in text


def test_no_records_is_a_page_too(outputs: Path) -> None:
    from gongbao.report.page import report

    text = report(Data([open_source(outputs / "latest")], Selection("value<0 and kind=money")))
    assert "<svg" not in text and '"records": []' in text


def test_too_many_records_are_refused_with_the_way_out(outputs: Path) -> None:
    from gongbao.report.page import report

    with pytest.raises(ExportError) as caught:
        report(Data([open_source(outputs / "latest")]), most=10)
    assert caught.value.code == "report.too_large" and "--where" in str(caught.value.fix)


def test_records_without_their_articles_are_refused(outputs: Path) -> None:
    from gongbao.report.page import report

    with pytest.raises(ExportError) as caught:
        report(Data([open_source(outputs / "latest" / "records.jsonl")]))
    assert caught.value.code == "export.no_text"


def test_the_command(outputs: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    from gongbao.cli import build
    from typer.testing import CliRunner

    target = tmp_path / "new" / "page.html"
    done = CliRunner().invoke(build(), ["report", str(outputs / "latest"), "-o", str(target), "--title", "<季报>"])
    assert done.exit_code == 0, done.output
    assert "<h1>&lt;季报&gt;</h1>" in target.read_text(encoding="utf-8")
    broken = CliRunner().invoke(build(), ["report", str(outputs / "latest"), "-o", "/proc/nowhere/page.html"])
    assert isinstance(broken.exception, ExportError) and broken.exception.code == "export.unwritable"


def test_a_disk_that_fills_leaves_the_old_page(outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    from gongbao.cli import build
    from typer.testing import CliRunner

    target = tmp_path / "page.html"
    target.write_text("the old page")

    def full(self: Path, *rest: object, **more: object) -> int:
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    done = CliRunner().invoke(build(), ["report", str(outputs / "latest"), "-o", str(target)])
    assert isinstance(done.exception, ExportError) and done.exception.code == "export.disk_full"
    monkeypatch.undo()
    assert target.read_text() == "the old page" and list(tmp_path.iterdir()) == [target]


def test_every_flag_and_kind_has_a_chinese_name() -> None:
    documented = re.findall(
        r"`([a-z_]+)`", (ROOT / "docs" / "records.md").read_text(encoding="utf-8").split("| flag |")[1].split("\n\n")[0]
    )
    assert set(FLAG_TITLES) == set(documented)
    assert set(KIND_TITLES) == set(get_args(Kind))
