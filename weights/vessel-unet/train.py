#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train the vessel network.

    train.py --data DIR --cache DIR --out RUN.pt [--start FILE.onnx] [--leave-out chase:09,hrf:05] [--steps N] [--resume]

A step depends only on the seed and its number, so a run that is stopped and resumed is the run that was not stopped.
The learning rate is constant until the last `--cool` steps and then falls to zero: `--steps` may still be changed on
resuming as long as the fall has not begun.  Held-out pictures are never opened.  `--start` begins from the network of an
earlier export, with more channels if `--channels` asks for them.
"""
import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from network import CHANNELS, VesselUNet, load_checkpoint
from start import start_from
from pictures import contrast, crop_to_field, disturb, gray_of, list_pictures, to_width

WORK_WIDTH = 704               # the middle of the scales that are trained
LEVELS = (500, 608, 704, 820, 960)  # widths kept ready, so that shrinking is always by area as at the time of use
VARIANTS = 9                   # 0 is the contract's picture; the others imitate other cameras
PATCH, BATCH = 256, 4
MEAN, STD = 0.5, 0.2           # of value/255; fixed numbers, so that a tile is treated as the whole picture is
RATE, DECAY, AVERAGE = 5e-3, 1e-3, 0.998
OUTSIDE = 0.25                 # weight of pixels outside the field, where the answer is "no vessel": the rim is no vessel


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with chase_db1 and hrf")
    parser.add_argument("--cache", type=Path, required=True, help="folder for prepared pictures")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint; progress goes to the same name .log")
    parser.add_argument("--leave-out", default="", help="training pictures to leave out: camera or camera:subject, ...")
    parser.add_argument("--start", type=Path, help="begin from this exported network instead of from chance")
    parser.add_argument("--channels", default=",".join(map(str, CHANNELS)))
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--cool", type=int, default=400)
    parser.add_argument("--scales", default="0.75,1.3", help="smallest and largest scale about the working width")
    parser.add_argument("--own", type=float, default=0.5, help="share of patches from the undisturbed pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def is_left_out(picture, spec):
    return picture.camera in spec or f"{picture.camera}:{picture.subject}" in spec


def prepare(picture, cache, seed):
    """Every variant and level of one picture as 8-bit arrays: gray[variant][level], truth[level], field[level].

    The truth is shrunk by area too: a pixel half covered by a vessel asks for the probability 0.5, so that thin
    vessels keep their true width when the map is brought back to native resolution.
    """
    path = cache / f"{picture.camera}-{picture.name}-{seed}.npz"
    if not path.exists():
        colour, truth, field = crop_to_field(picture)
        number = sum(ord(letter) << (7 * i % 23) for i, letter in enumerate(picture.camera + picture.name))
        grays = [contrast(gray_of(colour))]
        for variant in range(1, VARIANTS):
            grays.append(disturb(colour, np.random.default_rng([seed, number, variant])))
        arrays = {}
        for level, width in enumerate(LEVELS):
            arrays[f"truth{level}"] = to_width(truth.astype(np.uint8) * 255, width)
            arrays[f"field{level}"] = to_width(field.astype(np.uint8) * 255, width)
            for variant, gray in enumerate(grays):
                shape = arrays[f"truth{level}"].shape
                same = to_width(gray, width)
                if same.shape != shape:  # a variant of another size may round to one row more or less
                    same = cv2.resize(same, shape[::-1], interpolation=cv2.INTER_AREA)
                arrays[f"gray{variant}{level}"] = same
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, **arrays)
        part.rename(path)
    with np.load(path) as stored:
        return dict(stored)


def sample(arrays, rng, scales, own):
    """One patch: picture (float, still 0..255), truth and weight (0..1)."""
    variant = 0 if rng.random() < own else int(rng.integers(1, VARIANTS))
    scale = float(np.exp(rng.uniform(*np.log(scales))))
    level = next((i for i, width in enumerate(LEVELS) if width >= WORK_WIDTH * scale), len(LEVELS) - 1)
    gray, truth, field = (arrays[f"gray{variant}{level}"], arrays[f"truth{level}"], arrays[f"field{level}"])
    height, width = gray.shape
    if rng.random() < 0.5:
        # Untouched pixels: interpolation blurs, and the network must also know what is not blurred.
        x, y = (int(rng.integers(0, max(1, size - PATCH + 1))) for size in (width, height))
        box = np.s_[y:y + PATCH, x:x + PATCH]
        patch = [gray[box].astype(np.float32), truth[box].astype(np.float32), field[box].astype(np.float32)]
    else:
        zoom = WORK_WIDTH * scale / LEVELS[level]
        angle, shear = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.05, 2)
        linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = linear @ np.array([[1 + shear[0], shear[1]], [shear[1], 1 - shear[0]]]) / zoom
        # The centre lies anywhere in the picture, but not so far out that the patch is mostly empty.
        centre = np.array([rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height])
        inverse = np.hstack([linear, (centre - linear @ np.array([PATCH / 2, PATCH / 2]))[:, None]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        patch = [cv2.warpAffine(plane, inverse, (PATCH, PATCH), flags=flags, borderMode=cv2.BORDER_CONSTANT)
                 .astype(np.float32) for plane in (gray, truth, field)]
    turn = int(rng.integers(0, 8))
    patch = [np.rot90(plane[:, ::-1] if turn & 4 else plane, turn & 3) for plane in patch]
    gray, truth, field = (np.ascontiguousarray(plane) for plane in patch)
    if rng.random() < 0.25:
        gray = cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.3, 0.8))
    if rng.random() < 0.25:
        gray = gray + rng.normal(0, rng.uniform(1, 8), gray.shape).astype(np.float32)
    if rng.random() < 0.7:
        gray = 255 * (np.clip(gray, 0, 255) / 255) ** float(np.exp(rng.normal(0, 0.2)))
        gray = 128 + (gray - 128) * rng.uniform(0.75, 1.3) + rng.uniform(-25, 25)
    return np.clip(gray, 0, 255), truth / 255, np.where(field > 254, 1, OUTSIDE).astype(np.float32)


def batch_of(pictures, cameras, seed, step, scales, own):
    """The cameras take turns with equal chance: twelve large pictures and twenty small ones weigh the same."""
    rng = np.random.default_rng([seed, 7, step % 2**32])
    patches = []
    for index in range(BATCH):
        choice = pictures[cameras[index % len(cameras)]]
        gray, truth, field = sample(choice[int(rng.integers(len(choice)))], rng, scales, own)
        full = np.zeros((3, PATCH, PATCH), np.float32)  # a level may be smaller than a patch in one direction
        full[:, :gray.shape[0], :gray.shape[1]] = gray, truth, field
        patches.append(full)
    patches = torch.from_numpy(np.stack(patches))
    return (patches[:, :1] / 255 - MEAN) / STD, patches[:, 1:2], patches[:, 2:]


def loss_of(logits, truth, weight):
    """Cross-entropy orders the pixels (AUC); soft Dice pulls the probabilities apart, so that a threshold chosen on
    one camera is not far off on another."""
    entropy = (nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none") * weight).sum()
    probability = torch.sigmoid(logits) * weight
    both = (probability * truth).sum()
    dice = 2 * both / (probability.sum() + (truth * weight).sum() + 1)
    return entropy / weight.sum().clamp(min=1) + 0.3 * (1 - dice)


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    left_out = set(filter(None, options.leave_out.split(",")))
    chosen = [p for p in list_pictures(options.data) if not p.held_out and not is_left_out(p, left_out)]
    pictures = {}
    for picture in chosen:
        pictures.setdefault(picture.camera, []).append(prepare(picture, options.cache, 1))
    cameras = sorted(pictures)
    scales = tuple(map(float, options.scales.split(",")))
    channels = tuple(map(int, options.channels.split(",")))
    network = VesselUNet(channels)
    if options.start:
        start_from(options.start, network,
                   torch.cat([batch_of(pictures, cameras, options.seed, -1 - i, scales, 1)[0] for i in range(8)]))
    network = network.to(memory_format=torch.channels_last)
    average = VesselUNet(channels)
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    step, minutes = 0, 0.0
    if options.resume and options.out.exists():
        kept = load_checkpoint(options.out)
        network.load_state_dict(kept["network"])
        average.load_state_dict(kept["average"])
        optimiser.load_state_dict(kept["optimiser"])
        step, minutes = kept["step"], kept["minutes"]
    log = open(options.out.with_suffix(".log"), "a" if step else "w")

    def say(text):
        print(text, flush=True)
        print(text, file=log, flush=True)

    say(f"pictures {({camera: len(pictures[camera]) for camera in cameras})} channels {channels} seed {options.seed} "
        f"steps {options.steps} cool {options.cool} scales {scales} own {options.own} from {step}")
    network.train()
    last, started = [], time.time()
    while step < options.steps:
        rate = RATE * min(1, (step + 1) / 50, (options.steps - step) / options.cool)
        for group in optimiser.param_groups:
            group["lr"] = rate
        gray, truth, weight = batch_of(pictures, cameras, options.seed, step, scales, options.own)
        loss = loss_of(network(gray.contiguous(memory_format=torch.channels_last)), truth, weight)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            keep = min(AVERAGE, (step + 1) / (step + 10))
            for mine, new in zip(average.state_dict().values(), network.state_dict().values()):
                if mine.dtype.is_floating_point:
                    mine.mul_(keep).add_(new, alpha=1 - keep)
                else:
                    mine.copy_(new)
        last.append(loss.item())
        if step % options.save_every == 0 or step == options.steps:
            spent = minutes + (time.time() - started) / 60
            part = options.out.with_suffix(".part")
            torch.save({"network": network.state_dict(), "average": average.state_dict(),
                        "optimiser": optimiser.state_dict(), "step": step, "minutes": spent, "channels": channels,
                        "mean": MEAN, "std": STD}, part)
            part.rename(options.out)
            say(f"step {step} loss {np.mean(last):.4f} rate {rate:.2e} minutes {spent:.1f}")
            last.clear()


if __name__ == "__main__":
    main()
