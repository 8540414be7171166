# SPDX-License-Identifier: Apache-2.0
"""Three trunks of the Inception family as paths.py describes networks, after the figures of their articles.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception architecture for computer vision", CVPR 2016 (v3);
Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
AAAI 2017 (v4 and Inception-ResNet-v2; the figures below are this one's).
"""
from paths import MAX, MEAN, Conv, Residual, Split

K3, ROW3, COLUMN3, ROW7, COLUMN7 = (3, 3), (1, 3), (3, 1), (1, 7), (7, 1)
HALF = "3x3 at every second place"


def halving(name, width):
    """3x3 at every second place, nothing padded."""
    return Conv(name, width, K3, 2, padded=False)


def chain(name, *rows):
    """Convolutions NAME.0, NAME.1, …, each a width, or a width and a kernel or HALF."""
    made = []
    for number, row in enumerate(rows):
        width, kernel = row if isinstance(row, tuple) else (row, (1, 1))
        at = f"{name}.{number}"
        made.append(halving(at, width) if kernel is HALF else Conv(at, width, kernel))
    return tuple(made)


def stem(at):
    """Figure 3: from the picture to 384 channels at an eighth of its size."""
    return (halving(f"{at}.0", 32), Conv(f"{at}.1", 32, K3, padded=False), Conv(f"{at}.2", 64, K3),
            Split(((MAX,), (halving(f"{at}.3.conv", 96),))),
            Split(((Conv(f"{at}.4.branch0.0", 64), Conv(f"{at}.4.branch0.1", 96, K3, padded=False)),
                   (Conv(f"{at}.4.branch1.0", 64), Conv(f"{at}.4.branch1.1", 64, ROW7),
                    Conv(f"{at}.4.branch1.2", 64, COLUMN7), Conv(f"{at}.4.branch1.3", 96, K3, padded=False)))),
            Split(((halving(f"{at}.5.conv", 192),), (MAX,))))


def reduction_a(at, straight, deep):
    """Figure 7.  deep: the three widths of the longer path."""
    return Split(((halving(f"{at}.branch0", straight),),
                  chain(f"{at}.branch1", deep[0], (deep[1], K3), (deep[2], HALF)), (MAX,)))


def v4_a(at):
    """Figure 4."""
    return Split(((Conv(f"{at}.branch0", 96),), chain(f"{at}.branch1", 64, (96, K3)),
                  chain(f"{at}.branch2", 64, (96, K3), (96, K3)), (MEAN, Conv(f"{at}.branch3.1", 96))))


def v4_b(at):
    """Figure 5."""
    return Split(((Conv(f"{at}.branch0", 384),), chain(f"{at}.branch1", 192, (224, ROW7), (256, COLUMN7)),
                  chain(f"{at}.branch2", 192, (192, COLUMN7), (224, ROW7), (224, COLUMN7), (256, ROW7)),
                  (MEAN, Conv(f"{at}.branch3.1", 128))))


def v4_c(at):
    """Figure 6."""
    return Split(((Conv(f"{at}.branch0", 256),),
                  (Conv(f"{at}.branch1_0", 384),
                   Split(((Conv(f"{at}.branch1_1a", 256, ROW3),), (Conv(f"{at}.branch1_1b", 256, COLUMN3),)))),
                  (Conv(f"{at}.branch2_0", 384), Conv(f"{at}.branch2_1", 448, COLUMN3),
                   Conv(f"{at}.branch2_2", 512, ROW3),
                   Split(((Conv(f"{at}.branch2_3a", 256, ROW3),), (Conv(f"{at}.branch2_3b", 256, COLUMN3),)))),
                  (MEAN, Conv(f"{at}.branch3.1", 256))))


def v4():
    """Inception-v4, 1536 channels; names as in its PyTorch conversions: features.0 to features.21."""
    at = [f"features.{n}" for n in range(22)]
    return (*stem("features"), *map(v4_a, at[6:10]), reduction_a(at[10], 384, (192, 224, 256)), *map(v4_b, at[11:18]),
            Split((chain(f"{at[18]}.branch0", 192, (192, HALF)),  # figure 8
                   chain(f"{at[18]}.branch1", 256, (256, ROW7), (320, COLUMN7), (320, HALF)), (MAX,))),
            *map(v4_c, at[19:]))


