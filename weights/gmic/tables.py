# SPDX-License-Identifier: Apache-2.0
"""GMIC: names and shapes of its checkpoints, and the numbers that its article fixes."""
import keys

CROPS, CROP = 6, 256
CLASSES = ("benign", "malignant")
PERCENT = {1: 0.02, 2: 0.03, 3: 0.03, 4: 0.05, 5: 0.1}  # of the published models
COUNTS = (2, 2, 2, 2)


def table():
    """Names and shapes of a checkpoint, 258 of them."""
    return {**keys.resnet22("ds_net"), "left_postprocess_net.gn_conv_last.weight": (2, 256, 1, 1),
            **keys.resnet_v1("dn_resnet.", COUNTS), **keys.linear("mil_attn_V", 128, 512, False),
            **keys.linear("mil_attn_U", 128, 512, False), **keys.linear("mil_attn_w", 1, 128, False),
            **keys.linear("classifier_linear", 2, 512, False), **keys.linear("fusion_dnn", 2, 768)}
