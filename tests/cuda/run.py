#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must hold on a GPU; every test is skipped, with the reason, where there is none: tests/run.sh --tier cuda."""
import json
import shutil
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from pictures import texture, write_png  # noqa: E402
from tier import PHOTOGRAPH, WEIGHTS, Skip, Tier, networks, sh  # noqa: E402

TOY, VESSEL = WEIGHTS / "toy" / "card.json", WEIGHTS / "vessel-unet" / "card.json"


def gpus():
    """How many GPUs answer, or a skip that says what is missing: the build or the machine."""
    told = json.loads(sh("med-infer --devices", 0).out)
    if not told["build"]["cuda"]:
        raise Skip(f"OpenCV {told['build']['opencv']} of this build has no CUDA")
    usable = [g for g in told["machine"]["gpus"] if g["usable"]]
    if not usable:
        raise Skip("no GPU answers on this machine")
    return len(usable)


def largest_difference(a, b):
    names = sorted(p.relative_to(a) for p in Path(a).rglob("*.npy"))
    assert names and names == sorted(p.relative_to(b) for p in Path(b).rglob("*.npy")), names
    return max(np.abs(np.load(Path(a, n)) - np.load(Path(b, n))).max() for n in names)


def pictures(count=12):
    for i in range(count):
        write_png(f"p{i}.png", texture(96 if i % 3 else 64, 80, i))
    Path("in.jsonl").write_text("".join(json.dumps({"id": f"p{i}", "image": f"p{i}.png"}) + "\n" for i in range(count)))


def self_tests():
    gpus()
    for card in networks():
        precision = json.loads(card.read_text())["precision"]
        for device in ("cuda", "cuda-fp16"):
            if precision.get(device):
                sh(f"med-infer --self-test --device {device} {card}", 0)
            else:
                sh(f"med-infer --self-test --device {device} {card}", 2)


def the_photograph_as_on_the_cpu():
    gpus()
    sh(f"med-scan {PHOTOGRAPH} | med-crop --subject fundus --out w | med-clahe --gray green --clip-limit 2 --tiles 8x8 --out w > in.jsonl", 0)
    for device in ("cpu", "cuda"):
        met = json.loads(sh(f"med-infer {VESSEL} --device {device} --out {device} in.jsonl", 0).out)
        assert met["steps"][-1]["by"] == "med-infer", met["steps"]
    assert largest_difference("cpu", "cuda") <= json.loads(VESSEL.read_text())["precision"]["cuda"]["tolerance"]


def batches_and_networks_do_not_matter():
    """On one GPU bytes are those of any batch that is filled up, to the card's tolerance those of single pictures."""
    gpus()
    pictures()
    one = sh(f"med-infer {TOY} --device cuda --out one in.jsonl", 0).out
    for name, more in (("b4", "--batch 4"), ("n2", "--networks 2"), ("both", "--networks 3 --batch 4 --jobs 4"), ("b64", "--batch 64")):
        met = sh(f"med-infer {TOY} --device cuda {more} --out {name} in.jsonl", 0).out
        assert [json.loads(a)["id"] for a in met.splitlines()] == [json.loads(a)["id"] for a in one.splitlines()]
        assert largest_difference("one", name) <= 1e-4, name
    again = sh(f"med-infer {TOY} --device cuda --batch 4 --out again in.jsonl", 0)
    assert again.status == 0 and largest_difference("b4", "again") == 0


def several_gpus():
    count = gpus()
    if count < 2:
        raise Skip("there is one GPU")
    pictures(40)
    sh(f"med-infer {TOY} --device cuda:0 --out one in.jsonl", 0)
    sh(f"med-infer {TOY} --device cuda:{','.join(map(str, range(count)))} --out all in.jsonl", 0)
    assert largest_difference("one", "all") == 0


def a_gpu_that_is_not_there():
    count = gpus()
    met = sh(f"med-infer {TOY} --device cuda:{count} --out o /dev/null", 3)
    assert f"{count} GPU" in met.err, met.err


def layers_that_go_back_are_refused():
    gpus()
    shutil.copytree(WEIGHTS / "zoom-small" / "fusion", "fusion")
    sh("med-infer --self-test --device cuda fusion", 0)
    card = json.loads(Path("fusion/card.json").read_text())
    del card["precision"]["cuda"]["layers_on_cpu"]
    Path("fusion/card.json").write_text(json.dumps(card))
    met = sh("med-infer --self-test --device cuda fusion", 2)
    assert "go back" in met.err and "Reduce" in met.err, met.err
    sh("med-infer --self-test --device auto fusion", 0)


tier = Tier("cuda", __doc__).start()
for test in (self_tests, the_photograph_as_on_the_cpu, batches_and_networks_do_not_matter, several_gpus, a_gpu_that_is_not_there,
             layers_that_go_back_are_refused):
    tier.run(test.__name__.replace("_", " "), test)
tier.end()
