"""Comparing two extractions: `compare(old, new)` gives what changed, class by class and cause by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from gongbao.diff.alignment import Alignment, align
from gongbao.diff.causes import Cause, ChangeClass, cause_of_change, cause_of_gain, cause_of_loss, cause_of_quiet
from gongbao.diff.fields import RecordRow, changed_fields, content_key, display, quiet_differences
from gongbao.diff.pairing import Pair, in_text_order, pair_records
from gongbao.diff.reading import Ref, Row, Side, parse_row
from gongbao.errors import CompareError


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two extractions; the records themselves stay in their files.

    Args:
        key: See `fields.content_key`; empty for quiet changes.
        article_id: The article.
        cause: What it has in common with the other changes of its group.
        fields: Fields needing eyes that differ; empty for added, removed and quiet changes.
        quiet: Classes of differences that need no eyes.
        old: Where the old record stands.
        new: Where the new record stands.
        start: Of the amount in the new text, for removed records in the old one.
        raw: The amount as found.
        before: What the old record says of the cause's field (of the value, for added and removed records).
        after: What the new record says of it.
    """

    key: str
    article_id: str
    cause: Cause
    fields: tuple[str, ...]
    quiet: tuple[str, ...]
    old: Ref | None
    new: Ref | None
    start: int
    raw: str
    before: str
    after: str
    occurrence: int = 0
    """How many changes of the article before this one are alike in all that the key holds."""

    @property
    def kind(self) -> ChangeClass:
        """`added`, `removed`, `changed` or `quiet`."""
        return self.cause.change


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Changes of one cause, in the order of the articles and their texts."""

    cause: Cause
    changes: tuple[Change, ...]


class VersionChange(NamedTuple):
    """A version that differs: of the code, the rules, the model, or of one rule. None: not there."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Comparison:
    """What differs between two extractions.

    `changes` need eyes, `quiet` do not; together they turn the old records into the new ones (`apply`).
    """

    old: Side
    new: Side
    changes: tuple[Change, ...]
    quiet: tuple[Change, ...]
    same: int
    compared: tuple[str, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    text_changed: tuple[str, ...]
    text_unknown: tuple[str, ...]
    about_changed: tuple[str, ...]
    left_out: int = 0
    """Articles on one side only that were not asked for."""
    by_key: Mapping[str, Change] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {change.key: change for change in self.changes})

    @property
    def articles(self) -> int:
        """Articles on either side."""
        return len(self.compared) + len(self.only_old) + len(self.only_new) + self.left_out

    @cached_property
    def groups(self) -> tuple[ChangeGroup, ...]:
        """The changes needing eyes by cause: biggest danger first, then the larger group."""
        return group_changes(self.changes)

    @cached_property
    def versions(self) -> tuple[VersionChange, ...]:
        """Versions of code, rules and model that differ."""
        return tuple(_differing(self.old.versions, self.new.versions))

    @cached_property
    def rule_versions(self) -> tuple[VersionChange, ...]:
        """Rules that were changed, added or removed; empty where a side does not tell."""
        if not self.old.rule_versions or not self.new.rule_versions:
            return ()
        return tuple(_differing(self.old.rule_versions, self.new.rule_versions))

    def records(self, change: Change) -> tuple[Row | None, Row | None]:
        """The old and the new record of a change."""
        return (self.old.row(change.old) if change.old else None, self.new.row(change.new) if change.new else None)


