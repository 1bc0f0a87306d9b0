"""Named entities and field tagging by small trained networks, run by ONNX Runtime on one core."""
