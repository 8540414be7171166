#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of vessel maps against observers, from manifests whose records carry `truth.masks`, `fov` and `maps`.

    vessel_table.py --card CARD [--map vessel] [--first NAME] [--second NAME] 'TITLE=MANIFEST' ...

Everything is measured on the grid of the truth, inside the field of view: a map is carried there by its frame, bilinear
with half-pixel centres and the border repeated, as OpenCV's INTER_LINEAR does; what the map does not cover counts as 0.
Pooled AUC: all pixels of a set in one ranking. AUCs are exact (Mann-Whitney, a tie counts half). Dice, sensitivity and
specificity: the mean over the pictures, at the card's threshold (p >= threshold is vessel). The second observer is
measured against the first in the same way. --per-picture adds a row a picture.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

Image.MAX_IMAGE_PIXELS = None


def read_mask(path):
    return np.asarray(Image.open(path).convert("L")) > 0


def carry(values, frame, height, width):
    """Map cells to the source grid. frame: 2×3 from cells to source pixels, corners at integers; no rotation."""
    a, b, c, d, e, f = frame
    if b or d:
        raise SystemExit("a rotated map has to be brought upright first")
    out = np.zeros((height, width), np.float32)
    rows, columns = ((np.arange(n) + 0.5 - shift) / scale for n, scale, shift in ((height, e, f), (width, a, c)))
    inside = [(p >= 0) & (p < n) for p, n in zip((rows, columns), values.shape)]
    if not (inside[0].any() and inside[1].any()):
        return out
    (r0, r1, rt), (c0, c1, ct) = (neighbours(p[i], n) for p, i, n in zip((rows, columns), inside, values.shape))
    across = values[:, c0] * (1 - ct) + values[:, c1] * ct
    out[np.ix_(*inside)] = across[r0] * (1 - rt)[:, None] + across[r1] * rt[:, None]
    return out


def neighbours(position, size):
    """The two cells beside each position and the weight of the second."""
    position = np.clip(position - 0.5, 0, size - 1)
    low = np.minimum(position.astype(np.int64), max(size - 2, 0))
    return low, np.minimum(low + 1, size - 1), (position - low).astype(np.float32)


def auc(truth, score):
    """Area under the ROC curve: the chance that a vessel pixel ranks above another, a tie counting half."""
    positive, negative = np.sort(score[truth]), np.sort(score[~truth])
    if not len(positive) or not len(negative):
        return None
    below = np.searchsorted(negative, positive, "left").sum(dtype=np.int64)
    upto = np.searchsorted(negative, positive, "right").sum(dtype=np.int64)
    return (int(below) + int(upto)) / (2 * len(positive) * len(negative))


def agreement(truth, mask):
    """Dice, sensitivity, specificity; None where undefined."""
    hits, asked, wanted = int((truth & mask).sum()), int(mask.sum()), int(truth.sum())
    quiet, rest = int((~truth & ~mask).sum()), int((~truth).sum())
    return [2 * hits / (asked + wanted) if asked + wanted else None, hits / wanted if wanted else None,
            quiet / rest if rest else None]


def measure(record, options, threshold):
    masks = record["truth"]["masks"]
    first = masks[options.first] if options.first else next(iter(masks.values()))
    truth = read_mask(first)
    field = read_mask(record["fov"]["path"])
    if field.shape != truth.shape:
        raise SystemExit(f"{record['id']}: the field of view is {field.shape}, the truth {truth.shape}")
    found = record["maps"][options.map]
    score = carry(np.load(found["path"])[0], found.get("frame", [1, 0, 0, 0, 1, 0]), *truth.shape)[field]
    truth = truth[field]
    row = {"id": record["id"], "truth": truth, "score": score, "auc": auc(truth, score),
           "agreement": agreement(truth, score >= threshold), "second": None}
    if options.second and options.second in masks:
        row["second"] = agreement(truth, read_mask(masks[options.second])[field])
    return row


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else None


def line(*cells):
    print("| " + " | ".join("–" if c is None else f"{c:.4f}" if isinstance(c, float) else str(c) for c in cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--card", type=Path, required=True)
    parser.add_argument("--map", default="vessel")
    parser.add_argument("--first", help="the name of the first observer's mask; the first one of the record when absent")
    parser.add_argument("--second", default="second")
    parser.add_argument("--per-picture", action="store_true")
    parser.add_argument("sets", nargs="+", metavar="TITLE=MANIFEST")
    options = parser.parse_args()
    threshold = json.loads(options.card.read_text())["threshold"][options.map]["value"]
    line("set", "n", "pooled AUC", "mean AUC", "Dice", "sensitivity", "specificity")
    line("---", *["---:"] * 6)
    for title, manifest in (text.rsplit("=", 1) for text in options.sets):
        records = [json.loads(text) for text in Path(manifest).read_text().splitlines() if text.strip()]
        failed = [r["id"] for r in records if r.get("error")]
        if failed or not records:
            sys.exit(f"{manifest}: failed records {failed}" if failed else f"{manifest}: no record")
        rows = [measure(r, options, threshold) for r in records]
        if options.per_picture:
            for row in rows:
                line(row["id"], 1, None, row["auc"], *row["agreement"])
        pooled = auc(np.concatenate([r["truth"] for r in rows]), np.concatenate([r["score"] for r in rows]))
        line(title, len(rows), pooled, mean([r["auc"] for r in rows]), *map(mean, zip(*[r["agreement"] for r in rows])))
        second = [r["second"] for r in rows if r["second"]]
        if second:
            line(f"{title}: second observer", len(second), None, None, *map(mean, zip(*second)))


if __name__ == "__main__":
    main()
