"""Fitting a ranker further on decisions, and finding out by cross-validation whether that helps.

The shipped trees stay: their scores are where boosting goes on from, so that few decisions can add little. How many
trees are added, and whether any are, is settled on articles that the added trees have not seen; so is whether the new
calibration is better than the shipped one, from which it is drawn away by many decisions only.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gongbao.learn import trees
from gongbao.learn.questions import Questions
from gongbao.ranker import Trees, calibrated, shares_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5
GROWTH = trees.Growth(80, 0.05, 7)
ROUNDS = (0, 10, 20, 40, 80)
"""How many trees may be added."""
DECISIONS = 50
"""Decisions that there must be for each tree that is added: more trees say of the articles at hand what is not so of
the next ones."""
PULL = 50.0
"""How strongly calibration is held at the shipped one: as much as some hundred answers pull it away."""
_EDGE = 1e-4


@dataclass(frozen=True, slots=True)
class Fitted:
    """What learning came to for one field, all figures on articles that what was learned had not seen.

    Attributes:
        questions: Decisions that say the field, and how many of the answers are right before and after.
        before: See `questions`.
        after: See `questions`.
        rounds: Trees to add; 0 where none helped.
        calibration: Slope and offset; the shipped ones where new ones did not help.
        calibrated: Whether they are new.
        loss: Mean surprise at whether an answer is right (negative log likelihood), before and after.
    """

    questions: int
    before: int
    after: int
    rounds: int
    calibration: tuple[float, float]
    calibrated: bool
    loss: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether anything was learned."""
        return self.rounds > 0 or self.calibrated


@dataclass(frozen=True, slots=True)
class QuestionArrays:
    """The questions of a field as arrays; candidates of one question follow one another."""

    rows: npt.NDArray[np.float32]
    right: Floats
    sizes: Ints
    weights: Floats
    base: Floats
    """[N] what the shipped trees score."""
    articles: Ints
    """[Q] the article of each question."""
    asked: Questions

    @classmethod
    def of(cls, asked: Questions, shipped: Trees) -> QuestionArrays:
        """The questions, also those of which no candidate is right: they tell what an answer is worth."""
        rows = np.concatenate(asked.rows)
        return cls(
            rows,
            np.concatenate([np.array(right, np.float64) for right in asked.right]),
            np.array([len(candidates) for candidates in asked.rows], np.int64),
            np.array(asked.weights, np.float64),
            shipped.scores(rows)[:, 0],
            np.array(asked.articles, np.int64),
            asked,
        )

    def candidates(self, questions: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """[N] the candidates of some questions."""
        return np.repeat(questions, self.sizes)

    def fit(self, questions: npt.NDArray[np.bool_], rounds: int) -> Any:
        """Trees to add, fitted on some questions."""
        inside = self.candidates(questions)
        growth = trees.Growth(rounds, GROWTH.rate, GROWTH.leaves)
        base = self.base[inside]
        return trees.fit_ranker(
            self.rows[inside], self.right[inside], self.sizes[questions], self.weights[questions], growth, base
        )

    def fit_all(self, rounds: int) -> Any:
        """Trees to add, fitted on all questions."""
        return self.fit(np.ones(len(self.sizes), bool), rounds)


def fold_of(article_id: str) -> int:
    """The part of a cross-validation that an article belongs to; the same on every machine."""
    return zlib.crc32(article_id.encode()) % FOLDS


def try_out(table: QuestionArrays, ids: Sequence[str], shipped: tuple[float, float]) -> Fitted:
    """Cross-validate by article.

    Args:
        table: The questions of a field.
        ids: The identifiers of the articles.
        shipped: The calibration to start from.
    """
    fold = np.array([fold_of(ids[article]) for article in table.articles.tolist()])
    scores = np.repeat(table.base[:, None], len(ROUNDS), axis=1)
    for number in sorted(set(fold.tolist())):
        if (fold != number).sum() == 0:
            continue
        added = table.fit(fold != number, ROUNDS[-1])
        unseen = table.candidates(fold == number)
        for column, rounds in enumerate(ROUNDS):
            if rounds:
                scores[unseen, column] += added.predict(table.rows[unseen], num_iteration=rounds)
    judged = [_judge(table, shares_of(scores[:, column], table.sizes)) for column in range(len(ROUNDS))]
    losses = [-np.log(np.maximum(of_right, _EDGE)) * table.weights for _, _, of_right in judged]
    allowed = sum(1 for rounds in ROUNDS if rounds * DECISIONS <= len(table.sizes))
    best = int(np.argmin([loss.sum() for loss in losses[:allowed]]))
    (_, before, _), (_, after, _) = judged[0], judged[best]
    helps = _is_gain(losses[0] - losses[best], table.articles) and after.sum() >= before.sum()
    rounds = ROUNDS[best] if helps else 0
    chance, good, _ = judged[ROUNDS.index(rounds)]
    learned = _calibrate(chance, good, fold, shipped)
    first, then = _loss(judged[0][0], judged[0][1], shipped), learned[1]
    old = _loss(chance, good, shipped)
    better = _is_gain(old - then, table.articles)
    return Fitted(
        len(good),
        int(before.sum()),
        int(good.sum()),
        rounds,
        learned[0] if better else shipped,
        better,
        (round(float(first.mean()), 4), round(float((then if better else old).mean()), 4)),
    )


def _is_gain(gains: Floats, articles: Ints) -> bool:
    """Whether the gains, summed up by article, are more than their standard error."""
    _, which = np.unique(articles, return_inverse=True)
    by_article = np.bincount(which, gains)
    return bool(by_article.sum() > np.sqrt(len(by_article)) * by_article.std())


def _judge(table: QuestionArrays, shares: Floats) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    """For each question the share of the value chosen, whether it is right, and the share of all that is right."""
    chance, good, of_right = np.zeros(len(table.sizes)), np.zeros(len(table.sizes), bool), np.zeros(len(table.sizes))
    starts = np.cumsum(table.sizes) - table.sizes
    for n, (start, size) in enumerate(zip(starts.tolist(), table.sizes.tolist(), strict=True)):
        inside = slice(start, start + size)
        best, agreeing = table.asked.chosen(table.asked.values[n], shares[inside])
        chance[n], good[n] = agreeing[best], table.right[start + best] > 0
        of_right[n] = shares[inside][table.right[inside] > 0].sum()
    return chance, good, of_right


def _calibrate(
    chance: Floats, good: npt.NDArray[np.bool_], fold: Ints, shipped: tuple[float, float]
) -> tuple[tuple[float, float], Floats]:
    """The calibration of all answers, and the loss at each by that of the others."""
    losses = np.zeros(len(chance))
    for number in set(fold.tolist()):
        inside, outside = fold != number, fold == number
        line = trees.fit_platt(chance[inside], good[inside].astype(float), shipped, PULL)
        losses[outside] = _loss(chance[outside], good[outside], line)
    slope, offset = trees.fit_platt(chance, good.astype(float), shipped, PULL)
    return (round(slope, 6), round(offset, 6)), losses


def _loss(chance: Floats, good: npt.NDArray[np.bool_], line: tuple[float, float]) -> Floats:
    given = np.array([calibrated(share, *line) for share in chance.tolist()])
    return -np.log(np.maximum(np.where(good, given, 1 - given), _EDGE))
