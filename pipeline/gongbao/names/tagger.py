"""The field tagger: which words near a quantity name its indicator, and which its initiative.

A two-layer bidirectional GRU that began as LAC reads the article; for each quantity, every position in its window gets
scores for beginning, ending and lying inside a name, from the position's state, the quantity's state and the features
of `gongbao.names.features`. Trained by `training/train_fields.py` on annotated bulletins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources.abc import Traversable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gongbao.chinese.clauses import Span
from gongbao.document import Entity
from gongbao.errors import ModelError
from gongbao.names.characters import Vocabulary, batches_by_length
from gongbao.names.features import Amount, Surroundings, TextFeatures
from gongbao.names.network import Network, places, shipped_weights
from gongbao.names.ranking import Name, Proposals
from gongbao.names.scores import NO_SPANS, FieldHeads, Spans, best_spans
from gongbao.ranker import Ranker, Reason, Trees, calibrated

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

RULE = "field_tagger"


@dataclass(frozen=True, slots=True)
class FieldContext:
    """An article for the tagger: simplified text, its quantities in order (`gongbao.document.Quantity` fits), the
    places that it names, and where it says names that the user knows.
    """

    text: str
    quantities: Sequence[Amount]
    places: Sequence[Span] = ()
    known: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class FieldPrediction:
    """What the tagger reads for one quantity.

    `score` of an entity is the calibrated probability that the name is right. The initiative may lie in the title, a
    heading or an earlier sentence. `indicators` and `initiatives` hold the best few, best first; `statuses` the shares
    of `gongbao.record.Status`, in its order, `ranks` those of `gongbao.document.PLACE_RANKS`.
    """

    indicators: tuple[Entity, ...] = ()
    initiatives: tuple[Entity, ...] = ()
    statuses: tuple[float, ...] = ()
    ranks: tuple[float, ...] = ()

    @property
    def indicator(self) -> Entity | None:
        """The likeliest indicator, None if there is no text to choose from."""
        return self.indicators[0] if self.indicators else None

    @property
    def initiative(self) -> Entity | None:
        """The likeliest initiative, None if there is no text to choose from."""
        return self.initiatives[0] if self.initiatives else None


@dataclass(frozen=True, slots=True)
class FieldProposals:
    """What the network proposes for the N quantities of an article, before ranking."""

    indicators: Spans
    initiatives: Spans
    statuses: FloatArray
    """[N, 5] shares of `gongbao.record.Status`."""
    ranks: FloatArray
    """[N, 6] shares of `gongbao.document.PLACE_RANKS`."""


NO_PROPOSALS = FieldProposals(NO_SPANS, NO_SPANS, np.zeros((0, 5), np.float32), np.zeros((0, 6), np.float32))


class FieldTagger:
    """Names indicator and initiative of quantities. Make one with :meth:`load`."""

    def __init__(self, network: Network, heads: Mapping[str, npt.NDArray[Any]]) -> None:
        self._network = network
        self._vocabulary = Vocabulary(network.metadata["vocabulary"])
        self._heads = heads
        self._field_heads = FieldHeads(heads)

    @cached_property
    def _trees(self) -> Trees:
        return Trees.load("gongbao.names", "initiative")

    @cached_property
    def _ranker(self) -> Ranker:
        return Ranker(self._trees)

    @classmethod
    def load(cls, folder: Traversable | None = None) -> FieldTagger:
        """The tagger of this installation, loaded once a process, or that whose weights are in a folder.

        Raises:
            ModelError: The weights are missing or broken.
        """
        return _loaded() if folder is None else _read(folder)

    def predict(self, contexts: Sequence[FieldContext], *, best: int = 5) -> list[list[FieldPrediction]]:
        """Predict for all quantities of articles; the articles of one call are read together.

        Args:
            contexts: Articles.
            best: How many indicators and initiatives to give for each quantity.

        Returns:
            For each article one prediction a quantity, offsets in the article's text.
        """
        proposed = self.propose(contexts)
        return [self._chosen(context, found, best) for context, found in zip(contexts, proposed, strict=True)]

    def _chosen(self, context: FieldContext, found: FieldProposals, best: int) -> list[FieldPrediction]:
        if not len(found.statuses):
            return []
        starts = np.array([quantity.start for quantity in context.quantities])
        proposals = Proposals(context.text, starts, found.indicators, found.initiatives, context.places, context.known)
        slope, offset = self._trees.metadata["calibration_indicator"]
        rows = zip(
            proposals.indicators(best),
            proposals.initiatives(self._ranker, best),
            found.statuses.tolist(),
            found.ranks.tolist(),
            strict=True,
        )
        return [
            FieldPrediction(
                tuple(_entity(name, "INDICATOR", calibrated(name.probability, slope, offset)) for name in indicators),
                tuple(_entity(name, "INITIATIVE", self._ranker.confidence(name.probability)) for name in initiatives),
                tuple(statuses),
                tuple(ranks),
            )
            for indicators, initiatives, statuses, ranks in rows
        ]

    def reasons(self, context: FieldContext) -> list[list[Reason]]:
        """What speaks for the first and for the second of the initiatives of each quantity of an article."""
        if not context.quantities:
            return []
        (found,) = self.propose([context])
        starts = np.array([quantity.start for quantity in context.quantities])
        proposals = Proposals(context.text, starts, found.indicators, found.initiatives, context.places, context.known)
        return proposals.reasons(self._ranker)

    def propose(self, contexts: Sequence[FieldContext]) -> list[FieldProposals]:
        """What the network proposes for all quantities of articles; the articles of one call are read together.

        Args:
            contexts: Articles.

        Returns:
            For each article the spans that may name indicator and initiative, and what each quantity says of the world.
        """
        features = [TextFeatures(context.text, context.quantities) for context in contexts]
        needed = [(feature, feature.surroundings()) for feature in features if feature.amounts]
        found = ((*item, *encoded) for item, encoded in zip(needed, self._encode(needed), strict=True))
        return [self._article(*next(found)) if feature.amounts else NO_PROPOSALS for feature in features]

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
            edge = edge_of[positions]
            picked = np.flatnonzero(edge >= 0)
            keys[positions], states[edge[picked]] = self._network.run(
                lengths, characters[positions], picked=picked.astype(np.int32), marks=marks[positions]
            )
        return [
            (keys[base : base + len(article.text)], states[edge_of[edge]].reshape(-1, 512))
            for (article, _), base, edge in zip(needed, bases.tolist(), edges, strict=False)
        ]

    def _article(
        self, article: TextFeatures, around: Surroundings, keys: FloatArray, states: FloatArray
    ) -> FieldProposals:
        scores = self._field_heads.scores(around, keys, states)
        indicators, initiatives = best_spans(article, around, scores, self._heads["lengths"])
        ranks = self._field_heads.ranks(around, keys, states)
        return FieldProposals(indicators, initiatives, self._field_heads.statuses(states), ranks)


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


def _entity(name: Name, label: Literal["INDICATOR", "INITIATIVE"], score: float) -> Entity:
    return Entity(name.start, name.end, name.text, label, RULE, round(score, 4))
