"""Build ONNX graphs of the two-layer bidirectional GRU that LAC and the field tagger share, in 8-bit integers.

ONNX Runtime's own `GRU` computes in float32 only. Here the recurrence is a `Scan` whose two matrix products run on
int8 weights, and the input products of the first layer are made once per distinct character of a batch: 2.5 times the
speed of the `GRU` operator on a core with VNNI, with the tags compared in tests/ner/test_lac.py.

Padding: positions beyond a sequence's end get a large negative number added to their gates in the backward direction,
which closes the update gate, so that the state is still zero when the sequence begins.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

FloatArray = npt.NDArray[np.float32]
HIDDEN = 128
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
        """Multiply a quantised state by weights that are quantised per column, giving float32."""
        scale = np.maximum(np.abs(weights).max(0) / 127, 1e-12).astype(np.float32)
        quantized = np.round(weights / scale).astype(np.int8)
        inputs = [
            state_q,
            self.constant(f"{name}.int8", quantized),
            self.constant("unit", np.float32(1 / 127)),
            self.constant(f"{name}.scale", scale),
            self.constant("middle", np.uint8(128)),
            self.constant(f"{name}.zero", np.zeros(scale.size, np.int8)),
        ]
        return self.add("MatMulIntegerToFloat", inputs, output, domain=CONTRIB)

    def fine_product(self, state_q: str, name: str, weights: FloatArray, output: str) -> str:
        """The same with the weights' rounding error in a second int8 matrix: 16-bit weights at two 8-bit products."""
        scale = np.maximum(np.abs(weights).max(0) / 127, 1e-12).astype(np.float32)
        rest = weights - np.round(weights / scale) * scale
        coarse = self.int8_product(state_q, name, weights, f"{output}_coarse")
        fine = self.int8_product(state_q, f"{name}.rest", rest, f"{output}_fine")
        return self.add("Add", [coarse, fine], output)

    def affine(self, state: str, name: str, weights: FloatArray, bias: FloatArray, output: str) -> str:
        """A float32 linear layer whose weights are stored as float16."""
        stored = self.constant(f"{name}.half", weights.astype(np.float16))
        full = self.add("Cast", [stored], f"{name}_full", to=TensorProto.FLOAT)
        product = self.add("MatMul", [state, full], f"{output}_product")
        return self.add("Add", [product, self.constant(f"{name}.bias", bias)], output)


def embed(graph: GraphBuilder, ids: str, embedding: FloatArray, output: str) -> str:
    """Look up rows of an embedding [vocabulary, size] that is stored as float16."""
    rows = graph.constant("embedding.half", embedding.astype(np.float16))
    taken = graph.add("Gather", [rows, ids], "rows")
    return graph.add("Cast", [taken], output, to=TensorProto.FLOAT)


def encode(graph: GraphBuilder, tensors: Mapping[str, FloatArray]) -> str:
    """Add the encoder: `characters` [U], `index` [T, B] into them, `padding` [T, B, 1] -> states [T, B, 256].

    `tensors` as `training.lac_source.read_lac` names them. With `marks` [M, 128] among them, embeddings that are added
    to the characters', the graph has one more input `marks` [T, B] of numbers of its rows.
    """
    embedded = embed(graph, "characters", tensors["embedding"], "embedded")
    size = graph.add("Shape", ["index"], "size")
    batch = graph.add("Gather", [size, graph.constant("one", np.array([1], np.int64))], "batch")
    shape = graph.add("Concat", [batch, graph.constant("hidden", np.array([HIDDEN], np.int64))], "state_shape", axis=0)
    graph.add("ConstantOfShape", [shape], "zeros")
    inputs = {}
    for way in "fb":
        table = graph.affine(
            embedded, f"0{way}.input", tensors[f"0{way}.input"], tensors[f"0{way}.bias"], f"table_{way}"
        )
        inputs[way] = graph.add("Gather", [table, "index"], f"input0_{way}")
        if "marks" in tensors:
            marked = graph.constant(f"marks_{way}", tensors["marks"] @ tensors[f"0{way}.input"])
            taken = graph.add("Gather", [marked, "marks"], f"mark_{way}")
            inputs[way] = graph.add("Add", [inputs[way], taken], f"marked_{way}")
    states = _layer(graph, "0", inputs, tensors)
    states_q = graph.quantized_state(states)
    for way in "fb":
        product = graph.fine_product(states_q, f"1{way}.input", tensors[f"1{way}.input"], f"product1_{way}")
        bias = graph.constant(f"1{way}.bias", tensors[f"1{way}.bias"])
        inputs[way] = graph.add("Add", [product, bias], f"input1_{way}")
    return _layer(graph, "1", inputs, tensors)


