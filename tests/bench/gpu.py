# SPDX-License-Identifier: Apache-2.0
"""What a GPU gives; see gpu.sh."""
import argparse
import array
import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import PHOTOGRAPH, SOURCE, WEIGHTS, networks  # noqa: E402

# Floating-point operations a second that the maker states: 32-bit without tensor cores, 16-bit with, both dense.
CEILINGS = {"H100 80GB HBM3": (67e12, 989e12), "H200": (67e12, 989e12), "H100 PCIe": (51e12, 756e12), "A100": (19.5e12, 312e12), "NVIDIA L4": (30.3e12, 121e12)}
BAR, SHORTEST, MAP_BYTES = 0.9, 2, 4 << 30
# FILE SHAPE SECONDS GPU half|float: half channels-last on ready input, and float without TF32 with the copies that dnn makes too.
TORCH = """
import sys, time, torch
file, shape, seconds, gpu, kind = sys.argv[1:]
torch.cuda.set_device(int(gpu))
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
half = kind == "half"
net = torch.jit.load(file).cuda().eval()
x = torch.randn([int(n) for n in shape.split("x")])
if half:
    net, x = net.half().to(memory_format=torch.channels_last), x.cuda().half().to(memory_format=torch.channels_last)
def step():
    y = net(x if half else x.cuda())
    [z.cpu() for z in (y if isinstance(y, (tuple, list)) else [y]) if not half]
with torch.inference_mode():
    for _ in range(5): step()
    torch.cuda.synchronize()
    began, n = time.perf_counter(), 0
    while time.perf_counter() - began < float(seconds):
        step(); torch.cuda.synchronize(); n += 1
    print(n * len(x) / (time.perf_counter() - began))
"""

parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
parser.add_argument("--build", type=Path, default=SOURCE / "build")
parser.add_argument("--device", default="cuda:0")
parser.add_argument("--count", type=int, default=10000)
parser.add_argument("--seconds", type=float, default=10)
parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
parser.add_argument("--networks", type=Path)
parser.add_argument("--only", default="answers,speed,steps,many")
parser.add_argument("cards", nargs="*")
options = parser.parse_args()
BUILD = options.build.resolve()
NETWORKS = options.networks and options.networks.resolve()
if NETWORKS and not (NETWORKS / "list").is_file():
    parser.error(f"{NETWORKS} has no list: networks.py makes such a folder")
CARDS = [(Path(path).resolve(), size) for path, _, size in (card.partition("=") for card in options.cards)]
for given, _ in CARDS:
    if not given.is_file():
        parser.error(f"{given}: no such card")
os.environ["PATH"] = f"{BUILD}/bin:{BUILD}/bench:{os.environ['PATH']}"
GPU = options.device != "cpu"
NUMBER = options.device.partition(":")[2] or "0"
missed = 0


def run(*command, stdin=None, statuses=(0,)):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, input=stdin, check=False)
    if done.returncode not in statuses:
        raise RuntimeError(f"status {done.returncode} of {' '.join(map(str, command))[:300]}: {done.stderr[-1000:]}")
    return done.stdout


def verdict(name, held, text):
    global missed
    missed += not held
    print(f"{name}: {text}: {'held' if held else 'MISSED'}", flush=True)


def attempt(name, act, *arguments):
    """What one figure costs is that figure, said, and not those behind it."""
    try:
        return act(*arguments)
    except Exception as problem:  # pylint: disable=broad-except
        verdict(name, False, f"{type(problem).__name__}: {problem}")
        return None


def all_kinds():
    return [options.device, options.device.replace("cuda", "cuda-fp16")] if GPU else ["cpu"]


def kinds(card):
    """Devices to try a card on: the one asked for, and its 16-bit form where the card allows it."""
    precision = json.loads(Path(card).read_text())["precision"]
    return [d for d in all_kinds() if precision.get(d.split(":")[0])]


def values(path):
    data = Path(path).read_bytes()
    begin = 10 + int.from_bytes(data[8:10], "little")
    return array.array("f", data[begin:])


