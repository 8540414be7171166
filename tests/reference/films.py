# SPDX-License-Identifier: Apache-2.0
"""Scanned films against boxes measured by eye on a grid: what is kept, where the breast is, and that no label is left.

film_boxes.csv holds, in pixels of the scan: `film`, what lies between the strips beside it; `breast`, to the skin line
with the nipple (of mdb002 with the tape across it, of mdb007 and mdb011 with the fold below it); `label`, each
sticker and digit."""
import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

from tier import REFERENCE, Skip, sh

FILMS = REFERENCE / "data" / "mini_mias"
BOXES = Path(__file__).with_name("film_boxes.csv")


def measured():
    """{id: [(part, (x, y, width, height), tolerance)]}"""
    found = {}
    with BOXES.open() as lines:
        for row in csv.DictReader(lines):
            box = tuple(int(row[k]) for k in ("x", "y", "width", "height"))
            found.setdefault(row["id"], []).append((row["part"], box, int(row["tolerance"])))
    return found


def edges(box):
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])


def check_film(record, boxes):
    """The sentences that are wrong of one film."""
    left, top = record["frame"][2], record["frame"][5]
    kept = edges((left, top, record["width"], record["height"]))
    before = np.array(Image.open(record["source"]["path"]))
    after = np.zeros_like(before)
    inside = (slice(int(kept[1]), int(kept[3])), slice(int(kept[0]), int(kept[2])))
    after[inside] = np.array(Image.open(record["image"]))
    body = np.zeros(before.shape, bool)
    body[inside] = np.array(Image.open(record["fov"]["path"])) != 0
    if (before[body] != after[body]).any():
        yield "pixels of the breast were changed"
    for part, box, tolerance in boxes:
        want = edges(box)
        if part == "film" and np.abs(kept - want).max() > tolerance:
            yield f"kept {kept}, measured {want}"
        if part == "breast":
            met = edges(record["fov"]["box"])
            if np.abs(met - want).max() > tolerance:
                yield f"the breast at {met}, measured {want}"
            if (kept[:2] > want[:2] + 3).any() or (kept[2:] < want[2:] - 3).any():
                yield f"kept {kept} does not hold the breast {want}"
        if part == "label":
            x, y, right, bottom = want
            place = (slice(y, bottom), slice(x, right))
            off = ~body[place]
            if not off.any():
                yield f"the label at {box} was taken for the breast"
            elif after[place][off].max() > 0.5 * before[place].max():
                yield f"of the label at {box}, {before[place].max()} bright, {after[place][off].max()} is left"
            seen = edges(box) + np.array([tolerance, tolerance, -tolerance, -tolerance])
            if not any((edges(e)[:2] <= seen[:2]).all() and (edges(e)[2:] >= seen[2:]).all() for e in record["erased"]):
                yield f"no box of `erased` holds the label at {box}"


def films_as_measured():
    """Fifteen films of mini-MIAS: cropped and cleaned, compared with their boxes."""
    if not FILMS.is_dir():
        raise Skip(f"{FILMS.relative_to(REFERENCE.parent)} is absent")
    boxes = measured()
    assert len(boxes) == 15, f"{len(boxes)} films were measured"
    Path("in.jsonl").write_text("".join(json.dumps({"id": i, "image": f"{FILMS}/{i}.png"}) + "\n" for i in boxes))
    met = sh("med-crop --subject film --out out in.jsonl | med-erase-text --out out", 0)
    records = [json.loads(line) for line in met.out.splitlines()]
    assert [r["id"] for r in records] == list(boxes), "not every film came back"
    wrong = [f"{r['id']}: {sentence}" for r in records for sentence in check_film(r, boxes[r["id"]])]
    assert not wrong, "\n".join(wrong)
    labels = sum(part == "label" for rows in boxes.values() for part, _, _ in rows)
    print(f"# {len(records)} films kept whole, {labels} labels erased")
