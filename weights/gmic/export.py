#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a checkpoint of GMIC into three ONNX files with their cards, and the card of the whole system.

    export.py CHECKPOINT OUT_DIR [--model 1..5] [--attention gated|equal]
    export.py --deterministic SALT OUT_DIR [--head-gain G] [--model 1..5]

CHECKPOINT is sample_model_N.p of the authors; N says how the saliency is pooled, and is read from the name unless
--model says it.  OUT_DIR/global, OUT_DIR/local, OUT_DIR/fusion and OUT_DIR/card.json are written.  --attention equal
writes a fusion that gives every crop the same weight.  --deterministic makes numbers from the names of the weights: a
network that knows nothing, for tests.  Needs numpy and onnx; torch to read a checkpoint and for the known answers.
"""
import re
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import graph as graphs  # noqa: E402
import tables as gmic  # noqa: E402
from command import Command  # noqa: E402

VERSION = "1.0.0"
GIVEN = {
    "source": "https://github.com/nyukat/GMIC, folder models: sample_model_1.p to sample_model_5.p; made by export.py",
    "licence": "AGPL-3.0 (nyukat/GMIC)",
    "citation": "Shen et al., An interpretable classifier for high-resolution breast cancer screening images utilizing "
                "weakly supervised localization, Medical Image Analysis 68, 2021"}


def build_global(state):
    graph = graphs.Graph("gmic-global")
    image = graph.input("image", "batch", 1, "height", "width")
    _, h = graphs.resnet22(graph, image, state, "ds_net")
    logits = graph.conv(h, "logits", state["left_postprocess_net.gn_conv_last.weight"])
    graph.node("Sigmoid", [logits], "saliency")
    graph.node("Flatten", [graph.node("GlobalMaxPool", [h], "largest")], "global_vec", axis=1)
    graph.output("saliency", "batch", 2, "rows", "columns")
    graph.output("global_vec", "batch", 256)
    return graph.bytes()


def build_local(state):
    graph = graphs.Graph("gmic-local")
    image = graph.input("roi", "batch", 1, gmic.CROP, gmic.CROP)
    x = graphs.resnet_v1(graph, image, state, "dn_resnet.", gmic.COUNTS)
    graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "mean")], "h", axis=1)
    graph.output("h", "batch", 512)
    return graph.bytes()


def build_fusion(state, attention):
    """K is fixed: OpenCV 4.6 does not load the products with a free one."""
    graph = graphs.Graph("gmic-fusion")
    g, h = graph.input("global_vec", 1, 256), graph.input("h", gmic.CROPS, 512)
    if attention == "equal":
        # Nothing of h is used but its mean; a product with zeros keeps the graph's form and OpenCV's shapes.
        score = graph.linear(h, "score", np.zeros((1, 512)))
    else:
        u = graph.node("Sigmoid", [graph.linear(h, "U", state["mil_attn_U.weight"])], "opened")
        v = graph.node("Tanh", [graph.linear(h, "V", state["mil_attn_V.weight"])], "signed")
        score = graph.linear(graph.node("Mul", [u, v], "gate"), "score", state["mil_attn_w.weight"])
    row = graph.node("Transpose", [score], "score_row", perm=[1, 0])
    alpha = graph.node("Softmax", [row], "attention", axis=1)
    z = graph.node("MatMul", [alpha, h], "z")
    local = graph.linear(z, "local_logit", state["classifier_linear.weight"])
    graph.node("Sigmoid", [local], "local")
    both = graph.node("Concat", [g, z], "both", axis=1)  # the whole picture first
    fused = graph.linear(both, "fusion_logit", state["fusion_dnn.weight"], state["fusion_dnn.bias"])
    graph.node("Sigmoid", [fused], "fusion")
    for name, width in (("fusion", 2), ("local", 2), ("attention", gmic.CROPS), ("z", 512)):
        graph.output(name, 1, width)
    return graph.bytes()


def answers(state, attention):
    """What the unfolded network says in double to the ramp picture: {part: {output: array}}."""
    if not cards.can_answer():
        return {"global": {}, "local": {}, "fusion": {}}
    import torch
    from network import GMIC
    from networks import load, ramp_picture, ramp_vectors
    whole = load(GMIC(), state).double()
    with torch.inference_mode():
        _, saliency, vector = whole.look(ramp_picture(128, 128))
        h = whole.describe(ramp_picture(gmic.CROP, gmic.CROP))
        decided = whole.decide(ramp_vectors(1, 256), ramp_vectors(gmic.CROPS, 512), attention)
    return {"global": {"saliency": saliency[0].numpy(), "global_vec": vector[0].numpy()}, "local": {"h": h[0].numpy()},
            "fusion": dict(zip(("fusion", "local", "attention", "z"), (value[0].numpy() for value in decided)))}


def write(state, folder, origin, model, attention):
    known = answers(state, attention)
    classes = list(gmic.CLASSES)
    base = {"version": VERSION, **origin}
    picture = {"channels": 1, "order": "gray", "scale": 1.0, "mean": [0.0], "std": [1.0], "standardize": "image"}
    cards.write_part(folder / "global", build_global(state), {
        "name": "gmic-global", **base,
        "inputs": [{"name": "image", "from": "image", "any": True, **picture}],
        "outputs": [{"name": "saliency", "kind": "map", "classes": classes, "activation": "sigmoid"},
                    {"name": "global_vec", "kind": "features"}],
        **cards.self_test(128, 128, known["global"])})
    cards.write_part(folder / "local", build_local(state), {
        "name": "gmic-local", **base,
        "inputs": [{"name": "roi", "from": "roi", "size": [gmic.CROP, gmic.CROP], **picture}],
        "outputs": [{"name": "h", "kind": "features"}],
        "patch": {"size": [gmic.CROP, gmic.CROP], "border": "minimum-corner", "cut_from": "image"},
        **cards.self_test(gmic.CROP, gmic.CROP, known["local"])})
    cards.write_part(folder / "fusion", build_fusion(state, attention), {
        "name": "gmic-fusion", **base,
        "inputs": [{"name": "global_vec", "from": "features.global_vec", "size": [256, 1]},
                   {"name": "h", "from": "rois.features.h", "size": [512, gmic.CROPS], "pad": "error"}],
        "outputs": [{"name": "fusion", "kind": "scores", "classes": classes, "activation": "sigmoid"},
                    {"name": "local", "kind": "scores", "classes": classes, "activation": "sigmoid"},
                    {"name": "attention", "kind": "scores", "over": "rois", "activation": "softmax"},
                    {"name": "z", "kind": "features"}],
        **cards.self_test(512, gmic.CROPS, known["fusion"])})
    return {
        "name": "gmic", **base, "notice": cards.NOTICE, "keep": ["saliency"],
        "stages": [
            {"run": "infer", "card": "global"},
            {"run": "top-percent", "map": "saliency", "percent": 100 * gmic.PERCENT[model], "as": "global"},
            {"run": "roi", "map": "saliency", "count": gmic.CROPS, "window": [gmic.CROP, gmic.CROP],
             "rule": "window-sum", "normalize": True, "class": "sum", "zero_range": "nan"},
            {"run": "infer", "card": "local", "over": "rois"},
            {"run": "infer", "card": "fusion"}]}


def main():
    command = Command(__doc__)
    command.parser.add_argument("--model", type=int, choices=sorted(gmic.PERCENT))
    command.parser.add_argument("--attention", choices=("gated", "equal"), default="gated")
    options = command.parse()
    model = options.model or (1 if command.made else None)
    if model is None:
        named = re.search(r"model_([1-5])\.", command.checkpoint.name)
        model = int(named[1]) if named else command.parser.error(
            f"{command.checkpoint.name} does not say which model it is: --model")
    state = command.state(gmic.table())
    system = write(state, command.folder, command.origin(GIVEN), model, options.attention)
    (command.folder / "card.json").write_text(cards.text_of(system) + "\n")


if __name__ == "__main__":
    main()
