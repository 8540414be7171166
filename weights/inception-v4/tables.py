# SPDX-License-Identifier: Apache-2.0
"""Inception-v4: its size, and the names and shapes of a checkpoint."""
import inception
import keys
import paths

INPUT, WIDTH = 299, 1536
CLASSES = ("benign", "malignant")
TRUNK = inception.v4()


def table(channels=3, classes=len(CLASSES)):
    """Names and shapes of a checkpoint whose first convolution takes so many channels."""
    return {**paths.table(TRUNK, channels)[0], **keys.linear("last_linear", classes, WIDTH)}
