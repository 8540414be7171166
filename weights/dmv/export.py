#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a checkpoint of DMV into ONNX files with their cards.

    export.py --kind patch CHECKPOINT OUT_DIR                       patch/
    export.py --kind four-view [--heatmaps] CHECKPOINT OUT_DIR      cc/, mlo/, fusion/
    export.py --kind single-view [--heatmaps] CHECKPOINT OUT_DIR    l_cc/, r_cc/, l_mlo/, r_mlo/
    export.py --kind KIND --deterministic SALT OUT_DIR

--heatmaps: the checkpoint takes three channels, the picture and the two heat maps of its patches.  Needs numpy and
onnx; torch to read a checkpoint and for the known answers.
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import graph as graphs  # noqa: E402
import tables as dmv  # noqa: E402
from command import Command  # noqa: E402

import keys  # noqa: E402

VERSION = "1.0.0"
GIVEN = {
    "source": "https://github.com/nyukat/breast_cancer_classifier, folder models; made by export.py",
    "licence": "AGPL-3.0 (nyukat/breast_cancer_classifier)",
    "citation": "Wu et al., Deep neural networks improve radiologists' performance in breast cancer screening, IEEE "
                "TMI 39(4), 2020"}
PATCH = 256


def build_patch(state):
    graph = graphs.Graph("dmv-patch")
    x = graphs.densenet121(graph, graph.input("image", "batch", 1, PATCH, PATCH), state)
    mean = graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "mean")], "vector", axis=1)
    logits = graph.linear(mean, "logits", state["classifier.weight"], state["classifier.bias"])
    graph.node("Softmax", [logits], "patch", axis=1)
    graph.output("patch", "batch", len(dmv.PATCH_CLASSES))
    return graph.bytes()


def trunk(graph, state, angle, channels):
    image = graph.input("image", "batch", channels, "height", "width")
    _, h = graphs.resnet22(graph, image, state, f"four_view_resnet.{angle}", first_pad=0)
    return graph.node("Flatten", [graph.node("GlobalAveragePool", [h], "mean")], "vector", axis=1)


def second_of_pairs(graph, source, name, weight, bias):
    """softmax([a, b])[1] is the sigmoid of b - a, and the difference is one of the rows: nothing is reshaped."""
    weight, bias = weight.astype(np.float64), bias.astype(np.float64)
    logits = graph.linear(source, f"{name}_logits", weight[1::2] - weight[::2], bias[1::2] - bias[::2])
    return graph.node("Sigmoid", [logits], name)


def hidden(graph, source, name, state):
    made = graph.linear(source, name, state[f"{name}.weight"], state[f"{name}.bias"])
    return graph.node("Relu", [made], f"{name}_relu")


def build_view(state, angle, channels):
    graph = graphs.Graph(f"dmv-{angle}")
    trunk(graph, state, angle, channels)
    graph.output("vector", "batch", 256)
    return graph.bytes()


def build_single(state, view, channels):
    side, angle = view.split("_")
    graph = graphs.Graph(f"dmv-{view}")
    made = hidden(graph, trunk(graph, state, angle, channels), f"fc1_{side}{angle}", state)
    head = f"output_layer_{side}{angle}.fc_layer"
    second_of_pairs(graph, made, "image_score", state[f"{head}.weight"][:4], state[f"{head}.bias"][:4])
    graph.output("image_score", "batch", 2)
    return graph.bytes()


def build_fusion(state):
    graph = graphs.Graph("dmv-fusion")
    views = {view: graph.input(view, "batch", 256) for view in dmv.VIEWS}
    for angle in ("cc", "mlo"):
        both = graph.node("Concat", [views[f"l_{angle}"], views[f"r_{angle}"]], f"{angle}_views", axis=1)
        head = f"output_layer_{angle}.fc_layer"
        second_of_pairs(graph, hidden(graph, both, f"fc1_{angle}", state), angle, state[f"{head}.weight"],
                        state[f"{head}.bias"])
    both = graph.node("Add", ["cc", "mlo"], "sum")
    half = 0.5 * np.eye(len(dmv.LABELS))
    graph.linear(both, "breast", half)
    for name in ("cc", "mlo", "breast"):
        graph.output(name, "batch", len(dmv.LABELS))
    return graph.bytes()


