# SPDX-License-Identifier: Apache-2.0
"""Zoom-in-Net and Inception-v4 at their full sizes with made-up weights: from the picture to the grade through med-infer
against one run of our torch modules in double. Needs torch and python3-opencv, so all of it belongs to --full."""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from exporters import TOLERANCE, close, export
from networks_oracle import need
from pictures import fundus, texture, write_png
from tier import PHOTOGRAPH, WEIGHTS, sh

SALT = "z5/"  # some of its windows lie within the picture, and not only along the edges
GRADES = "01234"


# Each in a process of its own, because both folders have a network.py: SALT and pictures to a file of arrays.
ZOOM = """
import sys
weights, salt, out, *pictures = sys.argv[1:]
sys.path[:0] = [f"{weights}/exporting", f"{weights}/zoom-in-net"]
import checkpoint, cv2, network, numpy, tables, torch
from networks import load
table = tables.table()
whole = load(network.ZoomInNet(), checkpoint.select(checkpoint.deterministic(table, salt, 1.0, tables.gains()), table))
whole = whole.double()
tensor = lambda pixels: torch.from_numpy((pixels[..., ::-1].astype(float) / 127.5 - 1).transpose(2, 0, 1).copy())[None]
answers = {}
for number, name in enumerate(pictures):
    picture = cv2.imread(name)
    assert picture.shape == (1230, 1230, 3), picture.shape
    with torch.inference_mode():
        said, vector, scores, gates = whole.main(tensor(cv2.resize(picture, (492, 492), interpolation=cv2.INTER_AREA)))
        gated = network.gated(scores, gates)
        large = torch.nn.functional.interpolate(gated, size=(492, 492), mode="bilinear", align_corners=False)
        left, windows, classes = large[0, 1:].numpy().copy(), [], []
        for _ in range(4):  # the largest response to grades 1 to 4, then nothing more within 200 pixels around it
            grade, y, x = numpy.unravel_index(left.argmax(), left.shape)
            top, start = (min(max(int(v) - 100, 0), 292) for v in (y, x))
            assert left[grade, y, x] > 0
            left[:, top:top + 200, start:start + 200] = 0
            windows.append((round(2.5 * start), round(2.5 * top)))
            classes.append(grade + 1)
        corners = [[min(max(v + 250 - 192, 0), 1230 - 384) for v in window] for window in windows]
        regions = torch.cat([whole.patch(tensor(picture[y:y + 384, x:x + 384])) for x, y in corners])
        grade = whole.fusion(vector, regions)
    made = dict(main=said[0], whole=vector[0], scores=scores[0], gates=gates[0], gated=gated[0], large=large[0],
                sums=gated[0].sum((1, 2)), windows=windows, classes=classes, regions=regions, grade=grade[0])
    answers.update({f"{number} {key}": numpy.asarray(value) for key, value in made.items()})
numpy.savez(out, **answers)
"""

V4 = """
import sys
weights, salt, out, *pictures = sys.argv[1:]
sys.path[:0] = [f"{weights}/exporting", f"{weights}/inception-v4"]
import checkpoint, cv2, network, numpy, paths, tables, torch
from networks import load
table = tables.table()
whole = load(network.InceptionV4(), checkpoint.select(checkpoint.deterministic(table, salt, 1.0, paths.gains(table)), table))
whole = whole.double()
answers = {}
for number, name in enumerate(pictures):
    picture = cv2.resize(cv2.imread(name, cv2.IMREAD_UNCHANGED), (299, 299), interpolation=cv2.INTER_AREA)
    picture = numpy.repeat(picture[..., None], 3, 2) if picture.ndim == 2 else picture[..., ::-1]
    with torch.inference_mode():
        score = whole(torch.from_numpy((picture.astype(float) / 127.5 - 1).transpose(2, 0, 1).copy())[None])
    answers[f"{number} image_score"] = score[0].numpy()
numpy.savez(out, **answers)
"""


def answers(program, *pictures):
    made = subprocess.run([sys.executable, "-c", program, WEIGHTS, SALT, "answers.npz", *pictures], capture_output=True,
                          text=True, timeout=1800)
    assert made.returncode == 0, made.stderr
    return np.load("answers.npz")


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def scores(record, name, classes):
    return [record["scores"][f"{name}.{c}"] for c in classes]


def two_eyes():
    """in.jsonl: one made up, one photographed, both 1230 by 1230 as the programs make them."""
    write_png("eyes/made.png", fundus(615, 615, seed=3).repeat(2, 0).repeat(2, 1))
    (Path("eyes") / "retina.jpg").symlink_to(PHOTOGRAPH)
    sh("med-scan eyes | med-crop --subject fundus --out ready | "
       "med-resize --size 1230x1230 --fit stretch --out ready > in.jsonl", 0)
    found = records(Path("in.jsonl").read_text())
    assert [r["id"] for r in found] == ["made", "retina"], found
    return [r["image"] for r in found]


