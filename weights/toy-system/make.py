#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the three networks of a system and their cards: a look at the whole picture, one at each region, and one that
weighs what both found.  Their answers can be worked out on paper; README.md has the formulas.

Needs numpy and onnx.  The bytes written are the same wherever this runs.
"""
import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

HERE = Path(__file__).resolve().parent
CLASSES = ["benign", "malignant"]
REGIONS, SIDE = 3, 8
ATTEND = np.array([2.0, -1.0])                                       # of mean and maximum of a region
FUSE = np.array([[1, -1, 0.5, 0.25], [-0.5, 1, 0.25, 0.5]])          # of the picture's two numbers, then the regions' two
FUSE_B = np.array([0.125, -0.25])
ORIGIN = {"version": "1.0.0", "source": "made by make.py in weights/toy-system", "licence": "Apache-2.0", "citation": "",
          "notice": "Not for clinical use."}


def model(name, nodes, inputs, outputs, constants=()):
    def info(port):
        return helper.make_tensor_value_info(port[0], TensorProto.FLOAT, port[1:])
    made = [helper.make_node(kind, given, [out], name=out, **more) for kind, given, out, more in nodes]
    kept = [numpy_helper.from_array(np.ascontiguousarray(array, np.float32), key) for key, array in constants]
    graph = helper.make_graph(made, name, [info(p) for p in inputs], [info(p) for p in outputs], kept)
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    whole.ClearField("producer_name")
    checker.check_model(whole)
    return whole.SerializeToString(deterministic=True)


def pooled(source, out, side):
    """Mean and maximum of squares, one channel each."""
    how = {"kernel_shape": [side, side], "strides": [side, side], "pads": [0] * 4}
    return [("AveragePool", [source], f"{out}_mean", how), ("MaxPool", [source], f"{out}_max", how),
            ("Concat", [f"{out}_mean", f"{out}_max"], out, {"axis": 1})]


def build_global():
    nodes = pooled("image", "saliency", 4) + [("GlobalAveragePool", ["saliency"], "both", {}),
                                              ("Flatten", ["both"], "global_vec", {"axis": 1})]
    return model("global", nodes, [("image", "batch", 1, "height", "width")],
                 [("saliency", "batch", 2, "rows", "columns"), ("global_vec", "batch", 2)])


def build_local():
    nodes = pooled("roi", "detail", 2) + [("GlobalAveragePool", ["roi"], "mean", {}), ("GlobalMaxPool", ["roi"], "most", {}),
                                          ("Concat", ["mean", "most"], "pair", {"axis": 1}),
                                          ("Flatten", ["pair"], "h", {"axis": 1})]
    return model("local", nodes, [("roi", "batch", 1, SIDE, SIDE)],
                 [("detail", "batch", 2, SIDE // 2, SIDE // 2), ("h", "batch", 2)])


def build_fusion():
    linear = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 1}
    nodes = [("Gemm", ["h", "attend_W", "attend_b"], "score", linear), ("Transpose", ["score"], "row", {"perm": [1, 0]}),
             ("Softmax", ["row"], "attention", {"axis": 1}), ("MatMul", ["attention", "h"], "z", {}),
             ("Concat", ["global_vec", "z"], "all", {"axis": 1}), ("Gemm", ["all", "fuse_W", "fuse_b"], "logit", linear),
             ("Sigmoid", ["logit"], "fusion", {})]
    constants = [("attend_W", ATTEND[None]), ("attend_b", [0]), ("fuse_W", FUSE), ("fuse_b", FUSE_B)]
    return model("fusion", nodes, [("global_vec", 1, 2), ("h", REGIONS, 2)],
                 [("fusion", 1, 2), ("attention", 1, REGIONS)], constants)


def ramp(height, width):
    y, x = np.mgrid[:height, :width]
    return ((7 * x + 13 * y + (x * y) % 17) % 256).astype(np.float64)


def standardized(picture):
    return (picture - picture.mean()) / max(picture.std(), 1e-5)


def squares(picture, side):
    height, width = picture.shape
    blocks = picture.reshape(height // side, side, width // side, side)
    return np.stack([blocks.mean((1, 3)), blocks.max((1, 3))])


def expectation(answer):
    answer = np.asarray(answer)
    places = sorted({(0,) * answer.ndim, tuple(n - 1 for n in answer.shape), tuple(n // 2 for n in answer.shape)})
    return {"shape": list(answer.shape), "samples": [[*p, round(float(answer[p]), 7)] for p in places],
            "mean": round(float(answer.mean()), 7)}


def answers():
    """From the definitions, not from the graphs."""
    picture = standardized(ramp(32, 32))
    saliency = squares(picture, 4)
    region = standardized(ramp(SIDE, SIDE))
    g, h = ramp(1, 2)[0] / 255, ramp(REGIONS, 2) / 255
    weight = np.exp(h @ ATTEND)
    attention = weight / weight.sum()
    logit = FUSE @ np.concatenate([g, attention @ h]) + FUSE_B
    return ({"saliency": saliency, "global_vec": saliency.mean((1, 2))},
            {"detail": squares(region, 2), "h": np.array([region.mean(), region.max()])},
            {"fusion": 1 / (1 + np.exp(-logit)), "attention": attention})


def write(name, onnx, inputs, outputs, test, expected, more=None):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(onnx)
    card = {"name": f"toy-{name}", **ORIGIN, "onnx": f"{name}.onnx", "sha256": hashlib.sha256(onnx).hexdigest(),
            "inputs": inputs, "outputs": outputs, **(more or {}),
            "precision": {"cpu": {"tolerance": 1e-5}, "cuda": {"tolerance": 1e-4}, "cuda-fp16": None},
            "self_test": {"input": {"recipe": "ramp", **test},
                          "expect": {key: expectation(value) for key, value in expected.items()}, "tolerance": 1e-5}}
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")


def main():
    whole, local, fused = answers()
    picture = {"channels": 1, "order": "gray", "standardize": "image"}
    write("global", build_global(), [{"name": "image", "from": "image", "multiple": 4, **picture}],
          [{"name": "saliency", "kind": "map", "classes": CLASSES}, {"name": "global_vec", "kind": "features"}],
          {"width": 32, "height": 32}, whole)
    write("local", build_local(), [{"name": "roi", "from": "roi", "size": [SIDE, SIDE], **picture}],
          [{"name": "detail", "kind": "map", "classes": CLASSES}, {"name": "h", "kind": "features"}],
          {"width": SIDE, "height": SIDE}, local,
          {"patch": {"size": [SIDE, SIDE], "border": "minimum-corner", "cut_from": "image"}})
    write("fusion", build_fusion(), [{"name": "global_vec", "from": "features.global_vec", "size": [2, 1]},
                                     {"name": "h", "from": "rois.features.h", "size": [2, REGIONS], "pad": "error"}],
          [{"name": "fusion", "kind": "scores", "classes": CLASSES, "activation": "sigmoid"},
           {"name": "attention", "kind": "scores", "over": "rois", "activation": "softmax"}], {}, fused)
    system = {"name": "toy-system", **ORIGIN, "stages": [
        {"run": "infer", "card": "global"},
        {"run": "top-percent", "map": "saliency", "percent": 25, "as": "global"},
        {"run": "roi", "map": "saliency", "class": "sum", "count": REGIONS, "window": [SIDE, SIDE],
         "rule": "window-sum", "normalize": True},
        {"run": "infer", "card": "local", "over": "rois"},
        {"run": "infer", "card": "fusion"},
        {"run": "mean", "of": ["global", "fusion"], "as": "both"},
        {"run": "paste", "maps": "detail", "onto": "saliency", "outside": "half", "as": "final"}],
        "keep": ["final"]}
    (HERE / "card.json").write_text(json.dumps(system, indent=1) + "\n")


if __name__ == "__main__":
    main()
