#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The networks of gpu.sh's table, at the sizes they were published for:  networks.py OUT [--retina-unet DIR] [--no-torch]

OUT/gmic and OUT/glam with made-up weights, OUT/retina-unet from the published files in DIR (../shared/weights/retina-unet where
that is beside), OUT/list with a line CARD=WIDTHxHEIGHT for each, and OUT/NAME.pt, the same and the small networks that ship as
TorchScript. Needs numpy and onnx; h5py for retina-unet; for TorchScript torch and onnx2torch (PyPI, with torchvision). What is
absent, and an operator that onnx2torch does not know, leaves a network out, and is said."""
import argparse
import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tier import REFERENCE, WEIGHTS  # noqa: E402

SHIPPED = {WEIGHTS / "vessel-unet" / "card.json": "720x704", WEIGHTS / "toy" / "card.json": "512x512"}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("out", type=Path, metavar="OUT")
parser.add_argument("--retina-unet", type=Path, default=REFERENCE / "weights" / "retina-unet", metavar="DIR")
parser.add_argument("--no-torch", action="store_true")
options = parser.parse_args()


def left_out(what, why):
    print(f"{what} is left out: {why}", file=sys.stderr)


def export(name, *arguments):
    done = subprocess.run([sys.executable, WEIGHTS / name / "export.py", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        left_out(name, done.stderr.strip().splitlines()[-1])
    return done.returncode == 0


def published():
    """{card: size}; a mammogram's whole window for the trunks of GMIC and GLAM, a photograph of DRIVE for retina-unet."""
    made = {}
    for name, gain in (("gmic", "1.5"), ("glam", "1.0")):
        if export(name, "--deterministic", "gpu/", "--head-gain", gain, options.out / name):
            made[options.out / name / "global" / "card.json"] = "1920x2944"
    folder = options.out / "retina-unet"
    if not options.retina_unet.is_dir():
        left_out("retina-unet", f"no {options.retina_unet}")
        return made
    folder.mkdir(exist_ok=True)
    if export("retina-unet", options.retina_unet, folder / "retina-unet.onnx"):
        shutil.copy(WEIGHTS / "retina-unet" / "card.json", folder)
        made[folder / "card.json"] = "568x584"
    return made


def scripts(cards):
    try:
        import onnx
        import onnx2torch
        import torch
        from onnx2torch.node_converters import registry
        from onnx2torch.utils.common import OperationConverterResult, onnx_mapping_from_node
    except ImportError as absent:
        left_out("TorchScript", absent)
        return
    warnings.simplefilter("ignore", torch.jit.TracerWarning)

    class GlobalMaxPool(torch.nn.Module):
        def forward(self, x):
            return x.amax(dim=tuple(range(2, x.dim())), keepdim=True)

    # onnx2torch 1.5 has none.
    if registry.OperationDescription("", "GlobalMaxPool", 1) not in registry._CONVERTER_REGISTRY:
        registry.add_converter("GlobalMaxPool", 1)(
            lambda node, graph: OperationConverterResult(GlobalMaxPool(), onnx_mapping_from_node(node)))
    for path, size in cards.items():
        card = json.loads(path.read_text())
        width, height = map(int, size.split("x"))
        try:
            network = onnx2torch.convert(onnx.load(path.parent / card["onnx"])).eval()
        except NotImplementedError as unknown:
            left_out(f"TorchScript of {card['name']}", unknown)
            continue
        blob = torch.rand(1, card["inputs"][0].get("channels", 1), height, width)
        file = options.out / f"{card['name']}.pt"
        with torch.inference_mode():
            expected = network(blob)
            torch.jit.trace(network, blob, check_trace=False).save(str(file))
            met = torch.jit.load(str(file))(blob)
        largest = max(float((a - b).abs().max()) for a, b in zip(*([o] if torch.is_tensor(o) else o for o in (expected, met))))
        assert largest < 1e-5, f"{card['name']}: what was written differs by {largest}"
        print(f"{file}: {size}, {sum(p.numel() for p in network.parameters()):,} parameters")


options.out.mkdir(parents=True, exist_ok=True)
cards = published()
(options.out / "list").write_text("".join(f"{card.relative_to(options.out)}={size}\n" for card, size in cards.items()))
if not options.no_torch:
    scripts({**SHIPPED, **cards})