def compare(old: Side, new: Side, *, common_only: bool = False, gone: bool = True) -> Comparison:
    """Compare two extractions.

    Args:
        old: The side that changes count from.
        new: The side that changes lead to.
        common_only: Leave out articles that only one side has (they are still counted).
        gone: Whether the records of articles that the new side did not read are lost; of those that failed they are.
            Where the new side has none of the baseline's articles but new ones, it says nothing of them.

    Raises:
        CompareError: there is nothing to compare: no articles, or none that both sides have.
    """
    ids = [*new.articles, *(key for key in old.articles if key not in new.articles)]
    both = [key for key in ids if key in old.articles and key in new.articles]
    grows = not both and not common_only and _grows(old, new)
    if not ids:
        raise CompareError(
            "neither side holds an article",
            where=f"{old.path} and {new.path}",
            fix="Check that the runs read anything",
            code="compare.empty",
        )
    if not both and not grows and (common_only or (old.articles and new.articles)):
        raise CompareError(
            f"no article is in both ({len(old.articles)} and {len(new.articles)} articles)",
            where=f"{old.path} and {new.path}",
            fix="Article ids are paths below the folder that was read: run both on the same folder",
            code="compare.disjoint",
        )
    changes: list[Change] = []
    quiet: list[Change] = []
    same = 0
    text_changed, text_unknown, about_changed = [], [], []
    causes: dict[Cause, Cause] = {}
    asked = both if common_only else ids
    if grows or not gone:
        asked = [key for key in asked if key in new.articles or key in new.failed]
    for article_id in asked:
        known_old, known_new = old.articles.get(article_id), new.articles.get(article_id)
        alignment = None
        articles = ""
        if known_old is None:
            articles = "only_new"
        elif known_new is None:
            articles = "failed" if article_id in new.failed else "only_old"
        else:
            if known_old.text_hash is None or known_new.text_hash is None:
                text_unknown.append(article_id)
            elif known_old.text_hash != known_new.text_hash:
                text_changed.append(article_id)
                alignment = _alignment(old, new, article_id)
            if known_old.about != known_new.about and "file" not in (old.kind, new.kind):
                about_changed.append(article_id)
        found, unchanged = _compare_article(old, new, article_id, alignment, articles, causes)
        same += unchanged
        for change in found:
            (quiet if change.kind == "quiet" else changes).append(change)
    return Comparison(
        old,
        new,
        tuple(changes),
        tuple(quiet),
        same,
        compared=tuple(both),
        only_old=() if common_only else tuple(key for key in ids if key not in new.articles),
        only_new=() if common_only else tuple(key for key in ids if key not in old.articles),
        text_changed=tuple(text_changed),
        text_unknown=tuple(text_unknown),
        about_changed=tuple(about_changed),
        left_out=len(ids) - len(both) if common_only else 0,
    )


def _grows(old: Side, new: Side) -> bool:
    """Whether the new side holds articles of which the baseline knows none: next month's, in a folder of their own.

    Known texts under other ids are another thing: the same articles, read from another folder.
    """
    known = {article.text_hash for article in old.articles.values()}
    unknown = bool(new.articles) and not any(article.text_hash in known for article in new.articles.values())
    return old.kind == "baseline" and unknown


def group_changes(changes: Iterable[Change]) -> tuple[ChangeGroup, ...]:
    """Group changes by cause: biggest danger first, then the larger group, then by name."""
    groups: dict[Cause, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.cause, []).append(change)
    ordered = sorted(groups.items(), key=lambda item: (item[0].danger, -len(item[1]), repr(item[0])))
    return tuple(ChangeGroup(cause, tuple(members)) for cause, members in ordered)


def classify(pair: Pair, articles: str = "") -> tuple[Cause, tuple[str, ...], tuple[str, ...]] | None:
    """The cause, fields needing eyes and quiet differences of a pair; None if the records are the same."""
    old, new = pair
    if old is None or new is None:
        if old is not None:
            return cause_of_loss(old, articles), (), ()
        assert new is not None, "a pair holds at least one record"
        return cause_of_gain(new, articles), (), ()
    if old == new:
        return None
    fields, quiet = changed_fields(old, new), quiet_differences(old, new)
    if fields:
        return cause_of_change(old, new, fields), fields, quiet
    return (cause_of_quiet(old, new, quiet), (), quiet) if quiet else None


