"""Convert the LAC network inside jieba's wheel into names/weights/lac.onnx (the same bytes every time).

    python -m training.convert_lac [OUTPUT]

Needs the `train` dependency group (onnx). Rows of the embedding that Paddle's training never touched (still within the
range of their random start, |x| <= 0.1) are left out: such characters read as unknown.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from training.bigru import ENCODER_INPUTS, GraphBuilder, build_model, encode
from training.lac_source import lac_folder, read_dictionary, read_lac, trained

DEFAULT_OUTPUT = Path(__file__).resolve().parents[1] / "pipeline/gongbao/names/weights/lac.onnx"


def convert(folder: Path, output: Path) -> None:
    """Read the tensors under `folder` and write the ONNX file; vocabulary, tags and CRF go into its metadata.

    Metadata (JSON): `vocabulary` (string; character i has row i + 1), `tags`, `start`, `end`, `transitions`.
    """
    tensors = read_lac(folder / "model_baseline")
    vocabulary, embedding = trained(read_dictionary(folder / "word.dic"), tensors["embedding"])
    graph = GraphBuilder()
    states = encode(graph, {**tensors, "embedding": embedding})
    graph.affine(states, "output", tensors["output"], tensors["output_bias"], "emissions")
    tags = read_dictionary(folder / "tag.dic")
    model = build_model(graph, "lac", ENCODER_INPUTS, {"emissions": ["P", len(tags)]})
    facts = {"vocabulary": vocabulary, "tags": tags}
    facts |= {key: np.round(tensors[key].astype(np.float64), 6).tolist() for key in ("start", "end", "transitions")}
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=json.dumps(value, ensure_ascii=False))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    convert(lac_folder(), Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_OUTPUT)