def gray(folder, size=None, count=1):
    """A manifest of grey photographs that are ready for the networks, `count` records that name a few files."""
    shutil.rmtree(folder, ignore_errors=True)
    text = run("med-crop", "--subject", "fundus", "--out", folder, "--force", PHOTOGRAPH)
    text = run("med-clahe", "--gray", "green", "--clip-limit", "2", "--tiles", "8x8", "--out", folder, "--force", stdin=text)
    if size:
        text = run("med-resize", "--size", size, "--fit", "stretch", "--out", folder, "--force", stdin=text)
    image = json.loads(text)["image"]
    files = [shutil.copy(image, f"{folder}/copy{i}.png") for i in range(min(count, 16))]
    path = Path(folder, "in.jsonl")
    path.write_text("".join(json.dumps({"id": str(i), "image": files[i % len(files)]}) + "\n" for i in range(count)))
    return path, [files[i % len(files)] for i in range(count)]


def self_test(name, card, device):
    told = json.loads(run("med-infer", "--self-test", "--device", device, card, statuses=(0, 1)))
    verdict(name, told["passed"], f"{max(o['max_difference'] for o in told['outputs'].values()):.2g}")


def one_photograph(name, card, device, manifest):
    maps = []
    for where in ("cpu", device):
        text = run("med-infer", card, "--device", where, "--out", f"one/{where}", "--force", manifest)
        maps.append(values(json.loads(text)["maps"]["vessel"]["path"]))
    apart = max(abs(a - b) for a, b in zip(*maps))
    allowed = json.loads(card.read_text())["precision"][device.split(":")[0]]["tolerance"]
    verdict(name, len(maps[0]) == len(maps[1]) and apart <= allowed, f"{apart:.2g}")


def answers():
    """Self-tests on every device a card allows, and a photograph on the GPU and on the CPU."""
    for card in networks():
        for device in ["cpu", *kinds(card)] if GPU else ["cpu"]:
            name = f"self-test {card.parent.relative_to(WEIGHTS)} on {device}"
            attempt(name, self_test, name, card, device)
    manifest, _ = gray("one")
    card = WEIGHTS / "vessel-unet" / "card.json"
    for device in kinds(card):
        name = f"vessel-unet, the photograph on {device} and the CPU"
        attempt(name, one_photograph, name, card, device, manifest)


