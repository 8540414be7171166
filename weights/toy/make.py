#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write toy.onnx and card.json: a network whose answers can be worked out on paper.

Every kind of output a card knows comes from one grey picture: a map at full size ("edge"), a map at a quarter of the
size ("coarse"), a vector ("features") and three class scores ("scores").  Tests of programs need exactly that and
nothing that was learned.  All weights are multiples of 1/16, so sums are exact in float32 until the sigmoid.

Needs numpy and onnx.  The bytes written are the same wherever this runs.
"""
import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

HERE = Path(__file__).resolve().parent
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 4
GAIN, OFFSET = 8.0, -2.0
# Rows: dark, bright, busy.  Columns: mean, maximum, mean edge strength.
CLASS_W = np.array([[-4, 0, 0], [4, 0, 0], [0, 0, 8]], np.float32)
CLASS_B = np.array([2, -2, -1], np.float32)


def build():
    nodes, constants = [], []

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))

    def conv(source, output, kernel, bias, pad):
        constant(f"{output}_W", kernel)
        constant(f"{output}_b", bias)
        node("Conv", [source, f"{output}_W", f"{output}_b"], output, kernel_shape=list(kernel.shape[2:]),
             strides=[1, 1], dilations=[1, 1], group=1, pads=[pad] * 4)

    # Gradients, each kept twice with opposite signs, because |v| = relu(v) + relu(-v).
    conv("image", "gradient", np.stack([SOBEL, -SOBEL, SOBEL.T, -SOBEL.T])[:, None], np.zeros(4), 1)
    node("Relu", ["gradient"], "parts")
    conv("parts", "strength", np.ones((1, 4, 1, 1)), np.zeros(1), 0)
    conv("strength", "edge_logit", np.full((1, 1, 1, 1), GAIN), np.array([OFFSET]), 0)
    node("Sigmoid", ["edge_logit"], "edge")
    # Means of 4x4 blocks: brightness and edge strength.
    node("Concat", ["image", "strength"], "both", axis=1)
    node("AveragePool", ["both"], "coarse", kernel_shape=[4, 4], strides=[4, 4], pads=[0, 0, 0, 0])
    # mean, maximum, mean edge strength of the whole picture
    node("GlobalAveragePool", ["both"], "means")
    node("GlobalMaxPool", ["image"], "maximum")
    node("Concat", ["means", "maximum"], "three", axis=1)  # mean, mean strength, maximum
    conv("three", "features", np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]]).reshape(3, 3, 1, 1), np.zeros(3), 0)
    conv("features", "class_logit", CLASS_W.reshape(3, 3, 1, 1), CLASS_B, 0)
    node("Softmax", ["class_logit"], "scores", axis=1)

    def info(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])

    graph = helper.make_graph(
        nodes, "toy", [info("image", 1, "height", "width")],
        [info("edge", 1, "height", "width"), info("coarse", 2, "rows", "columns"),
         info("features", 3, 1, 1), info("scores", 3, 1, 1)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    model.ClearField("producer_name")
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def compute(image):
    """The same in numpy, from the definition and not from the graph.  `image` is H x W, 0..1."""
    height, width = image.shape
    wide = np.pad(image, 1)
    across = sum(SOBEL[i, j] * wide[i:i + height, j:j + width] for i in range(3) for j in range(3))
    down = sum(SOBEL[j, i] * wide[i:i + height, j:j + width] for i in range(3) for j in range(3))
    strength = np.abs(across) + np.abs(down)
    features = np.array([image.mean(), image.max(), strength.mean()])
    scores = np.exp(CLASS_W @ features + CLASS_B)
    blocks = [plane.reshape(height // 4, 4, width // 4, 4).mean((1, 3)) for plane in (image, strength)]
    return {"edge": 1 / (1 + np.exp(-(GAIN * strength + OFFSET)))[None], "coarse": np.stack(blocks),
            "features": features, "scores": scores / scores.sum()}


def expectation(answer):
    if answer.ndim == 1:
        return {"shape": list(answer.shape), "samples": [[i, round(float(v), 7)] for i, v in enumerate(answer)],
                "mean": round(float(answer.mean()), 7)}
    planes, rows, columns = answer.shape
    places = [(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1), (rows // 2, columns // 3)]
    return {"shape": [planes, rows, columns],
            "samples": [[c, y, x, round(float(answer[c, y, x]), 7)] for c in range(planes) for y, x in places],
            "mean": round(float(answer.mean()), 7)}


def card(data):
    size = 64
    y, x = np.mgrid[:size, :size]
    answers = compute(((7 * x + 13 * y + (x * y) % 17) % 256) / 255.0)
    return {
        "name": "toy", "version": "1.0.0", "onnx": "toy.onnx", "sha256": hashlib.sha256(data).hexdigest(),
        "source": "made by make.py in this folder", "licence": "Apache-2.0", "citation": "",
        "notice": "Not for clinical use.",
        "inputs": [{"name": "image", "from": "image", "any": True, "multiple": 4, "channels": 1, "order": "gray",
                    "scale": 0.00392156862745098, "mean": [0.0], "std": [1.0], "standardize": "none"}],
        "outputs": [{"name": "edge", "kind": "map", "classes": ["edge"], "activation": "sigmoid"},
                    {"name": "coarse", "kind": "map", "classes": ["brightness", "strength"], "activation": "none"},
                    {"name": "features", "kind": "features", "classes": ["mean", "maximum", "strength"],
                     "activation": "none"},
                    {"name": "scores", "kind": "scores", "classes": ["dark", "bright", "busy"],
                     "activation": "softmax"}],
        "threshold": {"edge": {"value": 0.5, "chosen": "by definition: a gradient of a quarter of the range"}},
        "precision": {"cpu": {"tolerance": 1e-5}, "cuda": {"tolerance": 1e-4}, "cuda-fp16": {"tolerance": 2e-2}},
        "self_test": {"input": {"recipe": "ramp", "width": size, "height": size},
                      "expect": {name: expectation(answer) for name, answer in answers.items()},
                      "tolerance": 1e-5}}


def text_of(value, indent=0):
    """JSON with short lists on one line, so that a change of one number is a change of one line."""
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        rows = ",\n".join(f"{inner}{json.dumps(key)}: {text_of(item, indent + 2)}" for key, item in value.items())
        return "{\n" + rows + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        return "[\n" + ",\n".join(inner + text_of(item, indent + 2) for item in value) + "\n" + " " * indent + "]"
    return json.dumps(value)


if __name__ == "__main__":
    made = build()
    (HERE / "toy.onnx").write_bytes(made)
    (HERE / "card.json").write_text(text_of(card(made)) + "\n")
