#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train zoom-small from grades of whole pictures.

    train.py --pictures MANIFEST --labels LABELS.csv --cache DIR --out DIR [--fold 0..4|all] [--threads N]

MANIFEST is what med-scan | med-crop --subject fundus | med-resize --size 1024x1024 wrote, LABELS.csv has the columns
image and dr_grade.  Fold K is trained on the other four fifths and writes OUT/fold-K.pt, `all` on everything.  What is
frozen is seen once, into the cache; a training that is stopped goes on from its last epoch, and the result is the same.
Hours are printed in OUT/fold-K.log.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

import pictures
from network import Fusion, Main, Ordinal, Patch, THRESHOLDS, WIDTH, gated
from pictures import PATCH, REGIONS, STRIDE, WINDOW
from start import find_checkpoint, start_from

LOOK_EPOCHS, ZOOM_EPOCHS, BATCH = 8, 6, 8
HEAD_RATE, TRUNK_RATE, DECAY = 1e-3, 2e-4, 0.05
DROP = 0.3          # of the vectors before the grades
TOP = 0.03          # share of the cells whose mean must say the grade, too
AVERAGE = 0.97      # of the weights, from step to step; the average is what is kept


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", default="0")
    parser.add_argument("--start", help="the checkpoint of EfficientNet-Lite0 (default that of the Python package)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def above(grade):
    """The four answers: is the grade at least 1, 2, 3, 4?"""
    return (grade[:, None] > torch.arange(THRESHOLDS)[None]).float()


def batched(arrays):
    """float32, in the order that torch is fast in."""
    return torch.from_numpy(np.stack(arrays).astype(np.float32)).contiguous(memory_format=torch.channels_last)


def schedule(step, steps):
    """Up within the first twentieth, then down along a cosine."""
    done = step / steps
    return min(1.0, 20 * done + 0.05) * 0.5 * (1 + np.cos(np.pi * done))


class Training:
    """Steps over the training cases, an average of the weights, and a checkpoint after every epoch."""

    def __init__(self, name, modules, trunk, options, say):
        self.name, self.modules, self.say, self.of = name, modules, say, options.of
        self.seed, self.path = options.seed, options.out / f"fold-{options.fold}.{name}.part"
        fast = set(map(id, trunk.high_blocks.parameters()))
        frozen = {id(p) for module in (trunk.stem, trunk.low_blocks) for p in module.parameters()}
        groups = {True: [], False: []}
        for p in self.parameters():
            if id(p) not in frozen:
                groups[id(p) in fast].append(p)
        self.optimizer = torch.optim.AdamW([{"params": groups[False], "rate": HEAD_RATE},
                                            {"params": groups[True], "rate": TRUNK_RATE}], lr=HEAD_RATE,
                                           weight_decay=DECAY)
        self.average = [p.detach().clone() for p in self.parameters()]

    def parameters(self):
        return [p for module in self.modules.values() for p in module.parameters()]

    def run(self, epochs, numbers, loss_of):
        first, began, spent = 0, time.time(), 0.0
        per_epoch = len(numbers) // BATCH
        if self.path.exists():
            kept = torch.load(self.path)
            if kept.get("of") != self.of:
                raise SystemExit(f"train: {self.path} was begun with other pictures or another seed; remove it")
            first, spent = kept["epoch"], kept["seconds"]
            for name, module in self.modules.items():
                module.load_state_dict(kept["modules"][name])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.average = kept["average"]
        for epoch in range(first, epochs):
            rng = np.random.default_rng([self.seed, epoch])
            torch.manual_seed(1000 * self.seed + epoch)
            order, total = rng.permutation(numbers), 0.0
            for step in range(per_epoch):
                for group in self.optimizer.param_groups:
                    group["lr"] = group["rate"] * schedule(epoch * per_epoch + step, epochs * per_epoch)
                loss = loss_of(order[step * BATCH:(step + 1) * BATCH], rng)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += float(loss)
                with torch.no_grad():
                    for kept, p in zip(self.average, self.parameters()):
                        kept.lerp_(p, 1 - AVERAGE)
            hours = (spent + time.time() - began) / 3600
            self.say(f"{self.name} epoch {epoch + 1} of {epochs}: loss {total / per_epoch:.4f}, {hours:.3f} h")
            part = {"of": self.of, "epoch": epoch + 1, "seconds": 3600 * hours, "average": self.average,
                    "modules": {name: module.state_dict() for name, module in self.modules.items()},
                    "optimizer": self.optimizer.state_dict()}
            torch.save(part, f"{self.path}.new")
            os.replace(f"{self.path}.new", self.path)
        with torch.no_grad():
            for kept, p in zip(self.average, self.parameters()):
                p.copy_(kept)


def look_loss(main, lows, grade):
    """The picture's vector, the gated scores and the highest scores must each say the grade."""
    def loss(batch, rng):
        turn = rng.integers(0, lows.shape[1], len(batch))
        low = batched([lows[n, t] for n, t in zip(batch, turn)])
        wanted = above(grade[batch])
        vector, scores, gates = main.see(low)
        said = functional.binary_cross_entropy_with_logits(main.grade(functional.dropout(vector, DROP)), wanted)
        cells = scores.flatten(2)
        highest = cells.topk(max(1, round(TOP * cells.shape[2])), 2).values.mean(2)
        attended = gated(scores, gates).sum((2, 3))
        near = [functional.binary_cross_entropy(p.clamp(1e-6, 1 - 1e-6), wanted) for p in (attended, highest)]
        return said + near[0] + near[1]
    return loss


def find_windows(response, width):
    """Peaks of the largest class on the map's cells, as med-roi --rule peak takes them: the centres in pixels."""
    cells = int(round(WINDOW / (2 * STRIDE * 2)))
    rows, columns = response.shape
    centres, left = [], response.copy()
    while len(centres) < REGIONS and left.max() > 0:
        y, x = np.unravel_index(left.argmax(), left.shape)
        y0, x0 = (int(np.clip(v - cells // 2, 0, size - cells)) for v, size in ((y, rows), (x, columns)))
        left[y0:y0 + cells, x0:x0 + cells] = 0
        centres.append(((x0 + cells / 2) * width / columns, (y0 + cells / 2) * width / columns))
    return (centres * REGIONS)[:REGIONS]


def choose(main, lows, numbers):
    """Of every case and of its first two flips the windows: {(number, turn): centres}."""
    chosen = {}
    with torch.inference_mode():
        for n in numbers:
            _, scores, gates = main.see(batched(lows[n, :2]))
            for turn, response in enumerate(gated(scores, gates).amax(1).numpy()):
                chosen[n, turn] = find_windows(response, pictures.WIDTH)
    return chosen


def zoom_loss(patch, grade_of_regions, lows, chosen, grade):
    side = PATCH // STRIDE

    def cut(n, variant, rng):
        low = lows[n, variant]
        cuts = []
        for x, y in chosen[n, variant % 2]:
            shift = rng.integers(-2, 3, 2)  # cells: a window is never exactly where it was in training
            left, top = (int(np.clip(round(v / STRIDE) - side // 2 + d, 0, size - side))
                         for v, d, size in ((x, shift[0], low.shape[2]), (y, shift[1], low.shape[1])))
            cuts.append(low[:, top:top + side, left:left + side])
        return cuts

    def loss(batch, rng):
        cuts = [one for n in batch for one in cut(n, int(rng.integers(lows.shape[1])), rng)]
        regions = patch.see(batched(cuts)).unflatten(0, (len(batch), REGIONS))
        logits = grade_of_regions(functional.dropout(regions.amax(1), DROP))
        return functional.binary_cross_entropy_with_logits(logits, above(grade[batch]))
    return loss


def join(main, grade_of_regions):
    """Half of what the picture says and half of what its regions say, as one layer over both."""
    fusion = Fusion()
    with torch.no_grad():
        fusion.grade.severity.weight.copy_(torch.cat([main.grade.severity.weight,
                                                      grade_of_regions.severity.weight], 1) / 2)
        middle = (main.grade.thresholds() + grade_of_regions.thresholds()) / 2
        fusion.grade.first.copy_(middle[:1])
        fusion.grade.steps.copy_(torch.log(torch.expm1(middle[:-1] - middle[1:])))
    return fusion


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    log = options.out / f"fold-{options.fold}.log"

    def say(line):
        print(line, flush=True)
        with log.open("a") as file:
            file.write(line + "\n")

    cases = pictures.list_cases(options.pictures, options.labels)
    grade = torch.tensor([case.grade for case in cases])
    held = None if options.fold == "all" else int(options.fold)
    numbers = np.array([n for n, case in enumerate(cases) if case.fold != held])
    torch.manual_seed(options.seed)
    looking = Main()
    start_from(options.start or find_checkpoint(), looking.trunk)
    looking.to(memory_format=torch.channels_last)
    options.of = pictures.identity(cases, options.seed)
    lows = pictures.see_low(cases, looking.trunk, options.cache, options.seed, say)

    learning = Training("look", {"main": looking}, looking.trunk, options, say)
    learning.run(LOOK_EPOCHS, numbers, look_loss(looking, lows["whole"], grade))

    closer, of_regions = Patch(), Ordinal(2 * WIDTH)
    closer.trunk.load_state_dict(looking.trunk.state_dict())
    closer.to(memory_format=torch.channels_last)
    chosen = choose(looking, lows["whole"], numbers)
    zooming = Training("zoom", {"patch": closer, "grade": of_regions}, closer.trunk, options, say)
    zooming.run(ZOOM_EPOCHS, numbers, zoom_loss(closer, of_regions, lows["close"], chosen, grade))

    torch.save({"main": looking.state_dict(), "patch": closer.state_dict(),
                "fusion": join(looking, of_regions).state_dict(), "regions": of_regions.state_dict(),
                "held_out": [case.name for case in cases if case.fold == held]}, options.out / f"fold-{options.fold}.pt")


if __name__ == "__main__":
    main()