def apply(rows: Iterable[RecordRow], comparison: Comparison) -> list[RecordRow]:
    """The records that a comparison's changes, quiet ones included, make of the old side's records."""
    gone: Counter[str] = Counter()
    added: list[RecordRow] = []
    for change in (*comparison.changes, *comparison.quiet):
        old, new = comparison.records(change)
        if old is not None:
            gone[identity(old)] += 1
        if new is not None:
            added.append(new)
    kept: list[RecordRow] = []
    for row in rows:
        same = identity(row)
        if gone[same]:
            gone[same] -= 1
        else:
            kept.append(row)
    return in_text_order([*kept, *added])


def _compare_article(
    old: Side, new: Side, article_id: str, alignment: Alignment | None, articles: str, causes: dict[Cause, Cause]
) -> tuple[list[Change], int]:
    if alignment is None and articles == "":
        blocks_old, blocks_new = old.blocks(article_id), new.blocks(article_id)
        whole_old, whole_new = b"".join(b for _, b in blocks_old), b"".join(b for _, b in blocks_new)
        if whole_old == whole_new:
            return [], sum(1 for line in whole_old.splitlines() if line.strip())
    left, right = old.lines(article_id), new.lines(article_id)
    same = 0
    if alignment is None:
        # Equal lines are the same record: nothing overlaps better than the same span.
        shared = Counter(line for _, line in left) & Counter(line for _, line in right)
        same = sum(shared.values())
        left, right = _without(left, shared), _without(right, shared)
    rows_old = [(parse_row(line), ref) for ref, line in left]
    rows_new = [(parse_row(line), ref) for ref, line in right]
    refs = {id(row): ref for row, ref in (*rows_old, *rows_new)}
    changes: list[Change] = []
    occurrences: Counter[str] = Counter()
    pairs = pair_records([row for row, _ in rows_old], [row for row, _ in rows_new], alignment)
    for pair in sorted(pairs, key=_reading_order):
        verdict = classify(pair, articles)
        if verdict is None:
            same += 1
            continue
        cause, fields, quiet = verdict
        verdict = (causes.setdefault(cause, cause), fields, quiet)
        key, occurrence = "", 0
        if cause.change != "quiet":
            key = content_key(*pair)
            occurrence, occurrences[key] = occurrences[key], occurrences[key] + 1
            if occurrence:
                key = content_key(*pair, occurrence)
        changes.append(_change(key, article_id, verdict, pair, refs, occurrence))
    return changes, same


def _change(
    key: str,
    article_id: str,
    verdict: tuple[Cause, tuple[str, ...], tuple[str, ...]],
    pair: Pair,
    refs: Mapping[int, Ref],
    occurrence: int,
) -> Change:
    cause, fields, quiet = verdict
    old, new = pair
    shown = new if new is not None else old
    assert shown is not None
    name = cause.field if cause.change == "changed" else "value"
    return Change(
        key=key,
        article_id=article_id,
        cause=cause,
        fields=fields,
        quiet=quiet,
        old=refs[id(old)] if old is not None else None,
        new=refs[id(new)] if new is not None else None,
        start=shown["start"],
        raw=str(shown.get("raw") or shown.get("amount") or ""),
        before=display(old, name) or "",
        after=display(new, name) or "",
        occurrence=occurrence,
    )


def _reading_order(pair: Pair) -> tuple[int, int]:
    record = pair[1] if pair[1] is not None else pair[0]
    assert record is not None
    return record["start"], record["end"]


def _without(lines: Sequence[tuple[Ref, bytes]], shared: Counter[bytes]) -> list[tuple[Ref, bytes]]:
    left = Counter(shared)
    kept = []
    for ref, line in lines:
        if left[line]:
            left[line] -= 1
        else:
            kept.append((ref, line))
    return kept


def _alignment(old: Side, new: Side, article_id: str) -> Alignment | None:
    before, after = old.article(article_id), new.article(article_id)
    if before is None or after is None or before.text is None or after.text is None:
        return None
    return align(before.text, after.text)


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[VersionChange]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield VersionChange(name, old.get(name), new.get(name))


def identity(row: RecordRow) -> str:
    """A record as a text: equal ones are the same in every field."""
    return repr(sorted(row.items(), key=lambda item: item[0]))
