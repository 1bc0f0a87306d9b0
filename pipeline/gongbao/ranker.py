"""Rankers: boosted trees that give each candidate its share, and what a share is worth.

A ranker scores the candidates of one question from their features; their shares add up to one. Candidates of the same
value stand together, and the calibrated share of a value is its confidence. The trees are fitted by LightGBM
(training/) and run by ONNX Runtime on one core. Scores are rounded before they are compared, so that no decision hangs
on the last bits of a sum that another processor adds up otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from math import exp, log
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from gongbao import inference
from gongbao.errors import ModelError
from gongbao.stored import object_of

FloatArray = npt.NDArray[np.float32]
Shares = npt.NDArray[np.float64]
ValueT = TypeVar("ValueT", bound=Hashable)

DECIMALS = 3
"""Scores that differ by less are the same; the earlier candidate wins."""
_EDGE = 1e-4
_SPEAKS = 0.05
"""Difference in score from which a feature is worth naming."""


MANIFEST = "model.json"
"""The file that makes a folder a learned model."""


def shipped_trees(package: str, name: str) -> Traversable:
    """The file `weights/<name>.onnx` of a package of this installation."""
    return resources.files(package) / "weights" / f"{name}.onnx"


def hash_of(content: bytes) -> str:
    """By what a file of trees is known."""
    return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Learned:
    """A folder that `gongbao learn` wrote: trees for some fields, each learned over those of an installation.

    Attributes:
        folder: The folder.
        base: By field the hash of the trees that it was learned over.
    """

    folder: Path
    base: Mapping[str, str]

    @classmethod
    def of(cls, name: str) -> Learned | None:
        """The learned model in a folder of this name, None if there is none.

        Raises:
            ModelError: its manifest is broken (`model.broken`).
        """
        path = Path(name) / MANIFEST
        if not path.is_file():
            return None
        try:
            return cls(Path(name).absolute(), dict(object_of(path.read_bytes())["base"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            fix = "Learn again: gongbao learn"
            problem = f"no manifest of a learned model: {error}"
            raise ModelError(problem, where=str(path), fix=fix, code="model.broken") from error

    @property
    def version(self) -> str:
        """A hash over all that it holds."""
        files = (self.folder / MANIFEST, *(self.folder / f"{name}.onnx" for name in sorted(self.base)))
        return hash_of(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files if path.is_file()))

    def read(self, name: str, *, over: bytes) -> bytes:
        """The trees of a field, learned over those of this installation.

        Raises:
            ModelError: they are not there (`model.missing`), or were learned over other ones (`model.stale`).
        """
        source, fix = self.folder / f"{name}.onnx", "Learn again: gongbao learn"
        if self.base[name] != hash_of(over):
            problem = "the model was learned over the weights of another gongbao"
            raise ModelError(problem, where=str(source), fix=fix, code="model.stale")
        try:
            return source.read_bytes()
        except OSError as error:
            problem = "the learned weights are not there"
            raise ModelError(problem, where=str(source), fix=fix, code="model.missing") from error


class Trees:
    """One file of boosted trees.

    Attributes:
        metadata: What training wrote beside the trees: `features` in the order of the columns, `calibration`.
    """

    def __init__(self, session: Any, metadata: Mapping[str, Any]) -> None:
        self._session = session
        self.metadata = metadata

    @classmethod
    def load(cls, package: str, name: str, learned: Learned | None = None) -> Trees:
        """The trees `weights/<name>.onnx` of a package of this installation, or those learned over them.

        Raises:
            ModelError: `model.missing` if the file is not there, `model.broken` if it does not load, `model.stale` if
                what was learned was so over other trees.
        """
        source, fix = shipped_trees(package, name), inference.SHIPPED
        content = inference.read(source)
        if learned is not None and name in learned.base:
            source, fix = learned.folder / f"{name}.onnx", "Learn again: gongbao learn"
            content = learned.read(name, over=content)
        return cls.read(content, str(source), fix)

    @classmethod
    def read(cls, content: bytes, where: str, fix: str) -> Trees:
        """The trees of a file.

        Args:
            content: Of the file.
            where: Its name.
            fix: What to do if it is broken.

        Raises:
            ModelError: it does not load (`model.broken`).
        """
        return cls(*inference.load(content, where, fix=fix))

    def scores(self, rows: FloatArray) -> Shares:
        """[N, outputs]: rounded scores of N rows of features."""
        if not len(rows):
            return np.zeros((0, 1))
        found = self._session.run(None, {"features": rows})[0]
        return np.asarray(found, np.float64).round(DECIMALS)


@dataclass(frozen=True, slots=True)
class Answer(Generic[ValueT]):
    """What a ranker says to one question.

    `value` is the likeliest value, `candidate` the number of the candidate that speaks most for it, `confidence` its
    calibrated share. `others` are the further values, each with its strongest candidate and confidence, best first; the
    confidences of all values add up to one at most.
    """

    value: ValueT
    candidate: int
    confidence: float
    others: tuple[tuple[ValueT, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What one feature says of two candidates: how much of the first one's lead in score is its doing.

    `score` is what the first candidate would lose with the other's value; below 0 the feature speaks for the other.
    """

    feature: str
    first: float
    second: float
    score: float


