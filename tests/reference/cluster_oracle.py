# SPDX-License-Identifier: Apache-2.0
"""Clusters of med-cluster against scikit-learn's AffinityPropagation: the same partition and the same exemplars. Both break
ties by a noise of their own, so that of a cluster of two either may be the exemplar, and data on which scikit-learn
itself depends on its noise are left out."""
import json
import warnings
from pathlib import Path

import numpy as np

from tier import Skip, sh


def oracle():
    try:
        from sklearn.cluster import AffinityPropagation
        from sklearn.exceptions import ConvergenceWarning
    except ImportError as absent:
        raise Skip("python3-sklearn is not installed") from absent
    return AffinityPropagation, ConvergenceWarning


def write_features(vectors):
    Path("f").mkdir(exist_ok=True)
    lines = []
    for i, vector in enumerate(vectors):
        np.save(f"f/{i}.npy", vector)
        lines.append(json.dumps({"id": f"c{i}", "image": "x.png", "features": {"v": {"path": f"f/{i}.npy", "shape": list(vector.shape)}}}))
    Path("in.jsonl").write_text("\n".join(lines) + "\n")


def clustered(vectors, options=""):
    """Labels, exemplars and whether it settled, of vectors that are records' features."""
    write_features(vectors)
    records = [json.loads(line) for line in sh(f"med-cluster {options} in.jsonl", 0).out.splitlines()]
    exemplars = {r["cluster"]: int(r["exemplar"]["id"][1:]) for r in records}
    return [r["cluster"] for r in records], [exemplars[k] for k in sorted(exemplars)], records[0]["exemplar"].get("converged", True)


def expected_of(vectors, **parameters):
    """Of scikit-learn, a few times, to know what its noise decides."""
    AffinityPropagation, ConvergenceWarning = oracle()
    found = []
    for seed in range(6):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            m = AffinityPropagation(random_state=seed, **parameters).fit(vectors.astype(np.float64))
        settled = not any(issubclass(w.category, ConvergenceWarning) for w in said)
        found.append((m.labels_.tolist(), np.asarray(m.cluster_centers_indices_).tolist(), settled))
    return found


def clusters_of(found):
    """{members: exemplar}, the smaller member of two, and whether it settled."""
    labels, exemplars, settled = found
    members = [tuple(i for i, label in enumerate(labels) if label == k) for k in range(len(exemplars))]
    assert exemplars == sorted(exemplars) and all(e in m for e, m in zip(exemplars, members)), (exemplars, members)
    return {m: e if len(m) != 2 else m[0] for m, e in zip(members, exemplars)}, settled


def random_data_agrees():
    random = np.random.default_rng(6)
    compared = unsettled = 0
    for number in range(120):
        n, d = int(random.integers(2, 70)), int(random.integers(1, 12))
        spread = (0.1, 1.0, 10.0)[number % 3]
        centres = random.normal(size=(int(random.integers(1, 7)), d)) * spread
        vectors = (centres[random.integers(0, len(centres), n)] + random.normal(size=(n, d))).astype(np.float32)
        damping = (0.5, 0.7, 0.9)[number // 3 % 3]
        parameters, options = {"damping": damping}, f"--damping {damping}"
        if number % 4 == 0:
            parameters["preference"] = -float(d)
            options += f" --preference {-float(d)}"
        if number % 10 == 9:   # few enough not to settle, enough for an exemplar
            parameters["max_iter"] = 14
            options += " --iterations 14"
        first, *others = expected_of(vectors, **parameters)
        if any(clusters_of(other) != clusters_of(first) for other in others):   # scikit-learn itself does not know
            continue
        if not first[1]:
            write_features(vectors)
            assert "no exemplar" in sh(f"med-cluster {options} in.jsonl", 2).err, f"case {number}: expected none at all"
            continue
        met = clustered(vectors, options)
        assert clusters_of(met) == clusters_of(first), f"case {number}, {options}: expected {first}, met {met}"
        compared += 1
        unsettled += not first[2]
    print(f"# {compared} of 120 sets compared, {unsettled} of them not settled")
    assert compared >= 100 and unsettled >= 5, (compared, unsettled)


def a_thousand_agree():
    random = np.random.default_rng(8)
    vectors = (random.normal(size=(12, 16))[random.integers(0, 12, 1000)] * 3 + random.normal(size=(1000, 16))).astype(np.float32)
    first = expected_of(vectors)[0]
    assert clustered(vectors) == first, "a thousand vectors differ"


def ties_agree():
    for values, preference in (([0, 1, 100, 101], -50), ([0, 2, 4, 50, 52, 54], None), ([0, 0, 0, 9, 9, 9], None), ([5, 5, 5, 5], None),
                               ([5, 5, 5, 5], -1), ([3, 8], None), ([3, 8], -30), ([4], None)):
        vectors = np.array(values, np.float32)[:, None]
        met = clustered(vectors, f"--preference {preference}" if preference else "")
        assert met[0] == expected_of(vectors, preference=preference)[0][0], f"{values}: met {met[0]}"


def add_to(tier):
    tier.run("clusters against scikit-learn, 120 random sets", random_data_agrees)
    tier.run("clusters of a thousand vectors against scikit-learn", a_thousand_agree)
    tier.run("clusters of symmetric vectors against scikit-learn", ties_agree)
