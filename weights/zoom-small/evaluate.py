#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure zoom-small out of fold, by the programs alone.

    evaluate.py --pictures MANIFEST --labels LABELS.csv --boxes LESIONS.csv --runs DIR --out DIR [--bin DIR]

Every picture goes through the network whose training left its fold out (RUNS/fold-0.pt to fold-4.pt).  Printed are
quadratic kappa with and without the zoom, and how many lesion boxes and pictures the four windows find, beside random
windows and the best fixed places, which are chosen on the boxes of the other folds.  The boxes are used for nothing else.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

import pictures
from pictures import FOLDS, REGIONS, WIDTH, WINDOW

HERE = Path(__file__).resolve().parent
SEEDS = range(1, 21)
SIDES = {"100/492": WINDOW, "200/492": 2 * WINDOW}
NO_LESION = ("optic_disc",)
STEP = 32  # pixels between the fixed places that are tried


def run(command, given=""):
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], input=given, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"evaluate: {command}\n{done.stderr}")
    return done.stdout


def with_boxes(manifest, boxes):
    """The records with the lesion boxes of their source, in its pixels."""
    kept = {}
    with open(boxes, newline="") as file:
        for row in csv.DictReader(file):
            if row["class"] not in NO_LESION:
                kept.setdefault(row["image"], []).append(row)
    for line in Path(manifest).read_text().splitlines():
        record = json.loads(line)
        width, height = record["source"]["width"], record["source"]["height"]
        made = []
        for row in kept.get(record["id"], []):
            cx, cy, w, h = (float(row[key]) for key in ("cx", "cy", "w", "h"))
            made.append({"box": [(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height],
                         "class": row["class"]})
        if made:
            record["truth"] = {"boxes": made}
        yield record


def in_picture(record):
    """The true boxes in pixels of the prepared picture: x, y, w, h."""
    a, _, c, _, e, f = record["frame"]
    return np.array([[(x - c) / a, (y - f) / e, w / a, h / e] for x, y, w, h in
                     (one["box"] for one in record.get("truth", {}).get("boxes", []))]).reshape(-1, 4)


def covered(boxes, x, y, side):
    """Which boxes a window finds, by intersection over the smaller area, at 0.3."""
    w = np.clip(np.minimum(boxes[:, 0] + boxes[:, 2], x + side) - np.maximum(boxes[:, 0], x), 0, None)
    h = np.clip(np.minimum(boxes[:, 1] + boxes[:, 3], y + side) - np.maximum(boxes[:, 1], y), 0, None)
    return w * h >= 0.3 * np.minimum(boxes[:, 2] * boxes[:, 3], side * side)


def best_places(records, side):
    """Greedily the four places that find most boxes of these records."""
    each = [in_picture(record) for record in records]
    boxes = np.concatenate(each)
    rows = max(record["height"] for record in records)
    found, places = np.zeros(len(boxes), bool), []
    for _ in range(REGIONS):
        gain, place, hit = max(((np.count_nonzero(hit & ~found), (x, y), hit) for x in range(0, WIDTH - side + 1, STEP)
                                for y in range(0, rows - side + 1, STEP) for hit in [covered(boxes, x, y, side)]),
                               key=lambda one: one[0])
        found |= hit
        places.append(place)
    return places


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("pictures", "labels", "boxes", "runs", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--bin", type=Path, default=HERE.parent.parent / "build/bin")
    options = parser.parse_args()
    os.environ["PATH"] = f"{options.bin.resolve()}:{os.environ['PATH']}"
    options.out.mkdir(parents=True, exist_ok=True)
    cases = {case.name: case for case in pictures.list_cases(options.pictures, options.labels)}
    records = {record["id"]: record for record in with_boxes(options.pictures, options.boxes) if record["id"] in cases}
    for name, record in records.items():
        record["labels"] = {"grade": cases[name].grade}
        record["tags"] = {"patient": cases[name].group[:16]}  # twins are one patient to the bootstrap
    said = []
    for fold in range(FOLDS):
        kept = torch.load(options.runs / f"fold-{fold}.pt", map_location="cpu")
        if set(kept["held_out"]) != {name for name, case in cases.items() if case.fold == fold}:
            sys.exit(f"evaluate: {options.runs}/fold-{fold}.pt held out other pictures than fold {fold} has here")
        model = options.out / f"model-{fold}"
        run(f"{sys.executable} -W ignore {HERE}/export.py {options.runs}/fold-{fold}.pt {model}")
        lines = "".join(json.dumps(r) + "\n" for n, r in records.items() if cases[n].fold == fold)
        said += run(f"med-infer {model} --keep gated --out {options.out}/maps-{fold} --force", lines).splitlines()
    failed = [line for line in said if "error" in json.loads(line)]
    if failed or len(said) != len(records):
        sys.exit(f"evaluate: {len(said)} of {len(records)} pictures came through, {len(failed)} of them failed")
    pooled = "".join(line + "\n" for line in said)
    (options.out / "pooled.jsonl").write_text(pooled)
    for scores, beside in (("grade_decision", ""), ("main_decision", ""), ("grade", "--versus main"), ("main", "")):
        print(scores)
        print(run(f"med-score-grades --labels 0,1,2,3,4 --positive 2,3,4 --scores {scores} {beside} --bootstrap 2000 --table",
                  pooled))
    boxed = "".join(line + "\n" for line in said if json.loads(line).get("truth"))
    for name, side in SIDES.items():
        print(f"windows of {name}")
        own = run(f"med-roi --map gated --rule peak --count {REGIONS} --window {side}x{side}", boxed)
        print("  network", *figures(own))
        chance = [figures(run(f"med-roi --rule random --inside fov --count {REGIONS} --window {side}x{side} --seed {seed}",
                              boxed)) for seed in SEEDS]
        print("  random ", *(statistics.mean(column) for column in zip(*chance)), "20 seeds, box from",
              min(c[0] for c in chance), "to", max(c[0] for c in chance))
        fixed = []
        for fold in range(FOLDS):
            places = best_places([r for n, r in records.items() if cases[n].fold != fold], side)
            for n, r in records.items():
                if cases[n].fold == fold and "truth" in r:
                    a, _, c, _, e, f = r["frame"]
                    rois = [{"box": [x * a + c, y * e + f, side * a, side * e], "score": 1.0 - k / 10}
                            for k, (x, y) in enumerate(places)]
                    fixed.append(json.dumps({**r, "rois": rois}))
        print("  fixed  ", *figures("".join(line + "\n" for line in fixed)))


def figures(lines):
    """Recall by box and by picture."""
    total = found = pictures_found = n = 0
    for line in run("med-score-boxes --iom 0.3", lines).splitlines():
        measures = json.loads(line)["measures"]
        n += 1
        total += measures["boxes.truth"]
        found += measures["boxes.found"]
        pictures_found += measures["boxes.found"] > 0
    return round(found / total, 4), round(pictures_found / n, 4)


if __name__ == "__main__":
    main()
