# SPDX-License-Identifier: Apache-2.0
"""Ratios of our programs to plain ones, in one run; see run.sh."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from pictures import fundus, texture, write_png  # noqa: E402
from tier import PHOTOGRAPH, WEIGHTS  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--build", type=Path, required=True)
parser.add_argument("--smoke", action="store_true")
parser.add_argument("only", nargs="*")
options = parser.parse_args()
BUILD = options.build.resolve()
os.environ["PATH"] = f"{BUILD}/bin:{BUILD}/bench:{os.environ['PATH']}"
QUIET = {"stdout": subprocess.DEVNULL, "check": True}
failed = 0


def timed(command):
    shutil.rmtree("out", ignore_errors=True)
    Path("out").mkdir()
    started = time.perf_counter()
    subprocess.run(command, **QUIET)
    return time.perf_counter() - started


def ratio(ours, plain, rounds):
    """Medians of both, run in turn after one unmeasured run each."""
    a, b = [], []
    timed(ours), timed(plain)
    for _ in range(rounds):
        a.append(timed(ours))
        b.append(timed(plain))
    return statistics.median(a), statistics.median(b)


def row(name, ours, plain, figure, bar, unit="s"):
    global failed
    held = figure <= bar
    if options.smoke:
        print(f"ok bench.{name}: {ours:.4g} {unit} beside {plain:.4g} {unit}")
        return
    failed += not held
    print(f"| {name} | {ours:.4g} {unit} | {plain:.4g} {unit} | {figure:.3f} | {bar:g} | {'held' if held else 'MISSED'} |", flush=True)


def compare(name, bar, ours, plain, rounds=7):
    a, b = ratio(ours, plain, 1 if options.smoke else rounds)
    row(name, a, b, a / b, bar)


def manifest(path, pictures):
    Path(path).write_text("".join(json.dumps({"id": str(i + 2), "image": p}) + "\n" for i, p in enumerate(pictures)))
    return path


def photographs(count):
    if options.smoke:
        return [write_png("eye.png", fundus(220, 200))] * 2
    return [str(PHOTOGRAPH)] * count


def crop():
    eyes = photographs(10)
    compare("crop, ten photographs", 1.3, ["med-crop", "--subject", "fundus", "--jobs", "1", "--force", "--out", "out", manifest("in.jsonl", eyes)],
            ["plain_crop", "out", *eyes])


def clahe():
    size = (200, 150) if options.smoke else (2000, 1500)
    films = [write_png(f"film{i}.png", texture(*size, seed=i, depth=16)) for i in range(2 if options.smoke else 6)]
    compare("CLAHE alone, 16 bit", 1.6, ["med-clahe", "--clip-limit", "2", "--tiles", "8x8", "--jobs", "1", "--force", "--out", "out",
                                      manifest("in.jsonl", films)], ["plain_clahe", "out", *films])


def chain():
    eyes = photographs(10)
    compare("grey, stretch, CLAHE, gamma", 2.0,
            ["med-clahe", "--gray", "0.299,0.587,0.114", "--standardize", "minmax", "--clip-limit", "2", "--tiles", "8x8", "--gamma", "1.2",
             "--jobs", "1", "--force", "--out", "out", manifest("in.jsonl", eyes)], ["plain_chain", "out", *eyes])


def infer():
    card = WEIGHTS / ("toy" if options.smoke or not (WEIGHTS / "vessel-unet/card.json").exists() else "vessel-unet") / "card.json"
    said = json.loads(card.read_text())
    given = said["inputs"][0]
    shutil.rmtree("gray", ignore_errors=True)
    scanned = manifest("scan.jsonl", photographs(10))
    with open("gray.jsonl", "w") as out:
        subprocess.run(["bash", "-c", f"med-crop --subject fundus --out gray {scanned} | "
                        "med-clahe --gray green --clip-limit 2 --tiles 8x8 --out gray"], stdout=out, check=True)
    gray = [json.loads(line)["image"] for line in Path("gray.jsonl").read_text().splitlines()]
    plain = ["plain_infer", str(card.parent / said["onnx"]), said["outputs"][0]["name"],
             str(given.get("fov_width", 0)), str(given.get("multiple", 1)),
             str(given["mean"][0]), str(given["std"][0]), "out", *gray]
    compare("med-infer, ten photographs", 1.05, ["med-infer", str(card), "--force", "--out", "out", manifest("in.jsonl", gray)], plain, rounds=5)


def gpu_script():
    """gpu.sh on the CPU, so that it runs when a GPU is there at last; its figures count nothing here."""
    if not options.smoke:
        return
    done = subprocess.run([Path(__file__).parent / "gpu.sh", "--build", BUILD, "--device", "cpu", "--count", "3", "--seconds", "0.1",
                           f"{WEIGHTS}/toy/card.json=64x48"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or "| toy 64x48 | cpu | 1 |" not in done.stdout or "3 came out in order: held" not in done.stdout or \
            "self-test vessel-unet on cpu" not in done.stdout:
        raise OSError(f"gpu.sh ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    print("ok bench.gpu.sh on the CPU")


def start():
    Path("empty.jsonl").write_text("")
    compare("start without pixels", 3.0, ["med-inspect", "empty.jsonl"], ["core_only"], rounds=50)


def memory():
    side = 1000 if options.smoke else 20000
    subprocess.run(["gray_tiff", "big.tiff", str(side), str(side)], **QUIET)
    command = ["med-clahe", "--gamma", "1.2", "--format", "tiff", "--max-pixels", str(side * side), "--force", "--out", "out",
               manifest("in.jsonl", ["big.tiff"])]
    code = ("import resource,subprocess,sys; subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,check=True);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    peak = int(subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True).stdout) / 1024
    pixels = side * side * 2 / 2 ** 20
    row(f"memory, {side}×{side} TIFF to 16 bit", peak, pixels, peak / 1024, 2e9 / 2 ** 30, "MiB")
    os.remove("big.tiff")


def mask_pairs(count, side):
    """Large parts and thin ones, each predicted with faults: N×2×H×W of 0 and 1."""
    import numpy as np
    from scipy.ndimage import gaussian_filter
    random = np.random.default_rng(1)

    def field(sigma):
        values = gaussian_filter(random.standard_normal((side, side)), sigma, mode="wrap")
        return values / values.std()
    pairs = []
    for i in range(count):
        if i % 2:
            lines = field(side / 80)
            pairs.append([(np.abs(lines + 0.08 * field(side / 125)) < 0.15) & (field(side / 25) > -1), np.abs(lines) < 0.15])
        else:
            parts = field(side / 25)
            pairs.append([f > np.quantile(f, 0.9) for f in (parts + 0.4 * field(side / 60), parts)])
    np.save("pairs.npy", np.array(pairs, np.uint8))


def scores():
    """Both sides one thread and processor time; ours 1,000 pairs, the peers 20; the faster peer counts."""
    try:
        mask_pairs(2 if options.smoke else 20, 100 if options.smoke else 1000)
    except ImportError as reason:
        print(f"skip bench.scores: {reason}")
        return
    one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def said(command):
        return [float(word) for word in subprocess.run(command, capture_output=True, text=True, check=True, env=one).stdout.split()]
    ours, *sums = said(["score_pairs", "pairs.npy", "1" if options.smoke else "50"])
    for how in ("edt", "tree"):
        peer, *theirs = said([sys.executable, str(Path(__file__).parent / "score_pairs_peer.py"), "pairs.npy", how])
        if any(abs(a - b) > 1e-9 * abs(b) for a, b in zip(sums, theirs)):
            raise OSError(f"Dice and HD95 are {sums}, with SciPy {theirs}")
        row(f"overlap and HD95 of a pair of masks, SciPy by {how}", ours * 1e3, peer * 1e3, ours / peer, 0.1, "ms")


def study_records(path, count):
    """Cases as med-score-masks leaves them, small: two measures, a patient."""
    import random
    draw = random.Random(1)
    with open(path, "w") as out:
        for i in range(count):
            out.write(json.dumps({"id": f"case-{i:07d}", "image": f"pictures/{i}.png", "width": 999, "height": 960, "order": [i],
                                  "tags": {"patient": f"p{i // 2}", "side": "LR"[i % 2]},
                                  "measures": {"vessel.fov.dice": draw.random(), "vessel.fov.auc": draw.random()}}) + "\n")


def studies():
    """Reading is the unavoidable work of a program on records: one parse of the same bytes."""
    count = 1000 if options.smoke else 1000000
    study_records("study.jsonl", count)
    rounds = 3
    compare(f"med-summarize, {count} records", 2.5, ["med-summarize", "study.jsonl"], ["plain_parse", "study.jsonl"], rounds)
    compare(f"med-shard, {count} records", 2.5, ["med-shard", "--of", "4", "--force", "--out", "out", "study.jsonl"],
            ["plain_parse", "study.jsonl"], rounds)
    compare(f"med-inspect --no-files, {count} records", 3.0, ["med-inspect", "--no-files", "study.jsonl"], ["plain_parse", "study.jsonl"],
            rounds)


def areas():
    """2,000 replicates of an area on 10^6 cases; NumPy and scikit-learn on 20, scaled."""
    cases, replicates, some = (1000, 100, 10) if options.smoke else (1000000, 2000, 20)
    peer = ("import sys, time, numpy as np; from sklearn.metrics import roc_auc_score as auc; n, r = map(int, sys.argv[1:]); "
            "g = np.random.default_rng(1); y = g.random(n) < 0.25; s = g.standard_normal(n) + y; t = time.perf_counter(); "
            "[auc(y[i], s[i]) for i in (g.integers(0, n, n) for _ in range(r))]; print(time.perf_counter() - t)")
    try:
        import sklearn  # noqa: F401
    except ImportError as reason:
        if options.smoke:
            return
        print(f"skip bench.areas: {reason}")
        return
    started = time.perf_counter()
    subprocess.run(["auc_bootstrap", str(cases), str(replicates), str(os.cpu_count())], **QUIET)
    ours = time.perf_counter() - started
    said = subprocess.run([sys.executable, "-c", peer, str(cases), str(some)], capture_output=True, text=True, check=True).stdout
    theirs = float(said) * replicates / some
    row(f"{replicates} replicates of an area, {cases} cases", ours, theirs, ours / theirs, 1 / 20)


if not options.smoke:
    print("| | ours | plain | ratio (memory: GiB) | bar | |\n|---|---:|---:|---:|---:|---|", flush=True)
for test in (crop, clahe, chain, infer, gpu_script, start, memory, scores, studies, areas):
    if options.only and test.__name__ not in options.only:
        continue
    with tempfile.TemporaryDirectory(prefix="medvision-bench-") as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            test()
        except (subprocess.CalledProcessError, OSError, KeyError) as reason:
            failed += 1
            print(f"not ok bench.{test.__name__}: {reason}", flush=True)
        finally:
            os.chdir(before)
sys.exit(1 if failed else 0)