def residual_v2(width, blocks=(5, 10, 5), shares=(0.17, 0.10, 0.20)):
    """Inception-ResNet-v2 with `width` channels from its last 1x1 convolution; figures 3, 16, 7, 17, 18, 19."""
    def a(at):
        return Residual(f"{at}.up", ((Conv(f"{at}.branch0", 32),), chain(f"{at}.branch1", 32, (32, K3)),
                                     chain(f"{at}.branch2", 32, (48, K3), (64, K3))), shares[0])

    def b(at):
        return Residual(f"{at}.up", ((Conv(f"{at}.branch0", 192),),
                                     chain(f"{at}.branch1", 128, (160, ROW7), (192, COLUMN7))), shares[1])

    def c(at):
        return Residual(f"{at}.up", ((Conv(f"{at}.branch0", 192),),
                                     chain(f"{at}.branch1", 192, (224, ROW3), (256, COLUMN3))), shares[2])

    before_c = Split((chain("reduction_b.branch0", 256, (384, HALF)),
                      chain("reduction_b.branch1", 256, (288, HALF)),
                      chain("reduction_b.branch2", 256, (288, K3), (320, HALF)), (MAX,)))
    return (*stem("stem"), *(a(f"a.{n}") for n in range(blocks[0])), reduction_a("reduction_a", 384, (256, 256, 384)),
            *(b(f"b.{n}") for n in range(blocks[1])), before_c, *(c(f"c.{n}") for n in range(blocks[2])),
            Conv("top", width))


def v3_a(at, pooled):
    return Split(((Conv(f"{at}.branch1x1", 64),), (Conv(f"{at}.branch5x5_1", 48), Conv(f"{at}.branch5x5_2", 64, (5, 5))),
                  (Conv(f"{at}.branch3x3dbl_1", 64), Conv(f"{at}.branch3x3dbl_2", 96, K3),
                   Conv(f"{at}.branch3x3dbl_3", 96, K3)), (MEAN, Conv(f"{at}.branch_pool", pooled))))


def v3_c(at, inner):
    kernels = (COLUMN7, ROW7, COLUMN7)
    return Split(((Conv(f"{at}.branch1x1", 192),),
                  (Conv(f"{at}.branch7x7_1", inner), Conv(f"{at}.branch7x7_2", inner, ROW7),
                   Conv(f"{at}.branch7x7_3", 192, COLUMN7)),
                  (Conv(f"{at}.branch7x7dbl_1", inner),
                   *(Conv(f"{at}.branch7x7dbl_{n}", inner, kernel) for n, kernel in enumerate(kernels, 2)),
                   Conv(f"{at}.branch7x7dbl_5", 192, ROW7)), (MEAN, Conv(f"{at}.branch_pool", 192))))


def v3_e(at):
    return Split(((Conv(f"{at}.branch1x1", 320),),
                  (Conv(f"{at}.branch3x3_1", 384),
                   Split(((Conv(f"{at}.branch3x3_2a", 384, ROW3),), (Conv(f"{at}.branch3x3_2b", 384, COLUMN3),)))),
                  (Conv(f"{at}.branch3x3dbl_1", 448), Conv(f"{at}.branch3x3dbl_2", 384, K3),
                   Split(((Conv(f"{at}.branch3x3dbl_3a", 384, ROW3),), (Conv(f"{at}.branch3x3dbl_3b", 384, COLUMN3),)))),
                  (MEAN, Conv(f"{at}.branch_pool", 192))))


def v3():
    """Inception-v3, 2048 channels; names as in torchvision, without the side branch."""
    grow = Split(((halving("Mixed_6a.branch3x3", 384),),
                  (Conv("Mixed_6a.branch3x3dbl_1", 64), Conv("Mixed_6a.branch3x3dbl_2", 96, K3),
                   halving("Mixed_6a.branch3x3dbl_3", 96)), (MAX,)))
    again = Split(((Conv("Mixed_7a.branch3x3_1", 192), halving("Mixed_7a.branch3x3_2", 320)),
                   (Conv("Mixed_7a.branch7x7x3_1", 192), Conv("Mixed_7a.branch7x7x3_2", 192, ROW7),
                    Conv("Mixed_7a.branch7x7x3_3", 192, COLUMN7), halving("Mixed_7a.branch7x7x3_4", 192)), (MAX,)))
    return (halving("Conv2d_1a_3x3", 32), Conv("Conv2d_2a_3x3", 32, K3, padded=False), Conv("Conv2d_2b_3x3", 64, K3), MAX,
            Conv("Conv2d_3b_1x1", 80), Conv("Conv2d_4a_3x3", 192, K3, padded=False), MAX,
            *(v3_a(f"Mixed_5{block}", pooled) for block, pooled in (("b", 32), ("c", 64), ("d", 64))), grow,
            *(v3_c(f"Mixed_6{block}", inner) for block, inner in (("b", 128), ("c", 160), ("d", 160), ("e", 192))), again,
            v3_e("Mixed_7b"), v3_e("Mixed_7c"))
