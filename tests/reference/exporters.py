# SPDX-License-Identifier: Apache-2.0
"""The exporters of the breast networks without torch: made-up weights, tables of names, what a checkpoint must hold,
and the global networks at small sizes through med-infer against stored answers of the authors' programs."""
import contextlib
import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import mammograms
from tier import REFERENCE, WEIGHTS, Skip, sh

sys.path.insert(0, str(WEIGHTS / "exporting"))
import checkpoint  # noqa: E402
import graph  # noqa: E402
import inception  # noqa: E402
import keys  # noqa: E402
import paths  # noqa: E402

GOLDEN = REFERENCE / "golden"
TOLERANCE = 1e-4


def tables(network):
    """weights/NETWORK/tables.py under a name of its own: three networks have one."""
    found = importlib.util.spec_from_file_location(f"{network}_tables", WEIGHTS / network / "tables.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def export(network, folder, *options):
    """OUT_DIR and what the exporter said."""
    made = subprocess.run([sys.executable, WEIGHTS / network / "export.py", *map(str, options), folder],
                          capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stderr
    return Path(folder)


def close(what, met, expected, tolerance=TOLERANCE):
    met, expected = np.asarray(met), np.asarray(expected)
    assert met.shape == expected.shape, f"{what} is {met.shape}, expected {expected.shape}"
    worst = float(np.abs(met.astype(np.float64) - expected).max())
    print(f"# {what}: largest difference {worst:.3g}")
    assert worst <= tolerance, f"{what} differs by {worst:.3g}"


def case_of(folder):
    """The stored result, and the picture that it was computed from."""
    if not folder.is_dir():
        raise Skip(f"{folder.relative_to(REFERENCE.parent)} is absent")
    result = json.loads((folder / "result.json").read_text())
    stride = result["subsample_stride"]
    window = mammograms.standardized(mammograms.raw_window(result["image"]))
    return result, np.ascontiguousarray(window[::stride, ::stride])


def made_up_weights():
    path = GOLDEN / "weights" / "check.json"
    if not path.is_file():
        raise Skip(f"{path.relative_to(REFERENCE.parent)} is absent")
    stored = json.loads(path.read_text())
    assert len(stored) >= 8, f"{len(stored)} stored arrays"
    for case in stored:
        hashed = checkpoint.fnv1a(case["salt"] + case["key"])
        assert hashed == int(case["fnv1a64"], 16), f"{case['key']} hashes to {hashed:#x}"
        met = checkpoint.deterministic_array(case["key"], case["shape"], case["salt"], case["head_gain"])
        assert met.ravel()[:8].tolist() == case["first"] and met.ravel()[-1] == case["last"], case["key"]
        assert abs(met.sum(dtype=np.float64) - case["sum_f64"]) <= 1e-9, case["key"]


def names_and_shapes():
    """As many names and learnable numbers as the published checkpoints hold."""
    for network, names, numbers in (("gmic", 258, 14110322), ("glam", 352, 24086140)):
        table = tables(network).table()
        assert len(table) == names, f"{network}: {len(table)} names, expected {names}"
        assert keys.learnable(table) == numbers, f"{network}: {keys.learnable(table)} numbers, expected {numbers}"
    table = tables("resnet34").table()
    assert (len(table), keys.learnable(table)) == (218, 21285698), "ResNet-34 with two outputs"
    assert keys.learnable(keys.densenet121()) == 6957956, "DenseNet-121 with four outputs"
    # The numbers of the networks trained on ImageNet, with 1000 classes; v3 without its two heads.
    assert keys.learnable(tables("inception-v4").table(3, 1000)) == 42679816, "Inception-v4"
    assert keys.learnable(paths.table(inception.v3(), 3)[0]) == 23834568 - 2049000, "Inception-v3"
    table, width = paths.table(inception.residual_v2(1024), 3)
    assert width == 1024 and table["c.4.up.weight"] == (2144, 448, 1, 1), "Inception-ResNet-v2"
    assert len([name for name in table if name.endswith(".up.bias")]) == 5 + 10 + 5, "Inception-ResNet-v2"


def checkpoints_are_complete():
    table = {"a.weight": (2, 3), "b.weight": (4,), "b.bias": (4,), "b.num_batches_tracked": ()}
    whole = checkpoint.deterministic(table, "x/")

    def refusal(state):
        try:
            checkpoint.select(state, table)
        except SystemExit as reason:
            return str(reason)
        raise AssertionError("was taken")

    assert refusal({k: v for k, v in whole.items() if k[0] != "b"}).count("lacks b.") == 2
    assert "a.weight is [3, 2], expected [2, 3]" in refusal({**whole, "a.weight": whole["a.weight"].T})
    assert "b.bias is not finite" in refusal({**whole, "b.bias": whole["b.bias"] * np.nan})
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        kept = checkpoint.select({**whole, "c.weight": np.zeros(1)}, table)
    assert told.getvalue() == "export: not used: c.weight\n", told.getvalue()
    assert list(kept) == ["a.weight", "b.weight", "b.bias"], list(kept)
    Path("model.p").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    pointer = subprocess.run([sys.executable, WEIGHTS / "gmic" / "export.py", "model.p", "no", "--model", "1"],
                             capture_output=True, text=True, timeout=600)
    assert pointer.returncode != 0 and "is a pointer of Git LFS" in pointer.stderr, pointer.stderr
    assert not Path("no").exists()


def paddings():
    """Where the stride divides the size, as everywhere in the patch classifier."""
    path = GOLDEN / "dmv" / "tf_same_padding.json"
    if not path.is_file():
        raise Skip(f"{path.relative_to(REFERENCE.parent)} is absent")
    cases = [c for c in json.loads(path.read_text()) if c["size"] % c["stride"] == 0]
    assert len(cases) >= 20, f"{len(cases)} stored paddings"
    for c in cases:
        before, after = c["before"], c["total"] - c["before"]
        met = graph.same_pads(c["kernel"], c["stride"])
        assert met == [before, before, after, after], f"{met} for {c}"


def infer(part, image, outputs):
    """med-infer on a picture that is standardised already."""
    card = json.loads((part / "card.json").read_text())
    card["inputs"][0]["standardize"] = "none"
    (part / "card.json").write_text(json.dumps(card))
    np.save("picture.npy", image)
    Path("in.jsonl").write_text('{"id": "case", "image": "picture.npy"}\n')
    sh(f"med-infer {part} in.jsonl --out out", 0, timeout=600)
    return {name: np.load(f"out/case.{name}.npy") for name in outputs}


def gmic_global(case):
    folder = GOLDEN / "gmic" / case
    result, image = case_of(folder)
    parts = export("gmic", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"])
    met = infer(parts / "global", image, ("saliency", "global_vec"))
    close("saliency", met["saliency"], np.load(folder / "saliency.npy"))
    close("global vector", met["global_vec"].ravel(), np.load(folder / "global_vec.npy"))


def glam_global(case):
    folder = GOLDEN / "glam" / case
    result, image = case_of(folder)
    parts = export("glam", "made", "--deterministic", result["salt"], "--head-gain", result["head_gain"],
                   "--size", f"{image.shape[1]}x{image.shape[0]}", "--crop", result["crop_shape"][0])
    met = infer(parts / "global", image, ("level1", "level2", "level3", "saliency"))
    for number in (1, 2, 3):
        close(f"level {number}", met[f"level{number}"], np.load(folder / f"layer{number}.npy"))
    close("saliency", met["saliency"], np.load(folder / "global_saliency.npy"))


def add_to(tier):
    tier.run("the weights that tests make up", made_up_weights)
    tier.run("the names in checkpoints of GMIC, GLAM, DMV and the Inceptions", names_and_shapes)
    tier.run("a checkpoint must be complete", checkpoints_are_complete)
    tier.run("paddings of the patch classifier", paddings)
    for case in ("small_mv9_0_L-MLO", "small_mv36_0_R-CC"):
        tier.run(f"the global part of GMIC through med-infer, {case}", gmic_global, case)
    tier.run("the global part of GLAM through med-infer", glam_global, "small_0_L-MLO_K2")
