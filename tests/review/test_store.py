"""Decisions: kept at once, never overwritten silently, undone to any depth; a bad database is refused untouched."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from gongbao.diff.fields import content_key
from gongbao.errors import CompareError
from gongbao.review.ledger import Event, Ledger, settled_by
from gongbao.review.store import NewDecision, Store
from hypothesis import given
from hypothesis import strategies as st

OLD = {"article_id": "a.txt", "raw": "5亿元", "value": 5, "year": 2020, "start": 1, "end": 5}
NEW = {**OLD, "value": 50}
MINE = {**OLD, "value": 500}


def entry(key: str = "k", action: Any = "accept", expected: int | None = 0, **more: Any) -> NewDecision:
    return NewDecision(key, action, "a.txt", expected, **more)


def event(number: int, action: Any, key: str = "k", **more: Any) -> Event:
    fields: dict[str, Any] = {
        "batch": str(number),
        "undoes": None,
        "reviewer": "Li",
        "old": OLD,
        "new": NEW,
        "edited": None,
    }
    return Event(
        id=number, key=key, action=action, at="", article_id="a.txt", occurrence=0, versions={}, **{**fields, **more}
    )


AFTER = {**OLD, "start": 40, "end": 44}
MOVED = {**OLD, "start": 3, "end": 7}


@pytest.mark.parametrize(
    ("events", "right"),
    [
        ([event(1, "accept", "a", old=None)], [NEW]),
        ([event(1, "accept", "a", old=None), event(2, "accept", "b", old=NEW, new=None)], []),
        ([event(1, "accept", "a", old=None), event(2, "reject", "b", old=NEW, new=None)], [NEW]),
        ([event(1, "accept", "a", old=None), event(2, "accept", "b", old=NEW, new=MINE)], [MINE]),
        (
            [
                event(1, "accept", "a", old=None),
                event(2, "accept", "b", old=NEW, new=MINE),
                event(3, "accept", "a", old=None),
            ],
            [NEW],
        ),
        ([event(1, "accept", "a", old=None), event(2, "edit", "b", old=NEW, edited=MINE)], [MINE]),
        ([event(1, "accept", "a"), event(2, "reject", "b", old=None)], []),
        ([event(1, "accept", "a"), event(2, "accept", "b", old=NEW, new=None), event(3, "undo", "b", undoes=2)], [NEW]),
        # What says the same of words elsewhere is another record, one that moved with its text is not.
        ([event(1, "accept", "a", old=None, new=OLD), event(2, "accept", "b", old=None, new=AFTER)], [OLD, AFTER]),
        (
            [
                event(1, "accept", "a", old=None, new=OLD),
                event(2, "accept", "b", old=None, new=AFTER),
                event(3, "accept", "c", old=MOVED, new=None),
            ],
            [AFTER],
        ),
        ([event(1, "accept", "a", old=None, new=OLD), event(2, "accept", "b", old=MINE, new=None)], []),
    ],
)
def test_what_stands_is_what_no_later_decision_replaced(events: list[Event], right: list[Any]) -> None:
    ledger = Ledger()
    ledger.replay(events)
    assert [event.outcome for event in ledger.standing().get("a.txt", ())] == right


def test_decisions_survive_reopening_with_all_they_carry(tmp_path: Path) -> None:
    store = Store(tmp_path / "reviews.db")
    store.append([entry(action="edit", old=OLD, new=NEW, edited=MINE)], "李", "b", {"old": {"rules": "1"}})
    store.close()
    (found,) = Store(tmp_path / "reviews.db").ledger.heads()
    assert (found.action, found.reviewer, found.old, found.new, found.edited) == ("edit", "李", OLD, NEW, MINE)
    assert found.versions == {"old": {"rules": "1"}} and found.at


def test_a_decision_on_a_change_that_moved_on_is_not_written(tmp_path: Path) -> None:
    one, two = Store(tmp_path / "reviews.db"), Store(tmp_path / "reviews.db")
    assert one.append([entry()], "Li", "1", {}) == []
    (conflict,) = two.append([entry(action="reject"), entry("other")], "Wang", "2", {})
    assert (conflict.reviewer, conflict.action) == ("Li", "accept")
    assert [(e.key, e.action) for e in two.ledger.heads()] == [("k", "accept"), ("other", "accept")]
    assert two.append([entry(action="reject", expected=two.ledger.version("k"))], "Wang", "3", {}) == []
    assert one.refresh() == ["other", "k"]
    assert one.ledger.head("k") is not None and one.ledger.head("k").reviewer == "Wang"  # type: ignore[union-attr]


def test_an_undo_brings_back_what_was_decided_before(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.replay([event(1, "accept"), event(2, "reject", reviewer="Wang")])
    assert ledger.head("k") and ledger.head("k").id == 2  # type: ignore[union-attr]
    ledger.replay([event(3, "undo", undoes=2)])
    assert ledger.head("k").id == 1  # type: ignore[union-attr]
    ledger.replay([event(4, "undo", undoes=1)])
    assert ledger.head("k") is None
    assert ledger.version("k") == 4


def test_the_last_batch_is_that_of_the_reviewer(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.replay(
        [
            event(1, "accept", "a", batch="x"),
            event(2, "accept", "b", batch="x"),
            event(3, "accept", "c", reviewer="Wang"),
        ]
    )
    assert [e.id for e in ledger.last_batch("Li", {"a", "b", "c"})] == [1, 2]
    assert [e.id for e in ledger.last_batch("Li", {"b"})] == [2]
    assert ledger.last_batch("Nobody", {"a"}) == []


ACTIONS = st.lists(st.tuples(st.sampled_from(["accept", "reject", "undo"]), st.sampled_from("abc")), max_size=20)


@given(ACTIONS)
def test_undoing_everything_leaves_nothing_decided(actions: list[tuple[str, str]]) -> None:
    ledger = Ledger()
    number = 0
    for action, key in actions:
        head = ledger.head(key)
        number += 1
        if action == "undo":
            if head is not None:
                ledger.replay([event(number, "undo", key, undoes=head.id)])
        else:
            ledger.replay([event(number, action, key)])
    while batch := ledger.last_batch("Li", {"a", "b", "c"}):
        for undone in batch:
            number += 1
            ledger.replay([event(number, "undo", undone.key, undoes=undone.id)])
    assert list(ledger.heads()) == [] and ledger.settled() == {}


def test_a_rejection_settles_the_way_back_and_an_edit_the_way_to_it() -> None:
    assert settled_by(event(1, "accept")) == []
    assert settled_by(event(1, "reject")) == [content_key(NEW, OLD)]
    assert content_key(MINE, NEW) in settled_by(event(1, "edit", edited=MINE))
    assert content_key(OLD, MINE) in settled_by(event(1, "edit", edited=MINE))
    added = event(1, "add", old=None, new=None, edited=MINE)
    assert settled_by(added) == [content_key(MINE, None), content_key(None, MINE)]


def test_losing_what_was_accepted_is_never_settled() -> None:
    ledger = Ledger()
    key = content_key(OLD, NEW)
    ledger.replay([event(1, "accept", key)])
    assert content_key(NEW, OLD) not in ledger.settled()
    assert content_key(NEW, None) not in ledger.settled()


def test_positions_are_kept_for_each_reviewer(tmp_path: Path) -> None:
    store = Store(tmp_path / "reviews.db")
    store.set_position("1..2", "Li", "k")
    store.set_position("1..2", "Li", "m")
    assert store.position("1..2", "Li") == "m"
    assert store.position("1..2", "Wang") is None
    store.remember_sides("a", "b")
    store.remember_sides("c", "d")
    assert store.last_sides() == ("c", "d")
    store.remember_sides("baseline", os.fsdecode(b"/data/\xb9\xab/runs/1"))  # a folder with a name in GBK
    assert store.last_sides() == ("baseline", os.fsdecode(b"/data/\xb9\xab/runs/1"))


def _refused(path: Path) -> CompareError:
    before = path.read_bytes()
    with pytest.raises(CompareError) as caught:
        Store(path)
    assert path.read_bytes() == before
    assert caught.value.fix
    return caught.value


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    path.write_bytes(b"these are notes, not a database" * 100)
    assert _refused(path).code == "compare.corrupt"


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE notes (text)")
    db.close()
    assert _refused(path).code == "compare.corrupt"


def test_a_damaged_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    store = Store(path)
    store.append([entry(str(n), old=OLD, new=NEW) for n in range(300)], "Li", "b", {})
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    data = bytearray(path.read_bytes())
    data[8192:40960] = os.urandom(32768)
    path.write_bytes(data)
    assert _refused(path).code == "compare.corrupt"


def test_the_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    assert _refused(path).code == "compare.schema"


def test_a_locked_database_says_so_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongbao.review.store._BUSY", 0.1)
    path = tmp_path / "reviews.db"
    store = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CompareError) as caught:
        store.append([entry()], "Li", "b", {})
    assert caught.value.code == "compare.locked"
    other.execute("ROLLBACK")
    other.close()
    assert list(store.ledger.heads()) == []
    assert store.append([entry()], "Li", "b", {}) == []


def _decide_forever(path: str, ready: Any) -> None:
    store = Store(Path(path))
    for number in range(100_000):
        store.append([entry(str(number), old=OLD, new=NEW)], "Li", str(number), {})
        ready.value = number + 1  # only now is it told


def test_every_decision_that_was_told_survives_kill_9(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Value("i", 0)
    process = context.Process(target=_decide_forever, args=(str(tmp_path / "reviews.db"), told))
    process.start()
    while told.value < 20:
        assert process.is_alive()
        time.sleep(0.005)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    count = told.value
    assert count >= 20
    found = [e.key for e in Store(tmp_path / "reviews.db").ledger.heads()]
    assert found[:count] == [str(n) for n in range(count)]
    assert len(found) <= count + 1
