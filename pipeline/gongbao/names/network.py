"""Running the ONNX networks of this package on one core, with results that do not depend on the batch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import numpy.typing as npt

from gongbao import inference
from gongbao.names.characters import IntArray

FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def shipped_weights() -> Traversable:
    """The folder of the weights of this installation."""
    return resources.files("gongbao.names") / "weights"


class Network:
    """One ONNX file of `pipeline/gongbao/names/weights`, loaded for one thread.

    Attributes:
        metadata: What the training script wrote beside the weights (JSON values by key).
    """

    def __init__(self, session: Any, metadata: Mapping[str, Any]) -> None:
        self._session = session
        self.metadata = metadata

    @classmethod
    def load(cls, name: str, folder: Traversable | None = None) -> Network:
        """Load a network's file from a folder, or from the weights of this installation.

        Raises:
            ModelError: `model.missing` if the file is not there, `model.broken` if it does not load.
        """
        source = (folder or shipped_weights()) / name
        session, metadata = inference.load(inference.read(source), str(source))
        return cls(session, metadata)

    def run(
        self, lengths: Ints, characters: IntArray, *, picked: IntArray | None = None, **more: IntArray
    ) -> list[FloatArray]:
        """Run one batch of sequences.

        Args:
            lengths: [B] how long each is, in characters; none is empty.
            characters: [P] numbers of the vocabulary, one sequence after the other.
            picked: [S] which of the P characters to give the states of, for a network that does.
            more: Further inputs of the network, one number a character as well.

        Returns:
            The network's outputs, each with P rows, states with S.
        """
        columns, steps = places(lengths)
        size, width = len(lengths), int(lengths.max())
        rows = (steps * size + columns).astype(np.int32)
        step = np.arange(width)[:, None]
        mirror = np.where(step < lengths, lengths - 1 - step, step) * size + np.arange(size)
        inputs = {"mirror": mirror.astype(np.int32)}
        for name, values in {"characters": characters, **more}.items():
            padded = np.zeros(width * size, np.int32)
            padded[rows] = values
            inputs[name] = padded.reshape(width, size)
        # Never one row alone: the linear algebra takes another path for that, with other last bits.
        inputs["rows"] = rows if len(rows) > 1 else np.repeat(rows, 2)
        if picked is not None:
            inputs["picked"] = picked
        outputs: list[FloatArray] = self._session.run(None, inputs)
        return [output[: len(rows)] for output in outputs]


def places(lengths: Ints) -> tuple[Ints, Ints]:
    """For sequences one after the other: the number of its sequence, and its place in it, of each item."""
    firsts = np.cumsum(lengths) - lengths
    return np.repeat(np.arange(len(lengths)), lengths), np.arange(lengths.sum()) - np.repeat(firsts, lengths)
