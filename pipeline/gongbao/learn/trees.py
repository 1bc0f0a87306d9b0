"""Boosted trees: fitted by LightGBM listwise, written as ONNX for `gongbao.ranker`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, load_model_from_string

from gongbao.ranker import shares_of

Floats = npt.NDArray[np.float64]
FloatArray = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

PARAMETERS = {
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "seed": 1,
    "deterministic": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees grow: how many, the learning rate, the leaves of each."""

    rounds: int
    rate: float
    leaves: int = 15


def fit_ranker(
    rows: FloatArray, right: Floats, sizes: Ints, weights: Floats, growth: Growth, base: Floats | None = None
) -> Any:
    """Trees under which the right candidates of each question take the greatest share.

    Args:
        rows: [N, F] features of all candidates, question after question.
        right: [N] how right each is, 0-1; questions without any are left out.
        sizes: [Q] candidates of each question.
        weights: [Q] how much each question counts.
        growth: How the trees grow.
        base: [N] scores that the candidates have already, to which those of the trees are added.
    """
    starts = np.cumsum(sizes) - sizes
    answered = np.add.reduceat(right, starts) > 0
    kept = np.repeat(answered, sizes)
    rows, right, sizes, weights = rows[kept], right[kept], sizes[answered], weights[answered]
    base = base[kept] if base is not None else None
    starts = np.cumsum(sizes) - sizes
    question = np.repeat(np.arange(len(sizes)), sizes)
    weight = weights[question]

    def objective(scores: Floats, _: Any) -> tuple[Floats, Floats]:
        given = shares_of(scores, sizes)
        wanted = given * right
        wanted = wanted / np.maximum(np.add.reduceat(wanted, starts), 1e-9)[question]
        return (given - wanted) * weight, np.maximum(given * (1 - given), 0.02) * weight

    parameters = {**PARAMETERS, **_parameters(growth), "objective": objective}
    return lightgbm.train(parameters, lightgbm.Dataset(rows, init_score=base), num_boost_round=growth.rounds)


def fit_classes(rows: FloatArray, labels: Ints, weights: Floats, classes: int, growth: Growth) -> Any:
    """Trees that give each row its class."""
    parameters = {**PARAMETERS, **_parameters(growth), "objective": "multiclass", "num_class": classes}
    return lightgbm.train(parameters, lightgbm.Dataset(rows, labels, weight=weights), num_boost_round=growth.rounds)


def _parameters(growth: Growth) -> dict[str, float]:
    return {
        "learning_rate": growth.rate,
        "num_leaves": growth.leaves,
        "min_data_in_leaf": 25 if growth.leaves <= 15 else 40,
    }


def fit_platt(
    chance: Floats, right: Floats, start: tuple[float, float] = (1.0, 0.0), pull: float = 0.0
) -> tuple[float, float]:
    """Slope and offset by which the log odds of shares become those of being right.

    Newton's method, with steps halved until they lead downhill.

    Args:
        chance: Shares.
        right: Whether they were right, 0 or 1.
        start: Slope and offset to start from.
        pull: How strongly these hold the others back.
    """
    bounded = np.clip(chance, 1e-4, 1 - 1e-4)
    columns = np.stack([np.log(bounded / (1 - bounded)), np.ones(len(bounded))], axis=1)
    held = np.array(start)

    def cost(line: Floats) -> float:
        odds = columns @ line
        return float((np.logaddexp(0, odds) - right * odds).sum() + pull / 2 * ((line - held) ** 2).sum())

    line = held
    for _ in range(50):
        given = np.exp(-np.logaddexp(0, -(columns @ line)))
        curvature = (columns * (given * (1 - given))[:, None]).T @ columns + (pull + 1e-6) * np.eye(2)
        step = np.linalg.solve(curvature, columns.T @ (given - right) + pull * (line - held))
        while cost(line - step) > cost(line) and np.abs(step).max() > 1e-9:
            step = step / 2
        line = line - step
    return float(line[0]), float(line[1])


def write(model: Any, path: Path, features: Sequence[str], metadata: Mapping[str, Any], outputs: int = 1) -> None:
    """Write trees as an ONNX `TreeEnsembleRegressor`; the same bytes every time."""
    attributes = _attributes(model, outputs)
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["scores"],
        domain="ai.onnx.ml",
        n_targets=outputs,
        aggregate_function="SUM",
        post_transform="NONE",
        **attributes,  # type: ignore[arg-type]
    )
    graph = helper.make_graph(
        [node],
        path.stem,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(features)])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, outputs])],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="gongbao")
    for key, value in {"features": list(features), **metadata}.items():
        made.metadata_props.add(key=key, value=json.dumps(value))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.SerializeToString(deterministic=True))


def extended(content: bytes, added: Any | None, metadata: Mapping[str, Any]) -> bytes:
    """A file of trees of one output with further trees, and with other metadata.

    Args:
        content: The file.
        added: Trees whose scores are added to those of the file, None for no more.
        metadata: What it says anew.
    """
    made = load_model_from_string(content)
    (node,) = made.graph.node
    if added is not None:
        own = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        further = _attributes(added, 1, 1 + max(own["nodes_treeids"]))
        del node.attribute[:]
        for name, value in own.items():
            both = [*value, *further[name]] if name in further else value
            if name == "nodes_modes":
                both = [mode.decode() if isinstance(mode, bytes) else mode for mode in both]
            node.attribute.append(helper.make_attribute(name, both))
    for entry in made.metadata_props:
        if entry.key in metadata:
            entry.value = json.dumps(metadata[entry.key])
    return bytes(made.SerializeToString(deterministic=True))


def _attributes(model: Any, outputs: int, first: int = 0) -> dict[str, list[Any]]:
    """Trees as the attributes of a `TreeEnsembleRegressor`, numbered from `first`."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    targets: dict[str, list[Any]] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(model.dump_model()["tree_info"]):
        for node in _nodes(tree["tree_structure"]):
            for name, value in zip(_COLUMNS, (first + number, *node[:6]), strict=True):
                columns[name].append(value)
            if node[1] == "LEAF":
                for name, value in zip(targets, (first + number, node[0], number % outputs, node[6]), strict=True):
                    targets[name].append(value)
    attributes = {f"nodes_{name}": values for name, values in columns.items()}
    return attributes | {f"target_{name}": values for name, values in targets.items()}


_COLUMNS = ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids")


def _nodes(root: Mapping[str, Any]) -> Iterator[tuple[int, str, int, float, int, int, float]]:
    """The nodes of a tree: number, mode, feature, threshold, where to go, the leaf's value."""
    numbered: list[Mapping[str, Any]] = [root]
    place = 0
    while place < len(numbered):
        node = numbered[place]
        if "split_feature" in node:
            left = len(numbered)
            numbered += [node["left_child"], node["right_child"]]
            yield place, "BRANCH_LEQ", node["split_feature"], _below(node["threshold"]), left, left + 1, 0.0
        else:
            yield place, "LEAF", 0, 0.0, 0, 0, float(node["leaf_value"])
        place += 1


def _below(threshold: float) -> float:
    """The greatest 32-bit number not above a threshold: no feature may change sides by rounding."""
    near = np.float32(threshold)
    return float(near if near <= threshold else np.nextafter(near, np.float32(-np.inf)))
