# SPDX-License-Identifier: Apache-2.0
"""The scores of med-score-grades, med-score-boxes and med-summarize against scikit-learn, scipy and numpy: random cases
and degenerate ones, to 1e-9."""
import json
import warnings
from pathlib import Path

import numpy as np

from tier import Skip, sh

TOLERANCE = 1e-9
CASES = 200


def oracles():
    try:
        import scipy.stats
        import sklearn.metrics
    except ImportError as absent:
        raise Skip("python3-sklearn and python3-scipy are not installed") from absent
    warnings.simplefilter("ignore")
    return sklearn.metrics, scipy.stats


def write(path, records):
    Path(path).write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def same(name, met, expected):
    """Both undefined, or equal; an oracle says NaN or None where it has no answer."""
    if expected is None or np.isnan(expected):
        assert met is None, f"{name}: expected null, met {met}"
    else:
        assert met is not None and abs(met - expected) <= TOLERANCE * max(1, abs(expected)), f"{name}: expected {expected}, met {met}"


def ratio(above, below):
    return above / below if below else None


def graded(random, number):
    """Labels, class scores and the reader's options; every tenth case is degenerate."""
    labels, n = int(random.integers(2, 6)), int(random.integers(1, 60))
    truth = random.integers(0, labels, n)
    scores = random.integers(1, 1000 if number % 2 else 4, (n, labels)).astype(float)
    if number % 10 == 0:
        truth[:] = truth[0]
    if number % 20 == 10:
        scores[:] = 1
    return labels, truth, scores / scores.sum(1, keepdims=True)


def check_grades(metrics, random, number):
    labels, truth, scores = graded(random, number)
    n, names = len(truth), [str(k) for k in range(labels)]
    write("g.jsonl", [{"id": f"c{i}", "image": "x.png", "labels": {"grade": int(t)}, "scores": {f"g.{k}": s for k, s in enumerate(row)}}
                      for i, (t, row) in enumerate(zip(truth, scores))])
    met = sh(f"med-score-grades --labels {','.join(names)} --scores g --positive {','.join(names[1:])} g.jsonl", 0)
    group = json.loads(met.out)["groups"][0]
    figures, predicted = group["figures"], scores.argmax(1)
    table = metrics.confusion_matrix(truth, predicted, labels=range(labels))
    assert group["confusion"]["truth_by_predicted"] == table.tolist(), "confusion"
    same("accuracy", figures["accuracy"]["value"], metrics.accuracy_score(truth, predicted))
    for name, weights in (("unweighted", None), ("linear", "linear"), ("quadratic", "quadratic")):
        same(name, figures[f"kappa_{name}"]["value"], metrics.cohen_kappa_score(truth, predicted, labels=range(labels), weights=weights))
    for k in range(labels):
        is_k, said = truth == k, predicted == k
        f, tp, fp, fn = figures[f"label {k}"], (is_k & said).sum(), (~is_k & said).sum(), (is_k & ~said).sum()
        same("recall", f["recall"], metrics.recall_score(is_k, said) if is_k.any() else None)
        same("precision", f["precision"], metrics.precision_score(is_k, said) if said.any() else None)
        same("specificity", f["specificity"], ratio((~is_k & ~said).sum(), (~is_k).sum()))
        for name, beta in (("f1", 1), ("f2", 2), ("f05", 0.5)):
            same(name, f[name], metrics.fbeta_score(is_k, said, beta=beta) if tp + fp + fn else None)
        same("auc", f["auc"], metrics.roc_auc_score(is_k, scores[:, k]) if 0 < is_k.sum() < n else None)
        same("ap", f["ap"], metrics.average_precision_score(is_k, scores[:, k]) if is_k.any() else None)
    positive = truth > 0
    score = np.zeros(n)
    for k in range(1, labels):   # in the order the program adds them, so that equal scores stay equal
        score += scores[:, k]
    areas(metrics, figures, positive, score)
    same("brier", figures["brier"]["value"], np.mean((score - positive) ** 2) if score.max() <= 1 else None)


