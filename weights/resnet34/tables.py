# SPDX-License-Identifier: Apache-2.0
"""ResNet-34 over a whole mammogram: names and shapes of a checkpoint, as torchvision names them."""
import keys

CLASSES = ("benign", "malignant")
COUNTS = (3, 4, 6, 3)


def table(channels=3, classes=len(CLASSES)):
    """218 names with their counters; 21,285,698 learnable numbers with three channels and two classes."""
    return {**keys.resnet_v1("", COUNTS, channels), **keys.linear("fc", classes, 512)}
