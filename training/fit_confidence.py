"""Fit the weights of `gongbao.linking.confidence` on gold that the name models have not seen.

    python training/fit_confidence.py FOLDS GOLD.jsonl [GOLD2.jsonl ...]

FOLDS is what `train_fields.py --keep` wrote: networks, each with the ids of the articles that it has not seen. Each of
these is extracted twice, with that network and by rules alone. Prints the expected calibration error of 5-fold
cross-validation by article, then writes pipeline/gongbao/linking/confidence.json fitted on all of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from gongbao import Pipeline
from gongbao.components import Link
from gongbao.document import Quantity
from gongbao.evaluate.gold import GoldArticle, read_gold
from gongbao.evaluate.judge import is_core_right, judge
from gongbao.evaluate.scoring import pair
from gongbao.linking.confidence import Confidence, features
from gongbao.linking.linker import Linker
from gongbao.linking.scope import Choice
from gongbao.names.model import TaggerNames
from gongbao.names.tagger import FieldTagger

PENALTY = 2.0
FOLDS = 5
TARGET = Path(__file__).resolve().parents[1] / "pipeline" / "gongbao" / "linking" / "confidence.json"


class Recording(Confidence):
    """Keeps the features of every record in the order in which they are asked for."""

    seen: ClassVar[list[dict[str, float]]] = []

    def of(self, quantity: Quantity, fields: Mapping[str, Choice], *, damaged: bool) -> float:
        """Note the features; the value does not matter."""
        self.seen.append(features(quantity, fields, damaged=damaged))
        return 0.5


def samples(pipeline: Pipeline, gold: Sequence[GoldArticle]) -> list[tuple[int, dict[str, float], bool]]:
    """(article number, features, core right) of every record that matches a fact."""
    linker = Linker(pipeline.rules, pipeline.gazetteer, confidence=Recording({}))
    pipeline = pipeline.replacing(link=Link(linker))
    found = []
    for number, article in enumerate(gold):
        day = article.data.get("pub_date")
        Recording.seen.clear()
        title = article.data.get("title")
        records = pipeline.extract(article.text, id=article.id, title=title, pub_date=day)
        rows = [json.loads(record.to_json()) for record in records]
        for index, fact in pair(article.facts, rows).items():
            if not article.facts[fact].optional:
                right = is_core_right(judge(rows[index], article.facts[fact].data))
                found.append((number, Recording.seen[index], right))
    return found


def fit(rows: Sequence[Mapping[str, float]], right: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Weights of a ridge-penalised logistic regression, by Newton's method; the bias is not penalised."""
    x = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    penalty = np.full(len(names), PENALTY)
    penalty[list(names).index("bias")] = 1e-3
    weights = np.zeros(len(names))
    for _ in range(50):
        chance = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (right - chance) - penalty * weights
        hessian = (x * (chance * (1 - chance))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def calibration_error(chance: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten bins."""
    bins = np.minimum(9, (chance * 10).astype(int))
    gaps = [abs(chance[bins == b].sum() - right[bins == b].sum()) for b in range(10)]
    return float(sum(gaps) / len(chance))


def _numbered(
    fold: str, rows: Sequence[tuple[int, dict[str, float], bool]]
) -> list[tuple[tuple[str, int], dict[str, float], bool]]:
    """The same with articles told apart over all folds."""
    return [((fold, number), row, right) for number, row, right in rows]


def main() -> None:
    gold = {article.id: article for article in read_gold(sys.argv[2:])}
    rules = Pipeline(ner=None)
    named: list[Any] = []
    ruled: list[Any] = []
    for folder in sorted(Path(sys.argv[1]).glob("fold-*")):
        ids = (folder / "unseen.txt").read_text(encoding="utf-8").split("\n")
        unseen = [gold[identifier] for identifier in ids if identifier in gold]
        tagged = Pipeline(ner=TaggerNames(FieldTagger.load(folder)))
        named += _numbered(folder.name, samples(tagged, unseen))
        ruled += _numbered(folder.name, samples(rules, unseen))
    found = named + ruled
    articles = sorted({article for article, _, _ in found})
    names = sorted({name for _, row, _ in found for name in row})
    rows = [row for _, row, _ in found]
    right = np.array([ok for _, _, ok in found], float)
    groups = np.array([articles.index(article) % FOLDS for article, _, _ in found])
    chance = np.zeros(len(found))
    for fold in range(FOLDS):
        train = groups != fold
        weights = fit([row for row, keep in zip(rows, train, strict=True) if keep], right[train], names)
        held = [row for row, keep in zip(rows, train, strict=True) if not keep]
        chance[~train] = 1 / (1 + np.exp(-np.array([[r.get(n, 0.0) for n in names] for r in held]) @ weights))
    half = len(found) // 2
    print(f"{len(articles)} articles, {len(found)} records, {right.mean():.3f} right")
    print(f"cross-validated calibration error: {calibration_error(chance, right):.3f}")
    print(f"  with the tagger {calibration_error(chance[:half], right[:half]):.3f}")
    print(f"  by rules alone {calibration_error(chance[half:], right[half:]):.3f}")
    weights = fit(rows, right, names)
    data = {"fitted_on": len(found), "weights": {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)}}
    TARGET.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
