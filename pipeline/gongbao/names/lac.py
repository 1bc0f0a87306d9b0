"""Names in Chinese text by LAC, the network inside jieba's wheel, run by ONNX Runtime.

The weights are Baidu's LAC ("small" model: character embedding, two bidirectional GRU layers of 128, CRF), Apache-2.0;
`training/convert_lac.py` makes weights/lac.onnx from jieba's wheel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from gongbao.document import Entity
from gongbao.names.characters import Vocabulary, batches_by_length
from gongbao.names.network import Network, places
from gongbao.names.viterbi import viterbi

RULE = "lac"
Label = Literal["ORG", "LOC", "PER", "TIME", "WORK"]
LABELS: dict[str, Label] = {
    "ORG": "ORG",
    "nt": "ORG",
    "LOC": "LOC",
    "ns": "LOC",
    "PER": "PER",
    "nr": "PER",
    "TIME": "TIME",
    "nw": "WORK",
}
"""LAC's tags that are names, and our labels for them (nt, ns, nr: the older corpus's tags for the same)."""

_EDGES = frozenset(' \u3000\t\n，,。；;、：:“”"《》')
_LONGEST = 512  # longer runs without an end of sentence are cut; names are far shorter


class LacTagger:
    """Finds organisations, places, persons, times and works in sentences. Make one with :meth:`load`."""

    def __init__(self, network: Network) -> None:
        facts = network.metadata
        self._network = network
        self._vocabulary = Vocabulary(facts["vocabulary"])
        self._tags: list[str] = facts["tags"]
        self._start, self._end, self._transitions = (
            np.array(facts[key], np.float32) for key in ("start", "end", "transitions")
        )

    @classmethod
    def load(cls) -> LacTagger:
        """The tagger of this installation, loaded once a process.

        Raises:
            ModelError: The weights are missing or broken.
        """
        return _loaded()

    def tag(self, sentences: Sequence[str]) -> list[list[Entity]]:
        """The names in each sentence, ordered, offsets in code points of that sentence."""
        words = self.words(sentences)
        return [list(_entities(sentence, row)) for sentence, row in zip(sentences, words, strict=True)]

    def words(self, sentences: Sequence[str]) -> list[list[tuple[int, int, str]]]:
        """All words of each sentence as (start, end, LAC's tag): a segmentation with parts of speech."""
        return [list(_words([self._tags[number] for number in row])) for row in self.tag_numbers(sentences)]

    def tag_numbers(self, sentences: Sequence[str]) -> list[npt.NDArray[np.intp]]:
        """The number of the tag of every character, one array a sentence."""
        pieces: list[tuple[int, int]] = []
        for number, sentence in enumerate(sentences):
            pieces.extend((number, start) for start in range(0, len(sentence), _LONGEST))
        encoded = [self._vocabulary.encode(sentence) for sentence in sentences]
        sequences = [encoded[number][start : start + _LONGEST] for number, start in pieces]
        found = [np.zeros(len(row), np.intp) for row in encoded]
        for batch in batches_by_length([len(sequence) for sequence in sequences]):
            chosen = [sequences[index] for index in batch]
            lengths = np.array([len(sequence) for sequence in chosen])
            (rows,) = self._network.run(lengths, np.concatenate(chosen))
            columns, steps = places(lengths)
            emissions = np.zeros((lengths.max(), len(batch), rows.shape[1]), np.float32)
            emissions[steps, columns] = rows
            path = viterbi(emissions, lengths, self._start, self._end, self._transitions)
            for column, index in enumerate(batch):
                number, start = pieces[index]
                found[number][start : start + lengths[column]] = path[: lengths[column], column]
        return found


def _entities(sentence: str, words: Sequence[tuple[int, int, str]]) -> Iterator[Entity]:
    """The words that are names, without spaces and quotation marks at their edges."""
    for start, end, tag in words:
        if tag not in LABELS:
            continue
        while start < end and sentence[start] in _EDGES:
            start += 1
        while end > start and sentence[end - 1] in _EDGES:
            end -= 1
        if any(character.isalnum() for character in sentence[start:end]):
            yield Entity(start, end, sentence[start:end], LABELS[tag], RULE)


def _words(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Words from one tag (`ORG-B`, `ORG-I`, `O`) a character."""
    start = 0
    for position in range(1, len(tags) + 1):
        at_border = (
            position == len(tags)
            or tags[position].endswith("-B")
            or tags[position].partition("-")[0] != tags[start].partition("-")[0]
        )
        if at_border:
            yield start, position, tags[start].partition("-")[0]
            start = position


@lru_cache(maxsize=1)
def _loaded() -> LacTagger:
    return LacTagger(Network.load("lac.onnx"))
