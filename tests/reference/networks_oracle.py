# SPDX-License-Identifier: Apache-2.0
"""GMIC, GLAM, DMV and ResNet-34 with made-up weights: exported parts in OpenCV against stored answers of the authors'
programs and against our torch modules. Needs torch and python3-opencv, so all of it belongs to --full."""
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import mammograms
from exporters import GOLDEN, case_of, close, export
from pictures import write_png
from tier import REFERENCE, WEIGHTS, Skip, sh


def need(folder, *modules):
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise Skip(f"python3-{module.replace('cv2', 'opencv')} is absent")
    if not folder.is_dir():
        raise Skip(f"{folder.relative_to(REFERENCE.parent)} is absent")


def forward(part, inputs, outputs):
    """One pass of OUT_DIR/part through OpenCV: {output: array}."""
    import cv2
    net = cv2.dnn.readNetFromONNX(str(part / json.loads((part / "card.json").read_text())["onnx"]))
    for name, value in inputs.items():
        net.setInput(value, name)
    return dict(zip(outputs, net.forward(list(outputs))))


def top_mean(plane, share):
    count = int(np.round(plane.size * share))
    return np.sort(plane.ravel().astype(np.float64))[-count:].mean()


def gmic(case):
    folder = GOLDEN / "gmic" / case
    need(folder, "torch", "cv2")
    result, image = case_of(folder)
    parts = export("gmic", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"])
    stored = {name: np.load(folder / f"{name}.npy") for name in ("saliency", "global_vec", "h_crops", "z")}
    seen = forward(parts / "global", {"image": image[None, None]}, ("saliency", "global_vec"))
    close("saliency", seen["saliency"][0], stored["saliency"])
    close("global vector", seen["global_vec"][0], stored["global_vec"])
    close("pooled saliency", [top_mean(plane, result["percent_t"]) for plane in seen["saliency"][0]],
          result["y_global"])
    cells = mammograms.greedy_cells(seen["saliency"][0], result["K"], result["window_on_cam"])
    assert cells == result["small_locations"], f"{cells}, expected {result['small_locations']}"
    crops = np.stack([mammograms.crop(image, cell, seen["saliency"].shape[2:], 256) for cell in cells])[:, None]
    h = forward(parts / "local", {"roi": crops}, ("h",))["h"]
    close("vectors of the crops", h, stored["h_crops"])
    one = forward(parts / "local", {"roi": crops[3:4]}, ("h",))["h"]
    close("one crop alone", one[0], h[3], 1e-5)
    met = forward(parts / "fusion", {"global_vec": seen["global_vec"], "h": h}, ("fusion", "local", "attention", "z"))
    for name, expected in (("fusion", result["y_fusion"]), ("local", result["y_local"]),
                           ("attention", result["patch_attentions"]), ("z", stored["z"])):
        close(name, met[name][0], expected)


def glam(case):
    folder = GOLDEN / "glam" / case
    need(folder, "torch", "cv2")
    result, image = case_of(folder)
    whole = image.shape == (2944, 1920)
    size = () if whole else ("--size", f"{image.shape[1]}x{image.shape[0]}", "--crop", result["crop_shape"][0])
    parts = export("glam", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"], *size)
    levels = ("level1", "level2", "level3")
    seen = {name: value[0] for name, value in
            forward(parts / "global", {"image": image[None, None]}, (*levels, "saliency")).items()}
    for number, name in enumerate(levels, 1):
        step = 4 if whole else 1
        close(name, seen[name][:, ::step, ::step], np.load(folder / f"layer{number}.npy"))
    step = 3 if whole else 1
    close("saliency", seen["saliency"][:, ::step, ::step], np.load(folder / "global_saliency.npy"))
    pooled = [[top_mean(plane, result["percent_k"]) for plane in seen[name]] for name in levels]
    close("pooled levels", pooled, result["y_level"][:3])
    close("score", np.mean(pooled, 0), result["y_global"])
    cells = mammograms.greedy_cells(seen["saliency"], result["K"], result["window_on_cam"])
    assert cells[0] == result["first_cell"], f"{cells[0]}, expected {result['first_cell']}"
    size, side = seen["saliency"].shape[1:], result["crop_shape"][0]
    crops = np.stack([mammograms.crop(image, cell, size, side) for cell in cells])[:, None]
    local = forward(parts / "local", {"roi": crops}, ("local",))["local"]
    step = 4 if whole else 1
    close("local map", local[..., ::step, ::step], np.load(folder / "local_cam.npy"))


def dmv_four_views():
    folder = GOLDEN / "dmv"
    need(folder, "torch", "cv2")
    stored = json.loads((folder / "viewwise_small.json").read_text())
    parts = export("dmv", "made", "--deterministic", stored["salt"], "--kind", "four-view")
    pictures = {"l_cc": ("bcc_1_L_CC", (2677, 1942)), "r_cc": ("bcc_1_R_CC", (2677, 1942)),
                "l_mlo": ("0_L-MLO", (2944, 1920)), "r_mlo": ("0_R-MLO", (2944, 1920))}
    vectors = {}
    for view, picture in pictures.items():
        window = mammograms.standardized(mammograms.raw_window(*picture))[::4, ::4]
        vectors[view] = forward(parts / view[2:], {"image": np.ascontiguousarray(window)[None, None]},
                                ("vector",))["vector"]
    met = forward(parts / "fusion", vectors, ("cc", "mlo", "breast"))
    for angle in ("CC", "MLO"):
        close(angle, met[angle.lower()][0], np.exp(np.array(stored["log_softmax"][angle])[:, 1]))
    close("breast", met["breast"][0], list(stored["final_breast_level"].values()))


def whole_through_med_infer(case):
    """The card as it is, from the 16-bit window to the maps."""
    folder = GOLDEN / "gmic" / case
    need(folder)
    result = json.loads((folder / "result.json").read_text())
    write_png("case.png", mammograms.raw_window(result["image"]).astype(np.uint16))
    parts = export("gmic", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"])
    Path("in.jsonl").write_text('{"id": "case", "image": "case.png"}\n')
    sh(f"med-infer {parts}/global in.jsonl --out out", 0, timeout=600)
    close("saliency", np.load("out/case.saliency.npy"), np.load(folder / "saliency.npy"))
    close("global vector", np.load("out/case.global_vec.npy").ravel(), np.load(folder / "global_vec.npy"))


# Runs in a process of its own for each network, because each has a network.py: our torch modules and OpenCV on the same
# random input, part by part.
MODULES = """
import sys
folder, network, out = sys.argv[1:4]
sys.path[:0] = [f"{folder}/exporting", f"{folder}/{network}"]
import checkpoint, torch, tables, network as module
from networks import DenseNet121, load
import keys, numpy
torch.manual_seed(3)
def made(cls, table):
    return load(cls(), checkpoint.select(checkpoint.deterministic(table, "t/"), table)).double()
answers = {}
def keep(part, inputs, **outputs):
    for name, value in inputs.items():
        answers[f"{part} in {name}"] = value.float().numpy()
    for name, value in outputs.items():
        answers[f"{part} out {name}"] = value.numpy()
with torch.inference_mode():
    if network == "gmic":
        whole = made(module.GMIC, tables.table())
        x, r = torch.randn(2, 1, 320, 192).float().double(), torch.randn(3, 1, 256, 256).float().double()
        g, h = torch.randn(1, 256).float().double(), torch.randn(6, 512).float().double()
        _, saliency, vector = whole.look(x)
        keep("global", {"image": x}, saliency=saliency, global_vec=vector)
        keep("local", {"roi": r}, h=whole.describe(r))
        fusion, local, attention, z = whole.decide(g, h)
        keep("fusion", {"global_vec": g, "h": h}, fusion=fusion, local=local, attention=attention, z=z)
        keep("equal", {"global_vec": g, "h": h}, **dict(zip(("fusion", "attention"), whole.decide(g, h, "equal")[::2])))
    if network == "resnet34":
        x = torch.randn(2, 1, 320, 192).float().double()
        score, saliency = made(module.ResNet34, tables.table())(x)
        keep(".", {"image": x}, image_score=score, saliency=saliency)
    if network == "glam":
        whole = made(module.GLAM, tables.table())
        x, r = torch.randn(2, 1, 320, 192).float().double(), torch.randn(2, 1, 64, 64).float().double()
        levels, saliency = whole.global_network(x)
        keep("global", {"image": x}, level1=levels[0], level2=levels[1], level3=levels[2], saliency=saliency)
        keep("local", {"roi": r}, local=whole.detection_network(r))
    if network == "dmv":
        x = torch.randn(2, 1, 256, 256).float().double()
        keep("patch", {"image": x}, patch=made(DenseNet121, keys.densenet121())(x))
        whole = made(lambda: module.SingleView(3), tables.single_view_table(3))
        x = torch.randn(2, 3, 190, 201).float().double()
        for view in tables.VIEWS:
            keep(view, {"image": x}, image_score=whole(view, x))
numpy.savez(out, **answers)
"""


def modules(network, *exports):
    """Two pictures at once, so that a graph which is right for one alone is found."""
    need(WEIGHTS, "torch", "cv2")
    made = subprocess.run([sys.executable, "-c", MODULES, WEIGHTS, network, "answers.npz"], capture_output=True,
                          text=True, timeout=600)
    assert made.returncode == 0, made.stderr
    for options in exports or ((),):
        export(network, "made", "--deterministic", "t/", *options)
    answers = np.load("answers.npz")
    if network == "gmic":
        export(network, "equal", "--deterministic", "t/", "--attention", "equal")
    parts = sorted({name.split(" ")[0] for name in answers})
    assert parts, "nothing was computed"
    for part in parts:
        inputs = {name.split(" in ")[1]: answers[name] for name in answers if name.startswith(f"{part} in ")}
        outputs = {name.split(" out ")[1]: answers[name] for name in answers if name.startswith(f"{part} out ")}
        where = Path("equal/fusion") if part == "equal" else Path("made") / part
        for name, met in forward(where, inputs, tuple(outputs)).items():
            close(f"{network} {part} {name}", met, outputs[name])


def checkpoint_files():
    """A file of torch gives the same bytes as the numbers that were put into it; what lacks a name is refused."""
    need(WEIGHTS, "torch")
    import torch

    import checkpoint
    from exporters import tables
    state = {name: torch.from_numpy(value) for name, value in
             checkpoint.deterministic(tables("gmic").table(), "t/").items()}
    torch.save({**state, "shared_rep_filter.weight": torch.zeros(3)}, "sample_model_5.p")
    export("gmic", "made", "--deterministic", "t/", "--model", "5")
    export("gmic", "read", "sample_model_5.p")
    for part in ("global", "local", "fusion"):
        pair = [(Path(folder) / part / f"{part}.onnx").read_bytes() for folder in ("made", "read")]
        assert pair[0] == pair[1], f"{part} differs"
        card = json.loads((Path("read") / part / "card.json").read_text())
        assert "AGPL" in card["licence"] and card["notice"] == "Not for clinical use.", card
    stages = json.loads(Path("read/card.json").read_text())["stages"]
    assert [s["percent"] for s in stages if s["run"] == "top-percent"] == [10], stages
    del state["ds_net.first_conv.weight"]
    torch.save(state, "sample_model_1.p")
    failed = subprocess.run([sys.executable, WEIGHTS / "gmic" / "export.py", "sample_model_1.p", "no"],
                            capture_output=True, text=True, timeout=600)
    assert failed.returncode != 0 and "lacks ds_net.first_conv.weight" in failed.stderr, failed.stderr
    assert not Path("no").exists()


def add_to(tier):
    for case in ("small_mv9_0_L-MLO", "small_mv36_0_R-CC", "full_mv9_0_L-CC", "full_mv9_0_R-CC", "full_mv9_0_L-MLO",
                 "full_mv36_0_R-MLO"):
        tier.run(f"GMIC, {case}", gmic, case)
    for case in ("small_0_L-MLO_K2", "full_0_L-CC", "full_0_R-CC"):
        tier.run(f"GLAM, {case}", glam, case)
    tier.run("DMV, four views", dmv_four_views)
    tier.run("GMIC whole through med-infer", whole_through_med_infer, "full_mv9_0_R-CC")
    tier.run("GMIC against our torch module", modules, "gmic")
    tier.run("ResNet-34 against our torch module", modules, "resnet34")
    tier.run("GLAM against our torch module", modules, "glam", ("--crop", "64"))
    tier.run("DMV against our torch module", modules, "dmv", ("--kind", "patch"),
             ("--kind", "single-view", "--heatmaps"))
    tier.run("checkpoints of torch", checkpoint_files)
