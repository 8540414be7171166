# SPDX-License-Identifier: Apache-2.0
"""What a GPU gives; see gpu.sh."""
import argparse
import array
import json
import os
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
CEILINGS = {"H100 80GB HBM3": (67e12, 989e12), "H200": (67e12, 989e12), "H100 PCIe": (51e12, 756e12), "A100": (19.5e12, 312e12), "L4": (30.3e12, 121e12)}
BAR, TORCH = 0.9, "import sys,time,torch\nm=torch.jit.load(sys.argv[1]).cuda().half().to(memory_format=torch.channels_last).eval()\n" \
    "x=torch.randn([int(n) for n in sys.argv[2].split('x')],device='cuda',dtype=torch.half).to(memory_format=torch.channels_last)\n" \
    "with torch.inference_mode():\n for _ in range(5): m(x)\n torch.cuda.synchronize(); t=time.perf_counter(); n=0\n" \
    " while time.perf_counter()-t<float(sys.argv[3]): m(x); torch.cuda.synchronize(); n+=1\n" \
    " print(n*len(x)/(time.perf_counter()-t))\n"

parser = argparse.ArgumentParser(description=__doc__)
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
os.environ["PATH"] = f"{BUILD}/bin:{BUILD}/bench:{os.environ['PATH']}"
GPU = options.device != "cpu"
missed = 0


def run(*command, stdin=None, statuses=(0,)):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, input=stdin, check=False)
    if done.returncode not in statuses:
        raise RuntimeError(f"status {done.returncode} of {' '.join(map(str, command))}: {done.stderr[-1000:]}")
    return done.stdout


def verdict(name, held, text):
    global missed
    missed += not held
    print(f"{name}: {text}: {'held' if held else 'MISSED'}", flush=True)


def kinds(card):
    """Devices to try a card on: the one asked for, and its 16-bit form where the card allows it."""
    precision = json.loads(Path(card).read_text())["precision"]
    wanted = [options.device, options.device.replace("cuda", "cuda-fp16")] if GPU else ["cpu"]
    return [d for d in wanted if precision.get(d.split(":")[0])]


def values(path):
    data = Path(path).read_bytes()
    begin = 10 + int.from_bytes(data[8:10], "little")
    return array.array("f", data[begin:])


def gray(folder, size=None, count=1):
    """A manifest of grey photographs that are ready for the networks, `count` records that name a few files."""
    text = run("med-crop", "--subject", "fundus", "--out", folder, "--force", PHOTOGRAPH)
    text = run("med-clahe", "--gray", "green", "--clip-limit", "2", "--tiles", "8x8", "--out", folder, "--force", stdin=text)
    if size:
        text = run("med-resize", "--size", size, "--fit", "stretch", "--out", folder, "--force", stdin=text)
    image = json.loads(text)["image"]
    files = [shutil.copy(image, f"{folder}/copy{i}.png") for i in range(min(count, 16))]
    path = Path(folder, "in.jsonl")
    path.write_text("".join(json.dumps({"id": str(i), "image": files[i % len(files)]}) + "\n" for i in range(count)))
    return path, [files[i % len(files)] for i in range(count)]


def answers():
    """Self-tests on every device a card allows, and a photograph on the GPU and on the CPU."""
    for card in networks():
        for device in ["cpu", *kinds(card)] if GPU else ["cpu"]:
            name = f"self-test {card.parent.relative_to(WEIGHTS)} on {device}"
            try:
                told = json.loads(run("med-infer", "--self-test", "--device", device, card, statuses=(0, 1)))
                verdict(name, told["passed"], f"{max(o['max_difference'] for o in told['outputs'].values()):.2g}")
            except RuntimeError as refused:
                verdict(name, False, str(refused))
    manifest, _ = gray("one")
    card = WEIGHTS / "vessel-unet" / "card.json"
    for device in kinds(card):
        maps = []
        for where in ("cpu", device):
            text = run("med-infer", card, "--device", where, "--out", f"one/{where}", "--force", manifest)
            maps.append(values(json.loads(text)["maps"]["vessel"]["path"]))
        apart = max(abs(a - b) for a, b in zip(*maps))
        allowed = json.loads(card.read_text())["precision"][device.split(":")[0]]["tolerance"]
        verdict(f"vessel-unet, the photograph on {device} and the CPU", len(maps[0]) == len(maps[1]) and apart <= allowed, f"{apart:.2g}")


