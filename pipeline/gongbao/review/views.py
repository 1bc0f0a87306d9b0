"""What the pages show of a change and of an article, as plain data for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gongbao.diff.alignment import align
from gongbao.diff.compare import Change, identity
from gongbao.diff.fields import FIELDS, RecordRow, display, rule_of
from gongbao.diff.pairing import pair_records
from gongbao.diff.reading import ArticleRow, Side
from gongbao.review.contradictions import key_of
from gongbao.review.editing import NULLABLE, fields_of
from gongbao.review.ledger import Event
from gongbao.review.options import neighbours, options_of
from gongbao.review.session import Session
from gongbao.review.texts import MarkedSpan, Piece, TextPair, lines_around, marks_of, pieces, simplified_spans

_INPUTS = FIELDS | {"place": ("place",)}
"""The fields of the form that write a field."""
EXAMPLES = 4
"""Examples of each sort shown of a rule."""


@dataclass(frozen=True, slots=True)
class Pane:
    """One side of a change: its sentence as found and simplified, marked. Both empty where there is no record."""

    present: bool
    found: list[Piece] = field(default_factory=list)
    simplified: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field on both sides, with how it was come by; those that differ come first.

    `confidence` is that of the record that an edit starts from, None where the field has none of its own. `options` are
    the answers offered under digits, as the form writes them, and `input` is the field of the form that takes them.
    """

    name: str
    before: str | None
    after: str | None
    edited: str | None
    differs: bool
    why_before: Mapping[str, Any] | None
    why_after: Mapping[str, Any] | None
    confidence: float | None
    options: list[dict[str, Any]]
    input: str
    columns: tuple[str, ...]
    nullable: bool


