# SPDX-License-Identifier: Apache-2.0
"""med-score-masks against numbers of others: stored ones, the published table of retina-unet, and, in the long run,
scikit-learn, scikit-image and SciPy on random and degenerate cases."""
import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np

from pictures import write_png
from tier import REFERENCE, Skip, sh

TOLERANCE = 1e-9


class Study:
    """Cases on disk, scored in one run."""

    def __init__(self):
        self.lines = []

    def add(self, name, values, truth, scope=None, **more):
        """values: H×W; truth, scope: H×W, nonzero is set."""
        height, width = values.shape
        np.save(f"{name}.npy", np.asarray(values, np.float32)[None])
        write_png(f"{name}.t.png", np.asarray(truth != 0, np.uint8) * 255)
        line = {"id": name, "source": {"path": "x", "width": width, "height": height}, "image": f"{name}.t.png",
                "truth": {"masks": {"m": f"{name}.t.png"}},
                "maps": {"m": {"path": f"{name}.npy", "shape": [1, height, width], "classes": ["m"]}}, **more}
        if scope is not None:
            write_png(f"{name}.s.png", np.asarray(scope != 0, np.uint8) * 255)
            line["fov"] = {"path": f"{name}.s.png", "by": "user"}
        self.lines.append(line)

    def score(self, options):
        """{id: {measure: value}}, the names without map and scope."""
        Path("in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        met = [json.loads(line) for line in sh(f"med-score-masks in.jsonl {options}", 0).out.splitlines()]
        assert len(met) == len(self.lines)
        return {r["id"]: {k.split(".", 2)[2]: v for k, v in r["measures"].items()} for r in met}


def same(met, name, expected, where):
    assert name in met, f"{where}: no measure {name}"
    value = met[name]
    if expected is None or value is None:
        assert value is expected, f"{where}: {name} is {value}, expected {expected}"
    else:
        assert abs(value - expected) <= TOLERANCE * max(1, abs(expected)), f"{where}: {name} is {value}, expected {expected}"


def number(stored):
    """Undefined values are text in the stored files."""
    return None if isinstance(stored, str) else stored


def golden(name):
    path = REFERENCE / "golden" / "metrics" / name
    if not path.exists():
        raise Skip(f"{path.relative_to(REFERENCE.parent)} is absent")
    return np.load(path) if name.endswith(".npy") else json.loads(path.read_text())


def stored_masks():
    expected, masks, study = golden("masks_expected.json"), golden("masks.npy"), Study()
    for e in expected:
        study.add(str(e["index"]), masks[e["index"], 0], masks[e["index"], 1])
    met = study.score("--measures overlap")
    for e in expected:
        m = met[str(e["index"])]
        for ours, theirs in (("dice", "dice"), ("iou", "iou"), ("iom", "iom"), ("sensitivity", "truth_covered"), ("tp", "intersection")):
            same(m, ours, number(e[theirs]), f"mask {e['index']}")
        assert (m["tp"] + m["fp"], m["tp"] + m["fn"]) == (e["area_pred"], e["area_truth"]), e
    assert len(expected) == 18


def stored_soft_maps():
    expected, study = golden("soft_expected.json"), Study()
    for e in expected:
        study.add(str(e["case"]), golden(f"soft_{e['case']}.npy"), golden(f"soft_{e['case']}_truth.npy"))
    thresholds = list(expected[0]["by_threshold"])
    met = study.score(f"--measures overlap,soft --threshold {','.join(thresholds)}")
    for e in expected:
        m, where = met[str(e["case"])], f"soft map {e['case']}"
        for t in thresholds:
            stored = e["by_threshold"][t]
            same(m, f"dice@{t}", number(stored["dice"]), where)
            assert m[f"tp@{t}"] == stored["inter"] and m[f"tp@{t}"] + m[f"fp@{t}"] == stored["pred"], f"{where} at {t}"
        same(m, "soft_dice", number(e["soft_dice_sum_form"]), where)
        same(m, "soft_dice_squared", number(e["soft_dice_square_form"]), where)
    assert len(expected) == 6 and len(thresholds) == 6


def stored_curves():
    """Undefined ratios of the stored confusion tables are 0; ours have no value. scores: as 32-bit floats, which ties none."""
    expected, study = golden("curves.json"), Study()
    for i, e in enumerate(expected):
        scores = np.float32(e["s"])
        assert len(set(scores)) == len(set(e["s"])), "32 bit tie two scores"
        study.add(str(i), scores[None], np.array(e["y"])[None])
    met = study.score("--measures overlap,ranking")
    for i, e in enumerate(expected):
        m, where = met[str(i)], f"curve {i}"
        one_class = len(set(e["y"])) < 2
        same(m, "auc", number(e["auc_roc"]), where)
        same(m, "ap", number(e["average_precision"]), where)
        same(m, "pr_area", number(e["auc_pr_trapezoid"]), where)
        assert (m["auc"] is None) == one_class, where
        for count in ("tn", "fp", "fn", "tp"):
            assert m[count] == e[count], f"{where}: {count} {m[count]}, expected {e[count]}"
        same(m, "accuracy", e["accuracy"], where)
        same(m, "accuracy", e["jaccard_as_published"], where)
        for ours, theirs, denominator in (("sensitivity", "sensitivity", "tp fn"), ("specificity", "specificity", "tn fp"),
                                          ("precision", "precision", "tp fp"), ("f1", "f1", "tp fp fn"), ("iou", "jaccard_true", "tp fp fn")):
            same(m, ours, e[theirs] if sum(e[c] for c in denominator.split()) else None, where)
    assert len(expected) == 15


def retina_unet_tiles():
    """The published predictions of two DRIVE pictures, inside the hull of what they show, as scikit-learn scored them."""
    from PIL import Image
    folder = REFERENCE / "golden" / "retina" / "full"
    if not folder.is_dir():
        raise Skip(f"{folder.relative_to(REFERENCE.parent)} is absent")
    expected, study = json.loads((folder / "metrics.json").read_text()), Study()
    for tile in ("00", "03"):
        prediction, truth, field = (np.asarray(Image.open(folder / f"tile_{tile}_{what}.png")) for what in ("published", "truth", "fov_hull"))
        study.add(tile, prediction.astype(np.float32) / np.float32(255), truth, field)
    met = study.score("--measures overlap,ranking")
    for tile in ("00", "03"):
        m, e = met[tile], expected[f"tile {int(tile)} published png"]
        (tn, fp), (fn, tp) = e["confusion"]
        assert (m["tn"], m["fp"], m["fn"], m["tp"]) == (tn, fp, fn, tp), f"tile {tile}: {m}"
        for ours, theirs in (("auc", "auc_roc"), ("pr_area", "auc_pr"), ("f1", "f1"), ("accuracy", "acc"), ("sensitivity", "sens"),
                             ("specificity", "spec"), ("precision", "prec")):
            same(m, ours, e[theirs], f"tile {tile}")


def retina_unet_table():
    """The published table, from the published table of counts. What it calls Jaccard similarity is the accuracy (what
    scikit-learn's jaccard_similarity_score gave for two classes then); the Jaccard index of these counts is 0.6893."""
    path = REFERENCE / "weights" / "retina-unet" / "performances.txt"
    if not path.exists():
        raise Skip(f"{path.relative_to(REFERENCE.parent)} is absent")
    text = path.read_text()
    tn, fp, fn, tp = (int(n) for n in re.findall(r"\d+", re.search(r"Confusion matrix:\s*\[\[(.*?)\]\]", text, re.S)[1]))

    def published(name):
        return float(re.search(rf"{name}[^:]*:\s*([0-9.]+)", text)[1])
    side = 2131
    truth, values, field = (np.zeros(side * side, np.uint8) for _ in range(3))
    field[:tn + fp + fn + tp] = 1
    values[tn:tn + fp] = values[tn + fp + fn:tn + fp + fn + tp] = 1
    truth[tn + fp:tn + fp + fn + tp] = 1
    study = Study()
    study.add("table", *(a.reshape(side, side) for a in (values, truth, field)))
    m = study.score("--measures overlap")["table"]
    assert (m["tn"], m["fp"], m["fn"], m["tp"]) == (tn, fp, fn, tp)
    for ours, theirs in (("accuracy", "ACCURACY"), ("sensitivity", "SENSITIVITY"), ("specificity", "SPECIFICITY"),
                         ("precision", "PRECISION"), ("f1", "F1 score")):
        assert abs(m[ours] - published(theirs)) < 1e-11, f"{ours} is {m[ours]}, published {published(theirs)}"
    assert abs(m["accuracy"] - published("Jaccard similarity score")) < 1e-11
    assert abs(m["iou"] - 0.68929) < 5e-6, m["iou"]
    print(f"# retina-unet: published 'Jaccard' {published('Jaccard similarity score'):.6f} is its accuracy; the Jaccard index is {m['iou']:.6f}")


def overlap_of(y, p):
    """scikit-learn on the scored pixels; None where 0/0."""
    from sklearn import metrics
    tn, fp, fn, tp = (int(n) for n in metrics.confusion_matrix(y, p, labels=[0, 1]).ravel()) if len(y) else (0, 0, 0, 0)
    any_true, any_found, any_false = tp + fn > 0, tp + fp > 0, tn + fp > 0
    either = any_true or any_found

    def when(defined, score, *arguments, **options):
        return float(score(y, p, *arguments, **options)) if defined else None
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn,
            "dice": when(either, metrics.f1_score), "iou": when(either, metrics.jaccard_score),
            "iom": tp / min(tp + fp, tp + fn) if any_true and any_found else None,
            "sensitivity": when(any_true, metrics.recall_score), "specificity": when(any_false, metrics.recall_score, pos_label=0),
            "precision": when(any_found, metrics.precision_score), "accuracy": when(len(y) > 0, metrics.accuracy_score),
            "balanced_accuracy": when(any_true and any_false, metrics.balanced_accuracy_score),
            **{name: when(either, metrics.fbeta_score, beta=beta) for name, beta in (("f1", 1), ("f2", 2), ("f05", 0.5))},
            "mcc": when(any_true and any_false and any_found and tn + fn > 0, metrics.matthews_corrcoef),
            "kappa": when(len({*y, *p}) > 1, metrics.cohen_kappa_score, labels=[0, 1]),
            "volume_similarity": 1 - abs(fn - fp) / (2 * tp + fp + fn) if either else None}


