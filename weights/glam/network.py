# SPDX-License-Identifier: Apache-2.0
"""GLAM: a network over the whole mammogram gives maps of three levels, a finer one gives a map of the place that the
first found.  As torch modules, to compare the exported parts with.

Liu, Shen, Wu, Chledowski, Fernandez-Granda, Geras, "Weakly-supervised high-resolution segmentation of mammography
images for breast cancer diagnosis", MIDL 2021.
"""
import torch
from torch import nn
from torch.nn import functional

from networks import ResNet22, ResNetV1, three_channels
from tables import COUNTS, HEADS, SHARES, STRIDES

class Levels(nn.Module):
    def __init__(self):
        super().__init__()
        self.gn_conv_1 = nn.Conv2d(64, 2, 1, bias=False)
        self.gn_conv_2 = nn.Conv2d(128, 2, 1, bias=False)
        self.gn_conv_last = nn.Conv2d(256, 2, 1, bias=False)
        self.combine = nn.Conv2d(6, 2, 1, bias=False)


class Global(nn.Module):
    def __init__(self):
        super().__init__()
        self.downsampling_branch = ResNet22()
        self.postprocess_module = Levels()

    def forward(self, image):
        """The sigmoid maps of the levels, all at the finest one's size, and their weighted sum."""
        stages, h = self.downsampling_branch(image)
        logits = [getattr(self.postprocess_module, name)(f) for name, f in zip(HEADS, (stages[2], stages[3], h))]
        size = logits[0].shape[2:]
        levels = [torch.sigmoid(functional.interpolate(logit, size=size, mode="nearest")) for logit in logits]
        return levels, sum(share * level for share, level in zip(SHARES, levels))


class Local(nn.Module):
    def __init__(self):
        super().__init__()
        self.dn_resnet = ResNetV1(COUNTS, STRIDES)
        self.gn_conv_last = nn.Conv2d(512, 2, 1, bias=False)

    def forward(self, crops):
        """K x 1 x 512 x 512 to K x 2 x 128 x 128."""
        return torch.sigmoid(self.gn_conv_last(self.dn_resnet(three_channels(crops))))


class GLAM(nn.Module):
    def __init__(self):
        super().__init__()
        self.global_network = Global()
        self.detection_network = Local()
