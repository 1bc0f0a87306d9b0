"""Fit the rankers of place, year and initiative, the status classifier and the confidence of records.

Every article is read with a network that has not seen it, so that what the rankers learn to trust is what a network
says of new text. Prints the figures of a cross-validation by article, by file of gold, then fits everything on all
articles and writes `linking/weights/*.onnx`, `names/weights/initiative.onnx` and `linking/confidence.json`. One thread,
fixed seeds.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gongbao import Pipeline
from gongbao.document import Document
from gongbao.evaluate.gold import GoldArticle, read_gold
from gongbao.evaluate.judge import same_name
from gongbao.evaluate.scoring import pair
from gongbao.learn import trees
from gongbao.learn.questions import OPTIONAL_WEIGHT, Asked, Questions, of_initiatives
from gongbao.linking.choose import Heuristics
from gongbao.linking.confidence import FIELDS as CONFIDENT
from gongbao.linking.confidence import log_odds
from gongbao.linking.linker import Linker
from gongbao.linking.period_candidates import FEATURES as PERIOD_FEATURES
from gongbao.linking.place_candidates import FEATURES as PLACE_FEATURES
from gongbao.linking.status import BEHIND, NEAR, STATUSES, StatusWords, features
from gongbao.linking.status import FEATURES as STATUS_FEATURES
from gongbao.linking.surroundings import QUANTITY
from gongbao.names.ranking import FEATURES as NAME_FEATURES
from gongbao.names.tagger import FieldContext, FieldProposals, FieldTagger
from gongbao.ranker import shares_of
from gongbao.read import article_from_text

FOLDS = 5
WITHOUT_NETWORK = 0.15
"""Share of articles whose network keeps silent about the status, so that the rankers can do without."""
WORDS_BEFORE, WORDS_BEHIND = 200, 80
PENALTY = 2.0
DAMAGED = -0.7
"""Log odds that a repair next to the amount takes away; too few are annotated to fit it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One article of gold with what is known of it before linking."""

    article: GoldArticle
    file: str
    document: Document
    proposals: FieldProposals | None
    """None for an article that every network has seen."""
    facts: dict[int, dict[str, Any]]
    heuristics: Heuristics
    last: bool
    """Read with the network of the last fold, which is the one that is shipped or nearest to it."""

    @property
    def heard(self) -> FieldProposals | None:
        """What the rankers of place, year and status hear of the network: of some articles nothing."""
        silent = zlib.crc32(self.article.id.encode()) % 100 < 100 * WITHOUT_NETWORK
        return None if silent else self.proposals


def samples(gold: Sequence[tuple[str, GoldArticle]], folds: Path) -> Iterator[Sample]:
    """The articles that a network of a fold has not seen, with that network's proposals; those that all have seen
    without.
    """
    pipeline = Pipeline(ner=None)
    linker = Linker(pipeline.rules, pipeline.gazetteer)
    known = {f"{file}/{article.id}" for file, article in gold}
    folders = sorted(folds.glob("fold-*"))
    for folder in folders:
        tagger = FieldTagger.load(folder)
        unseen = set((folder / "unseen.txt").read_text("utf-8").split("\n"))
        known -= unseen
        for file, article in gold:
            if f"{file}/{article.id}" in unseen:
                yield _sample(pipeline, linker, tagger, file, article, last=folder == folders[-1])
    for file, article in gold:
        if f"{file}/{article.id}" in known:
            yield _sample(pipeline, linker, None, file, article, last=False)


def _sample(
    pipeline: Pipeline, linker: Linker, tagger: FieldTagger | None, file: str, gold: GoldArticle, *, last: bool
) -> Sample:
    from datetime import date

    day = gold.data.get("pub_date")
    published = date.fromisoformat(day) if day else None
    article = article_from_text(gold.text, id=gold.id, title=gold.data.get("title"), pub_date=published)
    document = pipeline.document(article)
    spans = [document.offsets.to_source(q.start, q.end) for q in document.quantities]
    paired = pair(gold.facts, [{"start": start, "end": end} for start, end in spans])
    facts = {number: dict(gold.facts[fact].data) for number, fact in paired.items()}
    context = FieldContext(document.text, document.quantities, document.places)
    proposals = tagger.propose([context])[0] if tagger is not None else None
    return Sample(gold, file, document, proposals, facts, linker.heuristics(document), last)


def questions(found: Sequence[Sample]) -> dict[str, Questions]:
    """The questions over all samples; of the indicator only what the network's first name was worth."""
    asked = {
        "indicator": Questions(),
        "place": Questions(),
        "year": Questions(),
        "initiative": of_initiatives(),
    }
    for number, sample in enumerate(found):
        silent = sample.heard is None
        article = Asked(number, sample.document, sample.heuristics, sample.facts, sample.proposals, silent)
        article.ask_places(asked["place"])
        article.ask_years(asked["year"])
        names = article.names()
        article.ask_initiatives(asked["initiative"], names)
        measured = [*names.indicators(1)] if names else []
        for n, fact in sample.facts.items():
            if sample.heuristics.around.sentence_of[n] is None:
                continue
            if fact.get("indicator") and measured and measured[n]:
                first = measured[n][0]
                good = float(same_name(first.text, fact["indicator"]))
                optional = bool(fact.get("optional"))
                asked["indicator"].add(number, n, [[first.probability]], [first.text], [good], optional)
    return asked


