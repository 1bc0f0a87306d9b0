"""Loading ONNX files with ONNX Runtime: on one core, with nothing sent anywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from gongbao.errors import ModelError

SHIPPED = "Install gongbao again"
"""What to do where weights of this installation are amiss."""


def read(source: Traversable) -> bytes:
    """The content of a file of weights of this installation.

    Raises:
        ModelError: it is not there (`model.missing`).
    """
    try:
        return source.read_bytes()
    except OSError as error:
        raise ModelError("the weights are not there", where=str(source), fix=SHIPPED, code="model.missing") from error


def load(content: bytes, where: str, *, fix: str = SHIPPED) -> tuple[Any, Mapping[str, Any]]:
    """A session of ONNX Runtime over a file, and what training wrote beside the weights (JSON values by key).

    Args:
        content: Of the file.
        where: Its name.
        fix: What to do if it does not load.

    Raises:
        ModelError: it does not load (`model.broken`).
    """
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    # Keep nothing between runs: as fast, and a third of the memory.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        stored = session.get_modelmeta().custom_metadata_map
        return session, {key: json.loads(value) for key, value in stored.items()}
    except Exception as error:  # onnxruntime's own classes share no base
        problem = f"the model does not load: {error}"
        raise ModelError(problem, where=where, fix=fix, code="model.broken") from error


def _runtime() -> Any:
    """ONNX Runtime, told before it starts to report nothing: since 1.29 it tells Microsoft of each model it loads.

    It looks at the variable when it is imported. Where somebody else did that before, its events are switched off.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()
    return onnxruntime
