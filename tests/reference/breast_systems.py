# SPDX-License-Identifier: Apache-2.0
"""GMIC and GLAM end to end: from the 16-bit pictures through the programs alone to the scores, with made-up weights,
against stored answers of the authors' programs; and the small programs against the one process."""
import json
import os
from pathlib import Path

import numpy as np

import mammograms
from exporters import GOLDEN, close, export
from tier import REFERENCE, Skip, sh

MODEL = {0.02: 1, 0.03: 2, 0.05: 4, 0.1: 5}  # which of the five pools this share of the saliency
CLASSES = ("benign", "malignant")
REGIONS = "med-roi --map saliency --class sum --rule window-sum --normalize minmax --zero-range nan"


def standardized_before(system, parts):
    """The small cases come standardised."""
    for part in parts:
        path = system / part / "card.json"
        card = json.loads(path.read_text())
        card["inputs"][0]["standardize"] = "none"
        path.write_text(json.dumps(card))


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def window_of(name, stride):
    """window.jsonl: the window that the programs cut from the picture; of the small cases, every fourth pixel of it once
    it was standardised."""
    picture = mammograms.PICTURES / f"{name}.png"
    if not picture.is_file():
        raise Skip(f"{picture.relative_to(REFERENCE.parent)} is absent")
    os.symlink(picture, f"{name}.png")
    cut = sh(f"med-scan --tags '{{patient}}_{{side}}-{{view}}' {name}.png | med-crop --subject breast --background 0 "
             "--window 1920x2944 --flip-to left --format npy --out out", 0).out
    record, = records(cut)
    assert (record["width"], record["height"]) == (1920, 2944), record
    pixels = np.load(record["image"]).reshape(2944, 1920)
    expected = mammograms.raw_window(name)
    assert (pixels == expected).all(), f"{np.count_nonzero(pixels != expected)} pixels of the window differ"
    if stride > 1:
        cut = sh("med-clahe --standardize image --clip-limit 0 --format npy --out out", 0, stdin=cut).out
        record, = records(cut)
        np.save("small.npy", np.ascontiguousarray(np.load(record["image"]).reshape(2944, 1920)[::stride, ::stride]))
        cut = json.dumps({"id": name, "image": "small.npy", "tags": record["tags"]}) + "\n"
    Path("window.jsonl").write_text(cut)
    return pixels.shape[0] // stride, pixels.shape[1] // stride


def stored(network, case):
    folder = GOLDEN / network / case
    if not folder.is_dir():
        raise Skip(f"{folder.relative_to(REFERENCE.parent)} is absent")
    return folder, json.loads((folder / "result.json").read_text())


def places(record):
    return [[float(roi["window"][1]), float(roi["window"][0])] for roi in record["rois"]]


def scores(record, name):
    return [record["scores"][f"{name}.{c}"] for c in CLASSES]


def same_scores(what, single, whole, names):
    for name in names:
        met, expected = (scores(r, name) for r in (single, whole))
        assert met == expected, f"{what}: {name} is {met}, in one process {expected}"
    met, expected = (places(r) for r in (single, whole))
    assert met == expected, f"{what}: regions at {met}, in one process {expected}"


