#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a checkpoint of GLAM into two ONNX files with their cards, and the card of the whole system.

    export.py CHECKPOINT OUT_DIR [--size WxH] [--crop SIDE]
    export.py --deterministic SALT OUT_DIR [--head-gain G] [...]

CHECKPOINT is model_joint.p or model_sep.p of the authors.  OUT_DIR/global, OUT_DIR/local and OUT_DIR/card.json are
written.  Sizes are free, in multiples of 64, where the three levels are exact halves of each other; 1920x2944 is one.
--size fixes another size, where they are not.  Crops are 512x512, or of the side --crop.  Needs numpy and onnx; torch to
read a checkpoint and for the known answers.
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import graph as graphs  # noqa: E402
import tables as glam  # noqa: E402
from command import Command  # noqa: E402

VERSION = "1.0.0"
GIVEN = {
    "source": "https://github.com/nyukat/GLAM, folder models: model_joint.p or model_sep.p; made by export.py",
    "licence": "NYU licence of nyukat/GLAM: internal, non-commercial research, no redistribution",
    "citation": "Liu et al., Weakly-supervised high-resolution segmentation of mammography images for breast cancer "
                "diagnosis, MIDL 2021"}
LOCAL_SEEN = 64  # side of the crop of the known answer: a whole one would take half a minute in double
LEVELS = ("level1", "level2", "level3")


def finest(width, height):
    """Rows and columns of the finest level."""
    def after(n):
        n = (n - 1) // 2 + 1  # the first convolution
        n = (n - 3) // 2 + 1  # the first pool
        return -(-n // 4)  # two stages that halve and round up
    return after(height), after(width)


def enlarge(graph, source, name, factor, size):
    none = "none" if any(c.name == "none" for c in graph.constants) else graph.constant("none", np.zeros(0))
    if size is None:
        wanted = [graph.constant(f"{name}_scales", np.array([1, 1, factor, factor]))]
    else:  # sizes stand in a fourth input, and need the batch
        wanted = [none, graph.constant(f"{name}_sizes", np.array([1, 2, *finest(*size)]), np.int64)]
    return graph.node("Resize", [source, none, *wanted], name, mode="nearest", nearest_mode="floor",
                      coordinate_transformation_mode="asymmetric")


def build_global(state, size=None):
    graph = graphs.Graph("glam-global")
    shape = ("height", "width") if size is None else (size[1], size[0])
    image = graph.input("image", "batch" if size is None else 1, 1, *shape)
    stages, h = graphs.resnet22(graph, image, state, "global_network.downsampling_branch")
    for level, head, source, factor in zip(LEVELS, glam.HEADS, (stages[2], stages[3], h), (1, 2, 4)):
        logits = graph.conv(source, f"{level}_logits", state[f"global_network.postprocess_module.{head}.weight"])
        if factor > 1:
            logits = enlarge(graph, logits, f"{level}_enlarged", factor, size)
        graph.node("Sigmoid", [logits], level)
    all_levels = graph.node("Concat", list(LEVELS), "levels", axis=1)
    # One convolution weighs and adds: its first row takes the benign planes, its second the malignant ones.
    mixture = np.concatenate([share * np.eye(2) for share in glam.SHARES], 1)[:, :, None, None]
    graph.conv(all_levels, "saliency", mixture)
    for name in (*LEVELS, "saliency"):
        graph.output(name, "batch" if size is None else 1, 2, "rows", "columns")
    return graph.bytes()


def build_local(state):
    graph = graphs.Graph("glam-local")
    image = graph.input("roi", "batch", 1, "height", "width")
    x = graphs.resnet_v1(graph, image, state, "detection_network.dn_resnet.", glam.COUNTS, glam.STRIDES)
    logits = graph.conv(x, "logits", state["detection_network.gn_conv_last.weight"])
    graph.node("Sigmoid", [logits], "local")
    graph.output("local", "batch", 2, "rows", "columns")
    return graph.bytes()


def answers(state, size, side):
    """What the unfolded network says in double to the ramp picture: {part: {output: array}}."""
    if not cards.can_answer():
        return {"global": {}, "local": {}}
    import torch
    from network import GLAM
    from networks import load, ramp_picture
    whole = load(GLAM(), state).double()
    with torch.inference_mode():
        levels, saliency = whole.global_network(ramp_picture(size[1], size[0]))
        local = whole.detection_network(ramp_picture(side, side))
    return {"global": {**{name: level[0].numpy() for name, level in zip(LEVELS, levels)},
                       "saliency": saliency[0].numpy()},
            "local": {"local": local[0].numpy()}}


def write(state, folder, origin, size, crop):
    seen = size or (128, 192)
    known = answers(state, seen, LOCAL_SEEN)
    classes = list(glam.CLASSES)
    base = {"version": VERSION, **origin}
    picture = {"channels": 1, "order": "gray", "scale": 1.0, "mean": [0.0], "std": [1.0], "standardize": "image"}
    extent = {"size": list(size)} if size else {"any": True, "multiple": 64, "pad": "zero"}
    maps = [{"name": name, "kind": "map", "classes": classes, "activation": "sigmoid"} for name in LEVELS]
    cards.write_part(folder / "global", build_global(state, size), {
        "name": "glam-global", **base, "inputs": [{"name": "image", "from": "image", **extent, **picture}],
        "outputs": [*maps, {"name": "saliency", "kind": "map", "classes": classes}],
        **cards.self_test(*seen, known["global"])})
    cards.write_part(folder / "local", build_local(state), {
        "name": "glam-local", **base,
        "inputs": [{"name": "roi", "from": "roi", "any": True, **picture}],
        "outputs": [{"name": "local", "kind": "map", "classes": classes, "activation": "sigmoid"}],
        "patch": {"size": [crop, crop], "border": "minimum-corner", "cut_from": "image"},
        **cards.self_test(LOCAL_SEEN, LOCAL_SEEN, known["local"])})
    return {
        "name": "glam", **base, "notice": cards.NOTICE, "keep": ["saliency", "final"],
        "stages": [
            {"run": "infer", "card": "global"},
            *({"run": "top-percent", "map": name, "percent": 100 * glam.PERCENT, "as": f"{name}_score"}
              for name in LEVELS),
            {"run": "mean", "of": [f"{name}_score" for name in LEVELS], "as": "image_score"},
            {"run": "roi", "map": "saliency", "count": glam.CROPS, "window": [crop, crop],
             "rule": "window-sum", "normalize": True, "class": "sum", "zero_range": "nan"},
            {"run": "infer", "card": "local", "over": "rois"},
            {"run": "paste", "maps": "local", "onto": "saliency", "outside": "half", "as": "final"}]}


def main():
    command = Command(__doc__)
    command.parser.add_argument("--size", metavar="WxH", help="fix the size of the picture")
    command.parser.add_argument("--crop", type=int, default=glam.CROP, metavar="SIDE")
    options = command.parse()
    if options.crop < 16 or options.crop % 16:
        command.parser.error(f"--crop {options.crop}: expected a multiple of 16")
    size = None
    if options.size:
        parts = options.size.split("x")
        if len(parts) != 2 or not all(part.isdigit() and int(part) >= 64 for part in parts):
            command.parser.error(f"--size {options.size}: expected WxH, 64 or more each")
        size = tuple(int(part) for part in parts)
    system = write(command.state(glam.table()), command.folder, command.origin(GIVEN), size, options.crop)
    (command.folder / "card.json").write_text(cards.text_of(system) + "\n")


if __name__ == "__main__":
    main()
