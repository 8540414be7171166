# SPDX-License-Identifier: Apache-2.0
"""The standardised windows that the stored answers of the breast networks were computed from, the choice of regions and
their crops, in plain numpy: written from the rules and not from the library."""
import json

import numpy as np
from PIL import Image

from tier import REFERENCE, Skip

PICTURES = REFERENCE / "data" / "mammograms" / "images"


def crops_of(name):
    """Where the breast was found and the centres of its windows by size, as stored; the fourth picture has only its
    published numbers."""
    if name == "0_R-MLO":
        return "R-MLO", (0, 2650, 0, 1006), {(2944, 1920): (1126, -5)}
    stored = REFERENCE / "golden" / "crop" / ("real_breast_cancer_classifier.json" if name.startswith("bcc_")
                                              else "real_GMIC.json")
    if not stored.is_file():
        raise Skip(f"{stored.relative_to(REFERENCE.parent)} is absent")
    found = [c for c in json.loads(stored.read_text())
             if c["image"] == name.removeprefix("bcc_") and c["horizontal_flip"] == "NO" and c["iterations"] == 100
             and c["buffer"] == 50]
    assert len(found) == 1, f"{len(found)} stored crops of {name}"
    centres = {tuple(w["size"]): w["best_center"] for w in found[0]["windows"]}
    return found[0]["view"], found[0]["window_location"], centres


def raw_window(name, size=(2944, 1920)):
    """The window around the stored best centre, before standardisation; every breast points right."""
    path = PICTURES / f"{name}.png"
    if not path.is_file():
        raise Skip(f"{path.relative_to(REFERENCE.parent)} is absent")
    view, (top, bottom, left, right), centres = crops_of(name)
    centre = centres[size]
    picture = np.array(Image.open(path)).astype(np.float32)[top:bottom, left:right]
    if view.startswith("R"):
        picture = picture[:, ::-1]
    (height, width), (rows, columns) = picture.shape, size
    top, left = centre[0] - rows // 2, centre[1] - columns // 2
    if height < rows:
        above = (rows - height) // 2 if view.endswith("CC") else 0
        picture, top = np.pad(picture, ((above, rows - height - above), (0, 0))), 0
    if width < columns:
        picture, left = np.pad(picture, ((0, 0), (0, columns - width))), 0
    top = min(max(top, 0), picture.shape[0] - rows)
    left = min(max(left, 0), picture.shape[1] - columns)
    return np.ascontiguousarray(picture[top:top + rows, left:left + columns])


def standardized(window):
    wide = window.astype(np.float64)
    return ((wide - wide.mean()) / max(wide.std(), 1e-5)).astype(np.float32)


def greedy_cells(saliency, count, window):
    """The upper-left cells of `count` windows on the sum of the stretched classes; a taken window counts nothing."""
    planes = saliency.astype(np.float64)
    low, high = planes.min((1, 2), keepdims=True), planes.max((1, 2), keepdims=True)
    left = ((planes - low) / (high - low)).sum(0)
    cells = []
    for _ in range(count):
        table = np.pad(left, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
        h, w = window
        sums = table[h:, w:] - table[:-h, w:] - table[h:, :-w] + table[:-h, :-w]
        row, column = np.unravel_index(int(sums.argmax()), sums.shape)
        cells.append([int(row), int(column)])
        left[row:row + h, column:column + w] = 0
    return cells


def crop(image, cell, map_shape, size):
    """A crop whose upper left is that of the cell.  What runs outside is filled with the smallest value of the picture,
    and what is inside lies in the bottom right corner of the crop, wherever it ran out."""
    height, width = image.shape
    row, column = (np.round(c / n * full) for c, n, full in zip(cell, map_shape, (height, width)))
    r0, r1 = (int(np.clip(v, 0, height)) for v in (row, row + size))
    c0, c1 = (int(np.clip(v, 0, width)) for v in (column, column + size))
    made = np.full((size, size), image.min(), np.float32)
    if r1 > r0 and c1 > c0:
        made[size - (r1 - r0):, size - (c1 - c0):] = image[r0:r1, c0:c1]
    return made
