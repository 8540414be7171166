#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write vessel-unet.onnx and card.json from a checkpoint.

    export.py RUN.pt --threshold T --chosen "how it was chosen" [--width 608] [--version 1.0.0] [--out DIR]

The graph is written node by node instead of traced: only operators that OpenCV 4.6 reads right, sizes and batch free,
batch normalisation folded into the convolutions, and the same bytes for the same checkpoint.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from onnx import TensorProto, checker, helper, numpy_helper

from network import VesselUNet, load_checkpoint

HERE = Path(__file__).resolve().parent


def folded(convolution, norm):
    """Kernel and bias of a convolution that does the normalisation too; computed in double."""
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    kernel = convolution.weight.double() * gain[:, None, None, None]
    bias = norm.bias.double() - norm.running_mean.double() * gain
    return kernel.detach().numpy().astype(np.float32), bias.detach().numpy().astype(np.float32)


def build(network):
    nodes, constants = [], []

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def conv(source, name, kernel, bias):
        size = kernel.shape[2]
        return node("Conv", [source, constant(f"{name}_W", kernel), constant(f"{name}_b", bias)], name,
                    kernel_shape=[size, size], strides=[1, 1], dilations=[1, 1], group=1, pads=[size // 2] * 4)

    def block(source, name, layers):
        for number, first in enumerate((0, 3), 1):
            made = conv(source, f"{name}_conv{number}", *folded(layers[first], layers[first + 1]))
            source = node("Relu", [made], f"{name}_relu{number}")
        return source

    none = constant("none", np.zeros(0))
    twice = constant("twice", np.array([1, 1, 2, 2]))
    source, kept = "image", []
    for level, layers in enumerate(network.down):
        if level:
            source = node("MaxPool", [source], f"pool{level}", kernel_shape=[2, 2], strides=[2, 2],
                          pads=[0, 0, 0, 0])
        source = block(source, f"down{level}", layers)
        kept.append(source)
    kept.pop()
    for narrow, layers in zip(network.narrow, network.up):
        level = len(kept) - 1
        source = conv(source, f"narrow{level}", narrow.weight.detach().numpy(), narrow.bias.detach().numpy())
        source = node("Resize", [source, none, twice], f"enlarge{level}", mode="nearest", nearest_mode="floor",
                      coordinate_transformation_mode="asymmetric")
        source = node("Add", [source, kept.pop()], f"join{level}")
        source = block(source, f"up{level}", layers)
    head = conv(source, "logit", network.head.weight.detach().numpy(), network.head.bias.detach().numpy())
    node("Sigmoid", [head], "vessel")
    shape = ["batch", 1, "height", "width"]
    graph = helper.make_graph(nodes, "vessel-unet",
                              [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("vessel", TensorProto.FLOAT, shape)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    model.ClearField("producer_name")
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def self_test(network, mean, std, size=64):
    """The answers of the unfolded network in double for the ramp picture of the card format."""
    y, x = np.mgrid[:size, :size]
    ramp = (7 * x + 13 * y + (x * y) % 17) % 256
    with torch.inference_mode():
        answer = torch.sigmoid(network.double()(torch.from_numpy((ramp[None, None] / 255 - mean) / std)))[0].numpy()
    places = [(0, 0), (0, size - 1), (size - 1, 0), (size - 1, size - 1)]
    places += [(int(v), int(u)) for v, u in np.random.default_rng(1).integers(0, size, (12, 2))]
    return {"input": {"recipe": "ramp", "width": size, "height": size},
            "expect": {"vessel": {"shape": [1, size, size],
                                  "samples": [[0, v, u, round(float(answer[0, v, u]), 7)] for v, u in places],
                                  "mean": round(float(answer.mean()), 7)}}, "tolerance": 1e-4}


def text_of(value, indent=0):
    """JSON with short lists on one line, so that a change of one number is a change of one line."""
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        rows = ",\n".join(f"{inner}{json.dumps(key)}: {text_of(item, indent + 2)}" for key, item in value.items())
        return "{\n" + rows + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        return "[\n" + ",\n".join(inner + text_of(item, indent + 2) for item in value) + "\n" + " " * indent + "]"
    return json.dumps(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--chosen", required=True)
    parser.add_argument("--width", type=int, default=608)
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    kept = load_checkpoint(options.run)
    network = VesselUNet(kept["channels"])
    network.load_state_dict(kept["average"])
    network.eval()
    data = build(network)
    card = {
        "name": "vessel-unet", "version": options.version, "onnx": "vessel-unet.onnx",
        "sha256": hashlib.sha256(data).hexdigest(), "source": "trained by train.py in this folder; kept here",
        "licence": "Apache-2.0; trained on CHASE_DB1 and HRF, both CC BY 4.0",
        "citation": "Fraz et al., An Ensemble Classification-Based Approach Applied to Retinal Blood Vessel "
                    "Segmentation, IEEE TBME 59(9), 2012; Budai, Bock, Maier, Hornegger, Michelson, Robust Vessel "
                    "Segmentation in Fundus Images, IJBI 2013",
        "notice": "Not for clinical use.",
        "inputs": [{"name": "image", "from": "image", "any": True, "multiple": 16, "channels": 1, "order": "gray",
                    "scale": 0.00392156862745098, "mean": [kept["mean"]], "std": [kept["std"]],
                    "standardize": "none", "fov_width": options.width}],
        "outputs": [{"name": "vessel", "kind": "map", "classes": ["vessel"], "activation": "sigmoid"}],
        "threshold": {"vessel": {"value": options.threshold, "chosen": options.chosen}},
        "precision": {"cpu": {"tolerance": 1e-4}, "cuda": {"tolerance": 1e-3}, "cuda-fp16": None},
        "self_test": self_test(network, kept["mean"], kept["std"])}
    (options.out / "vessel-unet.onnx").write_bytes(data)
    (options.out / "card.json").write_text(text_of(card) + "\n")
    print(f"{len(data)} bytes, sha256 {card['sha256']}, step {kept['step']}, minutes {kept['minutes']:.1f}")


if __name__ == "__main__":
    main()
