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
from itertools import islice
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gongbao.chinese.clauses import Span
from gongbao.document import Entity
from gongbao.errors import ModelError
from gongbao.names.characters import Vocabulary, batches_by_length
from gongbao.names.features import QuantitySpan, TextFeatures
from gongbao.names.network import Network, places, shipped_weights
from gongbao.names.ranking import Name, Proposals
from gongbao.names.scores import NO_SPANS, Encoded, FieldHeads, Rows, Spans, best_spans, in_parts
from gongbao.ranker import Learned, Ranker, Reason, Trees, calibrated

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

RULE = "field_tagger"

_ENCODED = 1 << 14  # characters that the network reads together, so that sequences in a batch are of like length
_BLOCK = 1 << 13  # characters whose windows are in memory at one time
_READ = (32, 320)  # characters that a quantity counts for at least and at most: those from the one before it


@dataclass(frozen=True, slots=True)
class FieldContext:
    """An article for the tagger: simplified text, its quantities in order (`gongbao.document.Quantity` fits), the
    places that it names, and where it says names that the user knows.
    """

    text: str
    quantities: Sequence[QuantitySpan]
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

    def __init__(self, network: Network, heads: Mapping[str, npt.NDArray[Any]], learned: Learned | None = None) -> None:
        self._network = network
        self._learned = learned
        self._vocabulary = Vocabulary(network.metadata["vocabulary"])
        self._heads = heads
        self._field_heads = FieldHeads(heads)

    @cached_property
    def _trees(self) -> Trees:
        return Trees.load("gongbao.names", "initiative", self._learned)

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

    def ranking_by(self, learned: Learned) -> FieldTagger:
        """The same network, its names ranked by what was learned."""
        return FieldTagger(self._network, self._heads, learned)

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
        articles = [TextFeatures(context.text, context.quantities) for context in contexts]
        blocks = [_blocks(article) for article in articles]
        row = [block for own in blocks for block in own]
        done = (
            self._block(block, encoded)
            for part in in_parts([block.size for block in row], _ENCODED)
            for block, encoded in zip(row[part], self._encode(row[part]), strict=True)
        )
        return [self._joined([*islice(done, len(own))]) for own in blocks]

    def _encode(self, blocks: Sequence[_Block]) -> list[Encoded]:
        """What the network makes of what each of some blocks looks at: they are read together."""
        rows = [Rows(block.sequences) for block in blocks]
        bases = np.cumsum([0, *(own.count for own in rows)])
        firsts = np.concatenate([base + own.firsts for base, own in zip(bases, rows, strict=False)])
        edges = [base + own.of(block.edges) for base, own, block in zip(bases, rows, blocks, strict=False)]
        at_edge = np.unique(np.concatenate(edges))
        edge_of = np.full(bases[-1], -1)
        edge_of[at_edge] = np.arange(len(at_edge))
        texts = [(block.article, start, end) for block in blocks for start, end in block.sequences.tolist()]
        keys = np.zeros((bases[-1], self._heads["output"].shape[0]), np.float32)
        states = np.zeros((len(at_edge), 256), np.float32)
        for batch in batches_by_length([end - start for _, start, end in texts]):
            chosen = [texts[number] for number in batch]
            lengths = np.array([end - start for _, start, end in chosen])
            numbers, steps = places(lengths)
            positions = firsts[batch][numbers] + steps
            edge = edge_of[positions]
            picked = np.flatnonzero(edge >= 0)
            keys[positions], states[edge[picked]] = self._network.run(
                lengths,
                self._vocabulary.encode("".join(article.text[start:end] for article, start, end in chosen)),
                picked=picked.astype(np.int32),
                marks=np.concatenate([article.marks[start:end] for article, start, end in chosen]).astype(np.int32),
            )
        return [
            Encoded(own, keys[base : base + own.count], states[edge_of[edge]].reshape(-1, 512))
            for own, base, edge in zip(rows, bases.tolist(), edges, strict=False)
        ]

    def _block(self, block: _Block, encoded: Encoded) -> _Proposed:
        around = block.article.surroundings(block.part)
        scores = self._field_heads.scores(around, encoded)
        indicators, initiatives = best_spans(block.article, around, scores, self._heads["lengths"])
        return _Proposed(indicators, initiatives, encoded.states, encoded.mean(around.blocks))

    def _joined(self, blocks: Sequence[_Proposed]) -> FieldProposals:
        """The proposals of an article from those of its blocks."""
        if not blocks:
            return NO_PROPOSALS
        states = np.concatenate([block.states for block in blocks])
        return FieldProposals(
            Spans.joined([block.indicators for block in blocks]),
            Spans.joined([block.initiatives for block in blocks]),
            self._field_heads.statuses(states),
            self._field_heads.ranks(states, np.concatenate([block.windows for block in blocks])),
        )


@dataclass(frozen=True, slots=True)
class _Block:
    """Quantities of an article whose windows are in memory at one time."""

    article: TextFeatures
    part: slice
    size: int
    """What is read for it, about, in characters."""

    @property
    def edges(self) -> Ints:
        """[2 N] the first and the last character of each quantity."""
        found: Ints = np.array([(q.start, q.end - 1) for q in self.article.amounts[self.part]]).ravel()
        return found

    @property
    def sequences(self) -> Ints:
        """[S, 2] those of the article in which a window has a character."""
        own = self.article.sequences
        shown = np.unique(self.article.blocks[self.part].reshape(-1, 2), axis=0)
        shown = shown[shown[:, 0] < shown[:, 1]]
        firsts = np.searchsorted(own[:, 1], shown[:, 0], side="right")
        numbers, steps = places(np.searchsorted(own[:, 0], shown[:, 1]) - firsts)
        found: Ints = own[np.unique(firsts[numbers] + steps)]
        return found


@dataclass(frozen=True, slots=True)
class _Proposed:
    """What is kept of a block."""

    indicators: Spans
    initiatives: Spans
    states: FloatArray
    windows: FloatArray


def _blocks(article: TextFeatures) -> list[_Block]:
    """The quantities of an article in blocks of about so many characters that are looked at."""
    sizes = np.clip(np.diff(article.starts, prepend=0), *_READ).tolist()
    return [_Block(article, part, sum(sizes[part])) for part in in_parts(sizes, _BLOCK)]


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
