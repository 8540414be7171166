# SPDX-License-Identifier: Apache-2.0
"""The network: a U-Net of five levels, thin where pixels are many.

Vessels are one or two pixels wide at the working width, so the full resolution has to be kept, but it is also where
all the time goes: 16 channels there cost a third of the published network of the same kind.  The lower levels are
nearly free and give the context (about 200 pixels, a third of the field) that tells a vessel from a lesion or a rim.
"""
import torch
from torch import nn

CHANNELS = (16, 32, 48, 64, 80)


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
        self.down = nn.ModuleList(block(a, b) for a, b in zip((1,) + channels, channels))
        self.up = nn.ModuleList(block(channels[i + 1] + channels[i], channels[i])
                                for i in reversed(range(len(channels) - 1)))
        self.head = nn.Conv2d(channels[0], 1, 1)
        self.pool = nn.MaxPool2d(2)
        self.double = nn.Upsample(scale_factor=2.0, mode="nearest")

    def forward(self, x):
        """Logits, same height and width as the input (multiples of 16)."""
        kept = []
        for level, down in enumerate(self.down):
            x = down(x if level == 0 else self.pool(x))
            kept.append(x)
        kept.pop()
        for up in self.up:
            x = up(torch.cat([self.double(x), kept.pop()], 1))
        return self.head(x)
