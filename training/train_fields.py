"""Train the field tagger on annotated bulletins and write its weights.

    python corpus/build.py  # makes corpus/training/gold.jsonl, one of the files to learn from
    python -m training.train_fields GOLD.jsonl... [--twice GOLD.jsonl...] [--folds 4] [--epochs 10] [--keep FOLDER]

First a cross-validation by article, whose predictions for unseen articles train the initiative ranker, calibrate the
scores and are printed as the figures to quote; then the network is trained on everything and written. With --keep the
folds' networks are written too, each beside the ids of the articles that it has not seen (for `fit_confidence.py`).
One thread, fixed seeds. Needs the `train` dependency group. About two minutes an epoch for 550 articles on one core.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np
import torch
from gongbao.names.characters import Vocabulary
from gongbao.names.scores import Spans, best_spans
from torch import Tensor, nn
from torch.nn import functional

from training.field_data import FIELDS, Example, read_examples
from training.field_export import export
from training.field_model import FieldNetwork
from training.fit_ranking import Unseen, fit_calibration, fit_ranker, judged
from training.lac_source import FloatArray, lac_folder, read_dictionary, read_lac, trained

ARTICLES_A_STEP, DROPOUT, RATE, ENCODER_RATE, DECAY = 4, 0.3, 2e-3, 1e-3, 0.95
FACTS_A_STEP = 16
"""Facts of one article in a step, drawn anew each time: an article full of figures must not drown the others."""
LISTS_WEIGHT, OPTIONAL_WEIGHT = 0.3, 0.5


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
        loss = LISTS_WEIGHT * tags.shape[1] * functional.binary_cross_entropy_with_logits(network.lists(states), tags)
        drawn = [sorted(chance.sample(range(n), min(n, FACTS_A_STEP))) for n in (len(e.facts) for e in examples)]
        facts = max(1, sum(map(len, drawn)))
        for example, base, rows in zip(examples, bases, drawn, strict=True):
            if not rows:
                continue
            scores = network(states, base, example.features, example.around, DROPOUT, rows)
            weights = torch.tensor([OPTIONAL_WEIGHT if example.facts[n].optional else 1.0 for n in rows])
            for field in range(len(FIELDS)):
                targets = example.targets[field][rows]
                wanted = torch.tensor(targets).flatten(1)
                allowed = torch.tensor(example.allowed[rows] | (targets > 0))
                spans = network.spans(scores, allowed, field).flatten(1)
                right = (spans + wanted.clamp_min(1e-9).log()).masked_fill(wanted == 0, -1e4)
                lost = torch.logsumexp(spans, 1) - torch.logsumexp(right, 1)
                loss = loss + (lost * weights)[(wanted > 0).any(1)].sum() / facts
        return loss

    def propose(self, network: FieldNetwork, example: Example) -> tuple[Spans, Spans]:
        """The spans that a network proposes for the facts of an article, by field."""
        with torch.no_grad():
            states, _ = network.encode([example.features], self.vocabulary, 0.0)
            scores = network(states, 0, example.features, example.around, 0.0, range(len(example.facts)))
            by_length = network.lengths[:, 1:].numpy()
        return best_spans(example.features, example.around, np.moveaxis(scores.numpy(), -1, 0), by_length)


def _rate(done: float) -> float:
    """Share of the full learning rate: up over the first tenth, then down to a fiftieth."""
    return max(0.02, min(1.0, done / 0.1) * (1 - max(0.0, (done - 0.1) / 0.9)))


def cross_validate(
    trainer: Trainer, examples: Sequence[Example], twice: Container[str], folds: int
) -> tuple[list[FieldNetwork], list[Unseen]]:
    """A network for each fold, and for every article the proposals of the one that was trained without it.

    Articles in `twice` count twice.
    """
    order = list(range(len(examples)))
    random.Random(7).shuffle(order)
    networks, unseen = [], []
    for fold in range(folds):
        known = [examples[n] for place, n in enumerate(order) if place % folds != fold]
        network = trainer.train([*known, *(example for example in known if example.id in twice)])
        networks.append(network)
        for number in (n for place, n in enumerate(order) if place % folds == fold):
            if examples[number].facts:
                unseen.append(Unseen(examples[number], fold, *trainer.propose(network, examples[number])))
    return networks, unseen


def report(chosen: Sequence[Unseen], rankers: Sequence[dict[str, FloatArray]]) -> list[list[tuple[float, bool]]]:
    """Print the share right by field among some articles; each fold is judged by the ranker fitted without it."""
    results: list[list[tuple[float, bool]]] = [[], []]
    for fold, arrays in enumerate(rankers):
        for field in range(len(FIELDS)):
            results[field] += judged([article for article in chosen if article.fold == fold], arrays, field)
    for name, judgements in zip(FIELDS, results, strict=True):
        if judgements:
            print(f"{name}: {sum(ok for _, ok in judgements) / len(judgements):.3f} of {len(judgements)}")
    return results


def main() -> None:
    """Read the arguments, cross-validate, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--twice", nargs="+", type=Path, default=[], help="articles that count twice: the real ones")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="folder for the networks of the folds")
    weights = Path(__file__).resolve().parents[1] / "pipeline/gongbao/names/weights"
    parser.add_argument("--output", type=Path, default=weights)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    real = read_examples(arguments.twice)
    examples = [*real, *read_examples(arguments.gold)]
    twice = {example.id for example in real}
    trainer = Trainer(arguments.epochs)
    networks, unseen = cross_validate(trainer, examples, twice, arguments.folds)
    folds = range(arguments.folds)
    rankers = [fit_ranker([article for article in unseen if article.fold != fold]) for fold in folds]
    print("all:")
    indicators, initiatives = report(unseen, rankers)
    if real:  # harder than those made up, and what the scores have to be true of
        print("counted twice:")
        chosen = [article for article in unseen if article.example.id in twice]
        indicators, initiatives = report(chosen, rankers)
    calibration = {
        "calibration_indicator": fit_calibration(indicators),
        "calibration_initiative": fit_calibration(initiatives),
    }
    kept = "".join(c for c in trainer.characters if _common(c))
    for fold, network in enumerate(networks if arguments.keep else ()):
        folder = arguments.keep / f"fold-{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        export(network, trainer.characters, kept, rankers[fold] | calibration, folder)
        ids = [article.example.id for article in unseen if article.fold == fold]
        (folder / "unseen.txt").write_text("\n".join(ids) + "\n", encoding="utf-8")
    network = trainer.train([*examples, *real])
    export(network, trainer.characters, kept, fit_ranker(unseen) | calibration, arguments.output)


def _common(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    main()
