"""Build ONNX graphs of the two-layer bidirectional GRU that LAC and the field tagger share, in 8-bit integers.

ONNX Runtime's own `GRU` computes in float32 only. Here the recurrence is a `Scan` whose matrix products run on int8
weights. Both directions go through each operation together, their states side by side, for what costs time in such a
loop is the number of operations and of numbers that they write. Only for the products they part: a matrix for both
would be half zeros. All that a step needs is made within the step, in the cache; only 8-bit states are kept over time.
The first layer's input products are tables by character, which ONNX Runtime computes when it loads the graph. Tags are
compared in tests/names/test_lac.py.

Both directions begin at step 0, each at its own end of the sequence, so that padding comes last and needs no mask.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

FloatArray = npt.NDArray[np.float32]
HIDDEN = 128
LARGEST = 63
"""Largest quantised weight."""
CONTRIB = "com.microsoft"


class GraphBuilder:
    """Collects the nodes and constants of one ONNX graph; its methods add an operation and return the output's name."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def constant(self, name: str, value: npt.NDArray[np.generic] | npt.ArrayLike) -> str:
        """Keep a constant tensor under `name` (once)."""
        name = self.prefix + name
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, op: str, inputs: list[str], outputs: str | list[str], **attributes: object) -> str:
        """Add one operation; its first output's name is returned."""
        names = [outputs] if isinstance(outputs, str) else outputs
        domain = str(attributes.pop("domain", ""))
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **attributes))
        return names[0]

    def quantized_state(self, state: str) -> str:
        """Quantise a tensor with values in [-1, 1] to uint8 around 128."""
        scale, zero = self.constant("unit", np.float32(1 / 127)), self.constant("middle", np.uint8(128))
        return self.add("QuantizeLinear", [state, scale, zero], f"{state}_q")

    def int8_product(self, state_q: str, name: str, weights: FloatArray, output: str) -> str:
        """Multiply a quantised state by weights that are quantised per column, giving float32.

        Weights have seven bits: processors without VNNI add products in pairs in 16 bits, and 2 * 255 * 63 still fits,
        where 2 * 255 * 127 is cut off at 32,767. So every processor computes the same integers.
        """
        scale = np.maximum(np.abs(weights).max(0) / LARGEST, 1e-12)
        inputs = [
            state_q,
            self.constant(f"{name}.int8", np.round(weights / scale).astype(np.int8)),
            self.constant("unit", np.float32(1 / 127)),
            self.constant(f"{name}.scale", scale.astype(np.float32)),
            self.constant("middle", np.uint8(128)),
            self.constant(f"{name}.zero", np.zeros(scale.size, np.int8)),
        ]
        return self.add("MatMulIntegerToFloat", inputs, output, domain=CONTRIB)

    def fine_product(self, state_q: str, name: str, weights: FloatArray, bias: FloatArray, output: str) -> str:
        """The same with the weights' rounding error in a second int8 matrix: 13-bit weights in two products."""
        scale = np.maximum(np.abs(weights).max(0) / LARGEST, 1e-12).astype(np.float32)
        rest = weights - np.round(weights / scale) * scale
        coarse = self.int8_product(state_q, name, weights, f"{output}_coarse")
        fine = self.int8_product(state_q, f"{name}.rest", rest, f"{output}_fine")
        both = self.add("Add", [coarse, fine], f"{output}_both")
        return self.add("Add", [both, self.constant(f"{name}.bias", bias.astype(np.float32))], output)

    def affine(self, state: str, name: str, weights: FloatArray, bias: FloatArray, output: str) -> str:
        """A float32 linear layer whose weights are stored as float16."""
        stored = self.constant(f"{name}.half", weights.astype(np.float16))
        full = self.add("Cast", [stored], f"{name}_full", to=TensorProto.FLOAT)
        return self.add("Gemm", [state, full, self.constant(f"{name}.bias", bias.astype(np.float32))], output)