def ranking_of(y, s):
    from sklearn import metrics
    if y.sum() == 0:
        return {"auc": None, "ap": None, "pr_area": None}
    precision, recall, _ = metrics.precision_recall_curve(y, s)
    return {"auc": float(metrics.roc_auc_score(y, s)) if y.sum() < len(y) else None,
            "ap": float(metrics.average_precision_score(y, s)), "pr_area": float(metrics.auc(recall, precision))}


def surface_of(p, t, spacing, unit, tolerance):
    from scipy.ndimage import binary_erosion, distance_transform_edt
    from skimage.metrics import hausdorff_distance
    names = [f"{n}_{unit}" for n in ("hd", "hd95", "hd95_pooled", "assd", "masd")]
    nsd = f"nsd_{tolerance:g}{unit}"
    if not p.any() or not t.any():
        one = p.any() or t.any()
        diagonal = float(np.hypot(p.shape[0] * spacing[0], p.shape[1] * spacing[1]))
        return {**dict.fromkeys(names), f"hd95_worst_{unit}": diagonal if one else None, nsd: 0 if one else None}
    a, b = p ^ binary_erosion(p), t ^ binary_erosion(t)
    there, back = distance_transform_edt(~b, spacing)[a], distance_transform_edt(~a, spacing)[b]
    both = np.concatenate([there, back])
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    hd = max(there.max(), back.max())
    if unit == "px":
        assert abs(hd - hausdorff_distance(a, b)) <= TOLERANCE
    # A distance that is the tolerance but for its last bit would count on one side only.
    assert not ((np.abs(both - tolerance) < 1e-12) & (both != tolerance)).any()
    return {**dict(zip(names, (hd, hd95, np.percentile(both, 95), both.mean(), (there.mean() + back.mean()) / 2))),
            f"hd95_worst_{unit}": hd95, nsd: float((both <= tolerance).mean())}


