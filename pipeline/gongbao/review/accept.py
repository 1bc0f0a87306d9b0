"""What decisions do: accepted and edited records go to the baseline, rejected changes become test cases and examples
for rules, edits become gold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from gongbao.diff.alignment import Alignment, align
from gongbao.diff.baseline import (
    BaselineArticle,
    Settled,
    canonical_line,
    files_of,
    read_articles,
    read_settled,
    save,
    writing,
)
from gongbao.diff.compare import Change, Comparison, compare
from gongbao.diff.fields import RecordRow, content_key
from gongbao.diff.reading import Row, Side
from gongbao.diff.sources import Places, in_order, open_side
from gongbao.names.known import KnownNames
from gongbao.review.cases import merge_cases
from gongbao.review.editing import moved
from gongbao.review.gold import merge_gold
from gongbao.review.known import decided_names, keep_names
from gongbao.review.ledger import Event, Ledger
from gongbao.review.patch import patch_for
from gongbao.review.store import Store
from gongbao.review.texts import TextPair
from gongbao.rulebook.load import RuleSet
from gongbao.stored import write_whole


@dataclass(frozen=True)
class AcceptSummary:
    """What was, or would be, written.

    `records` counts records added to, removed from or changed in the baseline; `started` says that there was no
    baseline and the old side of the comparison became it first; `names` and `aliases` are new known names; `held` are
    articles whose text changed and which stay as they were until all their changes are decided; `left` are articles
    that the new side does not have and that leave the baseline.
    """

    records: int = 0
    articles: int = 0
    cases: int = 0
    gold: int = 0
    examples: int = 0
    patch: str | None = None
    started: bool = False
    names: int = 0
    aliases: int = 0
    held: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    contradicts_gold: tuple[str, ...] = ()
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass
class _Draft:
    """The baseline in the making: records by article, and which articles were touched."""

    rows: dict[str, list[Row]]
    articles: dict[str, BaselineArticle]
    touched: dict[str, int] = field(default_factory=dict)

    def touch(self, article_id: str, count: int = 1) -> None:
        self.touched[article_id] = self.touched.get(article_id, 0) + count


def accept(
    comparison: Comparison,
    ledger: Ledger,
    places: Places,
    rules: RuleSet | None = None,
    *,
    names: Path | None = None,
    everything: bool = False,
    gone: bool = True,
    quiet: bool = False,
    dry_run: bool = False,
) -> AcceptSummary:
    """Write what was decided.

    Args:
        comparison: The comparison that was reviewed.
        ledger: The decisions.
        places: Where baseline, gold, test cases and outputs are.
        rules: The rules that examples are offered for; None for no patch.
        names: The rules folder whose known names get those of decided records; None for none.
        everything: Take the whole new side as accepted, reviewed or not, but what was rejected or edited.
        gone: Whether `everything` takes the loss of articles that the new side did not read as well (`compare`).
        quiet: Also write changes that need no eyes.
        dry_run: Only say what would be written.

    Raises:
        RuleError: the table of known names is wrong.
        CompareError: the baseline is damaged, is being written by somebody else or cannot be written, or a record is
            not as the schema says. The baseline is as it was then.
    """
    if names is not None:
        KnownNames.load([names])  # what is wrong there is told before anything is written
    with writing(places.baseline) if not dry_run else nullcontext():
        done = _accept(
            comparison, ledger, places, rules, everything=everything, gone=gone, quiet=quiet, dry_run=dry_run
        )
    if names is None or dry_run:
        return done
    kept = keep_names(names, decided_names(chain.from_iterable(ledger.standing().values())))
    return replace(done, names=kept.names, aliases=kept.aliases)


def unwritten(places: Places) -> int:
    """How many changes to accepted records `accept` would write now, of the review that was opened last.

    Raises:
        CompareError: what was reviewed is gone, or the baseline is damaged.
    """
    if not places.reviews.exists():
        return 0
    store = Store(places.reviews, read_only=True)
    try:
        sides = store.last_sides()
        if sides is None:
            return 0
        old, new, _ = in_order(*(open_side(name, places) for name in sides))
        return accept(compare(old, new), store.ledger, places, dry_run=True).records
    finally:
        store.close()


def _accept(
    comparison: Comparison,
    ledger: Ledger,
    places: Places,
    rules: RuleSet | None,
    *,
    everything: bool,
    gone: bool,
    quiet: bool,
    dry_run: bool,
) -> AcceptSummary:
    baseline = open_side("baseline", places)
    started = not baseline.articles and comparison.old.kind != "baseline" and not everything
    draft = _draft(comparison.old if started else baseline, places)
    listed = set(draft.articles)
    decisions = {e.key: e for e in ledger.heads()}
    here = [
        e for e in decisions.values() if e.key in comparison.by_key or (e.action == "add" and _knows(comparison, e))
    ]
    chosen = {e.key: e for e in here}
    if everything:
        settled = ledger.settled()
        asked = (c for c in comparison.changes if gone or c.cause.articles != "only_old")
        chosen |= {c.key: _accepted(comparison, c) for c in asked if c.key not in settled}
    held = _hold_back(comparison, chosen, ledger)
    for event in chosen.values():
        if event.article_id not in held:
            _carry_out(draft, event, _alignment(comparison, event.article_id), comparison)
    for change in comparison.quiet:
        if quiet or everything or (change.article_id in comparison.text_changed and change.article_id not in held):
            _replace(draft, change.article_id, *comparison.records(change))
    _list_articles(draft, comparison, held, everything=everything or started)
    settled_rows = _settled(here, ledger, read_settled(places.baseline), held)
    for article_id in draft.touched:
        for row in draft.rows.get(article_id, ()):
            canonical_line(row)  # find out before anything is written
    cases = merge_cases(places.cases / "reviewed.jsonl", _with_texts(comparison, here), dry_run=dry_run)
    gold = merge_gold(places.gold, _edits(comparison, here), draft.rows, _reviewed(here), dry_run=dry_run)
    patch = patch_for(rules, _with_texts(comparison, here)) if rules is not None else None
    patch_path = places.outputs / "review.patch" if patch and patch.text else None
    if not dry_run:
        if patch is not None and patch_path is not None:
            patch_path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(patch_path, patch.text.encode())
        # Last: cases, gold and patch are made anew by the next accept as long as the baseline does not hold this.
        _save(places.baseline, draft, settled_rows, comparison, all_articles=started)
    return AcceptSummary(
        records=sum(draft.touched.values()),
        articles=sum(1 for count in draft.touched.values() if count),
        cases=cases,
        gold=gold.written,
        examples=patch.examples if patch is not None else 0,
        patch=patch_path.as_posix() if patch_path else None,
        started=started and bool(draft.rows),
        held=tuple(sorted(held)),
        left=tuple(sorted(listed - draft.articles.keys())),
        contradicts_gold=gold.contradicts,
        dry_run=dry_run,
    )


def _draft(side: Side, places: Places) -> _Draft:
    rows = {article_id: side.rows(article_id) for article_id in side.places}
    if side.kind == "baseline":
        return _Draft(rows, read_articles(places.baseline))
    about = {key: BaselineArticle(key, *known.about, known.text_hash) for key, known in side.articles.items()}
    return _Draft(rows, about)


def _knows(comparison: Comparison, event: Event) -> bool:
    return event.article_id in comparison.new.articles or event.article_id in comparison.old.articles


def _accepted(comparison: Comparison, change: Change) -> Event:
    old, new = comparison.records(change)
    head = (change.key, "accept", "", None, "", "", change.article_id, change.occurrence)
    return Event(0, *head, old, new, None, {})  # type: ignore[arg-type]


def _hold_back(comparison: Comparison, chosen: Mapping[str, Event], ledger: Ledger) -> set[str]:
    """Articles with changed text that are not decided in full: their records cannot count in two texts at once."""
    settled = ledger.settled()
    changed = set(comparison.text_changed)
    undecided = {c.article_id for c in comparison.changes if c.key not in chosen and c.key not in settled}
    return changed & undecided


def _carry_out(draft: _Draft, event: Event, alignment: Alignment | None, comparison: Comparison) -> None:
    right = event.outcome
    if right is not None and alignment is not None and event.action == "reject":
        right = _moved(right, event, alignment, comparison)
    _replace(draft, event.article_id, event.old, right, also=event.new if event.action != "accept" else None)


def _replace(
    draft: _Draft, article_id: str, old: RecordRow | None, right: RecordRow | None, also: RecordRow | None = None
) -> None:
    """Put `right` where `old` stands; where the baseline has neither, in place of what overlaps `right` most."""
    rows = draft.rows.setdefault(article_id, [])
    at = None
    if old is not None or right is None:
        at = _find(rows, right)
        for other in (old, also):
            at = at if at is not None else _find(rows, other)
    # An added record stands for itself, even where another says the same of the same words elsewhere.
    if at is None and right is None:
        return
    if at is None and right is not None:
        at = _overlapping(rows, right)
    if at is not None and right is not None and rows[at] == dict(right):
        return
    if at is not None:
        rows.pop(at)
    if right is not None:
        rows.append(dict(right))
    draft.touch(article_id)


def _find(rows: list[Row], record: RecordRow | None) -> int | None:
    """The row that says the same of the same words, at the same place if there are several."""
    if record is None:
        return None
    key = content_key(None, record)
    same = [i for i, row in enumerate(rows) if row.get("raw") == record.get("raw") and content_key(None, row) == key]
    return min(same, key=lambda i: abs(rows[i]["start"] - record["start"]), default=None)


def _overlapping(rows: list[Row], record: RecordRow) -> int | None:
    shared = [(min(r["end"], record["end"]) - max(r["start"], record["start"]), i) for i, r in enumerate(rows)]
    best = max(shared, default=(0, 0))
    return best[1] if best[0] > 0 else None


def _moved(record: RecordRow, event: Event, alignment: Alignment, comparison: Comparison) -> RecordRow | None:
    """An old record that was kept, at its place in the new text; None where its words are gone."""
    article = comparison.new.article(event.article_id)
    texts = TextPair.of(article) if article else None
    if texts is None:
        return record
    if event.new is not None:
        return moved(record, event.new["start"], event.new["end"], texts)
    found = alignment.map_span(record["start"], record["end"])
    return moved(record, found[0][0], found[-1][1], texts) if found else None


def _alignment(comparison: Comparison, article_id: str) -> Alignment | None:
    if article_id not in comparison.text_changed:
        return None
    old, new = comparison.old.article(article_id), comparison.new.article(article_id)
    if old is None or new is None or old.text is None or new.text is None:
        return None
    return align(old.text, new.text)


def _list_articles(draft: _Draft, comparison: Comparison, held: set[str], *, everything: bool) -> None:
    """Bring the list of articles in line: new ones that were decided on, changed texts, those that are gone."""
    open_keys = {c.article_id for c in comparison.changes}
    for article_id, known in comparison.new.articles.items():
        listed = draft.articles.get(article_id)
        wanted = everything or article_id in draft.touched or article_id not in open_keys
        if (listed is not None or wanted) and article_id not in held and comparison.new.kind == "run":
            draft.articles[article_id] = BaselineArticle(article_id, *known.about, known.text_hash)
    for article_id in comparison.only_old:
        if article_id in draft.touched and not draft.rows.get(article_id):
            draft.articles.pop(article_id, None)
    for article_id in draft.rows:
        if article_id not in draft.articles and draft.rows[article_id]:
            draft.articles[article_id] = BaselineArticle(article_id, None, None, None, None)


def _settled(here: Iterable[Event], ledger: Ledger, before: Mapping[str, Settled], held: set[str]) -> list[Settled]:
    """What stays decided though the baseline does not hold the new record."""
    undone = set(ledger.seen()) - {event.key for event in ledger.heads()}
    kept = {key: item for key, item in before.items() if key not in undone}
    for event in here:
        if event.article_id in held:
            continue
        if event.action == "reject":
            kept[event.key] = Settled(event.article_id, event.key, "reject", event.reviewer)
        elif event.action in ("edit", "add"):
            key = content_key(event.edited, event.new, event.occurrence)
            kept[key] = Settled(event.article_id, key, event.action, event.reviewer)
        else:
            kept.pop(event.key, None)
    return list(kept.values())


def _with_texts(comparison: Comparison, events: Iterable[Event]) -> list[tuple[Event, str | None]]:
    found = []
    for event in events:
        article = comparison.new.article(event.article_id) or comparison.old.article(event.article_id)
        found.append((event, article.text if article else None))
    return found


def _edits(comparison: Comparison, events: Iterable[Event]) -> dict[str, tuple[Mapping[str, Any], list[Event]]]:
    """Edits and added records by article, with the article."""
    result: dict[str, tuple[Mapping[str, Any], list[Event]]] = {}
    for event in events:
        if event.action not in ("edit", "add"):
            continue
        article = comparison.new.article(event.article_id)
        if article is None or article.text is None:
            article = comparison.old.article(event.article_id)
        if article is not None and article.text is not None:
            result.setdefault(event.article_id, (asdict(article), []))[1].append(event)
    return result


def _reviewed(events: Iterable[Event]) -> set[str]:
    """The content of the records that a person found right."""
    return {content_key(None, event.outcome) for event in events if event.outcome is not None}


def _save(folder: Path, draft: _Draft, settled: list[Settled], comparison: Comparison, *, all_articles: bool) -> None:
    before = read_articles(folder)
    changed = (about for key, about in draft.articles.items() if before.get(key) != about)
    save(
        folder,
        records={key: draft.rows.get(key, []) for key in (draft.rows if all_articles else draft.touched)},
        articles=draft.articles.values(),
        texts={about.id: text for about in changed if (text := _text(about, comparison)) is not None},
        settled=settled,
        removed=[path for key in before.keys() - draft.articles.keys() for path in files_of(key)],
    )


def _text(about: BaselineArticle, comparison: Comparison) -> str | None:
    for side in (comparison.new, comparison.old):
        known = side.articles.get(about.id)
        article = side.article(about.id) if known and known.text_hash == about.text_sha256 else None
        if article is not None and article.text is not None:
            return article.text
    return None
