"""The field tagger: which words near a quantity name its indicator, and which its initiative.

A two-layer bidirectional GRU that began as LAC reads the article; for each quantity, every position in its window gets
scores for beginning, ending and lying inside a name, from the position's state, the quantity's state and the features
of `pipeline.ner.field_features`. Trained by `training/train_fields.py` on annotated bulletins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.errors import ModelError
from pipeline.models import Entity
from pipeline.ner.characters import Vocabulary, batches_by_length
from pipeline.ner.field_features import FEATURE_SIZES, LONGEST, Amount, Surroundings, TextFeatures
from pipeline.ner.field_ranking import InitiativeRanker, Name, Proposals, agreed, calibrated, merged
from pipeline.ner.network import Network, places, shipped_weights

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

RULE = "field_tagger"
_STARTS = 20  # beginnings that are followed up for one quantity; the rest has no share worth counting
SPANS = 16
"""Spans a quantity and field that ranking starts from."""
_JOINED = ([0], [1, 3, 4], [2, 5])  # features whose tables are added up when loading


@dataclass(frozen=True, slots=True)
class FieldContext:
    """An article for the tagger: simplified text, and its quantities in order (`pipeline.models.Quantity` fits)."""

    text: str
    quantities: Sequence[Amount]


@dataclass(frozen=True, slots=True)
class FieldPrediction:
    """What the tagger reads for one quantity.

    `score` of an entity is the calibrated probability that the name is right. The initiative may lie in the title, a
    heading or an earlier sentence. `indicators` and `initiatives` hold the best few, best first.
    """

    indicators: tuple[Entity, ...] = ()
    initiatives: tuple[Entity, ...] = ()

    @property
    def indicator(self) -> Entity | None:
        """The likeliest indicator, None if there is no text to choose from."""
        return self.indicators[0] if self.indicators else None

    @property
    def initiative(self) -> Entity | None:
        """The likeliest initiative, None if there is no text to choose from."""
        return self.initiatives[0] if self.initiatives else None


class FieldTagger:
    """Names indicator and initiative of quantities. Make one with :meth:`load`."""

    def __init__(self, network: Network, heads: Mapping[str, npt.NDArray[Any]]) -> None:
        self._network = network
        self._vocabulary = Vocabulary(network.metadata["vocabulary"])
        self._heads = heads
        self._tables = [_joined_table(heads, columns) for columns in _JOINED]
        self._ranker = InitiativeRanker(heads["rank_weights"], heads["rank_center"], heads["rank_scale"])

    @classmethod
    def load(cls, folder: Traversable | None = None) -> FieldTagger:
        """The tagger of this installation, loaded once a process, or that whose weights are in a folder.

        Raises:
            ModelError: The weights are missing or broken.
        """
        return _loaded() if folder is None else _read(folder)

    def predict(self, contexts: Sequence[FieldContext], *, best: int = 3) -> list[list[FieldPrediction]]:
        """Predict for all quantities of articles; the articles of one call are read together.

        Args:
            contexts: Articles.
            best: How many indicators and initiatives to give for each quantity.

        Returns:
            For each article one prediction a quantity, offsets in the article's text.
        """
        features = [TextFeatures(context.text, context.quantities) for context in contexts]
        needed = [(feature, feature.surroundings()) for feature in features if feature.amounts]
        found = ((*item, *encoded) for item, encoded in zip(needed, self._encode(needed), strict=True))
        return [self._article(*next(found), best) if feature.amounts else [] for feature in features]

    def _encode(self, needed: Sequence[tuple[TextFeatures, Surroundings]]) -> list[tuple[FloatArray, FloatArray]]:
        """For each article the keys [len(text), hidden] where a window looks, and states [N, 512] at its quantities."""
        bases = np.cumsum([0, *(len(article.text) for article, _ in needed)])
        seen = np.zeros(bases[-1] + 1, bool)
        edges = []
        for (article, around), base in zip(needed, bases.tolist(), strict=False):
            seen[base + around.positions[around.present]] = True
            spans = np.array([(amount.start, amount.end - 1) for amount in article.amounts])
            edges.append(base + spans.ravel())
        edge_of = np.full(bases[-1], -1)
        at_edge = np.unique(np.concatenate([np.zeros(0, np.int64), *edges]))
        edge_of[at_edge] = np.arange(len(at_edge))
        jobs = [
            (base + start, base + end)
            for (article, _), base in zip(needed, bases.tolist(), strict=False)
            for start, end in article.sequences
            if seen[base + start : base + end].any()
        ]
        characters = self._vocabulary.encode("".join(article.text for article, _ in needed))
        marks = np.concatenate([np.zeros(0, np.int32), *(article.marks for article, _ in needed)]).astype(np.int32)
        keys = np.zeros((bases[-1], self._heads["output"].shape[0]), np.float32)
        states = np.zeros((len(at_edge), 256), np.float32)
        for batch in batches_by_length([end - start for start, end in jobs]):
            chosen = np.array([jobs[index] for index in batch])
            lengths = chosen[:, 1] - chosen[:, 0]
            numbers, steps = places(lengths)
            positions = chosen[numbers, 0] + steps
            batch_states, batch_keys = self._network.run(lengths, characters[positions], marks=marks[positions])
            keys[positions] = batch_keys
            edge = edge_of[positions]
            states[edge[edge >= 0]] = batch_states[edge >= 0]
        return [
            (keys[base : base + len(article.text)], states[edge_of[edge]].reshape(-1, 512))
            for (article, _), base, edge in zip(needed, bases.tolist(), edges, strict=False)
        ]

    def _article(
        self, article: TextFeatures, around: Surroundings, keys: FloatArray, states: FloatArray, best: int
    ) -> list[FieldPrediction]:
        scores = self._scores(around, keys, states)
        proposed = [self._spans(article, around, scores[..., 3 * field : 3 * field + 3], field) for field in (0, 1)]
        indicators, initiatives = ([merged(row, article.text) for row in rows] for rows in proposed)
        amounts = [(amount.start, amount.end) for amount in article.amounts]
        ranked = self._ranker.choose(Proposals(article.text, amounts, initiatives), indicators)
        return [
            FieldPrediction(
                tuple(self._entity(name, name.probability, "INDICATOR") for name in agreed(names, best)),
                tuple(self._entity(name, share, "INITIATIVE") for name, share in choice[:best]),
            )
            for names, choice in zip(indicators, ranked, strict=True)
        ]

    def _entity(self, name: Name, share: float, label: Literal["INDICATOR", "INITIATIVE"]) -> Entity:
        slope, offset = self._heads[f"calibration_{label.lower()}"].tolist()
        return Entity(name.start, name.end, name.text, label, RULE, round(calibrated(share, slope, offset), 4))

    def _scores(self, around: Surroundings, keys: FloatArray, states: FloatArray) -> FloatArray:
        """[N, W, 6]: begin, end, inside of the indicator, then of the initiative."""
        heads = self._heads
        asked = states @ heads["query"]
        asked += heads["query_bias"] + heads["kinds"][around.kinds]
        scores = np.zeros((*around.positions.shape, 6), np.float32)
        for number, present in enumerate(around.present):
            values = around.features[number, present]
            hidden = keys[around.positions[number, present]]
            hidden += asked[number]
            for table, columns in zip(self._tables, _JOINED, strict=True):
                hidden += table[np.ravel_multi_index(tuple(values[:, columns].T), [FEATURE_SIZES[c] for c in columns])]
            first = np.maximum(hidden, 0) @ heads["output"] + heads["output_bias"]
            begins, lasts = _softmax(first[:, 0]), _softmax(first[:, 1])
            covered = np.clip(np.cumsum(begins) - np.cumsum(lasts) + lasts, 0, 1)
            hidden += np.stack([begins, lasts, covered], axis=1) @ heads["indicator_seen"]
            second = np.maximum(hidden, 0) @ heads["output_initiative"] + heads["output_initiative_bias"]
            scores[number, present] = np.concatenate([first[:, :3], second], axis=1)
        return scores

    def _spans(
        self, article: TextFeatures, around: Surroundings, scores: FloatArray, field: int
    ) -> list[list[tuple[int, int, float]]]:
        """The likeliest spans (start, end, share) of each quantity, best first."""
        at, present = around.positions, around.present
        count, width = at.shape
        rows = np.arange(count)[:, None]
        begin = np.where(present & article.may_start[at], scores[..., 0], -np.inf)
        kept = np.sort(np.argsort(-begin, axis=1, kind="stable")[:, :_STARTS], axis=1)
        last = kept[..., None] + np.arange(LONGEST)
        inside_window = last < width
        last = np.minimum(last, width - 1)
        first_at, last_at = at[rows, kept], at[rows[..., None], last]
        lengths = np.arange(LONGEST)
        allowed = (
            inside_window
            & np.isfinite(begin[rows, kept])[..., None]
            & present[rows[..., None], last]
            & (last_at - first_at[..., None] == lengths)
            & article.may_end[last_at]
            & (article.borders[last_at + 1] == article.borders[first_at][..., None])
        )
        inside = np.concatenate([np.zeros((count, 1), np.float32), np.cumsum(scores[..., 2], axis=1)], axis=1)
        total = (
            scores[rows, kept, 0][..., None]
            + scores[rows[..., None], last, 1]
            + inside[rows[..., None], last + 1]
            - inside[rows, kept][..., None]
            + self._heads["lengths"][field]
        )
        shares = _softmax(np.where(allowed, total, -1e4).reshape(count, -1))
        top = np.argsort(-shares, axis=1, kind="stable")[:, :SPANS]
        found: list[list[tuple[int, int, float]]] = []
        for row in range(count):
            spans = []
            for cell in top[row].tolist():
                number, length = divmod(cell, LONGEST)
                if allowed[row, number, length]:
                    start = int(first_at[row, number])
                    spans.append((start, start + length + 1, float(shares[row, cell])))
            found.append(spans)
        return found


def _joined_table(heads: Mapping[str, npt.NDArray[Any]], columns: Sequence[int]) -> FloatArray:
    """One table for several features: the sum of their rows for every combination of values."""
    table = np.zeros((1, heads["output"].shape[0]), np.float32)
    for column in columns:
        table = (table[:, None] + heads[f"feature_{column}"][None]).reshape(-1, table.shape[1])
    return table


def _softmax(scores: FloatArray) -> FloatArray:
    powers: FloatArray = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=-1, keepdims=True)
    return shares


@lru_cache(maxsize=1)
def _loaded() -> FieldTagger:
    return _read(shipped_weights())


def _read(folder: Traversable) -> FieldTagger:
    source = folder / "field_heads.npz"
    try:
        with source.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            heads = {key: stored[key].astype(np.float32) for key in stored.files}
    except (OSError, ValueError) as error:
        code = "model.missing" if isinstance(error, OSError) else "model.broken"
        raise ModelError(
            f"the weights do not load: {error}", where=str(source), fix="Install gongbao again", code=code
        ) from error
    return FieldTagger(Network.load("fields.onnx", folder), heads)
