# SPDX-License-Identifier: Apache-2.0
"""GLAM: names and shapes of its checkpoints, and the numbers that its article and program fix."""
import keys

CROPS, CROP = 1, 512
CLASSES = ("benign", "malignant")
PERCENT = 0.03
COUNTS, STRIDES = (3, 4, 6, 3), (1, 1, 1, 1)
SHARES = (0.2, 0.6, 0.2)  # of the levels in the map, fine to coarse
HEADS = ("gn_conv_1", "gn_conv_2", "gn_conv_last")


def table():
    """Names and shapes of a checkpoint, 352 of them; combine is there and never used."""
    head = "global_network.postprocess_module"
    return {**keys.resnet22("global_network.downsampling_branch"),
            **{f"{head}.{name}.weight": (2, width, 1, 1) for name, width in zip(HEADS, (64, 128, 256))},
            f"{head}.combine.weight": (2, 6, 1, 1),
            **keys.resnet_v1("detection_network.dn_resnet.", COUNTS),
            "detection_network.gn_conv_last.weight": (2, 512, 1, 1)}
