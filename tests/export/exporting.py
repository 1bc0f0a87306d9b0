"""What the tests of exports share: records that are hard to carry, and how a run's truth is read."""

from __future__ import annotations

import json
import shutil
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from gongbao.canonical import record_id
from gongbao.document import Article, Extraction
from gongbao.errors import GongbaoError
from gongbao.export.formats import PLAIN, Style, Written
from gongbao.export.select import Data, Selection
from gongbao.export.sources import open_source
from gongbao.export.writing import export, target_of
from gongbao.record import Alternative, Evidence, Record
from gongbao.run.folder import RunWriter

ROOT = Path(__file__).resolve().parents[2]
LONG = Decimal("1234567890123456.7891")
HUGE = Decimal(10) ** 20 + 7


def make_record(article: Article, raw: str, **fields: Any) -> Record:
    """A record whose amount is the first `raw` of the article."""
    start = article.text.index(raw)
    end = start + len(raw)
    kind = fields.get("kind", "money")
    spans = {}
    for name in ("place", "year", "initiative", "indicator"):
        words = fields.pop(f"{name}_words", None)
        at = article.text.index(words) if words else None
        spans[name] = Evidence(
            how="stated" if words else "published",
            rule=f"{name}.test",
            start=at,
            end=at + len(words) if words and at is not None else None,
        )
    spans["amount"] = Evidence(how="stated", rule="money.yuan", start=start, end=end)
    known: dict[str, Any] = {
        "record_id": record_id(article.id, start, end, kind),
        "article_id": article.id,
        "title": article.title,
        "pub_date": article.pub_date,
        "amount": raw,
        "kind": kind,
        "value": Decimal(1),
        "unit": "元",
        "bound": "=",
        "status": "actual",
        "start": start,
        "end": end,
        "raw": raw,
        "sentence": article.text.replace("\n", " "),
        "sentence_start": 0,
        "sentence_end": len(article.text),
        "evidence": spans,
        "confidence": 0.9,
        "field_confidence": {"place": 0.98, "year": 1.0, "initiative": 0.5, "indicator": 0.0, "status": 0.76},
        "alternatives": {
            "place": [Alternative("吉林省/吉林市", 0.31, 0, 1), Alternative(None, 0.04)],
            "year": [Alternative(2021, 0.2, start, end)],
        },
        "flags": [],
        "extra": dict(article.extra) or None,
    }
    return Record.model_validate(known | fields)


def hard_extractions() -> list[Extraction]:
    """Astral characters, formulas, quotes, line ends, numbers that no double holds, articles without records."""
    astral = Article(
        "𠮷/甲 乙.txt",
        "𠮷野家😀在广州市开店，2020年新店贷款投入3.5亿元，\n👨‍👩‍👧 客流增长-3%；𠮷林市\t“减免”税费=1+1元。",
        title="=SUM(A1:A9)",
        source='@来源,"引号"',
        extra={"url": "=https://例/?a=1&b=2", "外部编号": 330100202101090001234, "价": [1.5, None]},
    )
    numbers = Article("numbers", "甲项目贷款1234567890123456.7891元，乙项目100000000000000000007元，丙项目3至5万人。")
    records = (
        make_record(astral, "3.5亿元", value=Decimal(350000000), place="广东省/广州市", place_code="440100",
                    place_words="广州市", province="广东省", city="广州市", year=2020, year_words="2020年",
                    initiative="新店贷款", initiative_words="新店贷款", indicator="贷款", indicator_words="贷款"),
        make_record(astral, "-3%", kind="growth", value=Decimal("-3"), unit="%", indicator="客流", indicator_words="客流",
                    year=2020, year_words="2020年", flags=["damaged", "no_initiative"], confidence=0.4),
        make_record(astral, "1元", place="全国", place_code="000000", value=Decimal("0.1"), initiative="+减免",
                    title="'=old", bound=">", place_words="𠮷林市"),
    )  # fmt: skip
    exact = (
        make_record(numbers, "1234567890123456.7891元", value=LONG),
        make_record(numbers, "100000000000000000007元", value=HUGE, unit="美元", status="previous"),
        make_record(numbers, "3至5万人", kind="count", value=Decimal(30000), value_max=Decimal(50000), unit=""),
    )
    empty = Article("no records", "这里没有事实。\n")
    return [
        Extraction(astral, astral.text, (), records, {}),
        Extraction(empty, empty.text, (), (), {}),
        Extraction(numbers, numbers.text, (), exact, {}),
    ]


def write_run(out: Path, run_id: str, extractions: list[Extraction], *, started: str = "2026-01-01T00:00:00") -> Path:
    with RunWriter(out, run_id) as writer:
        for extraction in extractions:
            writer.add(extraction)
        manifest = {"schema_version": "2", "run_id": run_id, "started": started, "versions": {"code": "0.1.0"}}
        return writer.finish(manifest | {"counts": {"records": writer.records}})


def records_of(folder: Path) -> list[dict[str, Any]]:
    """What a run holds, numbers as decimals: the truth that every export is compared with."""
    rows = [json.loads(line, parse_float=Decimal) for line in (folder / "records.jsonl").open(encoding="utf-8")]
    for row in rows:
        for name in ("value", "value_max"):
            row[name] = None if row[name] is None else Decimal(row[name])
        row.setdefault("extra", None)
        row["confidence"] = float(row["confidence"])
        shares = [row["field_confidence"], *(item for found in row["alternatives"].values() for item in found)]
        for share in shares:
            share |= {name: float(value) for name, value in share.items() if isinstance(value, Decimal)}
    return rows


def code_of(error: pytest.ExceptionInfo[GongbaoError]) -> str:
    """The stable code of an error that says where it happened and what to do."""
    assert error.value.where and error.value.fix, error.value
    return error.value.code


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def soffice() -> str:
    found = shutil.which("soffice")
    if found is None:
        pytest.skip("LibreOffice is not installed (apt-get install libreoffice-calc-nogui)")
    return found


def export_to(folder: Path, to: str, path: Path, style: Style = PLAIN, **selection: Any) -> int:
    """Export one run."""
    data = Data([open_source(folder)], Selection(**selection))
    return export(data, target_of(to, str(path), lambda format: path), style).rows


def to_url(folder: Path, url: str, style: Style = PLAIN, **selection: Any) -> int:
    """Export a run to a database."""
    return sync(folder, url, style, **selection).rows


def sync(folder: Path, url: str, style: Style = PLAIN, **selection: Any) -> Written:
    """Export a run to a database; what that wrote and changed."""
    return export(Data([open_source(folder)], Selection(**selection)), target_of(url, None, lambda f: Path()), style)


def count_of(url: str, evidence: int | None = None) -> int:
    """How many records a database holds, whose evidence is whole: five parts each, or so many as are said."""
    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        number = connection.execute(sa.text("SELECT count(*) FROM records")).scalar_one()
        parts = connection.execute(sa.text("SELECT count(*) FROM evidence")).scalar_one()
        assert parts == (5 * number if evidence is None else evidence)
    engine.dispose()
    return int(number)
