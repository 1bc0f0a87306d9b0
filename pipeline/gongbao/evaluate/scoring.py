"""Figures over many articles: precision, recall, F1, shares of right fields, calibration, and the list of errors.

A record is matched with the fact whose amount it overlaps most, one to one. Optional facts count neither way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gongbao.evaluate.gold import Fact, GoldArticle
from gongbao.evaluate.judge import FIELDS, is_core_right, is_tuple_right, judge

BINS = 10


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: a missed fact, a spurious record, or a wrong field."""

    article_id: str
    what: str
    amount: str
    context: str
    want: Any = None
    got: Any = None
    start: int = 0
    how: str | None = None
    rule: str | None = None


@dataclass(slots=True)
class Tally:
    """Counts from which figures are made."""

    facts: int = 0
    records: int = 0
    matched: int = 0
    tuples: int = 0
    core: int = 0
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, float | int | None]:
        """The figures by name; a share of nothing is None."""
        result: dict[str, float | int | None] = {"facts": self.facts, "records": self.records}
        names = ("mention_p", "mention_r", "mention_f1")
        result.update(zip(names, f1(self.matched, self.records, self.facts), strict=True))
        for name in FIELDS:
            result[name] = self.right[name] / self.asked[name] if self.asked[name] else None
        for name, count in (("tuple", self.tuples), ("core", self.core)):
            keys = (f"{name}_p", f"{name}_r", f"{name}_f1")
            result.update(zip(keys, f1(count, self.records, self.facts), strict=True))
        return result


@dataclass(slots=True)
class Scores:
    """Everything an evaluation gives."""

    articles: int = 0
    total: Tally = field(default_factory=Tally)
    by_kind: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_article: dict[str, Tally] = field(default_factory=dict)
    by_how: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    """(field, how) -> [right, asked]."""
    calibration: list[list[float]] = field(default_factory=lambda: [[0, 0.0, 0] for _ in range(BINS)])
    """For each tenth of confidence: records, sum of confidence, records whose tuple is right, as confidence says."""
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: the mean gap of stated and true share, weighted by records."""
        total = sum(row[0] for row in self.calibration)
        return sum(abs(row[1] - row[2]) for row in self.calibration) / total if total else 0.0


def f1(right: int, records: int, facts: int) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean."""
    precision = right / records if records else 0.0
    recall = right / facts if facts else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def pair(facts: Sequence[Fact], records: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Match records with facts by overlap of their spans, best first: record index -> fact index."""
    overlaps = [
        (min(fact.end, record["end"]) - max(fact.start, record["start"]), -abs(fact.start - record["start"]), i, j)
        for i, fact in enumerate(facts)
        for j, record in enumerate(records)
        if min(fact.end, record["end"]) > max(fact.start, record["start"])
    ]
    taken: set[int] = set()
    fact_of: dict[int, int] = {}
    for _, _, i, j in sorted(overlaps, reverse=True):
        if i not in taken and j not in fact_of:
            fact_of[j] = i
            taken.add(i)
    return fact_of


def evaluate(articles: Iterable[GoldArticle], records: Iterable[Mapping[str, Any]]) -> Scores:
    """Score records (as in records.jsonl) against gold articles; records of other articles count as spurious."""
    by_article: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        by_article[record["article_id"]].append(record)
    scores = Scores()
    for article in articles:
        scores.articles += 1
        _score_article(article, by_article.pop(article.id, []), scores)
    stray = sum(len(rest) for rest in by_article.values())
    scores.total.records += stray
    return scores


def _score_article(article: GoldArticle, records: Sequence[Mapping[str, Any]], scores: Scores) -> None:
    own = scores.by_article[article.id] = Tally()
    fact_of = pair(article.facts, records)
    found = set(fact_of.values())
    for number, fact in enumerate(article.facts):
        if not fact.optional:
            for tally in (scores.total, own, scores.by_kind[fact.data["kind"]]):
                tally.facts += 1
            if number not in found:
                scores.mistakes.append(_missed(article, fact))
    for number, record in enumerate(records):
        if number not in fact_of:
            for tally in (scores.total, own, scores.by_kind[record["kind"]]):
                tally.records += 1
            scores.mistakes.append(_spurious(article, record))
            continue
        fact = article.facts[fact_of[number]]
        if not fact.optional:
            _score_pair(article, record, fact, (scores.total, own, scores.by_kind[fact.data["kind"]]), scores)


def _score_pair(
    article: GoldArticle, record: Mapping[str, Any], fact: Fact, tallies: Sequence[Tally], scores: Scores
) -> None:
    verdict = judge(record, fact.data)
    tuple_right, core_right = is_tuple_right(verdict), is_core_right(verdict)
    for tally in tallies:
        tally.records += 1
        tally.matched += 1
        tally.tuples += tuple_right
        tally.core += core_right
        for name, ok in verdict.items():
            if ok is not None:
                tally.asked[name] += 1
                tally.right[name] += ok
    evidence = record.get("evidence") or {}
    for name in ("place", "year", "initiative", "indicator"):
        if verdict[name] is not None and name in evidence:
            row = scores.by_how[(name, evidence[name]["how"])]
            row[0] += bool(verdict[name])
            row[1] += 1
    confidence = record.get("confidence")
    if confidence is not None:
        row_ = scores.calibration[min(BINS - 1, int(confidence * BINS))]
        row_[0] += 1
        row_[1] += float(confidence)
        row_[2] += tuple_right
    for name, ok in verdict.items():
        if ok is False:
            trace = evidence.get(name) or {}
            scores.mistakes.append(
                Mistake(
                    article.id,
                    name,
                    fact.data["amount"],
                    fact.data["ctx"],
                    fact.data.get(name),
                    record.get(name),
                    fact.start,
                    trace.get("how"),
                    trace.get("rule"),
                )
            )


def _missed(article: GoldArticle, fact: Fact) -> Mistake:
    return Mistake(article.id, "missed", fact.data["amount"], fact.data["ctx"], start=fact.start)


def _spurious(article: GoldArticle, record: Mapping[str, Any]) -> Mistake:
    low, high = max(0, record["start"] - 15), record["end"] + 15
    amount = record.get("amount") or article.text[record["start"] : record["end"]]
    rule = ((record.get("evidence") or {}).get("amount") or {}).get("rule")
    return Mistake(article.id, "spurious", amount, article.text[low:high], start=record["start"], rule=rule)
