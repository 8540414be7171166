#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn an Inception-v4 of your own, trained on whole mammograms or patches, into an ONNX file with its card.

    export.py CHECKPOINT OUT_DIR [--channels 1|3] [--order gray|rgb] [--standardize] [--classes A,B] [--entry NAME]
    export.py --deterministic SALT OUT_DIR

CHECKPOINT is a dictionary of tensors with the names of the PyTorch conversions, or holds one under the entry NAME; a
prefix "module." is taken off.  OUT_DIR/card.json and OUT_DIR/v4.onnx are written: a score a class.  --channels are
those of the checkpoint's first convolution, --order is the pictures'.  They are taken in 8 bits, from -1 to 1; with
--standardize in any depth, minus their mean and over their deviation.  Needs numpy and onnx; torch to read a checkpoint
and for the known answers.
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import graph as graphs  # noqa: E402
import paths  # noqa: E402
import tables as inception_v4  # noqa: E402
from command import Command  # noqa: E402

VERSION = "1.0.0"
VALUES = {False: {"depth": "u8", "scale": 1.0, "mean": [127.5], "std": [127.5]},
          True: {"scale": 1.0, "mean": [0.0], "std": [1.0], "standardize": "image"}}
FIRST = "features.0.conv.weight"
GIVEN = {"source": "a checkpoint of your own; made by export.py in weights/inception-v4", "licence": "yours",
         "citation": "Szegedy, Ioffe, Vanhoucke, Alemi, Inception-v4, Inception-ResNet and the impact of residual "
                     "connections on learning, AAAI 2017"}


def build(state, channels):
    """A grey picture in three equal channels is one channel and the sum of the three kernels."""
    if channels < state[FIRST].shape[1]:
        state = {**state, FIRST: state[FIRST].astype(np.float64).sum(1, keepdims=True)}
    graph = graphs.Graph("inception-v4")
    image = graph.input("image", "batch", channels, inception_v4.INPUT, inception_v4.INPUT)
    x = paths.nodes(graph, inception_v4.TRUNK, image, state)
    vector = graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "mean")], "vector", axis=1)
    logits = graph.linear(vector, "logits", state["last_linear.weight"], state["last_linear.bias"])
    graph.node("Softmax", [logits], "image_score", axis=1)
    graph.output("image_score", "batch", len(state["last_linear.weight"]))
    return graph.bytes()


def answers(state, channels, standardize):
    """What the unfolded network says in double to the ramp picture."""
    if not cards.can_answer():
        return {}
    import torch
    from network import InceptionV4
    from networks import load, ramp_picture
    wanted, classes = state[FIRST].shape[1], len(state["last_linear.weight"])
    side = inception_v4.INPUT
    picture = ramp_picture(side, side, channels, standardize)
    picture = (picture if standardize else picture / 127.5 - 1).expand(-1, wanted, -1, -1)
    with torch.inference_mode():
        score = load(InceptionV4(wanted, classes), state).double()(picture)
    return {"image_score": score[0].numpy()}


def main():
    command = Command(__doc__)
    command.parser.add_argument("--channels", type=int, choices=(1, 3), default=3)
    command.parser.add_argument("--order", choices=("gray", "rgb"), default="gray")
    command.parser.add_argument("--standardize", action="store_true")
    command.parser.add_argument("--classes", default=",".join(inception_v4.CLASSES))
    command.parser.add_argument("--entry", help="of the checkpoint that holds the tensors")
    options = command.parse()
    if options.order == "rgb" and options.channels == 1:
        command.parser.error("--order rgb needs a network of three channels")
    classes, channels = options.classes.split(","), 1 if options.order == "gray" else 3
    table = inception_v4.table(options.channels, len(classes))
    state = command.state(table, options.entry, lambda name: name.removeprefix("module."), paths.gains(table))
    cards.write_part(command.folder, build(state, channels), {
        "name": "inception-v4", "version": VERSION, **command.origin(GIVEN),
        "inputs": [{"name": "image", "from": "image", "size": [inception_v4.INPUT] * 2, "channels": channels,
                    "order": options.order, **VALUES[options.standardize]}],
        "outputs": [{"name": "image_score", "kind": "scores", "classes": classes, "activation": "softmax"}],
        **cards.self_test(inception_v4.INPUT, inception_v4.INPUT, answers(state, channels, options.standardize))})


if __name__ == "__main__":
    main()