def gmic(case):
    folder, result = stored("gmic", case)
    name = result["image"]
    window_of(name, result["subsample_stride"])
    system = export("gmic", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"],
                    "--model", MODEL[result["percent_t"]])
    if result["subsample_stride"] > 1:
        standardized_before(system, ("global", "local"))
    whole, = records(sh(f"med-infer {system} window.jsonl --keep all --out out | "
                        "med-upsample --map saliency --interpolation linear --as linear --out out | "
                        "med-upsample --map saliency --interpolation nearest --as nearest --out out", 0).out)
    for score, expected in (("fusion", "y_fusion"), ("local", "y_local"), ("global", "y_global")):
        close(score, scores(whole, score), result[expected])
    assert places(whole) == result["patch_locations"], f"{places(whole)}, expected {result['patch_locations']}"
    close("attention", [roi["scores"]["attention"] for roi in whole["rois"]], result["patch_attentions"])
    saliency = np.load(folder / "saliency.npy")
    close("saliency", np.load(whole["maps"]["saliency"]["path"]), saliency)
    close("global vector", np.load(whole["features"]["global_vec"]["path"]).ravel(), np.load(folder / "global_vec.npy"))
    close("vectors of the crops", np.load(whole["rois"][0]["features"]["h"]["path"]).reshape(6, 512),
          np.load(folder / "h_crops.npy"))
    close("z", np.load(whole["features"]["z"]["path"]).ravel(), np.load(folder / "z.npy").ravel())
    close("saliency enlarged, linear", np.load(whole["maps"]["linear.saliency"]["path"])[:, ::61, ::59],
          np.load(folder / "upsampled_linear_strided.npy"))
    (rows, columns), (height, width) = saliency.shape[1:], result["input_shape"]
    nearest = saliency[:, np.arange(height)[:, None] * rows // height, np.arange(width) * columns // width]
    close("saliency enlarged, nearest", np.load(whole["maps"]["nearest.saliency"]["path"]), nearest)

    single, = records(sh(f"med-infer {system}/global window.jsonl --out single | {REGIONS} --count 6 --window 256 | "
                         f"med-infer {system}/local --over rois --out single | med-infer {system}/fusion --out single", 0).out)
    same_scores("single programs", single, whole, ("fusion", "local"))
    assert [roi["scores"] for roi in single["rois"]] == [roi["scores"] for roi in whole["rois"]], "attention differs"
    pooled, = records(sh(f"med-fuse --group id --top-percent {100 * result['percent_t']:g} --map saliency", 0,
                         stdin=json.dumps(single) + "\n").out)
    same = [pooled["scores"][f"saliency.{c}"] for c in CLASSES]
    assert same == scores(whole, "global"), f"med-fuse pools {same}, one process {scores(whole, 'global')}"


def glam(case):
    folder, result = stored("glam", case)
    name, side = result["image"], result["crop_shape"][0]
    rows, columns = window_of(name, result["subsample_stride"])
    whole_size = result["subsample_stride"] == 1
    size = () if whole_size else ("--size", f"{columns}x{rows}", "--crop", side)
    system = export("glam", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"], *size)
    card = json.loads((system / "card.json").read_text())
    for stage in card["stages"]:
        if stage["run"] == "roi":
            stage["count"] = result["K"]
    (system / "card.json").write_text(json.dumps(card))
    if not whole_size:
        standardized_before(system, ("global", "local"))
    whole, = records(sh(f"med-infer {system} window.jsonl --keep all --out out", 0, timeout=1200).out)
    close("score", scores(whole, "image_score"), result["y_global"])
    for number in (1, 2, 3):
        close(f"pooled level {number}", scores(whole, f"level{number}_score"), result["y_level"][number - 1])
    assert places(whole) == result["patch_locations"], f"{places(whole)}, expected {result['patch_locations']}"
    maps = {n: np.load(m["path"]) for n, m in whole["maps"].items()}
    step = 4 if whole_size else 1
    for number in (1, 2, 3):
        close(f"level {number}", maps[f"level{number}"][:, ::step, ::step], np.load(folder / f"layer{number}.npy"))
    step = 3 if whole_size else 1
    close("saliency", maps["saliency"][:, ::step, ::step], np.load(folder / "global_saliency.npy"))
    local = np.load(whole["rois"][0]["maps"]["local"]["path"]).reshape(result["local_cam_shape"])
    step = 4 if whole_size else 1
    close("local map", local[..., ::step, ::step], np.load(folder / "local_cam.npy"))
    final = maps["final"]
    assert final.shape == (2, rows, columns), final.shape
    close("final map", final[:, ::37, ::41], np.load(folder / "fused_strided.npy"))
    mean = final.sum((1, 2), dtype=np.float64) / (rows * columns)
    close("mean of the final map", mean, np.array(result["fused_sum_f64"]) / (rows * columns), 1e-5)
    single, = records(sh(f"med-infer {system}/global window.jsonl --out single | {REGIONS} --count {result['K']} "
                         f"--window {side} | med-infer {system}/local --over rois --out single | "
                         "med-paste --maps local --onto saliency --out single", 0, timeout=1200).out)
    same_scores("single programs", single, whole, ())
    pasted = np.load(single["maps"]["pasted"]["path"])
    assert (pasted == final).all(), f"{np.count_nonzero(pasted != final)} pixels of the final map differ"


def ensemble():
    """Three models write into one record, and are the mean of what each says alone, for a picture and for a breast."""
    models = {}
    for name, salt, model in (("m1", "mv9/", 1), ("m2", "mv36/", 5), ("m3", "t/", 3)):
        models[name] = export("gmic", name, "--deterministic", salt, "--head-gain", 1.5, "--model", model)
        standardized_before(models[name], ("global", "local"))
    views = []
    for view in ("0_L-CC", "0_L-MLO"):
        window_of(view, 4)
        views.append(Path("window.jsonl").read_text().replace("small.npy", f"{view}.npy"))
        Path("small.npy").rename(f"{view}.npy")
    Path("both.jsonl").write_text("".join(views))
    alone = {name: records(sh(f"med-infer {at} both.jsonl --out {name}.alone", 0).out) for name, at in models.items()}
    means = [np.mean([scores(alone[name][i], "fusion") for name in models], 0) for i in (0, 1)]
    assert abs(scores(alone["m1"][0], "fusion")[0] - means[0][0]) > 1e-3, "the models say the same"
    sh(" | ".join(f"med-infer {at} --as {name} --out {name}.out" for name, at in models.items()) + " > all.jsonl", 0,
       stdin=Path("both.jsonl").read_text())
    fuse = "med-fuse all.jsonl --members m1.fusion,m2.fusion,m3.fusion --as ensemble --group"
    for record, mean in zip(records(sh(f"{fuse} id", 0).out), means):
        close(f"{record['id']}, mean of three models", scores(record, "ensemble"), mean, 1e-12)
    breast, = records(sh(f"{fuse} tags.patient,tags.side", 0).out)
    assert breast["id"] == "0/L" and breast["group"]["n"] == 2, breast
    close("breast, mean of three models and two views", scores(breast, "ensemble"), np.mean(means, 0), 1e-12)


def add_to(tier):
    for case in ("small_mv9_0_L-MLO", "small_mv36_0_R-CC"):
        tier.run(f"GMIC from the picture to the score, {case}", gmic, case)
    tier.run("GLAM from the picture to the score, small", glam, "small_0_L-MLO_K2")
    tier.run("GMIC, an ensemble within one record", ensemble)
    if not tier.full:
        return
    for case in ("full_mv9_0_L-CC", "full_mv9_0_R-CC", "full_mv9_0_L-MLO", "full_mv36_0_R-MLO"):
        tier.run(f"GMIC from the picture to the score, {case}", gmic, case)
    for case in ("full_0_L-CC", "full_0_R-CC"):
        tier.run(f"GLAM from the picture to the score, {case}", glam, case)
