# SPDX-License-Identifier: Apache-2.0
"""DMV: names and shapes of its checkpoints, and the numbers that its articles and programs fix."""
import keys

VIEWS = ("l_cc", "r_cc", "l_mlo", "r_mlo")
LABELS = ("left_benign", "right_benign", "left_malignant", "right_malignant")
CLASSES = ("benign", "malignant")
PATCH_CLASSES = ("malignant", "benign", "class2", "class3")  # of the last two nothing more is known
SIZES = {"cc": (1942, 2677), "mlo": (1748, 2974)}  # width, height


def four_view_table(channels):
    table = {}
    for angle in ("cc", "mlo"):
        table.update(keys.resnet22(f"four_view_resnet.{angle}", channels))
        table.update(keys.linear(f"fc1_{angle}", 512, 512))
        table.update(keys.linear(f"output_layer_{angle}.fc_layer", 8, 512))
    return table


def single_view_table(channels):
    table = {}
    for angle in ("cc", "mlo"):
        table.update(keys.resnet22(f"four_view_resnet.{angle}", channels))
        for side in "lr":
            table.update(keys.linear(f"fc1_{side}{angle}", 256, 256))
            table.update(keys.linear(f"output_layer_{side}{angle}.fc_layer", 8, 256))
    return table
