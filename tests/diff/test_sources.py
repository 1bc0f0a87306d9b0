"""What cannot be compared says so, names the fix, and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from gongbao.diff import baseline
from gongbao.diff.compare import compare
from gongbao.diff.reading import hash_text
from gongbao.diff.sources import Places, in_order, open_side
from gongbao.errors import CompareError

TEXT = "标题\n投资5亿元。\n"


@pytest.fixture
def run(build: ModuleType, tmp_path: Path) -> Path:
    records = [build.make_record("a.txt", TEXT, "5亿元", value=500000000)]
    return Path(build.write_run(tmp_path / "outputs", "20210101-000000", {"a.txt": TEXT}, records))


def no_manifest(run: Path) -> None:
    (run / "manifest.json").unlink()


def newer_schema(run: Path) -> None:
    (run / "manifest.json").write_text(json.dumps({"schema_version": "99"}))


def no_schema(run: Path) -> None:
    (run / "manifest.json").write_text("{}")


def damaged_manifest(run: Path) -> None:
    (run / "manifest.json").write_text('{"schema_version": ')


def article_missing(run: Path) -> None:
    (run / "articles.jsonl").write_text("")


def cut_off(run: Path) -> None:
    path = run / "records.jsonl"
    path.write_text(path.read_text()[:-40])


def no_record(run: Path) -> None:
    (run / "records.jsonl").write_text('{"article_id": "a.txt", "value": 5}\n')


def wrong_span(run: Path) -> None:
    (run / "records.jsonl").write_text('{"article_id": "a.txt", "start": 9, "end": 4}\n')


def no_records_file(run: Path) -> None:
    (run / "records.jsonl").unlink()


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (no_manifest, "compare.manifest"),
        (damaged_manifest, "compare.manifest"),
        (newer_schema, "compare.schema"),
        (no_schema, "compare.schema"),
        (article_missing, "compare.orphan"),
        (cut_off, "compare.format"),
        (no_record, "compare.format"),
        (wrong_span, "compare.format"),
        (no_records_file, "compare.read"),
    ],
)
def test_a_harmed_run_is_refused_with_a_fix(run: Path, harm: Callable[[Path], None], code: str) -> None:
    harm(run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(CompareError) as caught:
        open_side(str(run), Places(run.parents[1]))
    assert caught.value.code == code
    assert caught.value.fix and caught.value.where
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_latest_and_previous_are_the_two_newest_finished_runs(build: ModuleType, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    for name in ("20210101-000000", "20210103-000000", "20210102-000000"):
        build.write_run(outputs, name, {"a.txt": TEXT}, [], latest=name == "20210103-000000")
    (outputs / "runs" / "20210104-000000").mkdir()  # not finished
    places = Places(outputs)
    assert open_side("latest", places).run_id == "20210103-000000"
    assert open_side("previous", places).run_id == "20210102-000000"


def test_latest_may_be_a_file_with_the_name_of_the_run(build: ModuleType, tmp_path: Path) -> None:
    build.write_run(tmp_path, "20210101-000000", {"a.txt": TEXT}, [], latest=False)
    (tmp_path / "latest").write_text("20210101-000000\n")
    assert open_side("latest", Places(tmp_path)).run_id == "20210101-000000"


@pytest.mark.parametrize("name", ["latest", "previous", "no/such/run"])
def test_what_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CompareError) as caught:
        open_side(name, Places(tmp_path))
    assert caught.value.code in ("compare.no-runs", "compare.missing")


def test_previous_needs_two_runs(run: Path) -> None:
    with pytest.raises(CompareError, match="no finished run before"):
        open_side("previous", Places(run.parents[1]))


def test_a_records_file_alone_is_compared(build: ModuleType, run: Path, tmp_path: Path) -> None:
    changed = build.make_record("a.txt", TEXT, "5亿元", value=50000)
    path = build.write_records(tmp_path / "mine.jsonl", [changed])
    result = compare(open_side(str(run / "records.jsonl"), Places()), open_side(str(path), Places()))
    assert [c.cause.shape for c in result.changes] == ["÷10000"]
    assert result.text_unknown == ("a.txt",)


def test_other_files_are_no_records_files(run: Path) -> None:
    (run / "records.csv").write_text("a,b\n")
    with pytest.raises(CompareError, match="not a records file"):
        open_side(str(run / "records.csv"), Places())


def test_runs_without_an_article_in_common_are_not_compared(build: ModuleType, tmp_path: Path) -> None:
    first = build.write_run(tmp_path, "1", {"a.txt": TEXT}, [])
    second = build.write_run(tmp_path, "2", {"sub/a.txt": TEXT}, [])
    with pytest.raises(CompareError) as caught:
        compare(open_side(str(first), Places()), open_side(str(second), Places()))
    assert caught.value.code == "compare.disjoint"


def test_nothing_on_either_side_is_no_pass(build: ModuleType, tmp_path: Path) -> None:
    empty = open_side(str(build.write_run(tmp_path, "1", {}, [])), Places())
    with pytest.raises(CompareError, match="neither side"):
        compare(empty, empty)


def test_the_baseline_is_the_old_side_whichever_way_it_is_named(run: Path, tmp_path: Path) -> None:
    places = Places(tmp_path / "outputs", tmp_path / "baseline")
    base, latest = open_side("baseline", places), open_side("latest", places)
    assert in_order(latest, base) == (base, latest, True)
    assert in_order(base, latest) == (base, latest, False)


def test_failed_articles_are_told_apart_from_those_that_are_gone(build: ModuleType, tmp_path: Path) -> None:
    record = build.make_record("a.txt", TEXT, "5亿元")
    texts = {"a.txt": TEXT, "b.txt": TEXT}
    first = build.write_run(tmp_path, "1", texts, [record])
    error = {"id": "a.txt", "stage": "read", "code": "read.empty", "message": "nothing in it"}
    second = build.write_run(tmp_path, "2", {"b.txt": TEXT}, [], errors=[error])
    result = compare(open_side(str(first), Places()), open_side(str(second), Places()))
    assert [c.cause.articles for c in result.changes] == ["failed"]
    assert result.new.failed == {"a.txt": "read.empty: nothing in it"}


def test_a_second_use_of_an_id_hides_nothing_of_the_first(build: ModuleType, tmp_path: Path) -> None:
    """The first copy was extracted; the second, or a broken line of that name, is a failure of the same id."""
    error = {"id": "a.txt", "stage": "read", "code": "read.duplicate_id", "message": "left out"}
    for run_id, value in (("1", 8650000000), ("2", 99950000000)):
        records = [build.make_record("a.txt", TEXT, "5亿元", value=value)]
        build.write_run(tmp_path / "outputs", run_id, {"a.txt": TEXT}, records, errors=[error])
    places = Places(tmp_path / "outputs")
    result = compare(open_side("previous", places), open_side("latest", places))
    assert [c.fields for c in result.changes] == [("value",)]
    assert result.compared == ("a.txt",) and result.new.failed == {}


def test_files_that_change_under_a_comparison_are_noticed(run: Path) -> None:
    side = open_side(str(run), Places())
    (run / "records.jsonl").write_text("")
    with pytest.raises(CompareError, match="changed since"):
        side.rows("a.txt")


@pytest.mark.parametrize(
    "pair",
    [("a.txt", "A.txt"), ("a/b.txt", "a%2Fb.txt"), ("x" * 300, "x" * 299), ("南京.txt", "南京/txt"), ("..", ".")],
)
def test_each_article_has_a_file_of_its_own_inside_the_folder(pair: tuple[str, str]) -> None:
    first, second = (baseline.file_name(name) for name in pair)
    assert first.lower() != second.lower()
    for name in (first, second):
        assert "/" not in name and not name.startswith(".") and len(name.encode()) <= 200


def test_a_baseline_is_written_canonically_and_read_back(build: ModuleType, tmp_path: Path) -> None:
    records = [build.make_record("a.txt", TEXT, "5亿元"), build.make_record("a.txt", TEXT, "标题")]
    listed = [baseline.BaselineArticle("a.txt", "标题", None, None, "0" * 64)]
    baseline.save(tmp_path, records={"a.txt": records}, articles=listed, texts={}, settled=[])
    first = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    baseline.save(tmp_path, records={"a.txt": records[::-1]}, articles=listed, texts={}, settled=[])
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first
    side = baseline.open_baseline(tmp_path)
    assert [row["raw"] for row in side.rows("a.txt")] == ["标题", "5亿元"]


def test_the_baseline_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"schema_version": "9.0"}')
    with pytest.raises(CompareError) as caught:
        baseline.open_baseline(tmp_path)
    assert caught.value.code == "compare.schema"


def accepted(build: ModuleType, tmp_path: Path, places: Places) -> None:
    about = baseline.BaselineArticle("a.txt", "标题", None, None, hash_text(TEXT))
    row = build.make_record("a.txt", TEXT, "5亿元", value=500000000)
    with baseline.writing(places.baseline):
        baseline.save(places.baseline, records={"a.txt": [row]}, articles=[about], texts={"a.txt": TEXT}, settled=[])


def test_articles_that_the_baseline_never_saw_are_added_to_it(build: ModuleType, tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "baseline")
    accepted(build, tmp_path, places)
    other = build.write_run(tmp_path, "2", {"b.txt": TEXT + "另一篇。"}, [])
    found = compare(open_side("baseline", places), open_side(str(other), places))
    assert (found.changes, found.only_old, found.only_new) == ((), ("a.txt",), ("b.txt",))


def test_the_same_articles_from_another_folder_are_told(build: ModuleType, tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "baseline")
    accepted(build, tmp_path, places)
    moved = build.write_run(tmp_path, "2", {"sub/a.txt": TEXT}, [])
    with pytest.raises(CompareError) as caught:
        compare(open_side("baseline", places), open_side(str(moved), places))
    assert caught.value.code == "compare.disjoint"
