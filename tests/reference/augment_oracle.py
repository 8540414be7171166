# SPDX-License-Identifier: Apache-2.0
"""The variants of med-augment against scipy: border weights object by object, and a bent picture whose displacements are
drawn and laid out here by the published formulas."""
import json
import math
from pathlib import Path

import numpy as np

from pictures import read_png, write_png
from tier import Skip, sh

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
NODES = 0x6E6F646573   # keeps the nodes' stream apart from other draws of the record


def scipy_ndimage():
    try:
        import scipy.ndimage
    except ImportError as absent:
        raise Skip("python3-scipy is not installed") from absent
    return scipy.ndimage


def mix(z):
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


def share(seed, stream, index, k):
    s = mix((seed + GOLDEN) & MASK)
    for part in (stream, index):
        s = mix(((s ^ part) + GOLDEN) & MASK)
    return (mix((s + (k + 1) * GOLDEN) & MASK) >> 11) / 2 ** 53


def fnv(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h


def drawn_nodes(record, seed, index, sigma, side):
    """x and y displacements, side×side, in turn."""
    numbers = [math.sqrt(-2 * math.log(1 - share(seed, fnv(record) ^ NODES, index, 2 * k))) *
               math.cos(2 * math.pi * share(seed, fnv(record) ^ NODES, index, 2 * k + 1)) for k in range(2 * side * side)]
    both = sigma * np.array(numbers).reshape(side, side, 2)
    return both[..., 0], both[..., 1]


def cubic(t, nodes):
    """Cubic convolution, a = -1/2, along the first axis at t (in nodes), one node more at each end by Keys' condition."""
    more = np.concatenate([[3 * nodes[0] - 3 * nodes[1] + nodes[2]], nodes, [3 * nodes[-1] - 3 * nodes[-2] + nodes[-3]]])
    distance = np.abs(t[:, None] - np.arange(-1, len(nodes) + 1)[None])
    near = 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1
    far = -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0)) @ more


def field(nodes, width, height):
    side = len(nodes)
    down = cubic((np.arange(height) + 0.5) / height * (side - 1), nodes)
    return cubic((np.arange(width) + 0.5) / width * (side - 1), down.T).T


def bent_pictures():
    ndimage = scipy_ndimage()
    y, x = np.mgrid[:90, :120]
    picture = (30000 + 9000 * np.sin(x / 9) + 8000 * np.cos(y / 7) + 5000 * np.sin((x + y) / 11)).astype(np.uint16)
    labels = np.zeros((90, 120), np.uint8)
    labels[20:60, 30:80] = 1
    labels[50:75, 60:100] = 2
    write_png("p.png", picture)
    write_png("l.png", labels)
    for side, seed in ((3, 0), (5, 77)):
        record = f"case {side}"
        Path("in.jsonl").write_text(json.dumps({"id": record, "image": "p.png", "truth": {"masks": {"parts": "l.png"}}}) + "\n")
        met = sh(f"med-augment --count 3 --elastic 10 --grid {side} --seed {seed} --out out in.jsonl", 0).out
        for index, line in enumerate(met.splitlines()):
            r = json.loads(line)
            u, v = (field(nodes, 120, 90) for nodes in drawn_nodes(record, seed, index, 10, side))
            inside = (x + u > 0) & (x + u < 119) & (y + v > 0) & (y + v < 89)
            assert inside.mean() > 0.5, inside.mean()
            expected = ndimage.map_coordinates(picture.astype(float), [y + v, x + u], order=1)
            worst = np.abs(read_png(r["image"]) - expected)[inside].max()
            # A place is met to 1/64 pixel along each axis, where the picture changes by 1500 and 1600 a pixel at most.
            assert worst <= (1500 + 1600) / 64 + 1, f"{r['id']}: {worst}"
            edge = np.minimum(np.abs((x + u) % 1 - 0.5), np.abs((y + v) % 1 - 0.5)) < 1e-3   # as near to the one as the other
            nearest = ndimage.map_coordinates(labels, [y + v, x + u], order=0)
            same = (read_png(r["truth"]["masks"]["parts"]) == nearest) | edge | ~inside
            assert same.all(), f"{r['id']}: {np.count_nonzero(~same)} labels differ"


def weights():
    ndimage = scipy_ndimage()
    random = np.random.default_rng(5)
    for number in range(6):
        mask = np.zeros((70, 85), np.uint8)
        y, x = np.mgrid[:70, :85]
        for _ in range(3 + 2 * number):
            mask[np.hypot(y - random.integers(70), x - random.integers(85)) < random.integers(2, 9)] = 255
        write_png("m.png", mask)
        Path("in.jsonl").write_text(json.dumps({"id": f"m{number}", "image": "m.png", "truth": {"masks": {"it": "m.png"}}}) + "\n")
        r = json.loads(sh("med-augment --rotate 0 --weight-map it --out out in.jsonl", 0).out)
        met = np.load(r["maps"]["weights"]["path"])[0]
        objects, count = ndimage.label(mask, np.ones((3, 3)))
        distances = []
        for k in range(1, count + 1):
            it = objects == k
            border = it & ~ndimage.binary_erosion(it, border_value=1)
            if border.any():
                distances.append(ndimage.distance_transform_edt(~border))
        share_in = (mask > 0).mean()
        expected = np.where(mask > 0, 0.5 / share_in, 0.5 / (1 - share_in))
        if len(distances) > 1:
            first, second = np.sort(distances, axis=0)[:2]
            expected = expected + 10 * np.exp(-(first + second) ** 2 / 50)
        worst = np.abs(met - expected).max()
        assert worst < 1e-5, f"{count} objects: {worst}"


def add_to(tier):
    tier.run("pictures bent by med-augment against scipy", bent_pictures)
    tier.run("border weights of med-augment against scipy", weights)
