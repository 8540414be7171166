# SPDX-License-Identifier: Apache-2.0
"""The pictures as the programs prepared them, their grades, the folds, and what the frozen part of the trunk sees.

`main_values` is the twin of what the card of the main part tells med-infer to do.
"""
import csv
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import torch

cv2.setNumThreads(1)

WIDTH = 1024          # of the field of view in a prepared picture
STRIDE = 8            # of the trunk's frozen part
PATCH = 256           # pixels of a prepared picture that the patch network sees
WINDOW = 208          # pixels that a chosen window keeps others out of: 100/492 of the field
REGIONS = 4
FOLDS = 5
MEAN, STD = 127.0, 128.0
FLIPS = ((), (3,), (2,), (2, 3))  # axes of N×C×H×W


class Case:
    def __init__(self, record, grade, group):
        self.name, self.path, self.grade, self.group = record["id"], record["image"], grade, group
        self.fold = None


def list_cases(manifest, labels):
    """The cases that have a grade, by name, each with its fold.  Pictures of the same bytes are one group and keep
    together; groups are dealt out grade by grade, in the order of a hash of their names."""
    with open(labels, newline="") as file:
        grades = {row["image"]: int(row["dr_grade"]) for row in csv.DictReader(file) if row.get("split", "train") == "train"}
    cases = []
    for line in Path(manifest).read_text().splitlines():
        record = json.loads(line)
        if "error" in record or record["id"] not in grades:
            continue
        group = hashlib.sha256(Path(record["source"]["path"]).read_bytes()).hexdigest()
        cases.append(Case(record, grades[record["id"]], group))
    if not cases:
        raise SystemExit(f"train: no case of {manifest} has a grade in {labels}")
    cases.sort(key=lambda case: case.name)
    groups = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    dealt = sorted(groups.values(), key=lambda g: (g[0].grade, hashlib.sha256(g[0].name.encode()).hexdigest()))
    for number, group in enumerate(dealt):
        for case in group:
            case.fold = number % FOLDS
    return cases


def identity(cases, seed):
    """Of what a cache or a run was made: the names, the bytes of the photographs, the seed."""
    told = "".join(f"{case.name} {case.group}\n" for case in cases) + str(seed)
    return hashlib.sha256(told.encode()).hexdigest()


def values_of(picture):
    """Blue, green, red bytes to the network's order and range."""
    return (picture[:, :, ::-1].astype(np.float32) - MEAN) / STD


def main_values(picture):
    """The whole picture at half its width, as med-infer shrinks it."""
    height, width = picture.shape[:2]
    factor = WIDTH / 2 / max(height, width)
    size = (int(np.rint(width * factor)), int(np.rint(height * factor)))
    return values_of(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def padded(values, height, width):
    """Mirrored at the right and bottom up to a size."""
    return cv2.copyMakeBorder(values, 0, height - values.shape[0], 0, width - values.shape[1], cv2.BORDER_REFLECT_101)


def to_tensor(values):
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))[None]


def read(case):
    picture = cv2.imread(case.path)
    if picture is None or max(picture.shape[:2]) != WIDTH:
        raise SystemExit(f"train: {case.path} is not a picture whose longer side is {WIDTH}; see the README")
    return picture


def disturbed(picture, rng, turned):
    """Another camera and, if `turned`, another angle: brightness, contrast, the balance of colours, up to 25 degrees
    and a tenth of the size."""
    if turned:
        height, width = picture.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-25, 25), float(np.exp(rng.uniform(-.1, .1))))
        picture = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR)
    level = np.arange(256)[:, None] / 255
    level = level ** np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.08, 3)) * np.exp(rng.normal(0, 0.1))
    return cv2.LUT(picture, np.rint(np.clip(level, 0, 1) * 255).astype(np.uint8)[None])


def see_low(cases, trunk, cache, seed, say):
    """Of every picture what the trunk's frozen part says, kept as float16 in `cache`, and continued where an earlier run
    stopped.  whole: N×8×40×h×w, at half width: four flips as it is, then four of disturbed pictures.  close:
    N×4×40×2h×2w, at full width: as it is and mirrored, twice, then disturbed."""
    cache = Path(cache) / identity(cases, seed)[:16]
    cache.mkdir(parents=True, exist_ok=True)
    height = 4 * STRIDE * -(-max(case_height(case) for case in cases) // (4 * STRIDE))
    shapes = {"whole": (len(cases), 8, 40, height // 2 // STRIDE, WIDTH // 2 // STRIDE),
              "close": (len(cases), 4, 40, height // STRIDE, WIDTH // STRIDE)}
    done = cache / "done.txt"
    count = int(done.read_text()) if done.exists() else 0
    arrays = {name: np.lib.format.open_memmap(cache / f"{name}.npy", mode="r+") if count else
              np.lib.format.open_memmap(cache / f"{name}.npy", mode="w+", dtype=np.float16, shape=shape)
              for name, shape in shapes.items()}

    def see(values, rows, columns, axes):
        x = to_tensor(padded(values, rows, columns)).flip(axes).contiguous(memory_format=torch.channels_last)
        return trunk.low(x)[0].half().numpy()

    with torch.inference_mode():
        for number in range(count, len(cases)):
            picture = read(cases[number])
            rng = np.random.default_rng([seed, number])
            for variant in range(8):
                one = picture if variant < 4 else disturbed(picture, rng, True)
                arrays["whole"][number, variant] = see(main_values(one), height // 2, WIDTH // 2, FLIPS[variant % 4])
            for variant in range(0, 4, 2):
                one = picture if variant < 2 else disturbed(picture, rng, False)
                for turn in (0, 1):
                    arrays["close"][number, variant + turn] = see(values_of(one), height, WIDTH, FLIPS[turn])
            if number % 10 == 9 or number + 1 == len(cases):
                for array in arrays.values():
                    array.flush()
                done.write_text(str(number + 1))
                say(f"seen {number + 1} of {len(cases)}")
    return arrays


def case_height(case):
    return cv2.imread(case.path, cv2.IMREAD_GRAYSCALE).shape[0]