_UPDATE, _RESET, _CANDIDATE = (slice(start * HIDDEN, (start + 1) * HIDDEN) for start in range(3))
PARTS = {
    "gates": (("f", _UPDATE), ("f", _RESET), ("b", _UPDATE), ("b", _RESET)),
    "candidate": (("f", _CANDIDATE), ("b", _CANDIDATE)),
}
"""The columns of what a step computes, in blocks of HIDDEN: the direction, and its columns in `tensors`."""


def encode(graph: GraphBuilder, tensors: Mapping[str, FloatArray]) -> str:
    """Add the encoder: ENCODER_INPUTS (see there) -> states [P, 256] of the characters that `rows` picks.

    `tensors` as `training.lac_source.read_lac` names them. With `marks` [M, 128] among them, embeddings that are added
    to the characters', the graph has one more input `marks` [T, B] of numbers of its rows.
    """
    graph.add("Reshape", ["mirror", graph.constant("flat", np.array([-1], np.int64))], "flat_mirror")
    stored = graph.constant("embedding.half", tensors["embedding"].astype(np.float16))
    embedding = graph.add("Cast", [stored], "embedding", to=TensorProto.FLOAT)
    looked_up: dict[str, list[tuple[str, str]]] = {part: [] for part in PARTS}
    for part, blocks in PARTS.items():
        weights = np.concatenate([tensors[f"0{way}.input"][:, columns] for way, columns in blocks], 1)
        bias = np.concatenate([tensors[f"0{way}.bias"][columns] for way, columns in blocks])
        table = graph.affine(embedding, f"0.{part}.input", weights, bias, f"table_{part}")
        looked_up[part].append((_in_blocks(graph, table), _numbers(graph, "characters", part)))
        if "marks" in tensors:
            marks = graph.constant(f"marks.{part}", (tensors["marks"] @ weights).astype(np.float32))
            looked_up[part].append((_in_blocks(graph, marks), _numbers(graph, "marks", part)))
    body = GraphBuilder(prefix="layer0.")
    for part, tables in looked_up.items():
        taken = [body.add("Gather", [table, f"step_{numbers}"], f"taken_{numbers}") for table, numbers in tables]
        summed = taken[0] if len(taken) == 1 else body.add("Add", taken, f"taken_{part}")
        body.add("Reshape", [summed, body.constant(f"{part}_shape", _shape(part))], f"input_{part}")
    numbers = [(name, TensorProto.INT32, len(PARTS[part])) for part, pairs in looked_up.items() for _, name in pairs]
    states = _layer(graph, body, "0", [(name, kind, ["B", width]) for name, kind, width in numbers], tensors)

    flat = graph.add("Reshape", [states, graph.constant("rows_shape", np.array([-1, 2 * HIDDEN], np.int64))], "flat0")
    mirrored = graph.add("Gather", [flat, "mirror"], "mirrored0")
    # A direction reads its own state at the step, the other's at the mirrored one: there both have seen the same
    # character. The weights' rows stand for the forward state, then for the backward one.
    own, other = (_by_way(graph, name, f"{name}_ways") for name in (states, mirrored))
    body = GraphBuilder(prefix="layer1.")
    seen = {"f": [own["f"], other["b"]], "b": [other["f"], own["b"]]}
    for way, pair in seen.items():
        graph.add("Concat", pair, f"seen_{way}", axis=-1)
        weights, bias = tensors[f"1{way}.input"], tensors[f"1{way}.bias"]
        found = body.fine_product(f"step_seen_{way}", f"{way}.input", weights, bias, f"input_{way}")
        sizes = body.constant("parts", np.array([2 * HIDDEN, HIDDEN], np.int64))
        body.add("Split", [found, sizes], [f"{part}_{way}" for part in PARTS], axis=-1)
    for part in PARTS:
        body.add("Concat", [f"{part}_{way}" for way in seen], f"input_{part}", axis=-1)
    states = _layer(graph, body, "1", [(f"seen_{way}", TensorProto.UINT8, ["B", 2 * HIDDEN]) for way in seen], tensors)

    back = graph.add("Gather", ["flat_mirror", "rows"], "rows_back")
    one = graph.constant("one", np.array([1], np.int64))
    pairs = [graph.add("Unsqueeze", [name, one], f"{name}_column") for name in ("rows", back)]
    picked = _blocked(graph, graph.add("Concat", pairs, "row_pairs", axis=-1), "rows", 2)
    taken = graph.add("Gather", [_in_blocks(graph, states), picked], "picked_states")
    return graph.add("Reshape", [taken, graph.constant("rows_shape", np.array([-1, 2 * HIDDEN], np.int64))], "both1")