@dataclass(frozen=True, slots=True)
class Shares:
    """What each article is for: its fold, whether trees are `fitted` on it, whether calibration counts it, and whether
    the network of the last fold, the one that is shipped, has not seen it.
    """

    fold: Sequence[int]
    fitted: Sequence[bool]
    counted: Sequence[bool]
    unseen: Sequence[bool]


@dataclass(slots=True)
class Judged:
    """The answers of a cross-validation to one field: share of the value chosen, and whether it is right."""

    chance: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    value: list[Any]
    calibration: tuple[float, float] = (1.0, 0.0)
    """Of the articles that calibration counts."""
    shipped: tuple[float, float] = (1.0, 0.0)
    """Of these and, for names, of those that the shipped network has not seen: it names better than those of folds."""


GROWTH = {
    "place": trees.Growth(300, 0.06, 31),
    "year": trees.Growth(400, 0.04),
    "initiative": trees.Growth(300, 0.05, 31),
    "status": trees.Growth(200, 0.06, 31),
}


COLUMNS: Mapping[str, Sequence[str]] = {
    "place": (*PLACE_FEATURES, *QUANTITY),
    "year": PERIOD_FEATURES,
    "initiative": NAME_FEATURES,
}
"""The features of each field, in the order of the trees' columns."""


def cross_validate(asked: Questions, shares: Shares, name: str) -> Judged:
    """Each article judged by trees that were fitted without it."""
    sizes = np.array([len(row) for row in asked.rows])
    rows, right = np.concatenate(asked.rows), np.concatenate([np.array(r) for r in asked.right])
    starts = np.cumsum(sizes) - sizes
    fold = np.array([shares.fold[article] for article in asked.articles])
    use = np.array([shares.fitted[article] for article in asked.articles])
    weights = np.array(asked.weights)
    given = np.zeros(len(rows))
    for number in range(FOLDS):
        known, unseen = np.flatnonzero(use & (fold != number)), np.flatnonzero(fold == number)
        if not len(unseen):
            continue
        inside = _rows_of(known, starts, sizes)
        model = trees.fit_ranker(rows[inside], right[inside], sizes[known], weights[known], GROWTH[name])
        outside = _rows_of(unseen, starts, sizes)
        given[outside] = shares_of(np.round(model.predict(rows[outside]), 3), sizes[unseen])
    chance, good, value = np.zeros(len(sizes)), np.zeros(len(sizes), bool), []
    for n, (start, size) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True)):
        best, agreeing = asked.chosen(asked.values[n], given[start : start + size])
        chance[n], good[n] = agreeing[best], asked.right[n][best] > 0
        value.append(asked.values[n][best])
    return _judged(asked, shares, chance, good, value, name == "initiative")


def _as_proposed(asked: Questions, shares: Shares) -> Judged:
    """Questions of one candidate each: what its probability was worth."""
    chance = np.array([rows[0, 0] for rows in asked.rows], np.float64)
    right = np.array([right[0] > 0 for right in asked.right])
    return _judged(asked, shares, chance, right, [], True)


def _judged(
    asked: Questions, shares: Shares, chance: npt.NDArray[Any], right: npt.NDArray[Any], value: list[Any], names: bool
) -> Judged:
    def platt(articles: Sequence[bool]) -> tuple[float, float]:
        counted = np.array([articles[article] for article in asked.articles]) & (np.array(asked.weights) == 1.0)
        return trees.fit_platt(chance[counted], right[counted].astype(float))

    own = platt(shares.counted)
    fresh = [one or two for one, two in zip(shares.counted, shares.unseen, strict=True)]
    return Judged(chance, right, value, own, platt(fresh) if names else own)


def _rows_of(numbers: npt.NDArray[np.int64], starts: Any, sizes: Any) -> npt.NDArray[np.int64]:
    return np.concatenate([np.arange(starts[n], starts[n] + sizes[n]) for n in numbers])


def fit_all(asked: Questions, shares: Shares, name: str) -> Any:
    """The trees to ship: fitted on all articles that they may be."""
    kept = [n for n, article in enumerate(asked.articles) if shares.fitted[article]]
    sizes = np.array([len(asked.rows[n]) for n in kept])
    rows = np.concatenate([asked.rows[n] for n in kept])
    right = np.concatenate([np.array(asked.right[n]) for n in kept])
    return trees.fit_ranker(rows, right, sizes, np.array([asked.weights[n] for n in kept]), GROWTH[name])


