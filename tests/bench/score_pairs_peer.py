# SPDX-License-Identifier: Apache-2.0
"""What score_pairs does, with numpy and SciPy as their users do it: score_pairs_peer.py FILE.npy edt|tree.

edt: the surfaces' distances from scipy.ndimage.distance_transform_edt; tree: from scipy.spatial.cKDTree."""
import sys
import time

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt, find_objects
from scipy.spatial import cKDTree


def overlap(p, t):
    tp, fp, fn = np.count_nonzero(p & t), np.count_nonzero(p & ~t), np.count_nonzero(~p & t)
    n = p.size
    tn = n - tp - fp - fn
    sens, spec, prec = tp / (tp + fn), tn / (tn + fp), tp / (tp + fp)
    chance = ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / n ** 2
    f = [(1 + b * b) * tp / ((1 + b * b) * tp + b * b * fn + fp) for b in (1, 2, 0.5)]
    mcc = (tp * tn - fp * fn) / np.sqrt(float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (2 * tp / (2 * tp + fp + fn), tp / (tp + fp + fn), tp / min(tp + fp, tp + fn), sens, spec, prec, (tp + tn) / n,
            (sens + spec) / 2, *f, mcc, ((tp + tn) / n - chance) / (1 - chance), 1 - abs(fn - fp) / (2 * tp + fp + fn))


def hd95(p, t, how):
    box = find_objects((p | t).astype(np.uint8))[0]
    p, t = np.pad(p[box], 1), np.pad(t[box], 1)
    a, b = p ^ binary_erosion(p), t ^ binary_erosion(t)
    if how == "edt":
        there, back = distance_transform_edt(~b)[a], distance_transform_edt(~a)[b]
    else:
        x, y = np.argwhere(a), np.argwhere(b)
        there, back = cKDTree(y).query(x)[0], cKDTree(x).query(y)[0]
    return max(np.percentile(there, 95), np.percentile(back, 95))


pairs = np.load(sys.argv[1]) != 0
dice = distance = 0.0
started = time.process_time()
for p, t in pairs:
    dice += overlap(p, t)[0]
    distance += hd95(p, t, sys.argv[2])
print(f"{(time.process_time() - started) / len(pairs):.9g} {dice:.15g} {distance:.15g}")
