#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a training of zoom-small into three ONNX files with their cards, and the card of the whole system.

    export.py RUN.pt OUT_DIR
    export.py --deterministic SALT OUT_DIR

OUT_DIR/main, OUT_DIR/patch, OUT_DIR/fusion and OUT_DIR/card.json are written.  --deterministic makes the numbers from the
names of the weights: a network that knows nothing, for tests.  Needs numpy, onnx and torch.
"""
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "exporting"))
import card as cards  # noqa: E402
import checkpoint  # noqa: E402
import graph as graphs  # noqa: E402
from network import Fusion, Main, Patch, THRESHOLDS, WIDTH, gated, grades  # noqa: E402
from pictures import MEAN, PATCH, REGIONS, STD, WINDOW  # noqa: E402
from pictures import WIDTH as PICTURE  # noqa: E402

VERSION = "1.0.0"
LABELS = ["0", "1", "2", "3", "4"]
ABOVE = [f"at-least-{label}" for label in LABELS[1:]]
GIVEN = {"source": "trained by train.py in weights/zoom-small on the training part of IDRiD (grades of whole pictures alone), "
                   "from EfficientNet-Lite0 of ImageNet",
         "licence": "Apache-2.0; pictures: IDRiD, CC BY 4.0",
         "citation": "Porwal et al., Indian Diabetic Retinopathy Image Dataset, Data 3(3), 2018; Wang et al., Zoom-in-Net, "
                     "MICCAI 2017; Tan and Le, EfficientNet, ICML 2019"}


def agreement():
    """What saying k is worth where the truth is j, by the weights of quadratic kappa."""
    k = np.arange(THRESHOLDS + 1)
    return 1 - (k[:, None] - k[None]) ** 2 / THRESHOLDS ** 2


class Writer:
    """Layers of the modules as nodes of a graph."""

    def __init__(self, name):
        self.graph = graphs.Graph(name)

    def conv(self, source, name, layer, relu=None):
        """A convolution of torch with "SAME" before it, or none."""
        pad, conv = layer if isinstance(layer, torch.nn.Sequential) else (None, layer)
        before, after = (pad.pads[0], pad.pads[1]) if pad is not None else (conv.padding[0],) * 2
        return self.graph.conv(source, name, conv.weight.detach().numpy(), conv.bias.detach().numpy(),
                               stride=conv.stride[0], pads=[before, before, after, after], group=conv.groups, relu=relu)

    def trunk(self, source, trunk):
        x = self.conv(source, "stem", trunk.stem, "relu6")
        for number, block in enumerate([*trunk.low_blocks, *trunk.high_blocks]):
            y, at = x, f"block{number}"
            if block.expand is not None:
                y = self.conv(y, f"{at}_expand", block.expand, "relu6")
            y = self.conv(y, f"{at}_depthwise", block.depthwise, "relu6")
            y = self.conv(y, f"{at}_project", block.project)
            x = self.graph.node("Add", [y, x], f"{at}_sum") if block.shortcut else y
        return x

    def pooled(self, kind, source, name):
        return self.graph.node("Flatten", [self.graph.node(kind, [source], f"{name}_cell")], name, axis=1)

    def grade(self, vector, name, head):
        """Four thresholds of one severity as four rows, then five probabilities as sums of their sigmoids."""
        weight = head.severity.weight.detach().double().numpy().repeat(THRESHOLDS, 0)
        logits = self.graph.linear(vector, f"{name}_logits", weight, head.thresholds().detach().double().numpy())
        above = self.graph.node("Sigmoid", [logits], f"{name}_above")
        parts = np.zeros((THRESHOLDS + 1, THRESHOLDS))
        parts[np.arange(1, 5), np.arange(4)], parts[np.arange(4), np.arange(4)] = 1, -1
        said = self.graph.linear(above, name, parts, np.eye(THRESHOLDS + 1)[0])
        return self.graph.linear(said, f"{name}_decision", agreement())


def build_main(main):
    writer = Writer("zoom-main")
    image = writer.graph.input("image", "batch", 3, "height", "width")
    x = writer.trunk(image, main.trunk)
    vector = writer.pooled("GlobalAveragePool", x, "whole")
    writer.grade(vector, "main", main.grade)
    writer.graph.node("Sigmoid", [writer.conv(x, "scores_logits", main.scores)], "scores")
    gate = writer.conv(x, "gates0", main.gates[0], "relu")
    writer.conv(writer.conv(gate, "gates1", main.gates[2], "relu"), "gates", main.gates[4])
    for name in ("main", "main_decision"):
        writer.graph.output(name, "batch", THRESHOLDS + 1)
    writer.graph.output("whole", "batch", WIDTH)
    for name in ("scores", "gates"):
        writer.graph.output(name, "batch", THRESHOLDS, "rows", "columns")
    return writer.graph.bytes()


def build_patch(patch):
    writer = Writer("zoom-patch")
    x = writer.trunk(writer.graph.input("region", "batch", 3, PATCH, PATCH), patch.trunk)
    both = [writer.pooled("GlobalAveragePool", x, "mean"), writer.pooled("GlobalMaxPool", x, "most")]
    writer.graph.node("Concat", both, "region_vec", axis=1)
    writer.graph.output("region_vec", "batch", 2 * WIDTH)
    return writer.graph.bytes()


def build_fusion(fusion):
    """The number of regions is fixed, as in the card; where there are fewer the last one stands for the rest."""
    writer = Writer("zoom-fusion")
    graph = writer.graph
    whole, regions = graph.input("whole", 1, WIDTH), graph.input("region_vec", REGIONS, 2 * WIDTH)
    most = graph.node("ReduceMax", [regions], "most", axes=[0], keepdims=1)
    writer.grade(graph.node("Concat", [whole, most], "both", axis=1), "grade", fusion.grade)
    for name in ("grade", "grade_decision"):
        graph.output(name, 1, THRESHOLDS + 1)
    return graph.bytes()


def answers(main, patch, fusion):
    """What the modules say in double to the ramp: {part: {output: array}}."""
    def ramp(side):
        return torch.from_numpy((cards.ramp(side, side, 3).astype(float) - MEAN) / STD)[None]

    with torch.inference_mode():
        main, patch, fusion = main.double(), patch.double(), fusion.double()
        whole, scores, gates = main.see(main.trunk.low(ramp(128)))
        said = {"main": grades(main.grade(whole))[0], "whole": whole[0], "scores": scores[0], "gates": gates[0]}
        region = patch.see(patch.trunk.low(ramp(PATCH)))[0]
        rows = [torch.from_numpy(cards.ramp(1, WIDTH)[0] / 255.0), torch.from_numpy(cards.ramp(REGIONS, 2 * WIDTH)[0] / 255.0)]
        fused = grades(fusion(rows[0], rows[1][None]))[0]
        weigh = torch.from_numpy(agreement())
        said["main_decision"] = weigh @ said["main"]
    parts = {"main": said, "patch": {"region_vec": region}, "fusion": {"grade": fused, "grade_decision": weigh @ fused}}
    return {part: {name: value.numpy() for name, value in outputs.items()} for part, outputs in parts.items()}


def write(main, patch, fusion, folder, origin):
    base = {"version": VERSION, **origin}
    colours = {"channels": 3, "order": "rgb", "depth": "u8", "scale": 1.0, "mean": [MEAN], "std": [STD]}
    models = {"main": build_main(main), "patch": build_patch(patch), "fusion": build_fusion(fusion)}
    known = answers(main, patch, fusion)
    cards.write_part(folder / "main", models["main"], {
        "name": "zoom-main", **base,
        "inputs": [{"name": "image", "from": "image", "fov_width": PICTURE // 2, "multiple": 16, **colours}],
        "outputs": [{"name": "main", "kind": "scores", "classes": LABELS, "activation": "sigmoid"},
                    {"name": "main_decision", "kind": "scores", "classes": LABELS},
                    {"name": "whole", "kind": "features"},
                    {"name": "scores", "kind": "map", "classes": ABOVE, "activation": "sigmoid"},
                    {"name": "gates", "kind": "map", "classes": ABOVE}],
        **cards.self_test(128, 128, known["main"])})
    cards.write_part(folder / "patch", models["patch"], {
        "name": "zoom-patch", **base,
        "inputs": [{"name": "region", "from": "roi", "size": [PATCH, PATCH], **colours}],
        "outputs": [{"name": "region_vec", "kind": "features"}],
        "patch": {"size": [PATCH, PATCH], "border": "shift", "cut_from": "image"},
        **cards.self_test(PATCH, PATCH, known["patch"])})
    cards.write_part(folder / "fusion", models["fusion"], {
        "name": "zoom-fusion", **base,
        "inputs": [{"name": "whole", "from": "features.whole", "size": [WIDTH, 1]},
                   {"name": "region_vec", "from": "rois.features.region_vec", "size": [2 * WIDTH, REGIONS],
                    "pad": "repeat-last"}],
        "outputs": [{"name": "grade", "kind": "scores", "classes": LABELS, "activation": "sigmoid"},
                    {"name": "grade_decision", "kind": "scores", "classes": LABELS}],
        "precision": cards.precision(layers_on_cpu=1),  # the largest of the regions
        **cards.self_test(2 * WIDTH, REGIONS, known["fusion"])})
    system = {"name": "zoom-small", **base, "notice": cards.NOTICE, "keep": [],
              "stages": [{"run": "infer", "card": "main"},
                         {"run": "gate", "scores": "scores", "gates": "gates", "as": "gated"},
                         {"run": "roi", "map": "gated", "rule": "peak", "count": REGIONS, "window": [WINDOW, WINDOW]},
                         {"run": "infer", "card": "patch", "over": "rois"},
                         {"run": "infer", "card": "fusion"}]}
    (folder / "card.json").write_text(cards.text_of(system) + "\n")


def main():
    from command import MADE
    import argparse
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="RUN.pt OUT_DIR")
    parser.add_argument("--deterministic", metavar="SALT")
    options = parser.parse_args()
    if len(options.paths) != (1 if options.deterministic else 2):
        parser.error("expected OUT_DIR alone" if options.deterministic else "expected RUN.pt and OUT_DIR")
    parts = {"main": Main(), "patch": Patch(), "fusion": Fusion()}
    kept = None if options.deterministic else torch.load(options.paths[0], map_location="cpu")
    for name, module in parts.items():
        if kept is None:
            table = {key: tuple(value.shape) for key, value in module.state_dict().items()}
            state = checkpoint.deterministic({f"{name}.{key}": shape for key, shape in table.items()}, options.deterministic)
            module.load_state_dict({key: torch.from_numpy(state[f"{name}.{key}"]) for key in table})
        else:
            module.load_state_dict(kept[name])
        module.eval()
    write(parts["main"], parts["patch"], parts["fusion"], options.paths[-1], GIVEN if kept else MADE)


if __name__ == "__main__":
    main()
