# SPDX-License-Identifier: Apache-2.0
"""GMIC, GLAM and DMV with made-up weights: our exporters' parts in OpenCV against stored answers of the authors' programs
and against our torch modules. Needs torch and python3-opencv, so all of it belongs to --full."""
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import mammograms
from pictures import write_png
from tier import REFERENCE, WEIGHTS, Skip, sh

GOLDEN = REFERENCE / "golden"
TOLERANCE = 1e-4


def need(folder, *modules):
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise Skip(f"python3-{module.replace('cv2', 'opencv')} is absent")
    if not folder.is_dir():
        raise Skip(f"{folder.relative_to(REFERENCE.parent)} is absent")


def export(network, folder, *options):
    made = subprocess.run([sys.executable, WEIGHTS / network / "export.py", folder, *options], capture_output=True,
                          text=True, timeout=600)
    assert made.returncode == 0, made.stderr
    return Path(folder)


def forward(part, inputs, outputs):
    """One pass of OUT_DIR/part through OpenCV: {output: array}."""
    import cv2
    net = cv2.dnn.readNetFromONNX(str(part / f"{part.name}.onnx"))
    for name, value in inputs.items():
        net.setInput(value, name)
    return dict(zip(outputs, net.forward(list(outputs))))


def close(what, met, expected, tolerance=TOLERANCE):
    met, expected = np.asarray(met), np.asarray(expected)
    assert met.shape == expected.shape, f"{what} is {met.shape}, expected {expected.shape}"
    worst = float(np.abs(met.astype(np.float64) - expected).max())
    print(f"# {what}: largest difference {worst:.3g}")
    assert worst <= tolerance, f"{what} differs by {worst:.3g}"


def top_mean(plane, share):
    count = int(np.round(plane.size * share))
    return np.sort(plane.ravel().astype(np.float64))[-count:].mean()


def case_of(folder):
    result = json.loads((folder / "result.json").read_text())
    stride = result["subsample_stride"]
    window = mammograms.standardized(mammograms.raw_window(result["image"]))
    return result, np.ascontiguousarray(window[::stride, ::stride])


def gmic(case):
    folder = GOLDEN / "gmic" / case
    need(folder, "torch", "cv2")
    result, image = case_of(folder)
    parts = export("gmic", "made", "--deterministic", result["salt"], "--head-gain", str(result["head_gain"]))
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
    size = () if whole else ("--size", f"{image.shape[1]}x{image.shape[0]}")
    parts = export("glam", "made", "--deterministic", result["salt"], "--head-gain", str(result["head_gain"]), *size)
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
