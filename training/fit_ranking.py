"""Fit the initiative ranker and the calibration on predictions for articles that the network was not trained on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from gongbao.names.candidates import NONE
from gongbao.names.ranking import InitiativeRanker, Proposals
from gongbao.names.scores import Spans
from torch.nn import functional

from training.field_data import Example, same_name
from training.lac_source import FloatArray

EPOCHS, BATCH, RATE, DECAY = 30, 32, 3e-3, 2.0


@dataclass(frozen=True)
class Unseen:
    """An article with the spans proposed by a network that had not seen it, and its fold of the cross-validation."""

    example: Example
    fold: int
    indicators: Spans
    initiatives: Spans

    @property
    def proposals(self) -> Proposals:
        return Proposals(self.example.text, self.example.features.starts, self.indicators, self.initiatives)


def fit_ranker(articles: Sequence[Unseen]) -> dict[str, FloatArray]:
    """The ranker's arrays, by maximum likelihood of the right names among those proposed."""
    groups: list[tuple[FloatArray, torch.Tensor, float]] = []
    for article in articles:
        proposals = article.proposals
        candidates = proposals.candidates()
        for number, fact in enumerate(article.example.facts):
            if not fact.accepted[1]:
                continue
            spans = [span for span in candidates.spans[number].tolist() if span != NONE]
            names = [proposals.name(span, 0.0).text for span in spans]
            right = torch.tensor([same_name(name, fact.accepted[1]) for name in names], dtype=torch.bool)
            groups.append((candidates.features[number, : len(names)], right, 0.5 if fact.optional else 1.0))
    stacked = np.concatenate([rows for rows, _, _ in groups])
    center, scale = stacked.mean(0), stacked.std(0) + np.float32(0.1)
    weights = torch.zeros(stacked.shape[1], requires_grad=True)
    optimizer = torch.optim.AdamW([weights], lr=RATE, weight_decay=DECAY)
    usable = [group for group in groups if group[1].any()]
    shuffle = random.Random(0)
    for _ in range(EPOCHS):
        shuffle.shuffle(usable)
        for start in range(0, len(usable), BATCH):
            loss = torch.zeros(())
            for rows, right, weight in usable[start : start + BATCH]:
                scores = torch.tensor((rows - center) / scale) @ weights
                loss = loss + weight * (torch.logsumexp(scores, 0) - torch.logsumexp(scores[right], 0))
            optimizer.zero_grad()
            (loss / BATCH).backward()
            optimizer.step()
    return {"rank_weights": weights.detach().numpy(), "rank_center": center, "rank_scale": scale}


def judged(articles: Sequence[Unseen], arrays: dict[str, FloatArray], field: int) -> list[tuple[float, bool]]:
    """For every fact that is not optional: the share of the first choice, and whether it is right."""
    ranker = InitiativeRanker(arrays["rank_weights"], arrays["rank_center"], arrays["rank_scale"])
    results = []
    for article in articles:
        proposals = article.proposals
        chosen = proposals.indicators() if field == 0 else proposals.initiatives(ranker)
        for names, fact in zip(chosen, article.example.facts, strict=True):
            if fact.optional or not fact.accepted[field]:
                continue
            first = names[0] if names else None
            right = first is not None and same_name(first.text, fact.accepted[field])
            results.append((first.probability if first else 0.0, right))
    return results


def fit_calibration(results: Sequence[tuple[float, bool]]) -> FloatArray:
    """Platt scaling's slope and offset for shares and whether they were right."""
    shares = torch.tensor([share for share, _ in results]).clamp(1e-4, 1 - 1e-4)
    right = torch.tensor([float(ok) for _, ok in results])
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=100)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.binary_cross_entropy_with_logits(line[0] * torch.logit(shares) + line[1], right)
        value.backward()
        return value

    optimizer.step(loss)
    return line.detach().numpy()
