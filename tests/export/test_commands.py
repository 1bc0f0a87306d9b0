"""The commands: targets, standard output, errors that leave nothing behind, the shipped schema."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from gongbao.cli import build
from gongbao.diff.fields import content_key
from gongbao.errors import ExportError
from gongbao.export.schema import record_schema
from gongbao.review.store import NewDecision, Store
from typer.testing import CliRunner

from tests.export.exporting import ROOT, code_of, export_to, hard_extractions, records_of, write_run


def gongbao(*arguments: object, cwd: Path | None = None, **more: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "gongbao", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "pipeline")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, timeout=600, **more)  # type: ignore[call-overload,no-any-return]


def test_latest_goes_to_outputs_exports_by_default(tmp_path: Path) -> None:
    write_run(tmp_path / "outputs", "one", hard_extractions())
    done = gongbao("export", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "outputs" / "exports" / "one.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 6
    assert done.stdout == b"" and b"6 rows" in done.stderr


def test_standard_output(hard_run: Path) -> None:
    done = gongbao("export", hard_run, "--to", "jsonl", "-o", "-")
    assert done.stdout == (hard_run / "records.jsonl").read_bytes()
    done = gongbao(
        "export", hard_run, "-o", "-", "--for", "excel", "--where", "kind=growth", "--columns", "place,value"
    )
    assert done.stdout == "\ufeff地点,数值\r\n,-3\r\n".encode()
    done = gongbao("export", hard_run, "--to", "sqlite", "-o", "-")
    assert done.stdout.startswith(b"SQLite format 3\x00")
    done = gongbao("export", hard_run, "--to", "datapackage", "-o", "-")
    assert "datapackage.json" in zipfile.ZipFile(io.BytesIO(done.stdout)).namelist()


def test_a_zip_of_a_data_package_is_valid(hard_run: Path, tmp_path: Path) -> None:
    import frictionless

    assert gongbao("export", hard_run, "--to", "datapackage", "-o", tmp_path / "p.zip").returncode == 0
    assert frictionless.validate(str(tmp_path / "p.zip"), type="package").valid


def test_a_folder_export_replaces_only_an_export(hard_run: Path, tmp_path: Path) -> None:
    for _ in range(2):
        export_to(hard_run, "brat", tmp_path / "brat")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError) as error:
        export_to(hard_run, "brat", mine)
    assert code_of(error) == "export.exists"
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("name", "begins"),
    [("facts.xlsx", b"PK"), ("facts.PARQUET", b"PAR1"), ("facts.db", b"SQLite format 3"), ("facts.jsonl", b"{"),
     ("facts.txt", b"record_id,"), ("facts", b"record_id,")],
)  # fmt: skip
def test_the_ending_of_the_output_says_the_format(hard_run: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    assert gongbao("export", hard_run, "-o", tmp_path / name).returncode == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize("name", ["facts.csv", "facts.db"])
def test_a_link_stays_a_link(hard_run: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "shared").mkdir()
    link = tmp_path / name
    link.symlink_to(tmp_path / "shared" / name)
    for _ in range(2):
        assert gongbao("export", hard_run, "-o", link).returncode == 0
        assert link.is_symlink() and (tmp_path / "shared" / name).stat().st_size > 1000


def test_formats_that_share_an_ending_are_told_apart_by_name(hard_run: Path, tmp_path: Path) -> None:
    assert gongbao("export", hard_run, "--to", "doccano", "-o", tmp_path / "x.jsonl").returncode == 0
    assert "entities" in json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()[0])


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--to", "exel"), 2, "no target 'exel'"),
        (("--columns", "plase"), 2, "Did you mean place?"),
        (("--where", "kind="), 2, "position 6"),
        (("--encoding", "klingon"), 2, "no encoding"),
        (("--encoding", "ascii"), 2, "ascii has no"),
        (("--to", "jsonl", "--for", "excel"), 2, "one encoding"),
        (("--to", "brat", "--wide"), 2, "no wide form"),
        (("--to", "csv", "-o", "facts.xlsx"), 2, "the ending says xlsx, --to csv"),
        (("--to", "label-studio", "-o", "tasks.csv"), 2, "the ending says csv"),
        (("-o", "facts.duckdb"), 2, "nothing is written under the ending .duckdb"),
        (("--to", "csv", "-o", "facts.feather"), 2, "Endings: .csv .tsv .xlsx .jsonl .ndjson .json"),
        (("-o", "facts.zip"), 2, "nothing is written under the ending .zip"),
        (("-o", "facts.parquet.gz"), 2, "parquet is not packed with .gz"),
        (("--to", "csv", "-o", "facts.zip"), 2, "Pack files of text with .gz, folders with .zip"),
        (("-o", "facts.xyz.gz"), 2, "nothing is written under the ending .xyz"),
        (("-o", "facts.db.gz"), 2, "Pack files of text with .gz"),
        (("--to", "brat", "-o", "facts.gz"), 2, "Pack files of text with .gz"),
        (("--prune",), 2, "only what is exported now"),
        (("--to", "sqlite", "--wide", "--prune"), 2, "made anew by --wide"),
        (("--columns", "，"), 2, "names no column"),
        (("--to", "postgresql://u:secret@127.0.0.1:9/db", "--for", "excel"), 2, "one encoding"),
        (("--min-confidence", "7"), 2, "between 0 and 1"),
        (("--reviewed-only",), 2, "no decisions yet"),
        (("-o", "/dev/full"), 2, "disk is full"),
        (("-o", "/proc/nowhere/x.csv"), 2, "cannot be written"),
        (("--to", "postgresql://u:secret@127.0.0.1:9/db"), 2, "cannot connect"),
    ],
)
def test_bad_input_is_told_and_leaves_nothing(
    hard_run: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    before = "-o" in arguments or any("://" in one for one in arguments)
    done = gongbao("export", hard_run, *arguments, *(() if before else ("-o", tmp_path / "x")), cwd=tmp_path)
    assert done.returncode == status, done.stderr
    message = done.stderr.decode()
    assert said in message and "Traceback" not in message and "secret" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", ["csv", "jsonl", "xlsx", "parquet", "sqlite", "doccano", "spacy", "datapackage"])
def test_a_file_that_grows_too_large_leaves_what_was_there(corpus_run: Path, tmp_path: Path, to: str) -> None:
    """A limit of the system stands in for a full disk: writing fails in the middle in the same way."""
    path = tmp_path / "x"
    if to not in ("sqlite", "datapackage"):
        path.write_text("the old export")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = gongbao("export", corpus_run, "--to", to, "-o", path, preexec_fn=limit)
    assert done.returncode == 2, done.stderr
    assert b"full" in done.stderr and b"Traceback" not in done.stderr, done.stderr
    assert [item.name for item in tmp_path.iterdir()] == (["x"] if to not in ("sqlite", "datapackage") else [])
    assert not path.exists() or path.read_text() == "the old export"


@pytest.mark.parametrize("size", [6_000, 30_000, 60_000, 90_000])
def test_a_workbook_for_which_there_is_no_room_is_told_in_two_lines(
    corpus_run: Path, tmp_path: Path, size: int
) -> None:
    """The archive wants to write its end even when it is thrown away: no traceback of that."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = gongbao("export", corpus_run, "--to", "xlsx", "-o", tmp_path / "x.xlsx", preexec_fn=limit)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, len(lines)) == (2, 2), lines
    assert "the disk is full" in lines[0] and list(tmp_path.iterdir()) == []