def learned_words(found: Sequence[Sample], used: Sequence[bool]) -> tuple[list[str], list[str]]:
    """The character strings before and behind quantities that tell most of the status, by chi-squared."""
    before: Counter[tuple[str, str]] = Counter()
    behind: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    articles: dict[str, set[int]] = {}
    for number, sample in enumerate(found):
        text = sample.document.text
        for n, fact in sample.facts.items():
            status = fact.get("status")
            if not status or not used[number]:
                continue
            quantity = sample.document.quantities[n]
            total[status] += 1
            for counts, window in (
                (before, text[max(0, quantity.start - NEAR) : quantity.start].rsplit("\n", 1)[-1]),
                (behind, text[quantity.end : quantity.end + BEHIND].split("\n", 1)[0]),
            ):
                for word in _strings(window):
                    counts[word, status] += 1
                    articles.setdefault(word, set()).add(number)
    common = {word for word, where in articles.items() if len(where) >= 5}
    return _telling(before, total, common, WORDS_BEFORE), _telling(behind, total, common, WORDS_BEHIND)


def _strings(window: str) -> set[str]:
    return {
        window[start : start + size]
        for size in (1, 2, 3, 4)
        for start in range(len(window) - size + 1)
        if all("\u4e00" <= c <= "\u9fff" for c in window[start : start + size])
    }


def _telling(counts: Counter[tuple[str, str]], total: Counter[str], common: set[str], most: int) -> list[str]:
    every = sum(total.values())
    seen: Counter[str] = Counter()
    for (word, _), count in counts.items():
        seen[word] += count
    score = {}
    for word in common & seen.keys():
        expected = {status: seen[word] * count / every for status, count in total.items()}
        score[word] = sum((counts[word, status] - want) ** 2 / (want + 1) for status, want in expected.items())
    return sorted(score, key=lambda word: (-score[word], word))[:most]


def fit_status(
    found: Sequence[Sample], years: dict[tuple[int, int], Any], shares: Shares, output: Path
) -> tuple[Judged, list[tuple[int, int]]]:
    """Cross-validate and write the status classifier."""
    words = StatusWords(*learned_words(found, shares.fitted))
    names = [*STATUS_FEATURES, *(f"before:{w}" for w in words.before), *(f"behind:{w}" for w in words.behind)]
    rows, labels, facts, weights = [], [], [], []
    for number, sample in enumerate(found):
        around, heard = sample.heuristics.around, sample.heard
        told = {n: f for n, f in sample.facts.items() if f.get("status") and around.sentence_of[n] is not None}
        network = heard.statuses if heard is not None else None
        tied = [years.get((number, n)) for n in told]
        rows.append(features(around, list(told), network, tied, sample.heuristics.cells, words))
        for n, fact in told.items():
            labels.append(STATUSES.index(fact["status"]))
            facts.append((number, n))
            weights.append(OPTIONAL_WEIGHT if fact.get("optional") else 1.0)
    table, wanted, weight = np.concatenate(rows), np.array(labels), np.array(weights)
    fold = np.array([shares.fold[article] for article, _ in facts])
    use = np.array([shares.fitted[article] for article, _ in facts])
    chance, right = np.zeros(len(table)), np.zeros(len(table), bool)

    def fit(kept: Any) -> Any:
        return trees.fit_classes(table[kept], wanted[kept], weight[kept], len(STATUSES), GROWTH["status"])

    for number in range(FOLDS):
        outside = fold == number
        if not outside.any():
            continue
        given = fit(use & ~outside).predict(table[outside])
        best = given.argmax(axis=1)
        chance[outside], right[outside] = given[np.arange(len(best)), best], best == wanted[outside]
    firm = (weight == 1.0) & np.array([shares.counted[article] for article, _ in facts])
    judged = Judged(chance, right, [], trees.fit_platt(chance[firm], right[firm].astype(float)))
    metadata = {"calibration": judged.calibration, "words": (words.before, words.behind)}
    trees.write(fit(use), output / "linking/weights/status.onnx", names, metadata, outputs=len(STATUSES))
    return judged, facts


def report(
    name: str, judged: Judged, facts: Sequence[tuple[int, int]], found: Sequence[Sample], used: Sequence[bool]
) -> None:
    """Print the share right by file, of the articles used and of those kept apart."""
    groups: dict[str, list[bool]] = {}
    for (article, number), good in zip(facts, judged.right.tolist(), strict=True):
        sample = found[article]
        if not sample.facts[number].get("optional"):
            groups.setdefault(sample.file, []).append(good)
            if not used[article]:
                groups.setdefault("(kept apart)", []).append(good)
    shares = ", ".join(f"{file} {sum(goods) / len(goods):.3f}" for file, goods in groups.items())
    print(f"{name}: {shares}", flush=True)


