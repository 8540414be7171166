# SPDX-License-Identifier: Apache-2.0
"""The trunks as torch modules, plain and unfolded, named as the published checkpoints name them.

They are what an exported graph is compared with, and what the self-test of a card is computed by; the graphs themselves
are written without them.
"""
import torch
from torch import nn
from torch.nn import functional

import card as cards
from keys import DENSENET121, RESNET22


class BasicBlockV2(nn.Module):
    """Normalise, ReLU, convolve, twice.  A shortcut that changes channels takes the activated picture."""

    def __init__(self, inputs, outputs, stride, downsample):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if downsample:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x):
        a = functional.relu(self.bn1(x))
        shortcut = self.downsample(a) if hasattr(self, "downsample") else x
        return self.conv2(functional.relu(self.bn2(self.conv1(a)))) + shortcut


class ResNet22(nn.Module):
    def __init__(self, channels=1, first_pad=3):
        super().__init__()
        self.first_conv = nn.Conv2d(channels, 16, 7, 2, first_pad, bias=False)
        self.layer_list = nn.ModuleList()
        before = 16
        for stage, width in enumerate(RESNET22):
            self.layer_list.append(nn.Sequential(BasicBlockV2(before, width, 2 if stage else 1, True),
                                                 BasicBlockV2(width, width, 1, False)))
            before = width
        self.final_bn = nn.BatchNorm2d(before)

    def forward(self, x):
        """The raw sums of the five stages, and the last one normalised and through its ReLU."""
        x = functional.max_pool2d(self.first_conv(x), 3, 2)
        stages = []
        for layer in self.layer_list:
            x = layer(x)
            stages.append(x)
        return stages, functional.relu(self.final_bn(x))


class BasicBlockV1(nn.Module):
    """Convolve, normalise, ReLU, twice; the second ReLU comes after the sum."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        if inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                            nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        x = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(x)) + shortcut)


class ResNetV1(nn.Module):
    """ResNet-18 or 34 without its head."""

    def __init__(self, counts, strides=(1, 2, 2, 2), channels=3):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        before = 64
        for stage, (count, stride) in enumerate(zip(counts, strides), 1):
            width = 32 << stage
            blocks = [BasicBlockV1(before, width, stride)]
            blocks += [BasicBlockV1(width, width, 1) for _ in range(count - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
            before = width

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def ramp_picture(height, width, channels=1, standardize=True):
    """The picture of the self-tests, 1 x channels x height x width in double."""
    made = cards.ramp(height, width, channels)
    return torch.from_numpy(cards.standardized(made) if standardize else made.astype(float))[None]


def ramp_vectors(rows, length):
    """What a network of vectors gets in a self-test."""
    return torch.from_numpy(cards.ramp(rows, length)[0] / 255.0)


def three_channels(x):
    return x.expand(-1, 3, -1, -1)


def load(module, state):
    """The module with these numbers, for inference; every name but the counters must be there."""
    state = {name: torch.from_numpy(value.copy()) for name, value in state.items()}
    counters = {name: value for name, value in module.state_dict().items() if name.endswith("num_batches_tracked")}
    module.load_state_dict({**counters, **state}, strict=True)
    return module.eval()


def same(x, kernel, stride):
    """Zeros around a picture as TensorFlow's "SAME" adds them."""
    pads = []
    for size in (x.shape[3], x.shape[2]):  # torch names the last axis first
        total = max(0, kernel - (size % stride or stride))
        pads += [total // 2, total - total // 2]
    return functional.pad(x, pads)


class DenseLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(width, 128, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(128)
        self.conv2 = nn.Conv2d(128, 32, 3, bias=False)

    def forward(self, x):
        a = functional.relu(self.norm2(self.conv1(functional.relu(self.norm1(x)))))
        return torch.cat([x, self.conv2(same(a, 3, 1))], 1)


class Transition(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm2d(width)
        self.conv = nn.Conv2d(width, width // 2, 1, bias=False)

    def forward(self, x):
        return functional.avg_pool2d(self.conv(functional.relu(self.norm(x))), 2)


class DenseNet121(nn.Module):
    """With four outputs and the paddings of TensorFlow."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, 64, 7, 2, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(64))
        width = 64
        for number, count in enumerate(DENSENET121, 1):
            block = nn.Sequential()
            for layer in range(1, count + 1):
                block.add_module(f"denselayer{layer}", DenseLayer(width))
                width += 32
            self.features.add_module(f"denseblock{number}", block)
            if number < len(DENSENET121):
                self.features.add_module(f"transition{number}", Transition(width))
                width //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, 4)

    def forward(self, x):
        x = functional.relu(self.features.norm0(self.features.conv0(same(three_channels(x), 7, 2))))
        x = functional.max_pool2d(same(x, 3, 2), 3, 2)
        for layer in list(self.features)[2:]:
            x = layer(x)
        return torch.softmax(self.classifier(functional.relu(x).mean((2, 3))), 1)
