# SPDX-License-Identifier: Apache-2.0
"""Networks whose paths branch and join, as data.  One description gives the names of a checkpoint and the nodes of a
graph here, and torch modules in path_modules.py.

A path is a tuple of steps, taken one after the other.
"""
from dataclasses import dataclass

import numpy as np

from graph import scale_and_shift
from keys import norm

EPSILON = 1e-3  # of the normalisations, as in the networks that were published


@dataclass(frozen=True)
class Conv:
    """NAME.conv without bias, NAME.bn, ReLU.  kernel: height, width.  Padded so that stride 1 keeps the size, or not.
    """
    name: str
    width: int
    kernel: tuple = (1, 1)
    stride: int = 1
    padded: bool = True

    @property
    def pads(self):
        """At the top and at the left; at the bottom and at the right there are as many."""
        return (self.kernel[0] // 2, self.kernel[1] // 2) if self.padded else (0, 0)


@dataclass(frozen=True)
class Pool:
    """Of 3x3: the largest of every second place, nothing padded; or the mean of what lies inside around each place."""
    kind: str


@dataclass(frozen=True)
class Split:
    """Several paths from the same place; their channels one behind the other."""
    paths: tuple


@dataclass(frozen=True)
class Residual:
    """ReLU of what came in plus `share` of NAME, a 1x1 convolution with bias of what the paths say."""
    name: str
    paths: tuple
    share: float


MAX, MEAN = Pool("MaxPool"), Pool("AveragePool")


def table(path, inputs):
    """Names and shapes of a path that is given so many channels, and how many it gives."""
    names = {}
    for step in path:
        if isinstance(step, Conv):
            names[f"{step.name}.conv.weight"] = (step.width, inputs, *step.kernel)
            names.update(norm(f"{step.name}.bn", step.width))
            inputs = step.width
        elif isinstance(step, (Split, Residual)):
            widths = []
            for branch in step.paths:
                more, width = table(branch, inputs)
                names.update(more)
                widths.append(width)
            if isinstance(step, Residual):
                names.update({f"{step.name}.weight": (inputs, sum(widths), 1, 1), f"{step.name}.bias": (inputs,)})
            else:
                inputs = sum(widths)
    return names, inputs


def gains(names):
    """Of numbers that are made up: what ReLU cuts away is given back, or in fifty layers the picture fades away."""
    return {name: np.sqrt(2) for name in names if name.endswith(".conv.weight")}


def nodes(graph, path, source, state):
    """The path as nodes, normalisation and share folded into convolutions.  Returns the last value."""
    x = source
    for step in path:
        if isinstance(step, Conv):
            scale, shift = scale_and_shift(state, f"{step.name}.bn", EPSILON)
            x = graph.conv(x, step.name, state[f"{step.name}.conv.weight"] * scale[:, None, None, None], shift,
                           stride=step.stride, pads=[*step.pads] * 2, relu=True)
        elif isinstance(step, Pool):
            stride, pad = (2, 0) if step is MAX else (1, 1)
            x = graph.node(step.kind, [x], f"pool{len(graph.nodes)}", kernel_shape=[3, 3], strides=[stride] * 2,
                           pads=[pad] * 4)
        else:
            branches = [nodes(graph, branch, x, state) for branch in step.paths]
            joined = graph.node("Concat", branches, f"joined{len(graph.nodes)}", axis=1)
            x = joined if isinstance(step, Split) else add_share(graph, step, x, joined, state)
    return x


def add_share(graph, step, before, joined, state):
    weight, bias = (state[f"{step.name}.{part}"].astype(np.float64) * step.share for part in ("weight", "bias"))
    more = graph.conv(joined, step.name, weight, bias)
    return graph.node("Relu", [graph.node("Add", [before, more], f"{step.name}_sum")], f"{step.name}_relu")
