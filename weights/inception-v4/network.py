# SPDX-License-Identifier: Apache-2.0
"""Inception-v4 as a torch module, to train or to compare the exported graph with.

Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
AAAI 2017.
"""
import torch
from torch import nn

from path_modules import Path
from tables import CLASSES, TRUNK, WIDTH


class InceptionV4(Path):
    def __init__(self, channels=3, classes=len(CLASSES)):
        super().__init__(TRUNK, channels)
        self.last_linear = nn.Linear(WIDTH, classes)

    def forward(self, x):
        """x: N×channels×299×299.  Returns N×classes, sum 1."""
        return torch.softmax(self.last_linear(super().forward(x).mean((2, 3))), 1)
