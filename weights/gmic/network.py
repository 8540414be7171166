# SPDX-License-Identifier: Apache-2.0
"""GMIC: a small network looks at the whole mammogram, a larger one at the six places that the first found, and both
together decide.  As torch modules, to compare the exported parts with.

Shen, Wu, Phang, Park, Liu, Tyagi, Heacock, Kim, Moy, Cho, Geras, "An interpretable classifier for high-resolution
breast cancer screening images utilizing weakly supervised localization", Medical Image Analysis 68, 2021.
"""
import torch
from torch import nn

from networks import ResNet22, ResNetV1, three_channels
from tables import COUNTS

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.gn_conv_last = nn.Conv2d(256, 2, 1, bias=False)


class GMIC(nn.Module):
    def __init__(self):
        super().__init__()
        self.ds_net = ResNet22()
        self.left_postprocess_net = Head()
        self.dn_resnet = ResNetV1(COUNTS)
        self.mil_attn_V = nn.Linear(512, 128, bias=False)
        self.mil_attn_U = nn.Linear(512, 128, bias=False)
        self.mil_attn_w = nn.Linear(128, 1, bias=False)
        self.classifier_linear = nn.Linear(512, 2, bias=False)
        self.fusion_dnn = nn.Linear(768, 2)

    def look(self, image):
        """image: N x 1 x H x W.  Returns h_g, the saliency N x 2 x h x w, and the largest h_g of each channel."""
        h = self.ds_net(image)[1]
        return h, torch.sigmoid(self.left_postprocess_net.gn_conv_last(h)), h.amax((2, 3))

    def describe(self, crops):
        """crops: K x 1 x 256 x 256.  Returns K x 512."""
        return self.dn_resnet(three_channels(crops)).mean((2, 3))

    def decide(self, global_vec, h, attention="gated"):
        """global_vec: 1 x 256; h: K x 512.  Returns fusion, local, attention and z, each with one row."""
        gate = torch.sigmoid(self.mil_attn_U(h)) * torch.tanh(self.mil_attn_V(h))
        alpha = torch.softmax(self.mil_attn_w(gate), 0)
        if attention == "equal":
            alpha = torch.full_like(alpha, 1 / len(alpha))
        z = (alpha * h).sum(0, keepdim=True)
        return (torch.sigmoid(self.fusion_dnn(torch.cat([global_vec, z], 1))),
                torch.sigmoid(self.classifier_linear(z)), alpha.T, z)