def ends(card, device, jobs, files):
    """Reading, fitting and writing alone: (pictures a second, WxH that the network is shown, bytes written a picture)."""
    shutil.rmtree("ends", ignore_errors=True)
    os.makedirs("ends")
    told = json.loads(run("infer_ends", card, device, jobs, "ends", *files))
    multiple = json.loads(Path(card).read_text())["inputs"][0].get("multiple", 1)
    size = sum(p.stat().st_size for p in Path("ends").iterdir()) / len(files)
    return told["pictures_per_s"], "x".join(str(-(-told[side] // multiple) * multiple) for side in ("width", "height")), size


def rate(card, device, batch, manifest, lanes):
    """Pictures a second of med-infer, by when its records come: those of the first tenth tell when it has started."""
    shutil.rmtree("maps", ignore_errors=True)
    came = []
    with open("infer.log", "w", encoding="utf-8") as log, subprocess.Popen(
            [str(c) for c in ("med-infer", card, "--device", device, "--tile", "none", "--batch", batch, "--networks", lanes, "--jobs",
                              options.jobs, "--quiet", "--out", "maps", manifest)], stdout=subprocess.PIPE, stderr=log, text=True) as infer:
        for line in infer.stdout:
            came.append(time.perf_counter())
            if '"error"' in line:
                raise RuntimeError(f"a picture failed: {line[:300]}")
    if infer.returncode:
        raise RuntimeError(f"status {infer.returncode} of med-infer: {Path('infer.log').read_text()[-500:]}")
    first = len(came) // 10
    if len(came) - first < 3:
        raise RuntimeError(f"{len(came)} pictures came out, too few for a rate")
    spent = came[-1] - came[first]
    return (len(came) - 1 - first) / spent, spent


def torch_rate(script, shape, kind):
    return float(run(sys.executable, "-c", TORCH, script, shape, options.seconds, NUMBER, kind))


def row(card, size, device, batch, torch_scripts, ceiling):
    said = json.loads(card.read_text())
    ends_alone, seen, bytes_each = ends(card, options.device, 1, gray("gray", size)[1])
    bare = json.loads(run("bare_loop", card, device, batch, seen, options.seconds))
    allowed, shown, share, without = device in kinds(card), "–", "–", "–"
    count = int(max(12 * batch, min(max(bare["pictures_per_s"], 1) * options.seconds, MAP_BYTES / max(bytes_each, 1))))
    if allowed:
        manifest, files = gray("gray", size, count)
        ends_alone, _, _ = ends(card, device, options.jobs, files)
        met = {n: rate(card, device, batch, manifest, n) for n in ((1, 2, 3) if GPU else (1,))}
        best = max(met, key=lambda n: met[n][0])
        share = f"{met[best][0] / min(bare['pictures_per_s'], ends_alone):.3f}"
        shown, without = f"{met[1][0]:.4g} | {met[best][0]:.4g} ({best})", f"{ends_alone:.4g}"
    script = torch_scripts.get(said["name"])
    shape = f"{batch}x{said['inputs'][0].get('channels', 1)}x{'x'.join(reversed(seen.split('x')))}"
    kind = "half" if "fp16" in device else "float"
    beside = script and attempt(f"torch, {said['name']}", torch_rate, script, shape, kind)
    peak = ceiling[1 if "fp16" in device else 0] if ceiling else None
    of_peak = f"{bare['pictures_per_s'] * bare['gflop'] * 1e9 / peak:.1%}" if peak else "–"
    print(f"| {said['name']} {seen} | {device} | {batch} | {shown if allowed else '– | –'} | {bare['pictures_per_s']:.4g} | {without} | {share} | "
          f"{f'{beside:.4g}' if beside else '–'} | {bare['gflop']:.3g} | {of_peak} | {bare['costliest']} {bare['share']:.0%} |", flush=True)
    if not allowed:
        return
    if met[best][1] < SHORTEST and options.seconds > SHORTEST:
        print(f"{said['name']} on {device}, batch {batch}: {met[best][1]:.2g} s are too short for a verdict")
        return
    verdict(f"{said['name']} on {device}, batch {batch}", float(share) >= BAR, f"{share} of the smaller of bare loop and ends")


def speed():
    """The table: med-infer beside a bare loop of forward passes, beside its ends without a network, and the ceilings."""
    folder = NETWORKS or Path("networks").resolve()
    if not NETWORKS and not CARDS:
        told = subprocess.run([sys.executable, Path(__file__).parent / "networks.py", folder], capture_output=True, text=True, check=False)
        print(told.stderr.strip(), file=sys.stderr)
    listed = [line.partition("=")[::2] for line in (folder / "list").read_text().splitlines()] if (folder / "list").is_file() else []
    asked = CARDS or [(WEIGHTS / "vessel-unet" / "card.json", "720x704"), (WEIGHTS / "toy" / "card.json", "512x512"),
                      *((folder / card, size) for card, size in listed)]
    scripts = {p.stem: p for p in folder.glob("*.pt")} if GPU else {}
    if scripts:
        seen = subprocess.run([sys.executable, "-c", "import torch; assert torch.cuda.is_available(), 'torch sees no GPU'; print(torch.__version__)"],
                              capture_output=True, text=True, check=False)
        print(f"torch beside: {seen.stdout.strip() or seen.stderr.strip().splitlines()[-1]}")
        scripts = scripts if seen.returncode == 0 else {}
    name = attempt("the GPU's name", run, "nvidia-smi", "--query-gpu=name", "--format=csv,noheader", "-i", NUMBER) if GPU else ""
    ceiling = next((c for key, c in CEILINGS.items() if re.search(rf"{key}\b", name or "")), None)
    if GPU:
        print(f"{(name or 'no name').strip()}; torch: in 16 bit on input that lies there, in 32 bit without TF32 with the copies there and back")
    print("| network | device | batch | med-infer /s | best of networks | bare loop /s | ends /s | share | torch /s | GFLOP | of the ceiling | costliest |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    for card, size in asked:
        size = size or "x".join(map(str, json.loads(card.read_text())["inputs"][0].get("size", [512, 512])))
        for device in all_kinds():
            for batch in (1, 8) if GPU else (1,):
                attempt(f"{card.parent.name} on {device}, batch {batch}", row, card, size, device, batch, scripts, ceiling)


def steps():
    """What a step takes by one processor and there; it pays where JOBS processors together take longer a picture."""
    if not GPU or not (BUILD / "bench" / "gpu_steps").is_file():
        print("steps on the GPU are left out: " + ("gpu_steps is not built, which OpenCV's CUDA modules for pictures are needed for"
                                                   if GPU else "no GPU is asked for"))
        return
    for size in ("4288x2848", "1920x2944"):
        print(run("gpu_steps", size, options.seconds / 10, NUMBER), end="")


class Watch(threading.Thread):
    """Use and memory of the GPU twice a second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.use, self.memory, self.unread, self.over = [], [], 0, False

    def run(self):
        while GPU and not self.over:
            try:
                told = subprocess.run(["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", "-i", NUMBER],
                                      capture_output=True, text=True, check=False).stdout
                use, memory = map(int, told.split(","))
                self.use.append(use), self.memory.append(memory)
            except (OSError, ValueError):
                self.unread += 1
            time.sleep(0.5)

    def tell(self):
        if not self.memory:
            verdict("memory of the GPU", False, f"nvidia-smi told nothing in {self.unread} questions")
            return
        held = self.memory[len(self.memory) // 4:] or self.memory
        while len(held) > 1 and held[-1] < statistics.median(held) / 2:
            held.pop()   # the process has ended
        held = held[:-1] or held   # and may have been ending
        verdict("memory of the GPU", max(held) - min(held) <= 64, f"{min(held)} to {max(held)} MiB after the first quarter, {self.unread} unread")
        busy = self.use[len(self.use) // 10: len(self.use) * 9 // 10] or self.use   # without start and end
        print(f"use of the GPU: median {statistics.median(busy)} % of {len(busy)} readings, start and end left out")


def many():
    """COUNT pictures through the chain: none lost, none failed, memory of the GPU flat."""
    small = json.loads(run("med-resize", "--size", "512x512", "--out", "small", "--format", "png", PHOTOGRAPH))["image"]
    os.makedirs("eyes", exist_ok=True)
    for i in range(options.count):
        if i % 30000 == 0:   # a file has 65,000 names at most on some file systems
            small = shutil.copy(small, f"small/{i}.png")
        os.link(small, f"eyes/{i:05d}.png")
    watch = Watch()
    watch.start()
    began = time.perf_counter()
    line = ("set -o pipefail; med-scan eyes | med-crop --subject fundus --out work | "
            "med-clahe --gray green --clip-limit 2 --tiles 8x8 --out work | "
            f"med-infer {shlex.quote(str(WEIGHTS / 'vessel-unet'))} --device {shlex.quote(options.device)} --batch {8 if GPU else 1} "
            f"--jobs {options.jobs} --out work > cases.jsonl")
    run("bash", "-c", line, statuses=(0, 1))
    spent = time.perf_counter() - began
    watch.over = True
    watch.join()
    ids = [json.loads(text) for text in open("cases.jsonl", encoding="utf-8")]
    whole = [r["id"] for r in ids] == [f"{i:05d}" for i in range(options.count)] and not any("error" in r for r in ids)
    verdict(f"{options.count} pictures through four programs", whole, f"{options.count / spent:.1f} a second, {len(ids)} came out in order")
    if GPU:
        watch.tell()


PARTS = {"answers": answers, "speed": speed, "steps": steps, "many": many}
if __name__ == "__main__":
    wanted = options.only.split(",")
    if not set(wanted) <= set(PARTS):
        parser.error(f"--only is {options.only}, expected some of {', '.join(PARTS)}")
    print(run("med-infer", "--devices"), end="")
    asked = subprocess.run(["med-infer", "--self-test", "--device", options.device, str(WEIGHTS / "toy")], capture_output=True,
                           text=True, check=False)
    if asked.returncode == 3:
        print(asked.stderr.strip(), file=sys.stderr)
        sys.exit(3)
    with tempfile.TemporaryDirectory(prefix="medvision-gpu-") as folder:
        os.chdir(folder)
        for part in wanted:
            attempt(part, PARTS[part])
        os.chdir("/")
    sys.exit(1 if missed else 0)
