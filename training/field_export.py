"""Write a trained field tagger as `fields.onnx` (the encoder, 8-bit) and `field_heads.npz` (the rest, 16-bit)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from gongbao.names.features import FEATURE_SIZES, KINDS
from onnx import TensorProto

from training.bigru import ENCODER_INPUTS, GraphBuilder, build_model, encode
from training.lac_source import FloatArray

if TYPE_CHECKING:
    from training.field_model import FieldNetwork


def export(network: FieldNetwork, vocabulary: str, kept: str, folder: Path) -> None:
    """Write both files.

    Args:
        network: The trained network.
        vocabulary: The characters of its embedding's rows, from row 1.
        kept: Those to keep; all others read as unknown.
        folder: Where to write.
    """
    state = {key: value.detach().numpy() for key, value in network.state_dict().items()}
    rows = [0, *(number for number, character in enumerate(vocabulary, 1) if character in set(kept))]
    tensors = {
        "embedding": state["encoder.embedding.weight"][rows],
        "marks": state["encoder.marks.weight"],
        **{
            key.removeprefix("encoder.layers.").replace("_", ".", 1): value
            for key, value in state.items()
            if ".layers." in key
        },
    }
    graph = GraphBuilder()
    inputs, outputs = add_encoder(graph, tensors, state["key.weight"].T.astype(np.float16))
    model = build_model(graph, "fields", inputs, outputs)
    characters = "".join(vocabulary[row - 1] for row in rows[1:])
    model.metadata_props.add(key="vocabulary", value=json.dumps(characters, ensure_ascii=False))
    (folder / "fields.onnx").write_bytes(model.SerializeToString(deterministic=True))
    heads: dict[str, FloatArray] = {
        "query": state["query.weight"].T,
        "query_bias": state["query.bias"] + state["key.bias"],
        "kinds": state["kinds.weight"][: len(KINDS)],
        "output": state["output.weight"].T,
        "output_bias": state["output.bias"],
        "output_initiative": state["output_initiative.weight"].T,
        "output_initiative_bias": state["output_initiative.bias"],
        "indicator_seen": state["indicator_seen"],
        "lengths": state["lengths"][:, 1:],
        "status_hidden": state["status_hidden.weight"].T,
        "status_hidden_bias": state["status_hidden.bias"],
        "status": state["status.weight"].T,
        "status_bias": state["status.bias"],
        "rank_hidden": state["rank_hidden.weight"].T,
        "rank_hidden_bias": state["rank_hidden.bias"],
        "rank_window": state["rank_window.weight"].T,
        "rank_article": state["rank_article.weight"].T,
        "rank": state["rank.weight"].T,
        "rank_bias": state["rank.bias"],
        **{f"feature_{number}": state[f"features.{number}.weight"] for number in range(len(FEATURE_SIZES))},
    }
    halves = {key: value.astype(np.float16) for key, value in heads.items()}
    np.savez_compressed(folder / "field_heads.npz", **halves)


def add_encoder(
    graph: GraphBuilder, tensors: Mapping[str, FloatArray], key: npt.NDArray[np.float16]
) -> tuple[dict[str, tuple[int, list[object]]], dict[str, list[object]]]:
    """Add the encoder and what reads its states; gives the inputs and the outputs of the whole.

    Outputs are `keys` [P, hidden], the states times `key` [256, hidden], and `states` [S, 256] of those of the P
    characters that the input `picked` [S] names.
    """
    states = encode(graph, tensors)
    weights = graph.constant("key.half", key)
    graph.add("MatMul", [states, graph.add("Cast", [weights], "key_full", to=TensorProto.FLOAT)], "keys")
    graph.add("Gather", [states, "picked"], "states")
    inputs = {**ENCODER_INPUTS, "marks": (TensorProto.INT32, ["T", "B"]), "picked": (TensorProto.INT32, ["S"])}
    return inputs, {"keys": ["P", key.shape[1]], "states": ["S", 256]}
