"""Saying of a change whether it is better or worse, where the article has annotated facts (corpus/gold).

A record belongs to the fact whose amount it overlaps most, one to one; a field is right if it is among what the
annotation accepts. Optional facts, and fields that the annotation leaves open, count neither way.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.diff.compare import Change, Comparison
from pipeline.diff.fields import RecordRow, as_decimal
from pipeline.diff.reading import Row, hash_text
from pipeline.errors import CompareError

Verdict = Literal["better", "worse", "neither"]
Marks = Mapping[str, bool | None]
CORE = ("value", "place", "year")
"""What a fact must have right to be of use."""
_NOISE = re.compile(r"[\s“”\"'‘’《》〈〉「」『』（）()·、,，。]")
_ALIASES = {
    "个月": "月", "千米": "公里", "平方千米": "平方公里", "平": "平方米", "平米": "平方米", "％": "%",
    "人民币": "元", "港币": "港元", "台币": "新台币",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoldFact:
    """An annotated fact with the span of its amount in the article's text."""

    start: int
    end: int
    fact: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """An annotated article."""

    id: str
    text_hash: str
    facts: tuple[GoldFact, ...]


@dataclass(frozen=True)
class Judgement:
    """Better, worse or neither for each change of an annotated article.

    `fields` counts gains and losses by field, with `record` for facts found or lost and records that are no facts.
    `articles` were judged; `stale` have annotations made on another text.
    """

    verdicts: Mapping[str, Verdict]
    gains: Mapping[str, int]
    losses: Mapping[str, int]
    articles: int
    stale: tuple[str, ...]


def read_gold(folder: Path) -> dict[str, GoldArticle]:
    """All annotated articles of a folder of JSONL files; empty if there is none."""
    articles: dict[str, GoldArticle] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                article = _gold_article(line, f"{path}:{number}")
                articles[article.id] = article
    return articles


def judge(comparison: Comparison, gold: Mapping[str, GoldArticle]) -> Judgement:
    """Judge the changes of a comparison."""
    wanted: dict[str, list[Change]] = {}
    for change in comparison.changes:
        if change.article_id in gold:
            wanted.setdefault(change.article_id, []).append(change)
    verdicts: dict[str, Verdict] = {}
    gains: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    stale = tuple(key for key in gold if _is_stale(comparison, gold[key]))
    for article_id, changes in wanted.items():
        if article_id in stale:
            continue
        facts = gold[article_id].facts
        old = _Side(comparison.old.rows(article_id), facts)
        new = _Side(comparison.new.rows(article_id), facts)
        for change in changes:
            before, after = comparison.records(change)
            better, worse = weigh(old.right(before), new.right(after))
            gains.update(better)
            losses.update(worse)
            verdicts[change.key] = "neither" if bool(better) == bool(worse) else "better" if better else "worse"
    judged = sum(
        1 for key in gold if key not in stale and key in comparison.new.articles | comparison.old.articles.keys()
    )
    return Judgement(verdicts, gains, losses, judged, stale)


class _Side:
    """The records of one article on one side, each with the fact it belongs to."""

    def __init__(self, rows: Sequence[Row], facts: Sequence[GoldFact]) -> None:
        self._facts = facts
        self._fact_of = {_span(rows[j]): facts[i].fact for i, j in match(facts, rows)}

    def right(self, row: RecordRow | None) -> Marks | None:
        """Field by field right, wrong or not asked, with `record` for being a fact; None for no record."""
        if row is None:
            return None
        fact = self._fact_of.get(_span(row))
        if fact is None:
            return {"record": False}
        return {} if fact.get("optional") else {"record": True, **judge_fields(row, fact)}


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


