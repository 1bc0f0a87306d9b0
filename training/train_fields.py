"""Train the field tagger's network on annotated bulletins and write its weights.

First a network for each fold, which has not seen the fold's articles: what the rankers learn from (`fit_linker`); then
one on everything. One thread, fixed seeds. Needs the `train` dependency group. About a second a step of four articles.
"""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np
import torch
from gongbao.document import PLACE_RANKS
from gongbao.names.characters import Vocabulary
from torch import Tensor, nn
from torch.nn import functional

from training.field_data import FIELDS, Example
from training.field_export import export
from training.field_model import FieldNetwork
from training.lac_source import lac_folder, read_dictionary, read_lac, trained

ARTICLES_A_STEP, DROPOUT, RATE, ENCODER_RATE, DECAY = 4, 0.3, 2e-3, 1e-3, 0.95
FACTS_A_STEP = 16
"""Facts of one article in a step, drawn anew each time: an article full of figures must not drown the others."""
LISTS_WEIGHT, OPTIONAL_WEIGHT, STATUS_WEIGHT, RANK_WEIGHT = 0.3, 0.5, 0.5, 0.5


class Trainer:
    """Trains networks that all begin at LAC's weights."""

    def __init__(self, epochs: int, seed: int = 0) -> None:
        tensors = read_lac(lac_folder() / "model_baseline")
        self.characters, embedding = trained(read_dictionary(lac_folder() / "word.dic"), tensors["embedding"])
        self.tensors = {**tensors, "embedding": embedding}
        self.vocabulary = Vocabulary(self.characters)
        self.epochs, self.seed = epochs, seed

    def train(self, examples: Sequence[Example]) -> FieldNetwork:
        """A network trained on these articles; its weights are a moving average over the steps."""
        torch.manual_seed(self.seed)
        shuffle = random.Random(self.seed)
        network = FieldNetwork(self.tensors)
        encoder = {id(parameter) for parameter in network.encoder.parameters()}
        head = [parameter for parameter in network.parameters() if id(parameter) not in encoder]
        groups = [
            {"params": head, "lr": RATE, "weight_decay": 0.01},
            {"params": list(network.encoder.parameters()), "lr": ENCODER_RATE, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups)
        steps = math.ceil(len(examples) / ARTICLES_A_STEP) * self.epochs
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps))
        average = {key: value.clone() for key, value in network.state_dict().items()}
        order, step = list(examples), 0
        network.train()
        for _ in range(self.epochs):
            shuffle.shuffle(order)
            for start in range(0, len(order), ARTICLES_A_STEP):
                loss = self._loss(network, order[start : start + ARTICLES_A_STEP], shuffle)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 2.0)
                optimizer.step()
                schedule.step()
                step += 1
                for key, value in network.state_dict().items():
                    average[key].lerp_(value, 1 - min(DECAY, step / (step + 10)))
        network.load_state_dict(average)
        return network.eval()

    def _loss(self, network: FieldNetwork, examples: Sequence[Example], chance: random.Random) -> Tensor:
        states, bases = network.encode([example.features for example in examples], self.vocabulary, DROPOUT)
        states = functional.dropout(states, DROPOUT)
        tags = torch.tensor(np.concatenate([example.tags for example in examples]))
        listed = np.repeat([bool(e.lists) for e in examples], [len(e.tags) for e in examples])
        given = torch.tensor(listed, dtype=torch.float32)[:, None]
        lost = functional.binary_cross_entropy_with_logits(network.lists(states), tags, weight=given, reduction="sum")
        loss = LISTS_WEIGHT * lost / max(1, int(listed.sum()))
        drawn = [sorted(chance.sample(range(n), min(n, FACTS_A_STEP))) for n in (len(e.facts) for e in examples)]
        facts = max(1, sum(map(len, drawn)))
        for example, base, rows in zip(examples, bases, drawn, strict=True):
            if not rows:
                continue
            scores = network(states, base, example.features, example.around, DROPOUT, rows)
            weights = torch.tensor([OPTIONAL_WEIGHT if example.facts[n].optional else 1.0 for n in rows])
            known = torch.tensor([example.facts[n].status for n in rows])
            if (known >= 0).any():
                said = network.statuses(states, base, example.features, rows, DROPOUT)
                lost = functional.cross_entropy(said, known, ignore_index=-1, reduction="sum")
                loss = loss + STATUS_WEIGHT * lost / facts
            placed = torch.full((len(rows), len(PLACE_RANKS)), -1e4)
            for row, n in enumerate(rows):
                placed[row, list(example.facts[n].ranks)] = 0
            ranks = network.ranks(states, base, example.features, example.around, rows, DROPOUT)
            lost = torch.logsumexp(ranks, 1) - torch.logsumexp(ranks + placed, 1)
            loss = loss + RANK_WEIGHT * (lost * weights).sum() / facts
            for field in range(len(FIELDS)):
                targets = example.targets[field][rows]
                wanted = torch.tensor(targets).flatten(1)
                allowed = torch.tensor(example.allowed[rows] | (targets > 0))
                spans = network.spans(scores, allowed, field).flatten(1)
                right = (spans + wanted.clamp_min(1e-9).log()).masked_fill(wanted == 0, -1e4)
                lost = torch.logsumexp(spans, 1) - torch.logsumexp(right, 1)
                loss = loss + (lost * weights)[(wanted > 0).any(1)].sum() / facts
        return loss


def _rate(done: float) -> float:
    """Share of the full learning rate: up over the first tenth, then down to a fiftieth."""
    return max(0.02, min(1.0, done / 0.1) * (1 - max(0.0, (done - 0.1) / 0.9)))


def fold_of(key: str, folds: int) -> int:
    """The fold whose network must not see an article, by a hash of `<gold file>/<id>`."""
    return zlib.crc32(f"fold {key}".encode()) % folds


def train(
    examples: Sequence[Example], apart: Container[str], *, folds: int, epochs: int, keep: Path, output: Path
) -> None:
    """Train a network for each fold and one on everything, and write them.

    Args:
        examples: The articles; their ids are `<gold file>/<id>`.
        apart: Ids that no network learns from.
        folds: How many folds.
        epochs: Passes over the articles.
        keep: Folder for the networks of the folds, each beside the ids of the articles that it has not seen.
        output: Folder for the network trained on everything.
    """
    trainer = Trainer(epochs)
    kept = "".join(c for c in trainer.characters if _common(c))
    known = [example for example in examples if example.id not in apart]
    for fold in range(folds):
        network = trainer.train([example for example in known if fold_of(example.id, folds) != fold])
        folder = keep / f"fold-{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        export(network, trainer.characters, kept, folder)
        unseen = [example.id for example in examples if fold_of(example.id, folds) == fold]
        (folder / "unseen.txt").write_text("\n".join(unseen) + "\n", encoding="utf-8")
        print(f"fold {fold}: a network of {len(known) - len(unseen)} articles or more", flush=True)
    export(trainer.train(known), trainer.characters, kept, output)


def _common(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