def ends(card, device, jobs, files):
    """(pictures a second of reading, fitting and writing alone, WxH that the network is shown)."""
    os.makedirs("ends", exist_ok=True)
    told = json.loads(run("infer_ends", card, device, jobs, "ends", *files))
    multiple = json.loads(Path(card).read_text())["inputs"][0].get("multiple", 1)
    return told["pictures_per_s"], "x".join(str(-(-told[side] // multiple) * multiple) for side in ("width", "height"))


def rate(card, device, batch, manifest, networks=1):
    """Pictures a second of med-infer beyond its start: two lengths of one manifest."""
    lines = Path(manifest).read_text().splitlines(keepends=True)
    spent = []
    for part in (lines[:max(1, len(lines) // 10)], lines):
        Path("part.jsonl").write_text("".join(part))
        shutil.rmtree("maps", ignore_errors=True)
        began = time.perf_counter()
        run("med-infer", card, "--device", device, "--tile", "none", "--batch", batch, "--networks", networks, "--jobs", options.jobs, "--quiet",
            "--out", "maps", "part.jsonl")
        spent.append((len(part), time.perf_counter() - began))
    (few, short), (many, long) = spent
    return (many - few) / max(long - short, 1e-9)


def speed():
    """The table: med-infer beside a bare loop of forward passes, beside its ends without a network, and the ceilings."""
    folder, torch_here = (options.networks or Path("networks")).resolve(), False
    if not options.networks and not options.cards:
        told = subprocess.run([sys.executable, Path(__file__).parent / "networks.py", folder], capture_output=True, text=True, check=False)
        print(told.stderr.strip(), file=sys.stderr)
    listed = (folder / "list").read_text().splitlines() if (folder / "list").is_file() else []
    asked = [c.partition("=")[::2] for c in options.cards] or [
        (WEIGHTS / "vessel-unet" / "card.json", "720x704"), (WEIGHTS / "toy" / "card.json", "512x512"),
        *((folder / card, size) for card, _, size in (line.partition("=") for line in listed))]
    if GPU and any(folder.glob("*.pt")):
        seen = subprocess.run([sys.executable, "-c", "import torch; assert torch.cuda.is_available(), 'torch sees no GPU'; print(torch.__version__)"],
                              capture_output=True, text=True, check=False)
        torch_here = seen.returncode == 0
        print(f"torch beside: {seen.stdout.strip() or seen.stderr.strip().splitlines()[-1]}")
    print("| network | device | batch | med-infer /s | best of networks | bare loop /s | ends /s | share | torch 16 bit /s | GFLOP | of the ceiling | costliest |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    name = run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").strip() if GPU else ""
    ceiling = next((c for key, c in CEILINGS.items() if key in name), None)
    for card, size in asked:
        card = SOURCE / card if not Path(card).exists() else Path(card).resolve()
        said = json.loads(card.read_text())
        size = size or "x".join(map(str, said["inputs"][0].get("size", [512, 512])))
        for device in kinds(card):
            for batch in (1, 8) if GPU else (1,):
                shutil.rmtree("gray", ignore_errors=True)
                _, seen = ends(card, device, 1, gray("gray", size)[1])
                bare = json.loads(run("bare_loop", card, device, batch, seen, options.seconds))
                count = max(10, min(2000, int(bare["pictures_per_s"] * options.seconds)))
                shutil.rmtree("gray", ignore_errors=True)
                manifest, files = gray("gray", size, count)
                without, _ = ends(card, device, options.jobs, files)
                rates = {n: rate(card, device, batch, manifest, n) for n in ((1, 2, 3) if GPU else (1,))}
                best = max(rates, key=rates.get)
                limit = min(bare["pictures_per_s"], without)
                torch = "–"
                script = folder / f"{said['name']}.pt"
                if torch_here and script.is_file():
                    shape = f"{batch}x{said['inputs'][0].get('channels', 1)}x{'x'.join(reversed(seen.split('x')))}"
                    torch = f"{float(run(sys.executable, '-c', TORCH, script, shape, options.seconds)):.4g}"
                peak = ceiling[1 if "fp16" in device else 0] if ceiling else None
                share = f"{bare['pictures_per_s'] * bare['gflop'] * 1e9 / peak:.1%}" if peak else "–"
                print(f"| {said['name']} {seen} | {device} | {batch} | {rates[1]:.4g} | {rates[best]:.4g} ({best}) | {bare['pictures_per_s']:.4g} | "
                      f"{without:.4g} | {rates[best] / limit:.3f} | {torch} | {bare['gflop']:.3g} | {share} | {bare['costliest']} {bare['share']:.0%} |",
                      flush=True)
                verdict(f"{said['name']} on {device}, batch {batch}", rates[best] >= BAR * limit, f"{rates[best] / limit:.3f} of the smaller of bare loop and ends")


def steps():
    """A step pays on the GPU where it takes less than JOBS processors together take a picture."""
    if not GPU or not (BUILD / "bench" / "gpu_steps").is_file():
        print("steps on the GPU are left out: " + ("OpenCV of this build has no CUDA modules for pictures" if GPU else "no GPU is asked for"))
        return
    for size in ("4288x2848", "1920x2944"):
        print(run("gpu_steps", size, options.seconds / 10, options.device.partition(":")[2] or 0), end="")


class Watch(threading.Thread):
    """Use and memory of the GPU twice a second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.use, self.memory, self.over = [], [], False

    def run(self):
        while GPU and not self.over:
            told = subprocess.run(["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", "-i",
                                   options.device.partition(":")[2] or "0"], capture_output=True, text=True, check=False).stdout
            use, memory = map(int, told.split(","))
            self.use.append(use), self.memory.append(memory)
            time.sleep(0.5)


def many():
    """COUNT pictures through the chain: none lost, none failed, memory of the GPU flat."""
    small = json.loads(run("med-resize", "--size", "512x512", "--out", "small", "--format", "png", PHOTOGRAPH))["image"]
    os.makedirs("eyes", exist_ok=True)
    for i in range(options.count):
        os.link(small, f"eyes/{i:05d}.png")
    watch = Watch()
    watch.start()
    began = time.perf_counter()
    line = ("set -o pipefail; med-scan eyes | med-crop --subject fundus --out work | "
            "med-clahe --gray green --clip-limit 2 --tiles 8x8 --out work | "
            f"med-infer {WEIGHTS}/vessel-unet --device {options.device} --batch {8 if GPU else 1} --jobs {options.jobs} --out work > cases.jsonl")
    run("bash", "-c", line, statuses=(0, 1))
    spent = time.perf_counter() - began
    watch.over = True
    watch.join()
    ids = [json.loads(text) for text in open("cases.jsonl")]
    whole = [r["id"] for r in ids] == [f"{i:05d}" for i in range(options.count)] and not any("error" in r for r in ids)
    verdict(f"{options.count} pictures through four programs", whole, f"{options.count / spent:.1f} a second, {len(ids)} came out in order")
    if watch.memory:
        settled = watch.memory[len(watch.memory) // 4:]
        busy = watch.use[len(watch.use) // 10: len(watch.use) * 9 // 10] or [0]   # without start and end
        verdict("memory of the GPU", max(settled) - min(settled[:-2] or settled) <= 64, f"{min(settled)} to {max(settled)} MiB after the first quarter")
        print(f"use of the GPU: median {statistics.median(busy)} % of {len(busy)} readings, start and end left out")


if __name__ == "__main__":
    print(run("med-infer", "--devices"), end="")
    asked = subprocess.run(["med-infer", "--self-test", "--device", options.device, str(WEIGHTS / "toy")], capture_output=True,
                           text=True, check=False)
    if asked.returncode == 3:
        print(asked.stderr.strip(), file=sys.stderr)
        sys.exit(3)
    with tempfile.TemporaryDirectory(prefix="medvision-gpu-") as folder:
        os.chdir(folder)
        for part in options.only.split(","):
            {"answers": answers, "speed": speed, "steps": steps, "many": many}[part]()
        os.chdir("/")
    sys.exit(1 if missed else 0)
