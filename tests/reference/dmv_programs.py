# SPDX-License-Identifier: Apache-2.0
"""DMV through the programs: heat maps from patches, and an exam from four windows to its scores, against what the
authors' program stored; the whole way from a picture to its heat map against plain numpy."""
import importlib.util
import json
import math
from pathlib import Path

import numpy as np

import mammograms
from exporters import GOLDEN, close, export
from pictures import write_png
from tier import REFERENCE, Skip, sh

FOLDER = GOLDEN / "dmv"
VIEWS = {"l_cc": ("bcc_1_L_CC", (2677, 1942)), "r_cc": ("bcc_1_R_CC", (2677, 1942)),
         "l_mlo": ("0_L-MLO", (2944, 1920)), "r_mlo": ("0_R-MLO", (2944, 1920))}
CLASSES = ("malignant", "benign", "class2", "class3")


def stored(name):
    path = FOLDER / name
    if not path.is_file():
        raise Skip(f"{path.relative_to(REFERENCE.parent)} is absent")
    return json.loads(path.read_text()) if name.endswith(".json") else np.load(path)


def write_lines(name, records):
    Path(name).write_text("".join(json.dumps(r) + "\n" for r in records))


def read_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def stored_heat_map():
    """Patches where the authors' program had them, whose shorter steps fall where its random numbers put them."""
    case, said = stored("heatmap.json"), stored("heatmap_probs.npy").astype(np.float64)
    lefts, tops = (np.cumsum([0, *case[f"{axis}_strides"]]) for axis in ("col", "row"))
    rows, columns = case["shape"]
    parent = {"id": "a", "image": "a.png", "width": columns, "height": rows, "channels": 1, "depth": "u16",
              "frame": [-1, 0, columns, 0, 1, 0]}
    boxes = [[int(left), int(top), case["patch"], case["patch"]] for left in lefts for top in tops]
    assert len(boxes) == len(said), f"{len(boxes)} places, {len(said)} stored answers"
    write_lines("in.jsonl", [
        {"id": f"a/{i}", "image": f"{i}.png",
         "parent": {"id": "a", "index": i, "count": len(boxes), "box": box, "record": parent},
         "scores": {f"patch.{name}": float(value) for name, value in zip(CLASSES, row)}}
        for i, (box, row) in enumerate(zip(boxes, said))])
    record, = read_lines(sh("med-stitch --scores patch in.jsonl --out out", 0).out)
    met = record["maps"]["patch"]
    assert met["classes"] == sorted(CLASSES) and met["frame"] == parent["frame"], met
    plane = np.load(met["path"])[met["classes"].index(CLASSES[case["column"]])]
    assert plane.shape == (rows, columns), plane.shape
    close("heat map", plane[::3, ::3], stored("heatmap.npy"), 1e-6)
    assert math.isclose(float(plane.sum(dtype=np.float64)), case["full_sum"], rel_tol=1e-7)


def take_prepared(part):
    """The pictures of these tests are standardised already, as the stored ones were before every fourth row was taken."""
    card = json.loads((part / "card.json").read_text())
    card["inputs"][0]["standardize"] = "none"
    (part / "card.json").write_text(json.dumps(card))


def four_views():
    expected = stored("viewwise_small.json")
    parts = export("dmv", "made", "--deterministic", expected["salt"], "--kind", "four-view")
    for angle in ("cc", "mlo"):
        take_prepared(parts / angle)
        records = []
        for view, picture in VIEWS.items():
            if not view.endswith(f"_{angle}"):
                continue
            window = mammograms.standardized(mammograms.raw_window(*picture))[::4, ::4]
            np.save(f"{view}.npy", np.ascontiguousarray(window))
            for exam in ("whole", "torn"):
                if (exam, view) != ("torn", "r_mlo"):
                    records.append({"id": f"{exam}-{view}", "image": f"{view}.npy",
                                    "tags": {"patient": exam, "side": view[0].upper(), "view": angle.upper()}})
        write_lines(f"{angle}.jsonl", records)
        sh(f"med-infer {parts}/{angle} {angle}.jsonl --out out > {angle}.out.jsonl", 0, timeout=600)
    fused = sh("med-fuse --group tags.patient --features vector:tags.side,tags.view --expect 4 cc.out.jsonl mlo.out.jsonl"
               " > exams.jsonl", 0)
    assert "torn: warning: 1 of 4 members are missing" in fused.err, fused.err
    judged = sh(f"med-infer {parts}/fusion exams.jsonl --out out", 1, timeout=600)
    whole, torn = read_lines(judged.out)
    assert whole["group"] == {"n": 4, "failed": 0, "missing": 0}, whole["group"]
    labels = list(expected["final_breast_level"])
    for angle, pairs in expected["log_softmax"].items():
        close(angle, [whole["scores"][f"{angle.lower()}.{label}"] for label in labels], np.exp(np.array(pairs)[:, 1]))
    close("breast", [whole["scores"][f"breast.{label}"] for label in labels],
          list(expected["final_breast_level"].values()))
    assert torn["group"]["missing"] == 1 and "r_mlo" in torn["error"]["what"] and "scores" not in torn, torn


def from_picture_to_heat_map():
    """A part of a mammogram; every patch again in plain numpy and OpenCV, standardised as part of the whole picture."""
    if importlib.util.find_spec("cv2") is None:
        raise Skip("python3-opencv is absent")
    import cv2
    window = mammograms.raw_window("0_L-MLO")[900:1230, :400].astype(np.uint16)
    write_png("picture.png", window)
    write_lines("in.jsonl", [{"id": "a", "image": "picture.png"}])
    part = export("dmv", "made", "--deterministic", "mv9/", "--kind", "patch") / "patch"
    sh("med-clahe --clip-limit 0 --standardize image --format npy --out w in.jsonl |"
       " med-patch --size 256x256 --stride 70x70 --rule even --format npy --out w |"
       f" med-infer {part} --out w | med-stitch --scores patch --out w > out.jsonl", 0, timeout=600)
    record, = read_lines(Path("out.jsonl").read_text())
    whole = mammograms.standardized(window)
    net = cv2.dnn.readNetFromONNX(str(part / json.loads((part / "card.json").read_text())["onnx"]))
    total, count = np.zeros((len(CLASSES), *window.shape)), np.zeros(window.shape)
    for left in (0, 48, 96, 144):  # 144 pixels in three steps
        for top in (0, 37, 74):
            box = np.s_[top:top + 256, left:left + 256]
            net.setInput(np.ascontiguousarray(whole[box])[None, None])
            total[(slice(None), *box)] += net.forward()[0][:, None, None]
            count[box] += 1
    met = np.load(record["maps"]["patch"]["path"])
    order = [CLASSES.index(name) for name in record["maps"]["patch"]["classes"]]
    close("heat maps", met, (total / count)[order], 1e-5)
    assert met.std() > 1e-4, "every patch was said to be alike"


def add_to(tier):
    tier.run("heat maps of DMV from stored probabilities, through med-stitch", stored_heat_map)
    tier.run("four views of DMV through the programs, and an exam that lacks one", four_views)
    if tier.full:
        tier.run("heat maps of DMV from a picture, through four programs", from_picture_to_heat_map)
