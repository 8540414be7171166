# SPDX-License-Identifier: Apache-2.0
"""Wall time a picture and peak memory of GMIC and GLAM, ours and PyTorch's; see mammography.sh. Every figure comes from
whole processes: the time of few pictures and of more, whose difference is that of the pictures; the rest is start-up."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import REFERENCE, WEIGHTS  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--build", type=Path, default=Path(__file__).resolve().parent.parent.parent / "build")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("only", nargs="*")
options = parser.parse_args()
os.environ["PATH"] = f"{options.build.resolve()}/bin:{os.environ['PATH']}"
PEER = Path(__file__).resolve().parent / "mammography_peer.py"
MADE = {"gmic": ("mv9/", "1.5"), "glam": ("mv7/", "1.0")}
THREADS = str(os.cpu_count())
missed = 0


def windows(form):
    """Windows of the first patient's pictures; as med-crop leaves them."""
    pictures = sorted((REFERENCE / "data/mammograms/images").glob("0_*.png"))
    if not pictures:
        sys.exit("mammography: no pictures in ../shared/data/mammograms/images")
    said = subprocess.run(["bash", "-c", f"med-scan {' '.join(map(str, pictures))} --tags '{{patient}}_{{side}}-{{view}}' | med-crop "
                           f"--subject breast --background 0 --window 1920x2944 --flip-to left --format {form} --out {form}"],
                          capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def manifest(path, cases, count):
    Path(path).write_text("".join(json.dumps({**cases[i % len(cases)], "id": f"case{i}"}) + "\n" for i in range(count)))
    return path


def run(command):
    """Wall seconds, peak MiB of the largest process."""
    code = ("import resource,subprocess,sys,time; t=time.perf_counter(); subprocess.run(['bash','-o','pipefail','-c',sys.argv[1]],"
            "check=True,stdout=subprocess.DEVNULL); print(time.perf_counter()-t,"
            "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024)")
    said = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=True).stdout.split()
    return float(said[0]), float(said[1])


def in_turn(ours, theirs, few, many):
    """Medians of seconds a picture, start-up and MiB of both, A B A B; one round goes unmeasured."""
    found = ([], [])
    for number in range(options.rounds + 1):
        for side, command in zip(found, (ours, theirs)):
            (short, _), (long, peak) = run(command(few)), run(command(many))
            if number:
                each = (long - short) / (many - few)
                side.append((each, short - few * each, peak))
    return [tuple(statistics.median(column) for column in zip(*side)) for side in found]


def row(name, ours, theirs, bar, unit):
    global missed
    held = ours / theirs <= bar
    missed += not held
    print(f"| {name} | {ours:.3g} {unit} | {theirs:.3g} {unit} | {ours / theirs:.3f} | {bar:g} | {'held' if held else 'MISSED'} |", flush=True)
    return held


def layers(part, name, shape):
    """The slowest layers of one pass through OpenCV, where the whole was too slow."""
    try:
        import cv2
        import numpy as np
    except ImportError as absent:
        print(f"no table of layers: {absent}")
        return
    net = cv2.dnn.readNetFromONNX(str(next(part.glob("*.onnx"))))
    for _ in range(2):
        net.setInput(np.zeros(shape, np.float32), name)
        net.forward(net.getUnconnectedOutLayersNames())
    whole, each = net.getPerfProfile()
    rows = sorted(zip(np.ravel(each) / cv2.getTickFrequency(), net.getLayerNames()), reverse=True)[:12]
    print(f"\n{part.name}, {whole / cv2.getTickFrequency():.3g} s:", *(f"  {s:.3f} s  {layer}" for s, layer in rows), sep="\n")


def export(network):
    salt, gain = MADE[network]
    subprocess.run([sys.executable, WEIGHTS / network / "export.py", "--deterministic", salt, "--head-gain", gain, network],
                   check=True, stdout=subprocess.DEVNULL)
    return Path(network).resolve()


def beside_torch(network, bar, few, many):
    cases, system = windows("npy"), export(network)
    salt, gain = MADE[network]

    def ours(count):
        return f"med-infer {system} --force --out out {manifest(f'ours{count}.jsonl', cases, count)}"

    def theirs(count):
        paths = " ".join(cases[i % len(cases)]["image"] for i in range(count))
        return f"{sys.executable} {PEER} {network} {salt} {gain} {THREADS} {paths}"
    a, b = in_turn(ours, theirs, few, many)
    fast = row(f"{network}, a picture", a[0], b[0], bar, "s")
    row(f"{network}, peak memory", a[2], b[2], 0.7, "MiB")
    print(f"| {network}, start-up | {a[1]:.3g} s | {b[1]:.3g} s | | | |")
    if not fast:
        layers(system / "global", "image", (1, 1, 2944, 1920))
        layers(system / "local", "roi", (6, 1, 256, 256) if network == "gmic" else (1, 1, 512, 512))


def gmic():
    beside_torch("gmic", 1.0, 1, 9)


def glam():
    beside_torch("glam", 1.9, 1, 2)


def programs():
    cases, system = windows("pgm"), export("gmic")

    def single(count):
        return (f"med-infer {system}/global --force --format pgm --out s {manifest(f's{count}.jsonl', cases, count)} | "
                "med-roi --map saliency --class sum --count 6 --window 256 --zero-range nan | "
                f"med-infer {system}/local --over rois --force --format pgm --out s | med-infer {system}/fusion --force --out s")

    def whole(count):
        return f"med-infer {system} --force --out w {manifest(f'w{count}.jsonl', cases, count)}"
    a, b = in_turn(single, whole, 1, 21)
    row("20 cases by the small programs, beside one process", 20 * a[0], 20 * b[0], 1.15, "s")
    print(f"| start-up of them | {a[1]:.3g} s | {b[1]:.3g} s | | | |")


print("| | ours | beside | ratio | bar | |\n|---|---:|---:|---:|---:|---|")
for test in (gmic, glam, programs):
    if options.only and test.__name__ not in options.only:
        continue
    with tempfile.TemporaryDirectory(prefix="medvision-bench-") as folder:
        os.chdir(folder)
        test()
        os.chdir("/")
sys.exit(1 if missed else 0)
