"""Read the PaddlePaddle tensors that jieba's wheel carries (`jieba/lac_small/model_baseline`), without PaddlePaddle."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

HIDDEN = 128
UNTRAINED = 0.1001
"""Rows of the embedding within this range still hold their random start."""


def read_tensor(path: Path) -> FloatArray:
    """Decode one `LoDTensor` file.

    Layout: u32 version, u64 number of LoD levels (each u64 bytes + data), u32 version, i32 length of a protobuf
    `TensorDesc` (field 1: data type, 5 = float32; field 2, repeated: dimension), then the values, little endian.

    Raises:
        ValueError: The file is of another version or type, or its length does not fit its shape.
    """
    data = path.read_bytes()
    version, levels = struct.unpack_from("<IQ", data)
    at = 12
    for _ in range(levels):
        (size,) = struct.unpack_from("<Q", data, at)
        at += 8 + size
    tensor_version, described = struct.unpack_from("<Ii", data, at)
    at += 8
    dtype, shape = _describe(data[at : at + described])
    values = np.frombuffer(data, dtype="<f4", offset=at + described)
    if version or tensor_version or dtype != 5 or values.size != int(np.prod(shape)):
        raise ValueError(f"{path.name}: not a float32 tensor of version 0")
    return values.reshape(shape)


def _describe(proto: bytes) -> tuple[int, tuple[int, ...]]:
    at, dtype, shape = 0, -1, []
    while at < len(proto):
        key, at = _varint(proto, at)
        value, at = _varint(proto, at)
        if key == 0x08:
            dtype = value
        elif key == 0x10:
            shape.append(value)
        else:
            raise ValueError(f"unknown field {key >> 3} in a tensor's description")
    return dtype, tuple(shape)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def read_lac(folder: Path) -> dict[str, FloatArray]:
    """All tensors of the network, under names of their own.

    Per layer 0-1 and direction `f`/`b`: `input` [in, 3*128] and `bias` [3*128] (the linear layer before the gates, the
    gates' own bias added), `gates` [128, 2*128] (update, reset) and `state` [128, 128] (candidate); then `embedding`
    [vocabulary, 128], `output` [256, tags], `output_bias` [tags], `start`, `end` [tags], `transitions` [tags, tags]
    (from, to).
    """

    def load(name: str) -> FloatArray:
        return read_tensor(folder / name)

    tensors: dict[str, FloatArray] = {"embedding": load("word_emb")}
    for number in range(4):
        key = f"{number // 2}{'fb'[number % 2]}"
        recurrent = load(f"gru_{number}.w_0").reshape(-1)
        cut = HIDDEN * 2 * HIDDEN
        tensors[f"{key}.input"] = load(f"fc_{number}.w_0")
        tensors[f"{key}.bias"] = load(f"fc_{number}.b_0").reshape(-1) + load(f"gru_{number}.b_0").reshape(-1)
        # Paddle keeps the two gates' matrix and the candidate's one after the other, whatever the shape says.
        tensors[f"{key}.gates"] = recurrent[:cut].reshape(HIDDEN, 2 * HIDDEN)
        tensors[f"{key}.state"] = recurrent[cut:].reshape(HIDDEN, HIDDEN)
    crf = load("crfw")
    tensors |= {"output": load("fc_4.w_0"), "output_bias": load("fc_4.b_0").reshape(-1)}
    return tensors | {"start": crf[0], "end": crf[1], "transitions": crf[2:]}


def lac_folder() -> Path:
    """The folder of the network in the installed jieba (found without importing it)."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("jieba is not installed")
    return Path(spec.origin).parent / "lac_small"


def read_dictionary(path: Path) -> list[str]:
    """The second column of a LAC dictionary (`number<TAB>entry`), in the order of the numbers."""
    rows = [line.split("\t") for line in path.read_text("utf-8").split("\n")]
    entries = {int(row[0]): row[1] for row in rows if len(row) == 2}
    return [entries.get(number, "") for number in range(max(entries) + 1)]


def trained(words: list[str], embedding: FloatArray) -> tuple[str, FloatArray]:
    """The characters that were trained, and their rows; row 0 is that of all unknown characters."""
    touched = np.abs(embedding).max(1) > UNTRAINED
    kept = sorted((word, row) for row, word in enumerate(words) if len(word) == 1 and touched[row])
    rows = [words.index("OOV"), *(row for _, row in kept)]
    return "".join(word for word, _ in kept), embedding[rows]
