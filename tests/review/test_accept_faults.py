"""What may go wrong while decisions are written: the baseline is as it was or as it is to be, never between."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gongbao.diff.baseline import open_baseline, writing
from gongbao.diff.compare import compare
from gongbao.diff.mending import mend
from gongbao.diff.sources import Places, open_side
from gongbao.errors import CompareError
from gongbao.review.accept import accept
from gongbao.review.app import create_app
from gongbao.review.ledger import Ledger
from gongbao.review.opening import open_review
from gongbao.run import journal
from starlette.testclient import TestClient

ODD = ("", "\u2028", "\u2029", "\x85", "\x0b", "\x1c")
"""What `str.splitlines` takes for the end of a line, in titles and ids."""


def places_of(root: Path) -> Places:
    return Places(root / "outputs", root / "baseline", root / "gold", root / "cases")


def write_run(build: ModuleType, root: Path, number: int) -> None:
    """A run of an article for each odd character; the figures follow from the number of the run."""
    texts = {f"{odd}{n}.txt": f"标题{odd}{n}\n投资{number}{n}亿元，新增{n}家。\n" for n, odd in enumerate(ODD)}
    records = [
        build.make_record(key, text, amount, value=int(amount[:-2]) * 10**8 if "亿" in amount else 1, kind=kind)
        for key, text in texts.items()
        for n in (ODD.index(key[:-5]),)
        for amount, kind in ((f"{number}{n}亿元", "money"), (f"{n}家", "count"))
    ]
    build.write_run(root / "outputs", f"2021010{number}-000000", texts, records)


@pytest.fixture
def root(tmp_path: Path, build: ModuleType) -> Path:
    """A project with an accepted run and a second one with changes, decided in a review: all sorts of decisions."""
    root = tmp_path / "project"
    write_run(build, root, 1)
    places = places_of(root)
    accept(compare(open_side("baseline", places), open_side("latest", places)), Ledger(), places, everything=True)
    write_run(build, root, 2)
    session = open_review("baseline", "latest", places, reviewer="Li")
    keys = [change.key for change in session.comparison.changes]
    session.decide(keys[:4], "accept", "Li", {}, {})
    session.decide(keys[4:5], "reject", "Li", {}, {})
    session.decide(keys[5:6], "edit", "Li", {}, {"year": "2019"})
    session.store.close()
    return root


def write_decisions(root: Path) -> None:
    session = open_review("baseline", "latest", places_of(root), reviewer="Li")
    accept(session.comparison, session.store.ledger, session.places)
    session.store.close()


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock" and "outputs" not in path.relative_to(folder).parts
    }


class Strikes:
    """Watches the operations that change files below a folder, and strikes at one of them."""

    EVENTS = ("os.rename", "os.remove", "os.mkdir")

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.left = 0
        self.strike: Callable[[], None] = lambda: None
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None or not arguments or not isinstance(arguments[0], str | Path):
            return
        writes = event in self.EVENTS or (event == "open" and isinstance(arguments[1], str) and "w" in arguments[1])
        if writes and str(arguments[0]).startswith(str(self.folder)) and "reviews.db" not in str(arguments[0]):
            self.left -= 1
            if self.left < 0:
                self.strike()

    @contextmanager
    def at(self, folder: Path, number: int, strike: Callable[[], None]) -> Iterator[None]:
        self.folder, self.left, self.strike = folder, number, strike
        try:
            yield
        finally:
            self.folder = None


@pytest.fixture(scope="module")
def strikes() -> Strikes:
    return Strikes()


def moments(root: Path, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A fresh copy of the project for each operation that writing decisions takes."""
    for number in itertools.count():
        copy = tmp_path / f"at-{number}"
        shutil.copytree(root, copy, symlinks=True)
        yield number, copy


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only there a process can be copied")
def test_killed_at_any_operation_it_is_as_before_or_as_after(root: Path, tmp_path: Path, strikes: Strikes) -> None:
    before = files(root / "baseline")
    shutil.copytree(root, tmp_path / "whole", symlinks=True)
    write_decisions(tmp_path / "whole")
    expected = files(tmp_path / "whole")
    after = files(tmp_path / "whole" / "baseline")
    assert before != after
    seen = set()
    for number, copy in moments(root, tmp_path):
        child = os.fork()
        if child == 0:
            with strikes.at(copy, number, lambda: os._exit(9)):
                write_decisions(copy)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        open_baseline(copy / "baseline")
        now = files(copy / "baseline")
        assert {name: data for name, data in now.items() if not name.endswith(".new")} in (before, after), number
        seen.add(".gitignore" in now and now == after)
        write_decisions(copy)
        assert files(copy) == expected, number
        if os.waitstatus_to_exitcode(status) == 0:
            break
    assert number > 20 and seen == {False, True}


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(errno.ENOSPC, "compare.disk_full"), (errno.EROFS, "compare.unwritable"), (errno.EACCES, "compare.unwritable")],
    ids=["full", "read-only", "forbidden"],
)
def test_what_the_system_refuses_is_said_and_half_done_nowhere(
    root: Path, tmp_path: Path, strikes: Strikes, refusal: int, code: str
) -> None:
    before = files(root / "baseline")
    for number, copy in moments(root, tmp_path):

        def refuse() -> None:
            raise OSError(refusal, os.strerror(refusal))

        try:
            with strikes.at(copy, number, refuse):
                write_decisions(copy)
            break
        except CompareError as error:
            assert (error.code, bool(error.fix)) == (code, True)
            assert error.where is not None and str(copy) in error.where
        found = {name: data for name, data in files(copy / "baseline").items() if not name.startswith(".")}
        decided = journal.is_open(copy / "baseline")
        assert decided or found == {name: data for name, data in before.items() if not name.startswith(".")}
        write_decisions(copy)
    assert number > 20