def test_the_shipped_schema_is_the_schema(any_run: Path) -> None:
    shipped = json.loads((ROOT / "pipeline" / "gongbao" / "export" / "record.schema.json").read_text(encoding="utf-8"))
    assert shipped == record_schema(), "write it again: gongbao schema > pipeline/gongbao/export/record.schema.json"
    result = CliRunner().invoke(build(), ["schema"])
    assert json.loads(result.stdout) == shipped
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(shipped)
    validator = Draft202012Validator(shipped)
    for line in (any_run / "records.jsonl").open(encoding="utf-8"):
        assert list(validator.iter_errors(json.loads(line))) == []
    assert list(validator.iter_errors({**json.loads(line), "kind": "mony"}))
    assert list(validator.iter_errors({**json.loads(line), "extra": 1}))


@pytest.mark.parametrize("form", ["table", "sql", "label-studio"])
def test_other_schemas(form: str) -> None:
    result = CliRunner().invoke(build(), ["schema", "--as", form])
    assert result.exit_code == 0
    assert {"table": "primaryKey", "sql": "CREATE TABLE records", "label-studio": '<Label value="money"'}[
        form
    ] in result.stdout
    assert form != "sql" or "CREATE VIEW records_old_names" in result.stdout


def test_import_writes_gold_that_the_evaluation_reads(hard_run: Path, tmp_path: Path) -> None:
    from gongbao.evaluate.gold import read_gold

    export_to(hard_run, "label-studio", tmp_path / "x.json")
    done = gongbao("import", tmp_path / "x.json", "--run", hard_run, "-o", tmp_path / "gold.jsonl")
    assert done.returncode == 0, done.stderr
    assert b"6 kept, 0 changed" in done.stderr
    facts = {
        (fact.start, fact.end): fact.data for article in read_gold([tmp_path / "gold.jsonl"]) for fact in article.facts
    }
    first = records_of(hard_run)[0]
    fact = facts[first["start"], first["end"]]
    assert (fact["place"], fact["year"], fact["initiative"]) == ("广东省/广州市", [2020], ["新店贷款"])


def test_only_what_a_person_found_right(tmp_path: Path) -> None:
    first, *rest = hard_extractions()
    outputs = tmp_path / "outputs"
    write_run(outputs, "one", [first, *rest])
    loan, growth, yuan = (json.loads(record.to_json(), parse_float=Decimal) for record in first.records)
    edited = {**growth, "value": -4, "initiative": "客流"}
    store = Store(outputs / "reviews.db")

    def entry(action: str, old: dict | None, new: dict | None, result: dict | None = None) -> NewDecision:
        return NewDecision(content_key(old, new), action, first.article.id, old=old, new=new, edited=result)  # type: ignore[arg-type]

    wrong = {**yuan, "value": 77}
    store.append([entry("accept", None, loan)], "甲", "b1", {})
    store.append([entry("edit", None, growth, edited)], "甲", "b2", {})
    store.append([entry("accept", None, wrong), entry("reject", wrong, yuan)], "甲", "b3", {})
    store.close()
    done = gongbao("export", "--reviewed-only", "--to", "jsonl", "-o", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [(row["raw"], row["value"], row["initiative"]) for row in rows] == [
        ("3.5亿元", 350000000, "新店贷款"), ("-3%", -4, "客流"), ("1元", 77, "+减免"),
    ]  # fmt: skip
