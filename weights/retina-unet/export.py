#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the published Keras files of orobix/retina-unet into an ONNX file that OpenCV reads.

    export.py DIR FILE.onnx          DIR holds test_architecture.json and test_best_weights.h5
    export.py DIR --self-test        print the self_test part of card.json, computed without ONNX and without OpenCV

Needs numpy, h5py and onnx (Debian: python3-h5py, python3-onnx).  The file written is the same byte for byte whenever
and wherever it is made, so that the card can carry its checksum.

The graph is read from the published JSON, never from the training script: the script at the head of that repository
concatenates in the other order, and the published weights do not fit it.
"""
import json
import sys
from pathlib import Path

import h5py
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

TAIL = ("Reshape", "Permute", "Activation")  # 2 x H x W scores -> softmax over the two, here without reshaping


def read_layers(folder):
    """The layers in the order of the file: (name, class, config, names of the inputs)."""
    model = json.loads((folder / "test_architecture.json").read_text())
    layers = []
    for layer in model["config"]["layers"]:
        inputs = [node[0] for node in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
        layers.append((layer["name"], layer["class_name"], layer["config"], inputs))
    return layers


def read_weights(folder, layers):
    """{layer: (kernel, bias)}.  A convolution without weights is an error; what is left over is told."""
    weights = {}
    with h5py.File(folder / "test_best_weights.h5", "r") as stored:
        left = {f"{group}/{name}" for group in stored for name in stored[group]}
        for name, kind, config, _ in layers:
            if kind != "Convolution2D":
                continue
            pair = []
            for part in ("W", "b"):
                path = f"{name}/{name}_{part}"
                if path not in left:
                    raise SystemExit(f"export: the weights lack {path}")
                left.remove(path)
                pair.append(np.asarray(stored[path], np.float32))
            shape = (config["nb_filter"], pair[0].shape[1], config["nb_row"], config["nb_col"])
            if pair[0].shape != shape or pair[1].shape != shape[:1]:
                raise SystemExit(f"export: {name} is {pair[0].shape} and {pair[1].shape}, the architecture says {shape}")
            weights[name] = pair
        for path in sorted(left):
            print(f"export: not used: {path}", file=sys.stderr)
    return weights


def expect(condition, name, what):
    if not condition:
        raise SystemExit(f"export: {name}: {what} is not what this exporter knows")


def build(layers, weights):
    """The ONNX graph.  Inference only: dropout vanishes."""
    nodes, constants, value_of = [], [], {}

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    previous = ""
    for name, kind, config, inputs in layers:
        sources = [value_of[i] for i in inputs]
        if kind == "InputLayer":
            result = "image"
        elif kind == "Convolution2D":
            expect(config["border_mode"] == "same" and config["subsample"] == [1, 1], name, "border or stride")
            expect(config["activation"] == "relu", name, "activation")
            kernel, bias = weights[name]
            # Keras ran on Theano, whose convolution mirrors the kernel; ONNX correlates.
            kernel = kernel[:, :, ::-1, ::-1]
            rows, columns = kernel.shape[2:]
            made = node("Conv", sources + [constant(f"{name}_W", kernel), constant(f"{name}_b", bias)], name,
                        kernel_shape=[rows, columns], strides=[1, 1], dilations=[1, 1], group=1,
                        pads=[rows // 2, columns // 2, rows // 2, columns // 2])
            # The last layer has a ReLU as well, before the softmax; that is how it was trained.
            result = node("Relu", [made], f"{name}_relu")
        elif kind == "Dropout":
            result = sources[0]
        elif kind == "MaxPooling2D":
            expect(config["pool_size"] == config["strides"] == [2, 2], name, "pool")
            result = node("MaxPool", sources, name, kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])
        elif kind == "UpSampling2D":
            expect(config["size"] == [2, 2], name, "factor")
            none = constant(f"{name}_roi", np.zeros(0, np.float32))
            factor = constant(f"{name}_scales", np.array([1, 1, 2, 2], np.float32))
            result = node("Resize", sources + [none, factor], name, mode="nearest", nearest_mode="floor",
                          coordinate_transformation_mode="asymmetric")
        elif kind == "Merge":
            expect(config["mode"] == "concat" and config["concat_axis"] == 1, name, "merge")
            result = node("Concat", sources, name, axis=1)  # in the order of the JSON: upsampled first
        elif kind in TAIL:
            result = sources[0]
        else:
            raise SystemExit(f"export: {name}: no rule for {kind}")
        value_of[name] = result
        previous = result
    # Softmax over two scores is the sigmoid of their difference; a 1x1 convolution takes the difference without
    # any reshaping, which OpenCV 4.6 gets wrong for batches.
    difference = constant("difference_W", np.array([-1, 1], np.float32).reshape(1, 2, 1, 1))
    zero = constant("difference_b", np.zeros(1, np.float32))
    made = node("Conv", [previous, difference, zero], "difference", kernel_shape=[1, 1], strides=[1, 1],
                dilations=[1, 1], group=1, pads=[0, 0, 0, 0])
    node("Sigmoid", [made], "vessel")
    shape = ["batch", 1, "height", "width"]
    graph = helper.make_graph(nodes, "retina-unet",
                              [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("vessel", TensorProto.FLOAT, shape)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    model.ClearField("producer_name")
    checker.check_model(model)
    return model


def compute(layers, weights, image):
    """The network once more, in numpy and double, with convolution as Theano defines it: the check on the export."""
    value_of = {}
    for name, kind, _, inputs in layers:
        sources = [value_of[i] for i in inputs]
        x = sources[0] if sources else image
        if kind == "Convolution2D":
            kernel, bias = (part.astype(np.float64) for part in weights[name])
            rows, columns = kernel.shape[2:]
            height, width = x.shape[1:]
            full = np.zeros((len(kernel), height + rows - 1, width + columns - 1))
            for i in range(rows):  # every pixel is spread over its neighbours: no mirrored kernel needed
                for j in range(columns):
                    full[:, i:i + height, j:j + width] += np.tensordot(kernel[:, :, i, j], x, 1)
            top, left = rows // 2, columns // 2
            x = np.maximum(full[:, top:top + height, left:left + width] + bias[:, None, None], 0)
        elif kind == "MaxPooling2D":
            depth, height, width = x.shape
            x = x.reshape(depth, height // 2, 2, width // 2, 2).max((2, 4))
        elif kind == "UpSampling2D":
            x = x.repeat(2, 1).repeat(2, 2)
        elif kind == "Merge":
            x = np.concatenate(sources)
        value_of[name] = x
    scores = np.exp(x - x.max(0))
    return scores[1] / scores.sum(0)


def self_test(layers, weights, size=64):
    """Known answers for the ramp picture of the card format."""
    y, x = np.mgrid[:size, :size]
    ramp = (7 * x + 13 * y + (x * y) % 17) % 256
    answer = compute(layers, weights, ramp[None] / 255.0)
    places = [(0, 0), (0, size - 1), (size - 1, 0), (size - 1, size - 1)]
    places += [(int(v), int(u)) for v, u in np.random.default_rng(1).integers(0, size, (12, 2))]
    samples = [[0, v, u, round(float(answer[v, u]), 7)] for v, u in places]
    return {"input": {"recipe": "ramp", "width": size, "height": size},
            "expect": {"vessel": {"shape": [1, size, size], "samples": samples,
                                  "mean": round(float(answer.mean()), 7)}}, "tolerance": 1e-4}


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    layers = read_layers(folder)
    weights = read_weights(folder, layers)
    if sys.argv[2] == "--self-test":
        print(json.dumps(self_test(layers, weights)))
    else:
        Path(sys.argv[2]).write_bytes(build(layers, weights).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
