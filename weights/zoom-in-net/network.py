# SPDX-License-Identifier: Apache-2.0
"""Zoom-in-Net: a network that looks at the whole fundus and says where it looked, one that looks at four places closer,
and the grade that both together give.  As torch modules, to train or to compare the exported parts with.

Wang, Yin, Shi, Fang, Li, Wang, "Zoom-in-Net: deep mining lesions for diabetic retinopathy detection", MICCAI 2017.
"""
import torch
from torch import nn

from path_modules import Path
from tables import CLOSE, GATE_WIDTH, GRADES, MAIN, PATCH_WIDTH, WIDTH


class Main(nn.Module):
    """M-Net and A-Net."""

    def __init__(self):
        super().__init__()
        grades = len(GRADES)
        self.trunk = Path(MAIN, 3)
        self.grade = nn.Linear(WIDTH, grades)
        self.scores = nn.Conv2d(WIDTH, grades, 1)
        self.gates = nn.Sequential(nn.Conv2d(WIDTH, GATE_WIDTH, 1), nn.ReLU(),
                                   nn.Conv2d(GATE_WIDTH, GATE_WIDTH, 3, padding=1), nn.ReLU(),
                                   nn.Conv2d(GATE_WIDTH, grades, 1))

    def forward(self, image):
        """image: N×3×492×492.  Returns y_M (N×5, sum 1), d_M (N×1024), S and the gates' logits (N×5×14×14)."""
        maps = self.trunk(image)
        whole = maps.mean((2, 3))
        return torch.softmax(self.grade(whole), 1), whole, self.scores(maps), self.gates(maps)


class Patch(Path):
    """The trunk of C-Net and the mean over its cells."""

    def __init__(self):
        super().__init__(CLOSE, 3)

    def forward(self, patches):
        """patches: K×3×384×384.  Returns K×2048."""
        return super().forward(patches).mean((2, 3))


class Fusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.grade = nn.Linear(WIDTH + PATCH_WIDTH, len(GRADES))

    def forward(self, whole, regions):
        """whole: 1×1024; regions: K×2048.  Returns 1×5, sum 1."""
        return torch.softmax(self.grade(torch.cat([whole, regions.amax(0, keepdim=True)], 1)), 1)


class ZoomInNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.main, self.patch, self.fusion = Main(), Patch(), Fusion()


def gated(scores, gates):
    """G, N×5×14×14; its sums over the cells are y_A."""
    return scores * torch.softmax(gates.flatten(2), 2).view_as(gates)
