# SPDX-License-Identifier: Apache-2.0
"""The networks of paths.py as torch modules, plain and unfolded, their names those of the checkpoints."""
import torch
from torch import nn
from torch.nn import functional

from paths import EPSILON, MAX, Conv, Pool, Residual, Split


class ConvNorm(nn.Module):
    def __init__(self, step, inputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, step.width, step.kernel, step.stride, step.pads, bias=False)
        self.bn = nn.BatchNorm2d(step.width, eps=EPSILON)

    def forward(self, x):
        return functional.relu(self.bn(self.conv(x)))


class Path(nn.Module):
    """A path from so many channels; `width` is how many it gives."""

    def __init__(self, path, inputs):
        super().__init__()
        self.path = path
        self.width = self.grow(path, inputs)

    def place(self, name, module):
        """Below modules that only make up the dotted name."""
        *above, last = name.split(".")
        at = self
        for part in above:
            if not hasattr(at, part):
                at.add_module(part, nn.Module())
            at = getattr(at, part)
        at.add_module(last, module)

    def grow(self, path, inputs):
        for step in path:
            if isinstance(step, Conv):
                self.place(step.name, ConvNorm(step, inputs))
                inputs = step.width
            elif isinstance(step, (Split, Residual)):
                width = sum(self.grow(branch, inputs) for branch in step.paths)
                if isinstance(step, Residual):
                    self.place(step.name, nn.Conv2d(width, inputs, 1))
                else:
                    inputs = width
        return inputs

    def walk(self, path, x):
        for step in path:
            if isinstance(step, Conv):
                x = self.get_submodule(step.name)(x)
            elif isinstance(step, Pool):
                x = (functional.max_pool2d(x, 3, 2) if step is MAX else
                     functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False))
            else:
                joined = torch.cat([self.walk(branch, x) for branch in step.paths], 1)
                x = (joined if isinstance(step, Split) else
                     functional.relu(x + step.share * self.get_submodule(step.name)(joined)))
        return x

    def forward(self, x):
        return self.walk(self.path, x)