def check_eye(eye, met, expected):
    def of(name):
        return expected[name]

    for name, score in (("main", "main"), ("sums", "gated"), ("grade", "grade")):
        close(f"{eye} {score}", scores(met, score, GRADES), of(name))
    for name, file, tolerance in (("scores", "scores", TOLERANCE), ("gates", "gates", TOLERANCE),
                                  ("gated", "gated", TOLERANCE / 100), ("large", "large.gated", TOLERANCE / 100)):
        close(f"{eye} map {file}", np.load(met["maps"][file]["path"]), of(name), tolerance)  # gated ones are small
    windows = [tuple(roi["window"]) for roi in met["rois"]]
    assert windows == [(x, y, 500, 500) for x, y in of("windows").tolist()], f"{windows}, expected {of('windows')}"
    assert [roi["class"] for roi in met["rois"]] == [str(c) for c in of("classes")], met["rois"]
    close(f"{eye} vector of the picture", np.load(met["features"]["whole"]["path"]).ravel(), of("whole"))
    close(f"{eye} vectors of the regions", np.load(met["rois"][0]["features"]["region_vec"]["path"]).reshape(4, -1),
          of("regions"))


def zoom_in_net():
    """The system's card, pictures one by one and two at once, then the single programs."""
    need(WEIGHTS, "torch", "cv2")
    pictures = two_eyes()
    system = export("zoom-in-net", "made", "--deterministic", SALT)
    for part in ("main", "patch", "fusion"):
        told = json.loads(sh(f"med-infer --self-test {system / part}", 0).out)
        assert told["passed"], told
    whole = records(sh(f"med-infer {system} in.jsonl --keep all --out whole", 0).out)
    expected = answers(ZOOM, *pictures)
    for number, met in enumerate(whole):
        mine = {name.split(" ")[1]: expected[name] for name in expected if name.startswith(f"{number} ")}
        check_eye(met["id"], met, mine)
    assert np.abs(expected["0 grade"] - expected["1 grade"]).max() > 1e-2, "the grades do not depend on the picture"
    assert any(x % 730 and y % 730 for r in whole for x, y, _, _ in (roi["window"] for roi in r["rois"])), (
        "all windows lie along the edges")
    for alone, together in zip(whole, records(sh(f"med-infer {system} in.jsonl --batch 2 --out two", 0).out)):
        close(f"{alone['id']}, two at once", scores(together, "grade", GRADES), scores(alone, "grade", GRADES))
    single = records(sh(
        f"med-infer {system}/main in.jsonl --out single | med-gate --scores scores --gates gates --out single | "
        "med-upsample --map gated --size 492 --as large --out single | "
        "med-roi --map large.gated --rule peak --class 1,2,3,4 --count 4 --window 500 | "
        f"med-infer {system}/patch --over rois --out single | med-infer {system}/fusion --out single", 0).out)
    for one, many in zip(single, whole):
        assert one["scores"] == many["scores"], f"{one['scores']}, in one process {many['scores']}"
        for name in many["maps"]:
            pair = [r["maps"][name] for r in (one, many)]
            assert pair[0]["frame"] == pair[1]["frame"], pair
            assert (np.load(pair[0]["path"]) == np.load(pair[1]["path"])).all(), f"the map {name} differs"
        places = [[(roi["window"], roi["score"], roi["class"]) for roi in r["rois"]] for r in (one, many)]
        assert places[0] == places[1], places


def inception_v4():
    need(WEIGHTS, "torch", "cv2")
    write_png("film.png", texture(700, 900, seed=2))
    write_png("eye.png", fundus(480, 400, seed=5))
    write_png("other.png", fundus(360, 360, seed=6))
    expected = answers(V4, "film.png", "eye.png", "other.png")
    assert abs(expected["1 image_score"] - expected["2 image_score"])[0] > 1e-3, "the score does not depend on the picture"
    for order, names in (("gray", ("film",)), ("rgb", ("eye", "other"))):
        card = export("inception-v4", order, "--deterministic", SALT, "--order", order)
        told = json.loads(sh(f"med-infer --self-test {card}", 0).out)
        assert told["passed"], told
        Path("in.jsonl").write_text("".join(json.dumps({"id": n, "image": f"{n}.png"}) + "\n" for n in names))
        for batch in (1, 2):
            for met in records(sh(f"med-infer {card} in.jsonl --batch {batch} --out out", 0).out):
                number = ("film", "eye", "other").index(met["id"])
                close(f"{met['id']}, batch {batch}", scores(met, "image_score", ("benign", "malignant")),
                      expected[f"{number} image_score"])


def checkpoint_of_a_user():
    """The module's own state, saved, gives the same bytes as the numbers that were put into it."""
    need(WEIGHTS, "torch")
    import torch

    import checkpoint
    import paths
    from exporters import tables
    table = tables("inception-v4").table(1, 3)
    state = checkpoint.deterministic(table, "t/", 1.0, paths.gains(table))
    torch.save({"model": {f"module.{name}": torch.from_numpy(value) for name, value in state.items()}}, "mine.pt")
    options = ("--channels", "1", "--classes", "a,b,c", "--standardize")
    made = export("inception-v4", "made", "--deterministic", "t/", *options)
    read = export("inception-v4", "read", *options, "--entry", "model", "mine.pt")
    assert (made / "v4.onnx").read_bytes() == (read / "v4.onnx").read_bytes()
    failed = subprocess.run([sys.executable, WEIGHTS / "inception-v4" / "export.py", "mine.pt", "no", "--entry", "model"],
                            capture_output=True, text=True, timeout=600)
    assert failed.returncode != 0 and "last_linear.weight is [3, 1536], expected [2, 1536]" in failed.stderr, failed.stderr


def add_to(tier):
    tier.run("Zoom-in-Net from the picture to the grade", zoom_in_net)
    tier.run("Inception-v4 from the picture to the score", inception_v4)
    tier.run("a checkpoint of Inception-v4", checkpoint_of_a_user)
