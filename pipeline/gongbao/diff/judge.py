"""Saying of a change whether it is better or worse, where the article has annotated facts (corpus/gold).

Records are matched with facts and judged as `gongbao evaluate` does it. Optional facts, and fields that an annotation
leaves open, count neither way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gongbao.diff.compare import Change, Comparison
from gongbao.diff.fields import RecordRow
from gongbao.diff.reading import Row, hash_text
from gongbao.evaluate.gold import Fact, GoldArticle, read_gold
from gongbao.evaluate.judge import judge as judge_fields
from gongbao.evaluate.scoring import pair

Verdict = Literal["better", "worse", "neither"]
Marks = Mapping[str, bool | None]
CORE = ("value", "place", "year")
"""What a fact must have right to be of use."""


@dataclass(frozen=True)
class Judgement:
    """Better, worse or neither for each change of an annotated article.

    `gains` and `losses` count by field, with `record` for facts found or lost and records that are no facts.
    `articles` were judged; `stale` have annotations made on another text.
    """

    verdicts: Mapping[str, Verdict]
    gains: Mapping[str, int]
    losses: Mapping[str, int]
    articles: int
    stale: tuple[str, ...]


def gold_of(folder: Path) -> dict[str, GoldArticle]:
    """All annotated articles of a folder of JSONL files, by id; empty if there is none."""
    return {article.id: article for article in read_gold([folder])} if folder.exists() else {}


def judge(comparison: Comparison, gold: Mapping[str, GoldArticle]) -> Judgement:
    """Judge the changes of a comparison."""
    wanted: dict[str, list[Change]] = {}
    for change in comparison.changes:
        if change.article_id in gold:
            wanted.setdefault(change.article_id, []).append(change)
    present = [key for key in gold if key in comparison.old.articles or key in comparison.new.articles]
    stale = {key for key in present if _is_stale(comparison, gold[key])}
    verdicts: dict[str, Verdict] = {}
    gains: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    for article_id, changes in wanted.items():
        if article_id in stale:
            continue
        facts = gold[article_id].facts
        old = _Matched(comparison.old.rows(article_id), facts)
        new = _Matched(comparison.new.rows(article_id), facts)
        for change in changes:
            before, after = comparison.records(change)
            better, worse = weigh(old.marks(before), new.marks(after))
            gains.update(better)
            losses.update(worse)
            verdicts[change.key] = "neither" if bool(better) == bool(worse) else "better" if better else "worse"
    return Judgement(verdicts, gains, losses, len(present) - len(stale), tuple(sorted(stale)))


def weigh(before: Marks | None, after: Marks | None) -> tuple[set[str], set[str]]:
    """The fields that became right and those that became wrong.

    A fact found with a wrong value, place or year is a gain and a loss: it is no better than a fact missed.
    """
    if before is None and after is None:
        return set(), set()
    if after is None:
        worse, better = weigh(after, before)
        return better, worse
    if before is None:
        if not after.get("record"):
            return set(), {"record"} if "record" in after else set()
        return {"record"}, {name for name in CORE if after.get(name) is False}
    better = {name for name, right in after.items() if right and before.get(name) is False}
    worse = {name for name, right in after.items() if right is False and before.get(name)}
    return better, worse


class _Matched:
    """The records of one article on one side, each with the fact it belongs to."""

    def __init__(self, rows: Sequence[Row], facts: Sequence[Fact]) -> None:
        self._fact_of = {_identity(rows[j]): facts[i] for j, i in pair(facts, rows).items()}

    def marks(self, row: RecordRow | None) -> Marks | None:
        """Field by field right, wrong or not asked, with `record` for being a fact; None for no record."""
        if row is None:
            return None
        fact = self._fact_of.get(_identity(row))
        if fact is None:
            return {"record": False}
        return {} if fact.optional else {"record": True, **judge_fields(row, fact.data)}


def _identity(row: RecordRow) -> tuple[int, int, str]:
    return row["start"], row["end"], str(row.get("kind"))


def _is_stale(comparison: Comparison, article: GoldArticle) -> bool:
    annotated = hash_text(article.text)
    sides = (comparison.old, comparison.new)
    return any((known := side.articles.get(article.id)) and known.text_hash not in (None, annotated) for side in sides)