def _shape(part: str) -> npt.NDArray[np.int64]:
    return np.array([-1, len(PARTS[part]) * HIDDEN], np.int64)


def _in_blocks(graph: GraphBuilder, table: str) -> str:
    """A table [N, K * HIDDEN] as [N * K, HIDDEN]."""
    shape = graph.constant("block_shape", np.array([-1, HIDDEN], np.int64))
    return graph.add("Reshape", [table, shape], f"{table}_blocks")


def _blocked(graph: GraphBuilder, numbers: str, name: str, count: int) -> str:
    """Rows [..., count] of a table as rows of the same table in blocks."""
    factor = graph.constant(f"blocks_{count}", np.int32(count))
    scaled = graph.add("Mul", [numbers, factor], f"{name}_scaled")
    offsets = graph.constant(f"offsets_{count}", np.arange(count, dtype=np.int32))
    return graph.add("Add", [scaled, offsets], f"{name}_blocked")


def _numbers(graph: GraphBuilder, name: str, part: str) -> str:
    """Numbers [T, B] of the forward direction -> rows [T, B, blocks] of a table in blocks, for both directions."""
    flat = graph.add("Reshape", [name, graph.constant("flat", np.array([-1], np.int64))], f"flat_{name}_{part}")
    ways = {"f": name, "b": graph.add("Gather", [flat, "mirror"], f"back_{name}_{part}")}
    two = graph.constant("two", np.array([2], np.int64))
    columns = {way: graph.add("Unsqueeze", [ways[way], two], f"{way}_{name}_{part}") for way in "fb"}
    joined = graph.add("Concat", [columns[way] for way, _ in PARTS[part]], f"ways_{name}_{part}", axis=-1)
    return _blocked(graph, joined, f"{name}_{part}", len(PARTS[part]))


def _by_way(graph: GraphBuilder, name: str, prefix: str) -> dict[str, str]:
    """The two halves of states [..., 2 * HIDDEN]: those of each direction."""
    halves = graph.constant("halves", np.array([HIDDEN, HIDDEN], np.int64))
    ways = {way: f"{prefix}_{way}" for way in "fb"}
    graph.add("Split", [name, halves], [*ways.values()], axis=-1)
    return ways


def _recurrent(body: GraphBuilder, state_q: str, name: str, weights: Mapping[str, FloatArray], output: str) -> str:
    """The products of each direction's state by its own weights, side by side."""
    ways = _by_way(body, state_q, f"{state_q}_{name}")
    found = [body.int8_product(ways[way], f"{name}.{way}", weights[way], f"{output}_{way}") for way in "fb"]
    return body.add("Concat", found, output, axis=-1)