@dataclass(frozen=True, slots=True)
class Against:
    """A record that contradicts the one shown; `here` where it is in the same article."""

    record: RecordRow
    here: bool


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule concerned, with examples; `known` is False for models and rules of other folders."""

    id: str
    known: bool
    changed: bool
    name: str = ""
    where: str = ""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeView:
    """All that the page of a change shows."""

    change: Change
    title: str | None
    pub_date: str | None
    first: str
    """The field to look at first: the worst that changed, of a new record the most doubtful."""
    side: str
    """`new`, or `old` for a lost record: where the record shown first is from."""
    record: RecordRow
    """The record that an edit starts from: the new one, for a lost record the old one."""
    before: Pane
    after: Pane
    same_marks: bool
    around: list[list[Piece]]
    fields: list[FieldRow]
    rules: list[RuleView]
    rules_error: str | None
    gold: str | None
    against: list[Against]
    decision: Event | None
    form: Mapping[str, str]
    has_text: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A record, or an old and a new one, as the article view marks it."""

    number: int
    state: str
    old: RecordRow | None
    new: RecordRow | None
    key: str
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Damage:
    """A shifted passage as found, and what took its place; where it stays, the likeliest of what it was, if any is."""

    before: str
    after: str
    probability: float | None
    mended: bool


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article with all its records marked."""

    id: str
    title: str | None
    pub_date: str | None
    source: str | None
    pieces: list[Piece]
    items: list[Item]
    gone: list[Item]
    titled: bool
    """The text begins with its title."""
    damage: list[Damage]


def change_view(session: Session, key: str) -> ChangeView:
    """The page of one change."""
    comparison = session.comparison
    change = session.change(key)
    old, new = comparison.records(change)
    texts_old = session.texts_of(comparison.old, change.article_id)
    texts_new = session.texts_of(comparison.new, change.article_id)
    before, after = _pane(old, texts_old), _pane(new, texts_new)
    shown, texts = (new, texts_new) if new is not None else (old, texts_old)
    assert shown is not None
    base, _ = session.base_of(change, old, new)
    decision = session.history(key)
    edited = decision.edited if decision else None
    return ChangeView(
        change=change,
        title=shown.get("title"),
        pub_date=shown.get("pub_date"),
        first=_first_field(change, base),
        side="new" if new is not None else "old",
        record=base,
        before=before,
        after=after,
        same_marks=bool(before.present and after.present and before.found == after.found and before.found),
        around=_around(texts, shown),
        fields=_fields(change, old, new, edited, base, neighbours(session, base)),
        rules=_rules(session, change, old, new),
        rules_error=session.rules_error,
        gold=session.judgement.verdicts.get(key) if session.judgement else None,
        against=[
            Against(other, other.get("article_id") == change.article_id)
            for other in session.contradictions.get(key_of(base), ())
        ],
        decision=decision,
        form=fields_of(edited or base),
        has_text=texts is not None,
    )


def article_view(session: Session, article_id: str) -> ArticleView:
    """An article with the records of both sides and those that reviewers added."""
    comparison = session.comparison
    article, texts = session.article(article_id)
    old, new = comparison.old.rows(article_id), comparison.new.rows(article_id)
    side = comparison.new if article_id in comparison.new.articles else comparison.old
    texts_old = session.texts_of(comparison.old, article_id)
    alignment = None
    if side is comparison.new and texts_old is not None and texts_old.raw != texts.raw:
        alignment = align(texts_old.raw, texts.raw)
    keys = {_span_key(c.old, c.new): c for c in comparison.changes if c.article_id == article_id}
    refs_old = {identity(row): ref for ref, row in _with_refs(comparison.old, article_id)}
    refs_new = {identity(row): ref for ref, row in _with_refs(comparison.new, article_id)}
    items: list[Item] = []
    for before, after in pair_records(old, new, alignment):
        refs = (refs_old.get(identity(before)) if before else None, refs_new.get(identity(after)) if after else None)
        change = keys.get(_span_key(*refs))
        state = change.kind if change else "quiet" if before != after else "same"
        if after is not None:
            span: tuple[int, int] | None = (after["start"], after["end"])
        else:
            assert before is not None
            span = (before["start"], before["end"])
            if alignment is not None:
                found = alignment.map_span(*span)
                span = (found[0][0], found[-1][1]) if found else None
        items.append(Item(0, state, before, after, change.key if change else "", span))
    for event in session.added():
        if event.article_id == article_id and event.edited is not None:
            items.append(Item(0, "missed", None, event.edited, "", (event.edited["start"], event.edited["end"])))
    items.sort(key=lambda item: item.span or (len(texts.raw), 0))
    items = [Item(n, i.state, i.old, i.new, i.key, i.span) for n, i in enumerate(items)]
    spans = [MarkedSpan(*item.span, str(item.number)) for item in items if item.span]
    return ArticleView(
        article.id,
        article.title,
        article.pub_date,
        article.source,
        pieces(texts.raw, spans),
        items,
        [item for item in items if item.span is None],
        bool(article.title) and texts.raw.lstrip().startswith(str(article.title)),
        _damage(article),
    )


def _damage(article: ArticleRow) -> list[Damage]:
    found = [
        (repair["start"], Damage(repair["before"], repair["after"], repair.get("probability"), mended=True))
        for repair in article.repairs
        if repair.get("kind") == "shifted"
    ]
    for left in article.residues:
        guess = left["guess"]
        found.append((left["start"], Damage(left["text"], guess or "", left["probability"] if guess else None, False)))
    return [damage for _, damage in sorted(found, key=lambda one: one[0])]


def _pane(record: RecordRow | None, texts: TextPair | None) -> Pane:
    if record is None:
        return Pane(False)
    spans = marks_of(record)
    start, end = record.get("sentence_start"), record.get("sentence_end")
    inside = (
        texts is not None
        and isinstance(start, int)
        and isinstance(end, int)
        and texts.raw[record["start"] : record["end"]] == record.get("raw")
    )
    if not inside or texts is None or start is None or end is None:
        return Pane(True, [], _by_words(str(record.get("sentence") or ""), str(record.get("amount") or "")))
    found = pieces(texts.raw, spans, start, end)
    place = texts.simplify(start, end)
    if place is None:
        simplified = _by_words(str(record.get("sentence") or ""), str(record.get("amount") or ""))
    else:
        simplified = pieces(texts.simplified, simplified_spans(texts, spans), *place)
    return Pane(True, found, simplified if _letters(simplified) != _letters(found) else [])


def _by_words(sentence: str, amount: str) -> list[Piece]:
    """A sentence whose text is not kept: the amount marked where its words stand."""
    at = sentence.find(amount) if amount else -1
    return pieces(sentence, [MarkedSpan(at, at + len(amount), "amount")] if at >= 0 else [])


def _around(texts: TextPair | None, record: RecordRow) -> list[list[Piece]]:
    if texts is None:
        return []
    spans = marks_of(record)
    start = int(record.get("sentence_start") or record["start"])
    end = int(record.get("sentence_end") or record["end"])
    sentence = MarkedSpan(start, end, "sentence")
    return [pieces(texts.raw, [sentence, *spans], *line) for line in lines_around(texts.raw, spans, start, end)]


def _fields(
    change: Change,
    old: RecordRow | None,
    new: RecordRow | None,
    edited: RecordRow | None,
    base: RecordRow,
    near: Sequence[RecordRow],
) -> list[FieldRow]:
    rows = []
    confidence = base.get("field_confidence") or {}
    for name in FIELDS:
        before, after, mine = display(old, name), display(new, name), display(edited, name)
        differs = change.kind == "changed" and name in change.fields
        whys = _why(old, name), _why(new, name)
        sure, options = confidence.get(name), [asdict(option) for option in options_of(base, name, near)]
        rows.append(
            FieldRow(
                name,
                before,
                after,
                mine,
                differs,
                *whys,
                sure,
                options,
                _INPUTS[name][0],
                _INPUTS[name],
                _INPUTS[name][0] in NULLABLE,
            )
        )
    return sorted(rows, key=lambda row: not row.differs)


def _first_field(change: Change, record: RecordRow) -> str:
    confidence = record.get("field_confidence") or {}
    if change.fields or not confidence:
        return change.fields[0] if change.fields else "value"
    return str(min(confidence, key=lambda name: confidence[name]))


def _why(record: RecordRow | None, name: str) -> Mapping[str, Any] | None:
    key = {"period": "year"} | dict.fromkeys(("value", "unit", "kind", "bound"), "amount")
    item = ((record or {}).get("evidence") or {}).get(key.get(name, name))
    return item if isinstance(item, Mapping) else None


def _rules(session: Session, change: Change, old: RecordRow | None, new: RecordRow | None) -> list[RuleView]:
    names = change.fields or ("value", "place", "year", "initiative", "indicator")
    wanted = [rule for name in names for rule in (rule_of(old, name), rule_of(new, name)) if rule]
    differing = {item.name for item in session.comparison.rule_versions}
    return [_rule(session, rule, rule in differing) for rule in dict.fromkeys(wanted)]


def _rule(session: Session, rule_id: str, changed: bool) -> RuleView:
    rule = session.rules_by_id.get(rule_id)
    if rule is None:
        return RuleView(rule_id, False, changed)
    no = tuple(item if isinstance(item, str) else item.text for item in rule.examples.no[:EXAMPLES])
    yes, todo = ([e.text for e in some[:EXAMPLES]] for some in (rule.examples.yes, rule.examples.todo))
    where = rule.where.replace("\\", "/").rsplit("/rules/", 1)[-1]
    return RuleView(rule_id, True, changed, rule.name, where, tuple(yes), no, tuple(todo))


def _with_refs(side: Side, article_id: str) -> list[tuple[Any, RecordRow]]:
    from gongbao.diff.reading import parse_row

    return [(ref, parse_row(line)) for ref, line in side.lines(article_id)]


def _span_key(old: Any, new: Any) -> tuple[Any, Any]:
    return old, new


def _letters(some: Sequence[Piece]) -> str:
    """What is read: a sentence that only lost its spaces need not be shown twice."""
    return "".join("".join(piece.text for piece in some).split())