class Ranker:
    """Chooses among the candidates of questions."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._slope, self._offset = trees.metadata["calibration"]

    @classmethod
    def load(cls, package: str, name: str, learned: Learned | None = None) -> Ranker:
        """The ranker of a name in a package's weights, or that learned over it.

        Raises:
            ModelError: the weights are missing or broken.
        """
        return cls(Trees.load(package, name, learned))

    def answers(self, values: Sequence[Sequence[ValueT]], rows: FloatArray, *, most: int = 5) -> list[Answer[ValueT]]:
        """The answer to each question.

        Args:
            values: For each question the values of its candidates; none is empty.
            rows: The features of all candidates, question after question.
            most: How many values to name for each question.
        """
        shares = self.shares([len(candidates) for candidates in values], rows).tolist()
        found, start = [], 0
        for candidates in values:
            found.append(self._answer(candidates, shares[start : start + len(candidates)], most))
            start += len(candidates)
        return found

    def shares(self, sizes: Sequence[int], rows: FloatArray, head_start: Shares | None = None) -> Shares:
        """[N]: the share of each candidate among those of its question; `head_start` is added to its score."""
        scores = self._trees.scores(rows)[:, 0] + (head_start if head_start is not None else 0.0)
        return shares_of(scores, np.array(sizes, np.int64))

    def reasons(self, first: Sequence[float], second: Sequence[float], *, most: int = 5) -> list[Reason]:
        """What speaks most for the first of two candidates of a question, and against it, by their features."""
        names: Sequence[str] = self._trees.metadata["features"]
        rows = np.tile(np.array(first, np.float32), (len(names) + 1, 1))
        rows[np.arange(len(names)), np.arange(len(names))] = np.array(second, np.float32)
        scores = self._trees.scores(rows)[:, 0]
        lost = (scores[-1] - scores[:-1]).tolist()
        found = [Reason(*each) for each in zip(names, first, second, lost, strict=True) if abs(each[3]) >= _SPEAKS]
        return sorted(found, key=lambda reason: -abs(reason.score))[:most]

    def _answer(self, candidates: Sequence[ValueT], shares: Sequence[float], most: int) -> Answer[ValueT]:
        total: dict[ValueT, float] = {}
        strongest: dict[ValueT, int] = {}
        for number, (value, share) in enumerate(zip(candidates, shares, strict=True)):
            total[value] = total.get(value, 0.0) + share
            if value not in strongest or share > shares[strongest[value]]:
                strongest[value] = number
        order = sorted(total, key=lambda value: (-round(total[value], 6), strongest[value]))[:most]
        best, *others = order
        confidence = self.confidence(total[best])
        # One answer is right: what the first leaves is shared out among the others.
        left = (1 - confidence) / max(1 - total[best], _EDGE)
        named = tuple((value, strongest[value], min(total[value] * left, 1 - confidence)) for value in others)
        return Answer(best, strongest[best], confidence, named)

    def confidence(self, share: float) -> float:
        """How often an answer with this share is right."""
        return calibrated(share, self._slope, self._offset)


def shares_of(scores: Shares, sizes: npt.NDArray[np.int64]) -> Shares:
    """[N]: the share of each candidate among those of its question (softmax).

    Args:
        scores: [N] of all candidates, question after question.
        sizes: [Q] candidates of each question; none is 0.
    """
    if not len(scores):
        return scores
    starts = np.cumsum(sizes) - sizes
    question = np.repeat(np.arange(len(sizes)), sizes)
    powers = np.exp(scores - np.maximum.reduceat(scores, starts)[question])
    found: Shares = powers / np.add.reduceat(powers, starts)[question]
    return found


def calibrated(share: float, slope: float, offset: float) -> float:
    """Platt scaling: the probability that an answer with this share is right."""
    bounded = min(max(share, _EDGE), 1 - _EDGE)
    return 1 / (1 + exp(-(slope * log(bounded / (1 - bounded)) + offset)))
