"""What has been decided: events, and the state that replaying them gives.

Nothing is ever deleted or overwritten: an undo is an event too. Each change has a version, the number of its newest
event, which a reviewer names when deciding, so that two reviewers cannot overwrite each other without knowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gongbao.diff.fields import RecordRow, content_key

Action = Literal["accept", "reject", "edit", "add", "undo"]
Verdict = Literal["accept", "reject", "edit", "add"]


@dataclass(frozen=True, slots=True)
class Event:
    """One decision, or the undoing of one.

    Args:
        id: Its number; events are replayed in this order.
        key: The change it decides on (`fields.content_key`).
        action: What was decided.
        batch: Events made together (a whole group) share it, and are undone together.
        undoes: For `undo`, the event undone.
        reviewer: Who.
        at: When, UTC, ISO 8601.
        article_id: The article.
        occurrence: See `Change.occurrence`.
        old: The old record, None for an added one.
        new: The new record, None for a removed one.
        edited: The record as the reviewer has it, for `edit` and `add`.
        versions: Versions of both sides.
    """

    id: int
    key: str
    action: Action
    batch: str
    undoes: int | None
    reviewer: str
    at: str
    article_id: str
    occurrence: int
    old: RecordRow | None
    new: RecordRow | None
    edited: RecordRow | None
    versions: Mapping[str, Any]

    @property
    def outcome(self) -> RecordRow | None:
        """The record that is right according to this decision, None for no record."""
        return {"accept": self.new, "reject": self.old}.get(self.action, self.edited)


@dataclass
class Ledger:
    """The state of all changes after the events seen so far."""

    last: int = 0
    _of_key: dict[str, list[Event]] = field(default_factory=dict)
    _undone: set[int] = field(default_factory=set)
    _version: dict[str, int] = field(default_factory=dict)

    def replay(self, events: Iterable[Event]) -> list[str]:
        """Take in further events, in order; returns the keys they concern."""
        touched: dict[str, None] = {}
        for event in events:
            if event.undoes is not None:
                self._undone.add(event.undoes)
            else:
                self._of_key.setdefault(event.key, []).append(event)
            self._version[event.key] = event.id
            self.last = max(self.last, event.id)
            touched[event.key] = None
        return list(touched)

    def head(self, key: str) -> Event | None:
        """The decision that holds for a change, None if there is none."""
        return next((e for e in reversed(self._of_key.get(key, ())) if e.id not in self._undone), None)

    def version(self, key: str) -> int:
        """The number of the newest event on a change, 0 if there is none."""
        return self._version.get(key, 0)

    def heads(self) -> Iterator[Event]:
        """The decisions that hold, in the order of the keys' first events."""
        return (event for key in self._of_key if (event := self.head(key)) is not None)

    def standing(self) -> dict[str, list[Event]]:
        """The decisions whose outcome is still right after all later ones, by article, in the order they were made.

        A decision takes the place of what stood where its records stand. An old record that has moved with its text
        is known by what it says; the nearest goes where several say the same.
        """
        found: dict[str, dict[_Place, Event]] = {}
        for event in sorted(self.heads(), key=lambda event: event.id):
            here = found.setdefault(event.article_id, {})
            if event.old is not None and here.pop(_place(event.old), None) is None:
                here.pop(_moved(event.old, here), None)
            if event.new is not None:
                here.pop(_place(event.new), None)
            if event.outcome is not None:
                here.pop(_place(event.outcome), None)
                here[_place(event.outcome)] = event
        return {article_id: [*here.values()] for article_id, here in found.items() if here}

    def seen(self) -> Iterator[str]:
        """All changes that were ever decided on."""
        return iter(self._of_key)

    def last_batch(self, reviewer: str, wanted: Iterable[str]) -> list[Event]:
        """The newest decisions that a reviewer made together and has not undone, among the changes `wanted`."""
        keys = wanted if isinstance(wanted, set | dict) else set(wanted)
        mine = [e for key, events in self._of_key.items() if key in keys for e in events if e.reviewer == reviewer]
        mine = [event for event in mine if event.id not in self._undone]
        newest = max(mine, key=lambda event: event.id, default=None)
        return sorted((e for e in mine if newest and e.batch == newest.batch), key=lambda event: event.id)

    def settled(self) -> dict[str, Verdict]:
        """Verdicts by key, with the changes that are settled by a decision on others (`settled_by`)."""
        verdicts: dict[str, Verdict] = {}
        heads = list(self.heads())
        for event in heads:
            verdict = _verdict(event)
            for key in settled_by(event):
                verdicts[key] = verdict
        verdicts.update((event.key, _verdict(event)) for event in heads)
        return verdicts


_Place = tuple[Any, ...] | None


def _place(record: RecordRow) -> _Place:
    """Where a record stands, and the words there: an offset says little when texts change."""
    return record["start"], record["end"], record["raw"], record.get("kind")


def _moved(record: RecordRow, here: Mapping[_Place, Event]) -> _Place:
    """The place of a record that says the same as another, the nearest one; None where there is none."""
    said = content_key(None, record)
    alike = [
        (abs(row["start"] - record["start"]), place)
        for place, event in here.items()
        if (row := event.outcome) is not None and row["raw"] == record["raw"] and content_key(None, row) == said
    ]
    return min(alike, key=lambda found: found[0], default=(0, None))[1]


def settled_by(event: Event) -> list[str]:
    """Changes besides its own that a decision settles.

    A change towards the record that was found right needs no second decision, nor does the way from the accepted
    record back to the one refused, as a run compared with the baseline shows it. The way from a record found right to
    any other is never settled: that is a loss, and must be seen.
    """
    right, n = event.outcome, event.occurrence
    if event.action == "edit":
        ways = [(right, event.new), (event.new, right), (event.old, right)]
    elif event.action == "add":
        ways = [(right, None), (None, right)]
    elif event.action == "reject":
        ways = [(event.new, right)]
    else:
        ways = []
    return [content_key(old, new, n) for old, new in ways if old is not None or new is not None]


def _verdict(event: Event) -> Verdict:
    assert event.action != "undo", "an undo is never the decision that holds"
    return event.action
