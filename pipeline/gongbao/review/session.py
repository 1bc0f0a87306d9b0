"""A review in progress: a comparison, the decisions on it, and what a reviewer may do."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

from gongbao.diff.baseline import read_settled
from gongbao.diff.compare import Change, Comparison, compare
from gongbao.diff.fields import RecordRow, content_key
from gongbao.diff.judge import Judgement, gold_of, judge
from gongbao.diff.reading import ArticleRow, Side, parse_row
from gongbao.diff.sources import Places, open_side
from gongbao.errors import CompareError, GongbaoError
from gongbao.places.gazetteer import Gazetteer
from gongbao.read.ids import as_text
from gongbao.review import completion
from gongbao.review.contradictions import RecordKey, contradictions
from gongbao.review.editing import edit, new_record
from gongbao.review.ledger import Event
from gongbao.review.store import NewDecision, Store
from gongbao.review.texts import TextPair
from gongbao.rulebook.load import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Status:
    """Where a change stands. `verdict` is None while undecided; `version` is what a decision must name."""

    key: str
    verdict: str | None
    reviewer: str | None
    at: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision: the keys written and, for those that had moved on, where they stand now."""

    written: tuple[str, ...]
    conflicts: tuple[Status, ...]
    batch: str = ""


@dataclass
class Session:
    """One comparison under review; may be used from several threads.

    Args:
        comparison: What is reviewed.
        places: Where gold, baseline and test cases are.
        store: The open database.
        reviewer: The name used where a browser gives none.
        rules: Folders of the user's own rules.
        common: Whether articles on one side only were left out.
        gone: Whether records of articles that the new side did not read count as lost.
    """

    comparison: Comparison
    places: Places
    store: Store
    reviewer: str = "reviewer"
    rules: Sequence[str] = ()
    common: bool = False
    gone: bool = True
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.rules_error: str | None = None
        self._settled_elsewhere = {key: item.verdict for key, item in read_settled(self.places.baseline).items()}
        self._settled_at = -1
        self._settled: dict[str, str] = {}

    @cached_property
    def id(self) -> str:
        """What the positions of reviewers are kept under."""
        sides = self.comparison.old, self.comparison.new
        return "..".join(as_text(side.run_id or side.path.as_posix()) for side in sides)

    @cached_property
    def judgement(self) -> Judgement | None:
        """What the annotations say, None where there are none."""
        gold = gold_of(self.places.gold)
        return judge(self.comparison, gold) if gold else None

    @cached_property
    def contradictions(self) -> Mapping[RecordKey, tuple[RecordRow, ...]]:
        """Records that others contradict: in their article, in others, among the accepted ones."""
        return contradictions(self._standing())

    @cached_property
    def accepted_names(self) -> Mapping[str, Counter[str]]:
        """The names that accepted records use, by field, with how often."""
        found: dict[str, Counter[str]] = {"initiative": Counter(), "indicator": Counter(), "unit": Counter()}
        if self.comparison.old.kind == "baseline":
            for article_id in self.comparison.old.articles:
                for row in self.comparison.old.rows(article_id):
                    for name, counter in found.items():
                        if row.get(name):
                            counter[str(row[name])] += 1
        return found

    def complete(self, article_id: str, name: str, typed: str) -> list[str]:
        """What a reviewer may be about to type into a field of a record of an article; nothing for most fields."""
        rows = self.comparison.new.rows(article_id) or self.comparison.old.rows(article_id)
        if name == "place":
            near = Counter(str(row["place"]) for row in rows if row.get("place"))
            return completion.places(self.gazetteer, typed, [place for place, _ in near.most_common()])
        accepted = self.accepted_names.get(name)
        if accepted is None:
            return []
        decided = (e.edited for e in self.store.ledger.heads() if e.edited is not None and e.edited.get(name))
        return completion.names(name, typed, rows, accepted + Counter(str(row[name]) for row in decided))

    @cached_property
    def ruleset(self) -> RuleSet:
        """The rules as they are now."""
        return RuleSet.load(*self.rules)

    @cached_property
    def rules_by_id(self) -> dict[str, Rule]:
        """All rules by id; none while the rules' files are wrong (`rules_error`), as in the middle of work."""
        try:
            return {rule.id: rule for rules in self.ruleset.stages.values() for rule in rules}
        except GongbaoError as error:
            self.rules_error = str(error)
            return {}

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The places there are."""
        return Gazetteer.load(self.ruleset)

    def warm(self) -> None:
        """Load what the first pages and edits need, so that nobody waits for it."""
        with suppress(GongbaoError):  # told when a page needs it
            self.rules_by_id, self.gazetteer, self.judgement  # noqa: B018

    def reopen(self) -> None:
        """Compare again after the baseline was written: what was accepted is no change any more."""
        if self.comparison.old.kind != "baseline":
            return
        with self._lock:
            fresh = open_side("baseline", self.places)
            self.comparison = compare(fresh, self.comparison.new, common_only=self.common, gone=self.gone)
            for known in ("judgement", "contradictions", "accepted_names"):
                self.__dict__.pop(known, None)
            self._settled_elsewhere = {key: item.verdict for key, item in read_settled(self.places.baseline).items()}
            self._settled_at = -1

    @property
    def versions(self) -> dict[str, Any]:
        """What a decision keeps of the two sides."""

        def of(side: Side) -> dict[str, Any]:
            return {"name": side.name, "run_id": side.run_id, **side.versions}

        return {"old": of(self.comparison.old), "new": of(self.comparison.new)}

    def change(self, key: str) -> Change:
        """The change with this key.

        Raises:
            CompareError: there is none.
        """
        try:
            return self.comparison.by_key[key]
        except KeyError:
            raise CompareError(
                "no such change in this review", where=key, fix="Reload the page", code="compare.no-change"
            ) from None

    def statuses(self, keys: Sequence[str] | None = None) -> list[Status]:
        """Where changes stand, all by default, after taking in what others decided."""
        with self._lock:
            self.store.refresh()
            ledger = self.store.ledger
            if self._settled_at != ledger.last:
                seen = set(ledger.seen())
                elsewhere = {k: v for k, v in self._settled_elsewhere.items() if k not in seen}
                self._settled = elsewhere | {k: str(v) for k, v in ledger.settled().items()}
                self._settled_at = ledger.last
            return [self._status(key) for key in (self.comparison.by_key if keys is None else keys)]

    def changed_since(self, event: int) -> tuple[list[str], int]:
        """The changes that anyone decided on after an event, and the newest event."""
        with self._lock:
            self.store.refresh()
            ledger = self.store.ledger
            keys = [key for key in self.comparison.by_key if ledger.version(key) > event]
            return keys, ledger.last

    def decide(
        self,
        keys: Sequence[str],
        verdict: Literal["accept", "reject", "edit"],
        reviewer: str,
        expected: Mapping[str, int],
        form: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Decide on changes at once.

        Args:
            keys: The changes.
            verdict: What is decided on all of them.
            reviewer: Who decides.
            expected: The version of each change that the reviewer saw; those that moved on are left as they are.
            form: For `edit`, the fields to write, the same ones in each record.

        Raises:
            FieldErrors: the form is not as the schema says; nothing is written.
            CompareError: no such change, or the database cannot be written.
        """
        entries = []
        for key in dict.fromkeys(keys):
            change = self.change(key)
            old, new = self.comparison.records(change)
            edited = None
            if verdict == "edit":
                base, texts = self.base_of(change, old, new)
                edited = edit(base, form or {}, texts, self.gazetteer)
            common = (key, verdict, change.article_id, expected.get(key, 0), change.occurrence)
            entries.append(NewDecision(*common, old=old, new=new, edited=edited))
        return self._write(entries, reviewer)

    def add(
        self, article_id: str, start: int, end: int, form: Mapping[str, str], reviewer: str
    ) -> tuple[Outcome, dict[str, Any]]:
        """Add a record that the extraction missed; returns it too.

        Raises:
            FieldErrors: the form is not as the schema says.
            CompareError: the article's text is not kept.
        """
        article, texts = self.article(article_id)
        about = {"article_id": article_id, "title": article.title, "pub_date": article.pub_date}
        record = new_record(about, start, end, texts, form, self.gazetteer)
        key = content_key(None, record)
        entry = NewDecision(key, "add", article_id, self.store.ledger.version(key), edited=record)
        return self._write([entry], reviewer), record

    def undo(self, reviewer: str) -> tuple[Outcome, list[Event]]:
        """Undo a reviewer's newest decisions on this comparison; those that others decided over stay decided."""
        with self._lock:
            self.store.refresh()
            ledger = self.store.ledger
            events = ledger.last_batch(reviewer, set(self.comparison.by_key) | {e.key for e in self.added()})
            over = [event.key for event in events if ledger.head(event.key) != event]
            entries = [
                NewDecision(e.key, "undo", e.article_id, ledger.version(e.key), e.occurrence, undoes=e.id)
                for e in events
            ]
            outcome = self._write(entries, reviewer)
            blocked = tuple(self.statuses(over))
            return Outcome(outcome.written, (*outcome.conflicts, *blocked), outcome.batch), events

    def added(self) -> list[Event]:
        """Records that reviewers added in the articles of this comparison."""
        known = self.comparison.new.articles.keys() | self.comparison.old.articles.keys()
        return [e for e in self.store.ledger.heads() if e.action == "add" and e.article_id in known]

    def history(self, key: str) -> Event | None:
        """The decision that holds for a change."""
        return self.store.ledger.head(key)

    def article(self, article_id: str) -> tuple[ArticleRow, TextPair]:
        """The article as the new side has it, else the old one, with its texts.

        Raises:
            CompareError: neither side keeps its text.
        """
        for side in (self.comparison.new, self.comparison.old):
            article = side.article(article_id)
            texts = TextPair.of(article) if article else None
            if article is not None and texts is not None:
                return article, texts
        raise CompareError(
            "the article's text is not kept by either side",
            where=article_id,
            fix="Review run folders: records files and the baseline hold no texts",
            code="compare.no-text",
        )

    def texts_of(self, side: Side, article_id: str) -> TextPair | None:
        """The text that a side's records count in: its own, or the other side's if that is the same text."""
        other = self.comparison.new if side is self.comparison.old else self.comparison.old
        known, known_there = side.articles.get(article_id), other.articles.get(article_id)
        own, there = side.article(article_id), other.article(article_id)
        unknown = known is None or known.text_hash is None
        same = known_there is not None and (unknown or (known and known.text_hash == known_there.text_hash))
        if there is not None and same and (own is None or own.simplified is None):
            own = there
        return TextPair.of(own) if own is not None else None

    def base_of(
        self, change: Change, old: RecordRow | None, new: RecordRow | None
    ) -> tuple[RecordRow, TextPair | None]:
        """The record that an edit starts from: the new one, for a lost record the old one."""
        if new is not None:
            return new, self.texts_of(self.comparison.new, change.article_id)
        assert old is not None, "a change has a record"
        return old, self.texts_of(self.comparison.old, change.article_id)

    def changes(self) -> Iterator[tuple[Change, RecordRow | None, RecordRow | None]]:
        """All changes with their old and new records, read an article at a time."""
        comparison = self.comparison
        for article_id, changes in groupby(comparison.changes, key=lambda change: change.article_id):
            old, new = (dict(side.lines(article_id)) for side in (comparison.old, comparison.new))
            for change in changes:
                before = parse_row(old[change.old]) if change.old is not None else None
                yield change, before, parse_row(new[change.new]) if change.new is not None else None

    def _standing(self) -> Iterator[RecordRow]:
        """The records there would be if every change were accepted."""
        comparison = self.comparison
        if comparison.old.kind != "baseline":
            for article_id in comparison.new.articles:
                yield from comparison.new.rows(article_id)
            return
        replaced = {change.old for change in comparison.changes if change.old is not None}
        for article_id in comparison.old.articles:
            yield from (parse_row(line) for ref, line in comparison.old.lines(article_id) if ref not in replaced)
        yield from (new for _, _, new in self.changes() if new is not None)

    def _write(self, entries: Sequence[NewDecision], reviewer: str) -> Outcome:
        batch = uuid.uuid4().hex[:12]
        with self._lock:
            moved = {event.key for event in self.store.append(entries, reviewer, batch, self.versions)}
            written = tuple(entry.key for entry in entries if entry.key not in moved)
            return Outcome(written, tuple(self.statuses(sorted(moved))), batch)

    def _status(self, key: str) -> Status:
        ledger = self.store.ledger
        head = ledger.head(key)
        if head is not None:
            return Status(key, head.action, head.reviewer, head.at, ledger.version(key))
        return Status(key, self._settled.get(key), None, None, ledger.version(key))
