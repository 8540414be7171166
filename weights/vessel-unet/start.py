# SPDX-License-Identifier: Apache-2.0
"""Begin a training from an exported network.

The export folded batch normalisation into the convolutions; here each normalisation gets back the mean and deviation
it sees on real patches, and a scale and shift that undo them, so the network first computes what the exported one did.
A wider network keeps the old channels; the new ones begin by chance and are read by nobody yet.
"""
import onnx
import torch
from onnx import numpy_helper


def widened(old, new):
    """`old` in the corner of `new`; what the old outputs take from new inputs is zero."""
    made = new.clone()
    made[:old.shape[0]] = 0
    made[tuple(slice(0, size) for size in old.shape)] = old
    return made


def start_from(path, network, patches):
    kept = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy())
            for item in onnx.load(str(path)).graph.initializer}

    def take(layer, name):
        layer.weight.data = widened(kept[f"{name}_W"], layer.weight.data)
        if layer.bias is not None:
            layer.bias.data = widened(kept[f"{name}_b"], layer.bias.data)

    def undo(norm, bias):
        def measure(norm, inputs):
            with torch.no_grad():
                x, n = inputs[0], len(bias)
                mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
                norm.running_mean.copy_(mean)
                norm.running_var.copy_(variance)
                norm.weight[:n] = torch.sqrt(variance[:n] + norm.eps)
                norm.bias[:n] = mean[:n] + bias
        return norm.register_forward_pre_hook(measure)

    hooks = []

    def block(layers, name):
        for number, first in enumerate((0, 3), 1):
            take(layers[first], f"{name}_conv{number}")
            hooks.append(undo(layers[first + 1], kept[f"{name}_conv{number}_b"]))

    for level, layers in enumerate(network.down):
        block(layers, f"down{level}")
    for step, (narrow, layers) in enumerate(zip(network.narrow, network.up)):
        level = len(network.up) - 1 - step
        take(narrow, f"narrow{level}")
        block(layers, f"up{level}")
    take(network.head, "logit")
    with torch.no_grad():
        network.eval()(patches)
    for hook in hooks:
        hook.remove()