def _layer(
    graph: GraphBuilder,
    body: GraphBuilder,
    layer: str,
    scanned: list[tuple[str, int, list[object]]],
    tensors: Mapping[str, FloatArray],
) -> str:
    """One bidirectional layer as a `Scan` over time, both directions side by side: [T, B, 256].

    Args:
        graph: Where to add it.
        body: What a step does first: from `step_` + name of each scanned tensor to `input_gates` and `input_candidate`.
        layer: `0`, whose states come out quantised, or `1`, in float32.
        scanned: Name, type and a step's shape of what goes in.
        tensors: The weights.
    """
    gates, state = ({way: tensors[f"{layer}{way}.{name}"] for way in "fb"} for name in ("gates", "state"))
    summed = _recurrent(body, "state_q", "gates", gates, "summed")
    opened = body.add("Sigmoid", [body.add("Add", [summed, "input_gates"], "before")], "opened")
    by_way = body.constant("way_shape", np.array([-1, 2, 2 * HIDDEN], np.int64))
    flat = body.constant("flat_shape", np.array([-1, 2 * HIDDEN], np.int64))
    halves = body.constant("halves", np.array([HIDDEN, HIDDEN], np.int64))
    body.add("Split", [body.add("Reshape", [opened, by_way], "by_way"), halves], ["update_ways", "reset_ways"], axis=-1)
    for gate in ("update", "reset"):
        body.add("Reshape", [f"{gate}_ways", flat], gate)
    kept_q = body.quantized_state(body.add("Mul", ["reset", "state"], "kept"))
    offered = _recurrent(body, kept_q, "state", state, "offered")
    candidate = body.add("Tanh", [body.add("Add", [offered, "input_candidate"], "raw")], "candidate")
    step = body.add("Mul", ["update", body.add("Sub", [candidate, "state"], "change")], "step")
    body.quantized_state(body.add("Add", ["state", step], "next"))
    body.add("Identity", ["next_q" if layer == "0" else "next"], "out")
    kinds = {"state": TensorProto.FLOAT, "state_q": TensorProto.UINT8}
    out = kinds["state_q" if layer == "0" else "state"]

    def value(name: str, kind: int, shape: list[object]) -> object:
        return helper.make_tensor_value_info(name, kind, shape)

    wide: list[object] = ["B", 2 * HIDDEN]
    loop = helper.make_graph(
        body.nodes,
        f"layer{layer}",
        [
            *(value(name, kind, wide) for name, kind in kinds.items()),
            *(value(f"step_{name}", kind, shape) for name, kind, shape in scanned),
        ],
        [*(value(name.replace("state", "next"), kind, wide) for name, kind in kinds.items()), value("out", out, wide)],
        list(body.constants.values()),
    )
    size = graph.add("Shape", ["mirror"], f"size{layer}")
    batch = graph.add("Gather", [size, graph.constant("one", np.array([1], np.int64))], f"batch{layer}")
    width = graph.constant("width", np.array([2 * HIDDEN], np.int64))
    shape = graph.add("Concat", [batch, width], f"state_shape{layer}", axis=0)
    zeros = graph.add("ConstantOfShape", [shape], f"zeros{layer}")
    zeros_q = graph.quantized_state(zeros)
    graph.add(
        "Scan",
        [zeros, zeros_q, *(name for name, _, _ in scanned)],
        [f"last{layer}", f"last_q{layer}", f"states{layer}"],
        body=loop,
        num_scan_inputs=len(scanned),
    )
    return f"states{layer}"


def build_model(
    graph: GraphBuilder, name: str, inputs: Mapping[str, tuple[int, list[object]]], outputs: Mapping[str, list[object]]
) -> ModelProto:
    """Close a graph into a checked model; `inputs`: name -> (type, shape), `outputs` (float32): name -> shape."""
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            [helper.make_tensor_value_info(key, kind, shape) for key, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()],
            list(graph.constants.values()),
        ),
        producer_name="gongbao",
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)],
        ir_version=8,
    )
    checker.check_model(model)
    return model


ENCODER_INPUTS: dict[str, tuple[int, list[object]]] = {
    "characters": (TensorProto.INT32, ["T", "B"]),
    "mirror": (TensorProto.INT32, ["T", "B"]),
    "rows": (TensorProto.INT32, ["P"]),
}
"""What the encoder reads: T steps of B sequences, one a column.

`characters` are numbers of the vocabulary. `mirror` gives for each place the flat number (step * B + column) of the
place that has the same character when the column's sequence is read backwards. `rows` are the flat numbers of the
places whose states to give.
"""
