# SPDX-License-Identifier: Apache-2.0
"""DMV: four views of two breasts, one trunk an angle, one decision; and a classifier of patches whose heat maps the
trunks may see too.  As torch modules, to compare the exported parts with.

Wu, Phang, Park, Shen and others, "Deep neural networks improve radiologists' performance in breast cancer screening",
IEEE Transactions on Medical Imaging 39(4), 2020.
"""
import torch
from torch import nn

from networks import ResNet22

def second_of_pairs(logits):
    """The probability of the second of each pair of outputs."""
    return torch.softmax(logits.reshape(len(logits), -1, 2), 2)[:, :, 1]


class Output(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.fc_layer = nn.Linear(inputs, 8)


class FourView(nn.Module):
    def __init__(self, channels=1):
        super().__init__()
        self.four_view_resnet = nn.ModuleDict({angle: ResNet22(channels, first_pad=0) for angle in ("cc", "mlo")})
        for angle in ("cc", "mlo"):
            setattr(self, f"fc1_{angle}", nn.Linear(512, 512))
            setattr(self, f"output_layer_{angle}", Output(512))

    def look(self, angle, image):
        return self.four_view_resnet[angle](image)[1].mean((2, 3))

    def decide(self, vectors):
        """{view: N x 256} to the probabilities by CC, by MLO, and their mean; columns are LABELS."""
        made = []
        for angle in ("cc", "mlo"):
            both = torch.cat([vectors[f"l_{angle}"], vectors[f"r_{angle}"]], 1)
            hidden = torch.relu(getattr(self, f"fc1_{angle}")(both))
            made.append(second_of_pairs(getattr(self, f"output_layer_{angle}").fc_layer(hidden)))
        return made[0], made[1], (made[0] + made[1]) / 2


class SingleView(nn.Module):
    def __init__(self, channels=1):
        super().__init__()
        self.four_view_resnet = nn.ModuleDict({angle: ResNet22(channels, first_pad=0) for angle in ("cc", "mlo")})
        for angle in ("cc", "mlo"):
            for side in "lr":
                setattr(self, f"fc1_{side}{angle}", nn.Linear(256, 256))
                setattr(self, f"output_layer_{side}{angle}", Output(256))

    def forward(self, view, image):
        side, angle = view.split("_")
        vector = self.four_view_resnet[angle](image)[1].mean((2, 3))
        hidden = torch.relu(getattr(self, f"fc1_{side}{angle}")(vector))
        return second_of_pairs(getattr(self, f"output_layer_{side}{angle}").fc_layer(hidden)[:, :4])
