#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a checkpoint of Zoom-in-Net into three ONNX files with their cards, and the card of the whole system.

    export.py CHECKPOINT OUT_DIR
    export.py --deterministic SALT OUT_DIR [--head-gain G]

CHECKPOINT is the state of network.ZoomInNet, saved by torch.  OUT_DIR/main, OUT_DIR/patch, OUT_DIR/fusion and
OUT_DIR/card.json are written.  --deterministic makes numbers from the names of the weights: a network that knows
nothing, for tests.  Needs numpy and onnx; torch to read a checkpoint and for the known answers.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import graph as graphs  # noqa: E402
import paths  # noqa: E402
import tables as zoom  # noqa: E402
from command import Command  # noqa: E402

VERSION = "1.0.0"
GIVEN = {"source": "a checkpoint of your own; made by export.py in weights/zoom-in-net (the authors published none)",
         "licence": "yours",
         "citation": "Wang et al., Zoom-in-Net: deep mining lesions for diabetic retinopathy detection, MICCAI 2017"}


def part(state, name):
    """What belongs to NAME, without the name."""
    return {key[len(name) + 1:]: value for key, value in state.items() if key.startswith(f"{name}.")}


def build_main(state):
    graph = graphs.Graph("zoom-main")
    image = graph.input("image", "batch", 3, zoom.INPUT, zoom.INPUT)
    maps = paths.nodes(graph, zoom.MAIN, image, part(state, "trunk"))

    def conv(source, name, key, relu=False):
        return graph.conv(source, name, state[f"{key}.weight"], state[f"{key}.bias"], relu=relu)

    whole = graph.node("Flatten", [graph.node("GlobalAveragePool", [maps], "mean")], "whole", axis=1)
    logits = graph.linear(whole, "grade_logits", state["grade.weight"], state["grade.bias"])
    graph.node("Softmax", [logits], "main", axis=1)
    conv(maps, "scores", "scores")
    conv(conv(conv(maps, "gates_0", "gates.0", True), "gates_1", "gates.2", True), "gates", "gates.4")
    grades, side = len(zoom.GRADES), zoom.CELLS
    for name, shape in (("main", (grades,)), ("whole", (zoom.WIDTH,)), ("scores", (grades, side, side)),
                        ("gates", (grades, side, side))):
        graph.output(name, "batch", *shape)
    return graph.bytes()


def build_patch(state):
    graph = graphs.Graph("zoom-patch")
    x = paths.nodes(graph, zoom.CLOSE, graph.input("region", "batch", 3, zoom.PATCH, zoom.PATCH), state)
    graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "mean")], "region_vec", axis=1)
    graph.output("region_vec", "batch", zoom.PATCH_WIDTH)
    return graph.bytes()


def build_fusion(state):
    """The number of regions is fixed, as in the card; where there are fewer the last one is repeated, which leaves the
    maximum as it is."""
    graph = graphs.Graph("zoom-fusion")
    whole = graph.input("whole", 1, zoom.WIDTH)
    regions = graph.input("region_vec", zoom.REGIONS, zoom.PATCH_WIDTH)
    most = graph.node("ReduceMax", [regions], "most", axes=[0], keepdims=1)
    both = graph.node("Concat", [whole, most], "both", axis=1)
    logits = graph.linear(both, "grade_logits", state["grade.weight"], state["grade.bias"])
    graph.node("Softmax", [logits], "grade", axis=1)
    graph.output("grade", 1, len(zoom.GRADES))
    return graph.bytes()


def answers(state):
    """What the unfolded networks say in double to the ramp: {part: {output: array}}."""
    if not cards.can_answer():
        return {"main": {}, "patch": {}, "fusion": {}}
    import torch
    from network import ZoomInNet
    from networks import load, ramp_picture, ramp_vectors
    whole = load(ZoomInNet(), state).double()

    def ramp(side):
        return ramp_picture(side, side, 3, standardize=False) / 127.5 - 1

    with torch.inference_mode():
        seen = dict(zip(("main", "whole", "scores", "gates"), whole.main(ramp(zoom.INPUT))))
        region = whole.patch(ramp(zoom.PATCH))
        grade = whole.fusion(ramp_vectors(1, zoom.WIDTH), ramp_vectors(zoom.REGIONS, zoom.PATCH_WIDTH))
    return {"main": {name: value[0].numpy() for name, value in seen.items()},
            "patch": {"region_vec": region[0].numpy()}, "fusion": {"grade": grade[0].numpy()}}


def write(state, folder, origin):
    known = answers(state)
    grades = list(zoom.GRADES)
    base = {"version": VERSION, **origin}
    colours = {"channels": 3, "order": "rgb", "depth": "u8", "scale": 1.0, "mean": [127.5], "std": [127.5]}
    cards.write_part(folder / "main", build_main(part(state, "main")), {
        "name": "zoom-main", **base,
        "inputs": [{"name": "image", "from": "image", "size": [zoom.INPUT, zoom.INPUT], **colours}],
        "outputs": [{"name": "main", "kind": "scores", "classes": grades, "activation": "softmax"},
                    {"name": "whole", "kind": "features"},
                    {"name": "scores", "kind": "map", "classes": grades},
                    {"name": "gates", "kind": "map", "classes": grades}],
        **cards.self_test(zoom.INPUT, zoom.INPUT, known["main"])})
    cards.write_part(folder / "patch", build_patch(part(state, "patch")), {
        "name": "zoom-patch", **base,
        "inputs": [{"name": "region", "from": "roi", "size": [zoom.PATCH, zoom.PATCH], **colours}],
        "outputs": [{"name": "region_vec", "kind": "features"}],
        "patch": {"size": [zoom.PATCH, zoom.PATCH], "border": "shift", "cut_from": "image"},
        **cards.self_test(zoom.PATCH, zoom.PATCH, known["patch"])})
    cards.write_part(folder / "fusion", build_fusion(part(state, "fusion")), {
        "name": "zoom-fusion", **base,
        "inputs": [{"name": "whole", "from": "features.whole", "size": [zoom.WIDTH, 1]},
                   {"name": "region_vec", "from": "rois.features.region_vec",
                    "size": [zoom.PATCH_WIDTH, zoom.REGIONS], "pad": "repeat-last"}],
        "outputs": [{"name": "grade", "kind": "scores", "classes": grades, "activation": "softmax"}],
        "precision": cards.precision(layers_on_cpu=1),  # the largest of the regions
        **cards.self_test(zoom.PATCH_WIDTH, zoom.REGIONS, known["fusion"])})
    return {"name": "zoom-in-net", **base, "notice": cards.NOTICE, "keep": [],
            "stages": [{"run": "infer", "card": "main"},
                       {"run": "gate", "scores": "scores", "gates": "gates", "as": "gated"},
                       {"run": "upsample", "map": "gated", "size": [zoom.INPUT, zoom.INPUT], "as": "large.gated"},
                       {"run": "roi", "map": "large.gated", "rule": "peak", "class": grades[1:], "count": zoom.REGIONS,
                        "window": [zoom.WINDOW, zoom.WINDOW]},
                       {"run": "infer", "card": "patch", "over": "rois"},
                       {"run": "infer", "card": "fusion"}]}


def main():
    command = Command(__doc__)
    command.parse()
    system = write(command.state(zoom.table(), gains=zoom.gains()), command.folder, command.origin(GIVEN))
    (command.folder / "card.json").write_text(cards.text_of(system) + "\n")


if __name__ == "__main__":
    main()