def areas(metrics, figures, positive, score):
    both = 0 < positive.sum() < len(positive)
    same("roc_auc", figures["roc_auc"]["value"], metrics.roc_auc_score(positive, score) if both else None)
    same("average_precision", figures["average_precision"]["value"], metrics.average_precision_score(positive, score) if positive.any() else None)
    if positive.any():
        precision, recall, _ = metrics.precision_recall_curve(positive, score)
        same("pr_area", figures["pr_area"]["value"], metrics.auc(recall, precision))
    delong = figures["roc_auc_delong"]
    if min(positive.sum(), (~positive).sum()) >= 2:
        won = np.sign(score[positive][:, None] - score[~positive][None, :]) / 2 + 0.5
        variance = won.mean(1).var(ddof=1) / positive.sum() + won.mean(0).var(ddof=1) / (~positive).sum()
        same("delong", delong["se"], np.sqrt(variance))
    else:
        assert delong["se"] is None, "delong of too few"


def check_summary(stats, random, number):
    n = int(random.integers(2, 80))
    a, b = random.integers(0, 1000, n) / 999, random.integers(0, 1000, n) / 999
    if number % 10 == 0:
        b = a.copy()
    if number % 10 == 5:
        a[:] = a[0]
    for path, values in (("a.jsonl", a), ("b.jsonl", b)):
        write(path, [{"id": f"c{i}", "image": "x.png", "tags": {"patient": f"p{i}"}, "measures": {"dice": v}} for i, v in enumerate(values)])
    figures = json.loads(sh("med-summarize a.jsonl --compare b.jsonl", 0).out)["groups"][0]["figures"]
    d = figures["dice"]
    for name, expected in (("mean", a.mean()), ("sd", a.std(ddof=1)), ("median", np.median(a)), ("q1", np.quantile(a, 0.25)),
                           ("q3", np.quantile(a, 0.75)), ("min", a.min()), ("max", a.max())):
        same(name, d[name], expected)
    difference = figures["difference dice"]
    same("difference", difference["mean"], np.mean(a - b))
    p = stats.wilcoxon(a - b, zero_method="wilcox", correction=False, method="approx").pvalue if (a != b).any() else None
    same("wilcoxon_p", difference["wilcoxon_p"], p)


def check_boxes(random, number):
    def some(n):
        return np.column_stack([random.integers(0, 60, (n, 2)), random.integers(1, 40, (n, 2))]).astype(float)
    truth, predicted = some(int(random.integers(0, 5)) if number % 10 else 0), some(int(random.integers(0, 6)))
    rule, at = ("iom", "iou")[number % 2], (1 + number % 9) / 10
    write("r.jsonl", [{"id": "a", "image": "x.png", "truth": {"boxes": [{"box": b.tolist()} for b in truth]},
                       "rois": [{"box": b.tolist(), "score": 0.5} for b in predicted]}])
    measures = json.loads(sh(f"med-score-boxes --{rule} {at} r.jsonl", 0).out)["measures"]
    found = 0
    for t in truth:   # by pixels, since all boxes are whole
        best = 0
        for p in predicted:
            canvas = np.zeros((2, 100, 100), bool)
            for layer, (x, y, w, h) in zip(canvas, (t, p)):
                layer[int(y):int(y + h), int(x):int(x + w)] = True
            shared = (canvas[0] & canvas[1]).sum()
            best = max(best, shared / (min(canvas[0].sum(), canvas[1].sum()) if rule == "iom" else (canvas[0] | canvas[1]).sum()))
        found += best > 0 and best >= at
    same("found", measures["boxes.found"], found)
    same("recall", measures["boxes.recall"], ratio(found, len(truth)))


def grades_agree():
    metrics, _ = oracles()
    random = np.random.default_rng(3)
    for number in range(CASES):
        check_grades(metrics, random, number)


def summaries_agree():
    _, stats = oracles()
    random = np.random.default_rng(4)
    for number in range(CASES):
        check_summary(stats, random, number)


def boxes_agree():
    random = np.random.default_rng(5)
    for number in range(CASES):
        check_boxes(random, number)


def add_to(tier):
    tier.run("grades against scikit-learn", grades_agree)
    tier.run("summaries and pairs against numpy and scipy", summaries_agree)
    tier.run("boxes against boxes of pixels", boxes_agree)
