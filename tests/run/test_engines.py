"""The same bytes whoever extracts, in whatever order and however often; what did not change is not done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gongbao.errors import RunError
from gongbao.run import runner
from gongbao.run.folder import by_age, latest, point
from gongbao.run.lock import locked
from gongbao.run.new_records import NewRecords
from gongbao.run.runner import Options, RunSummary, run

Make = Callable[[Path, Sequence[int]], Path]
Contents = Callable[[Path], dict[str, bytes]]
HERE = Options(ner=None, workers=0)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, make_articles: Make, contents: Contents) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("expected")
    return contents(_folder(run([_source(folder, make_articles)], folder / "out", HERE)))


def _source(folder: Path, make: Make) -> Path:
    """Articles with a broken line among them, in a file of the same name everywhere: errors name it."""
    path = make(folder / "articles.jsonl", range(90))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": "broken"\n')
    return path


def _folder(summary: RunSummary) -> Path:
    assert summary.folder is not None
    return summary.folder


@pytest.mark.parametrize(
    "options",
    [
        Options(ner=None, workers=1),
        Options(ner=None, workers=2),
        pytest.param(Options(ner=None, workers=2, engine="dask"), marks=pytest.mark.slow),
    ],
    ids=["one process", "two processes", "dask"],
)
def test_every_engine_gives_the_same_bytes(
    options: Options, tmp_path: Path, make_articles: Make, contents: Contents, expected: dict[str, bytes]
) -> None:
    if options.engine == "dask":
        pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    found = contents(_folder(run([_source(tmp_path, make_articles)], tmp_path / "out", options)))
    for name, content in expected.items():
        if name == "errors.jsonl":  # which names the file, and that lies elsewhere
            assert json.loads(found[name])["code"] == json.loads(content)["code"] == "read.jsonl"
        else:
            assert found[name] == content, name


def test_another_order_gives_the_same_records_of_each_article(
    tmp_path: Path, make_articles: Make, expected: dict[str, bytes]
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(89, -1, -1))
    backwards = (_folder(run([source], tmp_path / "out", HERE)) / "records.jsonl").read_bytes().splitlines()
    forwards = expected["records.jsonl"].splitlines()
    assert next(line for line in backwards if b"a-000089" in line) == backwards[0]
    assert sorted(backwards) == sorted(forwards)


def test_nothing_new_means_no_new_run(tmp_path: Path, make_articles: Make) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(90))
    first = run([source], tmp_path / "out", HERE)
    second = run([source], tmp_path / "out", HERE)
    assert (second.folder, second.records, second.reused) == (first.folder, first.records, 90)
    assert [path.name for path in (tmp_path / "out" / "runs").glob("[!.]*")] == [_folder(first).name]


def test_an_added_article_leaves_most_shards_as_they_are(
    tmp_path: Path, make_articles: Make, contents: Contents
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(400))
    run([source], tmp_path / "out", HERE)
    make_articles(source, [1000, *range(400)])
    second = run([source], tmp_path / "out", HERE)
    assert second.articles == 401
    assert 250 <= second.reused <= 400
    fresh = run([source], tmp_path / "fresh", HERE)
    assert contents(_folder(second)) == contents(_folder(fresh))


@pytest.mark.parametrize("name", ["records.jsonl", "articles.jsonl", "shards.jsonl"])
def test_a_run_folder_changed_by_hand_is_not_taken_over(
    name: str, tmp_path: Path, make_articles: Make, contents: Contents
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(40))
    first = _folder(run([source], tmp_path / "out", HERE))
    whole = contents(first)
    with (first / name).open("ab") as file:
        file.write(b"{}\n")
    second = run([source], tmp_path / "out", HERE)
    assert second.reused == 0
    assert contents(_folder(second)) == whole


def test_a_figure_changed_by_hand_is_seen_though_the_length_is_the_same(
    tmp_path: Path, make_articles: Make, contents: Contents
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(40))
    first = _folder(run([source], tmp_path / "out", HERE))
    whole = contents(first)
    records = (first / "records.jsonl").read_bytes()
    (first / "records.jsonl").write_bytes(records.replace(b'"value": 1', b'"value": 9', 1))
    make_articles(source, [*range(40), 1000])  # something is new, so that the shards are read
    second = _folder(run([source], tmp_path / "out", HERE))
    assert contents(second)["records.jsonl"].startswith(whole["records.jsonl"][: len(records) // 3])


@pytest.mark.parametrize("name", ["records.jsonl", "records.csv", "articles.jsonl", "errors.jsonl"])
def test_a_same_length_edit_of_a_finished_run_is_seen_though_nothing_is_new(
    name: str, tmp_path: Path, make_articles: Make, contents: Contents
) -> None:
    source = _source(tmp_path, make_articles)
    first = _folder(run([source], tmp_path / "out", HERE))
    whole = contents(first)
    written = (first / name).read_bytes()
    for at in (0, len(written) // 2, len(written) - 2):
        (first / name).write_bytes(written[:at] + b"~" + written[at + 1 :])
        second = run([source], tmp_path / "out", HERE)
        assert _folder(second).resolve() != first.resolve()
        assert contents(_folder(second)) == whole
        (first / name).write_bytes(written)
        point(tmp_path / "out", first)
    assert _folder(run([source], tmp_path / "out", HERE)).resolve() == first.resolve()


def test_an_edit_of_the_manifest_or_of_parquet_is_seen_though_nothing_is_new(
    tmp_path: Path, make_articles: Make
) -> None:
    def write_parts(records: Path, folder: Path) -> None:
        folder.mkdir()
        (folder / "part-00000.parquet").write_bytes(records.read_bytes()[:100])

    def again() -> Path:
        options = Options(ner=None, workers=0, parquet=True)
        return _folder(run([source], tmp_path / "out", options, write_parts=write_parts)).resolve()

    source = _source(tmp_path, make_articles)
    first = again()
    assert again() == first
    for name, old, new in (
        ("records.parquet/part-00000.parquet", b"1", b"2"),
        ("manifest.json", b"rticles", b"rticlez"),
    ):
        written = (first / name).read_bytes()
        (first / name).write_bytes(written.replace(old, new))
        assert again() != first
        (first / name).write_bytes(written)
        point(tmp_path / "out", first)
    assert again() == first


WRONG = ["null", "5", "[]", "{}", '"x"', "[" * 100_000, '{"a": ' * 50_000, ""]


@pytest.mark.parametrize("wrong", [*WRONG, "lengths", "key", "retry", "negative"], ids=lambda wrong: wrong[:8])
def test_an_index_of_wrong_types_is_nobodys_cache(
    wrong: str, tmp_path: Path, make_articles: Make, contents: Contents
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(20))
    first = _folder(run([source], tmp_path / "out", HERE))
    whole = contents(first)
    index = first / "shards.jsonl"
    marker = json.loads(index.read_text(encoding="utf-8").split("\n")[0])
    changes = {
        "lengths": {"lengths": [1, "2", None, {}]},
        "key": {"key": 5},
        "retry": {"retry": "no"},
        "negative": {"lengths": [-1, 1, 1, 1]},
    }
    index.write_text(json.dumps(marker | changes[wrong]) if wrong in changes else wrong, encoding="utf-8")
    assert contents(_folder(run([source], tmp_path / "out", HERE))) == whole
    assert len(list(NewRecords(first, None).records())) == 0


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[:8])
@pytest.mark.parametrize("name", ["manifest.json", ".plan"])
def test_a_manifest_or_plan_of_wrong_types_stops_no_run(
    name: str, wrong: str, tmp_path: Path, make_articles: Make, contents: Contents
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(20))
    first = _folder(run([source], tmp_path / "out", HERE))
    whole = contents(first)
    plan = tmp_path / "out" / "runs" / ".x.unfinished" / "plan.json"
    (plan.parent / "shards").mkdir(parents=True)
    (first / name if name == "manifest.json" else plan).write_text(wrong, encoding="utf-8")
    assert contents(_folder(run([source], tmp_path / "out", HERE, resume=True))) == whole


def test_other_rules_mean_another_run(tmp_path: Path, make_articles: Make) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(20))
    run([source], tmp_path / "out", HERE)
    (tmp_path / "rules" / "lexicon").mkdir(parents=True)
    (tmp_path / "rules" / "lexicon" / "mine.txt").write_text("某某计划\n", encoding="utf-8")
    second = run([source], tmp_path / "out", Options(ner=None, workers=0, rules=(str(tmp_path / "rules"),)))
    assert second.reused == 0
    (said,) = second.notes
    assert "mine is a new list" in said and "某某计划" in said
    assert second.folder is not None
    assert "mine.txt" in json.loads((second.folder / "manifest.json").read_text("utf-8"))["own_rules"][0]


def test_a_stopped_run_is_gone_on_with(
    tmp_path: Path, make_articles: Make, contents: Contents, expected: dict[str, bytes]
) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(90))

    def stop(counts: object, summary: RunSummary) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([source], tmp_path / "out", HERE, progress=stop)
    assert not (tmp_path / "out" / "latest").exists()
    assert not list((tmp_path / "out" / "runs").glob("[!.]*"))
    summary = run([], tmp_path / "out", Options(workers=0), resume=True)
    assert summary.reused > 0
    assert contents(_folder(summary))["records.jsonl"] == expected["records.jsonl"]
    assert not list((tmp_path / "out" / "runs").glob(".*.unfinished"))


def test_half_a_shard_is_done_again(tmp_path: Path, make_articles: Make, expected: dict[str, bytes]) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(90))
    with pytest.raises(ZeroDivisionError):
        run([source], tmp_path / "out", HERE, progress=lambda counts, summary: 1 // 0)
    [shard, *_] = (tmp_path / "out" / "runs").glob(".*.unfinished/shards/*")
    shard.write_bytes(shard.read_bytes()[:-200])
    summary = run([], tmp_path / "out", HERE, resume=True)
    assert (_folder(summary) / "records.jsonl").read_bytes() == expected["records.jsonl"]


def test_what_a_resumed_run_was_asked_for_is_gone_on_with(tmp_path: Path, make_articles: Make) -> None:
    first, second = make_articles(tmp_path / "1.jsonl", range(90)), make_articles(tmp_path / "2.jsonl", range(50, 140))
    for resume, source in ((False, first), (True, second)):
        with pytest.raises(ZeroDivisionError):
            run([source], tmp_path / "out", HERE, resume=resume, progress=lambda counts, summary: 1 // 0)
    folder = _folder(run([], tmp_path / "out", HERE, resume=True))
    ids = [json.loads(line)["id"] for line in (folder / "articles.jsonl").open(encoding="utf-8")]
    assert ids == [f"a-{number:06d}" for number in range(50, 140)], "the articles named last"


def test_failures_in_shards_of_one_key_are_all_counted(tmp_path: Path, make_articles: Make) -> None:
    paths = [make_articles(tmp_path / "articles.jsonl", range(3)), *[tmp_path / "missing.txt"] * 600]
    first, second = (run(paths, tmp_path / "out", HERE) for _ in range(2))
    assert second.folder == first.folder
    assert (second.articles, second.records, second.failed) == (first.articles, first.records, 600)


@pytest.mark.parametrize("out", [".", "outputs", "a/b"])
def test_run_folders_among_the_articles_are_refused(out: str, tmp_path: Path, make_articles: Make) -> None:
    make_articles(tmp_path / "articles.jsonl", range(3))
    with pytest.raises(RunError, match="in the folder of articles") as caught:
        run([tmp_path], tmp_path / out, HERE)
    assert caught.value.code == "run.out_inside"
    assert [path.name for path in tmp_path.iterdir()] == ["articles.jsonl"], "nothing was made"


def test_articles_beside_the_run_folders_are_read(tmp_path: Path, make_articles: Make) -> None:
    make_articles(tmp_path / "articles.jsonl", range(3))
    (tmp_path / "article").mkdir()  # its name begins as that of the output folder
    make_articles(tmp_path / "article" / "more.jsonl", range(3, 6))
    sources = [tmp_path / "articles.jsonl", tmp_path / "article"]
    assert run(sources, tmp_path / "article-runs", HERE).articles == 6


def test_resume_with_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        run([], tmp_path / "out", HERE, resume=True)
    assert caught.value.code == "run.nothing_to_resume"


def test_to_resume_a_run_that_had_finished_is_to_have_it(tmp_path: Path, make_articles: Make) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(20))
    first = run([source], tmp_path / "out", HERE)
    again = run([], tmp_path / "out", HERE, resume=True)
    assert (again.folder, again.articles, again.records) == (first.folder, first.articles, first.records)
    assert again.exit_status == 0
    assert "had finished" in again.notes[0]


def test_resume_elsewhere_is_refused(tmp_path: Path, make_articles: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make_articles(tmp_path / "articles.jsonl", range(40))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ZeroDivisionError):
        run(["articles.jsonl"], tmp_path / "out", HERE, progress=lambda counts, summary: 1 // 0)
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "else")
    with pytest.raises(RunError, match="began in") as caught:
        run([], tmp_path / "out", HERE, resume=True)
    assert caught.value.code == "run.directory"


def test_two_runs_into_one_folder(tmp_path: Path, make_articles: Make) -> None:
    source = make_articles(tmp_path / "articles.jsonl", range(3))
    with locked(tmp_path / "out" / "runs"), pytest.raises(RunError) as caught:
        run([source], tmp_path / "out", HERE)
    assert caught.value.code == "run.locked"
    assert run([source], tmp_path / "out", HERE).exit_status == 0


def test_a_clock_that_jumps_back(tmp_path: Path, make_articles: Make) -> None:
    from datetime import UTC, datetime

    one, two = make_articles(tmp_path / "1.jsonl", range(3)), make_articles(tmp_path / "2.jsonl", range(3, 6))
    run([one], tmp_path / "out", HERE, now=datetime(2030, 1, 1, tzinfo=UTC))
    second = run([two], tmp_path / "out", HERE, now=datetime(2021, 1, 1, tzinfo=UTC))
    third = run([one], tmp_path / "out", HERE, now=datetime(2021, 1, 1, tzinfo=UTC))
    assert (tmp_path / "out" / "latest").resolve() == _folder(third).resolve() != _folder(second).resolve()


def test_a_run_that_ended_in_its_last_step_is_settled(
    tmp_path: Path, make_articles: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make_articles(tmp_path / "1.jsonl", range(3)), make_articles(tmp_path / "2.jsonl", range(3, 6))
    run([one], tmp_path / "out", HERE)
    monkeypatch.setattr("gongbao.run.folder.point", lambda out, target: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run([two], tmp_path / "out", HERE)
    monkeypatch.undo()
    left = (tmp_path / "out" / "latest").resolve()
    summary = run([two], tmp_path / "out", HERE, resume=True)
    assert (tmp_path / "out" / "latest").resolve() == _folder(summary).resolve() != left
    assert summary.articles == 3
    assert not list((tmp_path / "out" / "runs").glob(".*.unfinished"))


def test_a_full_disk_loses_nothing(tmp_path: Path, make_articles: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    source = make_articles(tmp_path / "articles.jsonl", range(150))  # more than one shard holds
    write, written = runner.ShardFolder.write, []

    def full(self: object, key: str, lines: object) -> None:
        if len(written) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(key)
        write(self, key, lines)  # type: ignore[arg-type]

    monkeypatch.setattr(runner.ShardFolder, "write", full)
    with pytest.raises(RunError) as caught:
        run([source], tmp_path / "out", HERE)
    assert caught.value.code == "run.disk_full"
    assert "--resume" in str(caught.value)
    assert not (tmp_path / "out" / "latest").exists()
    monkeypatch.undo()
    summary = run([], tmp_path / "out", HERE, resume=True)
    assert summary.articles == 150
    assert summary.reused > 0


def _write(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number in range(count):
        (folder / f"{number}.txt").write_text(f"2021年南通市投资{number + 1}.5亿元。", encoding="utf-8")


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [(8, 8, False), (8, 5, False), (8, 4, True), (8, 1, True), (2, 1, True), (4, 9, False), (8, None, True)],
)
@pytest.mark.parametrize("smaller", [False, True], ids=["", "allowed"])
def test_a_run_that_lost_its_input_does_not_become_latest_by_itself(
    first: int, second: int | None, kept: bool, smaller: bool, tmp_path: Path
) -> None:
    """None: one of two folders is gone, as where a disk is not mounted."""
    paths = [tmp_path / "one", tmp_path / "two"]
    _write(paths[0], first)
    _write(paths[1], 0)
    (paths[1] / "z.txt").write_text("2021年南通市投资5亿元。", encoding="utf-8")
    paths = paths if second is None else paths[:1]
    before = _folder(run(paths, tmp_path / "out", HERE))
    if second is None:
        paths[1].rename(tmp_path / "elsewhere")
    else:
        _write(paths[0], second)
    summary = run(paths, tmp_path / "out", replace(HERE, smaller=smaller))
    now = latest(tmp_path / "out")
    assert now == (before if kept and not smaller else _folder(summary)).resolve()
    assert summary.held_back is (kept and not smaller)
    if summary.held_back:
        assert summary.exit_status == 1 and "--allow-smaller" in summary.notes[0]
        assert _folder(summary).is_dir(), "what was read is there all the same"
        (tmp_path / "out" / "runs" / f".{_folder(summary).name}.unfinished").mkdir()
        assert latest(tmp_path / "out") == before.resolve()
    if kept and not smaller and second is not None:
        assert run(paths, tmp_path / "out", replace(HERE, smaller=True)).held_back is False
        assert latest(tmp_path / "out") != before.resolve()


def test_a_run_held_back_stays_so_when_it_ended_in_its_last_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in"
    _write(source, 8)
    before = _folder(run([source], tmp_path / "out", HERE))
    _write(source, 2)
    monkeypatch.setattr(runner.Unfinished, "remove", lambda self: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run([source], tmp_path / "out", HERE)
    monkeypatch.undo()
    _write(source, 8)
    assert run([source], tmp_path / "out", HERE).reused == 8
    assert latest(tmp_path / "out") == before.resolve()


def test_the_order_of_runs_hangs_on_no_clock(tmp_path: Path, make_articles: Make) -> None:
    made = []
    for year in (2030, 1999, 2021, 2021):
        source = make_articles(tmp_path / f"{len(made)}.jsonl", range(len(made) * 5, len(made) * 5 + 5))
        made.append(_folder(run([source], tmp_path / "out", HERE, now=datetime(year, 1, 1, tzinfo=UTC))))
    assert by_age(tmp_path / "out") == made
