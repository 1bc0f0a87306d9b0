"""What the system refuses while a run is written: a clear error, nothing lost, `latest` always whole."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gongbao.errors import RuleError, RunError
from gongbao.run import folder, runner, unfinished
from gongbao.run.runner import Options, RunSummary, run
from gongbao.run.shards import Marker

Make = Callable[[Path, Sequence[int]], Path]
Contents = Callable[[Path], dict[str, bytes]]
HERE = Options(ner=None, workers=0)


ARTICLES = 150
"""More than one shard holds (128), wherever their hashes cut them: those depend on the path of the test's folder."""


@pytest.fixture
def source(tmp_path: Path, make_articles: Make) -> Path:
    return make_articles(tmp_path / "articles.jsonl", range(ARTICLES))


class Refusal:
    """A call that the system refuses once it has let some through."""

    def __init__(self, call: Callable[..., Any], number: int, after: int) -> None:
        self._call, self._number, self._left = call, number, after

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self._left == 0:
            raise OSError(self._number, os.strerror(self._number))
        self._left -= 1
        return self._call(*arguments, **options)


MOMENTS = {
    "the plan": (unfinished, "write_json", 0, False),
    "the lines' files": (folder.tempfile, "mkdtemp", 0, False),
    "the first shard": (runner.ShardFolder, "write", 0, False),
    "a later shard": (runner.ShardFolder, "write", 1, True),
    "appending": (folder.RunWriter, "_write", 1, True),
    "the manifest": (folder, "write_json", 0, True),
    "Parquet": (runner, "PARQUET", None, True),
    "latest": (folder, "point", 0, True),
}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_disk_that_fills_at_any_moment_loses_nothing(
    moment: str, number: int, tmp_path: Path, source: Path, make_articles: Make, contents: Contents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    expected = contents(_folder(run([source], tmp_path / "whole", HERE)))
    out = tmp_path / "out"
    before = _folder(run([make_articles(tmp_path / "other.jsonl", range(5))], out, HERE))
    where, name, after, resumable = MOMENTS[moment]
    options, parts = HERE, None
    if after is None:
        options, parts = Options(ner=None, workers=0, parquet=True), Refusal(lambda *paths: None, number, 0)
    elif name == "write":
        left = [after]

        def write(self: Any, *arguments: Any, real: Any = runner.ShardFolder.write) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(number, os.strerror(number))
            real(self, *arguments)

        monkeypatch.setattr(where, name, write)
    elif name == "_write":
        left = [after]

        def append(self: Any, lines: Any, real: Any = folder.RunWriter._write) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise folder.run_error(OSError(number, os.strerror(number)), self._out)
            real(self, lines)

        monkeypatch.setattr(where, name, append)
    else:
        monkeypatch.setattr(where, name, Refusal(getattr(where, name), number, after))
    with pytest.raises(RunError) as caught:
        run([source], out, options, write_parts=parts)
    assert caught.value.code == ("run.disk_full" if number == errno.ENOSPC else "run.unwritable")
    assert caught.value.where == str(out) and caught.value.fix
    assert (out / "latest").resolve() == before.resolve(), "`latest` is the run before"
    assert (out / "latest" / "manifest.json").is_file()
    monkeypatch.undo()
    for done in out.glob("runs/[!.]*"):
        assert json.loads((done / "manifest.json").read_text())["counts"]["articles"] in (5, ARTICLES)
    if resumable:
        last = moment == "latest"  # where nothing but the link is missing, any run puts it right
        summary = run([source] if last else [], out, HERE, resume=not last, write_parts=lambda *paths: None)
        assert summary.reused > 0, "what was done stays done"
    else:
        summary = run([source], out, HERE)
    assert contents(out / "latest") == expected
    assert not list(out.glob("runs/.*.unfinished"))


def _folder(summary: RunSummary) -> Path:
    assert summary.folder is not None
    return summary.folder


def test_no_room_for_the_identifiers(tmp_path: Path, make_articles: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 50,000 they go into a temporary file, on a disk of its own perhaps."""
    import sqlite3

    from gongbao.read import ids

    def full() -> Any:
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA max_page_count = 2")
        return database

    monkeypatch.setattr(ids, "IN_MEMORY", 40)
    monkeypatch.setattr(ids, "_database", full)
    with pytest.raises(Exception, match="no room") as caught:
        run([make_articles(tmp_path / "articles.jsonl", range(500))], tmp_path / "out", HERE)
    assert getattr(caught.value, "code", None) == "read.scratch"


def test_latest_is_whole_whenever_it_is_read(tmp_path: Path, make_articles: Make) -> None:
    """Another process reads it all the time while it is moved a hundred times."""
    out = tmp_path / "out"
    first = _folder(run([make_articles(tmp_path / "articles.jsonl", range(4))], out, HERE))
    keys = [Marker.from_line(line).key for line in (first / folder.INDEX).open("rb")]
    shards = [(key, folder.FinishedRun(first).read(key)) for key in keys]
    program = (
        "import json, os, sys\n"
        "seen, reads, out = set(), 0, sys.argv[1]\n"
        "print(flush=True)\n"
        "while not os.path.exists(sys.argv[2]):\n"
        "    folder = os.open(os.path.join(out, 'latest'), os.O_RDONLY)\n"
        "    read = lambda name: open(name, opener=lambda p, f: os.open(p, f, dir_fd=folder)).read()\n"
        "    manifest = json.loads(read('manifest.json'))\n"
        "    assert read('records.jsonl').count('\\n') == manifest['counts']['records'] > 0\n"
        "    assert read('articles.jsonl').count('\\n') == manifest['counts']['articles'] == 4\n"
        "    os.close(folder); seen.add(manifest['run_id']); reads += 1\n"
        "print(len(seen), reads)\n"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", program, out, tmp_path / "stop"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reader.stdout is not None
    reader.stdout.readline()
    manifest = json.loads((first / "manifest.json").read_bytes())
    for number in range(100):
        with folder.RunWriter(out, f"run-{number}") as writer:
            for key, lines in shards:
                assert lines is not None
                writer.append(key, lines)
            writer.finish({**manifest, "run_id": f"run-{number}"})
    (tmp_path / "stop").touch()
    said, problem = reader.communicate(timeout=600)
    assert reader.returncode == 0, problem
    runs, reads = map(int, said.split())
    assert runs >= 5 and reads >= 20


def test_two_processes_into_one_folder(
    tmp_path: Path, source: Path, make_articles: Make, gongbao: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """The second is told who is there, and both its words and the first's run are whole."""
    there, go = threading.Event(), threading.Event()

    def wait(counts: object, summary: RunSummary) -> None:
        there.set()
        go.wait(600)

    first = threading.Thread(target=lambda: run([source], tmp_path / "out", HERE, progress=wait))
    first.start()
    assert there.wait(600)
    second = gongbao("run", source, "--no-ner", "--out", tmp_path / "out")
    go.set()
    first.join()
    assert second.returncode == 2
    assert f"process {os.getpid()}" in second.stderr and "Traceback" not in second.stderr
    assert json.loads((tmp_path / "out" / "latest" / "manifest.json").read_text())["counts"]["articles"] == ARTICLES


@pytest.mark.parametrize("years", [(2030, 2021, 2025), (1999, 1999, 1999), (2021, 2038, 1971)])
def test_clocks_that_jump(years: tuple[int, ...], tmp_path: Path, make_articles: Make) -> None:
    """Back, not at all, and about: no run takes the place of another, and the last is `latest`."""
    found = []
    for number, year in enumerate(years):
        source = make_articles(tmp_path / f"{number}.jsonl", range(number * 5, number * 5 + 5))
        found.append(_folder(run([source], tmp_path / "out", HERE, now=datetime(year, 1, 1, tzinfo=UTC))))
        assert (tmp_path / "out" / "latest").resolve() == found[-1].resolve()
    assert len(set(found)) == 3
    assert all((path / "manifest.json").is_file() for path in found)


def test_parquet_beside_the_lines(
    tmp_path: Path, source: Path, gongbao: Callable[..., subprocess.CompletedProcess[str]], contents: Contents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `export` is not installed")
    from gongbao.export import parquet as ours

    plain = _folder(run([source], tmp_path / "out", HERE))
    assert not (plain / "records.parquet").exists()
    asked = Options(ner=None, workers=0, parquet=True)
    summary = run([source], tmp_path / "out", asked, write_parts=lambda *paths: ours.write_parts(*paths, rows=100))
    made = _folder(summary)
    assert made != plain and summary.reused == ARTICLES, "asked for anew, and nothing extracted again"
    assert contents(made) == contents(plain)
    parts = sorted((made / "records.parquet").iterdir())
    assert [path.name for path in parts] == [f"part-{n:05d}.parquet" for n in range(len(parts))]
    assert len(parts) == -(-summary.records // 100) > 2
    rows = [row for path in parts for row in parquet.read_table(path).to_pylist()]
    lines = [json.loads(line) for line in (made / "records.jsonl").open(encoding="utf-8")]
    assert [row["record_id"] for row in rows] == [line["record_id"] for line in lines]
    assert [float(row["value"]) for row in rows] == [line["value"] for line in lines]
    assert [row["raw"] for row in rows] == [line["raw"] for line in lines]
    again = run([source], tmp_path / "out", asked, write_parts=ours.write_parts)
    assert _folder(again) == made, "nothing new, and it has its Parquet"
    done = gongbao("run", source, "--no-ner", "--parquet", "--workers", 2, "--out", tmp_path / "other")
    assert done.returncode == 0, done.stderr
    [whole] = (tmp_path / "other" / "latest" / "records.parquet").iterdir()
    ours.write_parts(made / "records.jsonl", tmp_path / "again", rows=500_000)
    assert whole.read_bytes() == (tmp_path / "again" / "part-00000.parquet").read_bytes()


def test_a_run_gone_on_with_still_writes_its_parquet(tmp_path: Path, source: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra `export` is not installed")
    from gongbao.export.parquet import write_parts

    with pytest.raises(ZeroDivisionError):
        run([source], tmp_path / "out", Options(ner=None, workers=0, parquet=True),
            progress=lambda counts, summary: 1 // 0, write_parts=write_parts)  # fmt: skip
    summary = run([], tmp_path / "out", HERE, resume=True, write_parts=write_parts)
    assert list((_folder(summary) / "records.parquet").glob("part-*.parquet"))


RULES = """rules:
  - id: count.evil
    name: 跑掉的规则
    kind: count
    priority: 60
    pattern: '{number}(?:[a-z]|[a-z]{2})+[a-z]*[!?]$'
    examples:
      yes: [{text: 3ab!, find: 3ab!, value: 3}]
"""


def test_a_rule_that_backtracks_for_ever_is_named_in_each_article_that_it_stops_at(
    tmp_path: Path, make_articles: Make
) -> None:
    rules = tmp_path / "mine" / "quantities"
    rules.mkdir(parents=True)
    (rules / "evil.yaml").write_text(RULES, encoding="utf-8")
    source = make_articles(tmp_path / "articles.jsonl", range(30))
    with source.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "bait", "text": "编号3" + "ab" * 300 + "。"}, ensure_ascii=False) + "\n")
    summary = run([source], tmp_path / "out", Options(ner=None, workers=0, rules=(str(tmp_path / "mine"),)))
    [failure] = summary.failures
    assert (summary.articles, failure.id, failure.code) == (30, "bait", "rules.timeout")
    assert "count.evil" in failure.message and "evil.yaml" in f"{failure.where} {failure.message}"


@pytest.mark.parametrize(
    "text",
    [
        "rules: !!python/object/apply:os.system ['touch {owned}']\n",
        "rules: !!python/object/new:subprocess.Popen [['touch', '{owned}']]\n",
        "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        "rules: &r [*r]\n",
        "[" * 100_000,
    ],
    ids=["a command", "a process", "laughs", "a loop", "nesting"],
)  # fmt: skip
def test_hostile_rule_files_stop_a_run_and_are_named(text: str, tmp_path: Path, make_articles: Make) -> None:
    rules = tmp_path / "mine" / "quantities"
    rules.mkdir(parents=True)
    (rules / "hostile.yaml").write_text(text.replace("{owned}", str(tmp_path / "owned")), encoding="utf-8")
    source = make_articles(tmp_path / "articles.jsonl", range(3))
    with pytest.raises(RuleError, match=r"hostile\.yaml"):
        run([source], tmp_path / "out", Options(ner=None, workers=0, rules=(str(tmp_path / "mine"),)))
    assert not (tmp_path / "owned").exists()
    assert not (tmp_path / "out" / "latest").exists()


def test_ids_that_are_paths_write_nothing_outside_the_run(tmp_path: Path) -> None:
    """In the run folder and in every export that is a folder of files named after articles."""
    from gongbao.export.select import Data
    from gongbao.export.sources import open_source
    from gongbao.export.writing import export, target_of

    names = ["../../up", str(tmp_path / "absolute"), "..", ".", "a/../../b", "nul\\..\\x", "-rf", "~", "x" * 400]
    rows = [{"id": name, "text": "2021年南通市投资5亿元。"} for name in names]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made = _folder(run([tmp_path / "rows.jsonl"], tmp_path / "o" / "u" / "t", HERE))
    for name in ("brat", "datapackage"):
        export(Data([open_source(made)]), target_of(name, str(tmp_path / "o" / "e" / name), lambda format: tmp_path))
    outside = [path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "o")]
    assert outside == [tmp_path / "rows.jsonl"]
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["e", "u"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_a_name_in_gbk_blocks_nothing(tmp_path: Path, gongbao: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The path in bytes is named on the command line too, so that it stands in plan and manifest."""
    from gongbao.export.select import Data
    from gongbao.export.sources import open_source
    from gongbao.export.writing import export, target_of

    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "县志".encode("gbk")))
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/" + "公报".encode("gbk") + b".txt")).write_text("2021年投资5亿元。")
    done = gongbao("run", folder, "--no-ner", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("GB18030, as in 公报.txt") == 1
    made = tmp_path / "out" / "latest"
    for name in ("csv", "jsonl", "doccano", "label-studio", "brat", "datapackage"):
        assert export(Data([open_source(made)]), target_of(name, str(tmp_path / "e" / name), lambda format: tmp_path))
    assert gongbao("run", folder, "--no-ner", "--out", tmp_path / "out").returncode == 0, "taken over"
    assert gongbao("run", "--resume", "--out", tmp_path / "out").returncode == 0
