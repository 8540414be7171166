#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Networks of cards as TorchScript, for `gpu.sh --torch DIR`:  torchscript.py --out DIR CARD[=WIDTHxHEIGHT] ...

Each card's ONNX becomes DIR/NAME.pt, traced at the size said, else at the card's. Needs torch, onnx and onnx2torch (PyPI, with
torchvision); an operator that onnx2torch does not know leaves the network out, with its name. Nothing of it runs in the main job."""
import argparse
import json
import sys
from pathlib import Path

import onnx
import onnx2torch
import torch

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--out", type=Path, required=True)
parser.add_argument("cards", nargs="+", metavar="CARD[=WIDTHxHEIGHT]")
options = parser.parse_args()
options.out.mkdir(parents=True, exist_ok=True)
left_out = 0
for asked in options.cards:
    path, _, size = asked.partition("=")
    path = Path(path) / "card.json" if Path(path).is_dir() else Path(path)
    card = json.loads(path.read_text())
    first = card["inputs"][0]
    width, height = map(int, size.split("x")) if size else first.get("size", [512, 512])
    try:
        network = onnx2torch.convert(onnx.load(path.parent / card["onnx"])).eval()
    except NotImplementedError as problem:
        print(f"{card['name']} is left out: {problem}", file=sys.stderr)
        left_out = 1
        continue
    blob = torch.rand(1, first.get("channels", 1), height, width)
    with torch.inference_mode():
        expected = network(blob)
        script = torch.jit.trace(network, blob, check_trace=False)
        script.save(str(options.out / f"{card['name']}.pt"))
        met = torch.jit.load(str(options.out / f"{card['name']}.pt"))(blob)
    pairs = zip(*([o] if torch.is_tensor(o) else o for o in (expected, met)))
    largest = max(float((a - b).abs().max()) for a, b in pairs)
    assert largest < 1e-5, f"{card['name']}: what was written differs by {largest}"
    print(f"{options.out / card['name']}.pt: {width}x{height}, {sum(p.numel() for p in network.parameters()):,} parameters")
sys.exit(left_out)