def match(facts: Sequence[GoldFact], rows: Sequence[RecordRow]) -> list[tuple[int, int]]:
    """Pair facts and records one to one by overlap, the largest first, then the nearest start."""
    candidates = sorted(
        (-shared, abs(fact.start - row["start"]), i, j)
        for i, fact in enumerate(facts)
        for j, row in enumerate(rows)
        if (shared := min(fact.end, row["end"]) - max(fact.start, row["start"])) > 0
    )
    pairs: list[tuple[int, int]] = []
    facts_taken: set[int] = set()
    rows_taken: set[int] = set()
    for *_, i, j in candidates:
        if i not in facts_taken and j not in rows_taken:
            pairs.append((i, j))
            facts_taken.add(i)
            rows_taken.add(j)
    return pairs


def judge_fields(row: RecordRow, fact: Mapping[str, Any]) -> dict[str, bool | None]:
    """Whether each field of a record is among what the annotation accepts; None where it leaves it open."""
    years, places = fact.get("year"), [fact.get("place") or None, *(fact.get("place_also") or [])]
    numbers = all(_close(row.get(name), fact.get(name)) for name in ("value", "value_max"))
    return {
        "value": numbers and _same_unit(row.get("unit"), fact),
        "kind": row.get("kind") == fact.get("kind"),
        "bound": row.get("bound") == fact.get("bound"),
        "place": (row.get("place") or None) in places,
        "year": row.get("year") in years if years else None,
        "initiative": _same_name(row.get("initiative"), fact["initiative"]) if fact.get("initiative") else None,
        "indicator": _same_name(row.get("indicator"), fact["indicator"]) if fact.get("indicator") else None,
    }


def _same_unit(got: Any, fact: Mapping[str, Any]) -> bool:
    have, want = _clean(got), _clean(fact.get("unit"))
    have, want = _ALIASES.get(have, have), _ALIASES.get(want, want)
    written = want in fact["amount"] or _clean(fact.get("unit")) in fact["amount"]
    return have == want or (fact["kind"] != "money" and bool(want) and not written)


def _same_name(got: Any, accepted: Sequence[str]) -> bool:
    """Equal, one inside the other with at least half its length, or alike in seven tenths of their character pairs."""
    name = _clean(got)
    for want in map(_clean, accepted):
        if not name or not want:
            continue
        short, long = sorted((name, want), key=len)
        if name == want or (short in long and len(short) >= 2 and 2 * len(short) >= len(long)):
            return True
        pairs_a, pairs_b = _pairs(name), _pairs(want)
        if 2 * (pairs_a & pairs_b).total() >= 0.7 * (pairs_a.total() + pairs_b.total()):
            return True
    return False


def _pairs(text: str) -> Counter[str]:
    return Counter(text[i : i + 2] for i in range(len(text) - 1)) or Counter([text])


def _clean(text: Any) -> str:
    return _NOISE.sub("", text or "")


def _close(got: Any, want: Any) -> bool:
    if got is None or want is None:
        return got is None and want is None
    have, wanted = as_decimal(got), as_decimal(want)
    return abs(have - wanted) * 1_000_000 <= max(1, abs(wanted))


def _span(row: RecordRow) -> tuple[int, int, str]:
    return row["start"], row["end"], str(row.get("kind"))


def _is_stale(comparison: Comparison, article: GoldArticle) -> bool:
    for side in (comparison.old, comparison.new):
        known = side.articles.get(article.id)
        if known is not None and known.text_hash not in (None, article.text_hash):
            return True
    return False


def _gold_article(line: str, where: str) -> GoldArticle:
    try:
        row = json.loads(line)
        text = row["text"]
        facts = []
        for fact in row["facts"]:
            context = text.index(fact["ctx"])
            start = context + fact["ctx"].index(fact["amount"])
            facts.append(GoldFact(start, start + len(fact["amount"]), fact))
        return GoldArticle(str(row["id"]), hash_text(text), tuple(facts))
    except (ValueError, KeyError, TypeError) as error:
        raise CompareError(
            f"not an annotated article: {error}",
            where=where,
            fix="Each line needs id, text and facts; each fact a ctx found in the text that holds its amount",
            code="compare.gold",
        ) from error