def test_two_at_once_and_the_second_is_told(root: Path) -> None:
    session = open_review("baseline", "latest", places_of(root), reviewer="Li")
    client = TestClient(create_app(session, "token"), base_url="http://127.0.0.1")
    headers = {"x-gongbao-token": "token"}
    with writing(root / "baseline"):
        before = files(root)
        with pytest.raises(CompareError, match=f"process {os.getpid()}") as caught:
            write_decisions(root)
        assert caught.value.code == "compare.locked"
        answer = client.post("/api/apply", json={"dry_run": False}, headers=headers)
        assert answer.status_code == 503 and "Wait" in answer.json()["error"]
        assert client.post("/api/apply", json={"dry_run": True}, headers=headers).status_code == 200
        assert files(root) == before
    write_decisions(root)
    stale = client.get("/article", params={"id": "0.txt"})
    assert stale.status_code == 409, "somebody else wrote the baseline"
    assert client.get("/article", params={"id": "0.txt"}).status_code == 200, "and now it is compared with the new one"


def test_a_journal_from_elsewhere_writes_nothing_outside(root: Path, tmp_path: Path) -> None:
    (root / "baseline" / "away").symlink_to(tmp_path)
    for path in ("../evil", "records/../../evil", str(tmp_path / "evil"), "away/evil", 5, None):
        (root / "baseline" / journal.NAME).write_text(json.dumps({"path": path, "text": "evil"}) + "\n")
        with pytest.raises(CompareError) as caught:
            open_baseline(root / "baseline")
        assert caught.value.code == "compare.format" and caught.value.fix
    assert not list(tmp_path.rglob("evil"))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _forget(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


DAMAGE: Mapping[str, Callable[[Path], object]] = {
    "a record cut off": lambda folder: _cut(folder / "records" / "0.txt.jsonl"),
    "no record": lambda folder: (folder / "records" / "0.txt.jsonl").write_text('{"article_id": "0.txt"}\n'),
    "an article not listed": lambda folder: _forget(folder / "articles.jsonl"),
    "the list cut off": lambda folder: _cut(folder / "articles.jsonl"),
    "no list": lambda folder: (folder / "articles.jsonl").unlink(),
    "a list of other things": lambda folder: (folder / "articles.jsonl").write_text('[1]\n{"id": 5}\nnull\n'),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "a damaged manifest": lambda folder: (folder / "manifest.json").write_text("{"),
    "merge marks": lambda folder: (folder / "articles.jsonl").open("a").write("<<<<<<< HEAD\n"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_baseline_says_so_and_can_be_mended(root: Path, damage: str) -> None:
    folder = root / "baseline"
    rows = {key: open_baseline(folder).rows(key) for key in open_baseline(folder).articles}
    DAMAGE[damage](folder)
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.jsonl*"))
    with pytest.raises(CompareError, match="--mend"):
        write_decisions(root)
    done = mend(folder)
    side = open_baseline(folder)
    for key, kept in rows.items():
        assert [row for row in side.rows(key) if row not in kept] == []
    assert sum(len(side.rows(key)) for key in rows) >= sum(map(len, rows.values())) - 2
    assert bool(done.left_out) == bool(list(folder.rglob("*.damaged")))
    assert sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.jsonl*")) >= lines, "nothing is deleted"
    assert mend(folder).left_out == ()
    write_decisions(root)


def test_mending_what_is_whole_changes_nothing(root: Path) -> None:
    before = files(root)
    assert mend(root / "baseline") == type(mend(root / "baseline"))((), ())
    assert files(root) == before


def test_a_baseline_that_an_earlier_version_was_stopped_in(root: Path, build: ModuleType) -> None:
    """Records and texts written, the list not: the texts that the records fit are theirs."""
    folder = root / "baseline"
    whole = root.parent / "whole"
    shutil.copytree(root, whole, symlinks=True)
    write_decisions(whole)
    for name in ("records", "texts"):
        shutil.copytree(whole / "baseline" / name, folder / name, dirs_exist_ok=True)
    mend(folder)
    assert files(folder)["articles.jsonl"] == files(whole / "baseline")["articles.jsonl"]


def test_ids_and_titles_with_ends_of_lines_are_accepted_again_and_again(root: Path) -> None:
    for _ in range(3):
        write_decisions(root)
    side = open_baseline(root / "baseline")
    assert {known.about[0] for known in side.articles.values()} == {f"标题{odd}{n}" for n, odd in enumerate(ODD)}