def _layer(graph: GraphBuilder, layer: str, inputs: Mapping[str, str], tensors: Mapping[str, FloatArray]) -> str:
    """One bidirectional layer as a `Scan` over time; `inputs`: gate inputs [T, B, 384] by direction."""
    scanned: dict[str, list[str]] = {"gates": [], "candidate": []}
    parts = graph.constant("parts", np.array([2 * HIDDEN, HIDDEN], np.int64))
    for way in "fb":
        gates, candidate = f"gates{layer}_{way}", f"candidate{layer}_{way}"
        graph.add("Split", [inputs[way], parts], [gates, candidate], axis=-1)
        if way == "b":
            gates = graph.add("Add", [gates, "padding"], f"masked{layer}")
        scanned["gates"].append(gates)
        scanned["candidate"].append(candidate)
    body = GraphBuilder(prefix=f"layer{layer}.")
    halves = body.constant("halves", np.array([HIDDEN, HIDDEN], np.int64))
    for way in "fb":
        state = f"h_{way}"
        state_q = body.quantized_state(state)
        summed = body.int8_product(state_q, f"gates_{way}", tensors[f"{layer}{way}.gates"], f"summed_{way}")
        opened = body.add("Sigmoid", [body.add("Add", [summed, f"xg_{way}"], f"before_{way}")], f"open_{way}")
        body.add("Split", [opened, halves], [f"update_{way}", f"reset_{way}"], axis=-1)
        kept = body.add("Mul", [f"reset_{way}", state], f"kept_{way}")
        kept_q = body.quantized_state(kept)
        offered = body.int8_product(kept_q, f"state_{way}", tensors[f"{layer}{way}.state"], f"offered_{way}")
        candidate = body.add("Tanh", [body.add("Add", [offered, f"xc_{way}"], f"raw_{way}")], f"new_{way}")
        step = body.add("Mul", [f"update_{way}", body.add("Sub", [candidate, state], f"change_{way}")], f"step_{way}")
        body.add("Identity", [body.add("Add", [state, step], f"next_{way}")], f"out_{way}")

    def values(names: list[str], width: int) -> list[object]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", width]) for name in names]

    loop = helper.make_graph(
        body.nodes,
        f"layer{layer}",
        [
            *values(["h_f", "h_b"], HIDDEN),
            *values(["xg_f", "xg_b"], 2 * HIDDEN),
            *values(["xc_f", "xc_b"], HIDDEN),
        ],
        values(["next_f", "next_b", "out_f", "out_b"], HIDDEN),
        list(body.constants.values()),
    )
    outputs = [f"last{layer}_f", f"last{layer}_b", f"states{layer}_f", f"states{layer}_b"]
    graph.add(
        "Scan",
        ["zeros", "zeros", *scanned["gates"], *scanned["candidate"]],
        outputs,
        body=loop,
        num_scan_inputs=4,
        scan_input_directions=[0, 1, 0, 1],
        scan_output_directions=[0, 1],
    )
    return graph.add("Concat", outputs[2:], f"states{layer}", axis=-1)


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
    "characters": (TensorProto.INT32, ["U"]),
    "index": (TensorProto.INT32, ["T", "B"]),
    "padding": (TensorProto.FLOAT, ["T", "B", 1]),
}