def lesions_of(p, t, connectivity, rule, share):
    """SciPy's parts, checked against scikit-image's; hits by going through all pairs."""
    from scipy.ndimage import generate_binary_structure, label
    from skimage.measure import label as other_label
    structure = generate_binary_structure(2, 1 if connectivity == 4 else 2)
    parts = []
    for mask in (p, t):
        labels, n = label(mask, structure)
        assert n == other_label(mask, connectivity=1 if connectivity == 4 else 2).max()
        parts.append([labels == i for i in range(1, n + 1)])
    found, true = parts

    def meets(part, others, all_others):
        if rule == "coverage":
            return (part & all_others).sum() / part.sum() >= share
        for other in others:
            shared = (part & other).sum()
            if shared and (rule == "any" or shared / ((part | other).sum() if rule == "iou" else min(part.sum(), other.sum())) >= share):
                return True
        return False
    hits, right = sum(meets(x, found, p) for x in true), sum(meets(x, true, t) for x in found)
    return {"lesions_true": len(true), "lesions_predicted": len(found), "lesions_found": hits, "lesions_right": right,
            "lesion_recall": hits / len(true) if true else None, "lesion_precision": right / len(found) if found else None}


def pictures_of(count, seed):
    """(values, truth, scope): smooth and rough, few values and many, sparse and dense, then every degenerate one."""
    from scipy.ndimage import gaussian_filter
    random = np.random.default_rng(seed)
    for i in range(count):
        shape = tuple(random.integers(1 if i % 10 == 0 else 8, 60, 2))
        smooth = random.choice([0.0, 1.0, 3.0])
        truth = gaussian_filter(random.standard_normal(shape), smooth)
        values = truth + random.choice([0.2, 1, 3]) * truth.std() * random.standard_normal(shape)
        values = np.clip(0.5 + values / (2 * max(values.std(), 1e-6)), 0, 1)
        if i % 3 == 0:
            values = np.round(values * 8) / 8
        level = np.quantile(truth, random.choice([0.5, 0.8, 0.97]))
        scope = random.random(shape) < 0.9 if i % 4 == 0 else np.ones(shape, bool)
        if i % 4 == 1:
            scope[:, :shape[1] // 3] = False
        yield values.astype(np.float32), truth > level, scope
    zero, one = np.zeros((7, 9)), np.ones((7, 9))
    point, other = zero.copy(), zero.copy()
    point[2, 3], other[5, 7] = 1, 1
    for values in (zero, one, point, other, 0.5 * one):
        for truth in (zero, one, point):
            for scope in (one, point, zero):
                yield values.astype(np.float32), truth > 0, scope > 0


def random_cases(count, connectivity, rule, share):
    try:
        import scipy.ndimage, skimage.measure, sklearn.metrics  # noqa: E401,F401
    except ImportError as reason:
        raise Skip(str(reason)) from reason
    cases, study, spacing = list(pictures_of(count, seed=connectivity)), Study(), [0.11, 0.27]
    for i, (values, truth, scope) in enumerate(cases):
        study.add(str(i), values, truth, scope, spacing_mm=spacing, spacing_source="test")
    hit = rule if rule == "any" else f"{rule}:{share}"
    met = study.score("--measures overlap,ranking,surface,lesions,soft --threshold 0.6 --sweep --tolerance 2 --tolerance-mm 0.5 "
                      f"--hit {hit} --neighbours {connectivity}")
    compared = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")   # of scikit-learn, for what is 0/0: there our value is None by the rules above
        for i, (values, truth, scope) in enumerate(cases):
            p, t = (values >= np.float32(0.6)) & scope, truth & scope
            s = values[scope].astype(float)
            expected = {**overlap_of(truth[scope].astype(int), p[scope].astype(int)), **ranking_of(truth[scope].astype(int), s),
                        **surface_of(p, t, (1, 1), "px", 2), **surface_of(p, t, spacing, "mm", 0.5),
                        **lesions_of(p, t, connectivity, rule, share)}
            y = truth[scope]
            sums = ((s.sum() + y.sum(), "soft_dice"), ((s * s).sum() + y.sum(), "soft_dice_squared"))
            expected.update({name: 2 * s[y].sum() / total if total else None for total, name in sums})
            if y.any():
                tried = [(2 * (y & (s >= v)).sum() / (y.sum() + (s >= v).sum()), v) for v in np.unique(s)]
                expected.update(oracle_dice=max(tried)[0])
                same(met[str(i)], "oracle_threshold", max(tried)[1], f"case {i}")
            for name, value in expected.items():
                same(met[str(i)], name, value, f"case {i}")
                compared += 1
    print(f"# {len(cases)} cases, {compared} figures")
    assert len(cases) >= count + 45


def hundred_million_pixels():
    """Counts and AUC of 10^8 pixels are exact, in less than 3 GiB: the map takes 400 MB, the truth 100 MB."""
    side, levels, random = 10000, 1 << 16, np.random.default_rng(3)
    score = random.integers(0, levels, (side, side), dtype=np.uint16)
    truth = random.integers(0, levels, (side, side), dtype=np.uint16) < score // 2
    positives, negatives = (np.bincount(score[mask], minlength=levels).astype(object) for mask in (truth, ~truth))
    study = Study()
    study.add("large", score.astype(np.float32) / levels, truth)
    del score, truth
    below = np.cumsum(negatives) - negatives
    doubled = int((positives * (2 * below + negatives)).sum())
    Path("measure.py").write_text(
        "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)\n")
    Path("in.jsonl").write_text(json.dumps(study.lines[0]) + "\n")
    done = sh(f"{sys.executable} measure.py med-score-masks in.jsonl --measures overlap,ranking --threshold 0.5 --max-bytes 4000000000", 0)
    met, peak = json.loads(done.out)["measures"], int(done.err.split()[-1])
    assert met["m.image.tp"] == sum(positives[levels // 2:]) and met["m.image.fp"] == sum(negatives[levels // 2:]), met
    assert met["m.image.positives"] == sum(positives) and met["m.image.negatives"] == sum(negatives), met
    auc = doubled / (2 * sum(positives) * sum(negatives))
    assert abs(met["m.image.auc"] - auc) < 1e-12, f"auc {met['m.image.auc']}, expected {auc}"
    print(f"# 10^8 pixels: {peak} MiB at most")
    assert peak < 3072, f"{peak} MiB"
