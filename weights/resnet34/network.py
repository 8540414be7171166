# SPDX-License-Identifier: Apache-2.0
"""ResNet-34 over a whole mammogram, the plain network that GMIC is compared with: one score a class from the mean over
the picture, and the same last layer on each cell as a class activation map.  As a torch module, to compare the exported
network with.

He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016; class activation maps: Zhou, Khosla,
Lapedriza, Oliva, Torralba, "Learning deep features for discriminative localization", CVPR 2016.
"""
import torch
from networks import ResNetV1
from tables import CLASSES, COUNTS
from torch import nn


class ResNet34(ResNetV1):
    def __init__(self, channels=3, classes=len(CLASSES)):
        super().__init__(COUNTS, channels=channels)
        self.fc = nn.Linear(512, classes)

    def forward(self, image):
        """image: N x 1 x H x W.  Returns N x classes, and the map N x classes x h x w."""
        x = super().forward(image.expand(-1, self.conv1.in_channels, -1, -1))
        cells = self.fc(x.movedim(1, 3)).movedim(3, 1)
        return torch.sigmoid(self.fc(x.mean((2, 3)))), torch.sigmoid(cells)
