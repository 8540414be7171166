# SPDX-License-Identifier: Apache-2.0
"""The names and shapes of the numbers that published checkpoints hold, in the order of their networks.

A table is a dictionary from the name to the shape.  What is in a table must be in a checkpoint, of that shape.
"""
RESNET22 = (16, 32, 64, 128, 256)  # channels of the stages
DENSENET121 = (6, 12, 24, 16)  # layers of the blocks
NORM = ("weight", "bias", "running_mean", "running_var")


def norm(name, channels):
    """A batch normalisation: four vectors, and a counter that nothing here uses."""
    table = {f"{name}.{part}": (channels,) for part in NORM}
    table[f"{name}.num_batches_tracked"] = ()
    return table


def resnet22(name, channels=1):
    """The wide shallow trunk of the NYU networks; five stages of two blocks that normalise first."""
    table = {f"{name}.first_conv.weight": (16, channels, 7, 7)}
    before = 16
    for stage, width in enumerate(RESNET22):
        for block in (0, 1):
            at = f"{name}.layer_list.{stage}.{block}"
            table.update(norm(f"{at}.bn1", before))
            table[f"{at}.conv1.weight"] = (width, before, 3, 3)
            table.update(norm(f"{at}.bn2", width))
            table[f"{at}.conv2.weight"] = (width, width, 3, 3)
            if block == 0:
                table[f"{at}.downsample.0.weight"] = (width, before, 1, 1)
            before = width
    table.update(norm(f"{name}.final_bn", before))
    return table


def resnet_v1(name, counts, channels=3):
    """ResNet-18 (counts 2, 2, 2, 2) or ResNet-34 (3, 4, 6, 3) without its head; name ends in a dot, or is empty."""
    table = {f"{name}conv1.weight": (64, channels, 7, 7), **norm(f"{name}bn1", 64)}
    before = 64
    for stage, count in enumerate(counts, 1):
        width = 32 << stage
        for block in range(count):
            at = f"{name}layer{stage}.{block}"
            for number, source in ((1, before), (2, width)):
                table[f"{at}.conv{number}.weight"] = (width, source, 3, 3)
                table.update(norm(f"{at}.bn{number}", width))
            if before != width:
                table[f"{at}.downsample.0.weight"] = (width, before, 1, 1)
                table.update(norm(f"{at}.downsample.1", width))
            before = width
    return table


def linear(name, outputs, inputs, bias=True):
    """A fully connected layer."""
    return {f"{name}.weight": (outputs, inputs), **({f"{name}.bias": (outputs,)} if bias else {})}


def learnable(table):
    """How many numbers training moves: all but running statistics and counters."""
    total = 0
    for name, shape in table.items():
        if name.rsplit(".", 1)[-1] in ("weight", "bias"):
            count = 1
            for size in shape:
                count *= size
            total += count
    return total


def densenet121(name=""):
    """DenseNet-121 with four outputs, as torchvision names it."""
    table = {f"{name}features.conv0.weight": (64, 3, 7, 7), **norm(f"{name}features.norm0", 64)}
    width = 64
    for number, count in enumerate(DENSENET121, 1):
        for layer in range(1, count + 1):
            at = f"{name}features.denseblock{number}.denselayer{layer}"
            table.update(norm(f"{at}.norm1", width))
            table[f"{at}.conv1.weight"] = (128, width, 1, 1)
            table.update(norm(f"{at}.norm2", 128))
            table[f"{at}.conv2.weight"] = (32, 128, 3, 3)
            width += 32
        if number < len(DENSENET121):
            at = f"{name}features.transition{number}"
            table.update(norm(f"{at}.norm", width))
            table[f"{at}.conv.weight"] = (width // 2, width, 1, 1)
            width //= 2
    table.update(norm(f"{name}features.norm5", width))
    table.update(linear(f"{name}classifier", 4, width))
    return table
