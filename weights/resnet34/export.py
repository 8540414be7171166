#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a ResNet-34 of your own, trained on whole mammograms, into an ONNX file with its card.

    export.py CHECKPOINT OUT_DIR [--channels 1|3] [--classes benign,malignant] [--entry NAME]
    export.py --deterministic SALT OUT_DIR

CHECKPOINT is a dictionary of tensors with torchvision's names, or holds one under the entry NAME; a prefix "module." is
taken off.  OUT_DIR/card.json and OUT_DIR/resnet34.onnx are written: a score a class and a class activation map.  Needs
numpy and onnx; torch to read a checkpoint and for the known answers.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import graph as graphs  # noqa: E402
import tables as resnet34  # noqa: E402
from command import Command  # noqa: E402

VERSION = "1.0.0"
GIVEN = {"source": "a checkpoint of your own; made by export.py", "licence": "yours",
         "citation": "He, Zhang, Ren, Sun, Deep residual learning for image recognition, CVPR 2016"}


def build(state):
    graph = graphs.Graph("resnet34")
    image = graph.input("image", "batch", 1, "height", "width")
    x = graphs.resnet_v1(graph, image, state, "", resnet34.COUNTS)
    mean = graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "mean")], "vector", axis=1)
    graph.node("Sigmoid", [graph.linear(mean, "logit", state["fc.weight"], state["fc.bias"])], "image_score")
    cells = graph.conv(x, "cells", state["fc.weight"][:, :, None, None], state["fc.bias"])
    graph.node("Sigmoid", [cells], "saliency")
    classes = len(state["fc.weight"])
    graph.output("image_score", "batch", classes)
    graph.output("saliency", "batch", classes, "rows", "columns")
    return graph.bytes()


def answers(state):
    """What the unfolded network says in double to the ramp picture."""
    if not cards.can_answer():
        return {}
    import torch
    from network import ResNet34
    from networks import load, ramp_picture
    outputs, channels = len(state["fc.weight"]), state["conv1.weight"].shape[1]
    with torch.inference_mode():
        score, saliency = load(ResNet34(channels, outputs), state).double()(ramp_picture(128, 128))
    return {"image_score": score[0].numpy(), "saliency": saliency[0].numpy()}


def main():
    command = Command(__doc__)
    command.parser.add_argument("--channels", type=int, choices=(1, 3), default=3)
    command.parser.add_argument("--classes", default=",".join(resnet34.CLASSES))
    command.parser.add_argument("--entry", help="of the checkpoint that holds the tensors")
    options = command.parse()
    classes = options.classes.split(",")
    state = command.state(resnet34.table(options.channels, len(classes)), options.entry,
                          lambda name: name.removeprefix("module."))
    cards.write_part(command.folder, build(state), {
        "name": "resnet34", "version": VERSION, **command.origin(GIVEN),
        "inputs": [{"name": "image", "from": "image", "any": True, "channels": 1, "order": "gray", "scale": 1.0,
                    "mean": [0.0], "std": [1.0], "standardize": "image"}],
        "outputs": [{"name": "image_score", "kind": "scores", "classes": classes, "activation": "sigmoid"},
                    {"name": "saliency", "kind": "map", "classes": classes, "activation": "sigmoid"}],
        **cards.self_test(128, 128, answers(state))})


if __name__ == "__main__":
    main()
