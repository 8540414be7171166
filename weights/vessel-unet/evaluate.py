#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure a checkpoint or an ONNX file at native resolution inside the field of view.

    evaluate.py --data DIR --run RUN.pt|FILE.onnx --pictures chase:09,hrf:05|chase|hrf|held-out [--width 608] ...

Printed per camera: pooled ROC AUC (all pixels of the field, all pictures together), the mean Dice of the pictures at
each threshold, and the threshold at which that mean is best.  Only `held-out` opens held-out pictures.
"""
import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from pictures import contrast, crop_to_field, gray_of, list_pictures, other_camera, to_width

BINS = 40000                # of the logit from -16 to 16: ties within a bin cost less than 1e-5 of AUC
THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)


def load_run(path):
    """A function from a standardised picture (float32, H x W) to the probability map of the same size."""
    if path.suffix == ".onnx":
        network = cv2.dnn.readNetFromONNX(str(path))

        def run(x):
            network.setInput(x[None, None])
            return network.forward("vessel")[0, 0]
        entry = json.loads((path.parent / "card.json").read_text())["inputs"][0]
        return run, entry["mean"][0], entry["std"][0]
    import torch
    from network import VesselUNet, load_checkpoint
    kept = load_checkpoint(path)
    network = VesselUNet(kept["channels"])
    network.load_state_dict(kept["average"])
    network.eval().to(memory_format=torch.channels_last)

    def run(x):
        with torch.inference_mode():
            return torch.sigmoid(network(torch.from_numpy(x[None, None]))).numpy()[0, 0]
    return run, kept["mean"], kept["std"]


def vessel_map(run, mean, std, gray, width, native):
    """What med-infer does: scale, standardise, mirror to a multiple of 16, run, cut back; then to the native shape."""
    small = to_width(gray, width)
    x = (small.astype(np.float32) / 255 - mean) / std
    height, across = x.shape
    x = cv2.copyMakeBorder(x, 0, -height % 16, 0, -across % 16, cv2.BORDER_REFLECT_101)
    probability = np.ascontiguousarray(run(np.ascontiguousarray(x))[:height, :across])
    return cv2.resize(probability, native[::-1], interpolation=cv2.INTER_LINEAR)


def counts_of(probability, truth, field):
    """Histograms of the logit, of background and of vessel pixels inside the field."""
    p = np.clip(probability[field].astype(np.float64), 1e-7, 1 - 1e-7)
    index = np.clip(((np.log(p / (1 - p)) + 16) * (BINS / 32)).astype(np.int64), 0, BINS - 1)
    inside = truth[field]
    return np.stack([np.bincount(index[~inside], minlength=BINS), np.bincount(index[inside], minlength=BINS)])


def auc_of(counts):
    background, vessel = counts.astype(np.float64)
    below = np.cumsum(background) - background / 2
    return float((vessel * below).sum() / (vessel.sum() * background.sum()))


def dice_of(counts, threshold):
    first = int(np.ceil((np.log(threshold / (1 - threshold)) + 16) * (BINS / 32)))
    false, true = counts[:, first:].sum(1)
    return 2 * true / (true + false + counts[1].sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--width", default="608", help="working width, or several")
    parser.add_argument("--threshold", type=float, help="also the Dice of every picture at this threshold")
    parser.add_argument("--clip", type=float, default=2.0)
    parser.add_argument("--table", type=Path, help="write the Dice at 0.01 to 0.99 of each camera, for threshold.py")
    parser.add_argument("--other-camera", type=int, metavar="SEED",
                        help="imitate another camera first, a different one for each picture")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    run, mean, std = load_run(options.run)
    spec = set(options.pictures.split(","))
    for width in map(int, options.width.split(",")):
        found = {}
        for number, picture in enumerate(list_pictures(options.data)):
            wanted = (picture.held_out if "held-out" in spec else not picture.held_out and
                      (picture.camera in spec or f"{picture.camera}:{picture.subject}" in spec))
            if not wanted:
                continue
            colour, truth, field = crop_to_field(picture)
            if options.other_camera is None:
                gray = gray_of(colour)
            else:
                gray = other_camera(colour, np.random.default_rng([options.other_camera, 99, number]))
            probability = vessel_map(run, mean, std, contrast(gray, options.clip), width, truth.shape)
            counts = counts_of(probability, truth, field)
            found.setdefault(picture.camera, []).append(counts)
            if options.threshold:
                mask = (probability >= options.threshold) & field
                dice = 2 * (mask & truth).sum() / (mask.sum() + (truth & field).sum())
                print(f"  {picture.camera} {picture.name} auc {auc_of(counts):.5f} dice {dice:.4f} "
                      f"vessel share found {mask.sum() / field.sum():.4f} truth {truth[field].mean():.4f}")
        tables = {}
        for camera, each in found.items():
            tables[camera] = table = [np.mean([dice_of(counts, t) for counts in each]) for t in np.arange(0.01, 1, 0.01)]
            best = int(np.argmax(table))
            row = " ".join(f"{t:.2f}:{np.mean([dice_of(c, t) for c in each]):.4f}" for t in THRESHOLDS)
            print(f"{options.run.name} width {width} {camera} n {len(each)} pooled auc {auc_of(sum(each)):.5f} "
                  f"mean auc {np.mean([auc_of(c) for c in each]):.5f} best dice {table[best]:.4f} "
                  f"at {(best + 1) / 100:.2f}\n    {row}", flush=True)
        if options.table:
            options.table.write_text(json.dumps(tables))


if __name__ == "__main__":
    main()
