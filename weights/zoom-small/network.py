# SPDX-License-Identifier: Apache-2.0
"""zoom-small as torch modules: a trunk, a network that looks at the whole picture and says where to look closer, one
that looks there, and one that joins both.

The trunk is EfficientNet-Lite0 up to its stride of 16 (Tan and Le, ICML 2019; Liu et al., 2020).  Batch normalisation is
folded into the convolutions before training begins: with fifteen hundred patches its statistics would only add noise.
"""
import torch
from torch import nn
from torch.nn import functional

# Of each block: channels out, kernel, stride, how many times wider inside.
LOW = ((16, 3, 1, 1), (24, 3, 2, 6), (24, 3, 1, 6), (40, 5, 2, 6), (40, 5, 1, 6))
HIGH = ((80, 3, 2, 6), (80, 3, 1, 6), (80, 3, 1, 6), (112, 5, 1, 6), (112, 5, 1, 6), (112, 5, 1, 6))
WIDTH = 112  # channels of the trunk's last map
GATE_WIDTH = 48
THRESHOLDS = 4  # grade at least 1, 2, 3, 4


class SamePad(nn.Module):
    """TensorFlow's "SAME" for a stride that divides the size: the odd zero comes after."""

    def __init__(self, kernel, stride):
        super().__init__()
        total = kernel - stride
        self.pads = [total // 2, total - total // 2] * 2

    def forward(self, x):
        return functional.pad(x, self.pads)


def conv(inputs, outputs, kernel=1, stride=1, groups=1):
    return nn.Sequential(SamePad(kernel, stride), nn.Conv2d(inputs, outputs, kernel, stride, groups=groups))


class Block(nn.Module):
    """Widen, filter each channel alone, narrow; with a shortcut where the shape stays."""

    def __init__(self, inputs, outputs, kernel, stride, factor):
        super().__init__()
        inner = inputs * factor
        self.expand = conv(inputs, inner) if factor > 1 else None
        self.depthwise = conv(inner, inner, kernel, stride, groups=inner)
        self.project = conv(inner, outputs)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x):
        y = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.shortcut else y


def blocks(before, rows):
    made = []
    for outputs, kernel, stride, factor in rows:
        made.append(Block(before, outputs, kernel, stride, factor))
        before = outputs
    return nn.Sequential(*made)


class Trunk(nn.Module):
    """N×3×H×W, H and W multiples of 16, to N×112×H/16×W/16.  `low` stays as it came, `high` is trained."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        self.low_blocks = blocks(32, LOW)
        self.high_blocks = blocks(LOW[-1][0], HIGH)

    def low(self, x):
        return self.low_blocks(functional.relu6(self.stem(x)))

    def high(self, x):
        return self.high_blocks(x)


class Ordinal(nn.Module):
    """One number of severity and four thresholds, so that P(grade >= g) can only fall with g."""

    def __init__(self, inputs):
        super().__init__()
        self.severity = nn.Linear(inputs, 1, bias=False)
        self.first = nn.Parameter(torch.tensor([1.0]))
        self.steps = nn.Parameter(torch.zeros(THRESHOLDS - 1))

    def thresholds(self):
        return torch.cat([self.first, self.first - torch.cumsum(functional.softplus(self.steps), 0)])

    def forward(self, x):
        """The logits of P(grade >= 1) to P(grade >= 4)."""
        return self.severity(x) + self.thresholds()


def means(x):
    return x.mean((2, 3))


def grades(logits):
    """Five probabilities from the logits of four thresholds."""
    above = torch.sigmoid(logits)
    return torch.cat([1 - above[:, :1], above[:, :-1] - above[:, 1:], above[:, -1:]], 1)


class Main(nn.Module):
    """The whole picture: what it says (M-Net), and where that was seen (A-Net)."""

    def __init__(self):
        super().__init__()
        self.trunk = Trunk()
        self.grade = Ordinal(WIDTH)
        self.scores = nn.Conv2d(WIDTH, THRESHOLDS, 1)
        self.gates = nn.Sequential(nn.Conv2d(WIDTH, GATE_WIDTH, 1), nn.ReLU(),
                                   nn.Conv2d(GATE_WIDTH, GATE_WIDTH, 3, padding=1), nn.ReLU(),
                                   nn.Conv2d(GATE_WIDTH, THRESHOLDS, 1))

    def see(self, low):
        """From the trunk's frozen part: the vector of the picture, score maps 0 to 1, gate maps."""
        x = self.trunk.high(low)
        return means(x), torch.sigmoid(self.scores(x)), self.gates(x)


def gated(scores, gates):
    """G, whose sums over the cells are what the attention says of the picture."""
    shares = torch.softmax(gates.flatten(2), 2).view_as(gates)
    return scores * shares


class Patch(nn.Module):
    """One region, seen closer: the mean and the maximum of the trunk's last map."""

    def __init__(self):
        super().__init__()
        self.trunk = Trunk()

    def see(self, low):
        x = self.trunk.high(low)
        return torch.cat([means(x), x.amax((2, 3))], 1)


class Fusion(nn.Module):
    """The vector of the picture beside the element-wise maximum over its regions."""

    def __init__(self):
        super().__init__()
        self.grade = Ordinal(3 * WIDTH)

    def forward(self, whole, regions):
        """whole: N×112; regions: N×K×224."""
        return self.grade(torch.cat([whole, regions.amax(1)], 1))
