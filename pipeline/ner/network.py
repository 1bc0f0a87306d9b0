"""Running the ONNX networks of this package on one core, with results that do not depend on the batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import ModelError
from pipeline.ner.characters import IntArray

FloatArray = npt.NDArray[np.float32]

_CLOSED = np.float32(-1e4)  # added to the gates at padding: the backward state stays zero until the sequence begins


Inputs = Mapping[str, npt.NDArray[Any]]


def shipped_weights() -> Traversable:
    """The folder of the weights of this installation."""
    return resources.files("pipeline.ner") / "weights"


class Network:
    """One ONNX file of `pipeline/ner/weights`, loaded for one thread.

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
        import onnxruntime

        source = (folder or shipped_weights()) / name
        try:
            content = source.read_bytes()
        except OSError as error:
            raise ModelError(
                "the weights are not there",
                where=str(source),
                fix="Install gongbao again",
                code="model.missing",
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.enable_cpu_mem_arena = True
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            stored = session.get_modelmeta().custom_metadata_map
            metadata = {key: json.loads(value) for key, value in stored.items()}
        except Exception as error:  # onnxruntime's own classes share no base
            raise ModelError(
                f"the model does not load: {error}", where=str(source), fix="Install gongbao again", code="model.broken"
            ) from error
        return cls(session, metadata)

    def run(self, sequences: Sequence[IntArray], more: Inputs | None = None) -> list[FloatArray]:
        """Run one batch of non-empty character sequences (numbers of the vocabulary).

        Args:
            sequences: B arrays of lengths up to T.
            more: Further inputs of the network, time first, with B' = max(B, 2) columns.

        Returns:
            The network's outputs; their columns beyond B and rows beyond a sequence's length are meaningless.
        """
        lengths = [len(sequence) for sequence in sequences]
        # Never one column or one character alone: the linear algebra takes another path for those, other last bits.
        shape = (max(lengths), max(len(sequences), 2))
        characters = np.unique(np.concatenate([np.zeros(2, np.int32), *sequences]))
        if len(characters) == 1:
            characters = np.zeros(2, np.int32)
        index = np.zeros(shape, np.int32)
        padding = np.full((*shape, 1), _CLOSED, np.float32)
        for column, sequence in enumerate(sequences):
            index[: len(sequence), column] = np.searchsorted(characters, sequence)
            padding[: len(sequence), column] = 0
        inputs: dict[str, Any] = {"characters": characters, "index": index, "padding": padding, **(more or {})}
        outputs: list[FloatArray] = self._session.run(None, inputs)
        return outputs