@dataclass(frozen=True, slots=True)
class Gold:
    """The files of annotated articles.

    Attributes:
        files: What is learned from and calibrated on.
        less: Further ones, of whose articles half is used.
        harder: Further ones, not chosen as bulletins, so that calibration leaves them out.
        apart: `<gold file>/<id>` of articles to judge and never to fit on.
    """

    files: Sequence[Path]
    less: Sequence[Path] = ()
    harder: Sequence[Path] = ()
    apart: Container[str] = ()


def fit(gold: Gold, folds: Path, output: Path) -> None:
    """Cross-validate, fit, write.

    Args:
        gold: The annotated articles.
        folds: The networks of the folds.
        output: The folder that takes `names/weights`, `linking/weights` and `linking/confidence.json`.
    """
    read = [(path.stem, article) for path in (*gold.files, *gold.less, *gold.harder) for article in read_gold([path])]
    fewer = {path.stem for path in gold.less}
    found = list(samples(read, folds))
    keys = [f"{sample.file}/{sample.article.id}" for sample in found]
    parts = [zlib.crc32(key.encode()) % FOLDS for key in keys]
    used = [
        key not in gold.apart and (sample.file not in fewer or zlib.crc32(f"part {key}".encode()) % 2 == 0)
        for key, sample in zip(keys, found, strict=True)
    ]
    uncounted = fewer | {path.stem for path in gold.harder}
    counted = [use and sample.file not in uncounted for use, sample in zip(used, found, strict=True)]
    unseen = [use and sample.last for use, sample in zip(used, found, strict=True)]
    shares = Shares(parts, used, counted, unseen)
    print(f"{len(found)} articles, {sum(used)} used", flush=True)
    asked = questions(found)
    judged = {"indicator": _as_proposed(asked["indicator"], shares)}
    report("indicator", judged["indicator"], asked["indicator"].facts, found, used)
    for name, place in (("place", "linking"), ("year", "linking"), ("initiative", "names")):
        judged[name] = cross_validate(asked[name], shares, name)
        report(name, judged[name], asked[name].facts, found, used)
        metadata = {"calibration": judged[name].shipped}
        if name == "initiative":
            metadata["calibration_indicator"] = judged["indicator"].shipped
        model = fit_all(asked[name], shares, name)
        trees.write(model, output / place / "weights" / f"{name}.onnx", COLUMNS[name], metadata)
    years = dict(zip(asked["year"].facts, judged["year"].value, strict=True))
    status, facts = fit_status(found, years, shares, output)
    report("status", status, facts, found, used)
    fit_confidence(asked, judged, shares, output)


def _calibrated(judged: Judged) -> npt.NDArray[np.float64]:
    slope, offset = judged.calibration
    bounded = np.clip(judged.chance, 1e-4, 1 - 1e-4)
    return 1 / (1 + np.exp(-(slope * np.log(bounded / (1 - bounded)) + offset)))


def fit_confidence(asked: dict[str, Questions], judged: dict[str, Judged], shares: Shares, output: Path) -> None:
    """Fit the chance that place, year and initiative are all right, by what is known of each."""
    of: dict[str, dict[tuple[int, int], tuple[float, bool]]] = {
        name: dict(zip(asked[name].facts, zip(_calibrated(j).tolist(), j.right.tolist(), strict=True), strict=True))
        for name, j in judged.items()
    }
    rows, right = [], []
    for fact in asked["place"].facts:
        if not shares.counted[fact[0]] or fact not in of["year"] or fact not in of["initiative"]:
            continue
        answers = [of[name][fact] for name in CONFIDENT]
        rows.append([1.0, *(log_odds(chance) for chance, _ in answers)])
        right.append(all(good for _, good in answers))
    x, y = np.array(rows), np.array(right, float)
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ weights)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + PENALTY * np.diag([0.001, 1, 1, 1])
        weights = weights - np.linalg.solve(curvature, x.T @ (p - y) + PENALTY * np.array([0.001, 1, 1, 1]) * weights)
    p = 1 / (1 + np.exp(-(x @ weights)))
    bins = np.minimum((p * 10).astype(int), 9)
    error = sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist()))
    order = np.argsort(-p)[: len(p) // 2]
    print(f"confidence: right {y.mean():.3f}, surest half {y[order].mean():.3f}, calibration error {error:.3f}")
    named = dict(zip(("bias", *CONFIDENT), np.round(weights, 4).tolist(), strict=True))
    named["damaged"] = DAMAGED
    (output / "linking/confidence.json").write_text(json.dumps({"weights": named}, indent=1) + "\n", encoding="utf-8")
