# SPDX-License-Identifier: Apache-2.0
"""GMIC or GLAM in PyTorch, from windows in .npy to scores: mammography_peer.py NETWORK SALT GAIN THREADS WINDOW ..."""
import sys
from pathlib import Path

network, salt, gain, threads, *paths = sys.argv[1:]
root = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(root / "weights/exporting"), str(root / "weights" / network), str(root / "tests"), str(root / "tests/reference")]

import numpy as np  # noqa: E402
import torch  # noqa: E402

import checkpoint  # noqa: E402
import mammograms  # noqa: E402
import tables  # noqa: E402
from network import *  # noqa: E402,F403
from networks import load  # noqa: E402

torch.set_num_threads(int(threads))
made = checkpoint.select(checkpoint.deterministic(tables.table(), salt, float(gain)), tables.table())


def top(planes, share):
    flat = planes.flatten(1)
    return flat.topk(int(np.round(flat.shape[1] * share)), 1).values.mean(1)


def window(path):
    pixels = np.load(path)
    return torch.from_numpy(mammograms.standardized(pixels.reshape(pixels.shape[-2:] if pixels.shape[0] == 1 else pixels.shape[:2])))


def regions(image, saliency, count, cells, side):
    picked = mammograms.greedy_cells(saliency[0].numpy(), count, cells)
    crops = [mammograms.crop(image.numpy(), cell, saliency.shape[2:], side) for cell in picked]
    return picked, torch.from_numpy(np.stack(crops))[:, None]


def gmic(net, image):
    _, saliency, vector = net.look(image[None, None])
    _, crops = regions(image, saliency, 6, (4, 4), 256)
    fusion, local, attention, _ = net.decide(vector, net.describe(crops))
    return fusion[0], local[0], attention[0], top(saliency[0], 0.02)


def glam(net, image):
    levels, saliency = net.global_network(image[None, None])
    cells, crops = regions(image, saliency, 1, (32, 32), 512)
    local = net.detection_network(crops)
    score = torch.stack([top(level[0], 0.03) for level in levels]).mean(0)
    enlarge = torch.nn.functional.interpolate
    pasted = torch.zeros(1, 2, *image.shape)
    row, column = (16 * c for c in cells[0])
    pasted[:, :, row:row + 512, column:column + 512] = enlarge(local, size=(512, 512))
    return score, ((pasted + enlarge(saliency, size=image.shape)) / 2)[0]


with torch.no_grad():
    whole = load(GMIC() if network == "gmic" else GLAM(), made).eval()  # noqa: F405
    for name in paths:
        answers = {"gmic": gmic, "glam": glam}[network](whole, window(name))
        print(*answers[0].tolist())
