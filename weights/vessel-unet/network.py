# SPDX-License-Identifier: Apache-2.0
"""The network: a U-Net of five levels, thin where pixels are many.

Vessels are one or two pixels wide at the working width, so the full resolution has to be kept, but it is also where
all the time goes, so it has sixteen channels.  The lower levels are nearly free and give the context that tells a vessel
from a lesion or a rim.  On the way up the two halves are added, not concatenated: on a CPU that saves a third of the
time of a training step, and time was what there was least of.
"""
import torch
from torch import nn

CHANNELS = (16, 32, 64, 96, 128)


def block(inputs, outputs):
    """Two 3x3 convolutions; batch normalisation is for training and is folded away by the export."""
    layers = []
    for first in (inputs, outputs):
        layers += [nn.Conv2d(first, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
                   nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class VesselUNet(nn.Module):
    def __init__(self, channels=CHANNELS):
        super().__init__()
        pairs = list(zip(channels, channels[1:]))
        self.down = nn.ModuleList(block(a, b) for a, b in zip((1,) + channels, channels))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in reversed(pairs))
        self.up = nn.ModuleList(block(a, a) for a, _ in reversed(pairs))
        self.head = nn.Conv2d(channels[0], 1, 1)
        nn.init.constant_(self.head.bias, -2.5)  # vessels are one pixel in twelve: start there
        self.pool = nn.MaxPool2d(2)
        self.enlarge = nn.Upsample(scale_factor=2.0, mode="nearest")

    def forward(self, x):
        """Logits, same height and width as the input (multiples of 16)."""
        kept = []
        for level, down in enumerate(self.down):
            x = down(x if level == 0 else self.pool(x))
            kept.append(x)
        kept.pop()
        for narrow, up in zip(self.narrow, self.up):
            x = up(self.enlarge(narrow(x)) + kept.pop())
        return self.head(x)


def load_checkpoint(path):
    """What train.py kept.  Open only checkpoints of your own: torch 1.13 cannot read numbers in its careful mode."""
    return torch.load(path, weights_only=False)