def picture(channels):
    """A picture of three channels holds one standardised picture and two heat maps: it has to come prepared."""
    return {"channels": channels, "order": "gray" if channels == 1 else "rgb", "scale": 1.0, "mean": [0.0],
            "std": [1.0], "standardize": "image" if channels == 1 else "none"}


def answers(kind, state, channels):
    """What the unfolded network says in double to the ramp picture: {part: {output: array}}."""
    if not cards.can_answer():
        return {}
    import torch
    from network import FourView, SingleView
    from networks import DenseNet121, load, ramp_picture, ramp_vectors
    prepared = kind == "patch" or channels == 3
    image = ramp_picture(PATCH, PATCH, channels, not prepared)
    with torch.inference_mode():
        if kind == "patch":
            return {"patch": {"patch": load(DenseNet121(), state).double()(image)[0].numpy()}}
        if kind == "single-view":
            whole = load(SingleView(channels), state).double()
            return {view: {"image_score": whole(view, image)[0].numpy()} for view in dmv.VIEWS}
        whole = load(FourView(channels), state).double()
        decided = whole.decide({view: ramp_vectors(1, 256) for view in dmv.VIEWS})
        return {**{angle: {"vector": whole.look(angle, image)[0].numpy()} for angle in ("cc", "mlo")},
                "fusion": dict(zip(("cc", "mlo", "breast"), (value[0].numpy() for value in decided)))}


def write(kind, state, folder, origin, channels):
    known = answers(kind, state, channels)

    def part(name, model, inputs, outputs):
        test = cards.self_test(PATCH, 1 if name == "fusion" else PATCH, known.get(name))
        cards.write_part(folder / name, model, {"name": f"dmv-{name}", "version": VERSION, **origin, "inputs": inputs,
                                               "outputs": outputs, **test})

    def image(**extent):
        return [{"name": "image", "from": "image", **extent, **picture(channels)}]

    if kind == "patch":
        whole = [{"name": "image", "from": "image", "size": [PATCH, PATCH], **picture(1), "standardize": "none"}]
        part("patch", build_patch(state), whole, [{"name": "patch", "kind": "scores",
                                                   "classes": list(dmv.PATCH_CLASSES), "activation": "softmax"}])
    elif kind == "single-view":
        for view in dmv.VIEWS:
            part(view, build_single(state, view, channels), image(any=True), [
                {"name": "image_score", "kind": "scores", "classes": list(dmv.CLASSES), "activation": "sigmoid"}])
    else:
        for angle in ("cc", "mlo"):
            part(angle, build_view(state, angle, channels), image(any=True), [{"name": "vector", "kind": "features"}])
        inputs = [{"name": view, "from": f"features.{view}", "size": [256, 1]} for view in dmv.VIEWS]
        part("fusion", build_fusion(state), inputs, [
            {"name": name, "kind": "scores", "classes": list(dmv.LABELS), "activation": "sigmoid"}
            for name in ("cc", "mlo", "breast")])


def main():
    command = Command(__doc__)
    command.parser.add_argument("--kind", choices=("patch", "four-view", "single-view"), required=True)
    command.parser.add_argument("--heatmaps", action="store_true")
    options = command.parse()
    channels = 3 if options.heatmaps else 1
    if options.kind == "patch":
        if options.heatmaps:
            command.parser.error("--heatmaps goes with four-view and single-view")
        # The names of old torchvision have a dot more: norm.1 for norm1.
        state = command.state(keys.densenet121(), None, lambda name: name.removeprefix("densenet.")
                              .replace("norm.", "norm").replace("conv.", "conv")
                              if "denselayer" in name else name.removeprefix("densenet."))
    else:
        table = dmv.four_view_table if options.kind == "four-view" else dmv.single_view_table
        state = command.state(table(channels), "model")
    write(options.kind, state, command.folder, command.origin(GIVEN), channels)


if __name__ == "__main__":
    main()
